// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of zone.c, included at its end. Real zones are only read. What needs
 * zones of a known shape gets a node of its own, under a number that no node
 * of the machine can have, so that nothing but NODE_DATA() leads there. The
 * parameters of the policy change for the time of a test; as every test holds
 * device_hotplug_lock, no memory goes online meanwhile.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#define TEST_NID	(MAX_NUMNODES - 1)

/* Pages that no machine has, in alignment with every unit of a group */
#define NOWHERE		(NR_MEM_SECTIONS * PAGES_PER_SECTION - SZ_4M)

static struct {
	enum online_policy policy;
	unsigned int ratio;
	bool numa_aware;
	bool movable_node;
} saved_parameters;

static void set_numa_aware(bool aware)
{
#ifdef CONFIG_NUMA
	auto_movable_numa_aware = aware;
#endif
}

static void begin_zone_test(void)
{
	lock_device_hotplug();
	saved_parameters.policy = online_policy;
	saved_parameters.ratio = auto_movable_ratio;
	saved_parameters.numa_aware = auto_movable_numa_aware;
	saved_parameters.movable_node = movable_node_enabled;
	set_numa_aware(false);
	movable_node_enabled = false;
}

static void end_zone_test(void)
{
	online_policy = saved_parameters.policy;
	auto_movable_ratio = saved_parameters.ratio;
	set_numa_aware(saved_parameters.numa_aware);
	movable_node_enabled = saved_parameters.movable_node;
	unlock_device_hotplug();
}

/* In: right and wrong words. Out: the policy, or an error and no change. */
static void policy_by_name(struct kunit *test)
{
	static const struct {
		const char *word;
		int error;
		enum online_policy policy;
		const char *shown;
	} cases[] = {
		{ "auto-movable", 0, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "contig-zones\n", 0, POLICY_CONTIG_ZONES, "contig-zones\n" },
		{ "auto-movable\n", 0, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "\n", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "0", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "contig", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "contig-zones ", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "Contig-Zones", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "contig-zones\n\n", -EINVAL, POLICY_AUTO_MOVABLE, "auto-movable\n" },
		{ "contig-zones", 0, POLICY_CONTIG_ZONES, "contig-zones\n" },
		{ "contig-zonesauto-movable", -EINVAL, POLICY_CONTIG_ZONES, "contig-zones\n" },
	};
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	begin_zone_test();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test, set_policy(cases[i].word, NULL), cases[i].error,
				    "\"%s\"", cases[i].word);
		KUNIT_EXPECT_EQ_MSG(test, online_policy, cases[i].policy, "\"%s\"",
				    cases[i].word);
		KUNIT_EXPECT_EQ(test, show_policy(page, NULL), strlen(cases[i].shown));
		KUNIT_EXPECT_STREQ(test, page, cases[i].shown);
	}
	end_zone_test();
	free_page((unsigned long)page);
}

static bool other_zone_spans(const struct zone *zone, unsigned long pfn)
{
	struct zone *other = zone->zone_pgdat->node_zones;
	struct zone *end = other + ZONE_MOVABLE + 1;

	for (; other < end; other++)
		if (other != zone && zone_intersects(other, pfn, 1))
			return true;
	return false;
}

/* In: memory of a real zone. Out: that zone. */
static void memory_within_a_zone_joins_it(struct kunit *test)
{
	struct zone *zone;

	begin_zone_test();
	online_policy = POLICY_CONTIG_ZONES;
	for_each_populated_zone(zone) {
		const int nid = zone_to_nid(zone);
		const unsigned long pfn = zone->zone_start_pfn;

		if (other_zone_spans(zone, pfn))
			continue;
		KUNIT_EXPECT_PTR_EQ(test, zone_for_pfn_range(MMOP_ONLINE, nid, NULL, pfn, 1),
				    zone);
		if (zone_idx(zone) == ZONE_MOVABLE)
			continue;
		KUNIT_EXPECT_PTR_EQ(test, zone_for_pfn_range(MMOP_ONLINE_KERNEL, nid, NULL,
							     pfn, 1), zone);
	}
	end_zone_test();
}

