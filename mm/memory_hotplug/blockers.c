// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: What keeps a memory block online
 *
 * A block can go offline when each of its pages is free or can be moved. This
 * file looks at the pages and names the others, by kind. Nothing is locked or
 * taken away for the look: it says what would stop an offline now, and the
 * next moment may be different. Doubt is decided in favour of the block,
 * because a block that is said to be stuck is never tried. A page that
 * somebody holds for a short time, and a page on its way from one list to
 * another, do not count.
 *
 * The look stops at the first blocker when only the answer yes or no is
 * wanted, and steps over free chunks and over the pages of a large folio at
 * once.
 */

#include <linux/hugetlb.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/secretmem.h>

#include "../internal.h"
#include "internal.h"
#include "owner.h"
#include "user_page.h"

#define NOT_A_BLOCKER	NR_MHP_BLOCKERS

/**
 * struct look - a walk over the pages of a range
 * @blockers: where to count; NULL to stop when more than @limit are found
 * @limit: in pages
 * @first_pfn: the first blocker, if there is one
 * @last_pfn: the highest page of one
 * @nr_pages: pages of blockers found so far
 * @movable: pages found so far that are in use and no blockers
 * @stays: some are of a kind that does not go by itself
 * @driver_managed: pages that are offline belong to a driver that releases
 *		    them when the block is about to leave
 * @for_offline: what may go by itself, or can be made to, while blocks go
 *		 offline is no blocker
 */
struct look {
	struct mhp_blocker *blockers;
	unsigned long limit;
	unsigned long first_pfn;
	unsigned long last_pfn;
	unsigned long nr_pages;
	unsigned long movable;
	bool stays;
	bool driver_managed;
	bool for_offline;
};

static const char * const blocker_names[NR_MHP_BLOCKERS] = {
	[MHP_BLOCKER_SLAB]	= "slab",
	[MHP_BLOCKER_PAGETABLE]	= "pagetable",
	[MHP_BLOCKER_KERNEL]	= "kernel",
	[MHP_BLOCKER_RESERVED]	= "reserved",
	[MHP_BLOCKER_PINNED]	= "pinned",
	[MHP_BLOCKER_SECRET]	= "secret",
	[MHP_BLOCKER_HUGEPAGE]	= "hugepage",
	[MHP_BLOCKER_POISONED]	= "poisoned",
	[MHP_BLOCKER_OFFLINE]	= "offline",
	[MHP_BLOCKER_CMA]	= "cma",
	[MHP_BLOCKER_HOLE]	= "hole",
	[MHP_BLOCKER_ZONES]	= "zones",
};

/* What comes and goes with what the kernel does. */
static const bool kernel_gives_back[NR_MHP_BLOCKERS] = {
	[MHP_BLOCKER_SLAB]	= true,
	[MHP_BLOCKER_PAGETABLE]	= true,
	[MHP_BLOCKER_KERNEL]	= true,
};

/**
 * mhp_blocker_name() - a kind of blocker in one word
 * @kind: the kind, below NR_MHP_BLOCKERS
 *
 * Context: Any context.
 * Return: A string that stays valid.
 */
const char *mhp_blocker_name(enum mhp_blocker_kind kind)
{
	return blocker_names[kind];
}

static void note(struct look *look, enum mhp_blocker_kind kind,
		 unsigned long pfn, unsigned long nr_pages)
{
	if (!look->nr_pages)
		look->first_pfn = pfn;
	look->last_pfn = max(look->last_pfn, pfn + nr_pages - 1);
	look->nr_pages += nr_pages;
	look->stays |= !kernel_gives_back[kind];
	if (!look->blockers)
		return;
	if (!look->blockers[kind].count)
		look->blockers[kind].first_pfn = pfn;
	look->blockers[kind].count += nr_pages;
}

static bool enough(const struct look *look)
{
	return !look->blockers &&
	       (look->nr_pages > look->limit || look->stays);
}

