// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Collecting pages
 *
 * Goes through page frames that are to be emptied, and isolates what is in use
 * and can be moved: off the lists of reclaim, of a driver, or of a pool of huge
 * pages. What is free, or has to do nothing to leave, is passed over. The rest
 * stays for now and is noted with the reason.
 *
 * Nothing is locked for the look. A page that changes its user meanwhile is
 * seen for what it was, or for what it is, and the next pass looks again.
 */

#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/rmap.h>
#include <linux/swap.h>

#include "../internal.h"
#include "internal.h"
#include "user_page.h"

/*
 * What is wrong with the page must not spread: it is unmapped, not copied.
 * Returns false if it is in use all the same, for a later pass to try again.
 */
static bool dispose_of_poisoned(struct folio *folio, unsigned long pfn)
{
	if (folio_test_large(folio) && !folio_test_hugetlb(folio))
		return false;
	if (!folio_trylock(folio))
		return false;
	if (folio_mapped(folio))
		unmap_poisoned_folio(folio, pfn, false);
	folio_unlock(folio);
	if (folio_mapped(folio) ||
	    (folio_test_hugetlb(folio) && folio_ref_count(folio) > 1))
		return false;
	return !folio_test_lru(folio) || folio_isolate_lru(folio);
}

static void take_folio(struct mhp_collection *collection, struct folio *folio,
		       unsigned long pfn)
{
	const unsigned long nr_pages = folio_nr_pages(folio);

	if (folio_contain_hwpoisoned_page(folio)) {
		if (!dispose_of_poisoned(folio, pfn))
			mhp_note_stay(collection->tally, pfn, nr_pages,
				      MHP_STAYS_POISONED);
	} else if (isolate_folio_to_list(folio, &collection->folios)) {
		collection->nr_pages += nr_pages;
	} else {
		mhp_note_stay(collection->tally, pfn, nr_pages,
			      MHP_STAYS_OFF_LIST);
	}
}

/*
 * A huge page that is larger than a pageblock is taken where it begins, if that
 * is to be emptied as well.
 */
static bool is_taken_before(const struct mhp_collection *collection,
			    struct folio *folio, unsigned long start_pfn)
{
	if (folio_pfn(folio) >= start_pfn)
		return false;
	return collection->for_alloc ?
	       folio_pfn(folio) >= collection->alloc_pfn :
	       is_migrate_isolate_page(&folio->page);
}

static unsigned long take_page(struct mhp_collection *collection,
			       struct page *page, unsigned long pfn,
			       unsigned long start_pfn)
{
	struct folio *folio = page_folio(page);
	unsigned long nr_pages = 1;

	if (!folio_try_get(folio))
		return 1;
	if (page_folio(page) == folio) {
		nr_pages = folio_nr_pages(folio) - folio_page_idx(folio, page);
		if (!is_taken_before(collection, folio, start_pfn))
			take_folio(collection, folio, pfn);
	}
	folio_put(folio);
	return nr_pages;
}

static bool is_huge_and_moves(struct folio *folio)
{
	/* It may be freed meanwhile, and be of no size of a pool any more. */
	struct hstate *size = size_to_hstate(folio_size(folio));

	return size && folio_test_hugetlb_migratable(folio) &&
	       hugepage_migration_supported(size);
}

static bool can_be_taken(struct page *page)
{
	if (PageHuge(page))
		return is_huge_and_moves(page_folio(page));
	if (PageSlab(page) || PageTable(page))
		return false;
	return PageLRU(page) || __PageMovable(page);
}

/* Who allocates a range has no use for free huge pages of a pool in it either. */
static unsigned long take_huge_for_alloc(struct mhp_collection *collection,
					 struct page *page, unsigned long pfn)
{
	const int error = isolate_or_dissolve_huge_page(page,
							&collection->folios);
	struct folio *folio = page_folio(page);

	if (error)
		mhp_note_stay(collection->tally, pfn, 1,
			      error == -ENOMEM ? MHP_STAYS_NO_ROOM :
						 MHP_STAYS_HELD);
	return folio_nr_pages(folio) - folio_page_idx(folio, page);
}

/* Pages that do not have to be moved for the block to leave. */
static bool out_of_the_way(struct page *page)
{
	if (PageHuge(page))
		return !folio_ref_count(page_folio(page));
	if (PageHWPoison(page))
		return !page_mapped(page) && !folio_mapping(page_folio(page));
	return !page_count(page);
}

