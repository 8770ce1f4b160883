// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of kernelcore.c, included at its end. They bring regions and nodes of
 * their own and read nothing of the machine. All sizes and addresses are in
 * MiB unless they are said to be pages.
 */

#include <kunit/test.h>

#define TEST_NODES	4
#define TEST_REGIONS	8
#define LARGEST		((unsigned long)MAX_ORDER_NR_PAGES)

static unsigned long __init mib(unsigned long nr)
{
	return nr << (20 - PAGE_SHIFT);
}

/**
 * struct test_region - a region of memory
 * @start: its address
 * @end: its end; 0 for the end of the table
 * @nid: its node
 * @flags: of memblock
 */
struct test_region {
	unsigned long start;
	unsigned long end;
	int nid;
	enum memblock_flags flags;
};

/**
 * struct test_machine - memory as the functions under test see it
 * @memory: the memory
 * @nodes: its nodes
 * @regions: its regions
 */
struct test_machine {
	struct boot_memory memory;
	struct boot_node nodes[TEST_NODES];
	struct memblock_region regions[TEST_REGIONS];
};

/* One machine for all tests, which run one after the other. */
static struct test_machine test_machine __initdata;

static struct boot_memory *__init
make_machine(const struct test_region *regions, unsigned long highest_zone)
{
	struct boot_memory *memory = &test_machine.memory;
	int i;

	test_machine = (struct test_machine) { };
	memory->regions = test_machine.regions;
	memory->nodes = test_machine.nodes;
	memory->nr_nodes = TEST_NODES;
	memory->highest_zone_pfn = mib(highest_zone);
	for (i = 0; i < TEST_REGIONS && regions[i].end; i++) {
		memory->regions[i].base = (phys_addr_t)regions[i].start << 20;
		memory->regions[i].size =
			(phys_addr_t)(regions[i].end - regions[i].start) << 20;
		memory->regions[i].flags = regions[i].flags;
		memblock_set_region_node(&memory->regions[i], regions[i].nid);
	}
	memory->nr_regions = i;
	return memory;
}