/*
 * A pin adds more to the reference count of a small folio than all ordinary
 * references together; what page tables and caches account for has to be
 * taken off first, or a page that is mapped a thousand times looks pinned.
 */
static bool folio_is_pinned(struct folio *folio)
{
	long references;

	if (folio_test_large(folio))
		return atomic_read(&folio->_pincount) > 0;
	references = folio_ref_count(folio) - folio_mapcount(folio);
	return references >= GUP_PIN_COUNTING_BIAS;
}

/* The mapping may go away under us; its inode is freed after a grace period. */
static bool folio_is_secret(struct folio *folio)
{
	struct address_space *mapping;
	bool secret = false;

	rcu_read_lock();
	mapping = READ_ONCE(folio->mapping);
	if (mapping && !((unsigned long)mapping & PAGE_MAPPING_FLAGS))
		secret = mapping_inaccessible(mapping) ||
			 secretmem_mapping(mapping);
	rcu_read_unlock();
	return secret;
}

static enum mhp_blocker_kind user_folio_kind(struct folio *folio)
{
	if (folio_test_hugetlb(folio) &&
	    !hugepage_migration_supported(folio_hstate(folio)))
		return MHP_BLOCKER_HUGEPAGE;
	if (folio_test_large(folio) && !folio_test_hugetlb(folio) &&
	    folio_contain_hwpoisoned_page(folio))
		return MHP_BLOCKER_POISONED;
	if (folio_is_pinned(folio))
		return MHP_BLOCKER_PINNED;
	if (folio_is_secret(folio))
		return MHP_BLOCKER_SECRET;
	return NOT_A_BLOCKER;
}

static enum mhp_blocker_kind look_at_user_page(struct page *page,
					       unsigned long *nr_pages)
{
	enum mhp_blocker_kind kind = NOT_A_BLOCKER;
	struct folio *folio = page_folio(page);

	if (!folio_try_get(folio))
		return NOT_A_BLOCKER;
	if (page_folio(page) == folio) {
		*nr_pages = folio_nr_pages(folio) - folio_page_idx(folio, page);
		kind = user_folio_kind(folio);
	}
	folio_put(folio);
	return kind;
}

static enum mhp_blocker_kind kernel_page_kind(const struct page *page)
{
	if (PageSlab(page))
		return MHP_BLOCKER_SLAB;
	if (PageTable(page))
		return MHP_BLOCKER_PAGETABLE;
	if (is_migrate_cma_page(page))
		return MHP_BLOCKER_CMA;
	return MHP_BLOCKER_KERNEL;
}

/* Typed pages use the word where other pages have their mapping. */
static bool page_belongs_to_kernel(struct page *page)
{
	return PageSlab(page) || PageTable(page);
}

/* The fields of a page that somebody may free meanwhile are read once each. */
static enum mhp_blocker_kind look_at_page(const struct look *look,
					  struct page *page,
					  unsigned long *nr_pages)
{
	unsigned int order;

	*nr_pages = 1;
	if (PageReserved(page))
		return MHP_BLOCKER_RESERVED;
	if (PageBuddy(page)) {
		order = buddy_order_unsafe(page);
		if (order <= MAX_PAGE_ORDER)
			*nr_pages = 1UL << order;
		return NOT_A_BLOCKER;
	}
	if (PageHuge(page))
		return look_at_user_page(page, nr_pages);
	if (!page_count(page) || PageHWPoison(page))
		return NOT_A_BLOCKER;
	if (!page_belongs_to_kernel(page)) {
		if (__PageMovable(page))
			return NOT_A_BLOCKER;
		if (PageOffline(page))
			return look->driver_managed ? NOT_A_BLOCKER :
						      MHP_BLOCKER_OFFLINE;
		if (page_is_for_user(page))
			return look_at_user_page(page, nr_pages);
	}
	if (PageHead(page))
		*nr_pages = min(compound_nr(page), MAX_ORDER_NR_PAGES);
	return kernel_page_kind(page);
}

