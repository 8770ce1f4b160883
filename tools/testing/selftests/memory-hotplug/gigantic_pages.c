// SPDX-License-Identifier: GPL-2.0
/*
 * A huge page of 1 GiB spans several memory blocks. It leaves with all of them,
 * to another one of the pool, or to one that is made for it if the kernel can do
 * that; else the blocks are refused for want of room, and all is as it was.
 */
#include <fcntl.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define GIGABYTE	1073741824UL
#define PAGE		4096UL
#define STEP		(PAGE * 64)
#define SEED		3
#define POOL		"/hugepages/hugepages-1048576kB"
#define KERNEL_POOL	"/sys/kernel/mm" POOL

#ifndef MAP_HUGE_1GB
#define MAP_HUGE_1GB	(30 << 26)
#endif

/* The kernel does not take such pages from ZONE_MOVABLE. */
FIXTURE(gigantic_pages) {
	struct blocks blocks;
	int node;
	char *memory;
	struct snapshot *online;
};

static int set_pool(int node, unsigned int pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", pages);
	return put_text(text, NODE_DIR "/node%d" POOL "/nr_hugepages", node);
}

static long long pool_of(int node, const char *what)
{
	return get_number(10, NODE_DIR "/node%d" POOL "/%s", node, what);
}

/* A page in 64 of the small ones it is made of: it is about where they are. */
static void fill(char *memory)
{
	size_t at;

	for (at = 0; at < GIGABYTE; at += STEP)
		words_fill(memory + at, PAGE, SEED, at);
}

static size_t damage(const char *memory)
{
	size_t at, bad = 0;

	for (at = 0; at < GIGABYTE; at += STEP)
		bad += words_damage(memory + at, PAGE, SEED, at);
	return bad;
}

/* Only those blocks that the page lies in: others of the node could take it. */
static void keep_blocks_of(struct blocks *blocks, const char *memory)
{
	const unsigned int first = pfn_block(user_pfn(memory));
	const unsigned int nr = GIGABYTE / block_bytes();
	unsigned int i, kept = 0;

	for (i = 0; i < blocks->nr; i++)
		if (blocks->id[i] >= first && blocks->id[i] < first + nr)
			blocks->id[kept++] = blocks->id[i];
	blocks->nr = kept;
}

FIXTURE_SETUP(gigantic_pages)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	if (!file_exists(KERNEL_POOL))
		SKIP(return, "no huge pages of 1 GiB");
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_kernel"));
	self->online = snapshot_take();
	ASSERT_EQ(0, set_pool(self->node, 1));
	if (pool_of(self->node, "nr_hugepages") != 1)
		SKIP(return, "no room for a huge page of 1 GiB");
	self->memory = mmap(NULL, GIGABYTE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			    MAP_HUGE_1GB, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	ASSERT_EQ(0, place_on_node(self->memory, GIGABYTE, self->node));
	fill(self->memory);
	keep_blocks_of(&self->blocks, self->memory);
	ASSERT_EQ(GIGABYTE / block_bytes(), self->blocks.nr);
}

FIXTURE_TEARDOWN(gigantic_pages)
{
	struct blocks all;

	if (!self->online)
		return;
	if (self->memory)
		munmap(self->memory, GIGABYTE);
	EXPECT_EQ(0, set_pool(self->node, 0));
	EXPECT_EQ(0, set_pool(0, 0));
	EXPECT_EQ(0, put_text("0", KERNEL_POOL "/nr_hugepages"));
	blocks_hotplugged(&all);
	EXPECT_EQ(0, blocks_put(&all, "state", "online_kernel"));
	EXPECT_EQ(0, snapshot_changes(self->online));
	snapshot_free(self->online);
	EXPECT_EQ(0, blocks_offline(&all));
}

TEST_F(gigantic_pages, to_a_free_one)
{
	ASSERT_EQ(0, set_pool(0, 1));
	if (pool_of(0, "free_hugepages") != 1)
		SKIP(return, "no room for another one");
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	EXPECT_EQ(0, damage(self->memory));
	EXPECT_FALSE(blocks_have(&self->blocks,
				 pfn_block(user_pfn(self->memory))));
	EXPECT_EQ(0, pool_of(0, "free_hugepages"));
}

TEST_F(gigantic_pages, to_one_that_is_made)
{
	const unsigned long pfn = user_pfn(self->memory);
	const int err = change_blocks("offline", &self->blocks);

	EXPECT_EQ(0, damage(self->memory));
	EXPECT_EQ(1, get_number(10, KERNEL_POOL "/nr_hugepages"));
	if (!err) {
		EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
		EXPECT_NE(pfn, user_pfn(self->memory));
		return;
	}
	EXPECT_EQ(-ENOMEM, err);
	EXPECT_EQ(pfn, user_pfn(self->memory));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", "Normal"));
}

TEST_HARNESS_MAIN
