// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of an ACPI memory device
 */

/**
 * DOC: The memory of an ACPI memory device
 *
 * The _CRS of a memory device lists ranges of physical memory. They are kept
 * in the order of addresses, and ranges that adjoin are joined, unless they
 * differ in how they may be cached or written.
 *
 * To add the memory is to add each range to one static memory group, on the
 * node that _PXM names, and to bind every memory block to the device, so that
 * user space finds one from the other. Ranges that the kernel has had since
 * boot are bound just the same. It is all or nothing: when one range can not
 * be added, the ones before it are removed again.
 *
 * Memory that goes offline remembers in which kind of zone each of its blocks
 * was, so that it can come back to where it was after it had left the kernel.
 *
 * Everything runs under device_hotplug_lock, except at boot, when nothing can
 * race with it.
 */

#include <linux/acpi.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "acpi_memory.h"

enum range_state {
	RANGE_UNUSED,	/* the kernel does not have it */
	RANGE_ADDED,	/* we added it */
	RANGE_FOUND,	/* the kernel had it before */
};

/**
 * struct memory_range - memory with the same attributes all over
 * @list: the ranges of a device
 * @start: physical address of the first byte
 * @length: bytes
 * @caching: how it may be cached, as _CRS says
 * @write_protect: whether it may be written, as _CRS says
 * @state: what the kernel has of it
 * @zones: during an eject: what to online each block to if it fails, an enum
 *	   mmop for each, MMOP_OFFLINE if it was offline; or NULL
 */
struct memory_range {
	struct list_head list;
	u64 start;
	u64 length;
	unsigned short caching;
	unsigned short write_protect;
	enum range_state state;
	u8 *zones;
};

static u64 range_end(const struct memory_range *range)
{
	return range->start + range->length;
}

static void log_range(struct acpi_device *adev,
		      const struct memory_range *range, const char *what,
		      int error)
{
	dev_err(&adev->dev, "%s: [mem %#llx-%#llx] (error %d)\n", what,
		range->start, range_end(range) - 1, error);
}

/* What _CRS says */

static void free_range(struct memory_range *range)
{
	kvfree(range->zones);
	kfree(range);
}

static void free_ranges(struct list_head *ranges)
{
	struct memory_range *range, *next;

	list_for_each_entry_safe(range, next, ranges, list)
		free_range(range);
	INIT_LIST_HEAD(ranges);
}

static void join_next(struct memory_range *range, struct list_head *ranges)
{
	struct memory_range *next = list_next_entry(range, list);

	if (list_entry_is_head(next, ranges, list) ||
	    range_end(range) != next->start ||
	    range->write_protect != next->write_protect ||
	    range->caching != next->caching)
		return;

	range->length += next->length;
	list_del(&next->list);
	free_range(next);
}

/* Returns false if the range wraps around or overlaps with another one */
static bool insert_range(struct memory_range *range, struct list_head *ranges)
{
	struct memory_range *above, *below;

	list_for_each_entry(above, ranges, list)
		if (range->start < above->start)
			break;
	below = list_prev_entry(above, list);

	if (range_end(range) <= range->start)
		return false;
	if (!list_entry_is_head(above, ranges, list) &&
	    above->start < range_end(range))
		return false;
	if (!list_entry_is_head(below, ranges, list) &&
	    range_end(below) > range->start)
		return false;

	list_add(&range->list, &below->list);
	join_next(range, ranges);
	if (!list_entry_is_head(below, ranges, list))
		join_next(below, ranges);
	return true;
}

static acpi_status note_resource(struct acpi_resource *resource, void *ranges)
{
	struct acpi_resource_address64 window;
	struct memory_range *range;

	if (ACPI_FAILURE(acpi_resource_to_address64(resource, &window)) ||
	    window.resource_type != ACPI_MEMORY_RANGE ||
	    !window.address.address_length)
		return AE_OK;

	range = kzalloc(sizeof(*range), GFP_KERNEL);
	if (!range)
		return AE_NO_MEMORY;

	range->start = window.address.minimum;
	range->length = window.address.address_length;
	range->write_protect = window.info.mem.write_protect;
	range->caching = window.info.mem.caching;
	if (insert_range(range, ranges))
		return AE_OK;

	free_range(range);
	return AE_BAD_DATA;
}

