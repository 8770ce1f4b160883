// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Emptying the blocks of an operation
 *
 * All blocks are isolated before the first page moves, so that no page is moved
 * to memory that is about to leave as well.
 *
 * Blocks are emptied in passes over all of them. A pass collects the pages that
 * can be moved, moves them, and counts what is still in use. Next to no page
 * gets into use again in isolated memory, so that this count goes down; it is
 * the measure of progress. A pass that did not bring it below what it was
 * before is fruitless, and the next one comes after a pause that doubles each
 * time. After FRUITLESS_PASSES of them, about two seconds, nobody is going to
 * let go, and the operation gives up with the first page that was in its way.
 * So it ends whatever the pages do, and the deadline and signals of the
 * operation end it sooner.
 *
 * Nobody waits for a page: a wait for I/O to a dead server would have no bound.
 * What is locked or under I/O is left to a later pass, and a fruitless pass gets
 * writeback of dirty pages going, which for some file systems is the only way to
 * make them movable.
 */

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/writeback.h>

#include "../internal.h"
#include "internal.h"
#include "trace.h"

#define FRUITLESS_PASSES	12
#define NAP_MS		20

/* Pages on the lists of a CPU are neither free nor movable until drained. */
static void drain_lists(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;

	lru_add_drain_all();
	while ((member = mhp_next_member(blocks, member)))
		if (member->leads_zone)
			drain_all_pages(member->zone);
}

/* Not in use as far as anybody can see, and yet not free. */
static unsigned long first_not_free(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;
	unsigned long pfn;
	struct page *page;

	while ((member = mhp_next_member(blocks, member))) {
		pfn = mhp_usable_start(member);
		while (pfn < mhp_member_end(member)) {
			page = pfn_to_page(pfn);
			if (!PageBuddy(page) && !PageHWPoison(page) &&
			    !(PageOffline(page) && !page_count(page)))
				return pfn;
			if (pageblock_aligned(pfn))
				cond_resched();
			pfn += PageBuddy(page) ?
			       1UL << min_t(unsigned long,
					    buddy_order_unsafe(page),
					    MAX_PAGE_ORDER) : 1;
		}
	}
	return 0;
}

static enum mhp_result give_up(struct mhp_block_operation *blocks,
			       const struct mhp_tally *tally)
{
	const bool no_room = tally->no_room ||
			     tally->first_stay == MHP_STAYS_NO_ROOM;

	/* The first page that stays may do so for another reason. */
	blocks->operation.culprit_pfn = tally->left ? tally->first_pfn :
						      first_not_free(blocks);
	if (no_room && tally->first_stay != MHP_STAYS_NO_ROOM)
		blocks->operation.culprit_pfn = 0;
	if (no_room)
		return MHP_NO_ROOM;
	if (!tally->left)
		return MHP_HELD;
	return mhp_stays_for_good(tally->first_stay) ? MHP_UNMOVABLE : MHP_HELD;
}

/*
 * In short naps, so that the end of the operation is the end of the pause. What
 * is no signal for the operation does not end it.
 */
static void nap(const struct mhp_operation *operation, unsigned int ms)
{
	const unsigned long end = jiffies + msecs_to_jiffies(ms);

	do {
		schedule_timeout_killable(min(msecs_to_jiffies(ms),
					      msecs_to_jiffies(NAP_MS)));
	} while (time_before(jiffies, end) &&
		 mhp_operation_pending(operation) == MHP_DONE);
}

static void pause_before_pass(const struct mhp_operation *operation,
			      const struct mhp_tally *tally,
			      unsigned int fruitless)
{
	if (!fruitless)
		return;
	if (tally->needs_writing)
		wakeup_flusher_threads(WB_REASON_VMSCAN);
	nap(operation, 1U << (fruitless - 1));
}

/**
 * mhp_empty() - move everything out of the blocks of an operation
 * @blocks: the operation; its blocks are isolated
 * @finish: called when nothing is in use any more, with mem_hotplug_lock held
 *	    by the caller; what it returns ends the operation, but MHP_HELD makes
 *	    it go on; NULL if nothing is to be done, and the lock is not held
 *
 * On success every page of the blocks is free, a free huge page, poisoned, or
 * offline without a reference. Pages that are freed meanwhile may still be on
 * their way to the free lists, unless @finish takes care of that.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: MHP_DONE; MHP_HELD, MHP_UNMOVABLE or MHP_NO_ROOM with the page in
 * @blocks->operation.culprit_pfn; MHP_INTERRUPTED; MHP_CANCELLED;
 * MHP_TIMED_OUT; what @finish returns.
 */
enum mhp_result mhp_empty(struct mhp_block_operation *blocks,
			  enum mhp_result (*finish)(struct mhp_block_operation *))
{
	unsigned long least_left = ULONG_MAX;
	unsigned int fruitless = 0;
	enum mhp_result result;

	for (;;) {
		struct mhp_tally tally = { };

		drain_lists(blocks);
		result = mhp_empty_once(blocks, finish, &tally);
		if (result != MHP_DONE) {
			if (result == MHP_TIMED_OUT &&
			    tally.first_stay != MHP_STAYS_NO_TIME)
				blocks->operation.culprit_pfn = tally.first_pfn;
			return result;
		}
		trace_mhp_evacuate_pass(&blocks->operation, tally.moved,
					tally.left);
		if (!tally.left) {
			result = finish ? finish(blocks) : MHP_DONE;
			if (result != MHP_HELD)
				return result;
		}
		fruitless = tally.left < least_left ? 0 : fruitless + 1;
		if (fruitless == FRUITLESS_PASSES)
			return give_up(blocks, &tally);
		least_left = min(least_left, tally.left);
		pause_before_pass(&blocks->operation, &tally, fruitless);
	}
}
