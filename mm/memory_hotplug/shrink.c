// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Shrinking
 *
 * Takes so many memory blocks offline, no matter which: those that cost least,
 * as one operation. Each block is looked at, choice.c chooses. A look is no
 * promise. When a page turns out not to move, its block is left out, and the
 * choice is made again among the others. Every round leaves one block out, and
 * all of them have one deadline, so that it ends.
 *
 * Pages that were moved in vain stay where they went. The second choice goes by
 * the first look all the same, as another look takes longer than it is worth.
 */

#define pr_fmt(fmt) "memory_hotplug: " fmt

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "choice.h"
#include "internal.h"

/**
 * struct shrink - a request to let memory blocks leave
 * @blocks: all blocks that may be asked, ascending
 * @nr_blocks: how many
 * @chosen: those that leave, ascending; room for all
 * @groups: the memory group of each device of the choice
 * @choice: what there is to choose from
 * @deadline_ns: when to give up, nanoseconds on the monotonic clock
 * @tried: the last offline, or NULL
 */
struct shrink {
	struct memory_block **blocks;
	unsigned int nr_blocks;
	struct memory_block **chosen;
	const struct memory_group **groups;
	struct mhp_choice choice;
	u64 deadline_ns;
	struct mhp_block_operation *tried;
};

/* A static group comes and goes whole. Its blocks are counted as they are met. */
static unsigned int device_of(struct shrink *shrink,
			      const struct memory_block *mem)
{
	struct mhp_choice *choice = &shrink->choice;
	unsigned int device;

	if (!mem->group || mem->group->is_dynamic)
		return MHP_NO_DEVICE;
	for (device = 0; device < choice->nr_devices; device++)
		if (shrink->groups[device] == mem->group)
			break;
	if (device == choice->nr_devices) {
		shrink->groups[device] = mem->group;
		choice->nr_devices++;
	}
	choice->devices[device].nr_blocks++;
	return device;
}

/* Kernel memory in a hotplug block is about to go, or was not what it seemed. */
static bool may_leave(struct memory_block *mem,
		      const struct mhp_blocker blockers[NR_MHP_BLOCKERS],
		      const struct mhp_query *query)
{
	if (!mem->zone || blockers[MHP_BLOCKER_HOLE].count)
		return false;
	return !query->unmovable || mhp_block_is_hotplug(mem);
}

static void examine_block(struct shrink *shrink, struct memory_block *mem)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS];
	struct mhp_choice *choice = &shrink->choice;
	unsigned int device = device_of(shrink, mem);
	struct mhp_candidate *candidate;
	struct mhp_query query;

	mhp_query_block(mem, blockers, &query);
	if (!may_leave(mem, blockers, &query))
		return;
	candidate = &choice->candidates[choice->nr_candidates++];
	candidate->device = device;
	candidate->cost = (struct mhp_cost) {
		.doubtful = query.unmovable,
		.pinned = !mhp_block_is_hotplug(mem),
		.pages = min(query.movable, choice->block_pages),
		.id = mem->dev.id,
	};
}

static int examine_blocks(struct shrink *shrink)
{
	unsigned int i;

	for (i = 0; i < shrink->nr_blocks; i++) {
		if (task_sigpending(current))
			return -EINTR;
		examine_block(shrink, shrink->blocks[i]);
	}
	return 0;
}

static unsigned int gather_chosen(struct shrink *shrink)
{
	const struct mhp_choice *choice = &shrink->choice;
	unsigned int i, at = 0, nr = 0;

	for (i = 0; i < choice->nr_candidates; i++) {
		if (!choice->candidates[i].chosen)
			continue;
		while (shrink->blocks[at]->dev.id != choice->candidates[i].cost.id)
			at++;
		shrink->chosen[nr++] = shrink->blocks[at];
	}
	return nr;
}

