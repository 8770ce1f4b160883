// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Offlining
 *
 * Takes memory blocks from usable to offline, all of them or none. After a look
 * whether they can leave at all the blocks are isolated together, so that the
 * allocator hands out none of their pages any more, caches that have objects in
 * them are shrunk, notifiers are asked, then the blocks are emptied together, and
 * when every page is free they are withdrawn from the allocator. Withdrawing can
 * not fail. Whatever fails before it lifts the isolation again and gives every
 * pageblock the type that it had, so that all free memory of the blocks is
 * usable as before.
 *
 * Emptying takes long, and needs no lock besides device_hotplug_lock.
 * mem_hotplug_lock, and CPU hotplug with it, is held while notifiers are
 * called and from the end of the emptying on. Zone by zone the per-CPU page
 * lists are then switched off for a moment, to see that no page hides there.
 * All of it ends by the deadline (memory_hotplug.offline_timeout), on a signal,
 * or when nothing moves any more.
 */

#include <linux/hugetlb.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/compaction.h>
#include <linux/moduleparam.h>
#include <linux/page-isolation.h>
#include <linux/page_owner.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/writeback.h>

#include "../internal.h"
#include "internal.h"
#include "owner.h"

#define TIMEOUT_MIN_SECONDS	1
#define TIMEOUT_MAX_SECONDS	3600
#define SHRINK_ROUNDS		3

static unsigned int offline_timeout __read_mostly = 30;

static int set_timeout(const char *word, const struct kernel_param *kp)
{
	return param_set_uint_minmax(word, kp, TIMEOUT_MIN_SECONDS,
				     TIMEOUT_MAX_SECONDS);
}

static const struct kernel_param_ops timeout_ops = {
	.set = set_timeout,
	.get = param_get_uint,
};
module_param_cb(offline_timeout, &timeout_ops, &offline_timeout, 0644);
MODULE_PARM_DESC(offline_timeout, "seconds after which an offline gives up, 1 to 3600 (default 30)");

static struct mhp_member *member_of(struct mhp_operation *operation,
				    unsigned int unit)
{
	return &to_block_operation(operation)->members[unit];
}

static int count_pages(unsigned long start_pfn, unsigned long nr_pages,
		       void *total)
{
	*(unsigned long *)total += nr_pages;
	return 0;
}

static bool has_holes(const struct mhp_member *member)
{
	unsigned long pages = 0;

	walk_system_ram_range(member->start_pfn, member->nr_pages, &pages,
			      count_pages);
	return pages != member->nr_pages;
}

static enum mhp_result check_block(struct mhp_operation *operation,
				   unsigned int unit)
{
	struct mhp_member *member = member_of(operation, unit);
	struct zone *zone = member->mem->zone;

	if (member->mem->state != MEM_ONLINE)
		return MHP_BAD_REQUEST;
	if (has_holes(member))
		return MHP_HOLES;
	if (!zone || page_zone(pfn_to_page(member->start_pfn)) != zone ||
	    page_zone(pfn_to_page(mhp_member_end(member) - 1)) != zone)
		return MHP_ZONES;

	mhp_set_zone(to_block_operation(operation), member, zone);
	member->mem->state = MEM_GOING_OFFLINE;
	return MHP_DONE;
}

static void stay_online(struct mhp_operation *operation, unsigned int unit)
{
	member_of(operation, unit)->mem->state = MEM_ONLINE;
}

#ifdef CONFIG_HUGETLB_PAGE
static unsigned long free_huge_pages(void)
{
	unsigned long pages = 0;
	struct hstate *size;

	for_each_hstate(size)
		pages += size->free_huge_pages * pages_per_huge_page(size);
	return pages;
}
#else
static unsigned long free_huge_pages(void)
{
	return 0;
}
#endif

/*
 * What leaves must find room in what stays. The bound is generous: every page
 * that is free, could be dropped or could be swapped out counts as room, and
 * so do free huge pages, which need none. What does not fit even then would
 * only drive the machine into the OOM killer. Nobody but its driver knows how
 * much of a driver's block is in use.
 */
