// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: What new memory costs the old memory
 *
 * Memory that arrives needs book-keeping before it can be used: its memory
 * map, unless it carries that itself, page tables, usage maps of its sections,
 * devices for its memory blocks. An add that would run out of memory half way
 * is better not begun: it would first take all that there is, cached files and
 * swap included, and give it back.
 *
 * So what is needed is added up, on the high side, and compared with what
 * reclaim could make free at the best. Where that is too hopeful the add fails
 * on its way and is taken back.
 */

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "internal.h"

/* A memory block device with its files and links in sysfs. */
#define DEVICE_BYTES	SZ_8K

/* The lowest level of tables, and one more where each level begins. */
static u64 page_table_bytes(u64 mapped, u64 per_table)
{
	return (DIV_ROUND_UP_ULL(mapped, per_table) + 2) * PAGE_SIZE;
}

/* Where each page can be unmapped by itself, it is mapped by itself. */
static u64 direct_map_per_table(void)
{
	return debug_pagealloc_enabled() ? PMD_SIZE : PUD_SIZE;
}

static u64 nr_sections(u64 size)
{
	return DIV_ROUND_UP_ULL(size, 1UL << PA_SECTION_SHIFT);
}

/**
 * mhp_bookkeeping_bytes() - what memory needs that can not lie on it
 * @size: how much memory, in bytes
 * @carries_map: its memory map lies on it
 *
 * Context: Any context.
 * Return: Bytes, at the most, where the architecture has large mappings.
 */
u64 mhp_bookkeeping_bytes(u64 size, bool carries_map)
{
	const u64 map = PHYS_PFN(size) * sizeof(struct page);

	return (carries_map ? 0 : map) +
	       page_table_bytes(map, PUD_SIZE) +
	       page_table_bytes(size, direct_map_per_table()) +
	       nr_sections(size) * mem_section_usage_size() +
	       size / memory_block_size_bytes() * DEVICE_BYTES;
}

static unsigned long zone_pages(struct zone *zone,
				enum zone_stat_item first,
				enum zone_stat_item second)
{
	return zone_page_state(zone, first) + zone_page_state(zone, second);
}

/**
 * mhp_obtainable_bytes() - memory that the kernel could have, at the best
 *
 * Free, cached, and what swap has room for. ZONE_MOVABLE does not count.
 *
 * Context: Any context.
 * Return: Bytes.
 */
u64 mhp_obtainable_bytes(void)
{
	unsigned long pages = 0, anonymous = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) > ZONE_NORMAL)
			continue;
		pages += zone_page_state(zone, NR_FREE_PAGES) +
			 zone_pages(zone, NR_ZONE_INACTIVE_FILE,
				    NR_ZONE_ACTIVE_FILE);
		anonymous += zone_pages(zone, NR_ZONE_INACTIVE_ANON,
					NR_ZONE_ACTIVE_ANON);
	}
	pages += min_t(unsigned long, anonymous, max(get_nr_swap_pages(), 0L));
	return PFN_PHYS(pages + global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B));
}
