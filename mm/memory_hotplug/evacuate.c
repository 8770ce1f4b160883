// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Evacuation
 *
 * Moves pages elsewhere, wherever they are mapped and whoever knows them. The
 * engine takes a list of isolated folios and leaves on it those that have to
 * stay, each with a reason. It waits for no page: who is locked, under I/O or
 * held by somebody stays this time, and the caller decides whether to try again.
 *
 * Folios move in batches. First every folio of a batch gets a target, while
 * nothing is locked, so that looking for memory can neither deadlock nor keep
 * anybody from his pages. Then all of them are locked and unmapped, the TLBs
 * are flushed once, and one after the other is copied and mapped where it is
 * now. Who touches a page on its way waits for its batch; so a batch is short.
 *
 * A huge page for which there is no target of its size is split, and its parts
 * move. Cache that nobody has used for a while is dropped where there is no
 * free memory for it: it would be reclaimed for its own copy.
 */

#include <linux/buffer_head.h>
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page_owner.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <linux/secretmem.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "../internal.h"
#include "internal.h"
#include "trace.h"

/* So many pages are out of reach at a time. */
#define BATCH_PAGES	128
/* Without memory for a whole batch. */
#define FEW		4

/**
 * struct move - a folio on its way
 * @src: where it is
 * @dst: where it goes
 * @anon_vma: keeps the way back to where @src was mapped, or NULL
 * @mapped: @src was mapped
 * @mlocked: somebody has locked it into memory
 * @unmapped: it is locked, together with @dst, and mapped nowhere
 */
struct move {
	struct folio *src;
	struct folio *dst;
	struct anon_vma *anon_vma;
	bool mapped;
	bool mlocked;
	bool unmapped;
};

/**
 * struct batch - folios that move together
 * @targets: where to
 * @tally: what became of them
 * @folios: those that are still to come
 * @stays: those that have to stay
 * @moves: the batch
 * @room: how many fit into @moves
 * @nr: how many are in it
 * @nr_pages: how many pages that is
 * @no_room: there is no memory for more
 */
struct batch {
	const struct mhp_targets *targets;
	struct mhp_tally *tally;
	struct list_head *folios;
	struct list_head stays;
	struct move *moves;
	unsigned int room;
	unsigned int nr;
	unsigned long nr_pages;
	bool no_room;
};

static const char * const stay_names[NR_MHP_STAYS] = {
	[MHP_MOVES]		= "moves",
	[MHP_STAYS_LOCKED]	= "locked",
	[MHP_STAYS_WRITEBACK]	= "writeback",
	[MHP_STAYS_DIRTY]	= "dirty",
	[MHP_STAYS_HELD]	= "held",
	[MHP_STAYS_OFF_LIST]	= "off-list",
	[MHP_STAYS_NO_ROOM]	= "no-room",
	[MHP_STAYS_NO_TIME]	= "no-time",
	[MHP_STAYS_POISONED]	= "poisoned",
	[MHP_STAYS_UNMOVABLE]	= "unmovable",
};

/**
 * mhp_is_first() - is a page the one to name of those that stay
 * @tally: those that stay already
 * @pfn: the page
 * @stay: why it stays
 *
 * Context: Any context.
 * Return: true if it comes before the others, or they stay for want of time only.
 */
bool mhp_is_first(const struct mhp_tally *tally, unsigned long pfn,
		  enum mhp_stay stay)
{
	const bool late = stay == MHP_STAYS_NO_TIME;
	const bool first_late = tally->first_stay == MHP_STAYS_NO_TIME;

	if (!tally->left)
		return true;
	if (late != first_late)
		return first_late;
	return pfn < tally->first_pfn;
}

/**
 * mhp_note_stay() - note that pages stay
 * @tally: where to
 * @pfn: the first of them
 * @nr_pages: how many
 * @stay: why
 *
 * Context: Any context.
 */
void mhp_note_stay(struct mhp_tally *tally, unsigned long pfn,
		   unsigned long nr_pages, enum mhp_stay stay)
{
	if (mhp_is_first(tally, pfn, stay)) {
		tally->first_pfn = pfn;
		tally->first_stay = stay;
	}
	tally->left += nr_pages;
	tally->no_room |= stay == MHP_STAYS_NO_ROOM && nr_pages == 1;
	tally->needs_writing |= stay == MHP_STAYS_DIRTY ||
				stay == MHP_STAYS_WRITEBACK ||
				stay == MHP_STAYS_HELD;
	trace_mhp_page_stays(pfn, nr_pages, stay_names[stay]);
}

