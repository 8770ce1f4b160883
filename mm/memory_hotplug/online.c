// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Onlining
 *
 * Takes memory blocks from offline to usable, all of them or none. The blocks
 * get a zone and join it, their memory maps are written, notifiers are asked,
 * and then the pages are given to the allocator. All that can fail comes before
 * the first page is given away, so that a failed operation has no page to ask
 * back.
 *
 * What costs the same for one block as for a thousand (zonelists, watermarks)
 * is done once for an operation.
 *
 * A driver can put a callback between an online block and the allocator and
 * hold pages back.
 */

#include <linux/export.h>
#include <linux/init.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/compaction.h>
#include <linux/mutex.h>
#include <linux/swap.h>
#include <linux/writeback.h>

#include "../internal.h"
#include "../shuffle.h"
#include "internal.h"
#include "owner.h"

static online_page_callback_t online_page_callback = generic_online_page;
static DEFINE_MUTEX(online_page_callback_lock);

static int replace_callback(online_page_callback_t from,
			    online_page_callback_t to)
{
	int error = -EINVAL;

	get_online_mems();
	mutex_lock(&online_page_callback_lock);
	if (online_page_callback == from) {
		online_page_callback = to;
		error = 0;
	}
	mutex_unlock(&online_page_callback_lock);
	put_online_mems();
	return error;
}

/**
 * set_online_page_callback() - decide about pages that go online
 * @callback: called for every free chunk; it passes the chunk on to
 *	      generic_online_page() or keeps it. Called with mem_hotplug_lock
 *	      held for writing; the chunk is PageOffline, and at most
 *	      MAX_PAGE_ORDER; may sleep.
 *
 * Context: Process context, may sleep; takes mem_hotplug_lock as a reader.
 * Return: 0, or -EINVAL if somebody else has a callback in place.
 */
int set_online_page_callback(online_page_callback_t callback)
{
	return replace_callback(generic_online_page, callback);
}
EXPORT_SYMBOL_GPL(set_online_page_callback);

/**
 * restore_online_page_callback() - reverse of set_online_page_callback()
 * @callback: the callback that is in place
 *
 * Context: Process context, may sleep; takes mem_hotplug_lock as a reader.
 * Return: 0, or -EINVAL if @callback is not in place.
 */
int restore_online_page_callback(online_page_callback_t callback)
{
	return replace_callback(callback, generic_online_page);
}
EXPORT_SYMBOL_GPL(restore_online_page_callback);

/**
 * mhp_online_callback_is_set() - does somebody decide about pages that go online
 *
 * Context: Any context. Without mem_hotplug_lock the answer is a hint.
 * Return: true between set_online_page_callback() and its reverse.
 */
bool mhp_online_callback_is_set(void)
{
	return READ_ONCE(online_page_callback) != generic_online_page;
}

/**
 * generic_online_page() - give a chunk of pages to the allocator
 * @page: the first page
 * @order: log2 of the number of pages
 *
 * Context: Process context, from an online page callback or for pages that
 * one kept before.
 */
void generic_online_page(struct page *page, unsigned int order)
{
	__free_pages_core(page, order, MEMINIT_HOTPLUG);
}
EXPORT_SYMBOL_GPL(generic_online_page);

#if defined(CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_AUTO)
static enum mmop default_online_type = MMOP_ONLINE;
#elif defined(CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_KERNEL)
static enum mmop default_online_type = MMOP_ONLINE_KERNEL;
#elif defined(CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_MOVABLE)
static enum mmop default_online_type = MMOP_ONLINE_MOVABLE;
#else
static enum mmop default_online_type = MMOP_OFFLINE;
#endif

/**
 * mhp_get_default_online_type() - what happens to memory that was added
 *
 * Context: Any context.
 * Return: MMOP_OFFLINE if nothing, else how it goes online.
 */
enum mmop mhp_get_default_online_type(void)
{
	return READ_ONCE(default_online_type);
}

/**
 * mhp_set_default_online_type() - decide about memory that is added from now on
 * @online_type: MMOP_OFFLINE to leave it alone, else how it goes online
 *
 * Context: Any context.
 */
void mhp_set_default_online_type(enum mmop online_type)
{
	WRITE_ONCE(default_online_type, online_type);
}

/* A word that means nothing leaves the default, as it always has. */
static int __init set_default_state(char *word)
{
	const int online_type = mhp_online_type_from_str(word);

	if (online_type >= 0)
		mhp_set_default_online_type(online_type);
	return 1;
}
__setup("memhp_default_state=", set_default_state);

static enum mhp_result check_block(struct mhp_operation *operation,
				   unsigned int unit)
{
	const struct mhp_member *member =
		&to_block_operation(operation)->members[unit];

	if (member->mem->state != MEM_OFFLINE)
		return MHP_BAD_REQUEST;
	if (!mhp_usable_pages(member) ||
	    !pageblock_aligned(mhp_usable_start(member)))
		return MHP_BAD_REQUEST;
	if (memory_block_nr_poison(member->mem))
		return MHP_POISONED;
	return MHP_DONE;
}

