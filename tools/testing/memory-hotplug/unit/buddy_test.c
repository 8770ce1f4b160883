// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of mm/buddy.c, buddy_range.c and highatomic.c: the cases that KUnit
 * runs, too, then what takes a machine of one's own.
 */

#include "buddy_machine.h"

static unsigned long case_free_pages(struct zone *zone, enum zone_stat_item item)
{
	return zone->vm_stat[item];
}

#include "../../../../mm/memory_hotplug/tests/buddy_cases.h"

static void check_case(const struct buddy_case *buddy_case)
{
	struct case_zone c = { &zones[1], block_pfn(FIRST_BLOCK), NULL, 0 };

	make_machine();
	buddy_case_run(buddy_case, &c);
	if (c.fault)
		fail("%s: line %d: %s", buddy_case->name, c.line, c.fault);
}

static struct page *take(struct zone *zone, unsigned int order, int type, unsigned int alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct page *page;

	lock_zone(&zone->lock);
	page = __rmqueue(zone, order, type, alloc_flags, &mode);
	unlock_zone(&zone->lock);
	return page;
}

static void put(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);

	lock_zone(&zone->lock);
	split_large_buddy(zone, page, page_to_pfn(page), order, FPI_NONE);
	unlock_zone(&zone->lock);
}

static int isolate_free(struct page *page, unsigned int order)
{
	int nr_pages;

	lock_zone(&page_zone(page)->lock);
	nr_pages = __isolate_free_page(page, order);
	unlock_zone(&page_zone(page)->lock);
	return nr_pages;
}

static unsigned long free_pages(const struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES);
}

/* In: free pages on both sides of where two zones meet. Out: they do not merge. */
static void check_zones_meet(void)
{
	make_machine();
	free_range(LOW_START, HIGH_START);
	free_range(HIGH_START, HIGH_END);
	check_number("low", free_pages(&zones[0]), HIGH_START - LOW_START);
	check_number("high", free_pages(&zones[1]), HIGH_END - HIGH_START);
	check_number("low", buddy_order(pfn_to_page(HIGH_START - pageblock_nr_pages / 2)),
		     pageblock_order - 1);
	check_number("high", buddy_order(pfn_to_page(HIGH_START)), pageblock_order - 1);
	check_number("high", page_to_pfn(take(&zones[1], pageblock_order - 1, MIGRATE_MOVABLE, 0)),
		     HIGH_START);
}

/*
 * In: a pageblock that two zones share, with free pages of the one. Out: it is
 * stolen from and keeps its type, which the other zone uses, too.
 */
static void check_shared_pageblock(void)
{
	struct page *page;

	make_machine();
	free_range(HIGH_START, HIGH_START + pageblock_nr_pages / 2);
	page = take(&zones[1], 0, MIGRATE_UNMOVABLE, 0);
	check_number("shared", page_to_pfn(page), HIGH_START);
	check_number("shared", get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	reserve_highatomic_pageblock(page, 0, &zones[1]);
	check_number("shared", get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	check_number("shared", zones[1].nr_reserved_highatomic, 0);
	lock_zone(&zones[1].lock);
	check_number("shared", move_freepages_block_isolate(&zones[1], page, MIGRATE_ISOLATE), 0);
	unlock_zone(&zones[1].lock);
}

/* On an LRU list, or of a driver that can move it */
static void make_movable_page(unsigned long pfn)
{
	pfn_to_page(pfn)->flags |= pfn % 2 ? BIT(PG_lru) : BIT(PG_movable);
}

/* In: a pageblock in use: some free, some movable, the rest not. Out: who takes it over. */
static void check_worth_taking(void)
{
	static const struct {
		int from;
		int type;
		unsigned int free;	/* of the pageblock, in quarters */
		unsigned int movable;
		bool taken;
	} cases[] = {
		{ MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, 2, 2, true },
		{ MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, 1, 3, false },
		{ MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, 1, 2, true },
		{ MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, 1, 0, false },
		{ MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, 2, 0, true },
		{ MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, 1, 3, false },
		{ MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, 1, 1, true },
		{ MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, 1, 0, false },
		{ MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE, 1, 3, false },
	};
	const unsigned long quarter = pageblock_nr_pages / 4, pfn = block_pfn(FIRST_BLOCK);
	struct page *page;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char what[80];

		make_machine();
		set_types(pfn, pfn + pageblock_nr_pages, cases[i].from);
		free_range(pfn, pfn + cases[i].free * quarter);
		for (j = 0; j < cases[i].movable * quarter; j++)
			make_movable_page(pfn + cases[i].free * quarter + j);
		snprintf(what, sizeof(what), "worth taking, case %zu", i);
		page = take(&zones[1], 0, cases[i].type, 0);
		check_number(what, page_to_pfn(page), pfn);
		check_number(what, get_pageblock_migratetype(page) == cases[i].type,
			     cases[i].taken);

		page_group_by_mobility_disabled = 1;
		check_number(what, is_worth_taking(page, cases[i].from, cases[i].type), true);
	}
}

/* In: a mixture of types, with and without kswapd. Out: the zone is boosted for it. */
static void check_boost(void)
{
	const unsigned long pfn = block_pfn(FIRST_BLOCK);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		make_machine();
		world.boosts = i & 1;
		free_range(pfn, pfn + 1);
		take(&zones[1], 0, MIGRATE_UNMOVABLE, i & 2 ? ALLOC_KSWAPD : 0);
		check_number("boost", world.boost_calls, 1);
		check_number("boost", zones[1].flags, i == 3 ? BIT(ZONE_BOOSTED_WATERMARK) : 0);
	}
}