static bool is_thp(struct folio *folio)
{
	return !folio_test_hugetlb(folio) && folio_test_pmd_mappable(folio);
}

static void keep(struct batch *batch, struct folio *folio, enum mhp_stay stay)
{
	const unsigned long nr_pages = folio_nr_pages(folio);

	mhp_note_stay(batch->tally, folio_pfn(folio), nr_pages, stay);
	count_vm_events(PGMIGRATE_FAIL, nr_pages);
	if (is_thp(folio))
		count_vm_event(THP_MIGRATION_FAIL);
	list_move_tail(&folio->lru, &batch->stays);
}

static bool moves_by_driver(const struct folio *folio)
{
	return __folio_test_movable(folio);
}

/* Nobody is left who knows it, or it has moved: the reference was the last. */
static void let_go(struct folio *folio)
{
	if (folio_test_hugetlb(folio)) {
		folio_putback_active_hugetlb(folio);
		return;
	}
	list_del(&folio->lru);
	if (!moves_by_driver(folio))
		node_stat_mod_folio(folio, NR_ISOLATED_ANON +
				    folio_is_file_lru(folio),
				    -folio_nr_pages(folio));
	folio_put(folio);
}

/* Its user has let go of it, so that it is freed now, with nothing set. */
static void let_go_unused(struct folio *folio)
{
	if (!folio_test_hugetlb(folio)) {
		folio_clear_active(folio);
		folio_clear_unevictable(folio);
	}
	let_go(folio);
}

static void count_moved(struct mhp_tally *tally, struct folio *folio)
{
	const unsigned long nr_pages = folio_nr_pages(folio);

	WRITE_ONCE(tally->moved, tally->moved + nr_pages);
	tally->pool |= folio_test_hugetlb(folio);
	count_vm_events(PGMIGRATE_SUCCESS, nr_pages);
	if (is_thp(folio))
		count_vm_event(THP_MIGRATION_SUCCESS);
}

static enum mhp_stay stay_of_error(int error)
{
	switch (error) {
	case 0:
		return MHP_MOVES;
	case -EAGAIN:
	case -EBUSY:
	case -ENOMEM:
		return MHP_STAYS_HELD;
	case -EHWPOISON:
		return MHP_STAYS_POISONED;
	default:
		return MHP_STAYS_UNMOVABLE;
	}
}

/* Targets */

static bool is_splittable(const struct folio *folio)
{
	return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) &&
	       folio_test_large(folio) && !folio_test_hugetlb(folio) &&
	       !moves_by_driver(folio);
}

/*
 * Its parts come after what is on the list. Returns 0; -EINVAL if there are no
 * smaller ones of its kind; or another errno if it is in use.
 */
static int split(struct batch *batch, struct folio *folio)
{
	const bool was_thp = is_thp(folio);
	int error;

	if (!folio_trylock(folio))
		return -EAGAIN;
	error = split_folio_to_list(folio, batch->folios);
	folio_unlock(folio);
	if (!error && was_thp)
		count_vm_event(THP_MIGRATION_SPLIT);
	return error;
}

static bool moves_in_parts_only(struct folio *folio)
{
	return !thp_migration_supported() && is_splittable(folio) &&
	       folio_test_pmd_mappable(folio);
}

static bool waits_for_split(struct folio *folio)
{
	if (!folio_test_large(folio) || folio_order(folio) <= 1)
		return false;
	/* Somebody may take it off the list meanwhile: then it waits no more. */
	return !data_race(list_empty(&folio->_deferred_list));
}

/* Some of its parts are not mapped any more: they need not move at all. */
static bool is_better_split(struct folio *folio)
{
	return is_splittable(folio) && waits_for_split(folio) &&
	       folio_test_partially_mapped(folio);
}

static bool is_idle_cache(struct folio *folio)
{
	return !moves_by_driver(folio) && !folio_test_hugetlb(folio) &&
	       !folio_test_swapbacked(folio) && folio->mapping &&
	       !folio_test_active(folio) && !folio_test_referenced(folio) &&
	       !folio_test_unevictable(folio) && !folio_test_dirty(folio) &&
	       !folio_test_writeback(folio) && !folio_mapped(folio);
}

