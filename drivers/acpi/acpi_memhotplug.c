// SPDX-License-Identifier: GPL-2.0
/*
 * ACPI memory devices, PNP0C80
 */

/**
 * DOC: ACPI memory devices
 *
 * Firmware describes memory that can come and go, a DIMM for example, as a
 * device PNP0C80. To attach to it is to give its memory to the kernel, all of
 * it or nothing; whether that worked is what insert_result() tells the
 * firmware.
 *
 * Ejecting happens before anything is detached, in eject_prepare(), for all
 * memory devices at or below the one that is asked to leave: their blocks go
 * offline as one operation, then they are removed. If that can not be done,
 * everything is put back, down to the kind of zone of each block, and neither
 * detach() nor _EJ0 ever runs. What detach() leaves behind remembers the zones
 * until post_eject(), because _EJ0 may still fail; then the devices are
 * attached a second time and find that record.
 *
 * A detach() without eject_prepare() means that the device is gone already.
 * Whatever of its memory can still be taken out of use is, the rest is
 * reported and stays: the kernel may stumble over it, but not in here.
 *
 * Everything runs under device_hotplug_lock and acpi_scan_lock, except the
 * scan at boot, which nothing can race with. What a device's memory is made of
 * and how it is added and removed: acpi_memory.c.
 */

#include <linux/acpi.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "acpi_memory.h"
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
 * the memory since boot, and to bring one by itself is reported as a failure.
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

static int claim_insert_result(struct acpi_device *top)
{
	return concerns_us(top) ? -ENODEV : 0;
}

static struct acpi_scan_handler memory_claim_handler = {
	.ids = memory_device_ids,
	.attach = claim_attach,
	.eject_prepare = claim_eject_prepare,
	.insert_result = claim_insert_result,
};

#ifdef CONFIG_ACPI_HOTPLUG_MEMORY

static struct acpi_scan_handler memory_device_handler;

enum eject_state {
	EJECT_NONE,
	EJECT_PREPARED,	/* the memory is out, detach() is next */
	EJECT_DETACHED,	/* kept until the outcome of _EJ0 is known */
};

/**
 * struct memory_device - a PNP0C80 that is attached
 * @memory: what it has; @memory.node links the devices of one eject
 * @error: why only a part of it is in use, or 0
 * @eject: how far an eject has come
 */
struct memory_device {
	struct acpi_memory memory;
	int error;
	enum eject_state eject;
};

static struct memory_device *attached_memory(struct acpi_device *adev)
{
	if (adev->handler != &memory_device_handler)
		return NULL;
	return acpi_driver_data(adev);
}

/* Coming */

static void report_restored(struct acpi_device *adev, int error)
{
	if (error)
		dev_err(&adev->dev,
			"memory is not all back as it was (error %d)\n", error);
	else
		dev_info(&adev->dev, "memory is back in use\n");
}

static void free_device(struct memory_device *device)
{
	acpi_memory_release(&device->memory);
	kfree(device);
}

static void forget_device(struct acpi_device *adev)
{
	struct memory_device *device = acpi_driver_data(adev);

	adev->driver_data = NULL;
	if (device)
		free_device(device);
}

static int use_memory(struct memory_device *device)
{
	struct acpi_memory *memory = &device->memory;
	int ret;

	ret = acpi_memory_add(memory);
	if (ret && acpi_memory_undo_add(memory)) {
		/* Stay attached, so that an eject finds what is in use */
		dev_err(&memory->adev->dev, "only a part is in use\n");
		device->error = ret;
		return 0;
	}
	return ret;
}

static int power_on(struct acpi_device *adev)
{
	if (!adev->flags.power_manageable)
		return 0;
	return acpi_device_set_power(adev, ACPI_STATE_D0);
}

/* Takes in the memory of a device, for the first time or after a vain eject */
static int insert_device(struct acpi_device *adev)
{
	struct memory_device *ejected = acpi_driver_data(adev);
	struct memory_device *device;
	int ret;

	/* To be detached was to be switched off */
	ret = ejected ? power_on(adev) : 0;
	if (ret)
		return ret;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;

	ret = acpi_memory_read(&device->memory, adev);
	if (!ret && ejected)
		acpi_memory_swap_zones(&device->memory, &ejected->memory);
	ret = ret ?: use_memory(device);
	if (ret) {
		if (ejected)
			acpi_memory_swap_zones(&ejected->memory,
					       &device->memory);
		free_device(device);
		return ret;
	}

	if (ejected) {
		ret = acpi_memory_restore_zones(&device->memory);
		report_restored(adev, ret);
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

/* Leaving */

/* The memory is gone, whatever the kernel thinks of it */
static void contain_removal(struct memory_device *device)
{
	LIST_HEAD(only);
	int ret;

	list_add(&device->memory.node, &only);
	ret = acpi_memory_offline(&only);
	if (ret)
		ret = acpi_memory_offline_each(&device->memory);

	/* Even if some blocks stay online, other ranges can go */
	ret = acpi_memory_remove(&device->memory) ?: ret;
	if (!ret)
		return;

	dev_err(&device->memory.adev->dev,
		"device is gone, but its memory is still in use (error %d)\n",
		ret);
	acpi_memory_unbind(&device->memory);
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

/* Does the kernel have memory of a device that is not attached? */
static int check_unattached(struct acpi_device *adev)
{
	struct acpi_memory memory;
	int ret;

	ret = acpi_memory_read(&memory, adev);
	if (ret || acpi_memory_is_taken(&memory))
		ret = -EPERM;
	acpi_memory_release(&memory);
	return ret;
}

static int join_eject(struct acpi_device *adev, void *memories)
{
	struct memory_device *device = attached_memory(adev);
	int ret;

	if (!device)
		return check_unattached(adev);

	/* In a container that leaves; by itself it would not have come here */
	if (!adev->handler->hotplug.enabled)
		return -EPERM;

	/* An earlier eject has emptied it */
	if (device->eject != EJECT_NONE)
		return 0;

	ret = acpi_memory_note_zones(&device->memory);
	if (!ret)
		list_add_tail(&device->memory.node, memories);
	return ret;
}

static int remove_all(struct list_head *memories)
{
	struct acpi_memory *memory;
	int ret, error = 0;

	list_for_each_entry(memory, memories, node) {
		ret = acpi_memory_remove(memory);
		error = ret ?: error;
	}
	if (!error)
		return 0;

	list_for_each_entry(memory, memories, node) {
		ret = acpi_memory_add(memory);
		report_restored(memory->adev,
				acpi_memory_restore_zones(memory) ?: ret);
	}
	return error;
}

static int note_prepared(struct acpi_device *adev, void *arg)
{
	struct memory_device *device = attached_memory(adev);

	if (device)
		device->eject = EJECT_PREPARED;
	return 0;
}

static int memory_eject_prepare(struct acpi_device *top)
{
	LIST_HEAD(memories);
	int ret;

	ret = visit_memory_devices(top, &memories, join_eject) ?:
	      acpi_memory_offline(&memories) ?:
	      remove_all(&memories);
	if (ret) {
		dev_warn(&top->dev, "Offline failed. Memory stays (error %d)\n",
			 ret);
		/* Holes and mixed zones: no later attempt will do better */
		return ret == -EINVAL ? -EPERM : ret;
	}

	return visit_memory_devices(top, NULL, note_prepared);
}

/* A container speaks for all that is in it. */
static bool speaks_for(const struct acpi_device *top,
		       const struct acpi_device *adev)
{
	return top == adev ||
	       (top->handler && top->handler->hotplug.demand_offline);
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
	return speaks_for(top, adev) ? insert_device(adev) : 0;
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
