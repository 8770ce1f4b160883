// SPDX-License-Identifier: GPL-2.0
/*
 * ACPI memory devices, PNP0C80
 */

/**
 * DOC: ACPI memory devices
 *
 * Firmware describes memory that can come and go, a DIMM for example, as a
 * device PNP0C80 whose _CRS lists ranges of physical memory. Attaching to such
 * a device means to add all of its ranges, in one static memory group on the
 * node that _PXM names, and to bind every memory block to the device, so that
 * user space finds one from the other. Ranges that the kernel has had since
 * boot are bound just the same. It is all or nothing: when one range can not
 * be added, the ones before it are removed again and the device stays
 * unattached, which insert_result() tells the firmware.
 *
 * Ejecting happens before anything is detached, in eject_prepare(), for all
 * memory devices at or below the one that is asked to leave: their blocks go
 * offline as one operation, then the ranges are removed. If that can not be
 * done, everything is put back, down to the kind of zone of each block, and
 * neither detach() nor _EJ0 ever runs. What detach() leaves behind remembers
 * the zones until post_eject(), because _EJ0 may still fail; then the devices
 * are attached a second time and find that record.
 *
 * A detach() without eject_prepare() means that the device is gone already.
 * Whatever of its memory can still be taken out of use is, the rest is
 * reported and stays: the kernel may stumble over it, but not in here.
 *
 * Everything runs under device_hotplug_lock and acpi_scan_lock, except the
 * scan at boot, which nothing can race with.
 */

#include <linux/acpi.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"

static const struct acpi_device_id memory_device_ids[] = {
	{ "PNP0C80" },
	{ }
};

struct memory_device_walk {
	int (*visit)(struct acpi_device *adev, void *arg);
	void *arg;
};

static bool concerns_us(struct acpi_device *adev)
{
	if (adev->handler && adev->handler->ids == memory_device_ids)
		return true;
	return acpi_device_is_enabled(adev) &&
	       !acpi_match_device_ids(adev, memory_device_ids);
}

static int walk_step(struct acpi_device *adev, void *data)
{
	const struct memory_device_walk *walk = data;
	int ret = 0;

	if (concerns_us(adev))
		ret = walk->visit(adev, walk->arg);

	return ret ?: acpi_dev_for_each_child(adev, walk_step, data);
}

/*
 * Visits the memory devices at or below a device that are attached or that
 * should be, and stops at the first error.
 */
static int visit_memory_devices(struct acpi_device *top, void *arg,
				int (*visit)(struct acpi_device *, void *))
{
	struct memory_device_walk walk = { .visit = visit, .arg = arg };

	return walk_step(top, &walk);
}

/*
 * Without hotplug the devices are claimed all the same, or they would turn
 * into platform devices. None of them may leave, because the kernel can have
 * the memory since boot, and to bring one is reported as a failure.
 */
static int claim_attach(struct acpi_device *adev,
			const struct acpi_device_id *id)
{
	return 1;
}

static int refuse_eject(struct acpi_device *adev, void *arg)
{
	return -EPERM;
}

static int claim_eject_prepare(struct acpi_device *top)
{
	return visit_memory_devices(top, NULL, refuse_eject);
}

static int report_unused(struct acpi_device *adev, void *arg)
{
	return -ENODEV;
}

static int claim_insert_result(struct acpi_device *top)
{
	return visit_memory_devices(top, NULL, report_unused);
}

static struct acpi_scan_handler memory_claim_handler = {
	.ids = memory_device_ids,
	.attach = claim_attach,
	.eject_prepare = claim_eject_prepare,
	.insert_result = claim_insert_result,
};

#ifdef CONFIG_ACPI_HOTPLUG_MEMORY

static struct acpi_scan_handler memory_device_handler;

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

enum eject_state {
	EJECT_NONE,
	EJECT_PREPARED,	/* the memory is out, detach() is next */
	EJECT_DETACHED,	/* kept until the outcome of _EJ0 is known */
};

/**
 * struct memory_device - a PNP0C80 that is attached
 * @adev: its ACPI device
 * @ranges: its memory, by address; ranges that adjoin differ in attributes
 * @mgid: the static memory group of the device, or negative
 * @error: why only a part of it is in use, or 0
 * @eject: how far an eject has come
 * @eject_list: the devices that one eject concerns
 */