static bool drop(struct batch *batch, struct folio *folio)
{
	bool dropped = false;

	if (!folio_trylock(folio))
		return false;
	if (is_idle_cache(folio) && filemap_release_folio(folio, GFP_NOWAIT))
		dropped = remove_mapping(folio->mapping, folio);
	folio_unlock(folio);
	if (!dropped)
		return false;
	WRITE_ONCE(batch->tally->dropped,
		   batch->tally->dropped + folio_nr_pages(folio));
	let_go(folio);
	return true;
}

static void add_move(struct batch *batch, struct folio *src, struct folio *dst)
{
	batch->moves[batch->nr++] = (struct move){ .src = src, .dst = dst };
	batch->nr_pages += folio_nr_pages(src);
	list_del_init(&src->lru);
}

static bool is_too_late(const struct batch *batch)
{
	const struct mhp_targets *targets = batch->targets;

	return (targets->over && READ_ONCE(*targets->over)) ||
	       (targets->operation &&
		mhp_operation_pending(targets->operation) != MHP_DONE);
}

/* Reclaim may take long. Where it found nothing once, it is not asked again. */
static void find_target_by_reclaim(struct batch *batch, struct folio *src)
{
	struct folio *dst = NULL;

	if (is_too_late(batch)) {
		keep(batch, src, MHP_STAYS_NO_TIME);
		return;
	}
	if (!batch->no_room || folio_test_hugetlb(src))
		dst = mhp_alloc_target(batch->targets, src, true);
	if (dst) {
		add_move(batch, src, dst);
		return;
	}
	batch->no_room |= !folio_test_large(src);
	keep(batch, src, MHP_STAYS_NO_ROOM);
}

/* What is split comes again, in parts. There is room for them, or none at all. */
static void split_or_reclaim(struct batch *batch, struct folio *src)
{
	const int error = is_splittable(src) ? split(batch, src) : -EINVAL;

	if (error == -EINVAL && !moves_in_parts_only(src))
		find_target_by_reclaim(batch, src);
	else if (error)
		keep(batch, src, MHP_STAYS_HELD);
}

/* From free memory, at the cost of idle cache, in parts, or by reclaim. */
static void find_target(struct batch *batch, struct folio *src)
{
	struct folio *dst = NULL;

	if (is_better_split(src) && !split(batch, src))
		return;
	if (!moves_in_parts_only(src))
		dst = mhp_alloc_target(batch->targets, src, false);
	if (dst)
		add_move(batch, src, dst);
	else if (!is_idle_cache(src) || !drop(batch, src))
		split_or_reclaim(batch, src);
}

static void fill_batch(struct batch *batch)
{
	struct folio *src;

	batch->nr = 0;
	batch->nr_pages = 0;
	while (batch->nr < batch->room && batch->nr_pages < BATCH_PAGES &&
	       !list_empty(batch->folios)) {
		src = list_first_entry(batch->folios, struct folio, lru);
		if (batch->nr && batch->nr_pages + folio_nr_pages(src) >
				 BATCH_PAGES)
			break;
		if (folio_ref_count(src) > 1) {
			find_target(batch, src);
			continue;
		}
		batch->tally->pool |= folio_test_hugetlb(src);
		let_go_unused(src);
	}
}

static void free_target(struct folio *dst)
{
	if (folio_test_hugetlb(dst))
		folio_putback_active_hugetlb(dst);
	else
		folio_put(dst);
}

/* Small and huge pages on the LRU lists */

/*
 * Cache that was truncated while it was on its way. What a file system keeps
 * with it goes now, and the page with the next one to look.
 */
static enum mhp_stay look_after_orphan(struct folio *src)
{
	if (folio_test_private(src))
		try_to_free_buffers(src);
	return MHP_STAYS_HELD;
}

/*
 * An anonymous folio forgets where it was mapped when it is not any more,
 * unless somebody keeps its anon_vma. Without one it can not be mapped again.
 */
static enum mhp_stay unmap_lru(struct move *move)
{
	struct folio *src = move->src;

	if (folio_test_writeback(src))
		return MHP_STAYS_WRITEBACK;
	if (!src->mapping && !folio_test_swapcache(src))
		return look_after_orphan(src);
	if (!folio_mapped(src))
		return MHP_MOVES;
	if (folio_test_anon(src) && !folio_test_ksm(src)) {
		move->anon_vma = folio_get_anon_vma(src);
		if (!move->anon_vma)
			return MHP_STAYS_HELD;
	}
	move->mapped = true;
	try_to_migrate(src, TTU_BATCH_FLUSH);
	return folio_mapped(src) ? MHP_STAYS_HELD : MHP_MOVES;
}

