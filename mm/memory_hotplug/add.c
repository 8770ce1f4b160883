// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Adding
 *
 * The physical phase: a physical range becomes memory that the kernel knows
 * about and nobody uses yet. It gets a resource, a node, sections with their
 * memory map, a direct mapping, and a device for each of its memory blocks,
 * which are offline. What an add took is given back when it fails, and what
 * can not fit into the memory that is there is not started. Whether
 * the new blocks go online right away is a matter of policy, and no part of
 * the add: when that fails the memory is there, offline.
 *
 * Reverse: remove.c.
 */

#include <linux/err.h>
#include <linux/export.h>
#include <linux/firmware-map.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/node.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define SYSTEM_RAM		"System RAM"
#define DRIVER_MANAGED_PREFIX	SYSTEM_RAM " ("

/* Set by mem= on the command line: what is added during boot ends there. */
u64 max_mem_size = U64_MAX;

/**
 * struct mhp_add - an add under way
 * @operation: the engine's part
 * @start: physical address, in bytes
 * @size: size, in bytes
 * @nid: node, or id of a memory group with MHP_NID_IS_MGID
 * @group: memory group, or NULL
 * @flags: what the caller wishes
 * @name: name of the resource to register
 * @resource: the resource; the caller's own if it was set from the start
 * @resource_is_ours: the operation registered it
 * @node_is_new: the node appeared with this operation
 * @memmap_pages: pages of each block that hold its own memory map; 0 if that
 *		  lies elsewhere
 */
struct mhp_add {
	struct mhp_operation operation;
	u64 start;
	u64 size;
	int nid;
	struct memory_group *group;
	mhp_t flags;
	const char *name;
	struct resource *resource;
	bool resource_is_ours;
	bool node_is_new;
	unsigned long memmap_pages;
};

static struct mhp_add *to_add(struct mhp_operation *operation)
{
	return container_of(operation, struct mhp_add, operation);
}

static unsigned long nr_blocks(const struct mhp_add *add)
{
	return add->size / memory_block_size_bytes();
}

/* What was called says why; of memory that ran out, how much there was. */
static enum mhp_result fail_add(struct mhp_add *add, int error)
{
	struct mhp_operation *operation = &add->operation;

	if (error != -ENOMEM)
		return mhp_operation_fail(operation, MHP_FAILED, error);
	operation->bytes_had = mhp_obtainable_bytes();
	return MHP_NO_MEMORY;
}

static enum mhp_result check_request(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_add *add = to_add(operation);

	if (!add->size ||
	    !IS_ALIGNED(add->start | add->size, memory_block_size_bytes())) {
		pr_err("Block size [%#lx] unaligned hotplug range: start %#llx, size %#llx\n",
		       memory_block_size_bytes(), add->start, add->size);
		operation->told = true;
		return MHP_BAD_REQUEST;
	}
	if (add->flags & MHP_NID_IS_MGID) {
		add->group = memory_group_find_by_id(add->nid);
		if (!add->group)
			return MHP_BAD_REQUEST;
		add->nid = add->group->nid;
	}
	return node_possible(add->nid) ? MHP_DONE : MHP_BAD_REQUEST;
}

static enum mhp_result take_resource(struct mhp_operation *operation,
				     unsigned int unit)
{
	unsigned long flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
	struct mhp_add *add = to_add(operation);

	if (add->resource)
		return MHP_DONE;
	if (!mhp_range_allowed(add->start, add->size, true)) {
		operation->told = true;
		return MHP_TOO_HIGH;
	}
	if (add->start + add->size - 1 > iomem_resource.end)
		return MHP_TOO_HIGH;
	if (system_state < SYSTEM_RUNNING &&
	    add->start + add->size > max_mem_size)
		return MHP_TOO_HIGH;

	if (strcmp(add->name, SYSTEM_RAM))
		flags |= IORESOURCE_SYSRAM_DRIVER_MANAGED;
	add->resource = __request_region(&iomem_resource, add->start,
					 add->size, add->name, flags);
	add->resource_is_ours = add->resource;
	return add->resource ? MHP_DONE : MHP_EXISTS;
}

static void give_resource_back(struct mhp_operation *operation,
			       unsigned int unit)
{
	struct mhp_add *add = to_add(operation);

	if (!add->resource_is_ours)
		return;
	release_resource(add->resource);
	kfree(add->resource);
}

static bool belongs_to_driver(const struct mhp_add *add)
{
	return add->resource->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED;
}

/* Not to start what would fail half way. */
static enum mhp_result look_for_room(struct mhp_operation *operation,
				     unsigned int unit)
{
	struct mhp_add *add = to_add(operation);

	add->memmap_pages = mhp_memmap_pages(add->flags);
	operation->bytes_wanted = mhp_bookkeeping_bytes(add->size,
							add->memmap_pages);
	operation->bytes_had = mhp_obtainable_bytes();
	return operation->bytes_wanted > operation->bytes_had ?
	       MHP_NO_MEMORY : MHP_DONE;
}

