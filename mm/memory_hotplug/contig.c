// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Emptying a range that somebody wants for himself
 *
 * alloc_contig_range() hands out page frames that the caller has chosen, for
 * CMA, for huge pages of 1 GiB, and for drivers that give memory back to a
 * hypervisor in pieces smaller than a memory block. What is in use there moves
 * elsewhere, in passes as for an offline. Such a driver may wait for a minute
 * before it asks again, so the range is given up after a fraction of a second
 * only. CMA has other ranges to choose from, and makes others wait meanwhile: it
 * is told after a few passes, unless I/O is what they wait for.
 *
 * Pages on their way to the lists of reclaim are in per-CPU batches. To drain
 * those disturbs every CPU, and hardly any range has such pages: they are
 * drained after a pass that left something.
 */

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/swap.h>
#include <linux/writeback.h>
#include <trace/events/kmem.h>

#include "../internal.h"
#include "internal.h"

/* The pauses between them double, from 1 ms to 64 ms. */
#define PASSES		8
/* 7 ms */
#define PASSES_FOR_CMA	4

static int pass(unsigned long pfn, unsigned long end_pfn,
		const struct mhp_targets *targets, struct mhp_tally *tally)
{
	if (mhp_empty_range_once(pfn, end_pfn, targets, tally) != MHP_DONE)
		return -EINTR;
	if (tally->no_room)
		return -ENOMEM;
	return tally->left || tally->pool ? -EAGAIN : 0;
}

static bool waits_for_io(const struct mhp_tally *tally)
{
	return tally->first_stay == MHP_STAYS_LOCKED ||
	       tally->first_stay == MHP_STAYS_WRITEBACK ||
	       tally->first_stay == MHP_STAYS_DIRTY;
}

/* What can not move is about to be something that can, or stays for good. */
static bool is_final(const struct mhp_tally *tally, unsigned long before_pfn)
{
	return tally->first_stay == MHP_STAYS_POISONED ||
	       (tally->first_stay == MHP_STAYS_UNMOVABLE &&
		tally->first_pfn == before_pfn);
}

static bool gives_up(const struct mhp_tally *tally, int migratetype,
		     unsigned int passes, unsigned long before_pfn)
{
	if (!tally->left)
		return passes >= PASSES;
	if (is_migrate_cma(migratetype) && !waits_for_io(tally))
		passes += PASSES - PASSES_FOR_CMA;
	return passes >= PASSES || is_final(tally, before_pfn);
}

static void pause_before_pass(const struct mhp_tally *tally,
			      unsigned int passes)
{
	if (!tally->left)
		return;
	if (tally->needs_writing)
		wakeup_flusher_threads(WB_REASON_VMSCAN);
	fsleep(USEC_PER_MSEC << (passes - 1));
	lru_add_drain_all();
}

/**
 * mhp_empty_contig_range() - move everything out of a range to be allocated
 * @pfn: first page frame
 * @end_pfn: page frame after the last one
 * @migratetype: type of the pageblocks before they were isolated; MIGRATE_CMA is
 *		 told sooner that a page stays
 * @gfp: how hard to look for memory to move pages to
 *
 * Free huge pages of a pool are replaced by others, and so are those that come
 * free because what was in them has moved to other free ones. Pages that are
 * freed at the end may still be on their way to the free lists.
 *
 * Context: Process context, may sleep. The range is isolated by the caller, and
 * in one zone.
 * Return: 0; -EBUSY if a page stays; -ENOMEM if there is no memory to move pages
 * to; -EINTR if the caller is being killed.
 */
int mhp_empty_contig_range(unsigned long pfn, unsigned long end_pfn,
			   int migratetype, gfp_t gfp)
{
	const struct mhp_targets targets = {
		.reason = MR_CONTIG_RANGE,
		.gfp = gfp | __GFP_NOWARN,
		.movable_zone = true,
		.other_nodes = true,
	};
	unsigned long moved = 0, dropped = 0, before_pfn = 0;
	unsigned int passes = 0;
	int error;

	for (;;) {
		struct mhp_tally tally = { };

		error = pass(pfn, end_pfn, &targets, &tally);
		moved += tally.moved;
		dropped += tally.dropped;
		if (error != -EAGAIN ||
		    gives_up(&tally, migratetype, ++passes, before_pfn))
			break;
		before_pfn = tally.first_pfn;
		pause_before_pass(&tally, passes);
	}
	trace_mm_alloc_contig_migrate_range_info(pfn, end_pfn, moved, dropped,
						 0, migratetype);
	return error == -EAGAIN ? -EBUSY : error;
}