/* A file system without a way of its own: what it keeps with a page goes. */
static int move_released(struct address_space *mapping, struct folio *dst,
			 struct folio *src)
{
	if (!filemap_release_folio(src, GFP_NOWAIT))
		return -EAGAIN;
	return migrate_folio(mapping, dst, src, MIGRATE_ASYNC);
}

static int copy_by_mapping(struct address_space *mapping, struct folio *dst,
			   struct folio *src)
{
	if (!mapping)
		return migrate_folio(NULL, dst, src, MIGRATE_ASYNC);
	if (mapping->a_ops->migrate_folio)
		return mapping->a_ops->migrate_folio(mapping, dst, src,
						     MIGRATE_ASYNC);
	return move_released(mapping, dst, src);
}

static enum mhp_stay copy_lru(struct folio *dst, struct folio *src)
{
	struct address_space *mapping = folio_mapping(src);
	int error;

	if (mapping && (mapping_inaccessible(mapping) ||
			secretmem_mapping(mapping)))
		return MHP_STAYS_UNMOVABLE;
	if (mapping && !mapping->a_ops->migrate_folio && folio_test_dirty(src))
		return MHP_STAYS_DIRTY;
	error = copy_by_mapping(mapping, dst, src);
	if (error)
		return stay_of_error(error);
	if (!folio_test_anon(src))
		src->mapping = NULL;
	flush_dcache_folio(dst);
	return MHP_MOVES;
}

/*
 * Who locks a page into memory counts it on the list, so the target has to be
 * there before it is mapped.
 */
static enum mhp_stay move_lru(struct move *move)
{
	const bool waits = waits_for_split(move->src);
	const bool partially = waits && folio_test_partially_mapped(move->src);
	const enum mhp_stay stay = copy_lru(move->dst, move->src);

	if (stay != MHP_MOVES)
		return stay;
	folio_add_lru(move->dst);
	if (move->mlocked)
		lru_add_drain();
	if (move->mapped)
		remove_migration_ptes(move->src, move->dst, 0);
	if (waits)
		deferred_split_folio(move->dst, partially);
	return MHP_MOVES;
}

/* Pages of drivers that know how to move them */

static enum mhp_stay move_by_driver(struct move *move)
{
	struct page *src = &move->src->page;
	int error = 0;

	if (PageMovable(src))
		error = page_movable_ops(src)->migrate_page(&move->dst->page,
							    src, MIGRATE_ASYNC);
	if (!error)
		ClearPageIsolated(src);
	return stay_of_error(error);
}

/* Huge pages of a pool */

/*
 * try_to_migrate() may stop sharing page tables between processes, and needs
 * the mapping locked for it.
 */
static enum mhp_stay move_huge_mapped(struct move *move)
{
	struct address_space *mapping = NULL;
	enum mhp_stay stay = MHP_STAYS_HELD;
	struct folio *src = move->src;

	if (!folio_test_anon(src)) {
		mapping = hugetlb_folio_mapping_lock_write(src);
		if (!mapping)
			return MHP_STAYS_LOCKED;
	}
	try_to_migrate(src, mapping ? TTU_RMAP_LOCKED : 0);
	if (!folio_mapped(src))
		stay = copy_lru(move->dst, src);
	remove_migration_ptes(src, stay == MHP_MOVES ? move->dst : src,
			      mapping ? RMP_LOCKED : 0);
	if (mapping)
		i_mmap_unlock_write(mapping);
	return stay;
}

/* One that is about to be freed has no mapping, and its subpool counts it. */
static enum mhp_stay move_huge(struct move *move, enum migrate_reason reason)
{
	struct folio *src = move->src;
	enum mhp_stay stay;

	if (hugetlb_folio_subpool(src) && !folio_mapping(src))
		return MHP_STAYS_HELD;
	if (folio_test_anon(src))
		move->anon_vma = folio_get_anon_vma(src);
	stay = folio_mapped(src) ? move_huge_mapped(move) :
				   copy_lru(move->dst, src);
	if (stay == MHP_MOVES)
		move_hugetlb_state(src, move->dst, reason);
	return stay;
}

/* All kinds */

static void unlock(struct move *move)
{
	if (move->anon_vma)
		put_anon_vma(move->anon_vma);
	folio_unlock(move->dst);
	folio_unlock(move->src);
}

