/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_INTERNAL_H

/*
 * What the files of mm/memory_hotplug/ share. Each function is described
 * where it is defined.
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/migrate_mode.h>
#include <linux/nodemask.h>

#include "operation.h"

#define MHP_NAME	"memory_hotplug"

/**
 * struct mhp_spans - what a zone and its node span
 * @zone_start: first page frame of the zone
 * @zone_pages: length of the zone, in pages
 * @node_start: first page frame of the node
 * @node_pages: length of the node, in pages
 */
struct mhp_spans {
	unsigned long zone_start;
	unsigned long zone_pages;
	unsigned long node_start;
	unsigned long node_pages;
};

/**
 * struct mhp_member - a memory block that takes part in an operation
 * @mem: the block
 * @zone: the zone it is in, or is to be in
 * @start_pfn: first page frame of the block
 * @nr_pages: pages of the block
 * @memmap_pages: how many of them, from the start, hold the block's own
 *		  memory map and never take part in onlining
 * @notify: what notifiers are told about the block
 * @pageblock_types: the types that its pageblocks had before isolation
 * @leads_zone: the first block of the operation in its zone; what has to be
 *		done once for a zone is done for this block
 * @next_leader: the next block that leads a zone, for the first block only
 *		 and those after it
 * @spans: what zone and node spanned before, of a block that leads its zone
 */
struct mhp_member {
	struct memory_block *mem;
	struct zone *zone;
	unsigned long start_pfn;
	unsigned long nr_pages;
	unsigned long memmap_pages;
	struct memory_notify notify;
	u8 *pageblock_types;
	bool leads_zone;
	struct mhp_member *next_leader;
	struct mhp_spans spans;
};

/**
 * struct mhp_block_operation - an operation on memory blocks that exist
 * @operation: the engine's part
 * @members: the blocks, ascending; operation.nr_units of them
 * @online_type: where to online to
 * @first_leader: the first block that leads a zone, or NULL
 * @pages_are_free: the pages of blocks that go online can be given to the
 *		    allocator as they are
 */
struct mhp_block_operation {
	struct mhp_operation operation;
	struct mhp_member *members;
	enum mmop online_type;
	struct mhp_member *first_leader;
	bool pages_are_free;
};

static inline struct mhp_block_operation *
to_block_operation(struct mhp_operation *operation)
{
	return container_of(operation, struct mhp_block_operation, operation);
}

/* The pages of a block that go online and offline, without its memory map. */
static inline unsigned long mhp_usable_start(const struct mhp_member *member)
{
	return member->start_pfn + member->memmap_pages;
}

static inline unsigned long mhp_usable_pages(const struct mhp_member *member)
{
	return member->nr_pages - member->memmap_pages;
}

static inline unsigned long mhp_member_end(const struct mhp_member *member)
{
	return member->start_pfn + member->nr_pages;
}

/* A driver with a dynamic group gives out and takes back pages one by one. */
static inline bool mhp_driver_managed(const struct memory_block *mem)
{
	return mem->group && mem->group->is_dynamic;
}

/* progress.c: the operation that runs */
void mhp_progress_begin(struct mhp_operation *operation);
void mhp_progress_end(const struct mhp_operation *operation);
unsigned long mhp_call_back(void);

/* members.c: the blocks of an operation */
struct mhp_member *mhp_next_member(const struct mhp_block_operation *blocks,
				   const struct mhp_member *previous);
struct mhp_block_operation *
mhp_block_operation_alloc(const struct mhp_operation_type *type,
			  struct memory_block **blocks, unsigned int nr_blocks);
void mhp_block_operation_free(struct mhp_block_operation *blocks);
void mhp_set_zone(struct mhp_block_operation *blocks, struct mhp_member *member,
		  struct zone *zone);

/* add.c, remove.c, online.c, offline.c: the tables */
extern const struct mhp_operation_type mhp_add_type;
extern const struct mhp_operation_type mhp_remove_type;
extern const struct mhp_operation_type mhp_online_type;
extern const struct mhp_operation_type mhp_offline_type;

/* offline.c */
u64 mhp_offline_deadline(void);
void mhp_tell_failure(const struct mhp_operation *operation);

/* online.c */
bool mhp_online_callback_is_set(void);
void mhp_return_blocks(struct memory_block **blocks, unsigned int nr_blocks,
		       struct zone **zones);