/* In: what people write. Out: an amount, or no change. */
static void __init amounts(struct kunit *test)
{
	static const struct {
		const char *text;
		bool right;
		unsigned long long size;
		unsigned int percent;
	} cases[] = {
		{ "512M", true, 512ULL << 20 },
		{ "512m", true, 512ULL << 20 },
		{ "4096K", true, 4096ULL << 10 },
		{ "3G", true, 3ULL << 30 },
		{ "1048576", true, 1ULL << 20 },
		{ "0x40000000", true, 1ULL << 30 },
		{ "0x10M", true, 16ULL << 20 },
		{ "010M", true, 8ULL << 20 },
		{ "1%", true, 0, 1 },
		{ "100%", true, 0, 100 },
		{ "0x32%", true, 0, 50 },
		{ "" }, { "0" }, { "0%" }, { "101%" }, { "4294967297%" },
		{ "M" }, { "%" }, { "lots" }, { "mirror" }, { "-1" }, { "-1%" },
		{ " 1G" }, { "1G " }, { "1GB" }, { "1 G" }, { "1.5G" }, { "0x" },
		{ "08M" }, { "50%%" }, { "50%M" }, { "512M,mirror" }, { "1T1" },
		{ "512" },	/* the M was forgotten */
		{ "16E" }, { "18446744073709551616" },
		{ "99999999999999999999999999999999999999M" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct amount before = { .pages = 3, .percent = 7 };
		struct amount expected = before, amount = before;

		if (cases[i].right) {
			expected.pages = cases[i].size >> PAGE_SHIFT;
			expected.percent = cases[i].percent;
		}
		KUNIT_EXPECT_EQ_MSG(test, parse_amount(cases[i].text, &amount),
				    cases[i].right, "\"%s\"", cases[i].text);
		KUNIT_EXPECT_EQ_MSG(test, amount.pages, expected.pages,
				    "\"%s\"", cases[i].text);
		KUNIT_EXPECT_EQ_MSG(test, amount.percent, expected.percent,
				    "\"%s\"", cases[i].text);
	}
}

/* In: options, one after the other. Out: what counts in the end. */
static void __init the_last_one_counts(struct kunit *test)
{
	const struct amount saved[] = { kernelcore, movablecore };
	const bool saved_mirror = mirrored_kernelcore;
	char texts[][16] = { "512M", "30%", "512M", "mirror", "nonsense", "30%" };

	kernelcore = (struct amount) { };
	mirrored_kernelcore = false;
	KUNIT_EXPECT_EQ(test, set_kernelcore(texts[0]), 0);
	KUNIT_EXPECT_EQ(test, set_kernelcore(texts[1]), 0);
	KUNIT_EXPECT_EQ(test, kernelcore.percent, 30);
	KUNIT_EXPECT_EQ(test, kernelcore.pages, 0);
	KUNIT_EXPECT_EQ(test, set_kernelcore(texts[2]), 0);
	KUNIT_EXPECT_EQ(test, kernelcore.percent, 0);
	KUNIT_EXPECT_EQ(test, kernelcore.pages, mib(512));
	KUNIT_EXPECT_EQ(test, set_kernelcore(texts[3]), 0);
	KUNIT_EXPECT_TRUE(test, mirrored_kernelcore);
	KUNIT_EXPECT_FALSE(test, is_given(&kernelcore));
	KUNIT_EXPECT_EQ(test, set_kernelcore(texts[4]), 0);
	KUNIT_EXPECT_EQ(test, set_kernelcore(NULL), 0);
	KUNIT_EXPECT_TRUE(test, mirrored_kernelcore);
	KUNIT_EXPECT_EQ(test, set_kernelcore(texts[5]), 0);
	KUNIT_EXPECT_FALSE(test, mirrored_kernelcore);

	movablecore = (struct amount) { };
	KUNIT_EXPECT_EQ(test, set_movablecore(texts[0]), 0);
	KUNIT_EXPECT_EQ(test, set_movablecore(texts[3]), 0);
	KUNIT_EXPECT_EQ(test, set_movablecore(NULL), 0);
	KUNIT_EXPECT_EQ(test, movablecore.pages, mib(512));
	KUNIT_EXPECT_FALSE(test, mirrored_kernelcore);

	kernelcore = saved[0];
	movablecore = saved[1];
	mirrored_kernelcore = saved_mirror;
}

/* In: what both options ask for. Out: the pages that are for the kernel. */
static void __init larger_kernel_wins(struct kunit *test)
{
	const unsigned long total = 1000 * LARGEST;
	const struct {
		struct amount kernel;
		struct amount movable;
		unsigned long pages;
	} cases[] = {
		{ { .pages = 300 * LARGEST }, { }, 300 * LARGEST },
		{ { .pages = 300 * LARGEST + 1 }, { }, 300 * LARGEST + 1 },
		{ { .pages = total }, { }, total },
		{ { .pages = ULONG_MAX }, { }, total },
		{ { .percent = 25 }, { }, 250 * LARGEST },
		{ { .percent = 100 }, { }, total },
		{ { }, { .pages = 300 * LARGEST }, 700 * LARGEST },
		{ { }, { .pages = 300 * LARGEST - 1 }, 700 * LARGEST },
		{ { }, { .pages = 300 * LARGEST + 1 }, 699 * LARGEST },
		{ { }, { .percent = 10 }, 900 * LARGEST },
		{ { }, { .percent = 100 }, 0 },
		{ { }, { .pages = ULONG_MAX }, 0 },
		{ { .pages = 1 }, { .pages = ULONG_MAX }, 1 },
		{ { .pages = 300 * LARGEST }, { .pages = 600 * LARGEST }, 400 * LARGEST },
		{ { .pages = 300 * LARGEST }, { .pages = 700 * LARGEST }, 300 * LARGEST },
		{ { .pages = 300 * LARGEST }, { .pages = 800 * LARGEST }, 300 * LARGEST },
		{ { .percent = 90 }, { .pages = 300 * LARGEST }, 900 * LARGEST },
		{ { .percent = 50 }, { .percent = 60 }, 500 * LARGEST },
		{ { .percent = 50 }, { .percent = 40 }, 600 * LARGEST },
	};
	const struct amount half = { .percent = 50 };
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, kernel_pages(&cases[i].kernel, &cases[i].movable, total),
				    cases[i].pages, "case %d", i);

	/* As many pages as there can be; a product of them would not fit. */
	KUNIT_EXPECT_EQ(test, amount_of(&half, ULONG_MAX), ULONG_MAX / 2);
}

