// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Page isolation
 *
 * Takes a range out of the allocator's hands, pageblock by pageblock: free
 * pages of an isolated pageblock are on a list that nobody allocates from, and
 * pages that become free go there. What is in use stays in use; whoever
 * isolates moves it elsewhere and then finds all of the range free. Two of
 * them can not have the same pageblock, the second one is refused.
 *
 * A pageblock with a page that can not be moved is refused as well, before
 * anything about it changes. That is a look at the pages without locking
 * them: it may be wrong about pages that change at that moment.
 *
 * Isolation overwrites the type of a pageblock. Who lifts it says what the
 * pageblock was; a movable one is a hotplug one if its memory block is.
 */

#include <linux/hugetlb.h>
#include <linux/memory.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/page_owner.h>
#include <linux/pageblock-flags.h>

#include "internal.h"
#include "memory_hotplug/owner.h"
#include "memory_hotplug/user_page.h"

#define CREATE_TRACE_POINTS
#include <trace/events/page_isolation.h>

/**
 * struct isolation - what is asked for
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one
 * @migratetype: type of the pageblocks, if the isolation is lifted again
 * @flags: MEMORY_OFFLINE, REPORT_FAILURE
 */
struct isolation {
	unsigned long start_pfn;
	unsigned long end_pfn;
	int migratetype;
	int flags;
};

static bool for_offline(const struct isolation *isolation)
{
	return isolation->flags & MEMORY_OFFLINE;
}

/* Huge pages are on no LRU list, but the pool can do without this one. */
static bool folio_can_move(struct folio *folio)
{
	struct hstate *size;

	if (folio_test_hugetlb(folio)) {
		/* It may be freed meanwhile, and be of no size of a pool. */
		size = size_to_hstate(folio_size(folio));
		return !size || hugepage_migration_supported(size);
	}
	return page_is_for_user(&folio->page) || __folio_test_movable(folio);
}

static unsigned long rest_of_folio(struct folio *folio, struct page *page)
{
	return folio_nr_pages(folio) - folio_page_idx(folio, page);
}

/*
 * What was allocated there is movable, even if nothing tells so yet: a page
 * that is about to become a huge page, or is not on its list yet.
 */
static bool has_movable_only(const struct isolation *isolation,
			     const struct page *page)
{
	const unsigned long pfn = page_to_pfn(page);

	return page_zonenum(page) == ZONE_MOVABLE ||
	       (owner_is_hotplug(pfn) &&
		(for_offline(isolation) || !owner_is_set_aside(pfn)));
}

/*
 * Reference counts without zone->lock held by whoever changes them: a page
 * without references is free, or about to be.
 */
static bool page_can_move(const struct isolation *isolation, struct page *page,
			  bool movable_only, unsigned long *nr_pages)
{
	*nr_pages = 1;
	if (PageReserved(page))
		return false;
	if (movable_only) {
		if (PageBuddy(page))
			*nr_pages = 1UL << buddy_order(page);
		return true;
	}
	if (PageHuge(page) || PageTransCompound(page)) {
		struct folio *folio = page_folio(page);

		*nr_pages = rest_of_folio(folio, page);
		return folio_can_move(folio) ||
		       (for_offline(isolation) &&
			owner_can_shrink(&folio->page));
	}
	if (!page_ref_count(page)) {
		if (PageBuddy(page))
			*nr_pages = 1UL << buddy_order(page);
		return true;
	}
	if (page_is_for_user(page) || __PageMovable(page))
		return true;
	/* A driver may let go of its pages when it hears of the offline. */
	return for_offline(isolation) &&
	       (PageHWPoison(page) || PageOffline(page) ||
		owner_can_shrink(page));
}

/*
 * What a CMA area gave to a driver is to be moved back by the driver; that is
 * what its isolation is for.
 */
static struct page *first_stuck_page(const struct isolation *isolation,
				     struct page *page)
{
	const unsigned long block_pfn = page_to_pfn(page);
	unsigned long pfn = max(block_pfn, isolation->start_pfn);
	const unsigned long end_pfn = min(pageblock_end_pfn(block_pfn),
					  isolation->end_pfn);
	const bool movable_only = has_movable_only(isolation, page);
	unsigned long nr_pages;

	if (is_migrate_cma_page(page)) {
		if (is_migrate_cma(isolation->migratetype))
			return NULL;
		if (!for_offline(isolation))
			return page;
	}
	for (; pfn < end_pfn; pfn += nr_pages) {
		page = pfn_to_page(pfn);
		if (!page_can_move(isolation, page, movable_only, &nr_pages))
			return page;
	}
	return NULL;
}