static int read_ranges(struct acpi_memory *memory)
{
	struct acpi_device *adev = memory->adev;
	acpi_status status = acpi_walk_resources(adev->handle,
						 METHOD_NAME__CRS,
						 note_resource,
						 &memory->ranges);

	if (ACPI_SUCCESS(status))
		return 0;

	dev_err(&adev->dev, "_CRS can not be used (%s)\n",
		acpi_format_exception(status));
	free_ranges(&memory->ranges);
	return status == AE_NO_MEMORY ? -ENOMEM : -EINVAL;
}

/**
 * acpi_memory_read() - find out what memory a device has
 * @memory: filled; to be released with acpi_memory_release() in any case
 * @adev: the device, whose _CRS is evaluated
 *
 * Context: process context
 * Return: 0; -EINVAL if _CRS can not be read, or if its ranges overlap or wrap
 * around; -ENOMEM. Every error is logged.
 */
int acpi_memory_read(struct acpi_memory *memory, struct acpi_device *adev)
{
	memory->adev = adev;
	memory->mgid = -1;
	INIT_LIST_HEAD(&memory->ranges);
	return read_ranges(memory);
}

/**
 * acpi_memory_release() - forget about the memory of a device
 * @memory: from acpi_memory_read()
 *
 * Memory that is in the kernel stays there, and its memory group with it.
 *
 * Context: process context, caller holds device_hotplug_lock
 */
void acpi_memory_release(struct acpi_memory *memory)
{
	if (memory->mgid >= 0)
		memory_group_unregister(memory->mgid);
	free_ranges(&memory->ranges);
}

/* What the kernel has of it */

static int sum_pages(unsigned long pfn, unsigned long nr_pages, void *sum)
{
	*(unsigned long *)sum += nr_pages;
	return 0;
}

/*
 * Is the range System RAM already? At boot a part is enough: firmware keeps
 * some of a DIMM for itself, and leaves holes in it for devices.
 */
static bool range_is_known(const struct memory_range *range)
{
	unsigned long pfn = PFN_DOWN(range->start), sum = 0;
	unsigned long nr_pages = PFN_UP(range_end(range)) - pfn;

	walk_system_ram_range(pfn, nr_pages, &sum, sum_pages);
	return system_state < SYSTEM_RUNNING ? sum : sum == nr_pages;
}

