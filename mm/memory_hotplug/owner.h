/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_OWNER_H
#define __MM_MEMORY_HOTPLUG_OWNER_H

/*
 * What the page allocator asks about the owners of memory blocks. All of it is
 * nothing where memory can not leave. Each function is described where it is
 * defined.
 */

#include "../buddy_internal.h"

struct memory_block;

/**
 * enum owner_fallback - what kernel memory does when pinned blocks are full
 * @OWNER_CLAIM: claims a block at once
 * @OWNER_RECLAIM: claims a block if reclaim did not help
 * @OWNER_STRICT: as OWNER_RECLAIM, but leaves blocks alone that firmware calls
 *		  hot-pluggable, and those that were added while the machine
 *		  was running
 */
enum owner_fallback {
	OWNER_CLAIM,
	OWNER_RECLAIM,
	OWNER_STRICT,
};

#ifdef CONFIG_MEMORY_OWNER

/* Flags of a section: who owns its block, and what is worth to know about it. */
#define OWNER_IS_HOTPLUG	BIT(0)
#define OWNER_MEANT_TO_LEAVE	BIT(1)
#define OWNER_HAS_MOVABLE	BIT(2)
#define OWNER_IS_SET_ASIDE	BIT(3)

extern enum owner_fallback owner_fallback;

/* owner.c */
bool owner_is_split(void);
int owner_boot_type(unsigned long pfn);
int owner_online_type(void);
void owner_block_online(struct zone *zone, unsigned long start_pfn,
			unsigned long nr_pages);
void owner_block_offline(struct zone *zone, unsigned long start_pfn,
			 unsigned long nr_pages);
int owner_pageblock_type(struct page *page, int type);
bool owner_is_hotplug(unsigned long pfn);
bool owner_is_set_aside(unsigned long pfn);
bool owner_claim(struct zone *zone, unsigned int order, int type,
		 unsigned int alloc_flags);
bool owner_claim_any(struct zone *zone, unsigned int order, int type,
		     unsigned int alloc_flags);
bool owner_claim_last(unsigned int order, struct zonelist *zonelist,
		      nodemask_t *nodemask, enum zone_type highest, int type);
bool owner_forget_movable(struct zone *zone, unsigned long start_pfn);
bool owner_set_aside(struct zone *zone, unsigned long first_pfn,
		     unsigned long end_pfn);
bool owner_release(struct zone *zone, unsigned long start_pfn);

/* owner_cma.c */
#ifdef CONFIG_CMA
bool owner_has_cma(unsigned long start_pfn, unsigned long end_pfn);

static inline int owner_cma_type(void)
{
	return MIGRATE_CMA;
}
#else
static inline int owner_cma_type(void)
{
	return MIGRATE_MOVABLE;
}

static inline bool owner_has_cma(unsigned long start_pfn, unsigned long end_pfn)
{
	return false;
}
#endif

/* owner_balance.c */
bool owner_has_room(const struct zone *zone);
struct zone *owner_staying_zone(int nid, enum zone_type highest);
bool owner_leaves_now(struct zone *zone);
void owner_balance(void);
void owner_note_empty(const struct page *page, int type);
bool owner_has_no_room(struct zone *zone);

static inline int owner_hotplug_type(void)
{
	return MIGRATE_HOTPLUG;
}

/* Free pages of a zone that are for movable memory only. */
static inline unsigned long owner_free_pages(const struct zone *zone)
{
	return READ_ONCE(zone->nr_free_hotplug);
}

static inline unsigned long owner_pages(const struct zone *zone)
{
	return READ_ONCE(zone->nr_hotplug);
}

static inline void owner_account_free(struct zone *zone, int nr_pages)
{
	WRITE_ONCE(zone->nr_free_hotplug, zone->nr_free_hotplug + nr_pages);
}

/* Each section knows how many free chunks of the largest order it has. */
static inline void owner_note_largest(const struct page *page, int type,
				      int change)
{
	if (is_migrate_hotplug(type))
		__pfn_to_section(page_to_pfn(page))->usage->largest_free +=
			change;
}

/* A page of a pinned block goes to somebody who would be better off elsewhere. */
static inline void owner_note_movable(const struct page *page)
{
	struct mem_section_usage *usage =
		__pfn_to_section(page_to_pfn(page))->usage;

	WRITE_ONCE(usage->owner, usage->owner | OWNER_HAS_MOVABLE);
}

/*
 * May an allocation that can not be moved claim a block of a zone, if it gets
 * that far? What can not wait can not reclaim first.
 */
static inline bool owner_may_claim(const struct zone *zone,
				   unsigned int alloc_flags)
{
	if (!owner_free_pages(zone))
		return false;
	if (likely(READ_ONCE(owner_fallback) == OWNER_CLAIM))
		return true;
	if (READ_ONCE(owner_fallback) == OWNER_STRICT &&
	    !READ_ONCE(zone->nr_claimable))
		return false;
	return alloc_flags & (ALLOC_NON_BLOCK | ALLOC_OOM |
			      ALLOC_NO_WATERMARKS | ALLOC_CLAIM);
}

/* Free pages that an allocation can not have, whatever it does. */
static inline unsigned long owner_unusable_free(const struct zone *zone,
						unsigned int alloc_flags)
{
	if (likely(READ_ONCE(owner_fallback) == OWNER_CLAIM) ||
	    (alloc_flags & (ALLOC_CMA | ALLOC_CLAIM)) ||
	    owner_may_claim(zone, alloc_flags))
		return 0;
	return owner_free_pages(zone);
}

