// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Pageblocks and ranges in the buddy allocator
 *
 * What is done to pages because of where they are, not because somebody wants
 * some: pageblocks change their type and take their free pages along, a range
 * is isolated, goes offline, or comes back, and a single page that turned out
 * to be broken is taken out of the chunk that it is in.
 *
 * A free chunk may be larger than a pageblock. Whoever changes the type of one
 * pageblock of it splits it first.
 */

#include "buddy_lists.h"

/**
 * get_pfnblock_flags_mask() - flags of a pageblock
 * @page: a page of it
 * @pfn: page frame number of @page
 * @mask: the flags that are wanted
 *
 * Context: Any context; without zone->lock the flags may change at any time.
 * Return: The flags.
 */
unsigned long get_pfnblock_flags_mask(const struct page *page,
				      unsigned long pfn, unsigned long mask)
{
	const unsigned long *word;
	unsigned int shift;

	word = pageblock_flags_word(page, pfn, &shift);
	return (READ_ONCE(*word) >> shift) & mask;
}

/**
 * set_pfnblock_flags_mask() - change flags of a pageblock
 * @page: a page of it
 * @flags: what to set them to
 * @pfn: page frame number of @page
 * @mask: which flags
 *
 * Several pageblocks share a word, and the skip bit of compaction is changed
 * without zone->lock.
 *
 * Context: Any context.
 */
void set_pfnblock_flags_mask(struct page *page, unsigned long flags,
			     unsigned long pfn, unsigned long mask)
{
	unsigned long *word, old;
	unsigned int shift;

	BUILD_BUG_ON(MIGRATE_TYPES > 1 << PB_migratetype_bits);
	BUILD_BUG_ON(BITS_PER_LONG % NR_PAGEBLOCK_BITS);
	VM_WARN_ON_ONCE_PAGE(!zone_spans_pfn(page_zone(page), pfn), page);

	word = pageblock_flags_word(page, pfn, &shift);
	old = READ_ONCE(*word);
	while (!try_cmpxchg(word, &old,
			    (old & ~(mask << shift)) | flags << shift))
		;
}

/**
 * set_pageblock_migratetype() - change the type of a pageblock
 * @page: a page of it
 * @migratetype: the type
 *
 * Free pages have to be moved to the lists of that type by the caller. A
 * machine that is too small for grouping has one type of pageblock besides
 * those that are set apart.
 *
 * Context: Caller holds zone->lock, if the pageblock is in use.
 */
void set_pageblock_migratetype(struct page *page, int migratetype)
{
	if (unlikely(page_group_by_mobility_disabled &&
		     migratetype < MIGRATE_PCPTYPES))
		migratetype = MIGRATE_UNMOVABLE;
	set_pfnblock_flags_mask(page, migratetype, page_to_pfn(page),
				MIGRATETYPE_MASK);
}

/**
 * zone_has_pageblock() - is a pageblock in a zone as a whole
 * @zone: the zone
 * @pfn: a page frame number in the pageblock
 *
 * zone->lock protects no pageblock that is shared with another zone.
 *
 * Context: Caller holds zone->lock.
 * Return: true if it is.
 */
bool zone_has_pageblock(const struct zone *zone, unsigned long pfn)
{
	return zone_spans_pfn(zone, pageblock_start_pfn(pfn)) &&
	       zone_spans_pfn(zone, pageblock_end_pfn(pfn) - 1);
}

/**
 * convert_pageblock() - give a pageblock and its free pages another type
 * @zone: its zone, which has it as a whole
 * @page: a page of it
 * @from: the type that it has
 * @to: the type that it gets
 *
 * If a chunk begins in it that is larger, all pageblocks of the chunk change.
 *
 * Context: Caller holds zone->lock.
 * Return: How many pages from the start of the pageblock on have changed, at
 * least those of a pageblock.
 */
unsigned long convert_pageblock(struct zone *zone, struct page *page, int from,
				int to)
{
	unsigned long nr_pages = 0;
	unsigned int order;

	page = pfn_to_page(pageblock_start_pfn(page_to_pfn(page)));
	while (nr_pages < pageblock_nr_pages) {
		if (!PageBuddy(page + nr_pages)) {
			nr_pages++;
			continue;
		}
		order = buddy_order(page + nr_pages);
		move_to_list(zone, page + nr_pages, order, from, to);
		nr_pages += 1UL << order;
	}
	set_chunk_type(page, ilog2(nr_pages), to);
	return nr_pages;
}

