// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The buddy allocator
 *
 * Free memory is kept in chunks of 2^order pages, each on the free list of its
 * zone, order and type. There is no bitmap: a chunk that is free says so in
 * the memory map, in the first of its pages, along with its order. A chunk of
 * order n has one buddy, the chunk whose page frame number differs in bit n,
 * and when both are free they become one chunk of order n + 1. So all that it
 * takes to free a page is to look at the first page of the buddy, again and
 * again; and memory that comes and goes brings and takes all there is to know
 * about it. Section 4 of "Hotplug Memory and the Linux VM" describes the idea.
 *
 * The type of a chunk is that of its pageblock. Allocations of one type come
 * from pageblocks of that type, so that what can be moved does not lie next
 * to what can not, and pages of the one kind can be put together to large
 * chunks again. When an allocation finds nothing of its type, it takes over a
 * whole pageblock of another one if that is mostly free or mostly of its kind,
 * and otherwise steals a single chunk.
 *
 * Movable allocations try two more types before that. Pageblocks of type
 * hotplug are in memory blocks that shall be able to leave, and serve nothing
 * else; mm/memory_hotplug/owner.c decides which blocks those are and gives
 * them up block by block, see there. The other type is CMA.
 *
 * All functions run under zone->lock, in any context.
 */

#include "buddy_lists.h"

#define NR_FALLBACKS	(MIGRATE_PCPTYPES - 1)

/*
 * Which other types an allocation may take over or steal from. As long as a
 * memory block can be claimed, the two kinds of kernel memory stay apart: a
 * memory block with reclaimable memory only can be made free.
 */
static const int fallbacks[MIGRATE_PCPTYPES][NR_FALLBACKS] = {
	[MIGRATE_UNMOVABLE]   = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE]     = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

static const int fallbacks_apart[MIGRATE_PCPTYPES][NR_FALLBACKS] = {
	[MIGRATE_UNMOVABLE]   = { MIGRATE_MOVABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE]     = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_MOVABLE, MIGRATE_MOVABLE },
};

#ifdef CONFIG_COMPACTION
/* The compaction that this task does, if it waits for a page of this zone. */
static __always_inline struct capture_control *
waiting_compaction(const struct zone *zone)
{
	struct capture_control *capture = current->capture_control;

	if (likely(!capture) || (current->flags & PF_KTHREAD))
		return NULL;
	return !capture->page && capture->cc->zone == zone ? capture : NULL;
}

/* A page of a type that was set apart goes to nobody who may not have it. */
static bool may_capture(const struct compact_control *cc, unsigned int order,
			int type)
{
	const bool wants_movable = cc->migratetype == MIGRATE_MOVABLE;

	if (order != cc->order || is_migrate_cma(type) ||
	    is_migrate_isolate(type))
		return false;
	if (is_migrate_hotplug(type))
		return wants_movable;
	return wants_movable || type != MIGRATE_MOVABLE ||
	       order >= pageblock_order;
}

static __always_inline bool capture_page(struct capture_control *capture,
					 struct page *page,
					 unsigned int order, int type)
{
	if (likely(!capture) || !may_capture(capture->cc, order, type))
		return false;
	capture->page = page;
	return true;
}
#else
struct capture_control;

static struct capture_control *waiting_compaction(const struct zone *zone)
{
	return NULL;
}

static bool capture_page(struct capture_control *capture, struct page *page,
			 unsigned int order, int type)
{
	return false;
}
#endif

/*
 * A guard page of debug_pagealloc is on no list and otherwise free. Holes are
 * never free, and a buddy has a page even where memory begins or ends, as the
 * memory map is whole up to the largest order.
 */
static __always_inline bool is_free_buddy(struct page *page,
					  struct page *buddy,
					  unsigned int order)
{
	if (!PageBuddy(buddy) && !page_is_guard(buddy))
		return false;
	return buddy_order(buddy) == order &&
	       page_zone_id(page) == page_zone_id(buddy);
}

/*
 * Below the order of a pageblock both chunks are of one type. Above it, types
 * that are counted or set apart must stay what they are.
 */
