/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_BUDDY_H
#define __MM_BUDDY_H

/*
 * What the rest of the page allocator sees of the buddy allocator. Each
 * function is described where it is defined.
 */

#include "buddy_internal.h"

#include "memory_hotplug/owner.h"

/* How a page goes back to the free lists. */
typedef int __bitwise fpi_t;

#define FPI_NONE		((__force fpi_t)0)
/* The page only comes back; page reporting has heard of it. */
#define FPI_SKIP_REPORT_NOTIFY	((__force fpi_t)BIT(0))
/* Nobody used the page, so that others are the better choice for a while. */
#define FPI_TO_TAIL		((__force fpi_t)BIT(1))

/**
 * enum rmqueue_mode - where the last page of a batch was found
 * @RMQUEUE_NORMAL: on the lists of the type asked for
 * @RMQUEUE_CMA: in a CMA area
 * @RMQUEUE_CLAIM: on the lists of the type asked for, after a pageblock or a
 *		   memory block was made to be of that type
 * @RMQUEUE_STEAL: on the lists of another type
 *
 * A batch is taken under one hold of the lock. What was empty before a page is
 * empty after it, and need not be searched again.
 */
enum rmqueue_mode {
	RMQUEUE_NORMAL,
	RMQUEUE_CMA,
	RMQUEUE_CLAIM,
	RMQUEUE_STEAL,
};

/* The word that holds the flags of a pageblock, and where in it they begin. */
static inline unsigned long *pageblock_flags_word(const struct page *page,
						  unsigned long pfn,
						  unsigned int *shift)
{
#ifdef CONFIG_SPARSEMEM
	unsigned long *flags = section_to_usemap(__pfn_to_section(pfn));
	unsigned long bit = (pfn & ~PAGE_SECTION_MASK) >> pageblock_order;
#else
	const struct zone *zone = page_zone(page);
	unsigned long *flags = zone->pageblock_flags;
	unsigned long bit =
		(pfn - pageblock_start_pfn(zone->zone_start_pfn)) >>
		pageblock_order;
#endif

	bit *= NR_PAGEBLOCK_BITS;
	*shift = bit % BITS_PER_LONG;
	return flags + bit / BITS_PER_LONG;
}

static inline int get_pfnblock_migratetype(const struct page *page,
					   unsigned long pfn)
{
	const unsigned long *word;
	unsigned int shift;

	word = pageblock_flags_word(page, pfn, &shift);
	return (READ_ONCE(*word) >> shift) & MIGRATETYPE_MASK;
}

/* Isolated pages are not free as far as anybody else can see. */
static inline void account_freepages(struct zone *zone, int nr_pages,
				     int migratetype)
{
	lockdep_assert_held(&zone->lock);

	if (is_migrate_isolate(migratetype))
		return;
	__mod_zone_page_state(zone, NR_FREE_PAGES, nr_pages);
	if (migratetype < MIGRATE_PCPTYPES)
		return;
	if (is_migrate_hotplug(migratetype))
		owner_account_free(zone, nr_pages);
	else if (is_migrate_cma(migratetype))
		__mod_zone_page_state(zone, NR_FREE_CMA_PAGES, nr_pages);
	else if (is_migrate_highatomic(migratetype))
		WRITE_ONCE(zone->nr_free_highatomic,
			   zone->nr_free_highatomic + nr_pages);
}

/* buddy.c */
void __free_one_page(struct page *page, unsigned long pfn, struct zone *zone,
		     unsigned int order, int migratetype, fpi_t fpi_flags);
struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
				int migratetype);
struct page *__rmqueue(struct zone *zone, unsigned int order, int migratetype,
		       unsigned int alloc_flags, enum rmqueue_mode *mode);

/* buddy_range.c */
void free_in_pageblocks(struct zone *zone, struct page *page,
			unsigned long pfn, int order, fpi_t fpi);
unsigned long find_large_buddy(unsigned long start_pfn);

/**
 * split_large_buddy() - put pages on the free lists of their pageblocks
 * @zone: the zone
 * @page: the first page
 * @pfn: page frame number of @page
 * @order: the pages are 2^@order
 * @fpi: as for __free_one_page()
 *
 * Context: Caller holds zone->lock. The pages are on no list.
 */
static inline void split_large_buddy(struct zone *zone, struct page *page,
				     unsigned long pfn, int order, fpi_t fpi)
{
	VM_WARN_ON_ONCE(PageBuddy(page));
	if (likely(order <= pageblock_order))
		__free_one_page(page, pfn, zone, order,
				get_pfnblock_migratetype(page, pfn), fpi);
	else
		free_in_pageblocks(zone, page, pfn, order, fpi);
}

/* highatomic.c */
void reserve_highatomic_pageblock(struct page *page, int order,
				  struct zone *zone);
bool unreserve_highatomic_pageblock(const struct alloc_context *ac,
				    bool force);

/* page_alloc.c */
bool boost_watermark(struct zone *zone);

#endif /* __MM_BUDDY_H */