/**
 * free_in_pageblocks() - put pages of several pageblocks on their free lists
 * @zone: the zone
 * @page: the first page
 * @pfn: page frame number of @page
 * @order: the pages are 2^@order, more than a pageblock
 * @fpi: as for __free_one_page()
 *
 * Each pageblock has its own type.
 *
 * Context: Caller holds zone->lock. The pages are on no list.
 */
void free_in_pageblocks(struct zone *zone, struct page *page,
			unsigned long pfn, int order, fpi_t fpi)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i += pageblock_nr_pages)
		__free_one_page(page + i, pfn + i, zone, pageblock_order,
				get_pfnblock_migratetype(page + i, pfn + i),
				fpi);
}

/* The first page of the free chunk that a page is in; NULL: it is in none. */
static struct page *chunk_around(struct page *page)
{
	const unsigned long pfn = page_to_pfn(page);
	unsigned int order;
	struct page *head;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		head = page - (pfn & ((1UL << order) - 1));
		if (PageBuddy(head))
			return buddy_order_unsafe(head) >= order ? head : NULL;
	}
	return NULL;
}

/**
 * is_free_buddy_page() - is a page on a free list
 * @page: the page
 *
 * Context: Any context; the answer lasts as long as zone->lock is held.
 * Return: true if it is in a chunk on a free list.
 */
bool is_free_buddy_page(const struct page *page)
{
	return chunk_around((struct page *)page);
}
EXPORT_SYMBOL(is_free_buddy_page);

/**
 * find_large_buddy() - where the free chunk begins that a page is in
 * @start_pfn: page frame number of the page
 *
 * Context: Any context; the answer lasts as long as zone->lock is held or the
 * page is isolated.
 * Return: The first page frame number of the chunk; @start_pfn if the page is
 * in none.
 */
unsigned long find_large_buddy(unsigned long start_pfn)
{
	struct page *head = chunk_around(pfn_to_page(start_pfn));

	return head ? page_to_pfn(head) : start_pfn;
}

#ifdef CONFIG_MEMORY_ISOLATION
/**
 * move_freepages_block_isolate() - change the type of one pageblock alone
 * @zone: the zone
 * @page: first page of the pageblock
 * @migratetype: the type that it gets
 *
 * A chunk that reaches out of the pageblock is split, so that what is outside
 * keeps its type.
 *
 * Context: Caller holds zone->lock.
 * Return: false if the pageblock is not in the zone as a whole.
 */
bool move_freepages_block_isolate(struct zone *zone, struct page *page,
				  int migratetype)
{
	const unsigned long pfn = pageblock_start_pfn(page_to_pfn(page));
	unsigned int order;
	struct page *head;
	int type;

	if (!zone_has_pageblock(zone, pfn))
		return false;
	page = pfn_to_page(pfn);
	type = get_pfnblock_migratetype(page, pfn);
	head = chunk_around(page);
	if (!head || buddy_order(head) <= pageblock_order) {
		convert_pageblock(zone, page, type, migratetype);
		return true;
	}

	order = buddy_order(head);
	type = get_pageblock_migratetype(head);
	take_off_list(zone, head, order, type);
	account_freepages(zone, -(1 << order), type);
	set_pageblock_migratetype(page, migratetype);
	split_large_buddy(zone, head, page_to_pfn(head), order, FPI_NONE);
	return true;
}
#endif

/* What compaction takes away as a whole comes back as movable memory. */
static void make_movable(struct zone *zone, struct page *page,
			 unsigned int order)
{
	const unsigned long end_pfn = page_to_pfn(page) + (1UL << order);
	unsigned long pfn = pageblock_start_pfn(page_to_pfn(page));
	int type;

	for (; pfn < end_pfn; pfn += pageblock_nr_pages) {
		page = pfn_to_page(pfn);
		type = get_pfnblock_migratetype(page, pfn);
		if (migratetype_is_mergeable(type) &&
		    zone_has_pageblock(zone, pfn))
			convert_pageblock(zone, page, type, MIGRATE_MOVABLE);
	}
}

/**
 * __isolate_free_page() - take a chunk off its list as it is
 * @page: its first page
 * @order: its order
 *
 * As if it was allocated, but nothing about the pages changes. If it is half a
 * pageblock or more, the pageblock becomes movable.
 *
 * Context: Caller holds zone->lock.
 * Return: The number of pages; 0 if the zone is short of memory.
 */
int __isolate_free_page(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	const int type = get_pageblock_migratetype(page);
	const unsigned long nr_pages = 1UL << order;

	/* One chunk is there for sure, so that single pages can be counted. */
	if (!is_migrate_isolate(type) &&
	    !zone_watermark_ok(zone, 0, zone->_watermark[WMARK_MIN] + nr_pages, 0,
			       ALLOC_CMA))
		return 0;
	take_off_list(zone, page, order, type);
	account_freepages(zone, -nr_pages, type);
	if (order + 1 >= pageblock_order)
		make_movable(zone, page, order);
	return nr_pages;
}

