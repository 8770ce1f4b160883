// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Where pages are moved to
 *
 * A page that has to go stays on its node if there is room, and goes to one that
 * its owner wants if not. Memory that is leaving is isolated, so that nothing
 * gets there. Memory that may be asked for
 * next, on devices that can leave, is the second choice: the first is what the
 * machine was booted with, as long as that keeps a memory block of room for
 * those who have no choice. So DIMMs that leave one after the other do not pass
 * their pages on from one to the next.
 *
 * The more memory ZONE_MOVABLE has, the less of the other zones is left for
 * what could live there: see lowmem_reserve. When all of ZONE_MOVABLE leaves
 * that is no reason any more, but the zones do not know yet.
 */

#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-isolation.h>

#include "../internal.h"
#include "internal.h"
#include "owner.h"

static unsigned long leaving_pages(const struct mhp_block_operation *blocks,
				   const struct zone *zone)
{
	const struct mhp_member *member = NULL;
	unsigned long pages = 0;

	while ((member = mhp_next_member(blocks, member)))
		if (member->zone == zone)
			pages += member->nr_pages;
	return pages;
}

static bool all_movable_leaves(const struct mhp_block_operation *blocks)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_idx(zone) == ZONE_MOVABLE &&
		    zone->present_pages > leaving_pages(blocks, zone))
			return false;
	return true;
}

/**
 * mhp_targets_for() - where the pages of an operation go
 * @blocks: the operation; its blocks are isolated
 *
 * Context: Process context. Caller holds device_hotplug_lock.
 * Return: The targets: memory that stays, of any node.
 */
struct mhp_targets mhp_targets_for(const struct mhp_block_operation *blocks)
{
	return (struct mhp_targets){
		.reason = MR_MEMORY_HOTPLUG,
		.gfp = GFP_KERNEL | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL |
		       __GFP_NOWARN,
		.movable_zone = !all_movable_leaves(blocks),
		.operation = &blocks->operation,
		.other_nodes = true,
	};
}

/*
 * Not all that can be moved may be in ZONE_MOVABLE, for some of it is held for
 * long. What is there may, and so may anonymous memory.
 */
static gfp_t target_flags(const struct mhp_targets *targets,
			  struct folio *folio)
{
	const bool may = folio_zonenum(folio) == ZONE_MOVABLE ||
			 folio_test_anon(folio);

	return targets->gfp |
	       (may && targets->movable_zone ? __GFP_HIGHMEM : 0);
}

/* How to ask for memory of a zone and of those below it. */
static gfp_t zone_flags(enum zone_type type)
{
	switch (type) {
#ifdef CONFIG_ZONE_DMA
	case ZONE_DMA:
		return __GFP_DMA;
#endif
#ifdef CONFIG_ZONE_DMA32
	case ZONE_DMA32:
		return __GFP_DMA32;
#endif
	default:
		return 0;
	}
}

static struct folio *alloc_where_it_stays(struct folio *folio, gfp_t flags)
{
	struct zone *zone = owner_staying_zone(folio_nid(folio),
					       gfp_zone(flags));

	if (!zone || !owner_has_room(zone))
		return NULL;
	flags = (flags & ~(GFP_ZONEMASK | __GFP_RECLAIM)) | __GFP_MOVABLE |
		zone_flags(zone_idx(zone)) | __GFP_THISNODE;
	return __folio_alloc(flags, folio_order(folio), folio_nid(folio), NULL);
}

static struct folio *alloc_on(struct folio *folio, gfp_t flags,
			      nodemask_t *nodes)
{
	return __folio_alloc(flags, folio_order(folio), folio_nid(folio), nodes);
}

static bool node_has_room(struct folio *folio, gfp_t flags)
{
	struct zone *zones = NODE_DATA(folio_nid(folio))->node_zones;
	const enum zone_type highest = gfp_zone(flags);
	int type;

	for (type = highest; type >= 0; type--)
		if (managed_zone(&zones[type]) &&
		    zone_watermark_ok(&zones[type], folio_order(folio),
				      low_wmark_pages(&zones[type]), highest,
				      ALLOC_CMA))
			return true;
	return false;
}

/* The node of the folio, then those its owner wants, then any. */
static struct folio *alloc_near(struct folio *folio, gfp_t flags)
{
	struct folio *target = NULL;
	struct mhp_wish wish;

	if (num_node_state(N_MEMORY) > 1 && !node_has_room(folio, flags) &&
	    mhp_ask_owner(folio, &wish))
		target = alloc_on(folio, flags, &wish.wanted) ? :
			 alloc_on(folio, flags, &wish.allowed);
	return target ? : alloc_on(folio, flags, &node_states[N_MEMORY]);
}

