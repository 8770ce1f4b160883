// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The memory notifier
 *
 * Subsystems and drivers learn through a notifier chain that memory goes
 * online or offline, and may object while it is still possible. Every memory
 * block of an operation has its own events. Those that can be vetoed
 * (MEM_GOING_ONLINE, MEM_GOING_OFFLINE) are sent for all blocks before the
 * operation passes the point of no return; after that come the completions.
 *
 * When a callback objects, the blocks that everybody accepted are cancelled
 * first and the vetoed block last, and a cancellation goes to all callbacks,
 * also to those that were not asked about the block: drivers wait for it. A
 * callback that counts the events it accepted is right to ignore a
 * cancellation at zero.
 */

#include <linux/export.h>
#include <linux/notifier.h>

#include "internal.h"

static BLOCKING_NOTIFIER_HEAD(memory_chain);

/**
 * register_memory_notifier() - learn about memory that comes and goes
 * @nb: the callback and its priority; higher ones are called first
 *
 * Context: Process context, may sleep. Not from within a callback.
 * Return: 0, or -EEXIST if @nb is registered already.
 */
int register_memory_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&memory_chain, nb);
}
EXPORT_SYMBOL(register_memory_notifier);

/**
 * unregister_memory_notifier() - reverse of register_memory_notifier()
 * @nb: the callback
 *
 * Context: Process context, may sleep. Not from within a callback.
 */
void unregister_memory_notifier(struct notifier_block *nb)
{
	blocking_notifier_chain_unregister(&memory_chain, nb);
}
EXPORT_SYMBOL(unregister_memory_notifier);

/**
 * memory_notify() - tell all callbacks
 * @val: the event, an enum memory_block_state
 * @v: the struct memory_notify that describes the memory
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: What the last callback returned, for notifier_to_errno().
 */
int memory_notify(unsigned long val, void *v)
{
	return blocking_notifier_call_chain(&memory_chain, val, v);
}

static void cancel_first(struct mhp_block_operation *blocks, unsigned int nr,
			 enum memory_block_state cancel)
{
	unsigned int unit;

	for (unit = 0; unit < nr; unit++)
		memory_notify(cancel, &blocks->members[unit].notify);
}

/**
 * mhp_notify_all() - ask the callbacks about every block of an operation
 * @blocks: the operation
 * @going: the event to send
 * @cancel: the event that takes it back
 *
 * After a veto every block that was asked about has been cancelled.
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: MHP_DONE; MHP_VETOED with the errno of the callback that objected.
 */
enum mhp_result mhp_notify_all(struct mhp_block_operation *blocks,
			       enum memory_block_state going,
			       enum memory_block_state cancel)
{
	unsigned int unit;
	int error;

	for (unit = 0; unit < blocks->operation.nr_units; unit++) {
		error = memory_notify(going, &blocks->members[unit].notify);
		error = notifier_to_errno(error);
		if (error) {
			cancel_first(blocks, unit + 1, cancel);
			return mhp_operation_fail(&blocks->operation,
						  MHP_VETOED, error);
		}
	}
	return MHP_DONE;
}

/**
 * mhp_notify_cancel_all() - reverse of mhp_notify_all()
 * @blocks: the operation
 * @cancel: the event to send for every block
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void mhp_notify_cancel_all(struct mhp_block_operation *blocks,
			   enum memory_block_state cancel)
{
	cancel_first(blocks, blocks->operation.nr_units, cancel);
}
