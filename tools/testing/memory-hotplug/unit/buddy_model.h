/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simple model of free memory: each page has a state, and what is allocated
 * is on one list. model_check() compares it with the allocator: free pages by
 * list = by counter = by scan of the memory map = by model.
 */
#ifndef BUDDY_MODEL_H
#define BUDDY_MODEL_H

#include "buddy_machine.h"

enum page_state {
	HOLE,		/* never there */
	USED,		/* allocated: in one of the allocations */
	FREE,
	BROKEN,		/* taken off */
	GONE,		/* its block is offline */
};

/**
 * struct allocation - what somebody has
 * @pfn: first page frame
 * @order: order
 * @type: type that it was allocated as
 */
struct allocation {
	unsigned long pfn;
	unsigned int order;
	int type;
};

static struct {
	u8 state[NR_PAGES];
	u8 before[NR_PAGES / pageblock_nr_pages];	/* type before isolation */
	bool unmerged[NR_PAGES >> MAX_PAGE_ORDER];	/* types changed in place */
	struct allocation allocations[NR_PAGES];
	unsigned int nr_allocations;
} model;

static void model_set(unsigned long pfn, unsigned int order, enum page_state from,
		      enum page_state to)
{
	const unsigned long end_pfn = pfn + (1UL << order);

	for (; pfn < end_pfn; pfn++) {
		if (model.state[pfn] != from)
			fail("page %lu is in state %u, not %u", pfn, model.state[pfn], from);
		model.state[pfn] = to;
	}
}

/* Movable memory is on LRU lists, and leaves them before it is freed. */
static void model_put_on_lru(unsigned long pfn, unsigned int order, bool on)
{
	const unsigned long end_pfn = pfn + (1UL << order);

	for (; pfn < end_pfn; pfn++) {
		pfn_to_page(pfn)->flags &= ~BIT(PG_lru);
		if (on)
			pfn_to_page(pfn)->flags |= BIT(PG_lru);
	}
}

static void model_allocate(unsigned long pfn, unsigned int order, int type)
{
	model_set(pfn, order, FREE, USED);
	model_put_on_lru(pfn, order, type == MIGRATE_MOVABLE);
	model.allocations[model.nr_allocations++] = (struct allocation) { pfn, order, type };
}

static struct allocation model_forget(unsigned int i)
{
	const struct allocation allocation = model.allocations[i];

	model.allocations[i] = model.allocations[--model.nr_allocations];
	return allocation;
}

static int type_at(unsigned long pfn)
{
	return get_pfnblock_migratetype(pfn_to_page(pfn), pfn);
}

static bool is_kernel_type(int type)
{
	return type == MIGRATE_UNMOVABLE || type == MIGRATE_RECLAIMABLE;
}

/**
 * struct tally - free pages of a zone, counted in one way
 * @pages: pages of each type
 * @chunks: chunks of each order
 */
struct tally {
	unsigned long pages[MIGRATE_TYPES];
	unsigned long chunks[NR_PAGE_ORDERS];
};

static struct tally by_list[MAX_NR_ZONES], by_scan[MAX_NR_ZONES];

static void tally_list(unsigned int zone, unsigned int order, int type)
{
	const struct list_head *list = &zones[zone].free_area[order].free_list[type];
	const struct page *page;

	list_for_each_entry(page, list, buddy_list) {
		const unsigned long pfn = page_to_pfn(page);

		if (!PageBuddy(page) || buddy_order(page) != order || page_zone_id(page) != zone)
			fail("list of order %u, type %d: page %lu", order, type, pfn);
		if (type_at(pfn) != type)
			fail("list of type %d: page %lu of type %d", type, pfn, type_at(pfn));
		by_list[zone].pages[type] += 1UL << order;
		by_list[zone].chunks[order]++;
	}
}

static void tally_lists(void)
{
	unsigned int zone, order, type;

	memset(by_list, 0, sizeof(by_list));
	for (zone = 0; zone < MAX_NR_ZONES; zone++)
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			for (type = 0; type < MIGRATE_TYPES; type++)
				tally_list(zone, order, type);
}

