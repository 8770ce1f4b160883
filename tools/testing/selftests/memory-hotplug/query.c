// SPDX-License-Identifier: GPL-2.0
/*
 * A driver asks what it would cost to take a range offline, and is told how
 * many pages have to move, how many can not, and where those are.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

FIXTURE(query) {
	struct blocks blocks;
	unsigned int first;
	int node;
	bool ready;
	struct query answer;
};

FIXTURE_SETUP(query)
{
	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < 2)
		SKIP(return, "less than two hot-plugged blocks");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	blocks_first(&self->blocks, 2);
	self->first = self->blocks.id[0];
	self->node = block_node(self->first);
	if (node_pages(self->node, "present") ||
	    self->blocks.id[1] != self->first + 1)
		SKIP(return, "no two blocks on a node of their own");
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, module_load("mhp_range", ""));
	self->ready = true;
}

FIXTURE_TEARDOWN(query)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, module_unload("mhp_range"));
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

TEST_F(query, what_is_offline_costs_nothing)
{
	ASSERT_EQ(0, range_query(self->first, 2, &self->answer));
	EXPECT_EQ(0, self->answer.movable);
	EXPECT_EQ(0, self->answer.unmovable);
}

TEST_F(query, memory_of_programs_moves)
{
	struct snapshot *before;
	struct pattern pattern;
	unsigned long idle;

	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_EQ(0, range_query(self->first, 2, &self->answer));
	idle = self->answer.movable;
	ASSERT_EQ(0, pattern_create(&pattern, PATTERN_ANON, 16UL << 20,
				    self->node));
	before = snapshot_take();
	ASSERT_EQ(0, range_query(self->first, 2, &self->answer));
	EXPECT_EQ(0, snapshot_changes(before));
	EXPECT_LE(pattern.size / 4096, self->answer.movable - idle);
	EXPECT_GT(pattern.size / 4096 + 100, self->answer.movable - idle);
	EXPECT_EQ(0, self->answer.unmovable);
	EXPECT_EQ(0, self->answer.first_unmovable_pfn);
	snapshot_free(before);
	pattern_destroy(&pattern);
}

TEST_F(query, memory_of_the_kernel_does_not)
{
	unsigned long pfn;

	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_kernel"));
	ASSERT_EQ(0, take_page("kernel", self->first));
	pfn = held_pfn();
	ASSERT_EQ(0, take_page("kernel", self->first + 1));
	ASSERT_EQ(0, range_query(self->first, 2, &self->answer));
	EXPECT_LE(2, self->answer.unmovable);
	EXPECT_GE(pfn, self->answer.first_unmovable_pfn);
	EXPECT_EQ(self->first, pfn_block(self->answer.first_unmovable_pfn));
	EXPECT_EQ(self->first + 1, pfn_block(self->answer.last_unmovable_pfn));

	ASSERT_EQ(0, range_query(self->first, 1, &self->answer));
	EXPECT_EQ(self->first, pfn_block(self->answer.last_unmovable_pfn));
}

TEST_F(query, ranges_that_are_none)
{
	char text[64];

	EXPECT_EQ(-EINVAL, range_query(self->first, 0, &self->answer));
	EXPECT_EQ(-EINVAL, range_query(self->first, 100000, &self->answer));
	snprintf(text, sizeof(text), "0x%lx 0x%lx",
		 self->first * block_bytes() + 4096, block_bytes());
	EXPECT_EQ(-EINVAL, put_text(text, DEBUG_DIR "/mhp_range/query"));
}

TEST_HARNESS_MAIN
