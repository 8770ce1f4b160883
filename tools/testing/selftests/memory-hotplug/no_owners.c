// SPDX-License-Identifier: GPL-2.0
/*
 * With memory_hotplug.split=off all memory is for everybody, as without owners
 * of memory blocks.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

static void expect_all_pinned(struct __test_metadata *_metadata)
{
	struct blocks blocks;
	unsigned int i;

	blocks_all(&blocks);
	for (i = 0; i < blocks.nr; i++)
		if (block_online(blocks.id[i]))
			EXPECT_TRUE(block_reads(blocks.id[i], "owner",
						"pinned"));
	EXPECT_EQ(0, get_field("/proc/vmstat", "mhp_block_claim"));
	EXPECT_EQ(0, get_field("/proc/vmstat", "mhp_block_release"));
}

TEST(it_is_off)
{
	char text[TEXT_MAX] = "";

	get_text(text, sizeof(text), PARAM_DIR "/split");
	EXPECT_EQ('N', text[0]);
}

TEST(blocks_are_pinned)
{
	expect_all_pinned(_metadata);
}

TEST(blocks_that_come_online_are_pinned)
{
	struct blocks dimm;

	blocks_hotplugged(&dimm);
	if (!dimm.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, change_blocks("online", &dimm));
	expect_all_pinned(_metadata);
	EXPECT_EQ(0, blocks_offline(&dimm));
	ASSERT_EQ(0, change_blocks("online_movable", &dimm));
	expect_all_pinned(_metadata);
	EXPECT_EQ(0, blocks_offline(&dimm));
}

TEST(free_pages_are_where_they_belong)
{
	EXPECT_TRUE(free_pages_agree());
}

TEST_HARNESS_MAIN