/* In: an amount for the kernel, and nodes. Out: where each node is cut. */
static void __init nodes_share_evenly(struct kunit *test)
{
	static const struct {
		const char *what;
		struct test_region regions[TEST_REGIONS];
		unsigned long highest_zone;
		unsigned long kernel;
		unsigned long movable[TEST_NODES];
	} cases[] = {
		{
			"one node",
			{ { 0, 1024, 0 } }, 16,
			256, { 256 },
		}, {
			"two equal nodes",
			{ { 0, 1024, 0 }, { 1024, 2048, 1 } }, 16,
			512, { 256, 1280 },
		}, {
			"a node that is too small is all kernel",
			{ { 0, 1024, 0 }, { 1024, 1152, 1 }, { 1152, 2176, 2 } }, 16,
			768, { 320, 0, 1472 },
		}, {
			"low memory is all kernel, and counts",
			{ { 0, 1024, 0 }, { 4096, 5120, 1 }, { 5120, 6144, 2 } }, 4096,
			1536, { 0, 4352, 5376 },
		}, {
			"low memory is more than was asked for",
			{ { 0, 1024, 0 }, { 4096, 5120, 1 }, { 5120, 6144, 2 } }, 4096,
			512, { 0, 4096, 5120 },
		}, {
			"the same, and the other way round",
			{ { 0, 1024, 2 }, { 4096, 5120, 1 }, { 5120, 6144, 0 } }, 4096,
			512, { 5120, 4096, 0 },
		}, {
			"a node with low memory and more stays where it is",
			{ { 0, 2560, 0 }, { 4096, 5632, 0 }, { 5632, 9728, 1 } }, 4096,
			4096, { 4096, 7168 },
		}, {
			"a node with little low memory gets its share",
			{ { 0, 512, 0 }, { 4096, 5632, 0 }, { 5632, 9728, 1 } }, 4096,
			2048, { 4608, 6656 },
		}, {
			"a hole does not count",
			{ { 0, 256, 0 }, { 512, 1024, 0 } }, 16,
			384, { 640 },
		}, {
			"ZONE_MOVABLE does not begin with a hole",
			{ { 0, 256, 0 }, { 512, 1024, 0 } }, 16,
			256, { 512 },
		}, {
			"nodes that are interleaved",
			{ { 0, 512, 0 }, { 512, 1024, 1 }, { 1024, 1536, 0 }, { 1536, 2048, 1 } },
			16,
			1536, { 1280, 1792 },
		}, {
			"memory of no node, and of a node that can not be",
			{ { 0, 512, NUMA_NO_NODE }, { 512, 1024, 0 }, { 1024, 1536, TEST_NODES },
			  { 1536, 2048, MAX_NUMNODES } }, 16,
			256, { 768 },
		}, {
			"all memory",
			{ { 0, 1024, 0 }, { 1024, 2048, 1 } }, 16,
			2048, { 0, 0 },
		},
	};
	unsigned int i, nid;

	if (!IS_ENABLED(CONFIG_NUMA))
		kunit_skip(test, "one node only");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_memory *memory = make_machine(cases[i].regions,
							  cases[i].highest_zone);

		weigh_nodes(memory);
		cut_by_amount(memory, mib(cases[i].kernel));
		align_cuts(memory);
		for (nid = 0; nid < TEST_NODES; nid++)
			KUNIT_EXPECT_EQ_MSG(test, memory->nodes[nid].movable_pfn,
					    mib(cases[i].movable[nid]),
					    "%s: node %u", cases[i].what, nid);
	}
}