/**
 * __putback_isolated_page() - put a chunk on a free list that never was in use
 * @page: its first page
 * @order: its order
 * @mt: type of its pageblock
 *
 * Context: Caller holds zone->lock.
 */
void __putback_isolated_page(struct page *page, unsigned int order, int mt)
{
	struct zone *zone = page_zone(page);

	lockdep_assert_held(&zone->lock);
	__free_one_page(page, page_to_pfn(page), zone, order, mt,
			FPI_SKIP_REPORT_NOTIFY | FPI_TO_TAIL);
}

#ifdef CONFIG_MEMORY_HOTREMOVE
/*
 * Pages that are broken are on no list, and those that a driver has taken out
 * and let go of are nobody's.
 */
static unsigned long withdraw_chunk(struct zone *zone, struct page *page,
				    unsigned long *unmanaged)
{
	unsigned int order;

	if (PageOffline(page)) {
		WARN_ON_ONCE(page_count(page));
		(*unmanaged)++;
		return 1;
	}
	if (!PageBuddy(page)) {
		WARN_ON_ONCE(!PageHWPoison(page));
		return 1;
	}
	order = buddy_order(page);
	take_off_list(zone, page, order, MIGRATE_ISOLATE);
	return 1UL << order;
}

/**
 * __offline_isolated_pages() - take a range off the free lists for good
 * @start_pfn: first page frame, at the start of a section
 * @end_pfn: page frame after the last one, whole sections
 *
 * All pages of the range are isolated, and free, broken or offline.
 *
 * Context: Process context. Caller holds mem_hotplug_lock for writing.
 * Return: How many pages the allocator managed: all but those that are offline.
 */
unsigned long __offline_isolated_pages(unsigned long start_pfn,
				       unsigned long end_pfn)
{
	struct zone *zone = page_zone(pfn_to_page(start_pfn));
	unsigned long pfn = start_pfn, unmanaged = 0, flags;

	offline_mem_sections(start_pfn, end_pfn);
	spin_lock_irqsave(&zone->lock, flags);
	while (pfn < end_pfn)
		pfn += withdraw_chunk(zone, pfn_to_page(pfn), &unmanaged);
	spin_unlock_irqrestore(&zone->lock, flags);
	return end_pfn - start_pfn - unmanaged;
}
#endif

#ifdef CONFIG_MEMORY_FAILURE
/* Halves the chunk until one page is left, and puts all the others back. */
static void put_back_others(struct zone *zone, struct page *head,
			    struct page *page, unsigned int order, int type)
{
	struct page *other;

	while (order) {
		order--;
		other = head + (1UL << order);
		if (page >= other)
			swap(head, other);
		if (set_page_guard(zone, other, order))
			continue;
		put_on_list(zone, other, order, type, false);
		account_freepages(zone, 1 << order, type);
	}
}

/**
 * take_page_off_buddy() - take a single free page out of the allocator
 * @page: the page, which is broken
 *
 * Context: Any context; takes zone->lock.
 * Return: true if it was free, and is marked as taken off now.
 */
bool take_page_off_buddy(struct page *page)
{
	struct zone *zone = page_zone(page);
	struct page *head;
	unsigned long flags;
	unsigned int order;
	int type;

	spin_lock_irqsave(&zone->lock, flags);
	head = chunk_around(page);
	if (head) {
		order = buddy_order(head);
		type = get_pageblock_migratetype(head);
		take_off_list(zone, head, order, type);
		account_freepages(zone, -(1 << order), type);
		put_back_others(zone, head, page, order, type);
		SetPageHWPoisonTakenOff(page);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return head;
}

/**
 * put_page_back_buddy() - reverse of take_page_off_buddy()
 * @page: the page; the caller gives its reference away
 *
 * Context: Any context; takes zone->lock.
 * Return: true if the page is free and was poisoned.
 */
bool put_page_back_buddy(struct page *page)
{
	const unsigned long pfn = page_to_pfn(page);
	struct zone *zone = page_zone(page);
	bool was_poisoned = false;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (put_page_testzero(page)) {
		ClearPageHWPoisonTakenOff(page);
		__free_one_page(page, pfn, zone, 0,
				get_pfnblock_migratetype(page, pfn), FPI_NONE);
		was_poisoned = TestClearPageHWPoison(page);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return was_poisoned;
}
#endif
