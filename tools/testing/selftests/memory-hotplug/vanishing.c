// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks that vanish while somebody looks at them: who still has a file of
 * theirs open is told that the device is gone, and nobody is harmed.
 */
#include <fcntl.h>
#include <signal.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define BLOCKS	2
#define ROUNDS	10
#define READERS	2

FIXTURE(vanishing) {
	struct blocks blocks;
	unsigned int id;
	struct snapshot *before;
};

FIXTURE_SETUP(vanishing)
{
	blocks_spare(&self->blocks);
	if (self->blocks.nr < BLOCKS)
		SKIP(return, "no spare memory: boot with mem=");
	blocks_first(&self->blocks, BLOCKS);
	self->id = self->blocks.id[0];
	ASSERT_EQ(0, module_load("mhp_range", ""));
	self->before = snapshot_take();
}

FIXTURE_TEARDOWN(vanishing)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	EXPECT_EQ(0, module_unload("mhp_range"));
}

static int open_file(unsigned int block, const char *file, int flags)
{
	char path[TEXT_MAX];

	snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/%s", block, file);
	return open(path, flags | O_CLOEXEC);
}

TEST_F(vanishing, an_open_file_says_that_the_device_is_gone)
{
	static const struct {
		const char *name;
		const char *text;
	} files[] = {
		{ "state", "online" }, { "online", "1" },
		{ "valid_zones", NULL }, { "removable", NULL },
		{ "blockers", NULL }, { "phys_index", NULL },
		{ "end_phys_index", NULL }, { "phys_device", NULL },
	};
	int fds[ARRAY_SIZE(files)];
	unsigned int i;
	char text[16];

	ASSERT_EQ(0, range_change("add", self->id, BLOCKS));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fds[i] = open_file(self->id, files[i].name, files[i].text ?
				   O_RDWR : O_RDONLY);
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_EQ(0, range_change("remove", self->id, BLOCKS));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(-1, read(fds[i], text, sizeof(text)));
		EXPECT_EQ(ENODEV, errno);
		if (files[i].text) {
			EXPECT_EQ(-1, write(fds[i], files[i].text,
					    strlen(files[i].text)));
			EXPECT_EQ(ENODEV, errno);
		}
		close(fds[i]);
	}
	EXPECT_EQ(-ENODEV, change_blocks("online", &self->blocks));
}

static pid_t start_reading(const struct blocks *blocks)
{
	static const char * const files[] = {
		"state", "online", "valid_zones", "removable", "blockers",
		"phys_index", "uevent",
	};
	pid_t pid = fork();
	char text[4096];
	unsigned int i, j;

	if (pid)
		return pid;
	for (;;) {
		for (i = 0; i < blocks->nr; i++)
			for (j = 0; j < ARRAY_SIZE(files); j++)
				block_get(blocks->id[i], files[j], text,
					  sizeof(text));
		if (get_text(text, sizeof(text), MEMORY_DIR "/state") <= 0)
			_exit(1);
		snapshot_free(snapshot_take());
	}
}

/* Whoever writes to them gets in between or is told that they are gone. */
static pid_t start_writing(const struct blocks *blocks)
{
	pid_t pid = fork();
	unsigned int i;
	int err;

	if (pid)
		return pid;
	for (i = 0;; i++) {
		err = block_put(blocks->id[i % blocks->nr], "state",
				i / 2 % 2 ? "online_movable" : "offline");
		if (err && err != -ENODEV && err != -ENOENT && err != -EBUSY)
			_exit(-err);
	}
}

TEST_F(vanishing, under_the_eyes_of_readers_and_writers)
{
	pid_t readers[READERS], writer;
	unsigned int i;
	int err;

	for (i = 0; i < READERS; i++)
		readers[i] = start_reading(&self->blocks);
	writer = start_writing(&self->blocks);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, range_change("add", self->id, BLOCKS));
		do {
			err = range_change("offline_and_remove", self->id,
					   BLOCKS);
		} while (err == -EBUSY);
		ASSERT_EQ(0, err);
	}
	for (i = 0; i < READERS; i++) {
		EXPECT_EQ(0, waitpid(readers[i], NULL, WNOHANG));
		kill(readers[i], SIGKILL);
		waitpid(readers[i], NULL, 0);
	}
	EXPECT_EQ(0, waitpid(writer, &err, WNOHANG)) {
		TH_LOG("the writer had errno %d", WEXITSTATUS(err));
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
}

TEST_HARNESS_MAIN