/* A zone that the operation came with is not chosen again. */
static enum mhp_result choose_zone(struct mhp_operation *operation,
				   unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);
	struct mhp_member *member = &blocks->members[unit];

	mhp_set_zone(blocks, member,
		     member->zone ?: mhp_choose_zone(blocks, member));
	return MHP_DONE;
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

static enum mhp_result make_accessible(struct mhp_operation *operation,
				       unsigned int unit)
{
	struct mhp_member *member =
		&to_block_operation(operation)->members[unit];
	int error;

	error = memory_notify(MEM_PREPARE_ONLINE, &member->notify);
	error = notifier_to_errno(error);
	return error ? mhp_operation_fail(operation, MHP_VETOED, error) :
		       MHP_DONE;
}

static void make_inaccessible(struct mhp_operation *operation,
			      unsigned int unit)
{
	struct mhp_member *member =
		&to_block_operation(operation)->members[unit];

	memory_notify(MEM_FINISH_OFFLINE, &member->notify);
}

static enum mhp_result enter_zone(struct mhp_operation *operation,
				  unsigned int unit)
{
	struct mhp_member *member =
		&to_block_operation(operation)->members[unit];
	int error;

	if (member->leads_zone)
		member->spans = mhp_spans_of(member->zone);
	error = mhp_memmap_online(member);
	if (error)
		return mhp_operation_fail(operation, MHP_FAILED, error);
	mhp_zone_add_range(member->zone, mhp_usable_start(member),
			   mhp_usable_pages(member));
	return MHP_DONE;
}

static void leave_zone(struct mhp_operation *operation, unsigned int unit)
{
	struct mhp_member *member =
		&to_block_operation(operation)->members[unit];

	mhp_zone_remove_range(member->zone, mhp_usable_start(member),
			      mhp_usable_pages(member));
	mhp_memmap_offline(member);
	if (member->leads_zone) {
		mhp_restore_spans(member->zone, &member->spans);
		mhp_zone_settle(member->zone);
	}
}

static enum mhp_result fill_memmap(struct mhp_operation *operation,
				   unsigned int unit)
{
	mhp_fill_blocks(to_block_operation(operation));
	return MHP_DONE;
}

/* The first block of the operation on a node brings the node its memory. */
static void foresee_node_states(struct mhp_block_operation *blocks)
{
	nodemask_t any = node_states[N_MEMORY];
	nodemask_t normal = node_states[N_NORMAL_MEMORY];
	struct mhp_member *member = NULL;

	while ((member = mhp_next_member(blocks, member))) {
		const int nid = zone_to_nid(member->zone);

		if (!node_test_and_set(nid, any))
			member->notify.status_change_nid = nid;
		if (zone_idx(member->zone) <= ZONE_NORMAL &&
		    !node_test_and_set(nid, normal))
			member->notify.status_change_nid_normal = nid;
	}
}

static enum mhp_result ask_notifiers(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);

	foresee_node_states(blocks);
	return mhp_notify_all(blocks, MEM_GOING_ONLINE, MEM_CANCEL_ONLINE);
}

static void tell_cancelled(struct mhp_operation *operation, unsigned int unit)
{
	mhp_notify_cancel_all(to_block_operation(operation),
			      MEM_CANCEL_ONLINE);
}

/* Chunks as large as the alignment of the range allows. */
static void give_in_chunks(const struct mhp_member *member,
			   online_page_callback_t give)
{
	const unsigned long end_pfn = mhp_member_end(member);
	unsigned long pfn = mhp_usable_start(member);
	unsigned int order;

	for (; pfn < end_pfn; pfn += 1UL << order) {
		order = pfn ? min_t(unsigned int, __ffs(pfn), MAX_PAGE_ORDER) :
			      MAX_PAGE_ORDER;
		give(pfn_to_page(pfn), order);
	}
}

