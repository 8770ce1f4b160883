// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The reserve for high-order atomic allocations
 *
 * An allocation of several pages that can not wait finds nothing when memory
 * is fragmented, however much of it is free. So the pageblock that served one
 * is kept for more of the kind, up to a hundredth of a zone. It is on lists of
 * its own, which other allocations see only when nothing else is left, and
 * goes back before somebody is killed for want of memory.
 */

#include "buddy_lists.h"

/* What a zone may reserve, in pages; 0: it is too small for that. */
static unsigned long reserve_limit(struct zone *zone)
{
	const unsigned long share = zone_managed_pages(zone) / 100;

	return share < pageblock_nr_pages ? 0 :
					    ALIGN(share, pageblock_nr_pages);
}

static bool reserve_locked(struct zone *zone, struct page *page, int order)
{
	const int type = get_pageblock_migratetype(page);

	if (!migratetype_is_mergeable(type))
		return false;
	if (order >= pageblock_order) {
		set_chunk_type(page, order, MIGRATE_HIGHATOMIC);
		return true;
	}
	if (!zone_has_pageblock(zone, page_to_pfn(page)))
		return false;
	convert_pageblock(zone, page, type, MIGRATE_HIGHATOMIC);
	return true;
}

/**
 * reserve_highatomic_pageblock() - keep a pageblock for more of the kind
 * @page: what was just allocated
 * @order: its order
 * @zone: its zone
 *
 * Context: Any context; takes zone->lock.
 */
void reserve_highatomic_pageblock(struct page *page, int order,
				  struct zone *zone)
{
	const unsigned long limit = reserve_limit(zone);
	const unsigned long nr_pages = max(pageblock_nr_pages, 1UL << order);
	unsigned long flags;

	if (READ_ONCE(zone->nr_reserved_highatomic) >= limit)
		return;
	spin_lock_irqsave(&zone->lock, flags);
	if (zone->nr_reserved_highatomic < limit &&
	    reserve_locked(zone, page, order))
		zone->nr_reserved_highatomic += nr_pages;
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void unreserve_chunk(struct zone *zone, struct page *page, int order,
			    int type)
{
	const int from = get_pageblock_migratetype(page);
	unsigned long nr_pages = max(pageblock_nr_pages, 1UL << order);

	/* Somebody else may have changed the pageblock meanwhile. */
	if (is_migrate_highatomic(from)) {
		nr_pages = min(nr_pages, zone->nr_reserved_highatomic);
		zone->nr_reserved_highatomic -= nr_pages;
	}
	if (order < pageblock_order) {
		convert_pageblock(zone, page, from, type);
		return;
	}
	move_to_list(zone, page, order, from, type);
	set_chunk_type(page, order, type);
}

static bool unreserve_one(struct zone *zone, int type)
{
	unsigned long flags;
	struct page *page;
	int order;

	spin_lock_irqsave(&zone->lock, flags);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		page = first_on_list(zone, order, MIGRATE_HIGHATOMIC);
		if (!page)
			continue;
		unreserve_chunk(zone, page, order, type);
		break;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

/**
 * unreserve_highatomic_pageblock() - give a pageblock of the reserve back
 * @ac: the allocation that needs memory: where from, and of which type
 * @force: take the last one of a zone, too
 *
 * Context: Process context; takes zone->lock of one zone after the other.
 * Return: true if there are free pages now that there were not before.
 */
bool unreserve_highatomic_pageblock(const struct alloc_context *ac, bool force)
{
	const unsigned long kept = force ? 0 : pageblock_nr_pages;
	struct zoneref *z;
	struct zone *zone;

	for_each_zone_zonelist_nodemask(zone, z, ac->zonelist,
					ac->highest_zoneidx, ac->nodemask)
		if ((force || READ_ONCE(zone->nr_reserved_highatomic) > kept) &&
		    unreserve_one(zone, ac->migratetype))
			return true;
	return false;
}
