// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: CMA areas in memory blocks
 *
 * What is free in a CMA area does not keep a block online, so that a part of an
 * area may be away for some time, and may come back in another zone. Until it
 * is back, and where it is, nothing that reaches into it can be allocated.
 */

#include <linux/cma.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>

#include "../internal.h"
#include "owner.h"

struct pfn_range {
	unsigned long start_pfn;
	unsigned long end_pfn;
};

static int overlaps(struct cma *cma, void *arg)
{
	const struct pfn_range *range = arg;
	const unsigned long pfn = PHYS_PFN(cma_get_base(cma));
	const unsigned long nr_pages = PHYS_PFN(cma_get_size(cma));

	return nr_pages && pfn < range->end_pfn &&
	       pfn + nr_pages > range->start_pfn;
}

/**
 * owner_has_cma() - is there a part of a CMA area in a range
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one
 *
 * Context: Any context, after the areas were made.
 * Return: true if there is.
 */
bool owner_has_cma(unsigned long start_pfn, unsigned long end_pfn)
{
	struct pfn_range range = {
		.start_pfn = start_pfn,
		.end_pfn = end_pfn,
	};

	return cma_for_each_area(overlaps, &range);
}

/**
 * owner_cma_is_usable() - is a part of a CMA area there, and in one zone
 * @start_pfn: its first page frame
 * @nr_pages: its pages
 *
 * Context: Any context; the next moment the answer may be another one.
 * Return: true if all of it is online and in the same zone.
 */
bool owner_cma_is_usable(unsigned long start_pfn, unsigned long nr_pages)
{
	struct page *first = pfn_to_online_page(start_pfn), *page;
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn;

	if (!first)
		return false;
	for (pfn = start_pfn; pfn < end_pfn; pfn = pageblock_end_pfn(pfn)) {
		page = pfn_to_online_page(pfn);
		if (!page || page_zone(page) != page_zone(first))
			return false;
	}
	return true;
}
