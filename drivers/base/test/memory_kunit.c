// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memory.c, included at its end. They put blocks without memory into
 * the registry, far behind all others, and take them away before they release
 * device_hotplug_lock: nobody can put them online.
 */

#include <kunit/test.h>
#include <linux/sprintf.h>

/* Blocks that a test creates at most, and the distance to those that exist */
#define TEST_BLOCKS	8
#define TEST_DISTANCE	1000

static unsigned long test_address(unsigned long id)
{
	return id * memory_block_size_bytes();
}

static int create_test_blocks(unsigned long first, unsigned long nr,
			      struct memory_group *group)
{
	return create_memory_block_devices(test_address(first), test_address(nr),
					   first_online_node, NULL, group);
}

static void remove_test_blocks(unsigned long first, unsigned long nr)
{
	remove_memory_block_devices(test_address(first), test_address(nr));
}

/* Where a test may create blocks. Takes the lock, so that they stay alone. */
static unsigned long begin_test(void)
{
	lock_device_hotplug();
	return highest_block_id() + TEST_DISTANCE;
}

static void end_test(unsigned long first)
{
	remove_test_blocks(first, TEST_BLOCKS);
	unlock_device_hotplug();
}

static bool block_exists(unsigned long id)
{
	struct memory_block *mem = find_memory_block(id * sections_per_block);

	if (mem)
		put_device(&mem->dev);
	return mem;
}

static int count_block(struct memory_block *mem, void *count)
{
	++*(unsigned long *)count;
	return 0;
}

static unsigned long count_blocks(unsigned long first, unsigned long nr)
{
	unsigned long count = 0;

	walk_memory_blocks(test_address(first), test_address(nr), &count, count_block);
	return count;
}

/* In: any block id. Out: it comes back from every unit that leads to it. */
static void block_ids_from_all_units(struct kunit *test)
{
	const unsigned long ids[] = { 0, 1, 7, 4096, 1UL << 17 };
	int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		unsigned long section = ids[i] * sections_per_block;
		unsigned long pfn = section_nr_to_pfn(section);
		struct memory_block mem = { .start_section_nr = section };

		KUNIT_EXPECT_EQ(test, memory_block_id(section), ids[i]);
		KUNIT_EXPECT_EQ(test, memory_block_id(section + sections_per_block - 1),
				ids[i]);
		KUNIT_EXPECT_EQ(test, pfn_to_block_id(pfn), ids[i]);
		KUNIT_EXPECT_EQ(test, pfn_to_block_id(pfn + memory_block_nr_pages() - 1),
				ids[i]);
		KUNIT_EXPECT_EQ(test, phys_to_block_id(PFN_PHYS(pfn)), ids[i]);
		KUNIT_EXPECT_EQ(test, memory_block_start_pfn(&mem), pfn);
	}
}

/* In: blocks that are created and removed. Out: found exactly meanwhile, offline. */
static void blocks_come_and_go(struct kunit *test)
{
	unsigned long first = begin_test();
	struct memory_block *mem;

	KUNIT_EXPECT_FALSE(test, block_exists(first));
	KUNIT_EXPECT_EQ(test, create_test_blocks(first, 3, NULL), 0);
	KUNIT_EXPECT_EQ(test, count_blocks(first, TEST_BLOCKS), 3);
	KUNIT_EXPECT_FALSE(test, block_exists(first + 3));

	mem = find_memory_block((first + 2) * sections_per_block);
	KUNIT_EXPECT_NOT_NULL(test, mem);
	if (mem) {
		KUNIT_EXPECT_EQ(test, mem->state, MEM_OFFLINE);
		KUNIT_EXPECT_TRUE(test, mem->dev.offline);
		KUNIT_EXPECT_EQ(test, mem->nid, first_online_node);
		KUNIT_EXPECT_NULL(test, mem->zone);
		put_device(&mem->dev);
	}

	remove_test_blocks(first + 1, 1);
	KUNIT_EXPECT_TRUE(test, block_exists(first));
	KUNIT_EXPECT_FALSE(test, block_exists(first + 1));
	KUNIT_EXPECT_TRUE(test, block_exists(first + 2));
	end_test(first);
	KUNIT_EXPECT_EQ(test, count_blocks(first, TEST_BLOCKS), 0);
}