static bool isolate_locked(const struct isolation *isolation, struct zone *zone,
			   struct page *page, struct page **stuck)
{
	if (is_migrate_isolate_page(page))
		return false;
	*stuck = first_stuck_page(isolation, page);
	if (*stuck ||
	    !move_freepages_block_isolate(zone, page, MIGRATE_ISOLATE))
		return false;
	zone->nr_isolate_pageblock++;
	return true;
}

static int isolate_pageblock(const struct isolation *isolation,
			     struct page *page)
{
	struct zone *zone = page_zone(page);
	struct page *stuck = NULL;
	unsigned long flags;
	bool isolated;

	if (PageUnaccepted(page))
		accept_page(page);
	spin_lock_irqsave(&zone->lock, flags);
	isolated = isolate_locked(isolation, zone, page, &stuck);
	spin_unlock_irqrestore(&zone->lock, flags);

	/* The console may need memory, and with it zone->lock. */
	if (stuck && (isolation->flags & REPORT_FAILURE))
		dump_page(stuck, "unmovable page");
	return isolated ? 0 : -EBUSY;
}

/*
 * Once isolated, a chunk does not merge with its buddy in the next pageblock.
 * To make up for that, it goes back as a page that is freed.
 */
static bool has_buddy_outside(struct page *page)
{
	struct page *buddy;
	unsigned int order;

	if (!PageBuddy(page))
		return false;
	order = buddy_order(page);
	if (order < pageblock_order || order >= MAX_PAGE_ORDER)
		return false;
	buddy = find_buddy_page_pfn(page, page_to_pfn(page), order, NULL);
	return buddy && !is_migrate_isolate_page(buddy);
}

static void lift_locked(struct zone *zone, struct page *page, int type)
{
	unsigned int order;
	int taken;

	if (!has_buddy_outside(page)) {
		WARN_ON_ONCE(!move_freepages_block_isolate(zone, page, type));
		return;
	}
	order = buddy_order(page);
	taken = __isolate_free_page(page, order);
	VM_WARN_ON(!taken);
	set_pageblock_migratetype(page, type);
	__putback_isolated_page(page, order, type);
}

static void lift_isolation(struct page *page, int migratetype)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (is_migrate_isolate_page(page)) {
		lift_locked(zone, page, owner_pageblock_type(page, migratetype));
		zone->nr_isolate_pageblock--;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

static struct page *first_online_page(unsigned long pfn, unsigned long end_pfn)
{
	struct page *page = NULL;

	for (; pfn < end_pfn && !page; pfn++)
		page = pfn_to_online_page(pfn);
	return page;
}

static struct page *pageblock_page(unsigned long pfn)
{
	return first_online_page(pfn, pfn + pageblock_nr_pages);
}

/*
 * An allocation that reaches across the edge of the range, and is not a huge
 * page that can be moved away as a whole, would free pages on both sides of it.
 */
static bool page_crosses(unsigned long edge_pfn)
{
	unsigned long pfn = ALIGN_DOWN(edge_pfn - 1, MAX_ORDER_NR_PAGES);
	struct page *page, *head;
	unsigned long nr_pages;

	for (; pfn < edge_pfn; pfn += nr_pages) {
		nr_pages = 1;
		page = pfn_to_online_page(pfn);
		if (!page)
			continue;
		if (PageUnaccepted(page)) {
			nr_pages = MAX_ORDER_NR_PAGES;
		} else if (PageBuddy(page)) {
			nr_pages = 1UL << min_t(unsigned long,
						buddy_order_unsafe(page),
						MAX_PAGE_ORDER);
		} else if (PageCompound(page)) {
			head = compound_head(page);
			nr_pages = page_to_pfn(head) + compound_nr(head) - pfn;
			if (pfn + nr_pages > edge_pfn && !PageHuge(page))
				return true;
		}
	}
	return false;
}

static bool edge_is_crossed(unsigned long edge_pfn)
{
	return pfn_to_online_page(edge_pfn) &&
	       pfn_to_online_page(edge_pfn - 1) && page_crosses(edge_pfn);
}

/**
 * start_isolate_page_range() - isolate the pageblocks of a range
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one; the first and the last pageblock
 *	     are isolated as a whole
 * @migratetype: type that the pageblocks get if not all can be isolated;
 *		 MIGRATE_CMA for pageblocks of a CMA area
 * @flags: MEMORY_OFFLINE if the range is to go offline, so that pages which
 *	   are broken, offline, in a CMA area or can be shrunk away do not
 *	   matter; REPORT_FAILURE for a line in the log
 * @gfp_flags: not used
 *
 * Pages that are on per-CPU lists meanwhile may be allocated from there all
 * the same, see zone_pcp_disable().
 *
 * Context: Process context, may sleep; takes zone->lock. The range is in one
 * zone.
 * Return: 0; -EBUSY if a page can not be moved, the range is not online, or
 * somebody else isolates a part of it. After an error nothing is isolated.
 */
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn,
			     int migratetype, int flags, gfp_t gfp_flags)
{
	const struct isolation isolation = {
		.start_pfn = start_pfn,
		.end_pfn = end_pfn,
		.migratetype = migratetype,
		.flags = flags,
	};
	const unsigned long first_pfn = pageblock_start_pfn(start_pfn);
	const unsigned long last_pfn = pageblock_align(end_pfn);
	unsigned long pfn;
	struct page *page;

	if (!pfn_to_online_page(start_pfn) || !pfn_to_online_page(end_pfn - 1))
		return -EBUSY;
	for (pfn = first_pfn; pfn < last_pfn; pfn += pageblock_nr_pages) {
		page = pageblock_page(pfn);
		if (page && isolate_pageblock(&isolation, page))
			break;
	}
	if (pfn == last_pfn && !edge_is_crossed(first_pfn) &&
	    !edge_is_crossed(last_pfn))
		return 0;
	undo_isolate_page_range(first_pfn, pfn, migratetype);
	return -EBUSY;
}