/* What is no blocker is free, out of use, or has to go elsewhere. */
static bool has_to_move(const struct page *page)
{
	return !PageBuddy(page) && !PageHWPoison(page) && !PageOffline(page) &&
	       page_count(page);
}

/*
 * A device may be done with a page in a moment or never, a driver lets go of what
 * it took away when it hears of the offline, and caches of their slabs when they
 * are told to. Where only movable memory is allocated, a page that does not look
 * like it is in the making.
 */
static bool may_go(enum mhp_blocker_kind kind, const struct page *page)
{
	switch (kind) {
	case MHP_BLOCKER_PINNED:
	case MHP_BLOCKER_OFFLINE:
		return true;
	case MHP_BLOCKER_SLAB:
		return owner_can_shrink(page);
	case MHP_BLOCKER_KERNEL:
		return page_zonenum(page) == ZONE_MOVABLE ||
		       owner_is_hotplug(page_to_pfn(page));
	default:
		return false;
	}
}

static void look_at_range(struct look *look, unsigned long pfn,
			  unsigned long end_pfn)
{
	enum mhp_blocker_kind kind;
	unsigned long nr_pages;
	struct page *page;

	for (; pfn < end_pfn && !enough(look); pfn += nr_pages) {
		nr_pages = 1;
		page = pfn_to_online_page(pfn);
		if (!page)
			continue;
		kind = look_at_page(look, page, &nr_pages);
		nr_pages = min(nr_pages, end_pfn - pfn);
		if (kind != NOT_A_BLOCKER && look->for_offline &&
		    may_go(kind, page))
			kind = NOT_A_BLOCKER;
		if (kind != NOT_A_BLOCKER)
			note(look, kind, pfn, nr_pages);
		else if (has_to_move(page))
			look->movable += nr_pages;
		if (pageblock_aligned(pfn))
			cond_resched();
	}
}

struct hole_search {
	struct look *look;
	unsigned long next_pfn;
};

static int note_gap_before(unsigned long start_pfn, unsigned long nr_pages,
			   void *arg)
{
	struct hole_search *search = arg;

	if (start_pfn > search->next_pfn)
		note(search->look, MHP_BLOCKER_HOLE, search->next_pfn,
		     start_pfn - search->next_pfn);
	search->next_pfn = start_pfn + nr_pages;
	return 0;
}

static void look_for_holes(struct look *look, unsigned long start_pfn,
			   unsigned long nr_pages)
{
	struct hole_search search = { .look = look, .next_pfn = start_pfn };

	walk_system_ram_range(start_pfn, nr_pages, &search, note_gap_before);
	note_gap_before(start_pfn + nr_pages, 0, &search);
}

/* A block that is online is not removed, nor is its group or its memory map. */
static void look_at_block(struct look *look, struct memory_block *mem)
{
	const unsigned long start_pfn = section_nr_to_pfn(mem->start_section_nr);
	const unsigned long nr_pages = PHYS_PFN(memory_block_size_bytes());

	get_online_mems();
	if (mem->state == MEM_ONLINE) {
		look->driver_managed = mhp_driver_managed(mem);
		if (!mem->zone)
			note(look, MHP_BLOCKER_ZONES, start_pfn, nr_pages);
		if (!enough(look))
			look_for_holes(look, start_pfn, nr_pages);
		look_at_range(look, start_pfn + mem->memmap_pages,
			      start_pfn + nr_pages);
	}
	put_online_mems();
}

/**
 * mhp_block_removable() - could a memory block go offline now
 * @mem: the block
 *
 * Of a hotplug block that is known. In a pinned block, the look stops at the
 * first blocker.
 *
 * Context: Process context, may sleep; takes mem_hotplug_lock as a reader.
 * Caller holds a reference to the block.
 * Return: true if nothing in the block is known to stop it, and for a block
 * that is offline.
 */