static bool types_merge(int type, int other)
{
	return type == other || (migratetype_is_mergeable(type) &&
				 migratetype_is_mergeable(other));
}

static __always_inline void take_off_buddy(struct zone *zone,
					   struct page *buddy,
					   unsigned int order, int type,
					   int new_type)
{
	if (page_is_guard(buddy)) {
		clear_page_guard(zone, buddy, order);
		account_freepages(zone, 1 << order, new_type);
	} else {
		take_off_list(zone, buddy, order, type);
	}
	if (unlikely(type != new_type))
		set_chunk_type(buddy, order, new_type);
}

/*
 * If the chunk that this one and its buddy would make has a free buddy, then
 * it is worth to wait for that: the tail of the list is allocated last.
 */
static __always_inline bool merge_is_near(struct page *page, unsigned long pfn,
					  unsigned int order)
{
	const unsigned long parent = pfn & ~(1UL << order);
	const unsigned long uncle = parent ^ (2UL << order);

	return order < MAX_PAGE_ORDER - 1 &&
	       is_free_buddy(page, page + (uncle - pfn), order + 1);
}

static __always_inline bool goes_to_tail(struct page *page, unsigned long pfn,
					 unsigned int order, fpi_t fpi_flags)
{
	if (fpi_flags & FPI_TO_TAIL)
		return true;
	if (is_shuffle_order(order))
		return shuffle_pick_tail();
	return merge_is_near(page, pfn, order);
}

/**
 * __free_one_page() - put a chunk on its free list, merged with its buddies
 * @page: its first page
 * @pfn: page frame number of @page, aligned to the size of the chunk
 * @zone: the zone of @page
 * @order: order of the chunk
 * @migratetype: type of its pageblock; a chunk of more than one pageblock has
 *		 to be split first, see split_large_buddy()
 * @fpi_flags: to which end of the list, and whether page reporting is told
 *
 * A task that compacts memory because it needs a chunk of some order gets it
 * right here, before anybody else does.
 *
 * Context: Caller holds zone->lock with interrupts off.
 */
void __free_one_page(struct page *page, unsigned long pfn, struct zone *zone,
		     unsigned int order, int migratetype, fpi_t fpi_flags)
{
	struct capture_control *capture = waiting_compaction(zone);

	VM_WARN_ON_ONCE_PAGE(page->flags & PAGE_FLAGS_CHECK_AT_PREP, page);
	VM_WARN_ON_ONCE_PAGE(!IS_ALIGNED(pfn, 1UL << order), page);
	VM_WARN_ON_ONCE_PAGE(page_zone(page) != zone, page);

	account_freepages(zone, 1 << order, migratetype);
	while (order < MAX_PAGE_ORDER) {
		unsigned long buddy_pfn = pfn ^ (1UL << order);
		struct page *buddy = page + (buddy_pfn - pfn);
		int type = migratetype;

		if (capture_page(capture, page, order, migratetype)) {
			account_freepages(zone, -(1 << order), migratetype);
			return;
		}
		if (!is_free_buddy(page, buddy, order))
			break;
		if (unlikely(order >= pageblock_order)) {
			type = get_pfnblock_migratetype(buddy, buddy_pfn);
			if (!types_merge(type, migratetype))
				break;
		}
		take_off_buddy(zone, buddy, order, type, migratetype);
		if (buddy_pfn < pfn) {
			page = buddy;
			pfn = buddy_pfn;
		}
		order++;
	}
	put_on_list(zone, page, order, migratetype,
		    goes_to_tail(page, pfn, order, fpi_flags));

	if (unlikely(order >= pageblock_order))
		owner_note_empty(page, migratetype);
	if (!(fpi_flags & FPI_SKIP_REPORT_NOTIFY))
		page_reporting_notify_free(order);
}

static __always_inline void take_chunk(struct zone *zone, struct page *page,
				       unsigned int low, unsigned int high,
				       int type)
{
	int taken = 1 << high;

	take_off_list(zone, page, high, type);
	taken -= put_back_rest(zone, page, low, high, type);
	account_freepages(zone, -taken, type);
}