/* In: a range with a block in its middle. Out: -EEXIST, that block and no other. */
static void failed_creation_leaves_nothing(struct kunit *test)
{
	struct memory_group group = {
		.memory_blocks = LIST_HEAD_INIT(group.memory_blocks),
	};
	unsigned long first = begin_test();

	KUNIT_EXPECT_EQ(test, create_test_blocks(first + 2, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, create_test_blocks(first, 4, &group), -EEXIST);
	KUNIT_EXPECT_EQ(test, count_blocks(first, TEST_BLOCKS), 1);
	KUNIT_EXPECT_TRUE(test, block_exists(first + 2));
	KUNIT_EXPECT_TRUE(test, list_empty(&group.memory_blocks));
	end_test(first);
}

static void ranges_are_whole_blocks(struct kunit *test)
{
	unsigned long first = begin_test();

	KUNIT_EXPECT_EQ(test, create_memory_block_devices(test_address(first) + PAGE_SIZE,
							  test_address(1), 0, NULL, NULL),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, create_memory_block_devices(test_address(first), PAGE_SIZE,
							  0, NULL, NULL), -EINVAL);
	end_test(first);
}

static void blocks_join_and_leave_groups(struct kunit *test)
{
	struct memory_group group = {
		.memory_blocks = LIST_HEAD_INIT(group.memory_blocks),
	};
	unsigned long first = begin_test();

	KUNIT_EXPECT_EQ(test, create_test_blocks(first, 2, &group), 0);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&group.memory_blocks), 2);
	remove_test_blocks(first, 1);
	KUNIT_EXPECT_EQ(test, list_count_nodes(&group.memory_blocks), 1);
	end_test(first);
	KUNIT_EXPECT_TRUE(test, list_empty(&group.memory_blocks));
}

static int stop_at(struct memory_block *mem, void *id)
{
	return mem->dev.id == *(unsigned long *)id ? -EINTR : 0;
}

static int remember_order(struct memory_block *mem, void *next)
{
	unsigned long *least = next;

	if (mem->dev.id < *least)
		return -EINVAL;
	*least = mem->dev.id + 1;
	return 0;
}

/* In: ranges with gaps. Out: existing blocks only, ascending, until told to stop. */
static void walks_visit_what_exists(struct kunit *test)
{
	unsigned long first = begin_test(), all = 0, least = 0, stop = first + 5;

	create_test_blocks(first, 2, NULL);
	create_test_blocks(first + 5, 2, NULL);

	KUNIT_EXPECT_EQ(test, count_blocks(first, TEST_BLOCKS), 4);
	KUNIT_EXPECT_EQ(test, count_blocks(first + 1, 5), 2);
	KUNIT_EXPECT_EQ(test, count_blocks(first + 2, 3), 0);
	KUNIT_EXPECT_EQ(test, count_blocks(first, 0), 0);
	KUNIT_EXPECT_EQ(test, walk_memory_blocks(test_address(first + 1) - 1, 2, &stop,
						 stop_at), 0);
	KUNIT_EXPECT_EQ(test, walk_memory_blocks(test_address(first), test_address(6),
						 &stop, stop_at), -EINTR);
	KUNIT_EXPECT_EQ(test, for_each_memory_block(&least, remember_order), 0);
	KUNIT_EXPECT_EQ(test, least, first + 7);

	for_each_memory_block(&all, count_block);
	least = 0;
	walk_memory_blocks(0, ULONG_MAX, &least, count_block);
	KUNIT_EXPECT_EQ(test, least, all);
	end_test(first);
}

/* In: alternating blocks. Out: runs that add up, whatever room there is. */
static void runs_cover_all_blocks(struct kunit *test)
{
	unsigned long first = begin_test(), all = 0, sum = 0;
	struct memory_block_run *runs;
	size_t i, nr;

	create_test_blocks(first, 1, NULL);
	create_test_blocks(first + 2, 3, NULL);
	for_each_memory_block(&all, count_block);

	nr = memory_block_runs(NULL, 0);
	runs = kunit_kcalloc(test, nr, sizeof(*runs), GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, runs);
	if (runs) {
		KUNIT_EXPECT_EQ(test, memory_block_runs(runs, nr - 1), nr);
		KUNIT_EXPECT_EQ(test, runs[nr - 1].last, 0);
		KUNIT_EXPECT_EQ(test, memory_block_runs(runs, nr), nr);
		for (i = 0; i < nr; i++)
			sum += runs[i].last - runs[i].first + 1;
		KUNIT_EXPECT_EQ(test, sum, all);
		KUNIT_EXPECT_EQ(test, runs[nr - 2].first, first);
		KUNIT_EXPECT_EQ(test, runs[nr - 2].last, first);
		KUNIT_EXPECT_EQ(test, runs[nr - 1].first, first + 2);
		KUNIT_EXPECT_EQ(test, runs[nr - 1].last, first + 4);
		KUNIT_EXPECT_EQ(test, runs[nr - 1].state, MEM_OFFLINE);
	}
	end_test(first);
}

