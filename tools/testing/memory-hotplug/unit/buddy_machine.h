/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shipped files of the page allocator's core, and a machine for them: two
 * zones that share a memory block and a pageblock, and begin and end within a
 * pageblock.
 */
#ifndef BUDDY_MACHINE_H
#define BUDDY_MACHINE_H

#include "buddy_internal.h"
#include "owner_internal.h"
#include "../../../../mm/buddy.c"
#include "../../../../mm/buddy_range.c"
#include "../../../../mm/highatomic.c"
#include "../../../../mm/memory_hotplug/owner.c"

/* The zone is short of memory for a while, if the test says so. */
bool boost_watermark(struct zone *zone)
{
	world.boost_calls++;
	return world.boosts;
}

/* No area was made at boot. */
bool owner_has_cma(unsigned long start_pfn, unsigned long end_pfn)
{
	return false;
}

/* owner_balance.c moves pages, which is beyond this machine. */
void owner_balance(void)
{
	world.balances++;
}

void owner_note_empty(const struct page *page, int type)
{
	world.empties++;
}

#define LOW_START	(2 * pageblock_nr_pages + pageblock_nr_pages / 2)
#define HIGH_START	(2 * BLOCK_PAGES + 5 * pageblock_nr_pages + pageblock_nr_pages / 2)
#define HIGH_END	(11 * BLOCK_PAGES + 6 * pageblock_nr_pages + pageblock_nr_pages / 4)

/* The blocks that one zone has to itself */
#define LOW_BLOCK	1
#define FIRST_BLOCK	3
#define END_BLOCK	11

static struct zonelist zonelist = {
	.zones = { { &zones[1], ZONE_HIGH }, { &zones[0], ZONE_LOW }, { } },
};

static void make_zone(struct zone *zone, unsigned long start_pfn,
		      unsigned long end_pfn)
{
	unsigned int order, type;

	memset(zone, 0, sizeof(*zone));
	zone->zone_start_pfn = start_pfn;
	zone->spanned_pages = end_pfn - start_pfn;
	zone->present_pages = end_pfn - start_pfn;
	zone->managed_pages = 300 * pageblock_nr_pages;
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (type = 0; type < MIGRATE_TYPES; type++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[type]);
}

/* All memory is in use, and all of it is movable and pinned. */
static void make_machine(void)
{
	unsigned long pfn;

	memset(&world, 0, sizeof(world));
	memset(&task, 0, sizeof(task));
	memset(usages, 0, sizeof(usages));
	memset(boot_memory, 0, sizeof(boot_memory));
	memset(boot_reserved, 0, sizeof(boot_reserved));
	page_group_by_mobility_disabled = 0;
	node_end_pfn = NR_PAGES;
	owner_fallback = OWNER_CLAIM;
	split = true;
	make_zone(&zones[0], LOW_START, HIGH_START);
	make_zone(&zones[1], HIGH_START, HIGH_END);
	for (pfn = 0; pfn < NR_PAGES; pfn++)
		memory_map[pfn] = (struct page) {
			.flags = pfn >= HIGH_START,
			.page_type = PGTY_none << 24,
		};
	for (pfn = 0; pfn < NR_PAGES; pfn += PAGES_PER_SECTION)
		*__pfn_to_section(pfn) = (struct mem_section) {
			.usage = &usages[pfn / PAGES_PER_SECTION],
			.present = true,
			.early = pfn < 6 * BLOCK_PAGES,
			.online = true,
		};
	for (pfn = LOW_START; pfn < HIGH_END; pfn = pageblock_end_pfn(pfn))
		set_pageblock_migratetype(pfn_to_page(pfn), MIGRATE_MOVABLE);
}

/* Gives pages to the allocator, in chunks as large as their place allows. */
static void free_range(unsigned long pfn, unsigned long end_pfn)
{
	struct zone *zone;
	unsigned int order;

	for (; pfn < end_pfn; pfn += 1UL << order) {
		order = min((unsigned int)MAX_PAGE_ORDER, pfn ? __builtin_ctzl(pfn) : 63U);
		while (pfn + (1UL << order) > end_pfn)
			order--;
		zone = page_zone(pfn_to_page(pfn));
		lock_zone(&zone->lock);
		split_large_buddy(zone, pfn_to_page(pfn), pfn, order, FPI_TO_TAIL);
		unlock_zone(&zone->lock);
	}
}

static unsigned long block_pfn(unsigned int block)
{
	return block * BLOCK_PAGES;
}

static struct zone *block_zone(unsigned int block)
{
	return page_zone(pfn_to_page(block_pfn(block)));
}

static void set_types(unsigned long pfn, unsigned long end_pfn, int type)
{
	for (; pfn < end_pfn; pfn += pageblock_nr_pages)
		set_pageblock_migratetype(pfn_to_page(pfn), type);
}

/* As onlining does it. */
static inline void online_block(unsigned int block)
{
	const unsigned long pfn = block_pfn(block);

	set_types(pfn, pfn + BLOCK_PAGES, owner_online_type());
	owner_block_online(block_zone(block), pfn, BLOCK_PAGES);
	free_range(pfn, pfn + BLOCK_PAGES);
}

static inline void check_number(const char *what, long long is, long long wanted)
{
	if (is != wanted)
		fail("%s: %lld instead of %lld", what, is, wanted);
}

#endif
