// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Operations
 *
 * Adding, removing, onlining and offlining memory have one form: an operation
 * acts on a set of memory blocks and is a table of steps. This file runs such
 * a table forward and, at the first step that fails, backward, so that a
 * failed operation leaves the machine as it was. No other file has error
 * paths that span more than one step.
 *
 * A step either runs once or once for every memory block ("unit"). When it
 * fails for unit N, it is undone for N - 1 to 0, and then every earlier step
 * is undone, last one first. A step that fails has to clean up after the unit
 * that failed by itself. The last step of a table is the point of no return:
 * it may still refuse before it touches anything, and never after.
 *
 * Everything that is the same for all operations happens here and nowhere
 * else: trace events with the time that each step took, faults that are
 * injected in place of a step, signals, the deadline, what others see of it
 * while it runs, and the one line in the log that tells the reader what failed
 * and why. An operation ends with one of a few named results; the table below
 * maps them to an errno for the caller and to words for the reader.
 *
 * The file reaches the kernel through operation_internal.h only. It compiles
 * unchanged in user space, where its tests run in a moment.
 */

#include "operation_internal.h"

static const struct {
	const char *name;
	int error;
} results[NR_MHP_RESULTS] = {
	[MHP_DONE]		= { "done", 0 },
	[MHP_BAD_REQUEST]	= { "request does not fit", -EINVAL },
	[MHP_HOLES]		= { "memory holes", -EINVAL },
	[MHP_ZONES]		= { "more than one zone", -EINVAL },
	[MHP_POISONED]		= { "poisoned pages", -EHWPOISON },
	[MHP_EXISTS]		= { "exists already", -EEXIST },
	[MHP_TOO_HIGH]		= { "not addressable", -E2BIG },
	[MHP_STILL_ONLINE]	= { "block is online", -EBUSY },
	[MHP_UNMOVABLE]		= { "unmovable page", -EBUSY },
	[MHP_HELD]		= { "held page", -EBUSY },
	[MHP_NO_ROOM]		= { "no room for its pages", -ENOMEM },
	[MHP_NO_MEMORY]		= { "out of memory", -ENOMEM },
	[MHP_VETOED]		= { "vetoed by a notifier", -EPERM },
	[MHP_INTERRUPTED]	= { "interrupted by a signal", -EINTR },
	[MHP_CANCELLED]		= { "cancelled", -EINTR },
	[MHP_TIMED_OUT]		= { "timed out", -EBUSY },
	[MHP_INJECTED]		= { "fault injected", -ENOMEM },
	[MHP_FAILED]		= { "failed", -EIO },
};

/**
 * mhp_result_name() - a result in words
 * @result: the result
 *
 * Context: Any context.
 * Return: A string that stays valid.
 */
const char *mhp_result_name(enum mhp_result result)
{
	return results[result].name;
}

/**
 * mhp_operation_fail() - let a step fail with an errno of somebody else
 * @operation: the operation
 * @result: why it fails
 * @error: the negative errno that the caller of the operation is to get
 *
 * Context: Called from a step, as ``return mhp_operation_fail(...)``.
 * Return: @result.
 */
enum mhp_result mhp_operation_fail(struct mhp_operation *operation,
				   enum mhp_result result, int error)
{
	operation->error = error;
	return result;
}

/**
 * mhp_operation_pending() - does something want the operation to end
 * @operation: the operation
 *
 * A step that takes long asks this between two parts of its work.
 *
 * Context: Process context.
 * Return: MHP_INTERRUPTED after a signal, MHP_CANCELLED after mhp_cancel(),
 * MHP_TIMED_OUT after the deadline, MHP_DONE if the operation may go on.
 */
enum mhp_result mhp_operation_pending(const struct mhp_operation *operation)
{
	if (operation->type->interruptible && mhp_signalled())
		return MHP_INTERRUPTED;
	if (READ_ONCE(operation->cancelled))
		return MHP_CANCELLED;
	if (READ_ONCE(operation->called_back_ns))
		return MHP_NO_ROOM;
	if (operation->deadline_ns && mhp_now_ns() >= operation->deadline_ns)
		return MHP_TIMED_OUT;
	return MHP_DONE;
}

static unsigned int step_units(const struct mhp_operation *operation,
			       const struct mhp_step *step)
{
	return step->each ? operation->nr_units : 1;
}

