// SPDX-License-Identifier: GPL-2.0
/*
 * Nonsense in, an errno out, and nothing changes: every file that can be
 * written, and every way to write it wrongly.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

/* %u stands for an offline block, %U for the block behind the last one. */
static const struct {
	const char *path;
	const char *text;
	int errors[3];
} cases[] = {
	{ "memory%u/state", "\n", { EINVAL } },
	{ "memory%u/state", " ", { EINVAL } },
	{ "memory%u/state", "onlin", { EINVAL } },
	{ "memory%u/state", "onlinee", { EINVAL } },
	{ "memory%u/state", "online ", { EINVAL } },
	{ "memory%u/state", " online", { EINVAL } },
	{ "memory%u/state", "Online", { EINVAL } },
	{ "memory%u/state", "ONLINE", { EINVAL } },
	{ "memory%u/state", "online\n\n", { EINVAL } },
	{ "memory%u/state", "online online", { EINVAL } },
	{ "memory%u/state", "going-offline", { EINVAL } },
	{ "memory%u/state", "1", { EINVAL } },
	{ "memory%u/state", "-1", { EINVAL } },
	{ "memory%u/state", "LONG", { EINVAL } },
	{ "memory%u/online", "2", { EINVAL } },
	{ "memory%u/online", "-1", { EINVAL } },
	{ "memory%u/online", "maybe", { EINVAL } },
	{ "memory%u/online", "LONG", { EINVAL } },
	{ "memory%u/removable", "1", { EACCES, EIO } },
	{ "memory%u/blockers", "0", { EACCES, EIO } },
	{ "memory%u/valid_zones", "Movable", { EACCES, EIO } },
	{ "memory%u/phys_index", "1", { EACCES, EIO } },
	{ "memory%u/end_phys_index", "1", { EACCES, EIO } },
	{ "memory%u/phys_device", "1", { EACCES, EIO } },

	{ "state", "\n", { EINVAL } },
	{ "state", "online", { EINVAL } },
	{ "state", "offline", { EINVAL } },
	{ "state", "offline ", { EINVAL } },
	{ "state", "offline ,", { EINVAL } },
	{ "state", "offline all:0/1", { EINVAL } },
	{ "state", "%u", { EINVAL } },
	{ "state", "%u offline", { EINVAL } },
	{ "state", "online_movable%u", { EINVAL } },
	{ "state", "onlin %u", { EINVAL } },
	{ "state", "onlinee %u", { EINVAL } },
	{ "state", "Online %u", { EINVAL } },
	{ "state", "going-offline %u", { EINVAL } },
	{ "state", "online -%u", { EINVAL } },
	{ "state", "online -1", { EINVAL } },
	{ "state", "online %u-", { EINVAL } },
	{ "state", "online -", { EINVAL } },
	{ "state", "online %u-%u-%u", { EINVAL } },
	{ "state", "online %u--%u", { EINVAL } },
	{ "state", "online %U-%u", { EINVAL } },
	{ "state", "online %ux", { EINVAL } },
	{ "state", "online 0x1", { EINVAL } },
	{ "state", "online +%u", { EINVAL } },
	{ "state", "online %u;%u", { EINVAL } },
	{ "state", "online memory%u", { EINVAL } },
	{ "state", "online %u:", { EINVAL } },
	{ "state", "online %u:1", { EINVAL } },
	{ "state", "online %u:1/0", { EINVAL } },
	{ "state", "online %u:2/1", { EINVAL } },
	{ "state", "online %u:/", { EINVAL } },
	{ "state", "online %u.0", { EINVAL } },
	{ "state", "online \xff", { EINVAL } },
	{ "state", "online %U", { ENODEV } },
	{ "state", "online %u-%U", { ENODEV } },
	{ "state", "online %u,%U", { ENODEV } },
	{ "state", "online 4294967295", { ENODEV } },
	{ "state", "online 0-4294967295", { ENODEV } },
	{ "state", "online 4294967296", { ERANGE, EINVAL } },
	{ "state", "online %u-4294967296", { ERANGE, EINVAL } },
	{ "state", "online 18446744073709551616", { ERANGE, EINVAL } },
	{ "state", "online 99999999999999999999999999", { ERANGE, EINVAL } },
	{ "state", "LONG", { EINVAL } },
	{ "state", "online LONG", { EINVAL } },

	{ "auto_online_blocks", "on", { EINVAL } },
	{ "auto_online_blocks", "1", { EINVAL } },
	{ "auto_online_blocks", "online_Movable", { EINVAL } },
	{ "auto_online_blocks", "online_movable ", { EINVAL } },
	{ "auto_online_blocks", "LONG", { EINVAL } },
	{ "progress", "\n", { EINVAL } },
	{ "progress", "cancel ", { EINVAL } },
	{ "progress", "Cancel", { EINVAL } },
	{ "progress", "cancel offline", { EINVAL } },
	{ "progress", "none", { EINVAL } },
	{ "progress", "LONG", { EINVAL } },
	{ "progress", "cancel", { ESRCH } },
	{ "shrink", "\n", { EINVAL } },
	{ "shrink", "0", { EINVAL } },
	{ "shrink", "0G", { EINVAL } },
	{ "shrink", "G", { EINVAL } },
	{ "shrink", "-1", { EINVAL } },
	{ "shrink", " 1G", { EINVAL } },
	{ "shrink", "1G ", { EINVAL } },
	{ "shrink", "1GB", { EINVAL } },
	{ "shrink", "1X", { EINVAL } },
	{ "shrink", "1.5G", { EINVAL } },
	{ "shrink", "memory%u", { EINVAL } },
	{ "shrink", "18446744073709551616", { EINVAL } },
	{ "shrink", "16777216T", { EINVAL } },
	{ "shrink", "18446744073709551615K", { EINVAL } },
	{ "shrink", "1000000000000000000000000000000", { EINVAL } },
	{ "shrink", "LONG", { EINVAL } },
	{ "shrink", "18446744073709551615", { EBUSY } },
	{ "shrink", "16777215T", { EBUSY } },
	{ "soft_offline_page", "page", { EINVAL } },
	{ "soft_offline_page", "-1", { EINVAL } },
	{ "soft_offline_page", "0x10000000000000000", { EINVAL, ERANGE } },
	{ "soft_offline_page", "0xfffffffffffff000", { ENXIO, EIO } },
	{ "hard_offline_page", "page", { EINVAL } },
	{ "hard_offline_page", "-1", { EINVAL } },
	{ "hard_offline_page", "0x10000000000000000", { EINVAL, ERANGE } },
	{ "hard_offline_page", "0xfffffffffffff000", { ENXIO, EIO } },
	{ "block_size_bytes", "8000000", { EACCES, EIO } },

	{ PARAM_DIR "/online_policy", "contig", { EINVAL } },
	{ PARAM_DIR "/online_policy", "auto-movable2", { EINVAL } },
	{ PARAM_DIR "/online_policy", "LONG", { EINVAL, ENOSPC } },
	{ PARAM_DIR "/auto_movable_ratio", "-1", { EINVAL } },
	{ PARAM_DIR "/auto_movable_ratio", "ten", { EINVAL } },
	{ PARAM_DIR "/auto_movable_ratio", "4294967296", { ERANGE, EINVAL } },
	{ PARAM_DIR "/auto_movable_numa_aware", "2", { EINVAL } },
	{ PARAM_DIR "/auto_movable_numa_aware", "maybe", { EINVAL } },
	{ PARAM_DIR "/offline_timeout", "0", { EINVAL, ERANGE } },
	{ PARAM_DIR "/offline_timeout", "-1", { EINVAL, ERANGE } },
	{ PARAM_DIR "/offline_timeout", "3601", { EINVAL, ERANGE } },
	{ PARAM_DIR "/offline_timeout", "4294967297", { EINVAL, ERANGE } },
	{ PARAM_DIR "/offline_timeout", "1.5", { EINVAL } },
	{ PARAM_DIR "/offline_timeout", "soon", { EINVAL } },
	{ PARAM_DIR "/memmap_on_memory", "1", { EACCES, EIO } },
};

