// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Who may change memory
 *
 * Whoever adds, removes, onlines or offlines memory first takes
 * device_hotplug_lock, which lets one operation run at a time, and then,
 * for the parts of the operation that others must not see half done,
 * mem_hotplug_lock as a writer. Readers of mem_hotplug_lock may look at all
 * online memory without any of it going away. Writers block CPU hotplug as
 * well, because both change what per-CPU and per-node code relies on; the
 * CPU lock comes first in order.
 *
 * A per-CPU lock makes its first writer after a while wait for a grace period
 * of RCU, so that readers need no memory barrier. Here readers are rare, and a
 * writer that waits for nobody would wait for most of its time: readers take
 * the way with the barrier, always.
 */

#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/memory_hotplug.h>
#include <linux/percpu-rwsem.h>
#include <linux/rcu_sync.h>

DEFINE_STATIC_PERCPU_RWSEM(mem_hotplug_lock);

static int __init let_writers_begin_at_once(void)
{
	rcu_sync_enter(&mem_hotplug_lock.rss);
	return 0;
}
core_initcall(let_writers_begin_at_once);

/**
 * get_online_mems() - keep all online memory online
 *
 * Context: Process context, may sleep for as long as an operation holds
 * mem_hotplug_lock.
 */
void get_online_mems(void)
{
	percpu_down_read(&mem_hotplug_lock);
}

/**
 * put_online_mems() - reverse of get_online_mems()
 *
 * Context: Process context.
 */
void put_online_mems(void)
{
	percpu_up_read(&mem_hotplug_lock);
}

/**
 * mem_hotplug_begin() - start to change memory
 *
 * Context: Process context, may sleep. Memory blocks are only changed with
 * device_hotplug_lock held outside of this.
 */
void mem_hotplug_begin(void)
{
	cpus_read_lock();
	percpu_down_write(&mem_hotplug_lock);
}

/**
 * mem_hotplug_done() - reverse of mem_hotplug_begin()
 *
 * Context: Process context.
 */
void mem_hotplug_done(void)
{
	percpu_up_write(&mem_hotplug_lock);
	cpus_read_unlock();
}