/* In: zones with every kind of page. Out: each kind on its side of the ratio. */
static void zones_on_the_scales(struct kunit *test)
{
	struct balance balance = { .movable = 1, .kernel = 2, .reserved = 3 };
	unsigned long cma = 0;
	struct pglist_data *node;
	struct zone *normal, *movable;

	node = kvzalloc(sizeof(*node), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, node);
	normal = &node->node_zones[ZONE_NORMAL];
	normal->zone_pgdat = node;
	normal->present_pages = 1000;
	normal->present_early_pages = 600;
#ifdef CONFIG_CMA
	cma = 50;
	normal->cma_pages = cma;
#endif
	movable = &node->node_zones[ZONE_MOVABLE];
	movable->zone_pgdat = node;
	movable->present_pages = 400;
	movable->present_early_pages = 300;

	weigh_zone(&balance, normal);
	KUNIT_EXPECT_EQ(test, balance.movable, 1 + cma);
	KUNIT_EXPECT_EQ(test, balance.kernel, 2 + 600 - cma);
	weigh_zone(&balance, movable);
	KUNIT_EXPECT_EQ(test, balance.movable, 1 + cma + 400);
	KUNIT_EXPECT_EQ(test, balance.kernel, 2 + 600 - cma);
	KUNIT_EXPECT_EQ(test, balance.reserved, 3);
	kvfree(node);
}

/* In: another dynamic group. Out: the kernel memory that it still needs. */
static void other_groups_are_set_apart(struct kunit *test)
{
	static const struct {
		unsigned int ratio;
		unsigned long kernel;
		unsigned long movable;
		unsigned long reserved;
		unsigned long left;
	} cases[] = {
		{ 300, 0, 0, 0, 1000 },
		{ 300, 0, 900, 300, 100 },
		{ 300, 100, 900, 200, 100 },
		{ 300, 299, 900, 1, 100 },
		{ 300, 300, 900, 0, 100 },
		{ 300, 500, 900, 0, 100 },
		{ 50, 100, 200, 300, 800 },
		{ 0, 0, 900, 0, 1000 },
	};
	int i;

	begin_zone_test();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct balance balance = { .movable = 1000, .kernel = 2000 };
		struct memory_group group = {
			.is_dynamic = true,
			.present_kernel_pages = cases[i].kernel,
			.present_movable_pages = cases[i].movable,
		};

		auto_movable_ratio = cases[i].ratio;
		KUNIT_EXPECT_EQ(test, set_group_apart(&group, &balance), 0);
		KUNIT_EXPECT_EQ_MSG(test, balance.reserved, cases[i].reserved, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, balance.movable, cases[i].left, "case %d", i);
		KUNIT_EXPECT_EQ(test, balance.kernel, 2000);
	}
	end_zone_test();
}

/* Both sides of the ratio as the machine has them, boot-time kernel memory first. */
static unsigned long boot_kernel_pages(void)
{
	unsigned long pages = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) == ZONE_MOVABLE)
			continue;
		pages += zone->present_early_pages;
#ifdef CONFIG_CMA
		pages -= zone->cma_pages;
#endif
	}
	return pages;
}

static unsigned long real_movable_pages(void)
{
	unsigned long pages = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) == ZONE_MOVABLE)
			pages += zone->present_pages;
#ifdef CONFIG_CMA
		else
			pages += zone->cma_pages;
#endif
	}
	return pages;
}

static bool demand_allowed(struct memory_group *group, unsigned long nr_pages)
{
	const struct demand demand = {
		.nid = first_online_node,
		.group = group,
		.start_pfn = NOWHERE,
		.nr_pages = nr_pages,
	};

	return ratio_allows(&demand, NUMA_NO_NODE, nr_pages);
}

/* What the ratio permits besides what is movable already. */
static unsigned long room_for_movable(unsigned long kernel_pages)
{
	return auto_movable_ratio * kernel_pages / 100 - real_movable_pages();
}

