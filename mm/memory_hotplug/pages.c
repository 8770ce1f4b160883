// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Page frames that come and go
 *
 * What architectures and drivers of device memory build on: which physical
 * addresses the kernel can take in, sections of page frames that appear and
 * disappear with their memory map, and whether a page frame number stands for
 * memory that is online.
 *
 * Adding page frames is all or nothing. When one section fails, those that
 * were added by the same call are taken away again.
 */

#include <linux/export.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/range.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "internal.h"

/* Device memory and System RAM can share a section. */
static bool belongs_to_device(unsigned long pfn)
{
	struct dev_pagemap *pgmap = get_dev_pagemap(pfn, NULL);

	put_dev_pagemap(pgmap);
	return pgmap;
}

/**
 * pfn_to_online_page() - the page of a page frame number, if it is online
 * @pfn: any number
 *
 * Takes no reference and no lock: without get_online_mems() or a reference to
 * the page the memory may go offline the next moment.
 *
 * Context: Any context.
 * Return: The page; NULL if there is none or its section is not online.
 */
struct page *pfn_to_online_page(unsigned long pfn)
{
	const unsigned long nr = pfn_to_section_nr(pfn);
	struct mem_section *section;

	if (nr >= NR_MEM_SECTIONS)
		return NULL;
	section = __nr_to_section(nr);
	if (!online_section(section) || !pfn_section_valid(section, pfn))
		return NULL;
	if (IS_ENABLED(CONFIG_HAVE_ARCH_PFN_VALID) && !pfn_valid(pfn))
		return NULL;
	if (unlikely(online_device_section(section)) && belongs_to_device(pfn))
		return NULL;
	return pfn_to_page(pfn);
}
EXPORT_SYMBOL_GPL(pfn_to_online_page);

/* The most that an architecture can map, unless it says otherwise. */
struct range __weak arch_get_mappable_range(void)
{
	return (struct range) { .start = 0, .end = U64_MAX };
}

/**
 * mhp_get_pluggable_range() - physical addresses that memory may be added at
 * @need_mapping: true if it is going to be mapped in the direct map
 *
 * Context: Any context.
 * Return: First and last address, both included; both 0 if there are none.
 */
struct range mhp_get_pluggable_range(bool need_mapping)
{
	struct range allowed = { .start = 0, .end = PHYSMEM_END };
	struct range mappable;

	if (!need_mapping)
		return allowed;
	mappable = arch_get_mappable_range();
	if (mappable.start > allowed.end)
		return (struct range) { };
	allowed.start = mappable.start;
	allowed.end = min(allowed.end, mappable.end);
	return allowed;
}
EXPORT_SYMBOL_GPL(mhp_get_pluggable_range);

/**
 * mhp_range_allowed() - can memory be added at an address
 * @start: physical address in bytes
 * @size: size in bytes
 * @need_mapping: true if it is going to be mapped in the direct map
 *
 * Says so in the log if it can not.
 *
 * Context: Any context.
 * Return: true if all of the range can be addressed and mapped.
 */
bool mhp_range_allowed(u64 start, u64 size, bool need_mapping)
{
	const struct range allowed = mhp_get_pluggable_range(need_mapping);
	const u64 last = start + size - 1;

	if (size && start <= last && start >= allowed.start &&
	    last <= allowed.end)
		return true;
	pr_warn("Hotplug memory [%#llx-%#llx] exceeds maximum addressable range [%#llx-%#llx]\n",
		start, start + size, allowed.start, allowed.end);
	return false;
}

static bool span_fits(unsigned long start_pfn, unsigned long nr_pages)
{
	const unsigned long granule = IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) ?
				      PAGES_PER_SUBSECTION : PAGES_PER_SECTION;

	return nr_pages && IS_ALIGNED(start_pfn | nr_pages, granule);
}

static unsigned long pages_in_section(unsigned long pfn, unsigned long end_pfn)
{
	return min(end_pfn, SECTION_ALIGN_UP(pfn + 1)) - pfn;
}

/*
 * Device memory has its map in one piece. Memory blocks that carry their maps
 * are all alike, and each begins anew.
 */
static struct vmem_altmap *altmap_at(unsigned long pfn,
				     struct vmem_altmap *altmap,
				     const struct dev_pagemap *pgmap,
				     struct vmem_altmap *own)
{
	const unsigned long pages = PHYS_PFN(memory_block_size_bytes());
	const struct vmem_altmap fresh = {
		.base_pfn = pfn,
		.end_pfn = pfn + pages - 1,
		.free = altmap ? altmap->free : 0,
		.inaccessible = altmap && altmap->inaccessible,
	};

	if (!altmap || pgmap)
		return altmap;
	if (IS_ALIGNED(pfn, pages))
		memcpy(own, &fresh, sizeof(fresh));
	return own;
}

static void remove_sections(unsigned long pfn, unsigned long end_pfn,
			    struct vmem_altmap *altmap,
			    struct dev_pagemap *pgmap)
{
	struct vmem_altmap own;
	unsigned long nr_pages;

	for (; pfn < end_pfn; pfn += nr_pages) {
		nr_pages = pages_in_section(pfn, end_pfn);
		sparse_remove_section(pfn, nr_pages,
				      altmap_at(pfn, altmap, pgmap, &own),
				      pgmap);
		cond_resched();
	}
}

/**
 * __add_pages() - add sections of page frames with their memory map
 * @nid: node of the memory
 * @start_pfn: first page frame, at the start of a sub-section (of a section
 *	       without SPARSEMEM_VMEMMAP)
 * @nr_pages: number of pages, whole sub-sections or sections likewise
 * @params: how to map them. Without a pgmap, the altmap describes the first of
 *	    any number of memory blocks, which all carry their maps alike.
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: 0; -EINVAL if the range, the protection or the altmap does not fit;
 * -EEXIST if a section or sub-section is there already; -ENOMEM. After an
 * error nothing was added.
 */
int __add_pages(int nid, unsigned long start_pfn, unsigned long nr_pages,
		struct mhp_params *params)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	struct vmem_altmap *altmap = params->altmap, own;
	unsigned long pfn, step;
	int error = 0;

	if (WARN_ON_ONCE(!pgprot_val(params->pgprot) ||
			 !span_fits(start_pfn, nr_pages)))
		return -EINVAL;
	if (altmap) {
		if (altmap->base_pfn != start_pfn ||
		    vmem_altmap_offset(altmap) > nr_pages)
			return -EINVAL;
		altmap->alloc = 0;
	}

	for (pfn = start_pfn; pfn < end_pfn && !error; pfn += step) {
		step = pages_in_section(pfn, end_pfn);
		error = sparse_add_section(nid, pfn, step,
					   altmap_at(pfn, altmap, params->pgmap,
						     &own),
					   params->pgmap);
		if (error)
			remove_sections(start_pfn, pfn, altmap, params->pgmap);
		cond_resched();
	}
	vmemmap_populate_print_last();
	return error;
}

/**
 * __remove_pages() - reverse of __add_pages()
 * @start_pfn: first page frame, aligned as for __add_pages()
 * @nr_pages: number of pages
 * @altmap: where the memory map came from, or NULL; as for __add_pages()
 * @pgmap: the device that the range belongs to, or NULL
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing; none of the pages is in a zone any more.
 */
void __remove_pages(unsigned long start_pfn, unsigned long nr_pages,
		    struct vmem_altmap *altmap, struct dev_pagemap *pgmap)
{
	if (WARN_ON_ONCE(!span_fits(start_pfn, nr_pages)))
		return;
	remove_sections(start_pfn, start_pfn + nr_pages, altmap, pgmap);
}
