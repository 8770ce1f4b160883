// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Evacuation
 *
 * Moves what lives in the isolated blocks of an operation elsewhere. All
 * blocks are isolated before the first page moves, so that no page is moved
 * to memory that is about to leave as well.
 *
 * Evacuation works in passes over all blocks. A pass collects the pages that
 * can be moved, migrates them, and counts what is still in use. Isolated
 * memory gets no new pages, so that this count can only go down; it is the
 * measure of progress. A pass that did not bring it down was fruitless, and
 * the next one comes after a pause that doubles each time. After
 * FRUITLESS_PASSES of them, about two seconds, nobody is going to let go, and
 * evacuation gives up with the first page that was in its way. So it ends
 * whatever the pages do, and the deadline and signals of the operation end it
 * sooner.
 *
 * The first attempt at a page never waits for it. After a fruitless pass
 * pages are migrated synchronously, which for some file systems is the only
 * way to get a dirty page written, but pages under I/O are left to a later
 * pass: waiting for a dead server would be waiting without a bound.
 */

#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/swap.h>

#include "../internal.h"
#include "internal.h"

#include <trace/events/memory_hotplug.h>

#define FRUITLESS_PASSES	12
#define FOLIOS_PER_BATCH	1024

/**
 * struct pass - one look at every page of an operation
 * @mode: how hard to try
 * @tolerant: pages that a driver may release do not count
 * @folios: isolated, to be migrated
 * @nr_folios: length of @folios
 * @moved: pages moved so far
 * @left: pages still in use
 * @left_pfn: the first of them
 * @movable: it looked as if it could be moved
 * @no_room: there was no memory to move a page to
 */
struct pass {
	enum migrate_mode mode;
	bool tolerant;
	struct list_head folios;
	unsigned int nr_folios;
	unsigned long moved;
	unsigned long left;
	unsigned long left_pfn;
	bool movable;
	bool no_room;
};

static void count_left(struct pass *pass, unsigned long pfn,
		       unsigned long nr_pages, bool movable)
{
	if (!pass->left) {
		pass->left_pfn = pfn;
		pass->movable = movable;
	}
	pass->left += nr_pages;
}

/* The targets come from the node that the pages are on, if it has room. */
static void migrate_batch(struct pass *pass)
{
	struct migration_target_control target = {
		.nmask = &node_states[N_MEMORY],
		.gfp_mask = GFP_KERNEL | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL |
			    __GFP_NOWARN,
		.reason = MR_MEMORY_HOTPLUG,
	};
	unsigned int succeeded = 0;
	struct folio *folio;
	int result;

	if (list_empty(&pass->folios))
		return;
	target.nid = folio_nid(list_first_entry(&pass->folios, struct folio,
						lru));
	result = migrate_pages(&pass->folios, alloc_migration_target, NULL,
			       (unsigned long)&target, pass->mode,
			       MR_MEMORY_HOTPLUG, &succeeded);
	if (result == -ENOMEM)
		pass->no_room = true;
	pass->moved += succeeded;
	list_for_each_entry(folio, &pass->folios, lru)
		count_left(pass, folio_pfn(folio), folio_nr_pages(folio), true);
	putback_movable_pages(&pass->folios);
	pass->nr_folios = 0;
	cond_resched();
}

static bool under_io(struct folio *folio)
{
	return folio_test_locked(folio) || folio_test_writeback(folio);
}

/* What is wrong with the page must not spread: it is unmapped, not copied. */
static bool dispose_of_poisoned(struct folio *folio, unsigned long pfn)
{
	if (folio_test_large(folio) && !folio_test_hugetlb(folio))
		return false;
	if (folio_test_lru(folio) && !folio_isolate_lru(folio))
		return false;
	if (folio_mapped(folio) && folio_trylock(folio)) {
		unmap_poisoned_folio(folio, pfn, false);
		folio_unlock(folio);
	}
	return true;
}

static void take_folio(struct pass *pass, struct folio *folio,
		       unsigned long pfn)
{
	const unsigned long nr_pages = folio_nr_pages(folio);

	if (folio_contain_hwpoisoned_page(folio)) {
		if (!dispose_of_poisoned(folio, pfn))
			count_left(pass, pfn, nr_pages, false);
	} else if ((pass->mode == MIGRATE_SYNC && under_io(folio)) ||
		   !isolate_folio_to_list(folio, &pass->folios)) {
		count_left(pass, pfn, nr_pages, true);
	} else {
		pass->nr_folios++;
	}
}

