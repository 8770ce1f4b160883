// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of mm/memory_hotplug/owner.c: the cases that KUnit runs, too, then who
 * owns which block of a machine, and which one is claimed.
 */

#include "buddy_machine.h"
#include "../../../../mm/memory_hotplug/tests/owner_cases.h"

#define AREA_PAGES	BIT(MAX_PAGE_ORDER)
#define AREAS		(BLOCK_PAGES >> MAX_PAGE_ORDER)

static struct zone *const high = &zones[1];

/* In: a policy, a zone and flags. Out: may it claim, and what counts as free. */
static void check_policy(const struct policy_case *c)
{
	struct page *page = pfn_to_page(block_pfn(FIRST_BLOCK));
	struct free_area *area = &high->free_area[0];
	char what[40];

	make_machine();
	snprintf(what, sizeof(what), "policy, case %zu", c - policy_cases);
	owner_fallback = c->fallback;
	if (c->hotplug)
		list_add(&page->buddy_list, &area->free_list[MIGRATE_HOTPLUG]);
	policy_case_set(c, high);
	check_number(what, owner_may_claim(high, c->alloc_flags), c->may_claim);
	check_number(what, owner_unusable_free(high, c->alloc_flags),
		     c->hotplug && !c->usable ? POLICY_FREE : 0);
	check_number(what, owner_has_usable(high, area, c->alloc_flags), c->hotplug && c->usable);
	check_number(what, owner_has_fallback(area, MIGRATE_MOVABLE), c->hotplug);
	check_number(what, owner_has_fallback(area, MIGRATE_UNMOVABLE),
		     c->hotplug && c->fallback == OWNER_CLAIM);
	check_number(what, owner_movable_list(area) == &area->free_list[MIGRATE_HOTPLUG],
		     c->hotplug);
}

/* In: what an administrator writes. Out: what is read then. */
static void check_parameter(void)
{
	char is[40];
	size_t i;

	make_machine();
	for (i = 0; i < ARRAY_SIZE(fallback_cases); i++) {
		doing = fallback_cases[i].word;
		check_number("fallback", fallback_param->set(doing, NULL), fallback_cases[i].error);
		fallback_param->get(is, NULL);
		if (strcmp(is, fallback_cases[i].reads))
			fail("fallback reads %s", is);
	}
	doing = "";
}

static void reserve(unsigned int i, unsigned long pfn, unsigned long nr_pages)
{
	boot_reserved[i] = (struct memblock_region) { PFN_PHYS(pfn), PFN_PHYS(nr_pages), false };
}

/*
 * In: boot memory with a hole, early allocations, memory that firmware may
 * remove, and a node that ends within a block. Out: who owns which block.
 */
static void check_boot(void)
{
	static const u8 owners[NR_BLOCKS] = {
		[LOW_BLOCK] = OWNER_IS_HOTPLUG,
		[4] = OWNER_IS_HOTPLUG,
		[7] = OWNER_IS_HOTPLUG | OWNER_MEANT_TO_LEAVE,
		[9] = OWNER_IS_HOTPLUG | OWNER_MEANT_TO_LEAVE,
	};
	const unsigned long hole = block_pfn(6) + 9;
	unsigned long pfn;
	unsigned int i;

	make_machine();
	boot_memory[0] = (struct memblock_region) { 0, PFN_PHYS(hole), false };
	boot_memory[1] = (struct memblock_region) {
		PFN_PHYS(hole + 1), PFN_PHYS(NR_PAGES - hole - 1), true,
	};
	reserve(0, block_pfn(4) - 1, 1);
	reserve(1, block_pfn(5), 1);
	reserve(2, block_pfn(8) + 77, 3);
	node_end_pfn = block_pfn(10) + AREA_PAGES;
	owner_init();
	for (i = 0; i < NR_BLOCKS; i++) {
		for (pfn = block_pfn(i); pfn < block_pfn(i + 1); pfn += PAGES_PER_SECTION)
			check_number("owner after boot", usage_of(pfn)->owner, owners[i]);
		for (pfn = block_pfn(i); pfn < block_pfn(i + 1); pfn += pageblock_nr_pages) {
			if (pfn < LOW_START || pfn >= HIGH_END)
				continue;
			check_number("type after boot", get_pageblock_migratetype(pfn_to_page(pfn)),
				     owners[i] ? MIGRATE_HOTPLUG : MIGRATE_MOVABLE);
			check_number("type after boot", owner_boot_type(pfn),
				     owners[i] ? MIGRATE_HOTPLUG : MIGRATE_MOVABLE);
		}
	}
	check_number("low", owner_pages(&zones[0]), BLOCK_PAGES);
	check_number("low", zones[0].nr_claimable, BLOCK_PAGES);
	check_number("high", owner_pages(high), 3 * BLOCK_PAGES);
	check_number("high", high->nr_claimable, BLOCK_PAGES);
}

