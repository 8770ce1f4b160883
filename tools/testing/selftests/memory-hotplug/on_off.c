// SPDX-License-Identifier: GPL-2.0
/*
 * A hot-plugged block goes online as asked, and offline again; asking for what
 * is already so changes nothing; a request that failed leaves no trace.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

FIXTURE(on_off) {
	struct blocks blocks;
	unsigned int one;
	struct snapshot *before;
	int events;
	char text[4096];
};

FIXTURE_SETUP(on_off)
{
	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->one = self->blocks.id[self->blocks.nr - 1];
	self->before = snapshot_take();
	self->events = uevent_open();
	ASSERT_LE(0, self->events);
}

FIXTURE_TEARDOWN(on_off)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	close(self->events);
}

FIXTURE_VARIANT(on_off) {
	const char *file;
	const char *on;
	const char *off;
	const char *zone;
};

FIXTURE_VARIANT_ADD(on_off, online) {
	.file = "state", .on = "online", .off = "offline", .zone = "Normal",
};

FIXTURE_VARIANT_ADD(on_off, online_kernel) {
	.file = "state", .on = "online_kernel\n", .off = "offline\n",
	.zone = "Normal",
};

FIXTURE_VARIANT_ADD(on_off, online_movable) {
	.file = "state", .on = "online_movable", .off = "offline",
	.zone = "Movable",
};

FIXTURE_VARIANT_ADD(on_off, online_file) {
	.file = "online", .on = "1", .off = "0", .zone = "Normal",
};

TEST_F(on_off, every_block)
{
	unsigned int i, id;

	for (i = 0; i < self->blocks.nr; i++) {
		id = self->blocks.id[i];
		ASSERT_EQ(0, block_put(id, variant->file, variant->on));
		EXPECT_TRUE(block_reads(id, "state", "online"));
		EXPECT_TRUE(block_reads(id, "online", "1"));
		EXPECT_TRUE(block_reads(id, "valid_zones", variant->zone));
		ASSERT_EQ(0, block_put(id, variant->file, variant->off));
		EXPECT_TRUE(block_reads(id, "state", "offline"));
		EXPECT_TRUE(block_reads(id, "online", "0"));
	}
}

TEST_F(on_off, all_blocks_at_a_time)
{
	unsigned long pages = self->blocks.nr * block_usable_pages();
	long long total = get_field("/proc/meminfo", "MemTotal:");

	ASSERT_EQ(0, blocks_put(&self->blocks, variant->file, variant->on));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", variant->zone));
	EXPECT_EQ(total + 4 * (long long)pages,
		  get_field("/proc/meminfo", "MemTotal:"));
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(total, get_field("/proc/meminfo", "MemTotal:"));
}

TEST_F(on_off, one_uevent_each_way)
{
	char expected[TEXT_MAX];

	ASSERT_EQ(0, block_put(self->one, variant->file, variant->on));
	snprintf(expected, sizeof(expected), "online memory%u\n", self->one);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
	ASSERT_EQ(0, block_put(self->one, variant->file, variant->off));
	snprintf(expected, sizeof(expected), "offline memory%u\n", self->one);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
}

TEST_F(on_off, what_is_so_already_is_granted_quietly)
{
	ASSERT_EQ(0, block_put(self->one, variant->file, variant->off));
	ASSERT_EQ(0, block_put(self->one, variant->file, variant->on));
	uevents(self->events, self->text, sizeof(self->text));
	EXPECT_EQ(0, block_put(self->one, variant->file, variant->on));
	EXPECT_EQ(0, block_put(self->one, "state", "online"));
	EXPECT_EQ(0, block_put(self->one, "online", "1"));
	EXPECT_TRUE(block_reads(self->one, "valid_zones", variant->zone));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
	ASSERT_EQ(0, block_put(self->one, variant->file, variant->off));
	uevents(self->events, self->text, sizeof(self->text));
	EXPECT_EQ(0, block_put(self->one, variant->file, variant->off));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
}

TEST_F(on_off, another_zone_is_refused_and_forgotten)
{
	bool movable = !strcmp(variant->zone, "Movable");

	ASSERT_EQ(0, block_put(self->one, variant->file, variant->on));
	EXPECT_EQ(-EINVAL, block_put(self->one, "state",
				     movable ? "online_kernel" :
				     "online_movable"));
	EXPECT_TRUE(block_reads(self->one, "valid_zones", variant->zone));
	ASSERT_EQ(0, block_put(self->one, "state", "offline"));
	ASSERT_EQ(0, block_put(self->one, "online", "1"));
	EXPECT_TRUE(block_reads(self->one, "valid_zones", "Normal"));
}

TEST_F(on_off, the_memory_counts_while_it_is_online)
{
	int node = block_node(self->one);
	long long present = node_pages(node, "present");
	long long managed = node_pages(node, "managed");

	ASSERT_EQ(0, block_put(self->one, variant->file, variant->on));
	EXPECT_EQ(present + (long long)block_pages(),
		  node_pages(node, "present"));
	EXPECT_EQ(managed + (long long)block_usable_pages(),
		  node_pages(node, "managed"));
	ASSERT_EQ(0, block_put(self->one, variant->file, variant->off));
	EXPECT_EQ(present, node_pages(node, "present"));
	EXPECT_EQ(managed, node_pages(node, "managed"));
}

TEST_HARNESS_MAIN