bool mhp_block_removable(struct memory_block *mem)
{
	struct look look = { };

	if (!IS_ENABLED(CONFIG_MEMORY_HOTREMOVE))
		return false;
	if (mhp_block_is_hotplug(mem))
		return true;
	look_at_block(&look, mem);
	return !look.nr_pages;
}

/**
 * mhp_block_blockers() - count what keeps a memory block online
 * @mem: the block
 * @blockers: filled in, one entry for each kind
 *
 * Context: Process context, may sleep; takes mem_hotplug_lock as a reader.
 * Caller holds a reference to the block.
 */
void mhp_block_blockers(struct memory_block *mem,
			struct mhp_blocker blockers[NR_MHP_BLOCKERS])
{
	struct look look = { .blockers = blockers };

	memset(blockers, 0, NR_MHP_BLOCKERS * sizeof(*blockers));
	look_at_block(&look, mem);
}

/**
 * mhp_query_block() - count what a memory block has to move, and can not move
 * @mem: the block
 * @blockers: filled in, as by mhp_block_blockers()
 * @query: filled in
 *
 * Context: Process context, may sleep; takes mem_hotplug_lock as a reader.
 * Caller holds a reference to the block.
 */
void mhp_query_block(struct memory_block *mem,
		     struct mhp_blocker blockers[NR_MHP_BLOCKERS],
		     struct mhp_query *query)
{
	struct look look = { .blockers = blockers };
	enum mhp_blocker_kind kind;

	memset(blockers, 0, NR_MHP_BLOCKERS * sizeof(*blockers));
	look_at_block(&look, mem);
	*query = (struct mhp_query) {
		.movable = look.movable,
		.unmovable = look.nr_pages,
		.first_unmovable_pfn = look.first_pfn,
		.last_unmovable_pfn = look.last_pfn,
	};
	for (kind = 0; kind < NR_MHP_BLOCKERS; kind++)
		if (blockers[kind].count)
			query->first_unmovable_pfn =
				min(query->first_unmovable_pfn,
				    blockers[kind].first_pfn);
}

/**
 * mhp_first_unmovable() - the first page of a block that can not be moved
 * @member: the block, part of an operation
 * @pfn: page frame number to start at
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: A page frame number; 0 if none was found.
 */
unsigned long mhp_first_unmovable(const struct mhp_member *member,
				  unsigned long pfn)
{
	struct look look = {
		.driver_managed = mhp_driver_managed(member->mem),
	};

	look_at_range(&look, pfn, mhp_member_end(member));
	return look.nr_pages ? look.first_pfn : 0;
}

/**
 * mhp_look_before_offline() - look whether a block can go offline at all
 * @member: the block, part of an operation
 * @movable: adds how many pages have to move
 *
 * What somebody may let go of meanwhile, or can be made to, does not count.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: The first page frame that keeps the block online, 0 if there is none.
 */
unsigned long mhp_look_before_offline(const struct mhp_member *member,
				      unsigned long *movable)
{
	struct look look = {
		.driver_managed = mhp_driver_managed(member->mem),
		.for_offline = true,
	};

	look_at_range(&look, mhp_usable_start(member), mhp_member_end(member));
	*movable += look.movable;
	return look.nr_pages ? look.first_pfn : 0;
}

/**
 * mhp_count_unmovable() - count the pages of a range that can not be moved
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one
 * @limit: when more pages than this are found, or one that does not go by
 *	   itself, the others do not matter
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: How many pages were found, more than @limit if one does not go by
 * itself. Pages in a CMA area count if they are in use by a driver.
 */
unsigned long mhp_count_unmovable(unsigned long start_pfn,
				  unsigned long end_pfn, unsigned long limit)
{
	struct look look = { .limit = limit };

	look_at_range(&look, start_pfn, end_pfn);
	return look.stays ? max(look.nr_pages, limit + 1) : look.nr_pages;
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/blockers_kunit.c"
#endif
