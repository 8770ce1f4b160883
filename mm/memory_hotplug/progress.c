// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The operation that runs
 *
 * device_hotplug_lock lets one operation run at a time. While it does, this
 * file knows it, so that others can see how far it is and end it. They wait
 * for nothing that an operation waits for: the lock here is held for as long
 * as it takes to copy some numbers, and keeps the operation from going away
 * meanwhile.
 *
 * To end an operation is to ask it: it looks at the flag where it looks for a
 * signal, undoes what it did and returns. Between two operations that belong
 * to one request nothing runs, and nothing can be asked.
 */

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/memory.h>
#include <linux/spinlock.h>

#include "internal.h"

static DEFINE_SPINLOCK(running_lock);
static struct mhp_operation *running;

/**
 * mhp_progress_begin() - an operation begins
 * @operation: the operation, which stays until mhp_progress_end()
 *
 * One that begins while another one runs is not shown.
 *
 * Context: Process context.
 */
void mhp_progress_begin(struct mhp_operation *operation)
{
	spin_lock(&running_lock);
	if (!running)
		running = operation;
	spin_unlock(&running_lock);
}

/**
 * mhp_progress_end() - an operation has come to its end
 * @operation: the operation
 *
 * Context: Process context.
 */
void mhp_progress_end(const struct mhp_operation *operation)
{
	spin_lock(&running_lock);
	if (running == operation)
		running = NULL;
	spin_unlock(&running_lock);
}

/**
 * mhp_progress() - see how far the operation that runs is
 * @progress: filled in if there is one
 *
 * Context: Process context. Does not wait for the operation.
 * Return: true if an operation runs.
 */
bool mhp_progress(struct mhp_progress *progress)
{
	const struct mhp_operation *operation;

	spin_lock(&running_lock);
	operation = running;
	if (operation)
		*progress = (struct mhp_progress) {
			.operation = operation->type->name,
			.nr_blocks = operation->nr_units,
			.first_block = operation->first_block,
			.last_block = operation->last_block,
			.pages_done = READ_ONCE(operation->pages_done),
			.pages_left = READ_ONCE(operation->pages_left),
			.ns = ktime_get_ns() - operation->start_ns,
		};
	spin_unlock(&running_lock);
	return operation;
}

/**
 * mhp_cancel() - ask the operation that runs to end
 *
 * It ends as after a signal: with -EINTR for its caller, and all as it was. It
 * succeeds all the same if it is about to.
 *
 * Context: Process context. Does not wait for the operation.
 * Return: 0 if it was asked; -ESRCH if no operation runs; -EOPNOTSUPP if it is
 * one that can not be interrupted.
 */
int mhp_cancel(void)
{
	int error = -ESRCH;

	spin_lock(&running_lock);
	if (running)
		error = running->type->interruptible ? 0 : -EOPNOTSUPP;
	if (!error)
		WRITE_ONCE(running->cancelled, true);
	spin_unlock(&running_lock);
	return error;
}

/*
 * An operation that has not ended after that time may itself be waiting for the
 * memory of who is to be killed.
 */
#define CALLED_BACK_NS	NSEC_PER_SEC

/**
 * mhp_call_back() - ask for the memory of the operation that runs
 *
 * It ends as if it had found no room, and all is as it was. It succeeds all the
 * same if it is about to.
 *
 * Context: Process context. Does not wait for the operation.
 * Return: How many pages are to come back; 0 if no operation runs that can be
 * ended, or if it was asked a second ago and has not ended.
 */
unsigned long mhp_call_back(void)
{
	const u64 now = ktime_get_ns();
	unsigned long pages = 0;

	spin_lock(&running_lock);
	if (running && running->type->interruptible) {
		if (!running->called_back_ns)
			WRITE_ONCE(running->called_back_ns, now);
		if (now - running->called_back_ns < CALLED_BACK_NS)
			pages = running->nr_pages;
	}
	spin_unlock(&running_lock);
	return pages;
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/progress_kunit.c"
#endif