static enum mhp_result look_for_room(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);
	const struct mhp_member *member = NULL;
	unsigned long room, leaving = 0;

	while ((member = mhp_next_member(blocks, member)))
		if (!mhp_driver_managed(member->mem))
			leaving += mhp_usable_pages(member);
	room = global_zone_page_state(NR_FREE_PAGES) + free_huge_pages() +
	       global_node_page_state(NR_INACTIVE_FILE) +
	       global_node_page_state(NR_ACTIVE_FILE) +
	       global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
	       global_node_page_state_pages(NR_KERNEL_MISC_RECLAIMABLE) +
	       max(get_nr_swap_pages(), 0L);
	return room < leaving ? MHP_NO_ROOM : MHP_DONE;
}

/*
 * What can not leave is told before anything happens to the others. It is only
 * a look: the isolation, and what comes after it, will see what the look missed.
 */
static enum mhp_result look_for_blockers(struct mhp_operation *operation,
					 unsigned int unit)
{
	unsigned long movable = operation->pages_left;

	operation->culprit_pfn =
		mhp_look_before_offline(member_of(operation, unit), &movable);
	WRITE_ONCE(operation->pages_left, movable);
	return operation->culprit_pfn ? MHP_UNMOVABLE : MHP_DONE;
}

/* A pageblock that somebody isolated at that moment is movable. */
static u8 type_to_restore(unsigned long pfn)
{
	const int type = get_pageblock_migratetype(pfn_to_page(pfn));

	return is_migrate_isolate(type) ? MIGRATE_MOVABLE : type;
}

static void restore_pageblocks(const struct mhp_member *member,
			       unsigned long end_pfn)
{
	unsigned long pfn = mhp_usable_start(member);
	const u8 *type = member->pageblock_types;

	for (; pfn < end_pfn; pfn += pageblock_nr_pages)
		undo_isolate_page_range(pfn, pfn + pageblock_nr_pages, *type++);
}

/*
 * One pageblock at a time: a longer range that can not be isolated as a whole
 * is given back as movable, whatever it was.
 */
static enum mhp_result isolate_block(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_member *member = member_of(operation, unit);
	const unsigned long end_pfn = mhp_member_end(member);
	unsigned long pfn = mhp_usable_start(member);
	u8 *type = member->pageblock_types;

	for (; pfn < end_pfn; pfn += pageblock_nr_pages) {
		*type++ = type_to_restore(pfn);
		if (start_isolate_page_range(pfn, pfn + pageblock_nr_pages,
					     MIGRATE_MOVABLE, MEMORY_OFFLINE,
					     GFP_KERNEL))
			break;
	}
	if (pfn >= end_pfn)
		return MHP_DONE;
	restore_pageblocks(member, pfn);
	operation->culprit_pfn = mhp_first_unmovable(member, pfn);
	return MHP_UNMOVABLE;
}

static void restore_block(struct mhp_operation *operation, unsigned int unit)
{
	const struct mhp_member *member = member_of(operation, unit);

	restore_pageblocks(member, mhp_member_end(member));
}

static bool pageblock_has_slab(unsigned long pfn)
{
	const unsigned long end_pfn = pageblock_end_pfn(pfn);

	for (; pfn < end_pfn; pfn++)
		if (PageSlab(pfn_to_page(pfn)))
			return true;
	return false;
}

/* In other pageblocks, a slab would have kept the block from being isolated. */
static bool may_have_slabs(const struct mhp_member *member, int type)
{
	return type == MIGRATE_RECLAIMABLE ||
	       (is_migrate_hotplug(type) &&
		owner_is_set_aside(mhp_usable_start(member)));
}

static unsigned long first_slab(const struct mhp_member *member)
{
	const unsigned long end_pfn = mhp_member_end(member);
	unsigned long pfn = mhp_usable_start(member);
	const u8 *type = member->pageblock_types;

	for (; pfn < end_pfn; pfn += pageblock_nr_pages) {
		if (may_have_slabs(member, *type++) && pageblock_has_slab(pfn))
			return pfn;
		cond_resched();
	}
	return 0;
}

static bool any_has_slabs(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;

	while ((member = mhp_next_member(blocks, member)))
		if (first_slab(member))
			return true;
	return false;
}

/*
 * What the caches give up is freed after a grace period, and only then others
 * may let go of what it has referred to. Empty slabs are given back when the
 * allocator of slabs hears of the offline.
 */
