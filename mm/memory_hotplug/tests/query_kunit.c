// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of query.c, included at its end
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/pfn.h>

static u64 block_of(struct page *page)
{
	return ALIGN_DOWN(PFN_PHYS(page_to_pfn(page)),
			  (u64)memory_block_size_bytes());
}

/* In: ranges that are not made of blocks. Out: an error, nothing counted. */
static void ranges_that_do_not_fit(struct kunit *test)
{
	const u64 size = memory_block_size_bytes();
	const struct {
		u64 start;
		u64 size;
	} ranges[] = {
		{ 0, 0 },
		{ 1, size },
		{ 0, size + 1 },
		{ 0, size / 2 },
		{ -size, 2 * size },
		{ 1ULL << 44, size },
		{ 0, 1ULL << 44 },
	};
	struct mhp_query query;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    mhp_query_range(ranges[i].start,
						    ranges[i].size, &query),
				    "range %u", i);
}

/* In: a page of the kernel. Out: it can not move; pages of user space can. */
static void kernel_memory_is_found(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct mhp_query query;
	unsigned long pfn;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);
	KUNIT_EXPECT_EQ(test, 0, mhp_query_range(block_of(page),
						 memory_block_size_bytes(),
						 &query));
	KUNIT_EXPECT_GT(test, query.unmovable, 0);
	KUNIT_EXPECT_LE(test, query.first_unmovable_pfn, pfn);
	KUNIT_EXPECT_GE(test, query.last_unmovable_pfn, pfn);
	KUNIT_EXPECT_EQ(test, pfn_to_block_id(query.first_unmovable_pfn),
			pfn_to_block_id(pfn));
	KUNIT_EXPECT_LE(test, query.movable, memory_block_nr_pages());
	__free_page(page);
}

/* In: answers of blocks. Out: their sum, and the ends of what can not move. */
static void answers_add_up(struct kunit *test)
{
	static const struct mhp_query blocks[] = {
		{ .movable = 3 },
		{ .movable = 5, .unmovable = 2, .first_unmovable_pfn = 100,
		  .last_unmovable_pfn = 110 },
		{ .movable = 1 },
		{ .unmovable = 4, .first_unmovable_pfn = 200,
		  .last_unmovable_pfn = 203 },
	};
	struct mhp_query sum = { };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		add_answer(&sum, &blocks[i]);
	KUNIT_EXPECT_EQ(test, sum.movable, 9);
	KUNIT_EXPECT_EQ(test, sum.unmovable, 6);
	KUNIT_EXPECT_EQ(test, sum.first_unmovable_pfn, 100);
	KUNIT_EXPECT_EQ(test, sum.last_unmovable_pfn, 203);
}

static struct kunit_case query_tests[] = {
	KUNIT_CASE(ranges_that_do_not_fit),
	KUNIT_CASE(kernel_memory_is_found),
	KUNIT_CASE(answers_add_up),
	{}
};

static struct kunit_suite query_suite = {
	.name = "memory_hotplug_query",
	.test_cases = query_tests,
};

kunit_test_suite(query_suite);