/* In: demands of the size of the limit, and a page more. Out: yes, and no. */
static void ratio_at_its_limit(struct kunit *test)
{
	static const unsigned int ratios[] = { 301, 1000, 4000, 99999 };
	unsigned long room;
	int i;

	begin_zone_test();
	for (i = 0; i < ARRAY_SIZE(ratios); i++) {
		auto_movable_ratio = ratios[i];
		if (ratios[i] * boot_kernel_pages() / 100 < real_movable_pages())
			continue;
		room = room_for_movable(boot_kernel_pages());
		KUNIT_EXPECT_TRUE(test, demand_allowed(NULL, room));
		KUNIT_EXPECT_FALSE(test, demand_allowed(NULL, room + 1));
	}
	end_zone_test();
}

/* In: kernel memory of a group. Out: it counts for this group, if it is dynamic. */
static void groups_raise_their_own_limit(struct kunit *test)
{
	struct memory_group group = { .present_kernel_pages = 1000 };
	unsigned long room;

	begin_zone_test();
	auto_movable_ratio = 4000;
	room = room_for_movable(boot_kernel_pages());
	KUNIT_EXPECT_TRUE(test, demand_allowed(&group, room));
	KUNIT_EXPECT_FALSE(test, demand_allowed(&group, room + 1));

	group.is_dynamic = true;
	group.d.unit_pages = SZ_4M;
	KUNIT_EXPECT_TRUE(test, demand_allowed(&group, room + 40000));
	KUNIT_EXPECT_FALSE(test, demand_allowed(&group, room + 40001));
	end_zone_test();
}

/* In: another group's movable memory. Out: less kernel memory counts, or none. */
static void groups_lower_the_limit_of_others(struct kunit *test)
{
	const unsigned long kernel = boot_kernel_pages();
	struct memory_group *group;
	unsigned long room;
	int id;

	begin_zone_test();
	auto_movable_ratio = 4000;
	id = memory_group_register_dynamic(first_online_node, SZ_4M);
	group = memory_group_find_by_id(id);
	KUNIT_EXPECT_NOT_NULL(test, group);
	if (group) {
		/* The zones do not have these pages; they only leave the sum. */
		group->present_movable_pages = 40 * 100;
		room = room_for_movable(kernel - 100) + 40 * 100;
		KUNIT_EXPECT_TRUE(test, demand_allowed(NULL, room));
		KUNIT_EXPECT_FALSE(test, demand_allowed(NULL, room + 1));

		group->present_movable_pages = 40 * kernel;
		KUNIT_EXPECT_FALSE(test, demand_allowed(NULL, 40 * kernel));
		KUNIT_EXPECT_TRUE(test, demand_allowed(group, 1));
	}
	memory_group_unregister(id);
	end_zone_test();
}

/* In: two blocks. Out: do they belong to one thing that goes to one zone. */
static void units_are_asked_for_together(struct kunit *test)
{
	struct memory_group whole = { .s.max_pages = 0x1000 }, other = whole;
	struct memory_group units = { .is_dynamic = true, .d.unit_pages = 0x1000 };
	const struct {
		struct memory_group *group;
		struct memory_group *earlier;
		unsigned long start_pfn;
		unsigned long earlier_pfn;
		bool together;
	} cases[] = {
		{ NULL, NULL, 0x5000, 0x5000, false },
		{ &whole, NULL, 0x5000, 0x5000, false },
		{ NULL, &whole, 0x5000, 0x5000, false },
		{ &whole, &other, 0x5000, 0x5000, false },
		{ &whole, &whole, 0x5000, 0x5800, true },
		{ &whole, &whole, 0x95000, 0x1000, true },
		{ &units, &units, 0x5800, 0x5000, true },
		{ &units, &units, 0x5fff, 0x5000, true },
		{ &units, &units, 0x6000, 0x5fff, false },
		{ &units, &units, 0x5000, 0x6000, false },
		{ &units, &whole, 0x5800, 0x5000, false },
	};
	struct memory_block *mem;
	int i;

	mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct demand demand = {
			.group = cases[i].group,
			.start_pfn = cases[i].start_pfn,
		};
		const struct mhp_member member = {
			.mem = mem,
			.start_pfn = cases[i].earlier_pfn,
		};

		mem->group = cases[i].earlier;
		KUNIT_EXPECT_EQ_MSG(test, asked_for_together(&demand, &member),
				    cases[i].together, "case %d", i);
	}
}

