/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_BUDDY_LISTS_H
#define __MM_BUDDY_LISTS_H

/*
 * The free lists themselves: what the files of the buddy allocator do to them,
 * and nobody else. All of it is done under zone->lock.
 *
 * A free chunk is 2^order pages, aligned to their number. Its first page is on
 * the list of its order and of the type of its pageblock, carries PageBuddy,
 * and has the order in page->private. A chunk of several pageblocks has one
 * type.
 */

#include "buddy.h"

static inline void check_type(struct page *page, unsigned int order, int type)
{
	VM_WARN_ONCE(get_pageblock_migratetype(page) != type,
		     "pageblock of type %d has a chunk of order %u as type %d\n",
		     (int)get_pageblock_migratetype(page), order, type);
}

static __always_inline void put_on_list(struct zone *zone, struct page *page,
					unsigned int order, int type, bool tail)
{
	struct free_area *area = &zone->free_area[order];

	check_type(page, order, type);
	set_page_private(page, order);
	__SetPageBuddy(page);
	if (tail)
		list_add_tail(&page->buddy_list, &area->free_list[type]);
	else
		list_add(&page->buddy_list, &area->free_list[type]);
	area->nr_free++;
	if (unlikely(order == MAX_PAGE_ORDER))
		owner_note_largest(page, type, 1);
}

static __always_inline void take_off_list(struct zone *zone, struct page *page,
					  unsigned int order, int type)
{
	check_type(page, order, type);
	if (page_reported(page))
		__ClearPageReported(page);
	list_del(&page->buddy_list);
	__ClearPageBuddy(page);
	set_page_private(page, 0);
	zone->free_area[order].nr_free--;
	if (unlikely(order == MAX_PAGE_ORDER))
		owner_note_largest(page, type, -1);
}

/* To the tail, as the chunk was of no use so far. */
static inline void move_to_list(struct zone *zone, struct page *page,
				unsigned int order, int from, int to)
{
	check_type(page, order, from);
	list_move_tail(&page->buddy_list,
		       &zone->free_area[order].free_list[to]);
	account_freepages(zone, -(1 << order), from);
	account_freepages(zone, 1 << order, to);
	if (order == MAX_PAGE_ORDER) {
		owner_note_largest(page, from, -1);
		owner_note_largest(page, to, 1);
	}
}

static inline struct page *first_on_list(struct zone *zone,
					 unsigned int order, int type)
{
	return list_first_entry_or_null(&zone->free_area[order].free_list[type],
					struct page, buddy_list);
}

/* A chunk that is taken or freed may be larger than a pageblock. */
static inline void set_chunk_type(struct page *page, unsigned int order,
				  int type)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i += pageblock_nr_pages)
		set_pageblock_migratetype(page + i, type);
}

/*
 * Puts back what is left of a chunk of order @high when its first 2^@low pages
 * are taken, and returns how many pages that are. The halves go back in
 * descending order, so that what is allocated next follows what was allocated
 * before: devices merge such pages into one segment.
 */
static inline unsigned int put_back_rest(struct zone *zone, struct page *page,
					 unsigned int low, unsigned int high,
					 int type)
{
	unsigned int nr_pages = 0;

	while (high > low) {
		struct page *half = page + (1UL << --high);

		if (set_page_guard(zone, half, high))
			continue;
		put_on_list(zone, half, high, type, false);
		nr_pages += 1U << high;
	}
	return nr_pages;
}

/* buddy_range.c */
unsigned long convert_pageblock(struct zone *zone, struct page *page, int from,
				int to);
bool zone_has_pageblock(const struct zone *zone, unsigned long pfn);

#endif /* __MM_BUDDY_LISTS_H */