/* What a file keeps of it must not outlive the memory. */
static bool forget_poisoned(struct page *page)
{
	struct folio *folio = page_folio(page);
	bool forgotten = false;

	if (!PageHWPoison(page) || !folio_try_get(folio))
		return false;
	if (folio_trylock(folio)) {
		forgotten = shmem_forget_poisoned(folio);
		folio_unlock(folio);
	}
	folio_put(folio);
	return forgotten;
}

/* What is for user space and on no list is on its way from one to another. */
static enum mhp_stay why_not_taken(struct page *page)
{
	if (can_be_taken(page))
		return MHP_STAYS_NO_ROOM;
	if (PageHWPoison(page))
		return MHP_STAYS_POISONED;
	return PageHuge(page) || page_is_for_user(page) ? MHP_STAYS_OFF_LIST :
							  MHP_STAYS_UNMOVABLE;
}

static unsigned long collect_page(struct mhp_collection *collection,
				  unsigned long pfn, unsigned long start_pfn)
{
	struct page *page = pfn_to_page(pfn);

	if (PageBuddy(page))
		return 1UL << min_t(unsigned long, buddy_order_unsafe(page),
				    MAX_PAGE_ORDER);
	if (collection->for_alloc && PageHuge(page))
		return take_huge_for_alloc(collection, page, pfn);
	if (can_be_taken(page) && !collection->count_only)
		return take_page(collection, page, pfn, start_pfn);
	if (!out_of_the_way(page) &&
	    (collection->for_alloc || !forget_poisoned(page)))
		mhp_note_stay(collection->tally, pfn, 1, why_not_taken(page));
	return 1;
}

/**
 * mhp_collect() - isolate what can be moved out of a range
 * @collection: where it goes, and who is told what stays
 * @pfn: first page frame
 * @end_pfn: page frame after the last one
 *
 * A folio that reaches into the range or out of it is taken whole.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock, or knows
 * in another way that the range stays online.
 */
void mhp_collect(struct mhp_collection *collection, unsigned long pfn,
		 unsigned long end_pfn)
{
	const unsigned long start_pfn = pfn;

	while (pfn < end_pfn)
		pfn += collect_page(collection, pfn, start_pfn);
}

/**
 * mhp_move_collected() - move what was collected
 * @collection: what was collected; empty afterwards
 * @targets: where to
 *
 * What can not be moved is put back, and noted.
 *
 * Context: Process context, may sleep. Caller holds no lock of a page.
 */
void mhp_move_collected(struct mhp_collection *collection,
			const struct mhp_targets *targets)
{
	collection->nr_pages = 0;
	if (list_empty(&collection->folios))
		return;
	if (try_to_migrate_pages(&collection->folios, targets,
				 collection->tally))
		putback_movable_pages(&collection->folios);
}

/**
 * mhp_evacuate_range() - move what can be moved easily out of a range
 * @pfn: first page frame
 * @end_pfn: page frame after the last one
 *
 * In one pass, to memory of the same node that is free already. Huge pages stay:
 * they would have to be split, or their pool is small.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock; the
 * range is online, and in one zone.
 * Return: How many pages were moved.
 */
unsigned long mhp_evacuate_range(unsigned long pfn, unsigned long end_pfn)
{
	const struct mhp_targets targets = {
		.reason = MR_MEMORY_HOTPLUG,
		.gfp = (GFP_KERNEL | __GFP_MOVABLE | __GFP_NOWARN |
			__GFP_NORETRY) & ~__GFP_RECLAIM,
		.movable_zone = true,
	};
	struct mhp_tally tally = { };
	struct mhp_collection collection = {
		.folios = LIST_HEAD_INIT(collection.folios),
		.tally = &tally,
	};

	while (pfn < end_pfn) {
		const struct page *page = pfn_to_page(pfn);

		if (PageCompound(page) || PageHWPoison(page))
			pfn++;
		else
			pfn += collect_page(&collection, pfn, pfn);
		if (collection.nr_pages >= pageblock_nr_pages)
			mhp_move_collected(&collection, &targets);
	}
	mhp_move_collected(&collection, &targets);
	return tally.moved;
}