/* fault.c */
#ifdef CONFIG_MEMORY_HOTPLUG_FAULT_INJECTION
int mhp_fault_injected(const struct mhp_operation_type *type,
		       unsigned int step);
#else
static inline int mhp_fault_injected(const struct mhp_operation_type *type,
				     unsigned int step)
{
	return 0;
}
#endif

/**
 * enum mhp_stay - why a page that is to be moved stays where it is
 * @MHP_MOVES: it does not
 * @MHP_STAYS_LOCKED: somebody has locked it
 * @MHP_STAYS_WRITEBACK: it is being written
 * @MHP_STAYS_DIRTY: it has to be written before it can move
 * @MHP_STAYS_HELD: somebody has a reference that nobody else knows of
 * @MHP_STAYS_OFF_LIST: it is on its way from one list to another
 * @MHP_STAYS_NO_ROOM: there is no memory to move it to
 * @MHP_STAYS_NO_TIME: the operation is about to end
 * @MHP_STAYS_POISONED: it has a hardware error and is in use
 * @MHP_STAYS_UNMOVABLE: nobody knows how to move it
 * @NR_MHP_STAYS: number of reasons
 */
enum mhp_stay {
	MHP_MOVES,
	MHP_STAYS_LOCKED,
	MHP_STAYS_WRITEBACK,
	MHP_STAYS_DIRTY,
	MHP_STAYS_HELD,
	MHP_STAYS_OFF_LIST,
	MHP_STAYS_NO_ROOM,
	MHP_STAYS_NO_TIME,
	MHP_STAYS_POISONED,
	MHP_STAYS_UNMOVABLE,
	NR_MHP_STAYS,
};

/* Nobody could move it, however long one waits. */
static inline bool mhp_stays_for_good(enum mhp_stay stay)
{
	return stay == MHP_STAYS_UNMOVABLE || stay == MHP_STAYS_POISONED;
}

/**
 * struct mhp_tally - what became of pages
 * @moved: how many have moved
 * @dropped: how many were dropped instead
 * @left: how many stay
 * @first_pfn: the first of those that stay
 * @first_stay: why that one stays
 * @needs_writing: one may move when it has been written
 * @pool: a huge page of a pool has moved, and may be a free one of it now
 * @no_room: a small one stays for want of memory, so all others would
 */
struct mhp_tally {
	unsigned long moved;
	unsigned long dropped;
	unsigned long left;
	unsigned long first_pfn;
	enum mhp_stay first_stay;
	bool needs_writing;
	bool pool;
	bool no_room;
};

/**
 * struct mhp_targets - where pages may go
 * @reason: why pages move, for those who want to know where a page came from
 * @gfp: how hard to look for room there
 * @movable_zone: ZONE_MOVABLE has room for what may be there
 * @other_nodes: to other nodes, too, if there is no room on the own one
 * @locked: the caller holds mem_hotplug_lock
 * @operation: nothing more moves when it is about to end; may be NULL
 * @over: nor when this is set by who started it; may be NULL
 * @modest: others who want to run on this CPU come first
 */
struct mhp_targets {
	enum migrate_reason reason;
	gfp_t gfp;
	bool movable_zone;
	bool other_nodes;
	bool locked;
	const struct mhp_operation *operation;
	const bool *over;
	bool modest;
};

/**
 * struct mhp_collection - isolated pages that are about to move
 * @folios: the pages
 * @nr_pages: how many
 * @tally: who is told what becomes of them
 * @count_only: there is no room for anything: do not isolate, count
 * @for_alloc: free huge pages of a pool are in the way as well
 * @alloc_pfn: first page frame of the whole range then
 */
struct mhp_collection {
	struct list_head folios;
	unsigned long nr_pages;
	struct mhp_tally *tally;
	bool count_only;
	bool for_alloc;
	unsigned long alloc_pfn;
};

/* evacuate.c: moves pages */
bool mhp_is_first(const struct mhp_tally *tally, unsigned long pfn,
		  enum mhp_stay stay);
void mhp_note_stay(struct mhp_tally *tally, unsigned long pfn,
		   unsigned long nr_pages, enum mhp_stay stay);
unsigned long try_to_migrate_pages(struct list_head *folios,
				   const struct mhp_targets *targets,
				   struct mhp_tally *tally);