/* In: demands of groups. Out: how much has to be movable, if it can be. */
static void units_move_in_whole(struct kunit *test)
{
	struct memory_group group = { .s.max_pages = 1000 };
	struct demand demand = { .start_pfn = NOWHERE, .nr_pages = 10 };

	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 10);

	demand.group = &group;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 1000);
	group.present_movable_pages = 300;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 700);
	group.present_kernel_pages = 1;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 0);

	/* What counts for a unit is what is online in it, not in its group. */
	group.is_dynamic = true;
	group.d.unit_pages = 4 * PAGES_PER_SECTION;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 4 * PAGES_PER_SECTION);
}

static unsigned long first_section_in(bool movable)
{
	unsigned long pfn;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if ((zone_idx(zone) == ZONE_MOVABLE) != movable)
			continue;
		pfn = SECTION_ALIGN_UP(zone->zone_start_pfn);
		for (; pfn < zone_end_pfn(zone); pfn += PAGES_PER_SECTION)
			if (pfn_to_online_page(pfn) &&
			    page_zone(pfn_to_page(pfn)) == zone)
				return pfn;
	}
	return 0;
}

/* In: a unit with kernel memory, wherever in it. Out: none of it moves in. */
static void units_with_kernel_memory_do_not(struct kunit *test)
{
	struct memory_group group = { .is_dynamic = true };
	struct demand demand = { .group = &group, .nr_pages = PAGES_PER_SECTION };
	unsigned long size;

	demand.start_pfn = first_section_in(false);
	group.d.unit_pages = PAGES_PER_SECTION;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 0);
	KUNIT_EXPECT_TRUE(test, look_at_unit(&demand).has_kernel);
	KUNIT_EXPECT_EQ(test, look_at_unit(&demand).movable, 0);

	/* The last section of a unit that all memory is in, then the next unit */
	size = 2 * roundup_pow_of_two(max_pfn);
	group.d.unit_pages = size;
	demand.start_pfn = size - PAGES_PER_SECTION;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), 0);
	demand.start_pfn = size;
	KUNIT_EXPECT_EQ(test, pages_to_move_in(&demand), size);
}

/* In: a unit with movable memory in it. Out: the rest of the unit. */
static void units_with_movable_memory_go_on(struct kunit *test)
{
	const unsigned long pfn = first_section_in(true);
	struct memory_group group = {
		.is_dynamic = true,
		.d.unit_pages = PAGES_PER_SECTION,
	};
	const struct demand demand = { .group = &group, .start_pfn = pfn };

	if (!pfn)
		kunit_skip(test, "no movable memory; boot with movablecore=256M");
	KUNIT_EXPECT_EQ(test, look_at_unit(&demand).movable, PAGES_PER_SECTION);
	KUNIT_EXPECT_FALSE(test, look_at_unit(&demand).has_kernel);
}

#ifdef CONFIG_NUMA

/* Zones of the test's node, in pages. The last two overlap. */
static const struct {
	enum zone_type type;
	unsigned long start_pfn;
	unsigned long end_pfn;
} test_zones[] = {
	{ 0,		0x10,		0x1000 },
	{ ZONE_NORMAL,	0x20000,	0x60000 },
	{ ZONE_MOVABLE,	0x50000,	0x80000 },
};

static struct zone *test_zone(enum zone_type type)
{
	return &NODE_DATA(TEST_NID)->node_zones[type];
}

