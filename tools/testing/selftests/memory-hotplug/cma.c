// SPDX-License-Identifier: GPL-2.0
/*
 * A CMA area beside hotplug: what is free of it is in nobody's way, what a
 * driver has keeps its block, and an area whose blocks were away is whole again
 * when they are back.
 *
 * To have an area, boot with hugetlb_cma=1G.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define AREA		DEBUG_DIR "/cma/hugetlb0"
#define HUGE_PAGES	"/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
#define MARGIN		192	/* MiB that the machine keeps for itself */

FIXTURE(cma) {
	struct blocks all;
	struct blocks blocks;
	unsigned long base;
	unsigned long count;
	unsigned long unit;
};

static int area_put(const char *file, unsigned long pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", pages);
	return put_text(text, AREA "/%s", file);
}

/* The blocks that are in the area as a whole. */
static void blocks_of_area(struct blocks *blocks, unsigned long base,
			   unsigned long count)
{
	unsigned long pfn = (base + block_pages() - 1) / block_pages() *
			    block_pages();

	blocks->nr = 0;
	for (; pfn + block_pages() <= base + count; pfn += block_pages())
		blocks->id[blocks->nr++] = pfn_block(pfn);
}

FIXTURE_SETUP(cma)
{
	if (!file_exists(AREA))
		SKIP(return, "no CMA area: boot with hugetlb_cma=1G");
	self->base = get_number(10, AREA "/base_pfn");
	self->count = get_number(10, AREA "/count");
	self->unit = 1UL << get_number(10, AREA "/order_per_bit");
	blocks_of_area(&self->blocks, self->base, self->count);
	ASSERT_LT(1, self->blocks.nr);
	ASSERT_EQ(pfn_block(self->base), self->blocks.id[0]);
	blocks_all(&self->all);
	ASSERT_EQ(0, module_load("mhp_memory", ""));
	ASSERT_EQ(0, get_number(10, AREA "/used"));
}

FIXTURE_TEARDOWN(cma)
{
	if (!self->blocks.nr)
		return;
	EXPECT_EQ(0, module_unload("mhp_memory"));
	EXPECT_EQ(0, area_put("free", self->count));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	EXPECT_TRUE(free_pages_agree());
}

/* All of it, as one piece, with whatever movable memory is in it moved away. */
static void expect_whole(struct __test_metadata *_metadata, unsigned long count)
{
	EXPECT_EQ(0, area_put("alloc", count));
	EXPECT_EQ(count, get_number(10, AREA "/used"));
	EXPECT_EQ(0, area_put("free", count));
	EXPECT_EQ(0, get_number(10, AREA "/used"));
}

TEST_F(cma, what_is_free_is_in_nobodys_way)
{
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		EXPECT_TRUE(block_reads(self->blocks.id[i], "removable", "1"));
		EXPECT_TRUE(block_reads(self->blocks.id[i], "blockers", ""));
		ASSERT_EQ(0, block_put(self->blocks.id[i], "state", "offline"));
		ASSERT_EQ(0, block_put(self->blocks.id[i], "state", "online"));
	}
	expect_whole(_metadata, self->count);
}

TEST_F(cma, all_of_it_leaves_in_one_operation)
{
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_EQ(-ENOMEM, area_put("alloc", self->unit));
	ASSERT_EQ(0, change_blocks("online", &self->blocks));
	expect_whole(_metadata, self->count);
}

/* A part in the middle is away, and then in a zone of its own. */
TEST_F(cma, what_reaches_into_another_zone_is_not_to_be_had)
{
	const unsigned int block = self->blocks.id[self->blocks.nr / 2];

	ASSERT_EQ(0, block_put(block, "state", "offline"));
	EXPECT_EQ(-ENOMEM, area_put("alloc", self->count));
	ASSERT_EQ(0, block_put(block, "state", "online_movable"));
	EXPECT_EQ(-ENOMEM, area_put("alloc", self->count));
	EXPECT_EQ(0, area_put("alloc", self->unit));
	EXPECT_EQ(0, area_put("free", self->unit));
	ASSERT_EQ(0, block_put(block, "state", "offline"));
	ASSERT_EQ(0, block_put(block, "state", "online_kernel"));
	expect_whole(_metadata, self->count);
}

static void expect_kept(struct __test_metadata *_metadata, unsigned int block,
			unsigned long first, unsigned long nr)
{
	unsigned long count, pfn;

	EXPECT_TRUE(block_reads(block, "removable", "0"));
	EXPECT_TRUE(block_blocker(block, "cma", &count, &pfn));
	EXPECT_EQ(nr, count);
	EXPECT_EQ(first, pfn);
	EXPECT_EQ(-EBUSY, block_put(block, "state", "offline"));
	EXPECT_TRUE(block_reads(block, "state", "online"));
}

TEST_F(cma, what_a_driver_has_keeps_its_block)
{
	const unsigned int block = self->blocks.id[0];

	ASSERT_EQ(0, area_put("alloc", self->unit));
	expect_kept(_metadata, block, self->base, self->unit);
	ASSERT_EQ(0, area_put("free", self->unit));
	EXPECT_TRUE(block_reads(block, "removable", "1"));
	EXPECT_TRUE(block_reads(block, "blockers", ""));
	EXPECT_EQ(0, block_put(block, "state", "offline"));
	EXPECT_EQ(0, block_put(block, "state", "online"));
}

TEST_F(cma, a_driver_gets_what_has_come_back)
{
	const unsigned int block = self->blocks.id[0];

	ASSERT_EQ(0, block_put(block, "state", "offline"));
	/* Other blocks have room for this, and none for all. */
	EXPECT_EQ(0, area_put("alloc", self->unit));
	EXPECT_EQ(0, area_put("free", self->unit));
	EXPECT_EQ(-ENOMEM, area_put("alloc", self->count));
	ASSERT_EQ(0, block_put(block, "state", "online"));
	ASSERT_EQ(0, area_put("alloc", self->unit));
	expect_kept(_metadata, block, self->base, self->unit);
}

/* Or nobody could get it back for the area. */
TEST_F(cma, kernel_memory_claims_nothing_of_it)
{
	unsigned long megabytes;

	ASSERT_EQ(0, blocks_offline(&self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online"));
	megabytes = pinned_free_megabytes() + zones_sum("free_hotplug") / 256;
	ASSERT_LT(MARGIN, megabytes);
	EXPECT_EQ(0, take_kernel_memory("kernel", megabytes - MARGIN));
	expect_whole(_metadata, self->count);
}

TEST_F(cma, a_gigantic_page_comes_from_it)
{
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online"));
	ASSERT_EQ(0, put_text("1", HUGE_PAGES));
	EXPECT_EQ(1, get_number(10, HUGE_PAGES));
	EXPECT_EQ(self->count, get_number(10, AREA "/used"));
	EXPECT_EQ(0, put_text("0", HUGE_PAGES));
	EXPECT_EQ(0, get_number(10, AREA "/used"));
}

TEST_HARNESS_MAIN
