/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ACPI_MEMORY_H
#define _ACPI_MEMORY_H

#include <linux/list.h>
#include <linux/types.h>

struct acpi_device;

/**
 * struct acpi_memory - the memory of a PNP0C80 device
 * @adev: the device
 * @ranges: its ranges, by address; ranges that adjoin differ in attributes
 * @mgid: the static memory group of the device, or negative
 * @node: links memory that leaves in one operation
 */
struct acpi_memory {
	struct acpi_device *adev;
	struct list_head ranges;
	int mgid;
	struct list_head node;
};

int acpi_memory_read(struct acpi_memory *memory, struct acpi_device *adev);
void acpi_memory_release(struct acpi_memory *memory);
bool acpi_memory_is_taken(const struct acpi_memory *memory);

int acpi_memory_add(struct acpi_memory *memory);
int acpi_memory_undo_add(struct acpi_memory *memory);
int acpi_memory_offline(struct list_head *memories);
int acpi_memory_offline_each(struct acpi_memory *memory);
int acpi_memory_remove(struct acpi_memory *memory);
void acpi_memory_unbind(struct acpi_memory *memory);

int acpi_memory_note_zones(struct acpi_memory *memory);
int acpi_memory_restore_zones(struct acpi_memory *memory);
void acpi_memory_swap_zones(struct acpi_memory *heir,
			    struct acpi_memory *memory);

#endif /* _ACPI_MEMORY_H */