/* In: split=off, or a machine that is too small to group pages. Out: all is pinned. */
static void check_off(void)
{
	unsigned int off;

	for (off = 0; off < 2; off++) {
		make_machine();
		boot_memory[0] = (struct memblock_region) { 0, PFN_PHYS(NR_PAGES), false };
		split = off != 0;
		page_group_by_mobility_disabled = off != 1 ? 0 : 1;
		owner_init();
		check_number("off", owner_pages(&zones[0]) + owner_pages(high), 0);
	}
	make_machine();
	split = false;
	check_number("off", owner_online_type(), MIGRATE_MOVABLE);
	online_block(4);
	check_number("off", owner_is_hotplug(block_pfn(4)), false);
	check_number("off", usage_of(block_pfn(4))->owner, 0);
	check_number("off", owner_free_pages(high), 0);
}

/* In: blocks that come and go. Out: they are counted; those added later meant to leave. */
static void check_online_offline(void)
{
	const struct memory_block offline = { 4 * SECTIONS_PER_BLOCK, MEM_OFFLINE };
	const struct memory_block hole = { 8 * SECTIONS_PER_BLOCK, MEM_ONLINE };
	const struct memory_block online = { 4 * SECTIONS_PER_BLOCK, MEM_ONLINE };

	make_machine();
	check_number("type", owner_online_type(), MIGRATE_HOTPLUG);
	check_number("pinned", mhp_block_is_hotplug(&online), false);
	check_number("offline", mhp_block_is_hotplug(&offline), true);
	online_block(4);
	online_block(8);
	check_number("boot memory", usage_of(block_pfn(4))->owner, OWNER_IS_HOTPLUG);
	check_number("added", usage_of(block_pfn(9) - 1)->owner,
		     OWNER_IS_HOTPLUG | OWNER_MEANT_TO_LEAVE);
	check_number("online", mhp_block_is_hotplug(&online), true);
	check_number("pages", owner_pages(high), 2 * BLOCK_PAGES);
	check_number("claimable", high->nr_claimable, BLOCK_PAGES);
	check_number("free", owner_free_pages(high), 2 * BLOCK_PAGES);

	owner_block_offline(high, block_pfn(4), BLOCK_PAGES);
	owner_block_offline(high, block_pfn(5), BLOCK_PAGES);
	check_number("pages", owner_pages(high), BLOCK_PAGES);
	check_number("claimable", high->nr_claimable, 0);
	check_number("offline", owner_is_hotplug(block_pfn(4)), false);
	__pfn_to_section(block_pfn(8))->present = false;
	check_number("a hole", mhp_block_is_hotplug(&hole), false);
}

/* In: a type and an owner. Out: of the two movable types, that of the owner. */
static void check_pageblock_type(void)
{
	int type, wanted;

	make_machine();
	online_block(4);
	for (type = 0; type < MIGRATE_TYPES; type++) {
		const bool movable = type == MIGRATE_MOVABLE || type == MIGRATE_HOTPLUG;

		wanted = movable ? MIGRATE_HOTPLUG : type;
		check_number("hotplug block",
			     owner_pageblock_type(pfn_to_page(block_pfn(4)), type), wanted);
		wanted = movable ? MIGRATE_MOVABLE : type;
		check_number("pinned block",
			     owner_pageblock_type(pfn_to_page(block_pfn(5)), type), wanted);
	}
}

static bool claim(unsigned int order, int type, unsigned int alloc_flags)
{
	bool claimed;

	lock_zone(&high->lock);
	claimed = owner_claim(high, order, type, alloc_flags) ||
		  owner_claim_any(high, order, type, alloc_flags);
	unlock_zone(&high->lock);
	return claimed;
}

