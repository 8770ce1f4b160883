// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Who takes part in emptying blocks
 *
 * To move a page is to copy it, and one CPU alone does not get at what the
 * memory can do. So the pageblocks of an operation are a queue from which each
 * that takes part takes the next one, empties it and comes back. Who asked for
 * the operation takes part from the beginning to the end. Other CPUs join when
 * they have nothing to do, if the task that asked may use them; when there is
 * other work for them they let it run, and leave. Nobody has to come: without
 * memory for it, or on one CPU, one does it all.
 *
 * Each has a tally of its own, so that counting costs nothing.
 */

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"

/* One is done with fewer pageblocks before a second one comes. */
#define ENOUGH_FOR_TWO	8

/**
 * struct hand - one that takes part
 * @work: what the workqueue knows; not used by who asked
 * @crew: all of them
 * @tally: what this one has done
 */
struct hand {
	struct work_struct work;
	struct crew *crew;
	struct mhp_tally tally;
};

/**
 * struct crew - all that take part, and the queue of pageblocks
 * @blocks: the operation, or NULL if a range is to be emptied
 * @start_pfn: first page frame of the range
 * @end_pfn: page frame after the last one
 * @targets: where pages go
 * @next: how many pageblocks were taken
 * @nr: how many there are
 * @no_room: somebody found no memory to move a page to
 * @over: the operation ends, what is left stays
 * @first: who asked
 * @others: one for each possible CPU, or NULL
 */
struct crew {
	struct mhp_block_operation *blocks;
	unsigned long start_pfn;
	unsigned long end_pfn;
	struct mhp_targets targets;
	atomic_long_t next;
	unsigned long nr;
	bool no_room;
	bool over;
	struct hand first;
	struct hand *others;
};

static struct workqueue_struct *workqueue __ro_after_init;

static unsigned long pageblocks_per_member(void)
{
	return PHYS_PFN(memory_block_size_bytes()) >> pageblock_order;
}

/* The part of the range that lies in a pageblock. */
static void find_in_range(const struct crew *crew, unsigned long nr,
			  unsigned long *pfn, unsigned long *end_pfn)
{
	*pfn = pageblock_start_pfn(crew->start_pfn) + nr * pageblock_nr_pages;
	*end_pfn = min(*pfn + pageblock_nr_pages, crew->end_pfn);
	*pfn = max(*pfn, crew->start_pfn);
}

static void find_in_blocks(const struct crew *crew, unsigned long nr,
			   unsigned long *pfn, unsigned long *end_pfn)
{
	const struct mhp_member *member =
		&crew->blocks->members[nr / pageblocks_per_member()];

	*pfn = member->start_pfn +
	       nr % pageblocks_per_member() * pageblock_nr_pages;
	*end_pfn = *pfn < mhp_usable_start(member) ? *pfn :
						     *pfn + pageblock_nr_pages;
}

static void empty_pageblock(struct hand *hand, unsigned long nr)
{
	struct crew *crew = hand->crew;
	struct mhp_collection collection = {
		.folios = LIST_HEAD_INIT(collection.folios),
		.tally = &hand->tally,
		.count_only = READ_ONCE(crew->no_room),
		.for_alloc = !crew->blocks,
		.alloc_pfn = crew->start_pfn,
	};
	struct mhp_targets targets = crew->targets;
	unsigned long pfn, end_pfn;

	if (crew->blocks)
		find_in_blocks(crew, nr, &pfn, &end_pfn);
	else
		find_in_range(crew, nr, &pfn, &end_pfn);
	mhp_collect(&collection, pfn, end_pfn);
	targets.modest = hand != &crew->first;
	mhp_move_collected(&collection, &targets);
	if (hand->tally.no_room)
		WRITE_ONCE(crew->no_room, true);
}

/* Who wants a range may find another one, and need not know of every page. */
static bool is_in_vain(const struct crew *crew)
{
	return !crew->blocks && READ_ONCE(crew->no_room);
}

static bool take_one(struct hand *hand)
{
	struct crew *crew = hand->crew;
	const long nr = atomic_long_fetch_inc(&crew->next);

	if (nr >= crew->nr || is_in_vain(crew))
		return false;
	empty_pageblock(hand, nr);
	cond_resched();
	return true;
}

/* If others have work for this CPU, they come first. */
static void help(struct work_struct *work)
{
	struct hand *hand = container_of(work, struct hand, work);

	while (single_task_running() && take_one(hand))
		;
}

/* A worker is on the CPU that it was called on, and means no other by that. */
static const struct cpumask *cpus_of_caller(void)
{
	return current->flags & PF_WQ_WORKER ? cpu_possible_mask :
					       current->cpus_ptr;
}

static void call_idle_cpus(struct crew *crew)
{
	unsigned int cpu;

	if (!crew->others)
		return;
	for_each_cpu_and(cpu, cpus_of_caller(), cpu_online_mask)
		if (idle_cpu(cpu) && housekeeping_cpu(cpu, HK_TYPE_WQ))
			queue_work_on(cpu, workqueue, &crew->others[cpu].work);
}

static unsigned long done_by(const struct mhp_tally *tally)
{
	return READ_ONCE(tally->moved) + READ_ONCE(tally->dropped);
}

static unsigned long done_by_all(const struct crew *crew)
{
	unsigned long done = done_by(&crew->first.tally);
	unsigned int cpu;

	if (crew->others)
		for_each_possible_cpu(cpu)
			done += done_by(&crew->others[cpu].tally);
	return done;
}