static struct folio *alloc_free(const struct mhp_targets *targets,
				struct folio *folio)
{
	gfp_t flags = (target_flags(targets, folio) & ~__GFP_DIRECT_RECLAIM) |
		      __GFP_NOMEMALLOC;
	struct folio *target;

	/* A huge page can move in parts: nobody has to make room for a whole. */
	if (folio_test_large(folio))
		flags &= ~__GFP_KSWAPD_RECLAIM;
	target = alloc_where_it_stays(folio, flags);
	if (target)
		return target;
	return targets->other_nodes ?
	       alloc_near(folio, flags) :
	       alloc_on(folio, flags | __GFP_THISNODE, NULL);
}

static struct folio *alloc_by_reclaim(const struct mhp_targets *targets,
				      struct folio *folio)
{
	if (!(targets->gfp & __GFP_DIRECT_RECLAIM))
		return NULL;
	return __folio_alloc(target_flags(targets, folio), folio_order(folio),
			     folio_nid(folio), &node_states[N_MEMORY]);
}

#ifdef CONFIG_HUGETLB_PAGE
/* What is reserved is for somebody else. Without the lock it is a hint. */
static bool pool_has_free(const struct hstate *size)
{
	return READ_ONCE(size->free_huge_pages) >
	       READ_ONCE(size->resv_huge_pages);
}

static bool is_leaving(struct folio *folio)
{
	const unsigned long end_pfn = folio_pfn(folio) + folio_nr_pages(folio);
	unsigned long pfn = folio_pfn(folio);

	for (; pfn < end_pfn; pfn += pageblock_nr_pages)
		if (is_migrate_isolate_page(pfn_to_page(pfn)))
			return true;
	return false;
}

/*
 * One that no pool has may have to wait: one of 1 GiB is put together from pages
 * that others use, and to make a huge page may take the lock of CPU hotplug. Not
 * while somebody waits for a lock of ours.
 */
static struct folio *alloc_huge_any(const struct mhp_targets *targets,
				    struct folio *folio, nodemask_t *nodes)
{
	struct hstate *size = folio_hstate(folio);

	if (targets->locked && !pool_has_free(size))
		return NULL;
	return alloc_hugetlb_folio_nodemask(size, folio_nid(folio), nodes,
					    htlb_modify_alloc_mask(size, targets->gfp),
					    htlb_allow_alloc_fallback(targets->reason));
}

static void set_aside(struct folio *folio, struct list_head *aside)
{
	spin_lock_irq(&hugetlb_lock);
	list_move(&folio->lru, aside);
	spin_unlock_irq(&hugetlb_lock);
}

/*
 * A pool does not know that some of its free pages are about to leave. What it
 * hands out of those is put back when one was found that stays.
 */
static struct folio *alloc_huge_on(const struct mhp_targets *targets,
				   struct folio *folio, nodemask_t *nodes)
{
	struct folio *target, *next, *leaving;
	LIST_HEAD(aside);

	target = alloc_huge_any(targets, folio, nodes);
	while (target && is_leaving(target)) {
		set_aside(target, &aside);
		target = alloc_huge_any(targets, folio, nodes);
	}
	list_for_each_entry_safe(leaving, next, &aside, lru)
		folio_putback_active_hugetlb(leaving);
	return target;
}

static struct folio *alloc_huge(const struct mhp_targets *targets,
				struct folio *folio)
{
	const int nid = folio_nid(folio);
	struct folio *target = NULL;
	struct mhp_wish wish;

	/* To make one of 1 GiB takes long: a free one anywhere is better. */
	if (num_node_state(N_MEMORY) > 1 &&
	    !hstate_is_gigantic(folio_hstate(folio)) &&
	    mhp_ask_owner(folio, &wish)) {
		node_set(nid, wish.wanted);
		node_set(nid, wish.allowed);
		target = alloc_huge_on(targets, folio, &wish.wanted) ? :
			 alloc_huge_on(targets, folio, &wish.allowed);
	}
	return target ? :
	       alloc_huge_on(targets, folio, &node_states[N_MEMORY]);
}
#else
static struct folio *alloc_huge(const struct mhp_targets *targets,
				struct folio *folio)
{
	return NULL;
}
#endif

/**
 * mhp_alloc_target() - allocate what a folio is moved to
 * @targets: where to look
 * @folio: the folio, isolated
 * @reclaim: true to reclaim memory if none is free, as far as @targets allows;
 *	     a huge page of a pool is only looked for then
 *
 * Context: Process context, may sleep. Caller holds no lock of a page.
 * Return: A folio of the same size, or NULL.
 */
struct folio *mhp_alloc_target(const struct mhp_targets *targets,
			       struct folio *folio, bool reclaim)
{
	if (folio_test_hugetlb(folio))
		return reclaim ? alloc_huge(targets, folio) : NULL;
	return reclaim ? alloc_by_reclaim(targets, folio) :
			 alloc_free(targets, folio);
}