/* Two buddies that are both free would have merged. */
static void check_buddy(unsigned long pfn, unsigned int order)
{
	const unsigned long other = pfn ^ (1UL << order);
	const struct page *buddy = pfn_to_page(other);

	if (order == MAX_PAGE_ORDER || !PageBuddy(buddy) || buddy_order(buddy) != order ||
	    page_zone_id(buddy) != page_zone_id(pfn_to_page(pfn)))
		return;
	if (order >= pageblock_order &&
	    (model.unmerged[pfn >> MAX_PAGE_ORDER] || !types_merge(type_at(pfn), type_at(other))))
		return;
	fail("page %lu and its buddy of order %u are free and apart", pfn, order);
}

static void scan_chunk(unsigned long pfn, unsigned int order)
{
	struct tally *tally = &by_scan[page_zone_id(pfn_to_page(pfn))];
	const int type = type_at(pfn);
	unsigned long i;

	if (!IS_ALIGNED(pfn, 1UL << order))
		fail("page %lu is a chunk of order %u", pfn, order);
	for (i = 0; i < 1UL << order; i++) {
		if (model.state[pfn + i] != FREE)
			fail("page %lu is free, and in state %u", pfn + i, model.state[pfn + i]);
		if (page_zone_id(pfn_to_page(pfn + i)) != page_zone_id(pfn_to_page(pfn)))
			fail("page %lu is in a chunk of another zone", pfn + i);
		if (i && (PageBuddy(pfn_to_page(pfn + i)) || page_is_guard(pfn_to_page(pfn + i))))
			fail("page %lu is in a chunk, and one itself", pfn + i);
		if (type_at(pfn + i) != type)
			fail("page %lu is in a chunk of type %d", pfn + i, type);
	}
	check_buddy(pfn, order);
	if (page_is_guard(pfn_to_page(pfn)))
		return;
	tally->pages[type] += 1UL << order;
	tally->chunks[order]++;
}

static void scan_memory_map(void)
{
	unsigned long pfn = 0;

	memset(by_scan, 0, sizeof(by_scan));
	while (pfn < NR_PAGES) {
		struct page *page = pfn_to_page(pfn);

		if (PageBuddy(page) || page_is_guard(page)) {
			scan_chunk(pfn, buddy_order(page));
			if (buddy_order(page) == MAX_PAGE_ORDER)
				model.unmerged[pfn >> MAX_PAGE_ORDER] = false;
			pfn += 1UL << buddy_order(page);
			continue;
		}
		if (model.state[pfn] == FREE)
			fail("page %lu is lost", pfn);
		pfn++;
	}
}

static void check_counters(unsigned int i)
{
	const struct tally *tally = &by_list[i];
	const struct zone *zone = &zones[i];
	unsigned long free = 0;
	unsigned int type, order;

	if (memcmp(tally, &by_scan[i], sizeof(*tally)))
		fail("zone %u: lists and memory map differ", i);
	for (type = 0; type < MIGRATE_TYPES; type++)
		if (type != MIGRATE_ISOLATE)
			free += tally->pages[type];
	check_number("free", zone_page_state(zone, NR_FREE_PAGES), free);
	check_number("free_cma", zone_page_state(zone, NR_FREE_CMA_PAGES),
		     tally->pages[MIGRATE_CMA]);
	check_number("free_hotplug", zone->nr_free_hotplug, tally->pages[MIGRATE_HOTPLUG]);
	check_number("free_highatomic", zone->nr_free_highatomic,
		     tally->pages[MIGRATE_HIGHATOMIC]);
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		check_number("nr_free", zone->free_area[order].nr_free, tally->chunks[order]);
}

/* Free chunks of the largest order in hotplug pageblocks. */
static unsigned int largest_in(unsigned long pfn, unsigned long end_pfn)
{
	unsigned int nr = 0;

	for (; pfn < end_pfn; pfn += 1UL << MAX_PAGE_ORDER)
		nr += PageBuddy(pfn_to_page(pfn)) &&
		      buddy_order(pfn_to_page(pfn)) == MAX_PAGE_ORDER &&
		      type_at(pfn) == MIGRATE_HOTPLUG;
	return nr;
}

