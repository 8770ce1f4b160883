// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Evacuation
 *
 * Moves what lives in the isolated blocks of an operation elsewhere. All
 * blocks are isolated before the first page moves, so that no page is moved
 * to memory that is about to leave as well.
 *
 * Evacuation works in passes over all blocks. A pass collects the pages that
 * can be moved, migrates them, and counts what is still in use. Next to no page
 * gets into use again in isolated memory, so that this count goes down; it is
 * the measure of progress. A pass that did not bring it below what it was
 * before is fruitless, and the next one comes after a pause that doubles each
 * time. After FRUITLESS_PASSES of them, about two seconds, nobody is going to
 * let go, and evacuation gives up with the first page that was in its way. So
 * it ends whatever the pages do, and the deadline and signals of the operation
 * end it sooner.
 *
 * Pages are migrated without ever waiting for one: a wait for I/O to a dead
 * server would have no bound. What is locked or under I/O is left to a later
 * pass, and a fruitless pass gets writeback of dirty pages going, which for
 * some file systems is the only way to make them movable.
 */

#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <linux/writeback.h>

#include "../internal.h"
#include "internal.h"
#include "trace.h"

#define FRUITLESS_PASSES	12
#define PAGES_PER_BATCH		1024

/**
 * struct pass - one look at every page of an operation
 * @alloc_target: where pages are moved to
 * @gfp: how hard to look for room there
 * @folios: isolated, to be migrated
 * @nr_pages: pages in @folios
 * @moved: pages moved so far
 * @left: pages still in use
 * @left_pfn: the first of them
 * @movable: it looked as if it could be moved
 * @no_room: there was no memory to move a page to
 */
struct pass {
	new_folio_t *alloc_target;
	gfp_t gfp;
	struct list_head folios;
	unsigned long nr_pages;
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

/* As alloc_migration_target(), but from the zones of the kernel. */
static struct folio *alloc_in_kernel_zone(struct folio *folio,
					  unsigned long private)
{
	const struct migration_target_control *target =
		(struct migration_target_control *)private;
	gfp_t flags = target->gfp_mask;

	if (folio_test_hugetlb(folio))
		return alloc_migration_target(folio, private);
	if (folio_test_large(folio))
		flags = ((flags & ~__GFP_RECLAIM) | GFP_TRANSHUGE) &
			~__GFP_HIGHMEM;
	return __folio_alloc(flags, folio_order(folio), target->nid,
			     target->nmask);
}

static unsigned long leaving_pages(const struct mhp_block_operation *blocks,
				   const struct zone *zone)
{
	const struct mhp_member *member = NULL;
	unsigned long pages = 0;

	while ((member = mhp_next_member(blocks, member)))
		if (member->zone == zone)
			pages += member->nr_pages;
	return pages;
}

/*
 * The more memory ZONE_MOVABLE has, the less of the other zones is left for
 * what could live there: see lowmem_reserve. When all of ZONE_MOVABLE leaves
 * that is no reason any more, but the zones do not know yet.
 */
static new_folio_t *choose_target(const struct mhp_block_operation *blocks)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_idx(zone) == ZONE_MOVABLE &&
		    zone->present_pages > leaving_pages(blocks, zone))
			return alloc_migration_target;
	return alloc_in_kernel_zone;
}

/* The targets come from the node that the pages are on, if it has room. */
static void migrate_batch(struct pass *pass)
{
	struct migration_target_control target = {
		.nmask = &node_states[N_MEMORY],
		.gfp_mask = pass->gfp,
		.reason = MR_MEMORY_HOTPLUG,
	};
	unsigned int succeeded = 0;
	struct folio *folio;
	int result;

	if (list_empty(&pass->folios))
		return;
	target.nid = folio_nid(list_first_entry(&pass->folios, struct folio,
						lru));
	result = migrate_pages(&pass->folios, pass->alloc_target, NULL,
			       (unsigned long)&target, MIGRATE_ASYNC,
			       MR_MEMORY_HOTPLUG, &succeeded);
	if (result == -ENOMEM)
		pass->no_room = true;
	pass->moved += succeeded;
	list_for_each_entry(folio, &pass->folios, lru)
		count_left(pass, folio_pfn(folio), folio_nr_pages(folio), true);
	putback_movable_pages(&pass->folios);
	pass->nr_pages = 0;
	cond_resched();
}

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
	if (folio_mapped(folio))
		return false;
	return !folio_test_lru(folio) || folio_isolate_lru(folio);
}