static enum mhp_result shrink_caches(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);
	unsigned int round = 0;

	while (round++ < SHRINK_ROUNDS && any_has_slabs(blocks) &&
	       !mhp_operation_pending(operation)) {
		drop_slab();
		rcu_barrier();
	}
	return MHP_DONE;
}

/*
 * The allocator of slabs has given back the empty ones, some of them after a
 * grace period. What is left stays: before anything is moved is the time to say
 * so.
 */
static enum mhp_result look_for_slabs(struct mhp_operation *operation,
				      unsigned int unit)
{
	const struct mhp_member *member = member_of(operation, unit);
	unsigned long pfn;

	if (!first_slab(member))
		return MHP_DONE;
	rcu_barrier();
	pfn = first_slab(member);
	if (!pfn)
		return MHP_DONE;
	operation->culprit_pfn = mhp_first_unmovable(member, pfn);
	return MHP_UNMOVABLE;
}

static enum mhp_result lock_memory(struct mhp_operation *operation,
				   unsigned int unit)
{
	mem_hotplug_begin();
	return MHP_DONE;
}

static void unlock_memory(struct mhp_operation *operation, unsigned int unit)
{
	mem_hotplug_done();
}

/* Pages of the blocks that are on a node, in zones up to a type. */
static unsigned long leaving_pages(struct mhp_block_operation *blocks, int nid,
				   enum zone_type highest)
{
	const struct mhp_member *member = NULL;
	unsigned long pages = 0;

	while ((member = mhp_next_member(blocks, member)))
		if (zone_to_nid(member->zone) == nid &&
		    zone_idx(member->zone) <= highest)
			pages += member->nr_pages;
	return pages;
}

static bool node_loses_all(struct mhp_block_operation *blocks, int nid,
			   enum zone_type highest)
{
	const struct zone *zones = NODE_DATA(nid)->node_zones;
	unsigned long present = 0;
	enum zone_type type;

	for (type = 0; type <= highest; type++)
		present += zones[type].present_pages;
	return leaving_pages(blocks, nid, highest) >= present;
}

static struct mhp_member *last_member_on(struct mhp_block_operation *blocks,
					 int nid, enum zone_type highest)
{
	struct mhp_member *member = NULL, *last = NULL;

	while ((member = mhp_next_member(blocks, member)))
		if (zone_to_nid(member->zone) == nid &&
		    zone_idx(member->zone) <= highest)
			last = member;
	return last;
}

/* The last block of the operation on a node takes the node its memory. */
static void foresee_node_states(struct mhp_block_operation *blocks)
{
	struct mhp_member *last;
	int nid;

	for_each_node_state(nid, N_MEMORY) {
		last = last_member_on(blocks, nid, ZONE_MOVABLE);
		if (last && node_loses_all(blocks, nid, ZONE_MOVABLE))
			last->notify.status_change_nid = nid;
		last = last_member_on(blocks, nid, ZONE_NORMAL);
		if (last && node_loses_all(blocks, nid, ZONE_NORMAL))
			last->notify.status_change_nid_normal = nid;
	}
}

static enum mhp_result ask_notifiers(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);
	enum mhp_result result;

	foresee_node_states(blocks);
	mem_hotplug_begin();
	result = mhp_notify_all(blocks, MEM_GOING_OFFLINE, MEM_CANCEL_OFFLINE);
	mem_hotplug_done();
	return result;
}

static void tell_cancelled(struct mhp_operation *operation, unsigned int unit)
{
	mem_hotplug_begin();
	mhp_notify_cancel_all(to_block_operation(operation),
			      MEM_CANCEL_OFFLINE);
	mem_hotplug_done();
}

static enum mhp_result evacuate_blocks(struct mhp_operation *operation,
				       unsigned int unit)
{
	return mhp_empty(to_block_operation(operation), NULL);
}

/* Free huge pages are still huge pages; their pool has to let go of them. */
static enum mhp_result dissolve_huge_pages(struct mhp_block_operation *blocks)
{
	struct mhp_member *member = NULL;
	int error;

