// SPDX-License-Identifier: GPL-2.0
/*
 * ACPI containers
 */

/**
 * DOC: ACPI containers
 *
 * A container (ACPI0004, PNP0A05, PNP0A06) holds devices that arrive and leave
 * together: processors, memory, host bridges. It appears on the bus
 * "container" as a device. A container that came is announced by an uevent.
 *
 * Memory needs nobody's help to leave: when firmware asks for a container that
 * holds memory and nothing else, all of its memory goes offline and is removed
 * as one operation, or all of it stays. See eject_prepare() in
 * acpi_memhotplug.c. Boards inside the container count with what they hold.
 *
 * Whatever else a container holds, user space has to take offline first, and
 * then the container itself. Until then the kernel does not eject it: an eject
 * request only sends an uevent, which asks user space to do so. Memory may
 * stay online meanwhile and leaves with the rest.
 */

#include <linux/acpi.h>
#include <linux/container.h>
#include <linux/slab.h>

#include "internal.h"

static const struct acpi_device_id container_ids[] = {
	{ "ACPI0004" },
	{ "PNP0A05" },
	{ "PNP0A06" },
	{ }
};

#ifdef CONFIG_ACPI_CONTAINER

static struct acpi_scan_handler container_handler;

/* Memory; whoever looks after it takes it out as a part of the eject. */
static bool leaves_with_eject(const struct acpi_device *adev)
{
	return adev->handler && adev->handler->eject_prepare;
}

static int busy_if_online(struct acpi_device *child, void *unused)
{
	return leaves_with_eject(child) || acpi_scan_is_offline(child, false) ?
	       0 : -EBUSY;
}

static int offline_container(struct container_dev *container)
{
	struct acpi_device *adev = ACPI_COMPANION(&container->dev);

	return acpi_dev_for_each_child(adev, busy_if_online, NULL);
}

static void free_container(struct device *dev)
{
	kfree(to_container_dev(dev));
}

static int container_attach(struct acpi_device *adev,
			    const struct acpi_device_id *id)
{
	struct container_dev *container;
	int error;

	/* dock.c looks after those */
	if (adev->flags.is_dock_station)
		return 0;

	container = kzalloc(sizeof(*container), GFP_KERNEL);
	if (!container)
		return -ENOMEM;

	container->dev.bus = &container_subsys;
	container->dev.release = free_container;
	container->offline = offline_container;
	ACPI_COMPANION_SET(&container->dev, adev);
	dev_set_name(&container->dev, "%s", dev_name(&adev->dev));

	error = device_register(&container->dev);
	if (error) {
		put_device(&container->dev);
		return error;
	}
	adev->driver_data = container;
	return 1;
}

static void container_detach(struct acpi_device *adev)
{
	struct container_dev *container = acpi_driver_data(adev);

	if (!container)
		return;
	adev->driver_data = NULL;
	device_unregister(&container->dev);
}

static void announce_container(struct acpi_device *adev)
{
	struct container_dev *container = acpi_driver_data(adev);

	if (container)
		kobject_uevent(&container->dev.kobj, KOBJ_ONLINE);
}

/* Stops at the first device that is neither memory nor an empty slot. */
static int look_for_memory(struct acpi_device *child, void *found)
{
	if (leaves_with_eject(child)) {
		*(bool *)found = true;
		return 0;
	}
	if (child->handler == &container_handler)
		return acpi_dev_for_each_child(child, look_for_memory, found);
	return acpi_device_enumerated(child) ? -EBUSY : 0;
}

static bool container_leaves_unasked(struct acpi_device *adev)
{
	bool found = false;

	return !acpi_dev_for_each_child(adev, look_for_memory, &found) && found;
}

static struct acpi_scan_handler container_handler = {
	.ids = container_ids,
	.detach = container_detach,
	.attach = container_attach,
	.leaves_unasked = container_leaves_unasked,
	.hotplug = {
		.notify_online = announce_container,
		.demand_offline = true,
		.enabled = true,
	},
};

#else

static struct acpi_scan_handler container_handler = {
	.ids = container_ids,
};

#endif /* CONFIG_ACPI_CONTAINER */

/**
 * acpi_container_init - make the namespace scan know containers
 *
 * Without CONFIG_ACPI_CONTAINER nothing is attached to them; a hotplug profile
 * "container" then stands for them in /sys/firmware/acpi/hotplug.
 *
 * Context: boot, before the first scan of the namespace.
 */
void __init acpi_container_init(void)
{
	if (IS_ENABLED(CONFIG_ACPI_CONTAINER))
		acpi_scan_add_handler(&container_handler);
	else
		acpi_scan_add_handler_with_hotplug(&container_handler,
						   "container");
}