static enum mhp_result lock_memory(struct mhp_operation *operation,
				   unsigned int unit)
{
	mem_hotplug_begin();
	return MHP_DONE;
}

static void unlock_memory(struct mhp_operation *operation, unsigned int unit)
{
	mem_hotplug_done();
}

static enum mhp_result enter_memblock(struct mhp_operation *operation,
				      unsigned int unit)
{
	struct mhp_add *add = to_add(operation);
	enum memblock_flags flags = MEMBLOCK_NONE;

	if (!IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		return MHP_DONE;
	if (belongs_to_driver(add))
		flags = MEMBLOCK_DRIVER_MANAGED;
	return memblock_add_node(add->start, add->size, add->nid, flags) ?
	       fail_add(add, -ENOMEM) : MHP_DONE;
}

static void leave_memblock(struct mhp_operation *operation, unsigned int unit)
{
	struct mhp_add *add = to_add(operation);

	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		memblock_remove(add->start, add->size);
}

static enum mhp_result bring_node(struct mhp_operation *operation,
				  unsigned int unit)
{
	struct mhp_add *add = to_add(operation);
	const int result = mhp_node_add(add->nid);

	if (result < 0)
		return fail_add(add, result);
	add->node_is_new = result;
	return MHP_DONE;
}

static void take_node_away(struct mhp_operation *operation, unsigned int unit)
{
	struct mhp_add *add = to_add(operation);

	if (add->node_is_new)
		mhp_node_remove(add->nid);
}

/*
 * Writers of a block's files hold the files while they wait for
 * mem_hotplug_lock, so that no device is removed with that lock held.
 */
static enum mhp_result let_go_of_memory(struct mhp_operation *operation,
					unsigned int unit)
{
	mem_hotplug_done();
	return MHP_DONE;
}

static void lock_memory_again(struct mhp_operation *operation,
			      unsigned int unit)
{
	mem_hotplug_begin();
}

/* Of the first block; the others are alike. */
static struct vmem_altmap first_altmap(const struct mhp_add *add)
{
	return (struct vmem_altmap) {
		.base_pfn = PHYS_PFN(add->start),
		.free = add->memmap_pages,
		.inaccessible = add->flags & MHP_OFFLINE_INACCESSIBLE,
	};
}

static enum mhp_result map_memory(struct mhp_operation *operation,
				  unsigned int unit)
{
	struct mhp_add *add = to_add(operation);
	struct vmem_altmap altmap = first_altmap(add);
	struct mhp_params params = {
		.pgprot = pgprot_mhp(PAGE_KERNEL),
		.altmap = add->memmap_pages ? &altmap : NULL,
	};
	int error;

	error = arch_add_memory(add->nid, add->start, add->size, &params);
	return error ? fail_add(add, error) : MHP_DONE;
}

static void unmap_memory(struct mhp_operation *operation, unsigned int unit)
{
	struct mhp_add *add = to_add(operation);
	struct vmem_altmap altmap = first_altmap(add);

	arch_remove_memory(add->start, add->size,
			   add->memmap_pages ? &altmap : NULL, NULL);
}

static enum mhp_result create_devices(struct mhp_operation *operation,
				      unsigned int unit)
{
	struct mhp_add *add = to_add(operation);
	const struct vmem_altmap altmap = first_altmap(add);
	int error;

	error = create_memory_block_devices(add->start, add->size, add->nid,
					    add->memmap_pages ? &altmap : NULL,
					    add->group);
	return error ? fail_add(add, error) : MHP_DONE;
}

static void undo_devices(struct mhp_operation *operation, unsigned int unit)
{
	struct mhp_add *add = to_add(operation);

	remove_memory_block_devices(add->start, add->size);
}

static enum mhp_result announce(struct mhp_operation *operation,
				unsigned int unit)
{
	struct mhp_add *add = to_add(operation);
	const u64 end = add->start + add->size;

	register_memory_blocks_under_node(add->nid, PHYS_PFN(add->start),
					  PHYS_PFN(end), MEMINIT_HOTPLUG);
	if (!strcmp(add->resource->name, SYSTEM_RAM))
		firmware_map_add_hotplug(add->start, end, SYSTEM_RAM);

	if (add->flags & MHP_MERGE_RESOURCE)
		merge_system_ram_resource(add->resource);
	return MHP_DONE;
}

static const struct mhp_step add_steps[] = {
	{ "check",	check_request,	NULL,			false },
	{ "resource",	take_resource,	give_resource_back,	false },
	{ "room",	look_for_room,	NULL,			false },
	{ "lock",	lock_memory,	unlock_memory,		false },
	{ "memblock",	enter_memblock,	leave_memblock,		false },
	{ "node",	bring_node,	take_node_away,		false },
	{ "map",	map_memory,	unmap_memory,		false },
	{ "unlock",	let_go_of_memory, lock_memory_again,	false },
	{ "devices",	create_devices,	undo_devices,		false },
	{ "announce",	announce,	NULL,			false },
};

const struct mhp_operation_type mhp_add_type = {
	.name = "add",
	.steps = add_steps,
	.nr_steps = ARRAY_SIZE(add_steps),
};

/*
 * All blocks at once if that can be. If it can not, some are better than none:
 * the first ones may bring the memory that the others need.
 */
static void online_by_default(u64 start, u64 size)
{
	const enum mmop online_type = mhp_get_default_online_type();
	const unsigned long block_size = memory_block_size_bytes();
	u64 offset;

	if (online_type == MMOP_OFFLINE ||
	    !memory_range_online(start, size, online_type))
		return;
	for (offset = 0; offset < size; offset += block_size)
		memory_range_online(start + offset, block_size, online_type);
}

static int run_add(struct mhp_add *add)
{
	struct mhp_operation *operation = &add->operation;
	int error;

	operation->type = &mhp_add_type;
	operation->start_pfn = PHYS_PFN(add->start);
	operation->end_pfn = PHYS_PFN(add->start + add->size);
	operation->nr_pages = PHYS_PFN(add->size);
	operation->first_block = phys_to_block_id(add->start);
	operation->last_block = phys_to_block_id(add->start + add->size - 1);
	operation->nr_units = nr_blocks(add);

	error = mhp_operation_run(operation);
	if (!error && !(add->flags & MHP_LEAVE_OFFLINE))
		online_by_default(add->start, add->size);
	return error;
}

/**
 * add_memory_resource() - add memory that has a resource already
 * @nid: node, or id of a memory group with MHP_NID_IS_MGID
 * @resource: the busy System RAM resource of the range. After a success with
 *	      MHP_MERGE_RESOURCE it must not be used any more; after an error
 *	      it still belongs to the caller.
 * @mhp_flags: what the caller wishes
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: 0; -EINVAL if range, group or node do not fit; -EEXIST if some of it
 * is there already; -ENOMEM; what the architecture returned otherwise.
 */
int add_memory_resource(int nid, struct resource *resource, mhp_t mhp_flags)
{
	struct mhp_add add = {
		.start = resource->start,
		.size = resource_size(resource),
		.nid = nid,
		.flags = mhp_flags,
		.resource = resource,
	};

	return run_add(&add);
}

static int add_named_memory(int nid, u64 start, u64 size, const char *name,
			    mhp_t mhp_flags)
{
	struct mhp_add add = {
		.start = start,
		.size = size,
		.nid = nid,
		.flags = mhp_flags,
		.name = name,
	};

	return run_add(&add);
}

/**
 * __add_memory() - add System RAM
 * @nid: node, or id of a memory group with MHP_NID_IS_MGID
 * @start: physical address in bytes, at the start of a memory block
 * @size: size in bytes, whole memory blocks
 * @mhp_flags: what the caller wishes
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: 0; -EINVAL if range, group or node do not fit; -E2BIG if the range
 * can not be addressed or lies above mem= during boot; -EEXIST if some of it
 * is in use already; -ENOMEM; what the architecture returned otherwise. After
 * an error everything is as before.
 */
int __add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags)
{
	return add_named_memory(nid, start, size, SYSTEM_RAM, mhp_flags);
}