/* Does a zone have nothing for movable memory but what was meant to leave? */
static inline bool owner_is_meant_to_leave(const struct zone *zone)
{
	return owner_pages(zone) && !READ_ONCE(zone->nr_claimable);
}

/* Was all that a zone has for movable memory meant to leave? */
static inline bool owner_all_meant_to_leave(const struct zone *zone)
{
	return !READ_ONCE(zone->nr_claimable) && owner_free_pages(zone);
}

/*
 * In its first attempt, kernel memory passes over a zone where it would have
 * to claim a block that was meant to leave: the zone below may have others.
 * Movable memory passes over it while blocks of it leave.
 */
static inline bool owner_passes_over(struct zone *zone,
				     unsigned int alloc_flags)
{
	if (!(alloc_flags & ALLOC_NOFRAGMENT))
		return false;
	if (alloc_flags & ALLOC_CMA)
		return unlikely(READ_ONCE(zone->nr_isolate_pageblock)) &&
		       owner_leaves_now(zone);
	return unlikely(owner_all_meant_to_leave(zone)) &&
	       owner_has_no_room(zone);
}

/* Is there a chunk in a hotplug block that an allocation could have? */
static inline bool owner_has_usable(const struct zone *zone,
				    const struct free_area *area,
				    unsigned int alloc_flags)
{
	return !list_empty(&area->free_list[MIGRATE_HOTPLUG]) &&
	       ((alloc_flags & ALLOC_CMA) ||
		owner_may_claim(zone, alloc_flags));
}

/* The same, as compaction sees it. */
static inline bool owner_has_fallback(const struct free_area *area,
				      int migratetype)
{
	return !list_empty(&area->free_list[MIGRATE_HOTPLUG]) &&
	       (migratetype == MIGRATE_MOVABLE ||
		READ_ONCE(owner_fallback) == OWNER_CLAIM);
}

/* Where compaction finds movable pages, and room for them. */
static inline struct list_head *owner_movable_list(struct free_area *area)
{
	struct list_head *hotplug = &area->free_list[MIGRATE_HOTPLUG];

	return list_empty(hotplug) ? &area->free_list[MIGRATE_MOVABLE] :
				     hotplug;
}

/*
 * Slab pages among reclaimable ones go when the caches are shrunk. What is left
 * in a block that was set aside are mostly empty slabs, which go as well.
 */
static inline bool owner_can_shrink(const struct page *page)
{
	const int type = get_pageblock_migratetype(page);

	return PageSlab(page) &&
	       (type == MIGRATE_RECLAIMABLE || is_migrate_hotplug(type));
}

#else /* !CONFIG_MEMORY_OWNER */

static inline int owner_boot_type(unsigned long pfn)
{
	return MIGRATE_MOVABLE;
}

static inline int owner_online_type(void)
{
	return MIGRATE_MOVABLE;
}

static inline void owner_block_online(struct zone *zone,
				      unsigned long start_pfn,
				      unsigned long nr_pages)
{
}

static inline int owner_pageblock_type(struct page *page, int type)
{
	return type;
}

static inline bool owner_is_hotplug(unsigned long pfn)
{
	return false;
}

static inline bool owner_is_set_aside(unsigned long pfn)
{
	return false;
}

static inline bool owner_claim(struct zone *zone, unsigned int order, int type,
			       unsigned int alloc_flags)
{
	return false;
}

static inline bool owner_claim_any(struct zone *zone, unsigned int order,
				   int type, unsigned int alloc_flags)
{
	return false;
}

static inline bool owner_claim_last(unsigned int order,
				    struct zonelist *zonelist,
				    nodemask_t *nodemask,
				    enum zone_type highest, int type)
{
	return false;
}

static inline void owner_note_empty(const struct page *page, int type)
{
}

static inline int owner_hotplug_type(void)
{
	return MIGRATE_MOVABLE;
}

static inline unsigned long owner_free_pages(const struct zone *zone)
{
	return 0;
}

static inline unsigned long owner_pages(const struct zone *zone)
{
	return 0;
}

static inline bool owner_has_room(const struct zone *zone)
{
	return false;
}

static inline struct zone *owner_staying_zone(int nid, enum zone_type highest)
{
	return NULL;
}

static inline bool owner_is_meant_to_leave(const struct zone *zone)
{
	return false;
}

static inline void owner_account_free(struct zone *zone, int nr_pages)
{
}

static inline void owner_note_largest(const struct page *page, int type,
				      int change)
{
}

static inline void owner_note_movable(const struct page *page)
{
}

static inline bool owner_may_claim(const struct zone *zone,
				   unsigned int alloc_flags)
{
	return false;
}

static inline unsigned long owner_unusable_free(const struct zone *zone,
						unsigned int alloc_flags)
{
	return 0;
}

static inline bool owner_passes_over(struct zone *zone,
				     unsigned int alloc_flags)
{
	return false;
}

static inline bool owner_has_usable(const struct zone *zone,
				    const struct free_area *area,
				    unsigned int alloc_flags)
{
	return false;
}

static inline bool owner_has_fallback(const struct free_area *area,
				      int migratetype)
{
	return false;
}

static inline struct list_head *owner_movable_list(struct free_area *area)
{
	return &area->free_list[MIGRATE_MOVABLE];
}

static inline bool owner_can_shrink(const struct page *page)
{
	return false;
}

#endif /* CONFIG_MEMORY_OWNER */

#endif /* __MM_MEMORY_HOTPLUG_OWNER_H */