/* In: every amount that a machine can be asked for. Out: that, and no page less. */
static void __init level_is_exact(struct kunit *test)
{
	static const struct test_region regions[] = {
		{ 0, 3, 0 }, { 4, 6, 1 }, { 6, 7, 2 }, { 8, 9, 1 }, { 10, 15, 3 }, { }
	};
	struct boot_memory *memory = make_machine(regions, 5);
	const unsigned long total = weigh_nodes(memory);
	unsigned long pages, level, got;

	KUNIT_EXPECT_EQ(test, total, mib(12));
	for (pages = 1; pages <= total; pages++) {
		level = level_for(memory, pages);
		got = shares_of_all(memory, level);
		if (got >= pages && (!level || shares_of_all(memory, level - 1) < pages))
			continue;
		KUNIT_FAIL(test, "%lu of %lu pages: level %lu gives %lu",
			   pages, total, level, got);
		return;
	}
	KUNIT_EXPECT_EQ(test, shares_of_all(memory, 0), mib(4));
	KUNIT_EXPECT_EQ(test, shares_of_all(memory, ULONG_MAX), total);
}

/* In: cuts, in pages. Out: the next multiple, if anything is behind it. */
static void __init cuts_move_up(struct kunit *test)
{
	static const struct test_region regions[] = { { 0, 1024, 0 }, { } };
	struct boot_memory *memory = make_machine(regions, 16);
	struct boot_node *node = &memory->nodes[0];
	const unsigned long end_pfn = mib(1024);
	const unsigned long cases[][2] = {
		{ 0, 0 },
		{ 1, LARGEST },
		{ LARGEST - 1, LARGEST },
		{ LARGEST, LARGEST },
		{ LARGEST + 1, 2 * LARGEST },
		{ end_pfn - LARGEST, end_pfn - LARGEST },
		{ end_pfn - LARGEST + 1, 0 },
		{ end_pfn, 0 },
	};
	int i;

	weigh_nodes(memory);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		node->movable_pfn = cases[i][0];
		KUNIT_EXPECT_EQ(test, align_cuts(memory), !!cases[i][1]);
		KUNIT_EXPECT_EQ(test, node->movable_pfn, cases[i][1]);
	}
}

/* In: hot-pluggable memory. Out: a cut at the first of each node, however low. */
static void __init firmware_says_where(struct kunit *test)
{
	static const struct test_region regions[] = {
		{ 0, 1024, 0 },
		{ 1024, 2048, 1, MEMBLOCK_HOTPLUG },
		{ 4096, 4608, 2 },
		{ 4608, 5120, 2, MEMBLOCK_HOTPLUG },
		{ 5120, 5632, 2 },
		{ 5632, 6144, 2, MEMBLOCK_HOTPLUG },
		{ 6144, 7168, 3, MEMBLOCK_MIRROR },
		{ }
	};
	struct boot_memory *memory = make_machine(regions, 4096);

	if (!IS_ENABLED(CONFIG_NUMA))
		kunit_skip(test, "one node only");
	weigh_nodes(memory);
	cut_at_hot_pluggable(memory);
	KUNIT_EXPECT_TRUE(test, align_cuts(memory));
	KUNIT_EXPECT_EQ(test, memory->nodes[0].movable_pfn, 0);
	KUNIT_EXPECT_EQ(test, memory->nodes[1].movable_pfn, mib(1024));
	KUNIT_EXPECT_EQ(test, memory->nodes[2].movable_pfn, mib(4608));
	KUNIT_EXPECT_EQ(test, memory->nodes[3].movable_pfn, 0);
}