static bool range_is_taken(const struct memory_range *range)
{
	return region_intersects(range->start, range->length,
				 IORESOURCE_MEM | IORESOURCE_BUSY,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

/**
 * acpi_memory_is_taken() - does anybody use memory of a device?
 * @memory: from acpi_memory_read()
 *
 * Context: process context
 * Return: true if a part of it is System RAM or belongs to a driver.
 */
bool acpi_memory_is_taken(const struct acpi_memory *memory)
{
	struct memory_range *range;

	list_for_each_entry(range, &memory->ranges, list)
		if (range_is_taken(range))
			return true;
	return false;
}

static int visit_blocks(const struct memory_range *range, void *arg,
			walk_memory_blocks_func_t visit)
{
	if (range->state == RANGE_UNUSED)
		return 0;
	return walk_memory_blocks(range->start, range->length, arg, visit);
}

static int bind_block(struct memory_block *mem, void *adev)
{
	/* A block of boot memory may hold the ends of two devices */
	if (has_acpi_companion(&mem->dev))
		return 0;
	return acpi_bind_one(&mem->dev, adev);
}

static int unbind_block(struct memory_block *mem, void *adev)
{
	if (ACPI_COMPANION(&mem->dev) == adev)
		acpi_unbind_one(&mem->dev);
	return 0;
}

/* Adding and removing */

static void unbind_range(struct acpi_memory *memory,
			 struct memory_range *range)
{
	visit_blocks(range, memory->adev, unbind_block);
	range->state = RANGE_UNUSED;
}

/*
 * Every block of the range must be offline. They are unbound up front, so
 * that nothing in try_remove_memory() takes physical_node_lock.
 */
static int remove_range(struct acpi_memory *memory, struct memory_range *range)
{
	enum range_state state = range->state;
	int ret;

	if (state == RANGE_UNUSED)
		return 0;

	unbind_range(memory, range);
	ret = try_remove_memory(range->start, range->length);
	if (ret) {
		range->state = state;
		visit_blocks(range, memory->adev, bind_block);
	}
	return ret;
}

static int add_unused_range(struct acpi_memory *memory,
			    struct memory_range *range)
{
	mhp_t flags = MHP_MEMMAP_ON_MEMORY | MHP_NID_IS_MGID;
	int ret;

	if (range_is_known(range)) {
		range->state = RANGE_FOUND;
	} else {
		/* It comes back, and acpi_memory_restore_zones() is next */
		if (range->zones)
			flags |= MHP_LEAVE_OFFLINE;
		ret = __add_memory(memory->mgid, range->start, range->length,
				   flags);
		if (ret)
			return ret;
		range->state = RANGE_ADDED;
	}
	return visit_blocks(range, memory->adev, bind_block);
}

/*
 * What can be seen in advance of add_unused_range() failing. With several
 * ranges, the first ones might be online and in use by then.
 */
static int check_unused_range(struct acpi_memory *memory,
			      struct memory_range *range)
{
	if (list_is_singular(&memory->ranges) || range_is_known(range))
		return 0;
	if (!IS_ALIGNED(range->start | range->length,
			memory_block_size_bytes()))
		return -EINVAL;
	if (range_is_taken(range))
		return -EEXIST;
	return mhp_range_allowed(range->start, range->length, true) ? 0 :
								      -E2BIG;
}

static int for_unused_ranges(struct acpi_memory *memory,
			     int (*act)(struct acpi_memory *memory,
					struct memory_range *range))
{
	struct memory_range *range;
	int ret;

	list_for_each_entry(range, &memory->ranges, list) {
		if (range->state != RANGE_UNUSED)
			continue;
		ret = act(memory, range);
		if (ret) {
			log_range(memory->adev, range, "add_memory failed",
				  ret);
			return ret;
		}
	}
	return 0;
}

/* One node for all the memory: that of the device, or of its first range */
static int register_group(struct acpi_memory *memory)
{
	int nid = acpi_get_node(memory->adev->handle);
	struct memory_range *range;
	u64 total = 0;

	if (list_empty(&memory->ranges)) {
		dev_err(&memory->adev->dev, "device is empty\n");
		return -EINVAL;
	}

	list_for_each_entry(range, &memory->ranges, list)
		total += range->length;

	range = list_first_entry(&memory->ranges, struct memory_range, list);
	if (nid < 0)
		nid = memory_add_physaddr_to_nid(range->start);

	memory->mgid = memory_group_register_static(nid, PFN_UP(total));
	if (memory->mgid >= 0)
		return 0;

	dev_err(&memory->adev->dev, "no memory group on node %d (error %d)\n",
		nid, memory->mgid);
	return memory->mgid;
}

/**
 * acpi_memory_add() - give memory to the kernel that it does not have yet
 * @memory: from acpi_memory_read()
 *
 * Ranges whose zones are noted stay offline, for acpi_memory_restore_zones();
 * the policy for new memory decides about the others. After an error
 * acpi_memory_undo_add() gives back what was added.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0; -EINVAL if there is no memory, or none that can be added; -EEXIST
 * if something else is there; -E2BIG if it can not be mapped; -ENOMEM; another
 * error of __add_memory(). Every error is logged.
 */
int acpi_memory_add(struct acpi_memory *memory)
{
	int ret = 0;

	if (memory->mgid < 0)
		ret = register_group(memory);

	return ret ?: for_unused_ranges(memory, check_unused_range) ?:
		      for_unused_ranges(memory, add_unused_range);
}

/**
 * acpi_memory_undo_add() - undo what acpi_memory_add() did before it failed
 * @memory: from acpi_memory_read()
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, or an error of memory_range_offline() or try_remove_memory() if
 * something has to stay because it is in use.
 */
int acpi_memory_undo_add(struct acpi_memory *memory)
{
	struct memory_range *range;
	int ret, error = 0;

	list_for_each_entry(range, &memory->ranges, list) {
		if (range->state == RANGE_FOUND)
			unbind_range(memory, range);
		if (range->state != RANGE_ADDED)
			continue;
		ret = memory_range_offline(range->start, range->length) ?:
		      remove_range(memory, range);
		error = ret ?: error;
	}
	return error;
}

/**
 * acpi_memory_remove() - take memory from the kernel
 * @memory: from acpi_memory_read(); its blocks are offline
 *
 * A range that can not be removed stays, the others go.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, or the last error of try_remove_memory().
 */
int acpi_memory_remove(struct acpi_memory *memory)
{
	struct memory_range *range;
	int ret, error = 0;

	list_for_each_entry(range, &memory->ranges, list) {
		ret = remove_range(memory, range);
		error = ret ?: error;
	}
	return error;
}

/**
 * acpi_memory_unbind() - leave memory to the kernel without its device
 * @memory: from acpi_memory_read()
 *
 * Context: process context, caller holds device_hotplug_lock
 */
void acpi_memory_unbind(struct acpi_memory *memory)
{
	struct memory_range *range;

	list_for_each_entry(range, &memory->ranges, list)
		unbind_range(memory, range);
}

/* Going offline */

struct block_array {
	struct memory_block **blocks;
	unsigned int nr;
};

static int take_block(struct memory_block *mem, void *arg)
{
	struct block_array *array = arg;

	/* Two ranges of boot memory may meet in a block */
	if (array->nr && array->blocks[array->nr - 1] == mem)
		return 0;
	get_device(&mem->dev);
	array->blocks[array->nr++] = mem;
	return 0;
}

static int offline_block(struct memory_block *mem, void *arg)
{
	int *error = arg;
	int ret = memory_blocks_offline(&mem, 1);

	*error = ret ?: *error;
	return 0;
}

static int compare_blocks(const void *left, const void *right)
{
	const struct memory_block *const *l = left, *const *r = right;

	return (*l)->start_section_nr < (*r)->start_section_nr ? -1 : 1;
}

/**
 * acpi_memory_offline() - take the memory of devices offline in one operation
 * @memories: list of struct acpi_memory; it may be empty
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, -ENOMEM, or what memory_blocks_offline() does. After an error the
 * state of no block has changed.
 */
int acpi_memory_offline(struct list_head *memories)
{
	struct block_array array = { };
	struct acpi_memory *memory;
	struct memory_range *range;
	unsigned int nr = 0;
	int ret;

	list_for_each_entry(memory, memories, node)
		list_for_each_entry(range, &memory->ranges, list)
			nr += phys_to_block_id(range_end(range) - 1) -
			      phys_to_block_id(range->start) + 1;

	array.blocks = kvcalloc(nr, sizeof(*array.blocks), GFP_KERNEL);
	if (!array.blocks)
		return -ENOMEM;

	list_for_each_entry(memory, memories, node)
		list_for_each_entry(range, &memory->ranges, list)
			visit_blocks(range, &array, take_block);

	sort(array.blocks, array.nr, sizeof(*array.blocks), compare_blocks,
	     NULL);
	ret = array.nr ? memory_blocks_offline(array.blocks, array.nr) : 0;

	while (array.nr)
		put_device(&array.blocks[--array.nr]->dev);
	kvfree(array.blocks);
	return ret;
}

/**
 * acpi_memory_offline_each() - take offline whatever can go
 * @memory: from acpi_memory_read()
 *
 * For memory that is gone: every block that stays is one too many.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, or the last error of memory_blocks_offline().
 */
int acpi_memory_offline_each(struct acpi_memory *memory)
{
	struct memory_range *range;
	int error = 0;

	list_for_each_entry(range, &memory->ranges, list)
		visit_blocks(range, &error, offline_block);
	return error;
}

/* Zones */

struct zone_record {
	struct acpi_device *owner;
	u8 *zones;
	unsigned int nr;
};

static int note_zone(struct memory_block *mem, void *arg)
{
	struct zone_record *record = arg;
	enum mmop type = MMOP_OFFLINE;

	if (ACPI_COMPANION(&mem->dev) != record->owner)
		return -EPERM;

	if (mem->state != MEM_OFFLINE) {
		type = MMOP_ONLINE_KERNEL;
		if (mem->zone && zone_idx(mem->zone) == ZONE_MOVABLE)
			type = MMOP_ONLINE_MOVABLE;
	}
	record->zones[record->nr++] = type;
	return 0;
}

/* -EPERM if blocks are missing, or not the device's alone: see the caller */
static int note_zones(struct acpi_device *adev, struct memory_range *range)
{
	u64 size = memory_block_size_bytes();
	struct zone_record record = { .owner = adev };
	int ret;

	if (range->state == RANGE_UNUSED)
		return 0;
	if (!IS_ALIGNED(range->start | range->length, size))
		return -EPERM;

	kvfree(range->zones);
	range->zones = kvzalloc(range->length / size, GFP_KERNEL);
	if (!range->zones)
		return -ENOMEM;

	record.zones = range->zones;
	ret = visit_blocks(range, &record, note_zone);
	if (!ret && record.nr != range->length / size)
		ret = -EPERM;
	return ret;
}

/**
 * acpi_memory_note_zones() - remember in which kind of zone each block is
 * @memory: from acpi_memory_read()
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0; -EPERM if the memory can never be removed, because a range is not
 * made of memory blocks that are all there and all its own; -ENOMEM. Every
 * error is logged.
 */
int acpi_memory_note_zones(struct acpi_memory *memory)
{
	struct memory_range *range;
	int ret;

	list_for_each_entry(range, &memory->ranges, list) {
		ret = note_zones(memory->adev, range);
		if (ret) {
			log_range(memory->adev, range, "can not be removed",
				  ret);
			return ret;
		}
	}
	return 0;
}

/**
 * acpi_memory_restore_zones() - put blocks online where they were
 * @memory: from acpi_memory_read(), with its blocks offline
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, or the last error of memory_range_online().
 */
int acpi_memory_restore_zones(struct acpi_memory *memory)
{
	u64 size = memory_block_size_bytes();
	struct memory_range *range;
	int ret, error = 0;
	u64 i;

	list_for_each_entry(range, &memory->ranges, list) {
		if (range->state == RANGE_UNUSED || !range->zones)
			continue;

		for (i = 0; i < range->length / size; i++) {
			if (range->zones[i] == MMOP_OFFLINE)
				continue;
			ret = memory_range_online(range->start + i * size,
						  size, range->zones[i]);
			error = ret ?: error;
		}
	}
	return error;
}

/**
 * acpi_memory_swap_zones() - hand over what acpi_memory_note_zones() noted
 * @heir: what the device has now
 * @memory: what it had then
 *
 * Ranges that were not there before inherit nothing. What a range had noted
 * itself goes the other way, so that a second call takes the first one back.
 *
 * Context: process context, caller holds device_hotplug_lock
 */
void acpi_memory_swap_zones(struct acpi_memory *heir,
			    struct acpi_memory *memory)
{
	struct memory_range *range, *old;

	list_for_each_entry(range, &heir->ranges, list)
		list_for_each_entry(old, &memory->ranges, list)
			if (old->start == range->start &&
			    old->length == range->length)
				swap(range->zones, old->zones);
}