static unsigned long count_named(void)
{
	struct memory_block *mem;
	unsigned long id, nr = 0;

	xa_for_each_marked(&memory_blocks, id, mem, BLOCK_NAMED)
		nr++;
	return nr;
}

/* What a list names, or the error that it ends in */
static __printf(1, 2) long named_by(const char *format, ...)
{
	char text[64];
	va_list args;
	long ret;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	ret = name_list(text);
	if (!ret)
		ret = count_named();
	forget_named_blocks();
	return ret;
}

/* In: lists of four blocks with a gap in their middle. Out: as many, or an error. */
static void lists_name_what_exists(struct kunit *test)
{
	unsigned long first = begin_test(), last = first + 4, all = 0;

	create_test_blocks(first, 2, NULL);
	create_test_blocks(last - 1, 2, NULL);
	for_each_memory_block(&all, count_block);

	KUNIT_EXPECT_EQ(test, named_by("%lu", first), 1);
	KUNIT_EXPECT_EQ(test, named_by("%lu,N", first), 2);
	KUNIT_EXPECT_EQ(test, named_by("%lu-N", last - 1), 2);
	KUNIT_EXPECT_EQ(test, named_by("%lu,%lu,%lu-%lu", first, first, first, first + 1), 2);
	KUNIT_EXPECT_EQ(test, named_by("%lu-N:2/3", first), 4);
	KUNIT_EXPECT_EQ(test, named_by("%lu-N:2/4", first), 3);
	KUNIT_EXPECT_EQ(test, named_by("all"), all);

	KUNIT_EXPECT_EQ(test, named_by("%lu", first + 2), -ENODEV);
	KUNIT_EXPECT_EQ(test, named_by("%lu", last + 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, named_by("%lu-%lu", first, last), -ENODEV);
	KUNIT_EXPECT_EQ(test, named_by("%lu-N:3/4", first), -ENODEV);
	KUNIT_EXPECT_EQ(test, named_by("%lu-4294967295", first), -ENODEV);
	KUNIT_EXPECT_EQ(test, named_by("%lu,4294967296", first), -ERANGE);
	KUNIT_EXPECT_EQ(test, named_by("%lu,-", first), -EINVAL);
	KUNIT_EXPECT_EQ(test, named_by("%lu-%lu:0/2", first, last), -EINVAL);
	KUNIT_EXPECT_EQ(test, named_by(","), -EINVAL);
	end_test(first);
}

/* In: blocks that are offline. Out: asking for it changes nothing and succeeds. */
static void offline_twice_succeeds(struct kunit *test)
{
	unsigned long first = begin_test();
	struct memory_block *mem;
	char text[32];

	create_test_blocks(first, 3, NULL);
	snprintf(text, sizeof(text), "%lu-%lu", first, first + 2);
	KUNIT_EXPECT_EQ(test, memory_list_change(text, MMOP_OFFLINE), 0);
	KUNIT_EXPECT_EQ(test, memory_range_offline(test_address(first), test_address(3)), 0);
	KUNIT_EXPECT_EQ(test, memory_range_offline(test_address(first), 0), 0);
	KUNIT_EXPECT_EQ(test, memory_range_offline(test_address(first + 3),
						   test_address(1)), 0);

	mem = find_memory_block(first * sections_per_block);
	KUNIT_EXPECT_NOT_NULL(test, mem);
	if (mem) {
		KUNIT_EXPECT_EQ(test, memory_blocks_offline(&mem, 1), 0);
		put_device(&mem->dev);
	}
	KUNIT_EXPECT_EQ(test, memory_list_change("-", MMOP_OFFLINE), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_named(), 0);
	end_test(first);
}

/* In: a state, a kind of zone and a request. Out: what is left to do. */
static void requests_and_states(struct kunit *test)
{
	struct zone *zones = NODE_DATA(first_online_node)->node_zones;
	static const struct {
		enum memory_block_state state;
		int zone;
		enum mmop type;
		int result;
	} cases[] = {
		{ MEM_OFFLINE, -1,		MMOP_OFFLINE,		0 },
		{ MEM_OFFLINE, -1,		MMOP_ONLINE,		1 },
		{ MEM_OFFLINE, -1,		MMOP_ONLINE_KERNEL,	1 },
		{ MEM_OFFLINE, -1,		MMOP_ONLINE_MOVABLE,	1 },
		{ MEM_ONLINE, ZONE_NORMAL,	MMOP_OFFLINE,		1 },
		{ MEM_ONLINE, ZONE_NORMAL,	MMOP_ONLINE,		0 },
		{ MEM_ONLINE, ZONE_NORMAL,	MMOP_ONLINE_KERNEL,	0 },
		{ MEM_ONLINE, ZONE_NORMAL,	MMOP_ONLINE_MOVABLE,	-EINVAL },
		{ MEM_ONLINE, ZONE_MOVABLE,	MMOP_ONLINE,		0 },
		{ MEM_ONLINE, ZONE_MOVABLE,	MMOP_ONLINE_KERNEL,	-EINVAL },
		{ MEM_ONLINE, ZONE_MOVABLE,	MMOP_ONLINE_MOVABLE,	0 },
		{ MEM_ONLINE, -1,		MMOP_ONLINE,		0 },
		{ MEM_ONLINE, -1,		MMOP_ONLINE_KERNEL,	-EINVAL },
		{ MEM_ONLINE, -1,		MMOP_ONLINE_MOVABLE,	-EINVAL },
	};
	struct memory_block *mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		mem->state = cases[i].state;
		mem->zone = NULL;
		if (cases[i].zone >= 0)
			mem->zone = &zones[cases[i].zone];
		KUNIT_EXPECT_EQ_MSG(test, block_needs_change(mem, cases[i].type),
				    cases[i].result, "case %d", i);
	}

	mem->dev.offline_disabled = true;
	KUNIT_EXPECT_EQ(test, block_needs_change(mem, MMOP_ONLINE), 0);
	KUNIT_EXPECT_EQ(test, block_needs_change(mem, MMOP_OFFLINE), -EPERM);
}