/* In: mirrored memory. Out: a cut at the first that is not, from 4 GiB on. */
static void __init mirrors_say_where(struct kunit *test)
{
	static const struct {
		const char *what;
		struct test_region regions[TEST_REGIONS];
		unsigned long highest_zone;
		bool unmirrored;
		unsigned long movable[2];
	} cases[] = {
		{
			"mirrored below, not above",
			{ { 0, 3072, 0, MEMBLOCK_MIRROR }, { 4096, 5120, 0 } }, 4096,
			false, { 4096 },
		}, {
			"low memory is not mirrored",
			{ { 0, 3072, 0 }, { 4096, 5120, 0, MEMBLOCK_MIRROR }, { 5120, 6144, 0 } },
			4096, true, { 5120 },
		}, {
			"all of it is mirrored",
			{ { 0, 3072, 0, MEMBLOCK_MIRROR }, { 4096, 5120, 1, MEMBLOCK_MIRROR } },
			4096, false, { 0, 0 },
		}, {
			"a region that reaches over 4 GiB",
			{ { 0, 2048, 0, MEMBLOCK_MIRROR }, { 2048, 6144, 0 } }, 16,
			true, { 4096 },
		}, {
			"nodes for themselves, mirrored memory last",
			{ { 0, 3072, 0, MEMBLOCK_MIRROR }, { 4096, 5120, 0, MEMBLOCK_MIRROR },
			  { 5120, 6144, 1 }, { 6144, 7168, 1, MEMBLOCK_MIRROR } }, 4096,
			false, { 0, 5120 },
		}, {
			"a zone that begins higher",
			{ { 0, 5120, 0, MEMBLOCK_MIRROR }, { 5120, 8192, 0 } }, 6144,
			true, { 6144 },
		},
	};
	unsigned int i, nid;

	if (!IS_ENABLED(CONFIG_NUMA))
		kunit_skip(test, "one node only");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_memory *memory = make_machine(cases[i].regions,
							  cases[i].highest_zone);

		weigh_nodes(memory);
		KUNIT_EXPECT_EQ_MSG(test, cut_at_unmirrored(memory), cases[i].unmirrored,
				    "%s", cases[i].what);
		align_cuts(memory);
		for (nid = 0; nid < ARRAY_SIZE(cases[i].movable); nid++)
			KUNIT_EXPECT_EQ_MSG(test, memory->nodes[nid].movable_pfn,
					    mib(cases[i].movable[nid]),
					    "%s: node %u", cases[i].what, nid);
	}
}

/* In: a node with and without mirrored memory behind its cut. Out: who has which page. */
static void __init zones_have_every_page_once(struct kunit *test)
{
	static const struct test_region regions[] = {
		{ 0, 100, 0 }, { 100, 200, 0, MEMBLOCK_MIRROR }, { 300, 410, 0 },
		{ 410, 510, 0, MEMBLOCK_MIRROR }, { 510, 610, 0 }, { }
	};
	static const struct {
		bool mirror;
		unsigned long movable;
		bool in_movable;
		unsigned long pages;
		unsigned long end;
	} cases[] = {
		{ false, 0, false, 510, 610 },
		{ true, 0, false, 510, 610 },
		{ false, 400, true, 210, 610 },
		{ true, 400, true, 110, 610 },
		{ true, 400, false, 400, 510 },
		{ true, 100, false, 300, 510 },
		{ true, 100, true, 210, 610 },
		{ true, 520, false, 420, 520 },
	};
	const bool saved_mirror = mirrored_kernelcore;
	struct boot_memory *memory = make_machine(regions, 16);
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct zone_part part = { };
		unsigned long start = 0;

		if (cases[i].in_movable)
			start = cases[i].movable;
		mirrored_kernelcore = cases[i].mirror;
		for (j = 0; j < memory->nr_regions; j++)
			add_region(&part, &memory->regions[j], cases[i].in_movable,
				   mib(cases[i].movable), mib(start), mib(700));
		KUNIT_EXPECT_EQ_MSG(test, part.pages, mib(cases[i].pages), "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, part.end_pfn, mib(cases[i].end), "case %u", i);
	}
	mirrored_kernelcore = saved_mirror;
}

/* Not __initdata: debugfs shows the results later. */
static struct kunit_case kernelcore_tests[] __refdata = {
	KUNIT_CASE(amounts),
	KUNIT_CASE(the_last_one_counts),
	KUNIT_CASE(larger_kernel_wins),
	KUNIT_CASE(nodes_share_evenly),
	KUNIT_CASE(level_is_exact),
	KUNIT_CASE(cuts_move_up),
	KUNIT_CASE(firmware_says_where),
	KUNIT_CASE(mirrors_say_where),
	KUNIT_CASE(zones_have_every_page_once),
	{}
};

static struct kunit_suite kernelcore_suite = {
	.name = "memory_hotplug_kernelcore",
	.test_cases = kernelcore_tests,
};

kunit_test_init_section_suite(kernelcore_suite);