	while ((member = mhp_next_member(blocks, member))) {
		error = dissolve_free_hugetlb_folios(mhp_usable_start(member),
						     mhp_member_end(member));
		if (error)
			return error == -ENOMEM ? MHP_NO_MEMORY : MHP_HELD;
	}
	return MHP_DONE;
}

static bool block_is_clear(const struct mhp_member *member)
{
	return !test_pages_isolated(mhp_usable_start(member),
				    mhp_member_end(member), MEMORY_OFFLINE);
}

/*
 * Once all pages of a zone's blocks are seen free with the per-CPU lists off,
 * none of them can leave the free lists any more, so that the lists can be
 * switched on again before the next zone.
 */
static bool zone_is_clear(struct mhp_block_operation *blocks,
			  struct zone *zone)
{
	const struct mhp_member *member = NULL;
	bool clear = true;

	zone_pcp_disable(zone);
	while (clear && (member = mhp_next_member(blocks, member)))
		clear = member->zone != zone || block_is_clear(member);
	zone_pcp_enable(zone);
	return clear;
}

static enum mhp_result finish_evacuation(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;
	enum mhp_result result;

	result = dissolve_huge_pages(blocks);
	if (result != MHP_DONE)
		return result;
	while ((member = mhp_next_member(blocks, member)))
		if (member->leads_zone && !zone_is_clear(blocks, member->zone))
			return MHP_HELD;
	return MHP_DONE;
}

static enum mhp_result settle_blocks(struct mhp_operation *operation,
				     unsigned int unit)
{
	return mhp_empty(to_block_operation(operation), finish_evacuation);
}

static void withdraw_block(const struct mhp_member *member)
{
	const unsigned long start_pfn = mhp_usable_start(member);
	struct zone *zone = member->zone;
	unsigned long flags, managed;

	owner_block_offline(zone, member->start_pfn, member->nr_pages);
	managed = __offline_isolated_pages(start_pfn, mhp_member_end(member));
	spin_lock_irqsave(&zone->lock, flags);
	zone->nr_isolate_pageblock -= mhp_usable_pages(member) >> pageblock_order;
	spin_unlock_irqrestore(&zone->lock, flags);

	adjust_managed_page_count(pfn_to_page(start_pfn), -managed);
	mhp_adjust_present(zone, member->mem->group, member->start_pfn,
			   -(long)member->nr_pages);
}

static void depopulate_node(const struct mhp_member *member)
{
	if (member->notify.status_change_nid_normal >= 0)
		node_clear_state(zone_to_nid(member->zone), N_NORMAL_MEMORY);
	if (member->notify.status_change_nid >= 0)
		node_clear_state(zone_to_nid(member->zone), N_MEMORY);
}

/* A node must have lost its memory state before zonelists are rebuilt. */
static void depopulate_zones(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;
	bool zonelists_change = false;

	while ((member = mhp_next_member(blocks, member)))
		depopulate_node(member);
	while ((member = mhp_next_member(blocks, member))) {
		if (populated_zone(member->zone) || !member->leads_zone)
			continue;
		zone_pcp_reset(member->zone);
		zonelists_change = true;
	}
	if (zonelists_change)
		build_all_zonelists(NULL);

	while ((member = mhp_next_member(blocks, member))) {
		if (member->notify.status_change_nid < 0)
			continue;
		kcompactd_stop(zone_to_nid(member->zone));
		kswapd_stop(zone_to_nid(member->zone));
	}
}

static void leave_zones(struct mhp_block_operation *blocks)
{
	struct mhp_member *member = NULL;

	while ((member = mhp_next_member(blocks, member))) {
		mhp_zone_remove_range(member->zone, mhp_usable_start(member),
				      mhp_usable_pages(member));
		mhp_memmap_offline(member);
		member->mem->zone = NULL;
		memory_notify(MEM_FINISH_OFFLINE, &member->notify);
	}
	while ((member = mhp_next_member(blocks, member)))
		if (member->leads_zone)
			mhp_zone_settle(member->zone);
}

