/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_KERNELCORE_H
#define __MM_MEMORY_HOTPLUG_KERNELCORE_H

/*
 * What mm_init.c asks about ZONE_MOVABLE when it sets up zones at boot. Each
 * function is described in kernelcore.c.
 */

#include <linux/numa.h>

/* The first page frame of ZONE_MOVABLE of each node, 0 for a node without. */
extern unsigned long zone_movable_pfn[MAX_NUMNODES];

void split_boot_memory(const unsigned long *zone_low,
		       const unsigned long *zone_high);
void adjust_zone_range_for_zone_movable(int nid, unsigned long zone_type,
					unsigned long node_end_pfn,
					unsigned long *zone_start_pfn,
					unsigned long *zone_end_pfn);
unsigned long zone_absent_pages_in_node(int nid, unsigned long zone_type,
					unsigned long zone_start_pfn,
					unsigned long zone_end_pfn);

#endif /* __MM_MEMORY_HOTPLUG_KERNELCORE_H */