static const char * const watched[] = {
	MEMORY_DIR "/state",
	MEMORY_DIR "/auto_online_blocks",
	PARAM_DIR "/online_policy",
	PARAM_DIR "/auto_movable_ratio",
	PARAM_DIR "/auto_movable_numa_aware",
	PARAM_DIR "/offline_timeout",
};

FIXTURE(bad_input) {
	struct blocks blocks;
	unsigned int block;
	unsigned int none;
	struct snapshot *before;
	char settings[ARRAY_SIZE(watched)][1024];
	int log;
};

static void read_settings(char settings[ARRAY_SIZE(watched)][1024])
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(watched); i++)
		if (get_text(settings[i], sizeof(settings[i]), "%s",
			     watched[i]) < 0)
			settings[i][0] = '\0';
}

FIXTURE_SETUP(bad_input)
{
	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->block = self->blocks.id[self->blocks.nr - 1];
	self->none = self->block + 1;
	ASSERT_FALSE(block_exists(self->none));
	self->before = snapshot_take();
	read_settings(self->settings);
	self->log = log_open();
}

FIXTURE_TEARDOWN(bad_input)
{
	char settings[ARRAY_SIZE(watched)][1024];
	unsigned int i;
	char *log;

	if (!self->before)
		return;
	EXPECT_EQ(0, snapshot_changes(self->before));
	read_settings(settings);
	for (i = 0; i < ARRAY_SIZE(watched); i++)
		EXPECT_STREQ(self->settings[i], settings[i]);
	log = log_read(self->log);
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
	snapshot_free(self->before);
}