static struct page *take(unsigned int order, int type, unsigned int alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct page *page;

	lock_zone(&high->lock);
	page = __rmqueue(high, order, type, alloc_flags, &mode);
	unlock_zone(&high->lock);
	return page;
}

/*
 * A machine with hotplug blocks; @used says of each block from FIRST_BLOCK on
 * how many of its largest chunks are in use, or '-' if it is pinned. Blocks
 * from 6 on were added later.
 */
static void make_blocks(const char *used)
{
	unsigned int block = FIRST_BLOCK, i;
	unsigned long pfn;

	make_machine();
	for (; *used; used++, block++) {
		pfn = block_pfn(block);
		if (*used == '-')
			continue;
		owner_block_online(high, pfn, BLOCK_PAGES);
		set_types(pfn, pfn + BLOCK_PAGES, MIGRATE_HOTPLUG);
		for (i = *used - '0'; i < AREAS; i++)
			free_range(pfn + i * AREA_PAGES, pfn + (i + 1) * AREA_PAGES);
	}
}

/*
 * In: how full blocks are, see make_blocks(), and a policy. Out: which ones are
 * claimed, one after the other, and what they cost.
 */
static void check_claim_order(void)
{
	static const struct {
		const char *used;
		enum owner_fallback fallback;
		const char *order;
		const char *costs;
	} cases[] = {
		/* The emptiest, then the lowest */
		{ "012", OWNER_CLAIM, "345", "012" },
		{ "210", OWNER_CLAIM, "543", "012" },
		{ "111", OWNER_CLAIM, "345", "111" },
		/* One that is full has nothing to give */
		{ "404", OWNER_CLAIM, "4", "0" },
		{ "444", OWNER_CLAIM, "", "" },
		{ "-0-", OWNER_CLAIM, "4", "0" },
		{ "---", OWNER_CLAIM, "", "" },
		/* What was meant to leave costs half a block more */
		{ "2--0", OWNER_CLAIM, "36", "22" },
		{ "3--0", OWNER_CLAIM, "63", "23" },
		{ "1--0", OWNER_CLAIM, "36", "12" },
		{ "4--000", OWNER_CLAIM, "678", "222" },
		/* Strictly: not at all */
		{ "3--000", OWNER_STRICT, "3", "3" },
		{ "4--000", OWNER_STRICT, "", "" },
		{ "---000", OWNER_STRICT, "", "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *order = cases[i].order, *cost = cases[i].costs;
		unsigned int claims = strlen(order);

		make_blocks(cases[i].used);
		doing = cases[i].used;
		owner_fallback = cases[i].fallback;
		for (; *order; order++, cost++) {
			check_number("claimed", claim(0, MIGRATE_UNMOVABLE, ALLOC_CLAIM), true);
			check_number("block", world.claimed_pfn, block_pfn(*order - '0'));
			check_number("cost", world.claimed_cost, *cost - '0');
			check_number("owner", owner_is_hotplug(world.claimed_pfn), false);
		}
		check_number("claimed", claim(0, MIGRATE_UNMOVABLE, ALLOC_CLAIM), false);
		check_number("claims", world.claims, claims);
		check_number("balances", world.balances, claims);
	}
	doing = "";
}

/* In: a claim for a type. Out: all of the block is of it, but not what is set apart. */
static void check_claimed_block(void)
{
	static const int claimers[] = { MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE };
	const unsigned long start = block_pfn(FIRST_BLOCK);
	unsigned long pfn;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(claimers); i++) {
		make_blocks("2");
		set_types(start, start + pageblock_nr_pages, MIGRATE_CMA);
		set_types(start + pageblock_nr_pages, start + 2 * pageblock_nr_pages,
			  MIGRATE_ISOLATE);
		free_range(start, start + 3);
		check_number("claimed", claim(MAX_PAGE_ORDER, claimers[i], 0), true);
		for (pfn = start; pfn < start + BLOCK_PAGES; pfn += pageblock_nr_pages) {
			int wanted = claimers[i];

			if (pfn == start)
				wanted = MIGRATE_CMA;
			else if (pfn == start + pageblock_nr_pages)
				wanted = MIGRATE_ISOLATE;
			check_number("type", get_pageblock_migratetype(pfn_to_page(pfn)), wanted);
		}
		check_number("free", owner_free_pages(high), 0);
		check_number("free", zone_page_state(high, NR_FREE_PAGES), 2 * AREA_PAGES + 3);
		check_number("cma", zone_page_state(high, NR_FREE_CMA_PAGES), 3);
		check_number("largest", usage_of(start + BLOCK_PAGES - 1)->largest_free, 0);
		check_number("pages", owner_pages(high), 0);
	}
}