/**
 * undo_isolate_page_range() - lift the isolation of a range
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one
 * @migratetype: type that the pageblocks get. Of MIGRATE_MOVABLE and
 *		 MIGRATE_HOTPLUG they get the one that goes with the owner of
 *		 their memory block.
 *
 * Context: Process context, may sleep; takes zone->lock.
 */
void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn,
			     int migratetype)
{
	const unsigned long last_pfn = pageblock_align(end_pfn);
	unsigned long pfn = pageblock_start_pfn(start_pfn);
	struct page *page;

	for (; pfn < last_pfn; pfn += pageblock_nr_pages) {
		page = pageblock_page(pfn);
		if (page)
			lift_isolation(page, migratetype);
	}
}

/* How many pages from here on are in nobody's way; 0: this one is in use. */
static unsigned long clear_pages(struct page *page, int flags)
{
	if (PageBuddy(page))
		return 1UL << buddy_order(page);
	if (!(flags & MEMORY_OFFLINE))
		return 0;
	return PageHWPoison(page) || (PageOffline(page) && !page_count(page));
}

static unsigned long first_in_use(struct zone *zone, unsigned long pfn,
				  unsigned long end_pfn, int flags)
{
	unsigned long nr_pages = 1, irq_flags;

	spin_lock_irqsave(&zone->lock, irq_flags);
	while (pfn < end_pfn && nr_pages) {
		nr_pages = clear_pages(pfn_to_page(pfn), flags);
		pfn += nr_pages;
	}
	spin_unlock_irqrestore(&zone->lock, irq_flags);
	return pfn;
}

static unsigned long first_not_isolated(unsigned long pfn,
					unsigned long end_pfn)
{
	struct page *page;

	for (; pfn < end_pfn; pfn += pageblock_nr_pages) {
		page = pageblock_page(pfn);
		if (page && !is_migrate_isolate_page(page))
			break;
	}
	return pfn;
}

/**
 * test_pages_isolated() - is a range isolated and out of use
 * @start_pfn: first page frame, at the start of a pageblock
 * @end_pfn: page frame after the last one
 * @isol_flags: with MEMORY_OFFLINE, pages that are broken or that a driver has
 *		let go of are out of use as well
 *
 * Waits for huge pages that are on their way to the free lists.
 *
 * Context: Process context, may sleep; takes zone->lock. The range is in one
 * zone.
 * Return: 0; -EBUSY if a page is in use or a pageblock is not isolated.
 */
int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn,
			int isol_flags)
{
	struct page *page;
	unsigned long pfn;

	wait_for_freed_hugetlb_folios();
	pfn = first_not_isolated(start_pfn, end_pfn);
	page = first_online_page(start_pfn, end_pfn);
	if (pfn >= end_pfn && page)
		pfn = first_in_use(page_zone(page), start_pfn, end_pfn,
				   isol_flags);
	trace_test_pages_isolated(start_pfn, end_pfn, pfn);
	return pfn < end_pfn || !page ? -EBUSY : 0;
}
