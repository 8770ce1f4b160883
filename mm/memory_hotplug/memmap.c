// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The memory map of a block on the block itself
 *
 * New memory needs a memory map, 16 MiB for a GiB. Taking it from the memory
 * that is there already fails just when memory is short, and pins that
 * memory. So the map may lie on the block that it describes, at its start.
 * These pages are present but never managed: they belong to the zone of the
 * block while it is online, they do not take part in onlining, and they stay
 * where they are until the block is removed.
 *
 * The map of one block must not share a page table leaf or a pageblock with
 * usable memory; where the geometry does not allow that, the parameter
 * memmap_on_memory=force gives up the memory up to the next pageblock.
 */

#include <linux/kasan.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pageblock-flags.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "internal.h"

enum memmap_mode {
	MEMMAP_ELSEWHERE,
	MEMMAP_ON_BLOCK,
	MEMMAP_ON_BLOCK_FORCED,
};

static enum memmap_mode memmap_mode __read_mostly =
	IS_ENABLED(CONFIG_MHP_MEMMAP_ON_MEMORY) ? MEMMAP_ON_BLOCK :
						  MEMMAP_ELSEWHERE;

static unsigned long memmap_bytes(void)
{
	return PHYS_PFN(memory_block_size_bytes()) * sizeof(struct page);
}

static unsigned long memmap_pages(void)
{
	const unsigned long pages = PFN_UP(memmap_bytes());

	return memmap_mode == MEMMAP_ON_BLOCK_FORCED ? pageblock_align(pages) :
						       pages;
}

#ifdef CONFIG_MHP_MEMMAP_ON_MEMORY
static int set_mode(const char *word, const struct kernel_param *kp)
{
	bool enable;
	int error;

	if (sysfs_streq(word, "force") || sysfs_streq(word, "FORCE")) {
		memmap_mode = MEMMAP_ON_BLOCK_FORCED;
		pr_info_once("Memory hotplug will waste %ld pages in each memory block\n",
			     memmap_pages() - PFN_UP(memmap_bytes()));
		return 0;
	}
	error = kstrtobool(word, &enable);
	if (!error)
		memmap_mode = enable ? MEMMAP_ON_BLOCK : MEMMAP_ELSEWHERE;
	return error;
}

static int show_mode(char *buffer, const struct kernel_param *kp)
{
	static const char * const words[] = {
		[MEMMAP_ELSEWHERE] = "N",
		[MEMMAP_ON_BLOCK] = "Y",
		[MEMMAP_ON_BLOCK_FORCED] = "force",
	};

	return sysfs_emit(buffer, "%s\n", words[memmap_mode]);
}

static const struct kernel_param_ops mode_ops = {
	.set = set_mode,
	.get = show_mode,
};
module_param_cb(memmap_on_memory, &mode_ops, NULL, 0444);
MODULE_PARM_DESC(memmap_on_memory, "put the memory map of a block on the block: Y (default), N or force");
#endif

#ifndef arch_supports_memmap_on_memory
/* A map that fills whole PMDs is mapped with large pages of its own. */
static bool arch_supports_memmap_on_memory(unsigned long vmemmap_size)
{
	return IS_ALIGNED(vmemmap_size, PMD_SIZE);
}
#endif

/* Unless an architecture finds out when it boots. */
bool __weak arch_maps_memmap_large(void)
{
	return true;
}

/**
 * mhp_supports_memmap_on_memory() - can a block carry its own memory map
 *
 * Context: Any context, after boot parameters were read.
 * Return: true if it is switched on and the geometry of this machine allows
 * it.
 */
bool mhp_supports_memmap_on_memory(void)
{
	const unsigned long pages = memmap_pages();

	return memmap_mode != MEMMAP_ELSEWHERE &&
	       arch_maps_memmap_large() &&
	       PAGE_ALIGNED(memmap_bytes()) &&
	       pageblock_aligned(pages) &&
	       pages < PHYS_PFN(memory_block_size_bytes()) &&
	       arch_supports_memmap_on_memory(memmap_bytes());
}
EXPORT_SYMBOL_GPL(mhp_supports_memmap_on_memory);

/**
 * mhp_memmap_pages() - does memory that is added carry its memory map
 * @mhp_flags: the wishes of the one who adds the blocks
 *
 * Who adds memory knows whether it is there before it goes online: a balloon
 * driver may not have it yet.
 *
 * Context: Any context.
 * Return: Pages at the start of each block that hold its map; 0 if it lies
 * elsewhere.
 */
unsigned long mhp_memmap_pages(mhp_t mhp_flags)
{
	return (mhp_flags & MHP_MEMMAP_ON_MEMORY) &&
	       mhp_supports_memmap_on_memory() ? memmap_pages() : 0;
}

/* A section that is all memory map has nobody else to mark it. */
static unsigned long whole_sections_end(const struct mhp_member *member)
{
	return ALIGN_DOWN(mhp_usable_start(member), PAGES_PER_SECTION);
}

/**
 * mhp_memmap_online() - let the pages of a block's own memory map join a zone
 * @member: the block, with the zone it goes to
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: 0, also for a block without such pages; -ENOMEM or -EINVAL from
 * kasan.
 */
int mhp_memmap_online(const struct mhp_member *member)
{
	const unsigned long start_pfn = member->start_pfn;
	const unsigned long nr_pages = member->memmap_pages;
	int error;

	if (!nr_pages)
		return 0;
	error = kasan_add_zero_shadow(__va(PFN_PHYS(start_pfn)),
				      PFN_PHYS(nr_pages));
	if (error)
		return error;

	/* Memory that could not be touched before has no poisoned map yet. */
	if (member->mem->inaccessible)
		page_init_poison(pfn_to_page(start_pfn),
				 nr_pages * sizeof(struct page));
	mhp_zone_add_range(member->zone, start_pfn, nr_pages);
	mhp_fill_range(member->zone, start_pfn, nr_pages, MIGRATE_UNMOVABLE,
		       MHP_PAGES_OF_MEMMAP);
	if (whole_sections_end(member) > start_pfn)
		online_mem_sections(start_pfn, whole_sections_end(member));
	return 0;
}

/**
 * mhp_memmap_offline() - reverse of mhp_memmap_online()
 * @member: the block
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void mhp_memmap_offline(const struct mhp_member *member)
{
	const unsigned long start_pfn = member->start_pfn;

	if (!member->memmap_pages)
		return;
	if (whole_sections_end(member) > start_pfn)
		offline_mem_sections(start_pfn, whole_sections_end(member));
	mhp_zone_remove_range(member->zone, start_pfn, member->memmap_pages);
	kasan_remove_zero_shadow(__va(PFN_PHYS(start_pfn)),
				 PFN_PHYS(member->memmap_pages));
}