static void begin_node_test(struct kunit *test)
{
	struct pglist_data *node;
	enum zone_type type;
	int i;

	if (node_possible(TEST_NID) || NODE_DATA(TEST_NID) || !ZONE_NORMAL)
		kunit_skip(test, "no room for a node, or a zone, of the test's own");
	node = kvzalloc(sizeof(*node), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, node);

	begin_zone_test();
	node_data[TEST_NID] = node;
	node->node_id = TEST_NID;
	for (type = 0; type < MAX_NR_ZONES; type++) {
		test_zone(type)->zone_pgdat = node;
		test_zone(type)->node = TEST_NID;
		zone_seqlock_init(test_zone(type));
	}
	for (i = 0; i < ARRAY_SIZE(test_zones); i++) {
		struct zone *zone = test_zone(test_zones[i].type);

		zone->zone_start_pfn = test_zones[i].start_pfn;
		zone->spanned_pages = test_zones[i].end_pfn - test_zones[i].start_pfn;
	}
}

static void end_node_test(void)
{
	struct pglist_data *node = NODE_DATA(TEST_NID);

	node_data[TEST_NID] = NULL;
	end_zone_test();
	kvfree(node);
}

static enum zone_type zone_type_for(enum mmop type, struct memory_group *group,
				    unsigned long start_pfn, unsigned long nr_pages)
{
	return zone_idx(zone_for_pfn_range(type, TEST_NID, group, start_pfn, nr_pages));
}

/* In: ranges within, across, between and outside zones. Out: a zone each. */
static void ranges_join_zones(struct kunit *test)
{
	static const struct {
		unsigned long start_pfn;
		unsigned long end_pfn;
		enum zone_type kernel;
		enum zone_type contiguous;
		enum zone_type with_movable_node;
	} cases[] = {
		{ 0x0, 0x10,		ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0x0, 0x11,		0, 0, 0 },
		{ 0x10, 0x1000,		0, 0, 0 },
		{ 0xfff, 0x1001,	0, 0, 0 },
		{ 0x1000, 0x1001,	ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0xfff, 0x20001,	0, 0, 0 },
		{ 0x1ffff, 0x20000,	ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0x1ffff, 0x20001,	ZONE_NORMAL, ZONE_NORMAL, ZONE_NORMAL },
		{ 0x4ffff, 0x50000,	ZONE_NORMAL, ZONE_NORMAL, ZONE_NORMAL },
		{ 0x4ffff, 0x50001,	ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0x55555, 0x55556,	ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0x5ffff, 0x60001,	ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0x60000, 0x60001,	ZONE_NORMAL, ZONE_MOVABLE, ZONE_MOVABLE },
		{ 0x7ffff, 0x90000,	ZONE_NORMAL, ZONE_MOVABLE, ZONE_MOVABLE },
		{ 0x80000, 0x90000,	ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE },
		{ 0xfff, 0x60001,	0, 0, ZONE_MOVABLE },
	};
	int i;

	begin_node_test(test);
	online_policy = POLICY_CONTIG_ZONES;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const unsigned long start_pfn = cases[i].start_pfn;
		const unsigned long nr_pages = cases[i].end_pfn - start_pfn;

		movable_node_enabled = false;
		KUNIT_EXPECT_EQ_MSG(test, zone_type_for(MMOP_ONLINE_KERNEL, NULL, start_pfn,
							nr_pages),
				    cases[i].kernel, "%#lx", start_pfn);
		KUNIT_EXPECT_EQ_MSG(test, zone_type_for(MMOP_ONLINE_MOVABLE, NULL, start_pfn,
							nr_pages),
				    ZONE_MOVABLE, "%#lx", start_pfn);
		KUNIT_EXPECT_EQ_MSG(test, zone_type_for(MMOP_ONLINE, NULL, start_pfn, nr_pages),
				    cases[i].contiguous, "%#lx", start_pfn);
		movable_node_enabled = true;
		KUNIT_EXPECT_EQ_MSG(test, zone_type_for(MMOP_ONLINE_KERNEL, NULL, start_pfn,
							nr_pages),
				    cases[i].kernel, "%#lx", start_pfn);
		KUNIT_EXPECT_EQ_MSG(test, zone_type_for(MMOP_ONLINE, NULL, start_pfn, nr_pages),
				    cases[i].with_movable_node, "%#lx", start_pfn);
	}
	end_node_test();
}