/* In: a task that compacts for a chunk, and a chunk. Out: who may have it has it. */
static void check_capture(void)
{
	static const struct {
		int type;		/* of the pageblock */
		int wants;
		int more;		/* orders above that of a pageblock */
		bool captured;
	} cases[] = {
		{ MIGRATE_MOVABLE, MIGRATE_MOVABLE, -2, true },
		{ MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, -2, false },
		{ MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, 0, true },
		{ MIGRATE_UNMOVABLE, MIGRATE_UNMOVABLE, -2, true },
		{ MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, -2, true },
		{ MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, -1, true },
		{ MIGRATE_HOTPLUG, MIGRATE_MOVABLE, -2, true },
		{ MIGRATE_HOTPLUG, MIGRATE_UNMOVABLE, -2, false },
		{ MIGRATE_HOTPLUG, MIGRATE_UNMOVABLE, 1, false },
		{ MIGRATE_HOTPLUG, MIGRATE_RECLAIMABLE, 0, false },
		{ MIGRATE_CMA, MIGRATE_MOVABLE, 0, false },
		{ MIGRATE_ISOLATE, MIGRATE_MOVABLE, 0, false },
	};
	struct page *page = pfn_to_page(block_pfn(FIRST_BLOCK));
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compact_control cc = { &zones[1], pageblock_order + cases[i].more,
					      cases[i].wants };
		struct capture_control capture = { &cc, NULL };
		unsigned long taken;
		char what[40];

		/* It gets what is merged for it; not a thread, nor for another zone, nor two. */
		for (j = 0; j < 4; j++) {
			const bool captured = cases[i].captured && j == 0;

			make_machine();
			set_types(page_to_pfn(page), page_to_pfn(page) + CASE_AREA_PAGES,
				  cases[i].type);
			task.capture_control = &capture;
			task.flags = j == 1 ? PF_KTHREAD : 0;
			cc.zone = j == 2 ? &zones[0] : &zones[1];
			capture.page = j == 3 ? page + 1 : NULL;
			put(page + (1UL << cc.order) / 2, cc.order - 1);
			put(page, cc.order - 1);
			snprintf(what, sizeof(what), "capture, case %zu.%zu", i, j);
			check_number(what, capture.page == page, captured);
			taken = captured ? 1UL << cc.order : 0;
			if (cases[i].type != MIGRATE_ISOLATE)
				check_number(what, free_pages(&zones[1]),
					     (1UL << cc.order) - taken);
			check_number(what, !!PageBuddy(page), !captured);
		}
	}
}

/* In: guard pages beside what is taken. Out: they merge again, and are counted then. */
static void check_guards(void)
{
	struct page *page;

	make_machine();
	world.guard_orders = 2;
	free_range(block_pfn(FIRST_BLOCK), block_pfn(FIRST_BLOCK) + CASE_AREA_PAGES);
	page = take(&zones[1], 0, MIGRATE_MOVABLE, 0);
	check_number("guards", page_is_guard(page + 1), true);
	check_number("guards", page_is_guard(page + 2), true);
	check_number("guards", free_pages(&zones[1]), CASE_AREA_PAGES - 4);
	put(page, 0);
	check_number("guards", free_pages(&zones[1]), CASE_AREA_PAGES);
	check_number("guards", buddy_order(page), MAX_PAGE_ORDER);

	check_number("guards", take_page_off_buddy(page + 1), true);
	check_number("guards", page_is_guard(page), true);
	check_number("guards", free_pages(&zones[1]), CASE_AREA_PAGES - 4);
}