static unsigned long take_page(struct pass *pass, struct page *page,
			       unsigned long pfn)
{
	struct folio *folio = page_folio(page);
	unsigned long nr_pages = 1;

	if (!folio_try_get(folio))
		return 1;
	if (page_folio(page) == folio) {
		nr_pages = folio_nr_pages(folio) - folio_page_idx(folio, page);
		take_folio(pass, folio, pfn);
	}
	folio_put(folio);
	return nr_pages;
}

static bool can_be_taken(struct page *page)
{
	if (PageHuge(page))
		return folio_test_hugetlb_migratable(page_folio(page));
	return PageLRU(page) || __PageMovable(page);
}

/* Pages that do not have to be moved for the block to leave. */
static bool out_of_the_way(const struct pass *pass, struct page *page)
{
	if (PageHuge(page))
		return !folio_ref_count(page_folio(page));
	if (!page_count(page) || PageHWPoison(page))
		return true;
	return pass->tolerant && PageOffline(page);
}

static void evacuate_range(struct pass *pass, unsigned long pfn,
			   unsigned long end_pfn)
{
	unsigned long nr_pages;
	struct page *page;

	for (; pfn < end_pfn; pfn += nr_pages) {
		page = pfn_to_page(pfn);
		nr_pages = 1;
		if (PageBuddy(page)) {
			nr_pages = 1UL << min_t(unsigned long,
						buddy_order_unsafe(page),
						MAX_PAGE_ORDER);
		} else if (can_be_taken(page)) {
			nr_pages = take_page(pass, page, pfn);
			if (pass->nr_folios >= FOLIOS_PER_BATCH)
				migrate_batch(pass);
		} else if (!out_of_the_way(pass, page)) {
			count_left(pass, pfn, 1, false);
		}
	}
	migrate_batch(pass);
}

/* Pages on the lists of a CPU are neither free nor movable until drained. */
static void drain_lists(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;

	lru_add_drain_all();
	while ((member = mhp_next_member(blocks, member)))
		if (!mhp_zone_seen_before(blocks, member))
			drain_all_pages(member->zone);
}

static enum mhp_result run_pass(struct mhp_block_operation *blocks,
				struct pass *pass)
{
	const struct mhp_member *member = NULL;
	enum mhp_result result;

	INIT_LIST_HEAD(&pass->folios);
	while ((member = mhp_next_member(blocks, member))) {
		result = mhp_operation_pending(&blocks->operation);
		if (result != MHP_DONE)
			return result;
		evacuate_range(pass, mhp_usable_start(member),
			       mhp_member_end(member));
	}
	trace_mhp_evacuate_pass(&blocks->operation, pass->moved, pass->left);
	return MHP_DONE;
}

static enum mhp_result give_up(struct mhp_block_operation *blocks,
			       const struct pass *pass)
{
	blocks->operation.culprit_pfn = pass->left_pfn;
	if (pass->no_room)
		return MHP_NO_ROOM;
	return pass->movable ? MHP_HELD : MHP_UNMOVABLE;
}

static void pause_before_pass(unsigned int fruitless)
{
	const unsigned int ms = fruitless ? 1U << (fruitless - 1) : 0;

	if (ms)
		schedule_timeout_interruptible(msecs_to_jiffies(ms));
}

/**
 * mhp_evacuate() - empty the blocks of an operation
 * @blocks: the operation; its blocks are isolated
 *
 * On success every page of the blocks is free, a free huge page, poisoned, or
 * (with @blocks->evacuation_tolerant) offline. Pages that are freed meanwhile
 * may still be on their way to the free lists.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: MHP_DONE; MHP_HELD, MHP_UNMOVABLE or MHP_NO_ROOM with the page in
 * @blocks->operation.culprit_pfn; MHP_INTERRUPTED; MHP_TIMED_OUT.
 */
enum mhp_result mhp_evacuate(struct mhp_block_operation *blocks)
{
	unsigned long least_left = ULONG_MAX;
	unsigned int fruitless = 0;
	enum mhp_result result;
	struct pass pass;

	for (;;) {
		pass = (struct pass) {
			.mode = fruitless ? MIGRATE_SYNC : MIGRATE_ASYNC,
			.tolerant = blocks->evacuation_tolerant,
		};
		drain_lists(blocks);
		result = run_pass(blocks, &pass);
		if (result != MHP_DONE) {
			blocks->operation.culprit_pfn = pass.left_pfn;
			return result;
		}
		if (!pass.left)
			return MHP_DONE;
		fruitless = pass.left < least_left ? 0 : fruitless + 1;
		if (fruitless == FRUITLESS_PASSES)
			return give_up(blocks, &pass);
		least_left = min(least_left, pass.left);
		pause_before_pass(fruitless);
	}
}
