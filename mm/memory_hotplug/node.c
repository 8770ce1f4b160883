// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Nodes that appear and disappear
 *
 * The structure of every possible node exists from boot on. A node appears
 * when its zones are set up as empty ones, its zonelist leads to the memory of
 * other nodes, and its device is registered; memory and CPUs follow. It
 * disappears when the last of them has left, and what CPUs have counted for it
 * is added to the sums. Its structure stays for the next time.
 *
 * That it has memory is a matter of online.c and offline.c: with the first
 * block its node states change, then the zonelists of all nodes, then kswapd
 * and kcompactd start, and with MEM_ONLINE memory tiers and cpusets follow, and
 * memory policies by way of these. The last block takes it all back.
 *
 * The large thing that comes with a node is the memory map, which can lie on
 * the memory that it describes. The rest is small: 12 KiB for the structure,
 * and with the first memory some 64 KiB for two threads, the device and its
 * files, counters and page lists of each CPU, and something in each slab cache.
 * It does not lie on the node, because the structure has to be there without
 * the node for those who look at it without a lock, the rest is wanted before
 * the first block is online, and a block with any of it could never leave.
 */

#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/node.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/vmstat.h>

#include "../internal.h"
#include "internal.h"

/**
 * mhp_node_add() - let a node appear
 * @nid: a possible node
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: 1 if it appeared, 0 if it was there, -ENOMEM or what registering
 * its device returned. After an error the node is offline as before.
 */
int mhp_node_add(int nid)
{
	struct pglist_data *pgdat;
	int error;

	if (node_online(nid))
		return 0;
	pgdat = NODE_DATA(nid);
	error = free_area_init_core_hotplug(pgdat);
	if (error)
		return error;
	build_all_zonelists(pgdat);

	node_set_online(nid);
	error = __register_one_node(nid);
	if (error) {
		node_set_offline(nid);
		return error;
	}
	return 1;
}

/*
 * A CPU adds what it has counted for a node to the sums from time to time, as
 * long as the node is online.
 */
static void add_to_sums(void *data)
{
	struct pglist_data *pgdat = data;
	enum node_stat_item item;
	s8 difference;

	for (item = 0; item < NR_VM_NODE_STAT_ITEMS; item++) {
		difference = this_cpu_xchg(pgdat->per_cpu_nodestats->vm_node_stat_diff[item],
					   0);
		if (difference)
			node_page_state_add(difference, pgdat, item);
	}
}

/**
 * mhp_node_remove() - reverse of mhp_node_add()
 * @nid: a node without memory and CPUs
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock or
 * mem_hotplug_lock for writing.
 */
void mhp_node_remove(int nid)
{
	node_set_offline(nid);
	unregister_one_node(nid);
	on_each_cpu(add_to_sums, NODE_DATA(nid), true);
}

/**
 * try_online_node() - see to it that a node is there
 * @nid: a possible node
 *
 * Context: Process context, may sleep; takes mem_hotplug_lock for writing.
 * Return: 0, -ENOMEM or what registering the device of the node returned.
 */
int try_online_node(int nid)
{
	int result;

	mem_hotplug_begin();
	result = mhp_node_add(nid);
	mem_hotplug_done();
	return min(result, 0);
}

#ifdef CONFIG_MEMORY_HOTREMOVE
static int block_is_on_node(struct memory_block *mem, void *nid)
{
	return mem->nid == *(int *)nid;
}

static bool cpu_is_on_node(int nid)
{
	unsigned int cpu;

	for_each_present_cpu(cpu)
		if (cpu_to_node(cpu) == nid)
			return true;
	return false;
}

/**
 * try_offline_node() - let a node disappear if nothing is left of it
 * @nid: an online node
 *
 * A node stays while one of its zones has a span, while a memory block, also
 * an offline one, belongs to it, and while a CPU does.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 */
void try_offline_node(int nid)
{
	if (node_spanned_pages(nid) || cpu_is_on_node(nid) ||
	    for_each_memory_block(&nid, block_is_on_node))
		return;
	mhp_node_remove(nid);
}
EXPORT_SYMBOL(try_offline_node);
#endif
