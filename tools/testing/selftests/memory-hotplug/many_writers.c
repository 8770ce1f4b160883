// SPDX-License-Identifier: GPL-2.0
/*
 * Hundreds of writers at once, and readers of every file meanwhile: each gets
 * an answer that fits, and in the end the blocks are what they say they are.
 */
#include <signal.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define CROWD		200
#define QUARREL		24
#define READERS		2
#define NEEDED		2

FIXTURE(many_writers) {
	struct blocks blocks;
	struct snapshot *before;
	pid_t reader[READERS];
};

static bool is_word(const char *text, const char *const *words, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(text, words[i]))
			return true;
	printf("# read \"%s\"\n", text);
	return false;
}

/* What a block says while it changes is one of its words at any time. */
static bool block_makes_sense(unsigned int id)
{
	static const char * const states[] = {
		"online", "offline", "going-offline",
	};
	static const char * const zones[] = {
		"Normal", "Movable", "Normal Movable", "Movable Normal", "none",
	};
	static const char * const digits[] = { "0", "1" };
	char text[4096];

	return block_get(id, "state", text, sizeof(text)) > 0 &&
	       is_word(text, states, ARRAY_SIZE(states)) &&
	       block_get(id, "valid_zones", text, sizeof(text)) > 0 &&
	       is_word(text, zones, ARRAY_SIZE(zones)) &&
	       block_get(id, "online", text, sizeof(text)) > 0 &&
	       is_word(text, digits, ARRAY_SIZE(digits)) &&
	       block_get(id, "removable", text, sizeof(text)) > 0 &&
	       is_word(text, digits, ARRAY_SIZE(digits)) &&
	       block_get(id, "phys_index", text, sizeof(text)) > 0 &&
	       block_get(id, "blockers", text, sizeof(text)) >= 0;
}

static pid_t start_reading(const struct blocks *blocks)
{
	pid_t pid = fork();
	char text[4096];
	unsigned int i;

	if (pid)
		return pid;
	for (;;) {
		for (i = 0; i < blocks->nr; i++)
			if (!block_makes_sense(blocks->id[i]))
				_exit(1);
		if (get_text(text, sizeof(text), MEMORY_DIR "/state") <= 0)
			_exit(1);
		free(get_whole_file("/proc/zoneinfo"));
		free(get_whole_file("/proc/buddyinfo"));
		free(get_whole_file("/proc/pagetypeinfo"));
		free(get_whole_file("/proc/iomem"));
	}
}

FIXTURE_SETUP(many_writers)
{
	unsigned int i;

	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->before = snapshot_take();
	for (i = 0; i < READERS; i++) {
		self->reader[i] = start_reading(&self->blocks);
		ASSERT_LT(0, self->reader[i]);
	}
}