static enum mhp_result withdraw(struct mhp_operation *operation,
				unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);
	struct mhp_member *member = NULL;

	while ((member = mhp_next_member(blocks, member)))
		if (!block_is_clear(member))
			return MHP_HELD;
	while ((member = mhp_next_member(blocks, member)))
		withdraw_block(member);
	init_per_zone_wmark_min();
	depopulate_zones(blocks);
	writeback_set_ratelimit();

	while ((member = mhp_next_member(blocks, member)))
		memory_notify(MEM_OFFLINE, &member->notify);
	leave_zones(blocks);
	while ((member = mhp_next_member(blocks, member)))
		member->mem->state = MEM_OFFLINE;
	mem_hotplug_done();
	return MHP_DONE;
}

static const struct mhp_step offline_steps[] = {
	{ "check",	check_block,		stay_online,	true },
	{ "room",	look_for_room,		NULL,		false },
	{ "look",	look_for_blockers,	NULL,		true },
	{ "isolate",	isolate_block,		restore_block,	true },
	{ "shrink",	shrink_caches,		NULL,		false },
	{ "notify",	ask_notifiers,		tell_cancelled,	false },
	{ "slabs",	look_for_slabs,		NULL,		true },
	{ "evacuate",	evacuate_blocks,	NULL,		false },
	{ "lock",	lock_memory,		unlock_memory,	false },
	{ "settle",	settle_blocks,		NULL,		false },
	{ "withdraw",	withdraw,		NULL,		false },
};

const struct mhp_operation_type mhp_offline_type = {
	.name = "offline",
	.steps = offline_steps,
	.nr_steps = ARRAY_SIZE(offline_steps),
	.interruptible = true,
};

/**
 * mhp_tell_failure() - say in the log why an offline failed
 * @operation: the offline, after it failed
 *
 * Where it is known who allocated the page in the way, that as well, unless that
 * was said several times in the last seconds.
 *
 * Context: Process context. Caller holds device_hotplug_lock.
 */
void mhp_tell_failure(const struct mhp_operation *operation)
{
	static DEFINE_RATELIMIT_STATE(owners, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	mhp_operation_tell(operation);
	if (operation->culprit_pfn && __ratelimit(&owners))
		dump_page_owner(pfn_to_page(operation->culprit_pfn));
}

static int offline_set(struct mhp_block_operation *blocks, u64 deadline_ns)
{
	blocks->operation.deadline_ns = deadline_ns;
	blocks->operation.told = true;
	return mhp_operation_run(&blocks->operation);
}

/* A block that can not leave is no news, for the whole set could not. */
static int offline_one(struct memory_block *mem, u64 deadline_ns)
{
	struct mhp_block_operation *one;
	int error;

	one = mhp_block_operation_alloc(&mhp_offline_type, &mem, 1);
	if (!one)
		return -ENOMEM;
	error = offline_set(one, deadline_ns);
	if (error && error != -EBUSY)
		mhp_operation_tell(&one->operation);
	mhp_block_operation_free(one);
	return error;
}

/* Last one first, in rounds, for as long as a round gets one out. */
static int offline_in_turn(struct memory_block **blocks,
			   unsigned int nr_blocks, u64 deadline_ns)
{
	unsigned int left = nr_blocks, before, i;
	int error;

	do {
		before = left;
		for (i = nr_blocks; i--; ) {
			if (blocks[i]->state == MEM_OFFLINE)
				continue;
			error = offline_one(blocks[i], deadline_ns);
			if (!error)
				left--;
			else if (error != -EBUSY)
				return error;
		}
	} while (left && left < before);
	return left ? -EBUSY : 0;
}

static void take_turns_back(struct memory_block **blocks,
			    struct zone **zones, unsigned int nr_blocks)
{
	unsigned int i, nr_offline = 0;

	for (i = 0; i < nr_blocks; i++) {
		if (blocks[i]->state != MEM_OFFLINE)
			continue;
		blocks[nr_offline] = blocks[i];
		zones[nr_offline++] = zones[i];
	}
	if (nr_offline)
		mhp_return_blocks(blocks, nr_offline, zones);
}

static int offline_dependents(struct memory_block **blocks,
			      unsigned int nr_blocks, u64 deadline_ns)
{
	struct memory_block **mine;
	struct zone **zones;
	int error = -ENOMEM;
	unsigned int i;

	mine = kvmemdup(blocks, nr_blocks * sizeof(*mine), GFP_KERNEL);
	zones = kvcalloc(nr_blocks, sizeof(*zones), GFP_KERNEL);
	if (mine && zones) {
		for (i = 0; i < nr_blocks; i++)
			zones[i] = blocks[i]->zone;
		error = offline_in_turn(mine, nr_blocks, deadline_ns);
		if (error)
			take_turns_back(mine, zones, nr_blocks);
	}
	kvfree(zones);
	kvfree(mine);
	return error;
}

/* page_ext has a table of a block's pages for as long as it is online. */
static bool has_table(const struct memory_block *mem)
{
#ifdef CONFIG_PAGE_EXTENSION
	return __nr_to_section(mem->start_section_nr)->page_ext;
#else
	return false;
#endif
}

/*
 * The table of a block may lie on another block of the same set, so that the
 * set can not be isolated as a whole. Such blocks can leave one after the
 * other. It moves pages in vain if one of them must stay all the same: other
 * pages than tables must not be in the way, and a block to begin with must be
 * there.
 */
static bool may_leave_in_turn(struct memory_block **blocks,
			      unsigned int nr_blocks)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS];
	bool one_can_leave = false;
	unsigned int i, kind;

	for (i = 0; i < nr_blocks; i++) {
		if (!has_table(blocks[i]))
			return false;
		mhp_block_blockers(blocks[i], blockers);
		if (!blockers[MHP_BLOCKER_KERNEL].count)
			one_can_leave = true;
		for (kind = 0; kind < NR_MHP_BLOCKERS; kind++)
			if (kind != MHP_BLOCKER_KERNEL && blockers[kind].count)
				return false;
	}
	return one_can_leave;
}