static __always_inline struct page *
take_smallest(struct zone *zone, unsigned int order, int type)
{
	unsigned int high;
	struct page *page;

	for (high = order; high < NR_PAGE_ORDERS; high++) {
		page = first_on_list(zone, high, type);
		if (!page)
			continue;
		take_chunk(zone, page, order, high, type);
		trace_mm_page_alloc_zone_locked(page, order, type,
						order <= PAGE_ALLOC_COSTLY_ORDER &&
						type < MIGRATE_PCPTYPES);
		return page;
	}
	return NULL;
}

/**
 * __rmqueue_smallest() - take a chunk from the lists of one type
 * @zone: the zone
 * @order: order of the chunk
 * @migratetype: the type
 *
 * The smallest chunk that is large enough is split.
 *
 * Context: Caller holds zone->lock with interrupts off.
 * Return: First page of the chunk, or NULL if there is none.
 */
struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
				int migratetype)
{
	return take_smallest(zone, order, migratetype);
}

/*
 * Kernel memory spoils a pageblock of movable pages for as long as it lives,
 * so that it better takes over as much as it can get. Movable pages do no harm
 * elsewhere: they take over a pageblock only if much of it is free.
 */
static bool takes_over(unsigned int chunk_order, int type)
{
	return chunk_order >= pageblock_order / 2 || type != MIGRATE_MOVABLE ||
	       page_group_by_mobility_disabled;
}

static int first_with_chunk(const struct free_area *area,
			    const int types[NR_FALLBACKS])
{
	unsigned int i;

	if (!area->nr_free)
		return -1;
	for (i = 0; i < NR_FALLBACKS; i++)
		if (!list_empty(&area->free_list[types[i]]))
			return types[i];
	return -1;
}

/**
 * find_suitable_fallback() - where an allocation would go on
 * @area: the free lists of one order
 * @order: that order
 * @migratetype: type of the allocation, below MIGRATE_PCPTYPES
 * @only_stealable: look for what could be taken over for good only
 * @can_steal: set to whether that is so
 *
 * Context: Any context; without zone->lock the answer is a hint.
 * Return: A type, or -1 if there is nothing for the allocation.
 */
int find_suitable_fallback(struct free_area *area, unsigned int order,
			   int migratetype, bool only_stealable,
			   bool *can_steal)
{
	int type;

	*can_steal = true;
	if (owner_has_fallback(area, migratetype))
		return owner_hotplug_type();
	type = first_with_chunk(area, fallbacks[migratetype]);
	*can_steal = type != -1 && takes_over(order, migratetype);
	return only_stealable && !*can_steal ? -1 : type;
}

/* What can be isolated can be moved, as far as can be told without trying. */
static void count_pageblock(struct page *page, unsigned int *free,
			    unsigned int *movable)
{
	const struct page *end;
	unsigned int nr_pages;

	page = pfn_to_page(pageblock_start_pfn(page_to_pfn(page)));
	end = page + pageblock_nr_pages;
	*free = 0;
	*movable = 0;
	for (; page < end; page += nr_pages) {
		nr_pages = 1;
		if (PageBuddy(page)) {
			nr_pages = 1U << buddy_order(page);
			*free += nr_pages;
		} else if (PageLRU(page) || __PageMovable(page)) {
			(*movable)++;
		}
	}
}

/*
 * Pages in use that the allocation would be among its like with. Of those that
 * can not be moved nobody knows of which type they are, but in a pageblock of
 * movable pages they are strangers for sure.
 */
static unsigned int count_alike(unsigned int free, unsigned int movable,
				int from, int type)
{
	if (type == MIGRATE_MOVABLE)
		return movable;
	return from == MIGRATE_MOVABLE ? pageblock_nr_pages - free - movable :
					 0;
}

static bool is_worth_taking(struct page *page, int from, int type)
{
	unsigned int free, movable;

	if (page_group_by_mobility_disabled)
		return true;
	count_pageblock(page, &free, &movable);
	return free + count_alike(free, movable, from, type) >=
	       pageblock_nr_pages / 2;
}