static void show_progress(struct crew *crew, unsigned long before)
{
	struct mhp_operation *operation;
	unsigned long all, done;

	if (!crew->blocks)
		return;
	operation = &crew->blocks->operation;
	all = operation->pages_done + operation->pages_left;
	done = before + done_by_all(crew);
	WRITE_ONCE(operation->pages_done, done);
	WRITE_ONCE(operation->pages_left, all > done ? all - done : 0);
}

static void gather(struct crew *crew)
{
	unsigned int cpu;

	if (!workqueue)
		return;
	crew->others = kvcalloc(nr_cpu_ids, sizeof(*crew->others),
				GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (!crew->others)
		return;
	for_each_possible_cpu(cpu) {
		crew->others[cpu].crew = crew;
		INIT_WORK(&crew->others[cpu].work, help);
	}
}

static void add_tally(struct mhp_tally *tally, const struct mhp_tally *other)
{
	if (other->left &&
	    mhp_is_first(tally, other->first_pfn, other->first_stay)) {
		tally->first_pfn = other->first_pfn;
		tally->first_stay = other->first_stay;
	}
	tally->left += other->left;
	tally->moved += other->moved;
	tally->dropped += other->dropped;
	tally->no_room |= other->no_room;
	tally->pool |= other->pool;
	tally->needs_writing |= other->needs_writing;
}

/*
 * Nobody takes another pageblock. The one under way is emptied, unless the
 * operation ends.
 */
static void dismiss(struct crew *crew, enum mhp_result result)
{
	unsigned int cpu;

	WRITE_ONCE(crew->over, result != MHP_DONE);
	atomic_long_set(&crew->next, crew->nr);
	if (crew->others)
		for_each_possible_cpu(cpu)
			cancel_work_sync(&crew->others[cpu].work);
}

static void add_tallies(struct crew *crew, struct mhp_tally *tally)
{
	unsigned int cpu;

	add_tally(tally, &crew->first.tally);
	if (crew->others)
		for_each_possible_cpu(cpu)
			add_tally(tally, &crew->others[cpu].tally);
	kvfree(crew->others);
}

static enum mhp_result pending(const struct crew *crew)
{
	if (crew->blocks)
		return mhp_operation_pending(&crew->blocks->operation);
	return fatal_signal_pending(current) ? MHP_INTERRUPTED : MHP_DONE;
}

static enum mhp_result run(struct crew *crew, struct mhp_tally *tally)
{
	const unsigned long before = crew->blocks ?
				     crew->blocks->operation.pages_done : 0;
	enum mhp_result result;

	crew->targets.over = &crew->over;
	crew->first.crew = crew;
	do {
		result = pending(crew);
		if (result != MHP_DONE)
			break;
		call_idle_cpus(crew);
		show_progress(crew, before);
	} while (take_one(&crew->first));
	dismiss(crew, result);
	show_progress(crew, before);
	add_tallies(crew, tally);
	return result;
}

/**
 * mhp_empty_once() - try once to move every page of an operation
 * @blocks: the operation; its blocks are isolated
 * @locked: the caller holds mem_hotplug_lock, and CPU hotplug with it, which
 *	    others may wait for: then nobody helps
 * @tally: adds what was moved, what stays, and why
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: MHP_DONE if every page was looked at; MHP_INTERRUPTED, MHP_CANCELLED
 * or MHP_TIMED_OUT.
 */
enum mhp_result mhp_empty_once(struct mhp_block_operation *blocks,
			       bool locked, struct mhp_tally *tally)
{
	struct crew crew = {
		.blocks = blocks,
		.targets = mhp_targets_for(blocks),
		.next = ATOMIC_LONG_INIT(0),
		.nr = blocks->operation.nr_units * pageblocks_per_member(),
	};

	crew.targets.locked = locked;
	if (!locked)
		gather(&crew);
	return run(&crew, tally);
}

/* Who helps may need a range himself, for a huge page of 1 GiB to move to. */
static bool helps_already(void)
{
	const struct work_struct *work = current_work();

	return work && work->func == help;
}

/*
 * The caller may hold locks that others wait for when they look for memory. Then
 * nobody helps, and nobody comes for a few pageblocks.
 */
static bool can_be_helped(const struct crew *crew)
{
	return crew->nr >= ENOUGH_FOR_TWO && !(current->flags & PF_MEMALLOC) &&
	       (crew->targets.gfp & GFP_KERNEL) == GFP_KERNEL &&
	       !helps_already();
}

/**
 * mhp_empty_range_once() - try once to move every page of a range
 * @pfn: first page frame
 * @end_pfn: page frame after the last one
 * @targets: where to
 * @tally: adds what was moved, what stays, and why
 *
 * Ends early when it finds no room. Free huge pages of a pool are replaced by
 * others.
 *
 * Context: Process context, may sleep. The range is isolated by the caller, and
 * in one zone.
 * Return: MHP_DONE; MHP_INTERRUPTED if the caller is being killed.
 */
enum mhp_result mhp_empty_range_once(unsigned long pfn, unsigned long end_pfn,
				     const struct mhp_targets *targets,
				     struct mhp_tally *tally)
{
	struct crew crew = {
		.start_pfn = pfn,
		.end_pfn = end_pfn,
		.targets = *targets,
		.next = ATOMIC_LONG_INIT(0),
		.nr = (pageblock_align(end_pfn) - pageblock_start_pfn(pfn)) /
		      pageblock_nr_pages,
	};

	if (can_be_helped(&crew))
		gather(&crew);
	return run(&crew, tally);
}

/* Each who helps has his CPU for himself, and is not waited for by others. */
static int __init create_workqueue_for_help(void)
{
	workqueue = alloc_workqueue("mhp_evacuate", WQ_CPU_INTENSIVE, 1);
	return workqueue ? 0 : -ENOMEM;
}
core_initcall(create_workqueue_for_help);