/* evacuate_target.c: where to */
struct mhp_targets mhp_targets_for(const struct mhp_block_operation *blocks);
struct folio *mhp_alloc_target(const struct mhp_targets *targets,
			       struct folio *folio, bool reclaim);

/**
 * struct mhp_wish - where the owner of a page wants its memory
 * @wanted: nodes of its memory policy, as far as they are allowed
 * @allowed: nodes of its cpuset
 */
struct mhp_wish {
	nodemask_t wanted;
	nodemask_t allowed;
};

/* evacuate_policy.c: on which nodes */
#ifdef CONFIG_NUMA
bool mhp_ask_owner(struct folio *folio, struct mhp_wish *wish);
#else
static inline bool mhp_ask_owner(struct folio *folio, struct mhp_wish *wish)
{
	return false;
}
#endif

/* collect.c: which pages */
void mhp_collect(struct mhp_collection *collection, unsigned long pfn,
		 unsigned long end_pfn);
void mhp_move_collected(struct mhp_collection *collection,
			const struct mhp_targets *targets);
unsigned long mhp_evacuate_range(unsigned long pfn, unsigned long end_pfn);

/* crew.c: on which CPUs */
enum mhp_result mhp_empty_once(struct mhp_block_operation *blocks,
			       bool locked, struct mhp_tally *tally);
enum mhp_result mhp_empty_range_once(unsigned long pfn, unsigned long end_pfn,
				     const struct mhp_targets *targets,
				     struct mhp_tally *tally);

/* empty.c: how often */
enum mhp_result mhp_empty(struct mhp_block_operation *blocks,
			  enum mhp_result (*finish)(struct mhp_block_operation *));

/* blockers.c */
unsigned long mhp_count_unmovable(unsigned long start_pfn,
				  unsigned long end_pfn, unsigned long limit);
void mhp_query_block(struct memory_block *mem,
		     struct mhp_blocker blockers[NR_MHP_BLOCKERS],
		     struct mhp_query *query);
unsigned long mhp_first_unmovable(const struct mhp_member *member,
				  unsigned long pfn);
unsigned long mhp_look_before_offline(const struct mhp_member *member,
				      unsigned long *movable);

/* notify.c */
enum mhp_result mhp_notify_all(struct mhp_block_operation *blocks,
			       enum memory_block_state going,
			       enum memory_block_state cancel);
void mhp_notify_cancel_all(struct mhp_block_operation *blocks,
			   enum memory_block_state cancel);

/* zone.c */
struct zone *mhp_choose_zone(struct mhp_block_operation *blocks,
			     const struct mhp_member *member);

/**
 * enum mhp_page_state - what pages are when their memory map was written
 * @MHP_PAGES_FREE: without a reference, ready for a free list
 * @MHP_PAGES_OFFLINE: PageOffline with a reference, ready for the callback that
 *		       decides about pages that go online
 * @MHP_PAGES_OF_MEMMAP: they hold the memory map of their block
 */
enum mhp_page_state {
	MHP_PAGES_FREE,
	MHP_PAGES_OFFLINE,
	MHP_PAGES_OF_MEMMAP,
};

/* fill.c */
void mhp_fill_range(struct zone *zone, unsigned long start_pfn,
		    unsigned long nr_pages, int migratetype,
		    enum mhp_page_state state);
void mhp_fill_blocks(struct mhp_block_operation *blocks);

/* bookkeeping.c */
u64 mhp_bookkeeping_bytes(u64 size, bool carries_map);
u64 mhp_obtainable_bytes(void);

/* span.c */
void mhp_zone_add_range(struct zone *zone, unsigned long start_pfn,
			unsigned long nr_pages);
void mhp_zone_remove_range(struct zone *zone, unsigned long start_pfn,
			   unsigned long nr_pages);
void mhp_zone_settle(struct zone *zone);
struct mhp_spans mhp_spans_of(const struct zone *zone);
void mhp_restore_spans(struct zone *zone, const struct mhp_spans *spans);
void mhp_adjust_present(struct zone *zone, struct memory_group *group,
			unsigned long pfn, long nr_pages);

/* memmap.c */
unsigned long mhp_memmap_pages(mhp_t mhp_flags);
int mhp_memmap_online(const struct mhp_member *member);
void mhp_memmap_offline(const struct mhp_member *member);

/* node.c */
int mhp_node_add(int nid);
void mhp_node_remove(int nid);

#endif /* __MM_MEMORY_HOTPLUG_INTERNAL_H */