static int offline_chosen(struct shrink *shrink)
{
	const unsigned int nr = gather_chosen(shrink);
	struct mhp_operation *operation;

	mhp_block_operation_free(shrink->tried);
	shrink->tried = mhp_block_operation_alloc(&mhp_offline_type,
						  shrink->chosen, nr);
	if (!shrink->tried)
		return -ENOMEM;
	operation = &shrink->tried->operation;
	operation->deadline_ns = shrink->deadline_ns;
	operation->told = true;
	return mhp_operation_run(operation);
}

/* Returns false if it is not known which block is to blame. */
static bool leave_out_culprit(struct shrink *shrink)
{
	const struct mhp_operation *operation;
	struct mhp_candidate *candidate;
	unsigned int i;

	if (!shrink->tried)
		return false;
	operation = &shrink->tried->operation;
	if ((operation->result != MHP_HELD &&
	     operation->result != MHP_UNMOVABLE) || !operation->culprit_pfn)
		return false;
	for (i = 0; i < shrink->choice.nr_candidates; i++) {
		candidate = &shrink->choice.candidates[i];
		if (candidate->chosen && candidate->cost.id ==
		    pfn_to_block_id(operation->culprit_pfn)) {
			candidate->left_out = true;
			return true;
		}
	}
	return false;
}

static int choose_and_offline(struct shrink *shrink, unsigned int wanted)
{
	int error = -EBUSY;

	while (mhp_choose(&shrink->choice, wanted)) {
		error = offline_chosen(shrink);
		if (!error || !leave_out_culprit(shrink))
			break;
	}
	return error;
}

static int prepare(struct shrink *shrink)
{
	const unsigned int nr = shrink->nr_blocks;
	struct mhp_choice *choice = &shrink->choice;

	choice->block_pages = memory_block_nr_pages();
	choice->candidates = kvcalloc(nr, sizeof(*choice->candidates),
				      GFP_KERNEL);
	choice->devices = kvcalloc(nr, sizeof(*choice->devices), GFP_KERNEL);
	shrink->groups = kvcalloc(nr, sizeof(*shrink->groups), GFP_KERNEL);
	shrink->chosen = kvcalloc(nr, sizeof(*shrink->chosen), GFP_KERNEL);
	return choice->candidates && choice->devices && shrink->groups &&
	       shrink->chosen ? 0 : -ENOMEM;
}

static void clean_up(struct shrink *shrink)
{
	mhp_block_operation_free(shrink->tried);
	kvfree(shrink->chosen);
	kvfree(shrink->groups);
	kvfree(shrink->choice.devices);
	kvfree(shrink->choice.candidates);
}

/* If an offline was tried, the log gets what stopped it. */
static void tell(const struct shrink *shrink, u64 wanted, int error)
{
	if (shrink->tried)
		mhp_tell_failure(&shrink->tried->operation);
	else
		pr_info_ratelimited("shrink by %llu blocks failed: found %u that can leave (error %d)\n",
				    wanted, mhp_choice_open(&shrink->choice),
				    error);
}

/**
 * mhp_shrink() - take the memory blocks offline that cost least
 * @blocks: online blocks, ascending by id, each once, at least one
 * @nr_blocks: how many
 * @wanted: how many of them are to leave, at least one
 *
 * As one operation: afterwards as many more blocks as wanted are offline, or
 * none. Ends within memory_hotplug.offline_timeout seconds after a look at all
 * blocks, give or take the time that a batch of pages takes to migrate.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock and a
 * reference to each block.
 * Return: 0; -EBUSY if not so many can leave, or time ran out; -ENOMEM without
 * room for the pages or memory for the operation; -EINTR on a signal; the
 * errno of a notifier that objected. After an error all blocks are as before.
 */
int mhp_shrink(struct memory_block **blocks, unsigned int nr_blocks, u64 wanted)
{
	struct shrink shrink = {
		.blocks = blocks,
		.nr_blocks = nr_blocks,
		.deadline_ns = mhp_offline_deadline(),
	};
	int error;

	error = prepare(&shrink);
	if (!error)
		error = examine_blocks(&shrink);
	if (!error)
		error = wanted > nr_blocks ? -EBUSY :
			choose_and_offline(&shrink, wanted);
	if (error)
		tell(&shrink, wanted, error);
	clean_up(&shrink);
	return error;
}