/**
 * mhp_offline_deadline() - when an offline that begins now gives up
 *
 * Context: Any context.
 * Return: Nanoseconds on the monotonic clock.
 */
u64 mhp_offline_deadline(void)
{
	return ktime_get_ns() + READ_ONCE(offline_timeout) * (u64)NSEC_PER_SEC;
}

static int offline_blocks(struct memory_block **blocks, unsigned int nr_blocks,
			  bool tell)
{
	const u64 deadline_ns = mhp_offline_deadline();
	struct mhp_block_operation *together;
	int error;

	together = mhp_block_operation_alloc(&mhp_offline_type, blocks,
					     nr_blocks);
	if (!together)
		return -ENOMEM;
	error = offline_set(together, deadline_ns);
	if (together->operation.result == MHP_UNMOVABLE && nr_blocks > 1 &&
	    may_leave_in_turn(blocks, nr_blocks))
		error = offline_dependents(blocks, nr_blocks, deadline_ns);
	if (error && tell && error == together->operation.error)
		mhp_tell_failure(&together->operation);
	mhp_block_operation_free(together);
	return error;
}

/**
 * mhp_offline_blocks() - take memory blocks offline, all or none
 * @blocks: online blocks, ascending by id, each once
 * @nr_blocks: how many, at least one
 *
 * If the blocks can not leave together because the page_ext table of one lies
 * on another, they leave in turn, and come back to the zones that they had if one
 * has to stay. Ends within memory_hotplug.offline_timeout seconds, give or
 * take the time that a batch of pages takes to migrate.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock and a
 * reference to each block.
 * Return: 0; -EINVAL if a block is not online, has holes or lies in more than
 * one zone; -EBUSY if a page can not be moved, is held by somebody, or time
 * ran out; -ENOMEM without room for the pages or memory for the operation;
 * -EINTR on a signal; the errno of a notifier that objected. After an error
 * all blocks are online as before; one that left in turn and could not come
 * back, because a notifier objects or memory is short, is in the log. So is the
 * reason of the failure.
 */
int mhp_offline_blocks(struct memory_block **blocks, unsigned int nr_blocks)
{
	return offline_blocks(blocks, nr_blocks, true);
}

/**
 * mhp_try_offline_blocks() - mhp_offline_blocks() for who only tries
 * @blocks: online blocks, ascending by id, each once
 * @nr_blocks: how many, at least one
 *
 * The log is silent about blocks that can not leave.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock and a
 * reference to each block.
 * Return: As mhp_offline_blocks().
 */
int mhp_try_offline_blocks(struct memory_block **blocks, unsigned int nr_blocks)
{
	return offline_blocks(blocks, nr_blocks, false);
}
