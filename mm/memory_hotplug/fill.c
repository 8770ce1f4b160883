// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Filling the memory map
 *
 * Most of the time that memory takes to come goes into its memory map: 64
 * bytes for each page are written, far more than the caches hold. So they are
 * written once, in the state that the allocator wants, and not again page by
 * page when the pages are given to it. All pages of a section are alike but for
 * the links to themselves: the first one is made, the others are copies.
 *
 * The ranges of an operation are filled by all CPUs that have nothing better to
 * do. Who calls takes part, and if nobody else has time does it all.
 */

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kasan.h>
#include <linux/kmsan.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"
#include "owner.h"

/*
 * Pages that somebody else prepares on their way, or decides about, come as
 * PageOffline with a reference, one by one. Others are as good as free.
 */
static bool pages_are_free(void)
{
	return !mhp_online_callback_is_set() && !want_init_on_free() &&
	       !page_poisoning_enabled() && !debug_pagealloc_enabled_static() &&
	       !IS_ENABLED(CONFIG_KASAN) && !IS_ENABLED(CONFIG_KMSAN) &&
	       !IS_ENABLED(CONFIG_UNACCEPTED_MEMORY);
}

/* Returns the page. It does not know its page frame number before. */
static struct page *make_page(unsigned long pfn, struct zone *zone,
			      enum mhp_page_state state)
{
	struct page *page = pfn_to_page(pfn);

	__init_single_page(page, pfn, zone_idx(zone), zone_to_nid(zone));
	if (state == MHP_PAGES_FREE)
		set_page_count(page, 0);
	else if (state == MHP_PAGES_OFFLINE)
		__SetPageOffline(page);
	else
		SetPageVmemmapSelfHosted(page);
	return page;
}

#define PAGE_STRUCT_WORDS	(sizeof(struct page) / sizeof(unsigned long))
static_assert(sizeof(struct page) % sizeof(unsigned long) == 0,
	      "struct page is not made of words");

/* Unrolled, the words stay in registers, and memory is written only. */
static void copy_words(unsigned long *to, const unsigned long *from)
{
	unsigned int i;

#pragma GCC unroll 16
	for (i = 0; i < PAGE_STRUCT_WORDS; i++)
		to[i] = from[i];
}

static void copy_page_struct(struct page *first, unsigned long nr_pages)
{
	unsigned long words[PAGE_STRUCT_WORDS];
	struct page *page;

	copy_words(words, (unsigned long *)first);
	for (page = first + 1; page < first + nr_pages; page++) {
		copy_words((unsigned long *)page, words);
		INIT_LIST_HEAD(&page->lru);
#ifdef WANT_PAGE_VIRTUAL
		set_page_address(page, page_to_virt(page));
#endif
	}
}

/* Whether memory is grouped by mobility may be decided anew when it is there. */
static void set_types(unsigned long pfn, unsigned long end_pfn, int migratetype)
{
	for (pfn = pageblock_align(pfn); pfn < end_pfn; pfn += pageblock_nr_pages)
		set_pfnblock_flags_mask(pfn_to_page(pfn), migratetype, pfn,
					MIGRATETYPE_MASK);
}

/**
 * mhp_fill_range() - write the memory map of a range
 * @zone: the zone that the range belongs to
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 * @migratetype: type of the pageblocks that begin in the range
 * @state: what the pages are to be
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing; the pages are offline.
 */
void mhp_fill_range(struct zone *zone, unsigned long start_pfn,
		    unsigned long nr_pages, int migratetype,
		    enum mhp_page_state state)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn, next;

	for (pfn = start_pfn; pfn < end_pfn; pfn = next) {
		next = min(end_pfn, SECTION_ALIGN_UP(pfn + 1));
		copy_page_struct(make_page(pfn, zone, state), next - pfn);
		set_types(pfn, next, migratetype);
		cond_resched();
	}
}

/**
 * struct fill - the blocks of an operation on their way
 * @blocks: the operation
 * @state: what the pages of its blocks are to be
 * @next: how many sections of all its blocks were taken by somebody
 */
struct fill {
	const struct mhp_block_operation *blocks;
	enum mhp_page_state state;
	atomic_t next;
};

/**
 * struct helper - somebody who takes part
 * @work: what the workqueue knows
 * @fill: what is to be done
 */
struct helper {
	struct work_struct work;
	struct fill *fill;
};

static unsigned int nr_sections(const struct mhp_block_operation *blocks)
{
	return blocks->operation.nr_units * sections_per_block;
}

/* A section that is all memory map has nothing to be filled. */
static void fill_section(const struct fill *fill, unsigned int section)
{
	const struct mhp_member *member =
		&fill->blocks->members[section / sections_per_block];
	const unsigned long start_pfn = member->start_pfn +
		section % sections_per_block * PAGES_PER_SECTION;
	const unsigned long end_pfn = start_pfn + PAGES_PER_SECTION;
	const unsigned long first = max(start_pfn, mhp_usable_start(member));

	if (first < end_pfn)
		mhp_fill_range(member->zone, first, end_pfn - first,
			       owner_online_type(), fill->state);
}

static void take_part(struct fill *fill)
{
	const unsigned int nr = nr_sections(fill->blocks);
	unsigned int section;

	while ((section = atomic_fetch_inc(&fill->next)) < nr)
		fill_section(fill, section);
}

static void help(struct work_struct *work)
{
	take_part(container_of(work, struct helper, work)->fill);
}

static unsigned int nr_helpers(const struct mhp_block_operation *blocks)
{
	return min(num_online_cpus(), nr_sections(blocks)) - 1;
}

/**
 * mhp_fill_blocks() - write the memory maps of all blocks of an operation
 * @blocks: the operation; its blocks have a zone and are offline
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void mhp_fill_blocks(struct mhp_block_operation *blocks)
{
	struct fill fill = {
		.blocks = blocks,
		.state = pages_are_free() ? MHP_PAGES_FREE : MHP_PAGES_OFFLINE,
	};
	unsigned int i, nr = nr_helpers(blocks);
	struct helper *helpers;

	blocks->pages_are_free = fill.state == MHP_PAGES_FREE;
	helpers = kcalloc(nr, sizeof(*helpers), GFP_KERNEL | __GFP_NOWARN);
	if (!helpers)
		nr = 0;
	for (i = 0; i < nr; i++) {
		helpers[i].fill = &fill;
		INIT_WORK(&helpers[i].work, help);
		queue_work_node(blocks->members[0].mem->nid, system_unbound_wq,
				&helpers[i].work);
	}
	take_part(&fill);
	for (i = 0; i < nr; i++)
		cancel_work_sync(&helpers[i].work);
	kfree(helpers);
}
