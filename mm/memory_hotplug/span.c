// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: How far zones and nodes reach
 *
 * A zone spans the page frames from its first page to its last one, a node
 * those of all its zones. Ranges join and leave at either end or in the
 * middle. Both spans are changed here only, the zone's under its sequence
 * lock and the node's under its resize lock, so that a reader never sees the
 * start of one moment with the length of another. Writers are serialised by
 * mem_hotplug_lock.
 *
 * A zone is contiguous if every pageblock in its span is its own as a whole,
 * so that a scan need not look at each. Such pageblocks are counted: there are
 * as many as the zone spans, or it is not contiguous. Boot memory is counted by
 * a walk, the first time that something joins or leaves.
 */

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "../internal.h"
#include "internal.h"

static void set_zone_span(struct zone *zone, unsigned long start_pfn,
			  unsigned long end_pfn)
{
	unsigned long flags;

	write_seqlock_irqsave(&zone->span_seqlock, flags);
	zone->zone_start_pfn = start_pfn;
	zone->spanned_pages = end_pfn - start_pfn;
	write_sequnlock_irqrestore(&zone->span_seqlock, flags);
}

static void set_node_span(struct pglist_data *pgdat, unsigned long start_pfn,
			  unsigned long end_pfn)
{
	unsigned long flags;

	pgdat_resize_lock(pgdat, &flags);
	pgdat->node_start_pfn = start_pfn;
	pgdat->node_spanned_pages = end_pfn - start_pfn;
	pgdat_resize_unlock(pgdat, &flags);
}

static void grow_zone(struct zone *zone, unsigned long start_pfn,
		      unsigned long end_pfn)
{
	if (!zone_is_empty(zone)) {
		start_pfn = min(start_pfn, zone->zone_start_pfn);
		end_pfn = max(end_pfn, zone_end_pfn(zone));
	}
	set_zone_span(zone, start_pfn, end_pfn);
}

static void grow_node(struct pglist_data *pgdat, unsigned long start_pfn,
		      unsigned long end_pfn)
{
	if (pgdat->node_spanned_pages) {
		start_pfn = min(start_pfn, pgdat->node_start_pfn);
		end_pfn = max(end_pfn, pgdat_end_pfn(pgdat));
	}
	set_node_span(pgdat, start_pfn, end_pfn);
}

static bool zone_owns(const struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && page_zone(page) == zone;
}

/* Memory joins a zone in sub-sections at the least. */
static unsigned long first_owned(const struct zone *zone, unsigned long pfn,
				 unsigned long end_pfn)
{
	while (pfn < end_pfn && !zone_owns(zone, pfn))
		pfn += PAGES_PER_SUBSECTION;
	return min(pfn, end_pfn);
}

static unsigned long last_owned_end(const struct zone *zone,
				    unsigned long start_pfn, unsigned long end)
{
	while (end > start_pfn && !zone_owns(zone, end - 1))
		end -= min(end - start_pfn, PAGES_PER_SUBSECTION);
	return end;
}

static void shrink_zone(struct zone *zone, unsigned long start_pfn,
			unsigned long end_pfn)
{
	unsigned long start = zone->zone_start_pfn;
	unsigned long end = zone_end_pfn(zone);

	if (end_pfn <= start || start_pfn >= end)
		return;
	if (start_pfn <= start)
		start = first_owned(zone, end_pfn, end);
	else if (end_pfn >= end)
		end = last_owned_end(zone, start, start_pfn);
	else
		return;

	if (start < end)
		set_zone_span(zone, start, end);
	else
		set_zone_span(zone, 0, 0);
}

/* Also those of which a part is in the range. */
static unsigned long nr_pageblocks(unsigned long start_pfn,
				   unsigned long end_pfn)
{
	return (pageblock_align(end_pfn) - pageblock_start_pfn(start_pfn)) >>
	       pageblock_order;
}

static unsigned long zone_pageblocks(const struct zone *zone)
{
	return nr_pageblocks(zone->zone_start_pfn, zone_end_pfn(zone));
}

