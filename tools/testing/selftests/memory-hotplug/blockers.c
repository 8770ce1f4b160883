// SPDX-License-Identifier: GPL-2.0
/*
 * A block says what keeps it: removable turns 0 and blockers names kind, count
 * and place of what can not be moved, and both turn back when it is gone. And
 * they are right: a removable block leaves, another one does not.
 */
#include <sys/syscall.h>

#include "lib/harness.h"
#include "lib/mhp.h"

FIXTURE(blockers) {
	unsigned int block;
	int node;
	bool ready;
};

FIXTURE_SETUP(blockers)
{
	struct blocks blocks;

	blocks_hotplugged(&blocks);
	if (!blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&blocks));
	self->block = blocks.id[blocks.nr - 1];
	self->node = block_node(self->block);
	if (node_pages(self->node, "present"))
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, block_put(self->block, "state", "online_kernel"));
	self->ready = true;
}

FIXTURE_TEARDOWN(blockers)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, block_put(self->block, "state", "offline"));
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

TEST_F(blockers, an_empty_block_has_none)
{
	EXPECT_TRUE(block_reads(self->block, "removable", "1"));
	EXPECT_TRUE(block_reads(self->block, "blockers", ""));
}

TEST_F(blockers, an_offline_block_has_none)
{
	ASSERT_EQ(0, block_put(self->block, "state", "offline"));
	EXPECT_TRUE(block_reads(self->block, "removable", "1"));
	EXPECT_TRUE(block_reads(self->block, "blockers", ""));
}

TEST_F(blockers, boot_memory_is_kept_by_what_the_kernel_is_made_of)
{
	unsigned long count, pfn;

	EXPECT_TRUE(block_reads(0, "removable", "0"));
	EXPECT_TRUE(block_blocker(0, "reserved", &count, &pfn));
	EXPECT_LT(0, count);
	EXPECT_GT(block_pages(), pfn);
}

/* Memory that user space fills is no hindrance. */
TEST_F(blockers, user_memory_is_none)
{
	struct pattern pattern;
	unsigned int kind;

	for (kind = 0; kind < NR_PATTERN_KINDS; kind++) {
		ASSERT_EQ(0, pattern_create(&pattern, kind, 4UL << 20,
					    self->node));
		EXPECT_TRUE(block_reads(self->block, "removable", "1")) {
			TH_LOG("%s", pattern_name(kind));
		}
		pattern_destroy(&pattern);
	}
}

TEST_F(blockers, page_tables)
{
	size_t step = 2UL << 20, nr = 64, i;
	unsigned long count, pfn;
	char *memory;

	memory = mmap(NULL, nr * step, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, madvise(memory, nr * step, MADV_NOHUGEPAGE));
	/* The first access needs more from the kernel than a page table. */
	memory[0] = 1;
	ASSERT_EQ(0, allocate_on_node(self->node));
	for (i = 1; i < nr; i++)
		memory[i * step] = 1;
	ASSERT_EQ(0, allocate_on_node(-1));

	EXPECT_TRUE(block_reads(self->block, "removable", "0"));
	EXPECT_TRUE(block_blocker(self->block, "pagetable", &count, &pfn));
	EXPECT_LE(nr - 2, count);
	EXPECT_EQ(self->block, pfn_block(pfn));
	EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	munmap(memory, nr * step);
	EXPECT_TRUE(block_reads(self->block, "removable", "1"));
	EXPECT_TRUE(block_reads(self->block, "blockers", ""));
}

TEST_F(blockers, a_page_pinned_for_long)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long count, pfn;
	char request[TEXT_MAX];

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, place_on_node(page, 4096, self->node));
	*page = 1;
	snprintf(request, sizeof(request), "pin %p 1", page);
	ASSERT_EQ(0, put_text(request, PAGES_DIR "/hold"));
	ASSERT_EQ(user_pfn(page), held_pfn());

	EXPECT_TRUE(block_reads(self->block, "removable", "0"));
	EXPECT_TRUE(block_blocker(self->block, "pinned", &count, &pfn));
	EXPECT_EQ(1, count);
	EXPECT_EQ(held_pfn(), pfn);
	EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	EXPECT_EQ(0, release_pages());
	EXPECT_TRUE(block_reads(self->block, "removable", "1"));
	munmap(page, 4096);
}