static struct page *take_over_chunk(struct zone *zone, struct page *page,
				    unsigned int low, unsigned int high,
				    int from, int type)
{
	take_off_list(zone, page, high, from);
	account_freepages(zone, -(1 << high), from);
	set_chunk_type(page, high, type);
	account_freepages(zone, put_back_rest(zone, page, low, high, type),
			  type);
	return page;
}

/*
 * Each time that types mix, reclaim gets a reason to free some more, so that
 * they mix less.
 */
static void react_to_mixing(struct zone *zone, unsigned int alloc_flags)
{
	if (boost_watermark(zone) && (alloc_flags & ALLOC_KSWAPD))
		set_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
}

static struct page *take_over(struct zone *zone, struct page *page,
			      unsigned int order, unsigned int high, int from,
			      int type, unsigned int alloc_flags)
{
	/* The pages of a high-order reserve are on other lists for a moment. */
	if (get_pageblock_migratetype(page) != from)
		return NULL;
	if (high >= pageblock_order)
		return take_over_chunk(zone, page, order, high, from, type);

	react_to_mixing(zone, alloc_flags);
	if (!zone_has_pageblock(zone, page_to_pfn(page)) ||
	    !is_worth_taking(page, from, type))
		return NULL;
	convert_pageblock(zone, page, from, type);
	return __rmqueue_smallest(zone, order, type);
}

/* The largest chunk first: its pageblock is likely the most free one. */
static struct page *take_over_pageblock(struct zone *zone, unsigned int order,
					int type, unsigned int alloc_flags,
					const int types[NR_FALLBACKS])
{
	const bool whole = alloc_flags & ALLOC_NOFRAGMENT;
	const int least = whole ? max(order, pageblock_order) : order;
	struct page *page;
	int high, from;

	for (high = MAX_PAGE_ORDER; high >= least; high--) {
		from = first_with_chunk(&zone->free_area[high], types);
		if (from == -1)
			continue;
		if (!takes_over(high, type))
			break;
		page = first_on_list(zone, high, from);
		page = take_over(zone, page, order, high, from, type,
				 alloc_flags);
		if (page) {
			trace_mm_page_alloc_extfrag(page, order, high, type,
						    from);
			return page;
		}
	}
	return NULL;
}

/* The pageblock stays what it is, and has a stranger in it. */
static struct page *steal_chunk(struct zone *zone, unsigned int order, int type)
{
	unsigned int high;
	struct page *page;
	int from;

	for (high = order; high < NR_PAGE_ORDERS; high++) {
		from = first_with_chunk(&zone->free_area[high],
					fallbacks[type]);
		if (from == -1)
			continue;
		page = first_on_list(zone, high, from);
		take_chunk(zone, page, order, high, from);
		if (type == MIGRATE_MOVABLE && owner_pages(zone))
			owner_note_movable(page);
		trace_mm_page_alloc_extfrag(page, order, high, type, from);
		return page;
	}
	return NULL;
}

static struct page *take_from_cma(struct zone *zone, unsigned int order,
				  unsigned int alloc_flags)
{
#ifdef CONFIG_CMA
	if (alloc_flags & ALLOC_CMA)
		return __rmqueue_smallest(zone, order, MIGRATE_CMA);
#endif
	return NULL;
}

/* CMA areas are used, too, before they are all that is left. */
static __always_inline bool most_free_is_cma(struct zone *zone,
					     unsigned int alloc_flags)
{
	return IS_ENABLED(CONFIG_CMA) && (alloc_flags & ALLOC_CMA) &&
	       zone_page_state(zone, NR_FREE_CMA_PAGES) >
	       zone_page_state(zone, NR_FREE_PAGES) / 2;
}

static __always_inline struct page *take_own(struct zone *zone,
					     unsigned int order,
					     int migratetype)
{
	struct page *page = NULL;

	if (migratetype == MIGRATE_MOVABLE && owner_free_pages(zone))
		page = take_smallest(zone, order, owner_hotplug_type());
	if (page)
		return page;
	page = take_smallest(zone, order, migratetype);
	if (page && migratetype == MIGRATE_MOVABLE && owner_pages(zone))
		owner_note_movable(page);
	return page;
}