/* As scans ask for a pageblock, without asking whether the zone is contiguous. */
static unsigned long count_whole_pageblocks(struct zone *zone)
{
	unsigned long pfn = zone->zone_start_pfn, next, pageblocks = 0;

	if (zone->contiguous)
		return zone_pageblocks(zone);
	for (; pfn < zone_end_pfn(zone); pfn = next) {
		next = min(pageblock_end_pfn(pfn), zone_end_pfn(zone));
		if (__pageblock_pfn_to_page(pfn, next, zone))
			pageblocks++;
		cond_resched();
	}
	return pageblocks;
}

static void join_whole_pageblocks(struct zone *zone, unsigned long start_pfn,
				  unsigned long end_pfn)
{
	if (!zone->whole_pageblocks)
		zone->whole_pageblocks = count_whole_pageblocks(zone);
	zone->whole_pageblocks += nr_pageblocks(start_pfn, end_pfn);
}

/* Pages that leave are offline by now, too late for them to be counted. */
static void leave_whole_pageblocks(struct zone *zone, unsigned long start_pfn,
				   unsigned long end_pfn)
{
	if (zone->whole_pageblocks)
		zone->whole_pageblocks -= nr_pageblocks(start_pfn, end_pfn);
}

static void shrink_node(struct pglist_data *pgdat)
{
	unsigned long start_pfn = ULONG_MAX, end_pfn = 0;
	struct zone *zone = pgdat->node_zones;

	for (; zone < pgdat->node_zones + MAX_NR_ZONES; zone++) {
		if (zone_is_empty(zone))
			continue;
		start_pfn = min(start_pfn, zone->zone_start_pfn);
		end_pfn = max(end_pfn, zone_end_pfn(zone));
	}
	if (end_pfn)
		set_node_span(pgdat, start_pfn, end_pfn);
	else
		set_node_span(pgdat, 0, 0);
}

#ifdef CONFIG_ZONE_DEVICE
/* A section that device memory shares needs a slower look at its pages. */
static void taint_shared_section(unsigned long boundary_pfn)
{
	struct mem_section *section = __pfn_to_section(boundary_pfn);

	if (!IS_ALIGNED(boundary_pfn, PAGES_PER_SECTION))
		section->section_mem_map |= SECTION_TAINT_ZONE_DEVICE;
}
#else
static inline void taint_shared_section(unsigned long boundary_pfn)
{
}
#endif

/**
 * mhp_zone_add_range() - let a range belong to a zone
 * @zone: the zone
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 *
 * Grows zone and node. The zone is marked as not contiguous until the caller
 * has added everything, has the memory map written and the pages online, and
 * calls mhp_zone_settle().
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void mhp_zone_add_range(struct zone *zone, unsigned long start_pfn,
			unsigned long nr_pages)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	struct pglist_data *pgdat = zone->zone_pgdat;

	if (!zone_is_zone_device(zone))
		join_whole_pageblocks(zone, start_pfn, end_pfn);
	clear_zone_contiguous(zone);
	if (zone_is_empty(zone))
		init_currently_empty_zone(zone, start_pfn, nr_pages);
	grow_zone(zone, start_pfn, end_pfn);
	grow_node(pgdat, start_pfn, end_pfn);

	if (zone_is_zone_device(zone)) {
		taint_shared_section(start_pfn);
		taint_shared_section(end_pfn);
	}
	highest_memmap_pfn = max(highest_memmap_pfn, end_pfn - 1);
}

/**
 * mhp_zone_remove_range() - reverse of mhp_zone_add_range()
 * @zone: the zone
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 *
 * The memory map of the range is poisoned. The zone is marked as not
 * contiguous until the caller calls mhp_zone_settle(). The span of a device
 * zone does not shrink, because its pages can not be told apart.
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void mhp_zone_remove_range(struct zone *zone, unsigned long start_pfn,
			   unsigned long nr_pages)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn, next;

	for (pfn = start_pfn; pfn < end_pfn; pfn = next) {
		next = min(end_pfn, SECTION_ALIGN_UP(pfn + 1));
		page_init_poison(pfn_to_page(pfn),
				 (next - pfn) * sizeof(struct page));
		cond_resched();
	}
	if (zone_is_zone_device(zone))
		return;

	clear_zone_contiguous(zone);
	leave_whole_pageblocks(zone, start_pfn, end_pfn);
	shrink_zone(zone, start_pfn, end_pfn);
	shrink_node(zone->zone_pgdat);
}

/**
 * mhp_zone_settle() - find out whether a zone is contiguous
 * @zone: the zone, after ranges joined it or left it
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing; the ranges that joined are online.
 */
