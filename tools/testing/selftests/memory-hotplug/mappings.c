// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel maps memory with that comes and goes: entries as large as the
 * range allows, split where a part of one leaves, and nothing after it.
 */
#include <stdlib.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define GIGABYTE_KB	1048576LL
#define USED_BYTES	(16UL << 20)

struct direct_map {
	long long small;
	long long large;
	long long huge;
};

static struct direct_map direct_map(void)
{
	return (struct direct_map){
		.small = get_field("/proc/meminfo", "DirectMap4k:"),
		.large = get_field("/proc/meminfo", "DirectMap2M:"),
		.huge = get_field("/proc/meminfo", "DirectMap1G:"),
	};
}

static bool same_map(struct direct_map one, struct direct_map other)
{
	return one.small == other.small && one.large == other.large &&
	       one.huge == other.huge;
}

static bool cpu_maps_gigabytes(void)
{
	char *text = get_whole_file("/proc/cpuinfo");
	const bool can = text && strstr(text, " pdpe1gb");

	free(text);
	return can;
}

static long long block_kb(void)
{
	return block_bytes() / 1024;
}

/* Spare memory of a gigabyte, at an address that is a multiple of that. */
FIXTURE(gigabyte) {
	struct blocks blocks;
	struct direct_map before;
	char *direct;
	char *map;
	unsigned long offset;
	unsigned int nr;
};

FIXTURE_SETUP(gigabyte)
{
	if (!page_tables_present() || !cpu_maps_gigabytes())
		SKIP(return, "no list of page tables, or no entries of 1 GiB");
	blocks_spare(&self->blocks);
	self->nr = (1UL << 30) / block_bytes();
	if (self->blocks.nr < self->nr ||
	    block_pfn(self->blocks.id[0]) % (1UL << 18))
		SKIP(return, "no spare memory of 1 GiB: boot with mem=");
	blocks_first(&self->blocks, self->nr);
	self->offset = block_pfn(self->blocks.id[0]) * 4096;
	ASSERT_EQ(0, module_load("mhp_range", ""));

	/* The levels above are made once, and stay. */
	ASSERT_EQ(0, range_change("add", self->blocks.id[0], self->nr));
	ASSERT_EQ(0, range_change("remove", self->blocks.id[0], self->nr));
	self->before = direct_map();
	self->direct = page_tables(DIRECT_MAP, self->offset);
	self->map = page_tables(MEMORY_MAP, 0);
	ASSERT_EQ(0, range_change("add", self->blocks.id[0], self->nr));
}

FIXTURE_TEARDOWN(gigabyte)
{
	unsigned int i;
	char *text;

	if (!self->direct)
		return;
	for (i = 0; i < self->nr; i++) {
		if (!block_exists(self->blocks.id[i]))
			continue;
		if (block_online(self->blocks.id[i]))
			EXPECT_EQ(0, block_put(self->blocks.id[i], "state",
					       "offline"));
		EXPECT_EQ(0, range_change("remove", self->blocks.id[i], 1));
	}
	EXPECT_TRUE(same_map(self->before, direct_map()));
	text = page_tables(DIRECT_MAP, self->offset);
	EXPECT_STREQ(self->direct, text);
	free(text);
	text = page_tables(MEMORY_MAP, 0);
	EXPECT_STREQ(self->map, text);
	free(text);
	free(self->direct);
	free(self->map);
	EXPECT_EQ(0, module_unload("mhp_range"));
}

TEST_F(gigabyte, one_entry_maps_it)
{
	const struct direct_map now = direct_map();

	EXPECT_EQ(self->before.huge + GIGABYTE_KB, now.huge);
	EXPECT_EQ(self->before.large, now.large);
	EXPECT_EQ(self->before.small, now.small);
}

/* 16 MiB of it, in entries of 2 MiB, whether they lie on the memory or not. */
TEST_F(gigabyte, large_entries_map_its_memory_map)
{
	char *text = page_tables(MEMORY_MAP, 0), *line, *save;
	unsigned int small = 0;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (strstr(line, " pte") && strstr(line, " RW "))
			small++;
	EXPECT_EQ(0, small);
	EXPECT_STRNE(self->map, text);
	free(text);
}

TEST_F(gigabyte, all_but_a_part_of_it_stays_in_use)
{
	const unsigned int out = self->blocks.id[self->nr / 2];
	struct direct_map now;
	struct pattern pattern;
	unsigned int i;

	for (i = 0; i < self->nr; i++)
		if (self->blocks.id[i] != out)
			ASSERT_EQ(0, block_put(self->blocks.id[i], "state",
					       "online_movable"));
	ASSERT_EQ(0, pattern_create(&pattern, PATTERN_ANON, USED_BYTES,
				    block_node(self->blocks.id[0])));
	ASSERT_EQ(0, range_change("remove", out, 1));
	now = direct_map();
	EXPECT_EQ(self->before.huge, now.huge);
	EXPECT_EQ(self->before.large + GIGABYTE_KB - block_kb(), now.large);
	EXPECT_EQ(self->before.small, now.small);
	EXPECT_EQ(0, pattern_damage(&pattern));
	pattern_destroy(&pattern);

	ASSERT_EQ(0, range_change("add", out, 1));
	now = direct_map();
	EXPECT_EQ(self->before.large + GIGABYTE_KB, now.large);
	ASSERT_EQ(0, block_put(out, "state", "online_movable"));
}

TEST_HARNESS_MAIN
