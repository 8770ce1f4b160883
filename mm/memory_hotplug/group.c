// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Memory groups
 *
 * A driver that adds memory tells with a group which blocks belong together,
 * so that the policy can choose one zone for all of them. A static group is
 * one unit that comes and goes whole, such as a DIMM. A dynamic group comes
 * and goes in units of a fixed size, such as the memory of a virtio-mem
 * device. A group has an id for as long as it is registered, and can not be
 * unregistered while a block belongs to it.
 *
 * A group and its memory have one owner, which is the only one to look the
 * group up or to unregister it; the table of groups has no lock beyond its
 * own. Who asks for the zones that a block can go to looks at all groups
 * without a lock, so that a group is freed after a grace period.
 */

#include <linux/export.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "internal.h"

#define GROUP_IS_DYNAMIC	XA_MARK_1

static DEFINE_XARRAY_ALLOC(groups);

static struct memory_group *new_group(int nid)
{
	struct memory_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (group) {
		group->nid = nid;
		INIT_LIST_HEAD(&group->memory_blocks);
	}
	return group;
}

static int enter_group(struct memory_group *group)
{
	u32 id;
	int error;

	error = xa_alloc(&groups, &id, group, xa_limit_31b, GFP_KERNEL);
	if (error < 0) {
		kfree(group);
		return error;
	}
	if (group->is_dynamic)
		xa_set_mark(&groups, id, GROUP_IS_DYNAMIC);
	return id;
}

/**
 * memory_group_register_static() - register memory that comes and goes whole
 * @nid: node of the memory
 * @max_pages: most pages that the group will have
 *
 * Context: Process context, may sleep.
 * Return: The id of the group, 0 or more; -EINVAL if @max_pages is 0 or the
 * node is not possible; -ENOMEM; -EBUSY if there are no ids left.
 */
int memory_group_register_static(int nid, unsigned long max_pages)
{
	struct memory_group *group;

	if (!max_pages || !node_possible(nid))
		return -EINVAL;
	group = new_group(nid);
	if (!group)
		return -ENOMEM;
	group->s.max_pages = max_pages;
	return enter_group(group);
}
EXPORT_SYMBOL_GPL(memory_group_register_static);

/**
 * memory_group_register_dynamic() - register memory that comes in units
 * @nid: node of the memory
 * @unit_pages: pages of a unit, a power of two, a memory block or more
 *
 * Context: Process context, may sleep.
 * Return: The id of the group, 0 or more; -EINVAL if @unit_pages does not fit
 * or the node is not possible; -ENOMEM; -EBUSY if there are no ids left.
 */
int memory_group_register_dynamic(int nid, unsigned long unit_pages)
{
	struct memory_group *group;

	if (!is_power_of_2(unit_pages) || !node_possible(nid) ||
	    unit_pages < PHYS_PFN(memory_block_size_bytes()))
		return -EINVAL;
	group = new_group(nid);
	if (!group)
		return -ENOMEM;
	group->is_dynamic = true;
	group->d.unit_pages = unit_pages;
	return enter_group(group);
}
EXPORT_SYMBOL_GPL(memory_group_register_dynamic);

/**
 * memory_group_unregister() - forget a group
 * @mgid: its id
 *
 * Context: Process context. Not while the owner adds memory to the group.
 * Return: 0; -EINVAL if there is no such group; -EBUSY while a memory block
 * belongs to it.
 */
int memory_group_unregister(int mgid)
{
	struct memory_group *group = memory_group_find_by_id(mgid);

	if (!group)
		return -EINVAL;
	if (!list_empty(&group->memory_blocks))
		return -EBUSY;
	xa_erase(&groups, mgid);
	kfree_rcu_mightsleep(group);
	return 0;
}
EXPORT_SYMBOL_GPL(memory_group_unregister);

/**
 * memory_group_find_by_id() - look up a group
 * @mgid: its id
 *
 * Context: Any context. The owner of the group sees to it that it stays.
 * Return: The group, or NULL.
 */
struct memory_group *memory_group_find_by_id(int mgid)
{
	return mgid < 0 ? NULL : xa_load(&groups, mgid);
}

/**
 * walk_dynamic_memory_groups() - call a function for dynamic groups
 * @nid: only groups of this node; NUMA_NO_NODE for all
 * @func: the function; the walk ends when it does not return 0
 * @excluded: a group to leave out, or NULL
 * @arg: second argument of @func
 *
 * Context: Any context. @func is called under rcu_read_lock(), which keeps the
 * groups there; without device_hotplug_lock what they say is a hint.
 * Return: What @func returned last, 0 if it was not called.
 */
int walk_dynamic_memory_groups(int nid, walk_memory_groups_func_t func,
			       struct memory_group *excluded, void *arg)
{
	struct memory_group *group;
	unsigned long id;
	int result = 0;

	rcu_read_lock();
	xa_for_each_marked(&groups, id, group, GROUP_IS_DYNAMIC) {
		if (group != excluded &&
		    (nid == NUMA_NO_NODE || group->nid == nid))
			result = func(group, arg);
		if (result)
			break;
	}
	rcu_read_unlock();
	return result;
}