#ifdef CONFIG_MEMORY_FAILURE
static void poison_counts_for_its_block(struct kunit *test)
{
	unsigned long first = begin_test();
	unsigned long pfn = PHYS_PFN(test_address(first));
	struct memory_block *mem;

	create_test_blocks(first, 1, NULL);
	mem = xa_load(&memory_blocks, first);
	KUNIT_EXPECT_NOT_NULL(test, mem);
	if (mem) {
		memblk_nr_poison_inc(pfn);
		memblk_nr_poison_inc(pfn + memory_block_nr_pages() - 1);
		memblk_nr_poison_inc(pfn + memory_block_nr_pages());
		KUNIT_EXPECT_EQ(test, memory_block_nr_poison(mem), 2);
		memblk_nr_poison_sub(pfn, 2);
		KUNIT_EXPECT_EQ(test, memory_block_nr_poison(mem), 0);
	}
	end_test(first);
}
#endif

static struct kunit_case memory_block_tests[] = {
	KUNIT_CASE(block_ids_from_all_units),
	KUNIT_CASE(blocks_come_and_go),
	KUNIT_CASE(failed_creation_leaves_nothing),
	KUNIT_CASE(ranges_are_whole_blocks),
	KUNIT_CASE(blocks_join_and_leave_groups),
	KUNIT_CASE(walks_visit_what_exists),
	KUNIT_CASE(runs_cover_all_blocks),
	KUNIT_CASE(lists_name_what_exists),
	KUNIT_CASE(offline_twice_succeeds),
	KUNIT_CASE(requests_and_states),
#ifdef CONFIG_MEMORY_FAILURE
	KUNIT_CASE(poison_counts_for_its_block),
#endif
	{}
};

static struct kunit_suite memory_block_suite = {
	.name = "memory_block",
	.test_cases = memory_block_tests,
};

kunit_test_suite(memory_block_suite);