static void put_into_free_list(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	__putback_isolated_page(page, order, get_pageblock_migratetype(page));
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void give_free_pages(const struct mhp_member *member)
{
	adjust_managed_page_count(pfn_to_page(member->start_pfn),
				  mhp_usable_pages(member));
	give_in_chunks(member, put_into_free_list);
}

static void give_pages(const struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;

	while ((member = mhp_next_member(blocks, member))) {
		online_mem_sections(mhp_usable_start(member),
				    mhp_member_end(member));
		member->mem->zone = member->zone;
		owner_block_online(member->zone, member->start_pfn,
				   member->nr_pages);
		if (blocks->pages_are_free)
			give_free_pages(member);
		else
			give_in_chunks(member, online_page_callback);
		cond_resched();
	}
}

/* Returns whether the zone was empty, so that zonelists have to change. */
static bool populate_zone(const struct mhp_member *member)
{
	struct zone *zone = member->zone;
	const bool was_empty = !populated_zone(zone);

	if (was_empty)
		setup_zone_pageset(zone);
	mhp_adjust_present(zone, member->mem->group, member->start_pfn,
			   member->nr_pages);
	if (member->notify.status_change_nid_normal >= 0)
		node_set_state(zone_to_nid(zone), N_NORMAL_MEMORY);
	if (member->notify.status_change_nid >= 0)
		node_set_state(zone_to_nid(zone), N_MEMORY);
	return was_empty;
}

/*
 * Zonelists last: with them it is decided whether there is enough memory to
 * group it by mobility.
 */
static void populate_zones(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;
	bool zonelists_change = false;

	while ((member = mhp_next_member(blocks, member)))
		zonelists_change |= populate_zone(member);
	give_pages(blocks);
	if (zonelists_change)
		build_all_zonelists(NULL);
}

static void settle_zones(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;

	while ((member = mhp_next_member(blocks, member))) {
		if (!member->leads_zone)
			continue;
		mhp_zone_settle(member->zone);
		shuffle_zone(member->zone);
		kswapd_run(zone_to_nid(member->zone));
		kcompactd_run(zone_to_nid(member->zone));
	}
	init_per_zone_wmark_min();
	writeback_set_ratelimit();
}

static enum mhp_result expose(struct mhp_operation *operation,
			      unsigned int unit)
{
	struct mhp_block_operation *blocks = to_block_operation(operation);
	struct mhp_member *member = NULL;

	populate_zones(blocks);
	settle_zones(blocks);
	while ((member = mhp_next_member(blocks, member)))
		memory_notify(MEM_ONLINE, &member->notify);
	while ((member = mhp_next_member(blocks, member)))
		member->mem->state = MEM_ONLINE;
	mem_hotplug_done();
	return MHP_DONE;
}

static const struct mhp_step online_steps[] = {
	{ "check",	check_block,		NULL,			true },
	{ "zone",	choose_zone,		NULL,			true },
	{ "lock",	lock_memory,		unlock_memory,		false },
	{ "prepare",	make_accessible,	make_inaccessible,	true },
	{ "span",	enter_zone,		leave_zone,		true },
	{ "fill",	fill_memmap,		NULL,			false },
	{ "notify",	ask_notifiers,		tell_cancelled,		false },
	{ "expose",	expose,			NULL,			false },
};

const struct mhp_operation_type mhp_online_type = {
	.name = "online",
	.steps = online_steps,
	.nr_steps = ARRAY_SIZE(online_steps),
};

static int run_online(struct mhp_block_operation *blocks)
{
	int error;

	if (!blocks)
		return -ENOMEM;
	error = mhp_operation_run(&blocks->operation);
	mhp_block_operation_free(blocks);
	return error;
}

/**
 * mhp_online_blocks() - put memory blocks online, all or none
 * @blocks: offline blocks, ascending by id, each once
 * @nr_blocks: how many, at least one
 * @online_type: where to; anything but MMOP_OFFLINE
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock and a
 * reference to each block.
 * Return: 0; -EINVAL if a block is not offline or not aligned; -EHWPOISON if
 * one has poisoned pages; -ENOMEM; the errno of a notifier that objected.
 * After an error all blocks are offline as before.
 */
int mhp_online_blocks(struct memory_block **blocks, unsigned int nr_blocks,
		      enum mmop online_type)
{
	struct mhp_block_operation *operation;

	operation = mhp_block_operation_alloc(&mhp_online_type, blocks,
					      nr_blocks);
	if (operation)
		operation->online_type = online_type;
	return run_online(operation);
}

static int online_to(struct memory_block **blocks, unsigned int nr_blocks,
		     struct zone **zones)
{
	struct mhp_block_operation *operation;
	unsigned int unit;

	operation = mhp_block_operation_alloc(&mhp_online_type, blocks,
					      nr_blocks);
	for (unit = 0; operation && unit < nr_blocks; unit++)
		operation->members[unit].zone = zones[unit];
	return run_online(operation);
}

/**
 * mhp_return_blocks() - put memory blocks back online where they were
 * @blocks: offline blocks, ascending by id, each once
 * @nr_blocks: how many, at least one
 * @zones: the zone that each block was in
 *
 * For taking back an offline. All blocks together, or else each that can; one
 * that can not stays offline, and the log says why.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock and a
 * reference to each block.
 */
void mhp_return_blocks(struct memory_block **blocks, unsigned int nr_blocks,
		       struct zone **zones)
{
	unsigned int i;

	if (!online_to(blocks, nr_blocks, zones) || nr_blocks == 1)
		return;
	for (i = 0; i < nr_blocks; i++)
		online_to(&blocks[i], 1, &zones[i]);
}