static void stay_behind(struct batch *batch, struct move *move,
			enum mhp_stay stay)
{
	free_target(move->dst);
	keep(batch, move->src, stay);
}

/* What could not be unmapped everywhere is mapped again where it was. */
static void unmap(struct batch *batch, struct move *move)
{
	struct folio *src = move->src;
	enum mhp_stay stay = MHP_MOVES;

	if (!folio_trylock(src)) {
		stay_behind(batch, move, MHP_STAYS_LOCKED);
		return;
	}
	if (!folio_trylock(move->dst)) {
		folio_unlock(src);
		stay_behind(batch, move, MHP_STAYS_HELD);
		return;
	}
	if (!moves_by_driver(src) && !folio_test_hugetlb(src)) {
		move->mlocked = folio_test_mlocked(src);
		stay = unmap_lru(move);
	}
	move->unmapped = stay == MHP_MOVES;
	if (move->unmapped)
		return;
	if (move->mapped)
		remove_migration_ptes(src, src, 0);
	unlock(move);
	stay_behind(batch, move, stay);
}

static enum mhp_stay move_any(struct batch *batch, struct move *move)
{
	enum mhp_stay stay;

	if (folio_test_hugetlb(move->src))
		return move_huge(move, batch->targets->reason);
	if (moves_by_driver(move->src))
		return move_by_driver(move);
	stay = move_lru(move);
	if (stay != MHP_MOVES && move->mapped)
		remove_migration_ptes(move->src, move->src, 0);
	return stay;
}

static void settle(struct batch *batch, struct move *move)
{
	const enum mhp_stay stay = move_any(batch, move);

	unlock(move);
	if (stay != MHP_MOVES) {
		stay_behind(batch, move, stay);
		return;
	}
	set_page_owner_migrate_reason(&move->dst->page,
				      batch->targets->reason);
	count_moved(batch->tally, move->dst);
	free_target(move->dst);
	INIT_LIST_HEAD(&move->src->lru);
	let_go(move->src);
}

static void move_batch(struct batch *batch)
{
	struct move *const end = batch->moves + batch->nr;
	struct move *move;

	for (move = batch->moves; move < end; move++)
		unmap(batch, move);
	try_to_unmap_flush();
	for (move = batch->moves; move < end; move++)
		if (move->unmapped)
			settle(batch, move);
}

static void keep_all(struct batch *batch, enum mhp_stay stay)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, batch->folios, lru)
		keep(batch, folio, stay);
}

/* Who waits for a page that has just moved shall not wait for the CPU as well. */
static void give_way(const struct mhp_targets *targets)
{
	if (targets->modest && !single_task_running())
		schedule_timeout_uninterruptible(1);
	else
		cond_resched();
}

/**
 * try_to_migrate_pages() - move pages elsewhere
 * @folios: isolated folios, see isolate_folio_to_list(), each with a reference.
 *	    Those that stay are left on the list, for putback_movable_pages().
 * @targets: where to
 * @tally: adds what has moved, what stays, and why
 *
 * Waits for no page of @folios. A target of 1 GiB that no pool has is put
 * together from pages of others, which does wait for them. Cache that was not
 * used lately may be dropped where no memory is free; @tally counts it by itself.
 *
 * Context: Process context, may sleep, may reclaim memory. Caller holds no
 * lock of a page or a mapping.
 * Return: 0, or how many pages stay; each is in a trace event with its reason.
 */
unsigned long try_to_migrate_pages(struct list_head *folios,
				   const struct mhp_targets *targets,
				   struct mhp_tally *tally)
{
	const unsigned long left = tally->left;
	struct move few[FEW], *moves;
	struct batch batch = {
		.targets = targets,
		.tally = tally,
		.folios = folios,
		.stays = LIST_HEAD_INIT(batch.stays),
		.moves = few,
		.room = FEW,
	};

	moves = kmalloc_array(BATCH_PAGES, sizeof(*moves),
			      (targets->gfp & GFP_KERNEL) | __GFP_NOWARN |
			      __GFP_NORETRY);
	if (moves) {
		batch.moves = moves;
		batch.room = BATCH_PAGES;
	}
	while (!list_empty(folios)) {
		if (is_too_late(&batch)) {
			keep_all(&batch, MHP_STAYS_NO_TIME);
			break;
		}
		fill_batch(&batch);
		move_batch(&batch);
		give_way(targets);
	}
	kfree(moves);
	list_splice(&batch.stays, folios);
	return tally->left - left;
}