/* In: the largest chunks, shuffled. Out: they go to the end that is picked. */
static void check_shuffle(void)
{
	unsigned int pick;

	for (pick = 0; pick < 2; pick++) {
		make_machine();
		world.shuffle = true;
		world.pick_tail = pick;
		put(pfn_to_page(block_pfn(3)), MAX_PAGE_ORDER);
		put(pfn_to_page(block_pfn(4)), MAX_PAGE_ORDER);
		check_number("shuffle", page_to_pfn(take(&zones[1], 0, MIGRATE_MOVABLE, 0)),
			     block_pfn(pick ? 3 : 4));
	}
}

/* In: pages that were reported. Out: no longer once they are in use; frees are notified. */
static void check_reporting(void)
{
	struct page *page = pfn_to_page(block_pfn(FIRST_BLOCK));

	make_machine();
	put(page, pageblock_order);
	check_number("reports", world.reports, 1);
	page->flags |= BIT(PG_reported);
	take(&zones[1], 0, MIGRATE_MOVABLE, 0);
	check_number("reported", !!page_reported(page), false);
	put(page, 0);
	check_number("reports", world.reports, 2);
	check_number("isolated", isolate_free(page, pageblock_order), pageblock_nr_pages);
	lock_zone(&zones[1].lock);
	__putback_isolated_page(page, pageblock_order, MIGRATE_MOVABLE);
	unlock_zone(&zones[1].lock);
	check_number("put back", world.reports, 2);
}

/* In: free chunks taken as they are. Out: large ones become movable; none when memory is low. */
static void check_isolate_free_page(void)
{
	struct page *page = pfn_to_page(block_pfn(FIRST_BLOCK));
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		const bool large = order >= pageblock_order - 1;

		make_machine();
		set_types(block_pfn(3), block_pfn(4), MIGRATE_RECLAIMABLE);
		put(page, order);
		world.low_on_memory = true;
		check_number("low on memory", isolate_free(page, order), 0);
		world.low_on_memory = false;
		check_number("isolated", isolate_free(page, order), 1L << order);
		check_number("isolated", get_pageblock_migratetype(page),
			     large ? MIGRATE_MOVABLE : MIGRATE_RECLAIMABLE);
		check_number("isolated", get_pageblock_migratetype(page + (1UL << order) - 1),
			     large ? MIGRATE_MOVABLE : MIGRATE_RECLAIMABLE);
		check_number("isolated", free_pages(&zones[1]), 0);

		make_machine();
		set_types(block_pfn(3), block_pfn(4), MIGRATE_HOTPLUG);
		put(page, order);
		check_number("isolated", isolate_free(page, order), 1L << order);
		check_number("isolated", get_pageblock_migratetype(page), MIGRATE_HOTPLUG);

		make_machine();
		set_types(block_pfn(3), block_pfn(4), MIGRATE_ISOLATE);
		put(page, order);
		world.low_on_memory = true;
		check_number("isolated", isolate_free(page, order), 1L << order);
	}
}

/* In: one pageblock of a larger chunk. Out: it alone is isolated, and comes back. */
static void check_isolate_pageblock(void)
{
	const unsigned long start = block_pfn(FIRST_BLOCK);
	unsigned long pfn;

	for (pfn = start; pfn < start + CASE_AREA_PAGES; pfn += pageblock_nr_pages) {
		struct page *page = pfn_to_page(pfn + 3);
		struct page *other = pfn_to_page(pfn ^ pageblock_nr_pages);

		make_machine();
		put(pfn_to_page(start), MAX_PAGE_ORDER);
		lock_zone(&zones[1].lock);
		check_number("isolate", move_freepages_block_isolate(&zones[1], page,
								     MIGRATE_ISOLATE), true);
		unlock_zone(&zones[1].lock);
		check_number("isolate", get_pageblock_migratetype(page), MIGRATE_ISOLATE);
		check_number("isolate", get_pageblock_migratetype(other), MIGRATE_MOVABLE);
		check_number("isolate", free_pages(&zones[1]),
			     CASE_AREA_PAGES - pageblock_nr_pages);
		check_number("isolate", buddy_order(pfn_to_page(pfn)), pageblock_order);
		check_number("isolate", buddy_order(other), pageblock_order);
		lock_zone(&zones[1].lock);
		check_number("isolate", move_freepages_block_isolate(&zones[1], page,
								     MIGRATE_MOVABLE), true);
		unlock_zone(&zones[1].lock);
		check_number("isolate", free_pages(&zones[1]), CASE_AREA_PAGES);
	}
}