struct memory_device {
	struct acpi_device *adev;
	struct list_head ranges;
	int mgid;
	int error;
	enum eject_state eject;
	struct list_head eject_list;
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

static struct memory_device *attached_memory(struct acpi_device *adev)
{
	if (adev->handler != &memory_device_handler)
		return NULL;
	return acpi_driver_data(adev);
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

static int read_ranges(struct acpi_device *adev, struct list_head *ranges)
{
	acpi_status status = acpi_walk_resources(adev->handle,
						 METHOD_NAME__CRS,
						 note_resource, ranges);

	if (ACPI_SUCCESS(status))
		return 0;

	dev_err(&adev->dev, "_CRS can not be used (%s)\n",
		acpi_format_exception(status));
	free_ranges(ranges);
	return status == AE_NO_MEMORY ? -ENOMEM : -EINVAL;
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

/* Does anybody use memory of a device that is not attached? */
static bool unattached_in_use(struct acpi_device *adev)
{
	struct memory_range *range;
	bool in_use = false;
	LIST_HEAD(ranges);

	/* Nobody can say which memory it is */
	if (read_ranges(adev, &ranges))
		return true;

	list_for_each_entry(range, &ranges, list)
		if (region_intersects(range->start, range->length,
				      IORESOURCE_MEM | IORESOURCE_BUSY,
				      IORES_DESC_NONE) != REGION_DISJOINT)
			in_use = true;
	free_ranges(&ranges);
	return in_use;
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

static int take_range(struct memory_device *device, struct memory_range *range)
{
	int ret;

	if (range_is_known(range)) {
		range->state = RANGE_FOUND;
	} else {
		ret = __add_memory(device->mgid, range->start, range->length,
				   MHP_MEMMAP_ON_MEMORY | MHP_NID_IS_MGID);
		if (ret)
			return ret;
		range->state = RANGE_ADDED;
	}
	return visit_blocks(range, device->adev, bind_block);
}

static int take_ranges(struct memory_device *device)
{
	struct memory_range *range;
	int ret;

	list_for_each_entry(range, &device->ranges, list) {
		if (range->state != RANGE_UNUSED)
			continue;
		ret = take_range(device, range);
		if (ret) {
			log_range(device->adev, range, "add_memory failed",
				  ret);
			return ret;
		}
	}
	return 0;
}

static void unbind_range(struct memory_device *device,
			 struct memory_range *range)
{
	visit_blocks(range, device->adev, unbind_block);
	range->state = RANGE_UNUSED;
}

/*
 * Every block of the range must be offline. They are unbound up front, because
 * try_remove_memory() would do so under cpu_hotplug_lock, and to eject a
 * processor is to take that one inside of physical_node_lock.
 */
static int remove_range(struct memory_device *device,
			struct memory_range *range)
{
	enum range_state state = range->state;
	int ret;

	if (state == RANGE_UNUSED)
		return 0;

	unbind_range(device, range);
	ret = try_remove_memory(range->start, range->length);
	if (ret) {
		range->state = state;
		visit_blocks(range, device->adev, bind_block);
	}
	return ret;
}

/* Goes on after an error, and returns the last one */
static int remove_ranges(struct memory_device *device)
{
	struct memory_range *range;
	int ret, error = 0;

	list_for_each_entry(range, &device->ranges, list) {
		ret = remove_range(device, range);
		error = ret ?: error;
	}
	return error;
}

/*
 * Undoes an incomplete take_ranges(). What was added may be online by now, and
 * in use. Returns an error if something had to stay.
 */
static int undo_add(struct memory_device *device)
{
	struct memory_range *range;
	int ret, error = 0;

	list_for_each_entry(range, &device->ranges, list) {
		if (range->state == RANGE_FOUND)
			unbind_range(device, range);
		if (range->state != RANGE_ADDED)
			continue;
		ret = memory_range_offline(range->start, range->length) ?:
		      remove_range(device, range);
		error = ret ?: error;
	}
	return error;
}

/* One node for all the memory: that of the device, or of its first range */
static int register_group(struct memory_device *device)
{
	int nid = acpi_get_node(device->adev->handle);
	struct memory_range *range;
	u64 total = 0;

	if (list_empty(&device->ranges)) {
		dev_err(&device->adev->dev, "device is empty\n");
		return -EINVAL;
	}

	list_for_each_entry(range, &device->ranges, list)
		total += range->length;

	range = list_first_entry(&device->ranges, struct memory_range, list);
	if (nid < 0)
		nid = memory_add_physaddr_to_nid(range->start);

	device->mgid = memory_group_register_static(nid, PFN_UP(total));
	if (device->mgid >= 0)
		return 0;

	dev_err(&device->adev->dev, "no memory group on node %d (error %d)\n",
		nid, device->mgid);
	return device->mgid;
}

/* All blocks of some devices go offline as one operation */

struct block_array {
	struct memory_block **blocks;
	unsigned int nr;
};

static int take_block(struct memory_block *mem, void *arg)
{
	struct block_array *array = arg;

	get_device(&mem->dev);
	array->blocks[array->nr++] = mem;
	return 0;
}

static int compare_blocks(const void *left, const void *right)
{
	const struct memory_block *const *l = left, *const *r = right;

	return (*l)->start_section_nr < (*r)->start_section_nr ? -1 : 1;
}

static int offline_devices(struct list_head *devices)
{
	struct block_array array = { };
	struct memory_device *device;
	struct memory_range *range;
	unsigned int nr = 0;
	int ret;

	list_for_each_entry(device, devices, eject_list)
		list_for_each_entry(range, &device->ranges, list)
			nr += phys_to_block_id(range_end(range) - 1) -
			      phys_to_block_id(range->start) + 1;

	array.blocks = kvcalloc(nr, sizeof(*array.blocks), GFP_KERNEL);
	if (!array.blocks)
		return -ENOMEM;

	list_for_each_entry(device, devices, eject_list)
		list_for_each_entry(range, &device->ranges, list)
			visit_blocks(range, &array, take_block);

	sort(array.blocks, array.nr, sizeof(*array.blocks), compare_blocks,
	     NULL);
	ret = array.nr ? memory_blocks_offline(array.blocks, array.nr) : 0;

	while (array.nr)
		put_device(&array.blocks[--array.nr]->dev);
	kvfree(array.blocks);
	return ret;
}

/* Which zones the blocks are in, and how they come back to them */

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

/*
 * -EPERM if the range is not made of memory blocks that are all there and all
 * its own: then it can not be removed.
 */
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

/* Brings the blocks of a device to the state that note_zones() saw */
static int restore_zones(struct memory_device *device)
{
	u64 size = memory_block_size_bytes();
	struct memory_range *range;
	int ret, error = 0;
	u64 i;

	list_for_each_entry(range, &device->ranges, list) {
		if (range->state == RANGE_UNUSED || !range->zones)
			continue;

		/* The policy for new memory may have had other ideas */
		ret = memory_range_offline(range->start, range->length);
		error = ret ?: error;

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

static void inherit_zones(struct memory_device *heir,
			  struct memory_device *device)
{
	struct memory_range *range, *old;

	list_for_each_entry(range, &heir->ranges, list)
		list_for_each_entry(old, &device->ranges, list)
			if (old->start == range->start &&
			    old->length == range->length)
				swap(range->zones, old->zones);
}

static void report_restored(struct memory_device *device, int error)
{
	if (error)
		dev_err(&device->adev->dev,
			"memory is not all back as it was (error %d)\n", error);
	else
		dev_info(&device->adev->dev, "memory is back in use\n");
}

/* A device from the firmware's point of view */

static void free_device(struct memory_device *device)
{
	/* Fails if memory had to stay: then the group stays with it */
	if (device->mgid >= 0)
		memory_group_unregister(device->mgid);
	free_ranges(&device->ranges);
	kfree(device);
}

static void forget_device(struct acpi_device *adev)
{
	struct memory_device *device = acpi_driver_data(adev);

	adev->driver_data = NULL;
	if (device)
		free_device(device);
}

static int use_device(struct memory_device *device)
{
	int ret;

	ret = read_ranges(device->adev, &device->ranges) ?:
	      register_group(device);
	if (ret)
		return ret;

	ret = take_ranges(device);
	if (ret && undo_add(device)) {
		/* Stay attached, so that an eject finds what is in use */
		dev_err(&device->adev->dev, "only a part is in use\n");
		device->error = ret;
		return 0;
	}
	return ret;
}

/* Takes in the memory of a device, for the first time or after a vain eject */
static int insert_device(struct acpi_device *adev)
{
	struct memory_device *ejected = acpi_driver_data(adev);
	struct memory_device *device;
	int ret;

	/* To be detached was to be switched off */
	if (ejected && adev->flags.power_manageable) {
		ret = acpi_device_set_power(adev, ACPI_STATE_D0);
		if (ret)
			return ret;
	}

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;

	device->adev = adev;
	device->mgid = -1;
	INIT_LIST_HEAD(&device->ranges);

	ret = use_device(device);
	if (ret) {
		free_device(device);
		return ret;
	}

	if (ejected) {
		inherit_zones(device, ejected);
		report_restored(device, restore_zones(device));
		free_device(ejected);
	}
	adev->driver_data = device;
	return 0;
}

static int memory_attach(struct acpi_device *adev,
			 const struct acpi_device_id *id)
{
	int ret = -ENODEV;

	strscpy(acpi_device_name(adev), "Hotplug Mem Device");
	strscpy(acpi_device_class(adev), "memory");

	/* An error, for with 0 a later scan would not ask here again */
	if (adev->status.present && adev->status.functional &&
	    adev->status.enabled)
		ret = insert_device(adev);
	if (!ret)
		return 1;

	forget_device(adev);
	return ret;
}

/* The memory is gone, whatever the kernel thinks of it */
static void contain_removal(struct memory_device *device)
{
	struct memory_range *range;
	LIST_HEAD(only);
	int ret;

	list_add(&device->eject_list, &only);
	ret = offline_devices(&only);

	/* Even if some blocks stay online, other ranges can go */
	ret = remove_ranges(device) ?: ret;
	if (!ret)
		return;

	dev_err(&device->adev->dev,
		"device is gone, but its memory is still in use (error %d)\n",
		ret);
	list_for_each_entry(range, &device->ranges, list)
		unbind_range(device, range);
}

static void memory_detach(struct acpi_device *adev)
{
	struct memory_device *device = acpi_driver_data(adev);

	if (!device)
		return;

	if (device->eject == EJECT_PREPARED) {
		device->eject = EJECT_DETACHED;
		return;
	}
	if (device->eject == EJECT_NONE)
		contain_removal(device);
	forget_device(adev);
}

/* Ejecting */

static int join_eject(struct acpi_device *adev, void *devices)
{
	struct memory_device *device = attached_memory(adev);
	struct memory_range *range;
	int ret;

	if (!device)
		return unattached_in_use(adev) ? -EPERM : 0;

	/* In a container that leaves; by itself it would not have come here */
	if (!adev->handler->hotplug.enabled)
		return -EPERM;

	/* An earlier eject has emptied it */
	if (device->eject != EJECT_NONE)
		return 0;

	list_for_each_entry(range, &device->ranges, list) {
		ret = note_zones(adev, range);
		if (ret) {
			log_range(adev, range, "can not be removed", ret);
			return ret;
		}
	}
	list_add_tail(&device->eject_list, devices);
	return 0;
}

static int remove_devices(struct list_head *devices)
{
	struct memory_device *device;
	int ret, error = 0;

	list_for_each_entry(device, devices, eject_list) {
		ret = remove_ranges(device);
		error = ret ?: error;
	}
	if (!error)
		return 0;

	list_for_each_entry(device, devices, eject_list) {
		ret = take_ranges(device);
		report_restored(device, restore_zones(device) ?: ret);
	}
	return error;
}

static int memory_eject_prepare(struct acpi_device *top)
{
	struct memory_device *device;
	LIST_HEAD(devices);
	int ret;

	ret = visit_memory_devices(top, &devices, join_eject) ?:
	      offline_devices(&devices) ?:
	      remove_devices(&devices);
	if (ret) {
		dev_warn(&top->dev, "Offline failed. Memory stays (error %d)\n",
			 ret);
		/* Holes and mixed zones: no later attempt will do better */
		return ret == -EINVAL ? -EPERM : ret;
	}

	list_for_each_entry(device, &devices, eject_list)
		device->eject = EJECT_PREPARED;
	return 0;
}

/* Is a memory device in use, as the firmware is about to be told? */
static int check_in_use(struct acpi_device *adev, void *top)
{
	struct memory_device *device = attached_memory(adev);

	if (!device)
		return -ENODEV;
	if (device->eject == EJECT_NONE)
		return device->error;

	/*
	 * _EJ0 had nothing against it, but the device is still enabled. It may
	 * vanish at any moment, unless the notification was for itself.
	 */
	return adev == top ? insert_device(adev) : 0;
}

static int memory_insert_result(struct acpi_device *top)
{
	return visit_memory_devices(top, top, check_in_use);
}

static struct acpi_scan_handler memory_device_handler = {
	.ids = memory_device_ids,
	.attach = memory_attach,
	.detach = memory_detach,
	.post_eject = forget_device,
	.eject_prepare = memory_eject_prepare,
	.insert_result = memory_insert_result,
	.hotplug = {
		.enabled = true,
	},
};

static bool no_memhotplug __initdata;

static int __init parse_no_memhotplug(char *unused)
{
	no_memhotplug = true;
	return 1;
}
__setup("acpi_no_memhotplug", parse_no_memhotplug);

#endif /* CONFIG_ACPI_HOTPLUG_MEMORY */

/**
 * acpi_memory_hotplug_init - make the namespace scan know memory devices
 *
 * Memory devices come and go under the control of the hotplug profile
 * "memory". With acpi_no_memhotplug on the command line, or without
 * CONFIG_ACPI_HOTPLUG_MEMORY, they are claimed and nothing is done with them.
 *
 * Context: boot, before the first scan of the namespace.
 */
void __init acpi_memory_hotplug_init(void)
{
#ifdef CONFIG_ACPI_HOTPLUG_MEMORY
	if (!no_memhotplug) {
		acpi_scan_add_handler_with_hotplug(&memory_device_handler,
						   "memory");
		return;
	}
#endif
	acpi_scan_add_handler(&memory_claim_handler);
}
