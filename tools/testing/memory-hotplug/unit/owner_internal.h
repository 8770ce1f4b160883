/* SPDX-License-Identifier: GPL-2.0 */
/* Stands in for the header of the same name in mm/memory_hotplug. */
#ifndef __MM_MEMORY_HOTPLUG_OWNER_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_OWNER_INTERNAL_H

#include <errno.h>

#include "buddy_internal.h"

/*
 * The same as in the kernel
 */
typedef unsigned long phys_addr_t;

#define __init
#define __ro_after_init
#define __read_mostly

#define section_nr_to_pfn(section)	((unsigned long)(section) << PFN_SECTION_SHIFT)
#define present_section_nr(section)	(sections[section].present)
#define zone_idx(zone)		((enum zone_type)((zone) - zones))
#define for_each_populated_zone(zone)	\
	for (zone = zones; zone < zones + MAX_NR_ZONES; zone++)

enum {
	MEM_ONLINE = 1,
	MEM_OFFLINE = 4,
};

struct memory_block {
	unsigned long start_section_nr;
	unsigned long state;
};

/*
 * Less than in the kernel: parameters have a name and can be written and read,
 * memory belongs to one node
 */
struct kernel_param {
	const char *name;
};

struct kernel_param_ops {
	int (*set)(const char *word, const struct kernel_param *param);
	int (*get)(char *buffer, const struct kernel_param *param);
};

#define module_param(name, type, mode)	_Static_assert(sizeof(name), "")
#define module_param_cb(name, ops, arg, mode)				\
	static const struct kernel_param_ops *const name##_param = (ops)
#define MODULE_PARM_DESC(name, text)	_Static_assert(sizeof(text), "")
#define sysfs_emit(buffer, ...)		sprintf(buffer, __VA_ARGS__)

static inline int match_word(const char *const *words, size_t nr,
			     const char *word)
{
	const size_t len = strcspn(word, "\n");
	size_t i;

	for (i = 0; i < nr; i++)
		if (strlen(words[i]) == len && !strncmp(words[i], word, len))
			return i;
	return -EINVAL;
}

#define sysfs_match_string(words, word)	match_word(words, ARRAY_SIZE(words), word)

/* One of the machine's two nodes ends where the test says. */
static unsigned long node_end_pfn;

#define early_pfn_to_nid(pfn)		((pfn) >= node_end_pfn)
#define zone_to_nid(zone)		((zone)->zone_start_pfn >= node_end_pfn)

struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	bool hotpluggable;
};

#define MAX_REGIONS	4

/* Boot memory as firmware describes it, and what is taken of it */
static struct memblock_region boot_memory[MAX_REGIONS + 1];
static struct memblock_region boot_reserved[MAX_REGIONS + 1];

#define for_each_mem_region(region)	\
	for (region = boot_memory; region->size; region++)
#define memblock_is_hotpluggable(region)	((region)->hotpluggable)

static inline bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *region;

	for_each_mem_region(region)
		if (region->base <= base &&
		    base + size <= region->base + region->size)
			return true;
	return false;
}

static inline bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *region;

	for (region = boot_reserved; region->size; region++)
		if (region->base < base + size &&
		    base < region->base + region->size)
			return true;
	return false;
}

/*
 * Played by the test
 */
enum {
	MHP_BLOCK_CLAIM,
};

#define __count_vm_event(event)		(world.claims++)
#define trace_mhp_claim(pfn, order, type, cost)				\
do {									\
	world.claimed_pfn = (pfn);					\
	world.claimed_cost = (cost);					\
} while (0)

#endif /* __MM_MEMORY_HOTPLUG_OWNER_INTERNAL_H */