static void take_folio(struct pass *pass, struct folio *folio,
		       unsigned long pfn)
{
	const unsigned long nr_pages = folio_nr_pages(folio);

	if (folio_contain_hwpoisoned_page(folio)) {
		if (!dispose_of_poisoned(folio, pfn))
			count_left(pass, pfn, nr_pages, false);
	} else if (isolate_folio_to_list(folio, &pass->folios)) {
		pass->nr_pages += nr_pages;
	} else {
		count_left(pass, pfn, nr_pages, true);
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
	if (PageSlab(page) || PageTable(page))
		return false;
	return PageLRU(page) || __PageMovable(page);
}

/* Pages that do not have to be moved for the block to leave. */
static bool out_of_the_way(struct page *page)
{
	if (PageHuge(page))
		return !folio_ref_count(page_folio(page));
	if (PageHWPoison(page))
		return !page_mapped(page);
	return !page_count(page);
}

static unsigned long evacuate_page(struct pass *pass, unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	if (PageBuddy(page))
		return 1UL << min_t(unsigned long, buddy_order_unsafe(page),
				    MAX_PAGE_ORDER);
	if (can_be_taken(page))
		return take_page(pass, page, pfn);
	if (!out_of_the_way(page))
		count_left(pass, pfn, 1, false);
	return 1;
}

static enum mhp_result evacuate_block(struct mhp_block_operation *blocks,
				      const struct mhp_member *member,
				      struct pass *pass)
{
	unsigned long pfn = mhp_usable_start(member);
	unsigned long next_check = pfn;
	enum mhp_result result = MHP_DONE;

	while (pfn < mhp_member_end(member)) {
		if (pfn >= next_check) {
			result = mhp_operation_pending(&blocks->operation);
			next_check = pfn + pageblock_nr_pages;
			cond_resched();
		}
		if (result != MHP_DONE)
			break;
		pfn += evacuate_page(pass, pfn);
		if (pass->nr_pages >= PAGES_PER_BATCH)
			migrate_batch(pass);
	}
	if (result == MHP_DONE)
		migrate_batch(pass);
	else
		putback_movable_pages(&pass->folios);
	return result;
}

/* Pages on the lists of a CPU are neither free nor movable until drained. */
static void drain_lists(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;

	lru_add_drain_all();
	while ((member = mhp_next_member(blocks, member)))
		if (member->leads_zone)
			drain_all_pages(member->zone);
}

static enum mhp_result run_pass(struct mhp_block_operation *blocks,
				struct pass *pass)
{
	const struct mhp_member *member = NULL;
	enum mhp_result result;

	*pass = (struct pass) {
		.alloc_target = choose_target(blocks),
		.gfp = GFP_KERNEL | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL |
		       __GFP_NOWARN,
	};
	INIT_LIST_HEAD(&pass->folios);
	drain_lists(blocks);
	while ((member = mhp_next_member(blocks, member))) {
		result = evacuate_block(blocks, member, pass);
		if (result != MHP_DONE)
			return result;
	}
	trace_mhp_evacuate_pass(&blocks->operation, pass->moved, pass->left);
	return MHP_DONE;
}

/* Not in use as far as anybody can see, and yet not free. */
static unsigned long first_not_free(struct mhp_block_operation *blocks)
{
	const struct mhp_member *member = NULL;
	unsigned long pfn;
	struct page *page;

	while ((member = mhp_next_member(blocks, member))) {
		pfn = mhp_usable_start(member);
		while (pfn < mhp_member_end(member)) {
			page = pfn_to_page(pfn);
			if (!PageBuddy(page) && !PageHWPoison(page))
				return pfn;
			pfn += PageBuddy(page) ?
			       1UL << min_t(unsigned long,
					    buddy_order_unsafe(page),
					    MAX_PAGE_ORDER) : 1;
		}
	}
	return 0;
}

static enum mhp_result give_up(struct mhp_block_operation *blocks,
			       const struct pass *pass)
{
	blocks->operation.culprit_pfn = pass->left ? pass->left_pfn :
						     first_not_free(blocks);
	if (pass->no_room)
		return MHP_NO_ROOM;
	return pass->left && !pass->movable ? MHP_UNMOVABLE : MHP_HELD;
}

static void pause_before_pass(unsigned int fruitless)
{
	if (!fruitless)
		return;
	wakeup_flusher_threads(WB_REASON_VMSCAN);
	schedule_timeout_interruptible(msecs_to_jiffies(1U << (fruitless - 1)));
}

/**
 * mhp_evacuate() - empty the blocks of an operation
 * @blocks: the operation; its blocks are isolated
 * @finish: called when nothing is in use any more; what it returns ends the
 *	    evacuation, but MHP_HELD makes it go on; NULL if nothing is to be
 *	    done
 *
 * On success every page of the blocks is free, a free huge page, poisoned, or
 * offline without a reference. Pages that are freed meanwhile may still be on
 * their way to the free lists, unless @finish takes care of that.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: MHP_DONE; MHP_HELD, MHP_UNMOVABLE or MHP_NO_ROOM with the page in
 * @blocks->operation.culprit_pfn; MHP_INTERRUPTED; MHP_TIMED_OUT; what @finish
 * returns.
 */
enum mhp_result mhp_evacuate(struct mhp_block_operation *blocks,
			     enum mhp_result (*finish)(struct mhp_block_operation *))
{
	unsigned long least_left = ULONG_MAX;
	unsigned int fruitless = 0;
	enum mhp_result result;
	struct pass pass;

	for (;;) {
		result = run_pass(blocks, &pass);
		if (result != MHP_DONE) {
			blocks->operation.culprit_pfn = pass.left_pfn;
			return result;
		}
		if (!pass.left) {
			result = finish ? finish(blocks) : MHP_DONE;
			if (result != MHP_HELD)
				return result;
		}
		fruitless = pass.left < least_left ? 0 : fruitless + 1;
		if (fruitless == FRUITLESS_PASSES)
			return give_up(blocks, &pass);
		least_left = min(least_left, pass.left);
		pause_before_pass(fruitless);
	}
}

/* As alloc_migration_target(), which would reclaim for a large folio. */
static struct folio *alloc_if_free(struct folio *folio, unsigned long private)
{
	const struct migration_target_control *target =
		(struct migration_target_control *)private;

	return __folio_alloc(target->gfp_mask, folio_order(folio), target->nid,
			     NULL);
}

/**
 * mhp_evacuate_range() - move what can be moved easily out of a range
 * @pfn: first page frame
 * @end_pfn: page frame after the last one
 *
 * In one pass, to memory of the same node that is free already. Huge pages
 * stay, as their pool is small.
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock; the
 * range is online, and in one zone.
 * Return: How many pages were moved.
 */
unsigned long mhp_evacuate_range(unsigned long pfn, unsigned long end_pfn)
{
	struct pass pass = {
		.alloc_target = alloc_if_free,
		.gfp = (GFP_HIGHUSER_MOVABLE | __GFP_NOWARN | __GFP_NORETRY |
			__GFP_THISNODE) & ~__GFP_RECLAIM,
		.folios = LIST_HEAD_INIT(pass.folios),
	};

	while (pfn < end_pfn) {
		const struct page *page = pfn_to_page(pfn);

		if (PageHuge(page) || PageHWPoison(page))
			pfn++;
		else
			pfn += evacuate_page(&pass, pfn);
		if (pass.nr_pages >= PAGES_PER_BATCH)
			migrate_batch(&pass);
	}
	migrate_batch(&pass);
	return pass.moved;
}