/* In: each page of a chunk. Out: it alone is taken off, and all is one chunk when it is back. */
static void check_take_page_off(void)
{
	struct page *head = pfn_to_page(block_pfn(FIRST_BLOCK)), *page;
	int type;

	for (type = 0; type < MIGRATE_TYPES; type++) {
		const bool counted = type != MIGRATE_ISOLATE;

		for (page = head; page < head + CASE_AREA_PAGES; page++) {
			make_machine();
			set_types(block_pfn(3), block_pfn(4), type);
			check_number("take off, in use", take_page_off_buddy(page), false);
			put(head, MAX_PAGE_ORDER);
			check_number("take off", take_page_off_buddy(page), true);
			check_number("take off", !!(page->flags & BIT(PG_taken_off)), true);
			check_number("take off", is_free_buddy_page(page), false);
			check_number("take off", free_pages(&zones[1]),
				     counted ? CASE_AREA_PAGES - 1 : 0);
			page->flags |= BIT(PG_hwpoison);
			page->refcount = 2;
			check_number("put back, in use", put_page_back_buddy(page), false);
			check_number("put back", put_page_back_buddy(page), true);
			check_number("put back", page->flags, 1);
			check_number("put back", buddy_order(head), MAX_PAGE_ORDER);
			check_number("put back", free_pages(&zones[1]),
				     counted ? CASE_AREA_PAGES : 0);
		}
	}
}

/* In: a block that is isolated, with a broken page and a balloon's. Out: none is free any more. */
static void check_offline(void)
{
	const unsigned long start = block_pfn(FIRST_BLOCK);
	unsigned long pfn;

	make_machine();
	set_types(start, start + BLOCK_PAGES, MIGRATE_ISOLATE);
	free_range(start, start + 5);
	pfn_to_page(start + 5)->flags |= BIT(PG_hwpoison);
	pfn_to_page(start + 6)->page_type = PGTY_offline << 24;
	free_range(start + 7, start + BLOCK_PAGES);
	check_number("offline", __offline_isolated_pages(start, start + BLOCK_PAGES),
		     BLOCK_PAGES - 1);
	for (pfn = start; pfn < start + BLOCK_PAGES; pfn++)
		check_number("offline", !!PageBuddy(pfn_to_page(pfn)), false);
	check_number("offline", __pfn_to_section(start)->online, false);
	check_number("offline", zones[1].free_area[MAX_PAGE_ORDER].nr_free, 0);
}

/* In: half of a movable pageblock. Out: kernel memory takes over all of it, or keeps off. */
static void check_nofragment(void)
{
	const unsigned long pfn = block_pfn(FIRST_BLOCK);

	make_machine();
	free_range(pfn, pfn + pageblock_nr_pages / 2);
	check_number("not mixed", !take(&zones[1], 0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT), true);
	check_number("not mixed", get_pageblock_migratetype(pfn_to_page(pfn)), MIGRATE_MOVABLE);
	check_number("taken over", page_to_pfn(take(&zones[1], 0, MIGRATE_UNMOVABLE, 0)), pfn);
	check_number("taken over", get_pageblock_migratetype(pfn_to_page(pfn)), MIGRATE_UNMOVABLE);
}