/* In: demands that may and may not become movable. Out: the zone for each. */
static void auto_movable_demands(struct kunit *test)
{
	struct memory_group group = { .s.max_pages = 100 };
	unsigned long room;

	begin_node_test(test);
	online_policy = POLICY_AUTO_MOVABLE;
	auto_movable_ratio = 4000;
	room = room_for_movable(boot_kernel_pages());

	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, NULL, 0x20000, room), ZONE_MOVABLE);
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, NULL, 0x20000, room + 1), ZONE_NORMAL);
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, NULL, 0x10, 1), ZONE_MOVABLE);
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE_KERNEL, NULL, 0x10, 1), 0);

	/* A static group asks for all that it will ever have. */
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, &group, 0x20000, 1), ZONE_MOVABLE);
	group.s.max_pages = room + 1;
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, &group, 0x20000, 1), ZONE_NORMAL);
	group.s.max_pages = 100;
	group.present_kernel_pages = 1;
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, &group, 0x20000, 1), ZONE_NORMAL);

	/* The node has no kernel memory of its own to set against. */
	set_numa_aware(true);
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, NULL, 0x20000, 1), ZONE_NORMAL);
	set_numa_aware(false);
	auto_movable_ratio = 0;
	KUNIT_EXPECT_EQ(test, zone_type_for(MMOP_ONLINE, NULL, 0x20000, 1), ZONE_NORMAL);
	end_node_test();
}

/* In: a small demand on a node with kernel memory. Out: movable, node by node too. */
static void auto_movable_on_real_nodes(struct kunit *test)
{
	struct zone *zone, *chosen;

	begin_zone_test();
	online_policy = POLICY_AUTO_MOVABLE;
	auto_movable_ratio = 1000000;
	set_numa_aware(true);
	for_each_populated_zone(zone) {
		if (zone_idx(zone) == ZONE_MOVABLE || !zone->present_early_pages)
			continue;
		chosen = zone_for_pfn_range(MMOP_ONLINE, zone_to_nid(zone), NULL, NOWHERE, 1);
		KUNIT_EXPECT_EQ(test, zone_idx(chosen), ZONE_MOVABLE);
		KUNIT_EXPECT_PTR_EQ(test, chosen->zone_pgdat, zone->zone_pgdat);
	}
	end_zone_test();
}

#define TEST_MEMBERS	4

/**
 * struct zone_operation - an operation on blocks of the test's node
 * @blocks: the operation
 * @members: its members, adjacent from NOWHERE on
 * @mem: their blocks
 */
struct zone_operation {
	struct mhp_block_operation blocks;
	struct mhp_member members[TEST_MEMBERS];
	struct memory_block mem[TEST_MEMBERS];
};

static struct zone_operation *new_zone_operation(struct kunit *test, unsigned long nr_pages,
						 struct memory_group *group)
{
	struct zone_operation *zones = kunit_kzalloc(test, sizeof(*zones), GFP_KERNEL);
	int i;

	if (!zones)
		return NULL;
	zones->blocks.members = zones->members;
	zones->blocks.operation.nr_units = TEST_MEMBERS;
	zones->blocks.online_type = MMOP_ONLINE;
	for (i = 0; i < TEST_MEMBERS; i++) {
		zones->mem[i].nid = TEST_NID;
		zones->mem[i].group = group;
		zones->members[i].mem = &zones->mem[i];
		zones->members[i].start_pfn = NOWHERE + i * nr_pages;
		zones->members[i].nr_pages = nr_pages;
	}
	return zones;
}

/* Chooses zones as the operation does; returns how many members are movable. */
static int choose_all(struct zone_operation *zones)
{
	int movable = 0, i;

	for (i = 0; i < TEST_MEMBERS; i++) {
		struct mhp_member *member = &zones->members[i];

		member->zone = mhp_choose_zone(&zones->blocks, member);
		movable += zone_idx(member->zone) == ZONE_MOVABLE;
	}
	return movable;
}