void mhp_zone_settle(struct zone *zone)
{
	if (zone_is_zone_device(zone) || zone_is_empty(zone))
		return;
	if (!zone->whole_pageblocks)
		zone->whole_pageblocks = count_whole_pageblocks(zone);
	WARN_ON_ONCE(IS_ENABLED(CONFIG_DEBUG_VM_PGFLAGS) &&
		     zone->whole_pageblocks != count_whole_pageblocks(zone));
	zone->contiguous = zone->whole_pageblocks == zone_pageblocks(zone);
}

/**
 * move_pfn_range_to_zone() - let a range of device memory belong to a zone
 * @zone: the zone
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 * @altmap: where the memory map of device memory comes from, or NULL
 * @migratetype: type of the pageblocks of the range
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void move_pfn_range_to_zone(struct zone *zone, unsigned long start_pfn,
			    unsigned long nr_pages, struct vmem_altmap *altmap,
			    int migratetype)
{
	mhp_zone_add_range(zone, start_pfn, nr_pages);
	memmap_init_range(nr_pages, zone_to_nid(zone), zone_idx(zone),
			  start_pfn, 0, MEMINIT_HOTPLUG, altmap, migratetype);
}

/**
 * remove_pfn_range_from_zone() - mhp_zone_remove_range() for a single range
 * @zone: the zone
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void remove_pfn_range_from_zone(struct zone *zone, unsigned long start_pfn,
				unsigned long nr_pages)
{
	mhp_zone_remove_range(zone, start_pfn, nr_pages);
	mhp_zone_settle(zone);
}

/**
 * mhp_spans_of() - remember what a zone and its node span
 * @zone: the zone
 *
 * Context: Process context. Caller holds mem_hotplug_lock for writing.
 * Return: The spans.
 */
struct mhp_spans mhp_spans_of(const struct zone *zone)
{
	const struct pglist_data *pgdat = zone->zone_pgdat;

	return (struct mhp_spans) {
		.zone_start = zone->zone_start_pfn,
		.zone_pages = zone->spanned_pages,
		.node_start = pgdat->node_start_pfn,
		.node_pages = pgdat->node_spanned_pages,
	};
}

/**
 * mhp_restore_spans() - let a zone and its node span what they did before
 * @zone: the zone; it has no other pages than it had then
 * @spans: from mhp_spans_of()
 *
 * Shrinking finds the end of a zone to a sub-section only.
 *
 * Context: Process context. Caller holds mem_hotplug_lock for writing.
 */
void mhp_restore_spans(struct zone *zone, const struct mhp_spans *spans)
{
	set_zone_span(zone, spans->zone_start,
		      spans->zone_start + spans->zone_pages);
	set_node_span(zone->zone_pgdat, spans->node_start,
		      spans->node_start + spans->node_pages);
}

/**
 * mhp_adjust_present() - account for pages that a zone got or lost
 * @zone: the zone
 * @group: memory group of the pages, or NULL
 * @pfn: one of the pages
 * @nr_pages: how many, negative for a loss
 *
 * Context: Process context. Caller holds mem_hotplug_lock for writing.
 */
void mhp_adjust_present(struct zone *zone, struct memory_group *group,
			unsigned long pfn, long nr_pages)
{
	zone->present_pages += nr_pages;
	zone->zone_pgdat->node_present_pages += nr_pages;
	if (early_section(__pfn_to_section(pfn)))
		zone->present_early_pages += nr_pages;

	if (group && zone_idx(zone) == ZONE_MOVABLE)
		group->present_movable_pages += nr_pages;
	else if (group)
		group->present_kernel_pages += nr_pages;
}