/* In: a zone, and allocations that reserve. Out: a hundredth of it at most, and back again. */
static void check_highatomic(void)
{
	struct alloc_context ac = { &zonelist, NULL, MIGRATE_RECLAIMABLE, ZONE_HIGH };
	struct page *page, *larger;

	make_machine();
	zones[1].managed_pages = 99 * pageblock_nr_pages;
	free_range(block_pfn(3), block_pfn(11));
	page = take(&zones[1], 2, MIGRATE_UNMOVABLE, 0);
	reserve_highatomic_pageblock(page, 2, &zones[1]);
	check_number("small zone", zones[1].nr_reserved_highatomic, 0);
	check_number("small zone", get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);

	zones[1].managed_pages = 260 * pageblock_nr_pages;
	reserve_highatomic_pageblock(page, 2, &zones[1]);
	check_number("reserve", zones[1].nr_reserved_highatomic, pageblock_nr_pages);
	check_number("reserve", get_pageblock_migratetype(page), MIGRATE_HIGHATOMIC);
	check_number("reserve", zones[1].nr_free_highatomic, pageblock_nr_pages - 4);
	reserve_highatomic_pageblock(page, 2, &zones[1]);
	check_number("reserve twice", zones[1].nr_reserved_highatomic, pageblock_nr_pages);

	larger = take(&zones[1], pageblock_order + 1, MIGRATE_UNMOVABLE, 0);
	reserve_highatomic_pageblock(larger, pageblock_order + 1, &zones[1]);
	check_number("reserve", zones[1].nr_reserved_highatomic, 3 * pageblock_nr_pages);
	check_number("reserve", get_pageblock_migratetype(larger + pageblock_nr_pages),
		     MIGRATE_HIGHATOMIC);
	reserve_highatomic_pageblock(take(&zones[1], 0, MIGRATE_MOVABLE, 0), 0, &zones[1]);
	check_number("full", zones[1].nr_reserved_highatomic, 3 * pageblock_nr_pages);

	ac.highest_zoneidx = ZONE_LOW;
	check_number("other zone", unreserve_highatomic_pageblock(&ac, true), false);
	ac.highest_zoneidx = ZONE_HIGH;
	put(larger, pageblock_order + 1);
	check_number("unreserve", unreserve_highatomic_pageblock(&ac, false), true);
	check_number("unreserve", get_pageblock_migratetype(page), MIGRATE_RECLAIMABLE);
	check_number("unreserve", zones[1].nr_reserved_highatomic, 2 * pageblock_nr_pages);
	check_number("unreserve", unreserve_highatomic_pageblock(&ac, false), true);
	check_number("unreserve", zones[1].nr_reserved_highatomic, 0);
	check_number("unreserve", get_pageblock_migratetype(larger + pageblock_nr_pages),
		     MIGRATE_RECLAIMABLE);
	check_number("unreserve", zones[1].nr_free_highatomic, 0);
	check_number("nothing left", unreserve_highatomic_pageblock(&ac, true), false);

	page = take(&zones[1], 0, MIGRATE_UNMOVABLE, 0);
	reserve_highatomic_pageblock(page, 0, &zones[1]);
	check_number("last one", unreserve_highatomic_pageblock(&ac, false), false);
	check_number("last one, by force", unreserve_highatomic_pageblock(&ac, true), true);
}

/* In: pageblocks that are set apart. Out: they are not reserved. */
static void check_not_reserved(void)
{
	static const int apart[] = { MIGRATE_CMA, MIGRATE_ISOLATE, MIGRATE_HOTPLUG };
	struct page *page = pfn_to_page(block_pfn(FIRST_BLOCK));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(apart); i++) {
		make_machine();
		set_pageblock_migratetype(page, apart[i]);
		reserve_highatomic_pageblock(page, 0, &zones[1]);
		check_number("apart", get_pageblock_migratetype(page), apart[i]);
		check_number("apart", zones[1].nr_reserved_highatomic, 0);
	}
}

/* In: flags of a pageblock. Out: only those of the mask change, and no neighbour's. */
static void check_flags(void)
{
	struct page *page = pfn_to_page(block_pfn(FIRST_BLOCK) + pageblock_nr_pages);
	const unsigned long skip = BIT(PB_migratetype_bits);

	make_machine();
	set_pfnblock_flags_mask(page, skip, page_to_pfn(page), skip);
	check_number("flags", get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	check_number("flags", get_pfnblock_flags_mask(page, page_to_pfn(page), skip), skip);
	set_pageblock_migratetype(page, MIGRATE_HOTPLUG);
	check_number("flags", get_pfnblock_flags_mask(page, page_to_pfn(page), skip), skip);
	check_number("flags", get_pageblock_migratetype(page - 1), MIGRATE_MOVABLE);
	check_number("flags", get_pageblock_migratetype(page + pageblock_nr_pages),
		     MIGRATE_MOVABLE);
	page_group_by_mobility_disabled = 1;
	set_pageblock_migratetype(page, MIGRATE_RECLAIMABLE);
	check_number("flags", get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	set_pageblock_migratetype(page, MIGRATE_ISOLATE);
	check_number("flags", get_pageblock_migratetype(page), MIGRATE_ISOLATE);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(buddy_cases); i++)
		check_case(&buddy_cases[i]);
	check_zones_meet();
	check_shared_pageblock();
	check_worth_taking();
	check_boost();
	check_capture();
	check_guards();
	check_shuffle();
	check_reporting();
	check_isolate_free_page();
	check_isolate_pageblock();
	check_take_page_off();
	check_offline();
	check_nofragment();
	check_highatomic();
	check_not_reserved();
	check_flags();
	return 0;
}
