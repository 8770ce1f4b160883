// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Removing
 *
 * The physical phase in reverse: memory blocks that are offline lose their
 * devices, their mapping, their sections and their resource, and a node that
 * has nothing left disappears. All conditions are checked before anything is
 * touched; from then on nothing can fail.
 */

#include <linux/export.h>
#include <linux/firmware-map.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "internal.h"

#define SYSTEM_RAM	"System RAM"

/**
 * struct mhp_remove - a removal under way
 * @operation: the engine's part
 * @start: physical address, in bytes
 * @size: size, in bytes
 * @nodes: nodes that have a block in the range
 * @nr_blocks: blocks that exist in the range
 * @nr_carriers: how many of them carry their own memory map
 * @memmap_pages: how many pages of each that takes
 * @online: a block that is not offline, or NULL
 */
struct mhp_remove {
	struct mhp_operation operation;
	u64 start;
	u64 size;
	nodemask_t nodes;
	unsigned int nr_blocks;
	unsigned int nr_carriers;
	unsigned long memmap_pages;
	struct memory_block *online;
};

static struct mhp_remove *to_remove(struct mhp_operation *operation)
{
	return container_of(operation, struct mhp_remove, operation);
}

static int look_at_block(struct memory_block *mem, void *arg)
{
	struct mhp_remove *remove = arg;

	remove->nr_blocks++;
	if (mem->memmap_pages) {
		remove->nr_carriers++;
		remove->memmap_pages = mem->memmap_pages;
	}
	if (mem->nid != NUMA_NO_NODE)
		node_set(mem->nid, remove->nodes);
	if (mem->state != MEM_OFFLINE && !remove->online)
		remove->online = mem;
	return 0;
}

static bool range_fits(u64 start, u64 size)
{
	return size && start + size > start &&
	       IS_ALIGNED(start | size, memory_block_size_bytes());
}

static enum mhp_result check_range(struct mhp_operation *operation,
				   unsigned int unit)
{
	struct mhp_remove *remove = to_remove(operation);
	phys_addr_t first, last;

	if (!range_fits(remove->start, remove->size))
		return MHP_BAD_REQUEST;
	walk_memory_blocks(remove->start, remove->size, remove, look_at_block);
	if (remove->online) {
		first = PFN_PHYS(memory_block_start_pfn(remove->online));
		last = first + memory_block_size_bytes() - 1;
		pr_warn("removing memory fails, because memory [%pa-%pa] is onlined\n",
			&first, &last);
		operation->told = true;
		return MHP_STILL_ONLINE;
	}
	if (remove->nr_blocks != operation->nr_units ||
	    (remove->nr_carriers && remove->nr_carriers != remove->nr_blocks))
		return MHP_BAD_REQUEST;
	return MHP_DONE;
}

/* Blocks with their own memory map take the map with them when they go. */
static void unmap_memory(const struct mhp_remove *remove)
{
	struct vmem_altmap first = {
		.base_pfn = PHYS_PFN(remove->start),
		.free = remove->memmap_pages,
	};

	arch_remove_memory(remove->start, remove->size,
			   remove->nr_carriers ? &first : NULL, NULL);
}

/**
 * struct piece - memory that one resource stands for
 * @start: an address in it
 * @first: first byte of the resource
 * @last: last byte of the resource
 */
struct piece {
	u64 start;
	u64 first;
	u64 last;
};

static int is_piece(struct resource *resource, void *arg)
{
	struct piece *piece = arg;

	if (resource->start > piece->start || resource->end < piece->start)
		return 0;
	piece->first = resource->start;
	piece->last = resource->end;
	return 1;
}

static void tell_rest(u64 start, u64 end)
{
	if (start < end)
		firmware_map_add_hotplug(start, end, SYSTEM_RAM);
}

/*
 * Memory that came in pieces may leave as one, and the other way round. The
 * firmware map has an entry for each resource of memory that was added, and
 * keeps one for what stays of it.
 */
static u64 forget_piece(u64 start, u64 end)
{
	struct piece piece = { .start = start };

	if (!walk_system_ram_res(0, U64_MAX, &piece, is_piece))
		return end;
	end = min(end, piece.last + 1);
	release_mem_region_adjustable(start, end - start);
	if (!firmware_map_remove(piece.first, piece.last + 1, SYSTEM_RAM)) {
		tell_rest(piece.first, start);
		tell_rest(end, piece.last + 1);
	}
	return end;
}

static void forget_range(const struct mhp_remove *remove)
{
	const u64 end = remove->start + remove->size;
	u64 start = remove->start;

	while (start < end)
		start = forget_piece(start, end);
}

static enum mhp_result tear_down(struct mhp_operation *operation,
				 unsigned int unit)
{
	const struct mhp_remove *remove = to_remove(operation);
	int nid;

	/*
	 * Writers of a block's files hold the files while they wait for
	 * mem_hotplug_lock, so that no device is removed with that lock held.
	 */
	remove_memory_block_devices(remove->start, remove->size);
	mem_hotplug_begin();
	unmap_memory(remove);
	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		memblock_remove(remove->start, remove->size);
	forget_range(remove);
	mem_hotplug_done();
	for_each_node_mask(nid, remove->nodes)
		try_offline_node(nid);
	return MHP_DONE;
}

