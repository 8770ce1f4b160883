// SPDX-License-Identifier: GPL-2.0
/*
 * ACPI containers
 */

/**
 * DOC: ACPI containers
 *
 * A container (ACPI0004, PNP0A05, PNP0A06) holds devices that arrive and leave
 * together: processors, memory, host bridges. It appears on the bus
 * "container" as a device that user space takes offline when everything in it
 * is offline. Until then the kernel does not eject it: an eject request only
 * sends an uevent, which asks user space to do so. A container that came is
 * announced by another one.
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

static int busy_if_online(struct acpi_device *child, void *unused)
{
	return acpi_scan_is_offline(child, false) ? 0 : -EBUSY;
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

static struct acpi_scan_handler container_handler = {
	.ids = container_ids,
	.detach = container_detach,
	.attach = container_attach,
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