static void check_section(unsigned long pfn, u8 owner)
{
	const struct mem_section_usage *usage = __pfn_to_section(pfn)->usage;

	check_number("largest_free", usage->largest_free, largest_in(pfn, pfn + PAGES_PER_SECTION));
	check_number("owner of a section", usage->owner & ~OWNER_HAS_MOVABLE,
		     owner & ~OWNER_HAS_MOVABLE);
}

static bool is_for_movable(unsigned long pfn)
{
	return usage_of(pfn)->owner & (OWNER_IS_HOTPLUG | OWNER_IS_SET_ASIDE);
}

/* What may be in a block of an owner: pageblocks of these types */
static const unsigned long types_of_hotplug = BIT(MIGRATE_HOTPLUG) | BIT(MIGRATE_CMA) |
					      BIT(MIGRATE_ISOLATE);
static const unsigned long types_of_pinned = ~BIT(MIGRATE_HOTPLUG);

static void check_block(unsigned int block, unsigned long *hotplug, unsigned long *claimable)
{
	const unsigned long start = block_pfn(block), end = start + BLOCK_PAGES;
	const u8 owner = usage_of(start)->owner;
	const bool movable_only = is_for_movable(start);
	const unsigned long types = movable_only ? types_of_hotplug : types_of_pinned;
	unsigned long pfn;

	for (pfn = start; pfn < end; pfn += PAGES_PER_SECTION)
		check_section(pfn, owner);
	for (pfn = start; pfn < end; pfn += pageblock_nr_pages)
		if (model.state[pfn] != GONE && !(types & BIT(type_at(pfn))))
			fail("block %u of owner %u has type %d at %lu", block, owner,
			     type_at(pfn), pfn);
	if (owner & OWNER_IS_HOTPLUG)
		*hotplug += BLOCK_PAGES;
	if (movable_only && !(owner & OWNER_MEANT_TO_LEAVE))
		*claimable += BLOCK_PAGES;
}

static void check_owners(void)
{
	unsigned long hotplug[MAX_NR_ZONES] = { }, claimable[MAX_NR_ZONES] = { };
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++)
		check_block(i, &hotplug[block_zone(i) - zones], &claimable[block_zone(i) - zones]);
	for (i = 0; i < MAX_NR_ZONES; i++) {
		check_number("nr_hotplug", zones[i].nr_hotplug, hotplug[i]);
		check_number("nr_claimable", zones[i].nr_claimable, claimable[i]);
	}
}

/* Kernel memory is in pinned blocks, and what is allocated is not free. */
static void check_allocations(void)
{
	const struct allocation *allocation = model.allocations;

	for (; allocation < model.allocations + model.nr_allocations; allocation++) {
		if (is_kernel_type(allocation->type) && owner_is_hotplug(allocation->pfn))
			fail("page %lu of type %d is in a hotplug block", allocation->pfn,
			     allocation->type);
		if (model.state[allocation->pfn] != USED)
			fail("page %lu is allocated and in state %u", allocation->pfn,
			     model.state[allocation->pfn]);
	}
}

static void check_reserves(void)
{
	unsigned long reserved[MAX_NR_ZONES] = { }, pfn;
	unsigned int i;

	for (pfn = 0; pfn < NR_PAGES; pfn += pageblock_nr_pages)
		if (type_at(pfn) == MIGRATE_HIGHATOMIC ||
		    (type_at(pfn) == MIGRATE_ISOLATE &&
		     model.before[pfn / pageblock_nr_pages] == MIGRATE_HIGHATOMIC))
			reserved[page_zone_id(pfn_to_page(pfn))] += pageblock_nr_pages;
	for (i = 0; i < MAX_NR_ZONES; i++)
		check_number("reserved_highatomic", zones[i].nr_reserved_highatomic, reserved[i]);
}

static void model_check(void)
{
	unsigned int i;

	tally_lists();
	scan_memory_map();
	for (i = 0; i < MAX_NR_ZONES; i++) {
		check_counters(i);
		check_number("locked", zones[i].lock.held, false);
	}
	check_owners();
	check_allocations();
	check_reserves();
}

#endif