FIXTURE_TEARDOWN(many_writers)
{
	unsigned int i;
	int status;

	if (!self->before)
		return;
	for (i = 0; i < READERS; i++) {
		EXPECT_EQ(0, waitpid(self->reader[i], &status, WNOHANG));
		kill(self->reader[i], SIGKILL);
		waitpid(self->reader[i], &status, 0);
	}
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/* A child that waits for the starting shot, writes, and exits with the errno. */
static pid_t start_writing(int go[2], const char *path, const char *text)
{
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	close(go[1]);
	if (read(go[0], &byte, 1))
		_exit(255);
	_exit(-put_text(text, "%s", path));
}

/* Fires the shot and counts the writers that ended with each errno. */
static void let_them_write(int go[2], const pid_t *writers, unsigned int nr,
			   unsigned int *errors)
{
	unsigned int i;
	int status;

	memset(errors, 0, 256 * sizeof(*errors));
	close(go[0]);
	close(go[1]);
	for (i = 0; i < nr; i++) {
		waitpid(writers[i], &status, 0);
		errors[WIFEXITED(status) ? WEXITSTATUS(status) : 255]++;
	}
	for (i = 0; i < 256; i++)
		if (errors[i])
			printf("# %u writers: errno %u\n", errors[i], i);
}

/*
 * Writers of the same word to one block, all of which must be content. In the
 * crush the first may run into its deadline, then the next one does the work.
 */
static bool all_write(const char *path, const char *text)
{
	unsigned int errors[256], i;
	pid_t writers[CROWD];
	int go[2];

	if (pipe(go))
		return false;
	for (i = 0; i < CROWD; i++)
		writers[i] = start_writing(go, path, text);
	let_them_write(go, writers, CROWD, errors);
	return errors[0] + errors[EBUSY] == CROWD && errors[EBUSY] < CROWD / 2;
}

TEST_F(many_writers, a_crowd_of_one_mind)
{
	char path[TEXT_MAX], expected[TEXT_MAX], text[4096];
	unsigned int id = self->blocks.id[0];
	int events = uevent_open();

	snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/state", id);
	EXPECT_TRUE(all_write(path, "online_movable"));
	snprintf(expected, sizeof(expected), "online memory%u\n", id);
	EXPECT_STREQ(expected, uevents(events, text, sizeof(text)));
	EXPECT_TRUE(all_write(path, "offline"));
	snprintf(expected, sizeof(expected), "offline memory%u\n", id);
	EXPECT_STREQ(expected, uevents(events, text, sizeof(text)));
	close(events);
}

TEST_F(many_writers, a_crowd_that_talks_nonsense)
{
	static const char * const files[] = { "memory%u/state", "state" };
	static const char * const words[] = {
		"0nline", "offline -1", "online 7-3", "online_movable all:0/1",
	};
	unsigned int errors[256], i;
	pid_t writers[CROWD];
	char path[TEXT_MAX];
	int go[2];

	ASSERT_EQ(0, pipe(go));
	for (i = 0; i < CROWD; i++) {
		snprintf(path, sizeof(path), MEMORY_DIR "/");
		snprintf(path + strlen(path), sizeof(path) - strlen(path),
			 files[i % ARRAY_SIZE(files)], self->blocks.id[0]);
		writers[i] = start_writing(go, path,
					   words[i / 2 % ARRAY_SIZE(words)]);
	}
	let_them_write(go, writers, CROWD, errors);
	EXPECT_EQ(CROWD, errors[EINVAL]);
}

/* Each operation is whole: online and offline come in turns. */
static bool events_take_turns(char *text, const struct blocks *blocks)
{
	bool online[MAX_BLOCKS] = { false }, now_online;
	char *line, *save;
	unsigned int id, i;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		now_online = line[1] == 'n';
		if (sscanf(strchr(line, ' '), " memory%u", &id) != 1)
			return false;
		for (i = 0; i < blocks->nr && blocks->id[i] != id; i++)
			;
		if (i == blocks->nr || online[i] == now_online)
			return false;
		online[i] = now_online;
	}
	for (i = 0; i < blocks->nr; i++)
		if (online[i] != block_online(blocks->id[i]))
			return false;
	return true;
}

TEST_F(many_writers, opposite_wishes)
{
	unsigned int errors[256], i;
	pid_t writers[QUARREL];
	char path[TEXT_MAX], list[1024], on[1100], off[1100], text[16384];
	int events = uevent_open(), go[2];

	blocks_text(&self->blocks, list, sizeof(list));
	snprintf(on, sizeof(on), "online_movable %s", list);
	snprintf(off, sizeof(off), "offline %s", list);
	ASSERT_EQ(0, pipe(go));
	for (i = 0; i < QUARREL; i++) {
		snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/state",
			 self->blocks.id[i % self->blocks.nr]);
		if (i % 4 < 2)
			writers[i] = start_writing(go, MEMORY_DIR "/state",
						   i % 4 ? on : off);
		else
			writers[i] = start_writing(go, path, i % 8 < 4 ?
						   "offline" :
						   "online_movable\n");
	}
	let_them_write(go, writers, QUARREL, errors);
	EXPECT_EQ(QUARREL, errors[0] + errors[EBUSY]);
	EXPECT_TRUE(events_take_turns(uevents(events, text, sizeof(text)),
				      &self->blocks));
	close(events);
}

TEST_HARNESS_MAIN