/* Writes a case out: %u, %U, and LONG for more than any file wants to read. */
static void expand(const char *pattern, unsigned int block, unsigned int none,
		   char *text, size_t size)
{
	char *end = text + size - 1;

	while (*pattern && text < end) {
		if (!strncmp(pattern, "%u", 2)) {
			text += snprintf(text, end - text, "%u", block);
			pattern += 2;
		} else if (!strncmp(pattern, "%U", 2)) {
			text += snprintf(text, end - text, "%u", none);
			pattern += 2;
		} else if (!strcmp(pattern, "LONG")) {
			memset(text, 'x', end - text);
			text = end;
		} else {
			*text++ = *pattern++;
		}
	}
	*text = '\0';
}

static bool is_one_of(int err, const int *errors, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (errors[i] && err == -errors[i])
			return true;
	return false;
}

TEST_F(bad_input, every_file)
{
	char path[TEXT_MAX], text[4000];
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		expand(cases[i].path, self->block, self->none, path,
		       sizeof(path));
		expand(cases[i].text, self->block, self->none, text,
		       sizeof(text));
		err = put_text(text, "%s%s", path[0] == '/' ? "" :
			       MEMORY_DIR "/", path);
		EXPECT_TRUE(is_one_of(err, cases[i].errors,
				      ARRAY_SIZE(cases[i].errors))) {
			TH_LOG("%s: \"%.60s\" gave %d, not %d", path, text, err,
			       -cases[i].errors[0]);
		}
	}
}

/* More than a page at once: what does not fit in a request is no request. */
TEST_F(bad_input, more_than_a_page)
{
	size_t size = 3 * sysconf(_SC_PAGESIZE);
	char *text = malloc(size + 1);

	memset(text, ',', size);
	text[size] = '\0';
	memcpy(text, "offline 0", 9);
	EXPECT_GT(0, put_text(text, MEMORY_DIR "/state"));
	memset(text, ' ', size);
	EXPECT_GT(0, put_text(text, MEMORY_DIR "/state"));
	EXPECT_GT(0, put_text(text, MEMORY_DIR "/memory%u/state", self->block));
	free(text);
}

/* For most files sysfs answers this one itself: nothing was written. */
TEST_F(bad_input, nothing_at_all)
{
	EXPECT_EQ(-EINVAL, put_text("", MEMORY_DIR "/state"));
	EXPECT_EQ(0, put_text("", MEMORY_DIR "/probe"));
	EXPECT_EQ(0, put_text("", MEMORY_DIR "/auto_online_blocks"));
	EXPECT_EQ(0, put_text("", MEMORY_DIR "/memory%u/state", self->block));
	EXPECT_EQ(0, put_text("", MEMORY_DIR "/memory%u/online", self->block));
	EXPECT_EQ(0, put_text("", PARAM_DIR "/offline_timeout"));
}

TEST_F(bad_input, a_zero_byte_in_the_middle)
{
	EXPECT_GT(0, put_bytes("on\0line", 7, MEMORY_DIR "/memory%u/state",
			       self->block));
	EXPECT_GT(0, put_bytes("\0", 1, MEMORY_DIR "/memory%u/state",
			       self->block));
	EXPECT_GT(0, put_bytes("\0online 0", 9, MEMORY_DIR "/state"));
}

TEST_F(bad_input, good_input_still_works)
{
	ASSERT_EQ(0, block_put(self->block, "state", "online_movable"));
	EXPECT_TRUE(block_reads(self->block, "valid_zones", "Movable"));
	ASSERT_EQ(0, block_put(self->block, "state", "offline"));
}

TEST_HARNESS_MAIN
