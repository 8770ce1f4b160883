// SPDX-License-Identifier: GPL-2.0
/*
 * What memory notifiers are told, and in which order.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED		3

FIXTURE(notifier) {
	struct blocks blocks;
	unsigned int *id;
	struct snapshot *before;
	char text[4096];
};

FIXTURE_SETUP(notifier)
{
	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr)
		blocks_on_node(&self->blocks, &self->blocks,
			       block_node(self->blocks.id[self->blocks.nr - 1]));
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	blocks_first(&self->blocks, NEEDED);
	self->id = self->blocks.id;
	ASSERT_EQ(0, module_load("mhp_notifier", ""));
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->before = snapshot_take();
	ASSERT_EQ(0, put_text("clear", NOTIFIER_DIR "/events"));
}

FIXTURE_TEARDOWN(notifier)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, put_text("none", NOTIFIER_DIR "/veto"));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, module_unload("mhp_notifier"));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

TEST_F(notifier, online_of_a_block)
{
	struct notifier_calls calls;

	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	notifier_calls(&calls);
	EXPECT_EQ(6, calls.nr);
	EXPECT_STREQ("PREPARE_ONLINE GOING_ONLINE ONLINE",
		     notifier_events(&calls, "first", self->id[0]));
	EXPECT_STREQ("PREPARE_ONLINE GOING_ONLINE ONLINE",
		     notifier_events(&calls, "last", self->id[0]));
}

TEST_F(notifier, offline_of_a_block)
{
	struct notifier_calls calls;

	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	notifier_calls(&calls);
	ASSERT_EQ(0, block_put(self->id[0], "state", "offline"));
	notifier_calls(&calls);
	EXPECT_EQ(6, calls.nr);
	EXPECT_STREQ("GOING_OFFLINE OFFLINE FINISH_OFFLINE",
		     notifier_events(&calls, "first", self->id[0]));
	EXPECT_STREQ("GOING_OFFLINE OFFLINE FINISH_OFFLINE",
		     notifier_events(&calls, "last", self->id[0]));
}

TEST_F(notifier, the_higher_priority_is_called_first)
{
	struct notifier_calls calls;
	unsigned int i;

	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[0], "state", "offline"));
	notifier_calls(&calls);
	ASSERT_EQ(12, calls.nr);
	for (i = 0; i < calls.nr; i += 2) {
		EXPECT_STREQ("first", calls.call[i].who);
		EXPECT_STREQ("last", calls.call[i + 1].who);
		EXPECT_STREQ(calls.call[i].event, calls.call[i + 1].event);
	}
}

TEST_F(notifier, the_range_is_the_usable_part_of_the_block)
{
	struct notifier_calls calls;
	unsigned int i;

	ASSERT_EQ(0, block_put(self->id[1], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[1], "state", "offline"));
	notifier_calls(&calls);
	for (i = 0; i < calls.nr; i++) {
		EXPECT_LE(block_pfn(self->id[1]), calls.call[i].start_pfn);
		EXPECT_EQ(block_pfn(self->id[1]) + block_pages(),
			  calls.call[i].start_pfn + calls.call[i].nr_pages);
	}
}

TEST_F(notifier, the_node_is_told_when_its_memory_comes_and_goes)
{
	struct notifier_calls calls;
	int node = block_node(self->id[0]), first, normal;
	unsigned int i;

	if (node_pages(node, "present"))
		SKIP(return, "the node has other memory");
	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[1], "state", "online_kernel"));
	ASSERT_EQ(0, block_put(self->id[1], "state", "offline"));
	ASSERT_EQ(0, block_put(self->id[0], "state", "offline"));
	notifier_calls(&calls);
	for (i = 0; i < calls.nr; i++) {
		if (strstr(calls.call[i].event, "PREPARE") ||
		    strstr(calls.call[i].event, "FINISH"))
			continue;
		first = calls.call[i].block == self->id[0] ? node : -1;
		normal = calls.call[i].block == self->id[1] ? node : -1;
		EXPECT_EQ(first, calls.call[i].nid);
		EXPECT_EQ(normal, calls.call[i].nid_normal);
	}
}

TEST_F(notifier, all_blocks_are_asked_before_one_is_done)
{
	struct notifier_calls calls;
	unsigned int i;

	ASSERT_EQ(0, change_blocks("online_movable", &self->blocks));
	notifier_calls(&calls);
	EXPECT_EQ(6 * NEEDED, calls.nr);
	for (i = 0; i < NEEDED; i++)
		EXPECT_STREQ("PREPARE_ONLINE GOING_ONLINE ONLINE",
			     notifier_events(&calls, "last", self->id[i]));
	EXPECT_LT(notifier_last(&calls, "GOING_ONLINE"),
		  notifier_first(&calls, "ONLINE"));

	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	notifier_calls(&calls);
	EXPECT_EQ(6 * NEEDED, calls.nr);
	for (i = 0; i < NEEDED; i++)
		EXPECT_STREQ("GOING_OFFLINE OFFLINE FINISH_OFFLINE",
			     notifier_events(&calls, "last", self->id[i]));
	EXPECT_LT(notifier_last(&calls, "GOING_OFFLINE"),
		  notifier_first(&calls, "OFFLINE"));
}

TEST_HARNESS_MAIN