/*
 * Memory that even the kernel can not read can not be copied either. The page
 * lies in boot memory: to hide it the kernel may split its own mapping, and the
 * page table that this takes stays where the page was.
 */
TEST_F(blockers, secret_memory)
{
	int fd = syscall(SYS_memfd_secret, 0);
	unsigned long count, pfn, place;
	char *memory;

	if (fd < 0)
		SKIP(return, "no secret memory");
	ASSERT_EQ(0, ftruncate(fd, 4096));
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, memory);
	memory[0] = 1;
	place = user_pfn(memory);
	ASSERT_NE(0, place);

	EXPECT_TRUE(block_reads(pfn_block(place), "removable", "0"));
	EXPECT_TRUE(block_blocker(pfn_block(place), "secret", &count, &pfn));
	EXPECT_EQ(1, count);
	EXPECT_EQ(place, pfn);
	EXPECT_NE(0, block_put(pfn_block(place), "state", "offline"));
	munmap(memory, 4096);
	close(fd);
	EXPECT_FALSE(block_blocker(pfn_block(place), "secret", &count, &pfn));
}

/* For a moment is no reason to call a block stuck. */
TEST_F(blockers, a_page_held_for_a_moment_is_none)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char request[TEXT_MAX];

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, place_on_node(page, 4096, self->node));
	*page = 1;
	snprintf(request, sizeof(request), "get %p 1", page);
	ASSERT_EQ(0, put_text(request, PAGES_DIR "/hold"));
	EXPECT_TRUE(block_reads(self->block, "removable", "1"));
	EXPECT_TRUE(block_reads(self->block, "blockers", ""));
	munmap(page, 4096);
}

TEST_F(blockers, a_page_of_the_kernel)
{
	static const char * const kinds[] = { "kernel", "slab", "offline" };
	unsigned long count, pfn;
	unsigned int i;
	double begin;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		ASSERT_EQ(0, take_page(kinds[i], self->block));
		EXPECT_TRUE(block_reads(self->block, "removable", "0"));
		EXPECT_TRUE(block_blocker(self->block, kinds[i], &count, &pfn)) {
			TH_LOG("%s", kinds[i]);
		}
		EXPECT_LE(1, count);
		EXPECT_EQ(count == 1 ? held_pfn() : pfn, pfn);
		EXPECT_EQ(self->block, pfn_block(pfn));

		begin = now();
		EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
		EXPECT_GT(25, now() - begin);
		EXPECT_TRUE(block_reads(self->block, "valid_zones", "Normal"));

		ASSERT_EQ(0, release_pages());
		EXPECT_TRUE(block_reads(self->block, "removable", "1"));
		EXPECT_TRUE(block_reads(self->block, "blockers", ""));
	}
}

/* Tries a block that calls itself removable; another one needs no try. */
static int try_to_leave(unsigned int block)
{
	unsigned int tries;
	char text[TEXT_MAX];
	int err = 0;

	for (tries = 0; tries < 3; tries++) {
		if (block_get(block, "removable", text, sizeof(text)) != 1)
			return -EIO;
		if (text[0] == '0')
			return 0;
		err = block_put(block, "state", "offline");
		if (!err)
			return block_put(block, "state", "online");
	}
	return err;
}

/* Every block of the machine, boot memory included. */
TEST_F(blockers, a_removable_block_leaves)
{
	struct blocks blocks;
	unsigned int i;

	blocks_all(&blocks);
	for (i = 0; i < blocks.nr; i++) {
		if (!block_online(blocks.id[i]))
			continue;
		EXPECT_EQ(0, try_to_leave(blocks.id[i])) {
			TH_LOG("memory%u", blocks.id[i]);
		}
	}
}

TEST_HARNESS_MAIN