/* The last resort: a stranger in a pageblock does less harm than a block. */
static struct page *claim_any_block(struct zone *zone, unsigned int order,
				    int type, unsigned int alloc_flags)
{
	if (type == MIGRATE_MOVABLE ||
	    !owner_claim_any(zone, order, type, alloc_flags))
		return NULL;
	return __rmqueue_smallest(zone, order, type);
}

static struct page *claim_block(struct zone *zone, unsigned int order,
				int type, unsigned int alloc_flags)
{
	if (!owner_claim(zone, order, type, alloc_flags))
		return NULL;
	return __rmqueue_smallest(zone, order, type);
}

/*
 * Within the memory blocks that kernel memory has already, pageblocks change
 * sides first. A memory block is claimed before types mix in a pageblock.
 */
static struct page *take_over_or_claim(struct zone *zone, unsigned int order,
				       int type, unsigned int alloc_flags)
{
	struct page *page;

	page = take_over_pageblock(zone, order, type, alloc_flags,
				   fallbacks_apart[type]);
	return page ?: claim_block(zone, order, type, alloc_flags);
}

static struct page *take_over_more(struct zone *zone, unsigned int order,
				   int type, unsigned int alloc_flags)
{
	struct page *page = NULL;

	if (type != MIGRATE_MOVABLE && owner_may_claim(zone, alloc_flags)) {
		page = take_over_or_claim(zone, order, type, alloc_flags);
		if (page || (alloc_flags & ALLOC_NOFRAGMENT))
			return page;
	}
	return take_over_pageblock(zone, order, type, alloc_flags,
				   fallbacks[type]);
}

/* The lists of the type asked for are empty. Not often: out of the fast path. */
static noinline struct page *
take_elsewhere(struct zone *zone, unsigned int order, int migratetype,
	       unsigned int alloc_flags, enum rmqueue_mode *mode)
{
	struct page *page = NULL;

	switch (*mode) {
	case RMQUEUE_NORMAL:
	case RMQUEUE_CMA:
		*mode = RMQUEUE_CMA;
		page = take_from_cma(zone, order, alloc_flags);
		if (page)
			return page;
		fallthrough;
	case RMQUEUE_CLAIM:
		*mode = RMQUEUE_NORMAL;
		page = take_over_more(zone, order, migratetype, alloc_flags);
		if (page)
			return page;
		fallthrough;
	case RMQUEUE_STEAL:
		*mode = RMQUEUE_STEAL;
		if (!(alloc_flags & ALLOC_NOFRAGMENT))
			page = steal_chunk(zone, order, migratetype);
		if (page)
			return page;
		*mode = RMQUEUE_NORMAL;
		page = claim_any_block(zone, order, migratetype, alloc_flags);
	}
	return page;
}

/**
 * __rmqueue() - take a chunk, wherever an allocation may take it from
 * @zone: the zone
 * @order: order of the chunk
 * @migratetype: type of the allocation, below MIGRATE_PCPTYPES
 * @alloc_flags: ALLOC_CMA if it may use what is set apart for movable pages,
 *		 ALLOC_NOFRAGMENT if it would rather fail than mix types
 * @mode: where the page before was found; RMQUEUE_NORMAL for the first one
 *	  after zone->lock was taken
 *
 * Context: Caller holds zone->lock with interrupts off.
 * Return: First page of the chunk, or NULL.
 */
struct page *__rmqueue(struct zone *zone, unsigned int order, int migratetype,
		       unsigned int alloc_flags, enum rmqueue_mode *mode)
{
	struct page *page;

	if (most_free_is_cma(zone, alloc_flags)) {
		page = take_from_cma(zone, order, alloc_flags);
		if (page)
			return page;
	}
	if (likely(*mode == RMQUEUE_NORMAL)) {
		page = take_own(zone, order, migratetype);
		if (likely(page))
			return page;
	}
	return take_elsewhere(zone, order, migratetype, alloc_flags, mode);
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "memory_hotplug/tests/buddy_kunit.c"
#endif