static const struct mhp_step remove_steps[] = {
	{ "check",	check_range,	NULL,	false },
	{ "remove",	tear_down,	NULL,	false },
};

const struct mhp_operation_type mhp_remove_type = {
	.name = "remove",
	.steps = remove_steps,
	.nr_steps = ARRAY_SIZE(remove_steps),
};

/**
 * try_remove_memory() - remove memory that is offline
 * @start: physical address in bytes
 * @size: size in bytes
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: 0; -EINVAL if the range is not made of whole memory blocks that
 * exist, or only some of them carry their own memory map; -EBUSY if one is
 * not offline. After an error everything is as before.
 */
int try_remove_memory(u64 start, u64 size)
{
	struct mhp_remove remove = {
		.operation = {
			.type = &mhp_remove_type,
			.start_pfn = PHYS_PFN(start),
			.end_pfn = PHYS_PFN(start + size),
			.nr_pages = PHYS_PFN(size),
			.first_block = phys_to_block_id(start),
			.last_block = phys_to_block_id(start + size - 1),
			.nr_units = size / memory_block_size_bytes(),
		},
		.start = start,
		.size = size,
	};

	return mhp_operation_run(&remove.operation);
}

/**
 * __remove_memory() - try_remove_memory() for a caller that can not fail
 * @start: physical address in bytes
 * @size: size in bytes
 *
 * What could not be removed stays, and the log says why.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 */
void __remove_memory(u64 start, u64 size)
{
	try_remove_memory(start, size);
}

/**
 * remove_memory() - remove memory that is offline, taking the lock
 * @start: physical address in bytes
 * @size: size in bytes
 *
 * Context: Process context, may sleep; takes device_hotplug_lock.
 * Return: As try_remove_memory().
 */
int remove_memory(u64 start, u64 size)
{
	int error;

	lock_device_hotplug();
	error = try_remove_memory(start, size);
	unlock_device_hotplug();
	return error;
}
EXPORT_SYMBOL_GPL(remove_memory);

/**
 * struct departure - blocks that go offline to be removed
 * @blocks: those that were online, ascending
 * @zones: where each of them was
 * @nr: how many
 */
struct departure {
	struct memory_block **blocks;
	struct zone **zones;
	unsigned int nr;
};

static int note_online_block(struct memory_block *mem, void *arg)
{
	struct departure *departure = arg;

	if (mem->state == MEM_OFFLINE)
		return 0;
	get_device(&mem->dev);
	departure->blocks[departure->nr] = mem;
	departure->zones[departure->nr] = mem->zone;
	departure->nr++;
	return 0;
}

static int plan_departure(struct departure *departure, u64 start, u64 size)
{
	const unsigned long nr = size / memory_block_size_bytes();

	departure->blocks = kvcalloc(nr, sizeof(*departure->blocks),
				     GFP_KERNEL);
	departure->zones = kvcalloc(nr, sizeof(*departure->zones), GFP_KERNEL);
	if (!departure->blocks || !departure->zones)
		return -ENOMEM;
	walk_memory_blocks(start, size, departure, note_online_block);
	return 0;
}

static void forget_departure(struct departure *departure)
{
	while (departure->nr--)
		put_device(&departure->blocks[departure->nr]->dev);
	kvfree(departure->blocks);
	kvfree(departure->zones);
}

static void take_departure_back(const struct departure *departure)
{
	unsigned int i;

	if (!departure->nr)
		return;
	mhp_return_blocks(departure->blocks, departure->nr, departure->zones);
	for (i = 0; i < departure->nr; i++)
		if (departure->blocks[i]->state == MEM_ONLINE)
			device_online(&departure->blocks[i]->dev);
}

static int offline_and_remove(struct departure *departure, u64 start, u64 size)
{
	int error = 0;

	if (departure->nr)
		error = memory_blocks_try_offline(departure->blocks,
						  departure->nr);
	if (error)
		return error;
	error = try_remove_memory(start, size);
	if (error)
		take_departure_back(departure);
	return error;
}

/**
 * offline_and_remove_memory() - take memory offline and remove it
 * @start: physical address in bytes, at the start of a memory block
 * @size: size in bytes, whole memory blocks
 *
 * One operation: when it fails, every block is in the state and in the zone
 * that it was in. For drivers, which often only try: the log is silent about
 * blocks that can not leave.
 *
 * Context: Process context, may sleep; takes device_hotplug_lock.
 * Return: 0; -EINVAL if the range does not fit; -ENOMEM; what
 * mhp_offline_blocks() and try_remove_memory() return.
 */
int offline_and_remove_memory(u64 start, u64 size)
{
	struct departure departure = { };
	int error;

	if (!range_fits(start, size))
		return -EINVAL;
	lock_device_hotplug();
	error = plan_departure(&departure, start, size);
	if (!error)
		error = offline_and_remove(&departure, start, size);
	forget_departure(&departure);
	unlock_device_hotplug();
	return error;
}
EXPORT_SYMBOL_GPL(offline_and_remove_memory);