/* In: members with zones. Out: the movable pages of those before the demand. */
static void members_pending(struct kunit *test)
{
	struct memory_group group = { .s.max_pages = 4000 };
	struct zone_operation *zones = new_zone_operation(test, 1000, NULL);
	struct demand demand = { .nid = TEST_NID };

	KUNIT_ASSERT_NOT_NULL(test, zones);
	begin_node_test(test);
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, NUMA_NO_NODE), 0);

	demand.blocks = &zones->blocks;
	demand.member = &zones->members[3];
	zones->members[0].zone = test_zone(ZONE_MOVABLE);
	zones->members[1].zone = test_zone(ZONE_NORMAL);
	zones->members[2].zone = test_zone(ZONE_MOVABLE);
	zones->members[2].nr_pages = 30;
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, NUMA_NO_NODE), 1030);
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, TEST_NID), 1030);
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, TEST_NID - 1), 0);
	demand.member = &zones->members[2];
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, NUMA_NO_NODE), 1000);
	demand.member = &zones->members[0];
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, NUMA_NO_NODE), 0);

	/* What belongs to the demand is not counted a second time. */
	demand.member = &zones->members[3];
	demand.group = &group;
	zones->mem[2].group = &group;
	KUNIT_EXPECT_EQ(test, pending_movable(&demand, NUMA_NO_NODE), 1000);
	end_node_test();
}

/* In: an operation with more blocks than the ratio allows. Out: as many as it does. */
static void members_share_the_ratio(struct kunit *test)
{
	struct memory_group group = { .is_dynamic = false };
	struct zone_operation *zones;
	unsigned long room;

	begin_node_test(test);
	online_policy = POLICY_AUTO_MOVABLE;
	auto_movable_ratio = 4000;
	room = room_for_movable(boot_kernel_pages());

	zones = new_zone_operation(test, room / 2, NULL);
	KUNIT_EXPECT_NOT_NULL(test, zones);
	if (zones) {
		KUNIT_EXPECT_EQ(test, choose_all(zones), 2);
		KUNIT_EXPECT_EQ(test, zone_idx(zones->members[1].zone), ZONE_MOVABLE);
		zones->blocks.online_type = MMOP_ONLINE_KERNEL;
		KUNIT_EXPECT_EQ(test, choose_all(zones), 0);
		zones->blocks.online_type = MMOP_ONLINE_MOVABLE;
		KUNIT_EXPECT_EQ(test, choose_all(zones), TEST_MEMBERS);
		KUNIT_EXPECT_PTR_EQ(test, zones->members[0].zone, test_zone(ZONE_MOVABLE));
	}

	/* A static group is asked for once, and answered once. */
	zones = new_zone_operation(test, room / TEST_MEMBERS, &group);
	KUNIT_EXPECT_NOT_NULL(test, zones);
	if (zones) {
		group.s.max_pages = room;
		KUNIT_EXPECT_EQ(test, choose_all(zones), TEST_MEMBERS);
		group.s.max_pages = room + 1;
		KUNIT_EXPECT_EQ(test, choose_all(zones), 0);
	}
	end_node_test();
}

#endif /* CONFIG_NUMA */

static struct kunit_case zone_tests[] = {
	KUNIT_CASE(policy_by_name),
	KUNIT_CASE(memory_within_a_zone_joins_it),
	KUNIT_CASE(zones_on_the_scales),
	KUNIT_CASE(other_groups_are_set_apart),
	KUNIT_CASE(ratio_at_its_limit),
	KUNIT_CASE(groups_raise_their_own_limit),
	KUNIT_CASE(groups_lower_the_limit_of_others),
	KUNIT_CASE(units_are_asked_for_together),
	KUNIT_CASE(units_move_in_whole),
	KUNIT_CASE(units_with_kernel_memory_do_not),
	KUNIT_CASE(units_with_movable_memory_go_on),
#ifdef CONFIG_NUMA
	KUNIT_CASE(ranges_join_zones),
	KUNIT_CASE(auto_movable_demands),
	KUNIT_CASE(auto_movable_on_real_nodes),
	KUNIT_CASE(members_pending),
	KUNIT_CASE(members_share_the_ratio),
#endif
	{}
};

static struct kunit_suite zone_suite = {
	.name = "memory_hotplug_zone",
	.test_cases = zone_tests,
};

kunit_test_suite(zone_suite);
