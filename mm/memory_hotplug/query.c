// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Asking before an offline
 *
 * A driver that may give back one range or another wants to know first what
 * that would cost, and whether it can succeed at all. The answer is a look at
 * the pages and no promise. Nobody is asked to give up anything, neither are
 * notifiers, and nothing is taken away or moved.
 */

#include <linux/align.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/string.h>

#include "internal.h"

/**
 * struct query - the query of a range, as far as it got
 * @answer: what was found
 * @nr_blocks: blocks that were looked at
 */
struct query {
	struct mhp_query *answer;
	unsigned long nr_blocks;
};

static void add_answer(struct mhp_query *sum, const struct mhp_query *block)
{
	sum->movable += block->movable;
	if (!block->unmovable)
		return;
	if (!sum->unmovable)
		sum->first_unmovable_pfn = block->first_unmovable_pfn;
	sum->last_unmovable_pfn = block->last_unmovable_pfn;
	sum->unmovable += block->unmovable;
}

static int query_block(struct memory_block *mem, void *arg)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS];
	struct query *query = arg;
	struct mhp_query block;

	mhp_query_block(mem, blockers, &block);
	add_answer(query->answer, &block);
	query->nr_blocks++;
	return 0;
}

/**
 * mhp_query_range() - what would it cost to take a range offline
 * @start: physical address in bytes, at the start of a memory block
 * @size: size in bytes, whole memory blocks
 * @query: filled in
 *
 * Blocks that are offline already cost nothing. A range with pages that can
 * not be moved may leave all the same if the kernel gives them back when its
 * caches are shrunk.
 *
 * Context: Process context, may sleep; takes device_hotplug_lock, and so waits
 * for the operation that runs.
 * Return: 0; -EINVAL if the range is not made of whole memory blocks that
 * exist.
 */
int mhp_query_range(u64 start, u64 size, struct mhp_query *query)
{
	const u64 block_size = memory_block_size_bytes();
	struct query whole = { .answer = query };

	memset(query, 0, sizeof(*query));
	if (!size || start + size < start ||
	    !IS_ALIGNED(start | size, block_size))
		return -EINVAL;
	lock_device_hotplug();
	walk_memory_blocks(start, size, &whole, query_block);
	unlock_device_hotplug();
	return whole.nr_blocks == div64_u64(size, block_size) ? 0 : -EINVAL;
}
EXPORT_SYMBOL_GPL(mhp_query_range);

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/query_kunit.c"
#endif