static void undo_units(struct mhp_operation *operation,
		       const struct mhp_step *step, unsigned int done)
{
	if (!step->undo)
		return;
	while (done--)
		step->undo(operation, done);
}

static enum mhp_result run_units(struct mhp_operation *operation,
				 const struct mhp_step *step)
{
	const unsigned int units = step_units(operation, step);
	enum mhp_result result;
	unsigned int unit;

	for (unit = 0; unit < units; unit++) {
		result = mhp_operation_pending(operation);
		if (result == MHP_DONE)
			result = step->run(operation, unit);
		if (result != MHP_DONE) {
			undo_units(operation, step, unit);
			return result;
		}
	}
	return MHP_DONE;
}

static enum mhp_result run_step(struct mhp_operation *operation,
				unsigned int index)
{
	const struct mhp_step *step = &operation->type->steps[index];
	const u64 begin = mhp_now_ns();
	enum mhp_result result;
	int fault;

	fault = mhp_fault_injected(operation->type, index);
	if (fault)
		result = mhp_operation_fail(operation, MHP_INJECTED, fault);
	else
		result = run_units(operation, step);
	trace_mhp_step(operation, step->name, false, mhp_now_ns() - begin,
		       result);
	return result;
}

static void undo_steps(struct mhp_operation *operation, unsigned int index)
{
	const struct mhp_step *step;
	u64 begin;

	while (index--) {
		step = &operation->type->steps[index];
		begin = mhp_now_ns();
		undo_units(operation, step, step_units(operation, step));
		trace_mhp_step(operation, step->name, true,
			       mhp_now_ns() - begin, MHP_DONE);
	}
}

static void name_blocks(const struct mhp_operation *operation, char *text,
			size_t size)
{
	const unsigned long first = operation->first_block;
	const unsigned long last = operation->last_block;

	if (operation->nr_units <= 1)
		snprintf(text, size, "memory%lu", first);
	else if (last - first + 1 == operation->nr_units)
		snprintf(text, size, "memory%lu-%lu", first, last);
	else
		snprintf(text, size, "%u blocks of memory%lu-%lu",
			 operation->nr_units, first, last);
}

/**
 * mhp_operation_tell() - say in the log why an operation failed
 * @operation: the operation, after it failed
 *
 * An operation does so by itself unless it was told not to, with @told set
 * from the start by somebody who has another way to try.
 *
 * Context: Process context.
 */
void mhp_operation_tell(const struct mhp_operation *operation)
{
	char blocks[48], details[64] = "";

	if (!mhp_may_log())
		return;
	name_blocks(operation, blocks, sizeof(blocks));
	if (operation->culprit_pfn)
		snprintf(details, sizeof(details), " at pfn %#lx",
			 operation->culprit_pfn);
	else if (operation->result == MHP_NO_MEMORY && operation->bytes_wanted)
		snprintf(details, sizeof(details),
			 ", %llu KiB wanted, %llu KiB to be had",
			 operation->bytes_wanted >> 10,
			 operation->bytes_had >> 10);
	pr_info("%s of %s failed in %s: %s%s (error %d)\n",
		operation->type->name, blocks, operation->failed->name,
		mhp_result_name(operation->result), details, operation->error);
}

/**
 * mhp_operation_run() - run an operation to its end
 * @operation: the operation, with everything above @error filled in and the
 *	       rest zero
 *
 * Runs the steps in order. If one fails, undoes what was done, last step
 * first, and writes one line to the log unless the step did.
 *
 * Context: Process context, may sleep. The steps take the locks they need;
 * the caller holds device_hotplug_lock.
 * Return: 0, or the negative errno of the result (see the table in this file)
 * or the one that the failing step set.
 */
int mhp_operation_run(struct mhp_operation *operation)
{
	const struct mhp_operation_type *type = operation->type;
	unsigned int index;

	operation->start_ns = mhp_now_ns();
	mhp_progress_begin(operation);
	for (index = 0; index < type->nr_steps; index++) {
		operation->result = run_step(operation, index);
		if (operation->result != MHP_DONE) {
			operation->failed = &type->steps[index];
			undo_steps(operation, index);
			break;
		}
	}
	mhp_progress_end(operation);

	if (operation->failed) {
		if (!operation->error)
			operation->error = results[operation->result].error;
		if (!operation->told)
			mhp_operation_tell(operation);
	}
	trace_mhp_operation(operation, mhp_now_ns() - operation->start_ns);
	return operation->error;
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/operation_kunit.c"
#endif