/**
 * add_memory() - add System RAM, taking the lock
 * @nid: node, or id of a memory group with MHP_NID_IS_MGID
 * @start: physical address in bytes, at the start of a memory block
 * @size: size in bytes, whole memory blocks
 * @mhp_flags: what the caller wishes
 *
 * Context: Process context, may sleep; takes device_hotplug_lock.
 * Return: As __add_memory().
 */
int add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags)
{
	int error;

	lock_device_hotplug();
	error = __add_memory(nid, start, size, mhp_flags);
	unlock_device_hotplug();
	return error;
}
EXPORT_SYMBOL_GPL(add_memory);

static bool names_a_driver(const char *name)
{
	const size_t length = name ? strlen(name) : 0;

	return length && !strncmp(name, DRIVER_MANAGED_PREFIX,
				  strlen(DRIVER_MANAGED_PREFIX)) &&
	       name[length - 1] == ')';
}

/**
 * add_memory_driver_managed() - add memory that belongs to a driver
 * @nid: node, or id of a memory group with MHP_NID_IS_MGID
 * @start: physical address in bytes, at the start of a memory block
 * @size: size in bytes, whole memory blocks
 * @resource_name: "System RAM (DRIVER)"; the pointer is kept, and resources
 *		   merge only with the same pointer
 * @mhp_flags: what the caller wishes
 *
 * Firmware does not know the memory as System RAM: it does not appear in
 * /sys/firmware/memmap, and kexec neither uses it nor passes it on.
 *
 * Context: Process context, may sleep; takes device_hotplug_lock.
 * Return: As __add_memory(); -EINVAL also for a name of another form.
 */
int add_memory_driver_managed(int nid, u64 start, u64 size,
			      const char *resource_name, mhp_t mhp_flags)
{
	int error;

	if (!names_a_driver(resource_name))
		return -EINVAL;
	lock_device_hotplug();
	error = add_named_memory(nid, start, size, resource_name, mhp_flags);
	unlock_device_hotplug();
	return error;
}
EXPORT_SYMBOL_GPL(add_memory_driver_managed);