/* In: no block with a large chunk. Out: that with the largest one, if it will do. */
static void check_claim_by_chunk(void)
{
	unsigned int order;

	make_blocks("444");
	free_range(block_pfn(3), block_pfn(3) + 1);
	free_range(block_pfn(4), block_pfn(4) + 8);
	free_range(block_pfn(5), block_pfn(5) + 2);
	check_number("too large", claim(4, MIGRATE_UNMOVABLE, 0), false);
	check_number("claimed", claim(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("largest chunk", world.claimed_pfn, block_pfn(4));
	check_number("claimed", claim(1, MIGRATE_UNMOVABLE, 0), true);
	check_number("next", world.claimed_pfn, block_pfn(5));
	check_number("too large", claim(1, MIGRATE_UNMOVABLE, 0), false);
	check_number("claimed", claim(0, MIGRATE_UNMOVABLE, 0), true);

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		make_blocks("0");
		check_number("not mixed", claim(order, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT),
			     order >= pageblock_order);
	}

	make_blocks("---44");
	free_range(block_pfn(6), block_pfn(6) + 8);
	owner_block_online(high, block_pfn(4), BLOCK_PAGES);
	owner_fallback = OWNER_STRICT;
	check_number("strict", claim(0, MIGRATE_UNMOVABLE, 0), false);
	check_number("strict", !take(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("strict", !take(0, MIGRATE_MOVABLE, 0), false);
}

/*
 * In: pinned memory of all types. Out: kernel memory takes free pageblocks of
 * pinned blocks, then claims, and types of kernel memory mix last.
 */
static void check_order_of_fallbacks(void)
{
	const unsigned long pinned = block_pfn(FIRST_BLOCK);
	struct page *page;

	make_blocks("-0");
	free_range(pinned, pinned + pageblock_nr_pages);
	set_types(pinned + AREA_PAGES, pinned + 2 * AREA_PAGES, MIGRATE_RECLAIMABLE);
	free_range(pinned + AREA_PAGES, pinned + 2 * AREA_PAGES);
	page = take(pageblock_order, MIGRATE_UNMOVABLE, 0);
	check_number("pageblock", page_to_pfn(page), pinned);
	check_number("no claim", world.claims, 0);
	page = take(0, MIGRATE_UNMOVABLE, 0);
	check_number("claim", world.claims, 1);
	check_number("claim", ALIGN_DOWN(page_to_pfn(page), BLOCK_PAGES), block_pfn(4));

	/* Nothing to claim: pageblocks change sides between the two kinds of kernel memory, too. */
	make_blocks("-4");
	set_types(pinned + AREA_PAGES, pinned + 2 * AREA_PAGES, MIGRATE_RECLAIMABLE);
	free_range(pinned + AREA_PAGES, pinned + 2 * AREA_PAGES);
	page = take(0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT);
	check_number("pageblock", page_to_pfn(page), pinned + AREA_PAGES);
	check_number("pageblock", get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);

	/* Movable memory leaves pinned blocks alone while it can. */
	make_blocks("-3");
	free_range(pinned, pinned + BLOCK_PAGES);
	page = take(MAX_PAGE_ORDER, MIGRATE_MOVABLE, 0);
	check_number("movable", ALIGN_DOWN(page_to_pfn(page), BLOCK_PAGES), block_pfn(4));
	page = take(0, MIGRATE_MOVABLE, 0);
	check_number("movable", ALIGN_DOWN(page_to_pfn(page), BLOCK_PAGES), pinned);
	check_number("movable", world.claims, 0);
}

static bool first_attempt(struct zone *zone, unsigned int order)
{
	bool claimed;

	lock_zone(&zone->lock);
	claimed = owner_claim(zone, order, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT) ||
		  owner_claim_any(zone, order, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT);
	unlock_zone(&zone->lock);
	return claimed;
}

/* In: two zones, and what is meant to leave in them. Out: which one is claimed from first. */
static void check_zones(void)
{
	const unsigned long low_pfn = block_pfn(LOW_BLOCK);
	static const struct {
		const char *used;
		bool low_may_leave;
		unsigned int order;
		bool low;
		bool high;
	} cases[] = {
		/* Blocks from 6 on were added later */
		{ "---0", false, 0, true, false },
		{ "---0", true, 0, false, false },
		{ "0--0", false, 0, false, false },
		{ "0--0", false, MAX_PAGE_ORDER, true, true },
		{ "---0", false, MAX_PAGE_ORDER, true, false },
		{ "----", false, 0, false, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		make_blocks(cases[i].used);
		doing = cases[i].used;
		if (cases[i].low_may_leave)
			usage_of(low_pfn)->owner |= OWNER_MEANT_TO_LEAVE;
		owner_block_online(&zones[0], low_pfn, BLOCK_PAGES);
		set_types(low_pfn, low_pfn + BLOCK_PAGES, MIGRATE_HOTPLUG);
		free_range(low_pfn, low_pfn + BLOCK_PAGES);
		check_number("high zone", first_attempt(high, cases[i].order), cases[i].high);
		check_number("low zone", first_attempt(&zones[0], cases[i].order), cases[i].low);
	}
	doing = "";
}

/* In: the last moment before an allocation fails. Out: a claim, if reclaim came first. */
static void check_claim_last(void)
{
	static const struct {
		enum owner_fallback fallback;
		int type;
		enum zone_type highest;
		bool claims;
	} cases[] = {
		{ OWNER_RECLAIM, MIGRATE_UNMOVABLE, ZONE_HIGH, true },
		{ OWNER_RECLAIM, MIGRATE_RECLAIMABLE, ZONE_HIGH, true },
		{ OWNER_RECLAIM, MIGRATE_MOVABLE, ZONE_HIGH, false },
		{ OWNER_RECLAIM, MIGRATE_UNMOVABLE, ZONE_LOW, false },
		{ OWNER_CLAIM, MIGRATE_UNMOVABLE, ZONE_HIGH, false },
		{ OWNER_STRICT, MIGRATE_UNMOVABLE, ZONE_HIGH, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		make_blocks("0");
		owner_fallback = cases[i].fallback;
		check_number("claim last", owner_claim_last(0, &zonelist, NULL, cases[i].highest,
							    cases[i].type), cases[i].claims);
		check_number("claim last", world.claims, cases[i].claims);
	}
	make_blocks("0");
	owner_fallback = OWNER_RECLAIM;
	check_number("not yet", claim(0, MIGRATE_UNMOVABLE, 0), false);
	check_number("reclaims first", !take(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("can not reclaim", !take(0, MIGRATE_UNMOVABLE, ALLOC_NON_BLOCK), false);
}

/* In: a pinned block with its memory map in it. Out: all else of it changes. */
static void check_set_aside(void)
{
	const unsigned long start = block_pfn(4), end = block_pfn(5);
	const unsigned long first = start + 2 * pageblock_nr_pages;

	make_machine();
	set_types(start, end, MIGRATE_UNMOVABLE);
	set_types(first + AREA_PAGES, end, MIGRATE_RECLAIMABLE);
	free_range(first, first + AREA_PAGES);
	check_number("set aside", owner_set_aside(high, first, end), true);
	check_number("owner", owner_is_hotplug(start), false);
	check_number("memory map", get_pageblock_migratetype(pfn_to_page(start)),
		     MIGRATE_UNMOVABLE);
	check_number("type", get_pageblock_migratetype(pfn_to_page(first)), MIGRATE_HOTPLUG);
	check_number("type", get_pageblock_migratetype(pfn_to_page(start + AREA_PAGES)),
		     MIGRATE_HOTPLUG);
	check_number("type to be", owner_pageblock_type(pfn_to_page(first), MIGRATE_MOVABLE),
		     MIGRATE_HOTPLUG);
	check_number("free", owner_free_pages(high), AREA_PAGES);
	check_number("pages", owner_pages(high), 0);
	check_number("claimable", high->nr_claimable, BLOCK_PAGES);
	check_number("set aside already", owner_set_aside(high, first, end), false);

	check_number("release", owner_release(high, start), true);
	check_number("owner", owner_is_hotplug(start), true);
	check_number("waits", owner_is_set_aside(start), false);
	check_number("pages", owner_pages(high), BLOCK_PAGES);
	check_number("claimable", high->nr_claimable, BLOCK_PAGES);
	check_number("released already", owner_release(high, start), false);
	check_number("hotplug", owner_set_aside(high, first, end), false);
	check_number("pages", owner_pages(high), BLOCK_PAGES);

	/* A memory map as large as a section */
	make_machine();
	check_number("set aside", owner_set_aside(high, start + PAGES_PER_SECTION, end), true);
	check_number("first section", owner_is_set_aside(start), true);
	check_number("next block", owner_is_set_aside(end), false);

	for (int type = MIGRATE_PCPTYPES; type < MIGRATE_TYPES; type++) {
		const bool busy = type == MIGRATE_ISOLATE || type == MIGRATE_HIGHATOMIC ||
				  type == MIGRATE_CMA;

		make_machine();
		set_types(end - pageblock_nr_pages, end, type);
		check_number("at rest", owner_set_aside(high, first, end), !busy);
		check_number("at rest", owner_is_set_aside(start), !busy);
		check_number("at rest", get_pageblock_migratetype(pfn_to_page(first)),
			     busy ? MIGRATE_MOVABLE : MIGRATE_HOTPLUG);
	}
}

/* In: a hotplug block that is free, and one that was set aside. Out: the latter is claimed. */
static void check_claim_of_set_aside(void)
{
	const unsigned long start = block_pfn(FIRST_BLOCK + 1), end = start + BLOCK_PAGES;

	make_blocks("40");
	check_number("claim", !!take(MAX_PAGE_ORDER, MIGRATE_UNMOVABLE, 0), true);
	check_number("take", !!take(MAX_PAGE_ORDER, MIGRATE_UNMOVABLE, 0), true);
	check_number("claimed", world.claimed_pfn, start);
	check_number("set aside", owner_set_aside(high, start, end), true);
	free_range(start - BLOCK_PAGES, start);
	world.claimed_pfn = 0;
	check_number("claim", !!take(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("claimed", world.claimed_pfn, start);
	check_number("cost", world.claimed_cost, 0);
	check_number("waits", owner_is_set_aside(start), false);
	check_number("release", owner_release(high, start), false);
	check_number("pages", owner_pages(high), BLOCK_PAGES);

	/* Of several, the lowest */
	make_blocks("00");
	check_number("claim", claim(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("claim", claim(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("set aside", owner_set_aside(high, start, end), true);
	check_number("set aside", owner_set_aside(high, start - BLOCK_PAGES, start), true);
	check_number("claim", claim(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("claimed", world.claimed_pfn, start - BLOCK_PAGES);

	/* Nothing else is left, and no chunk of the largest order */
	make_blocks("0");
	check_number("claim", !!take(MAX_PAGE_ORDER, MIGRATE_UNMOVABLE, 0), true);
	check_number("set aside", owner_set_aside(high, start - BLOCK_PAGES, start), true);
	while (take(MAX_PAGE_ORDER, MIGRATE_MOVABLE, ALLOC_CMA))
		;
	free_range(start - 3, start);
	check_number("claim", !!take(0, MIGRATE_UNMOVABLE, 0), true);
	check_number("waits", owner_is_set_aside(start - 1), false);
}

/* In: pages of slabs. Out: they can be shrunk if they are among reclaimable ones. */
static void check_shrinkable(void)
{
	struct page *page = pfn_to_page(block_pfn(4));

	make_machine();
	check_number("shrink", owner_can_shrink(page), false);
	page->page_type = PGTY_slab << 24;
	check_number("shrink", owner_can_shrink(page), false);
	set_pageblock_migratetype(page, MIGRATE_RECLAIMABLE);
	check_number("shrink", owner_can_shrink(page), true);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policy_cases); i++)
		check_policy(&policy_cases[i]);
	check_parameter();
	check_boot();
	check_off();
	check_online_offline();
	check_pageblock_type();
	check_claim_order();
	check_zones();
	check_claimed_block();
	check_claim_by_chunk();
	check_order_of_fallbacks();
	check_claim_last();
	check_set_aside();
	check_claim_of_set_aside();
	check_shrinkable();
	return 0;
}
