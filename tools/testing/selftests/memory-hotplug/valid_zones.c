// SPDX-License-Identifier: GPL-2.0
/*
 * valid_zones of an offline block names the zones it may go to, the one that
 * "online" chooses first; that choice follows the blocks around it.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED	3

FIXTURE(valid_zones) {
	struct blocks blocks;
	unsigned int *id;
};

FIXTURE_SETUP(valid_zones)
{
	unsigned int i;

	blocks_hotplugged(&self->blocks);
	for (i = 1; i < self->blocks.nr; i++)
		if (block_node(self->blocks.id[i]) !=
		    block_node(self->blocks.id[0]))
			break;
	self->blocks.nr = i;
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->id = self->blocks.id;
}

FIXTURE_TEARDOWN(valid_zones)
{
	if (self->id)
		EXPECT_EQ(0, blocks_offline(&self->blocks));
}

TEST_F(valid_zones, alone_the_default_is_normal)
{
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones",
				"Normal Movable"));
}

TEST_F(valid_zones, inside_movable_the_default_is_movable)
{
	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[2], "state", "online_movable"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", "Movable Normal"));
	ASSERT_EQ(0, block_put(self->id[1], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", "Movable"));
}

TEST_F(valid_zones, inside_normal_the_default_is_normal)
{
	ASSERT_EQ(0, block_put(self->id[0], "state", "online_kernel"));
	ASSERT_EQ(0, block_put(self->id[2], "state", "online_kernel"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", "Normal Movable"));
	ASSERT_EQ(0, block_put(self->id[1], "online", "1"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", "Normal"));
}

TEST_F(valid_zones, outside_of_all_spans_the_default_is_normal)
{
	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	EXPECT_TRUE(block_reads(self->id[2], "valid_zones", "Normal Movable"));
}

TEST_F(valid_zones, the_choice_of_the_user_wins_over_the_neighbours)
{
	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[2], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[1], "state", "online_kernel"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", "Normal"));
	EXPECT_TRUE(block_reads(self->id[0], "valid_zones", "Movable"));
	EXPECT_TRUE(block_reads(self->id[2], "valid_zones", "Movable"));
}

TEST_HARNESS_MAIN
