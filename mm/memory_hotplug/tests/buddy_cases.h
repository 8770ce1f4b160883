/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the buddy allocator does on a zone that a test made: for KUnit and for
 * the build in user space. Nothing here depends on how large chunks and
 * pageblocks are. Who includes this brings a function
 *
 *	static unsigned long case_free_pages(struct zone *zone,
 *					     enum zone_stat_item item);
 *
 * that reads a counter of free pages, and includes it where the functions of
 * buddy.c can be seen.
 */
#ifndef __MM_MEMORY_HOTPLUG_TESTS_BUDDY_CASES_H
#define __MM_MEMORY_HOTPLUG_TESTS_BUDDY_CASES_H

/* Memory of a case, in chunks of the largest order */
#define CASE_AREAS	4
#define CASE_AREA_PAGES	BIT(MAX_PAGE_ORDER)
#define CASE_PAGES	(CASE_AREAS * CASE_AREA_PAGES)

/**
 * struct case_zone - a zone that nobody else knows
 * @zone: it spans the memory of the case; its lists are empty
 * @start_pfn: first page frame of CASE_PAGES pages, aligned to the largest
 *	       chunk, and in use as far as the allocator knows
 * @fault: what is wrong, or NULL
 * @line: the line that found it
 */
struct case_zone {
	struct zone *zone;
	unsigned long start_pfn;
	const char *fault;
	int line;
};

/* The first fault counts: what comes after it may be its consequence. */
static void case_expect(struct case_zone *c, bool holds, const char *condition,
			int line)
{
	if (holds || c->fault)
		return;
	c->fault = condition;
	c->line = line;
}

#define CASE_EXPECT(c, condition)	\
	case_expect(c, condition, #condition, __LINE__)

static const int case_types[] = {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_HIGHATOMIC,
#ifdef CONFIG_CMA
	MIGRATE_CMA,
#endif
#ifdef CONFIG_MEMORY_ISOLATION
	MIGRATE_ISOLATE,
#endif
#ifdef CONFIG_MEMORY_OWNER
	MIGRATE_HOTPLUG,
#endif
};

static int case_type_of(struct page *page)
{
	return get_pageblock_migratetype(page);
}

static struct page *case_page(const struct case_zone *c, unsigned long offset)
{
	return pfn_to_page(c->start_pfn + offset);
}

/* Where a chunk is; -1: there is none. */
static long case_offset(const struct case_zone *c, const struct page *page)
{
	return page ? (long)(page_to_pfn(page) - c->start_pfn) : -1;
}

static void case_set_types(struct case_zone *c, unsigned long offset,
			   unsigned long nr_pages, int type)
{
	const unsigned long end = offset + nr_pages;

	for (; offset < end; offset += pageblock_nr_pages)
		set_pageblock_migratetype(case_page(c, offset), type);
}

static void case_put_flags(struct case_zone *c, unsigned long offset,
			   unsigned int order, fpi_t fpi)
{
	struct page *page = case_page(c, offset);
	unsigned long flags;

	spin_lock_irqsave(&c->zone->lock, flags);
	__free_one_page(page, page_to_pfn(page), c->zone, order,
			case_type_of(page), fpi | FPI_SKIP_REPORT_NOTIFY);
	spin_unlock_irqrestore(&c->zone->lock, flags);
}

static void case_put(struct case_zone *c, unsigned long offset,
		     unsigned int order)
{
	case_put_flags(c, offset, order, FPI_NONE);
}

static long case_take(struct case_zone *c, unsigned int order, int type)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&c->zone->lock, flags);
	page = __rmqueue_smallest(c->zone, order, type);
	spin_unlock_irqrestore(&c->zone->lock, flags);
	return case_offset(c, page);
}

static long case_allocate(struct case_zone *c, unsigned int order, int type,
			  unsigned int alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&c->zone->lock, flags);
	page = __rmqueue(c->zone, order, type, alloc_flags, &mode);
	spin_unlock_irqrestore(&c->zone->lock, flags);
	return case_offset(c, page);
}

static bool case_is_chunk(const struct case_zone *c, unsigned long offset,
			  unsigned int order)
{
	struct page *page = case_page(c, offset);

	return PageBuddy(page) && buddy_order(page) == order;
}

static unsigned long case_list_length(const struct case_zone *c,
				      unsigned int order, int type)
{
	const struct list_head *list = &c->zone->free_area[order].free_list[type];
	const struct list_head *entry;
	unsigned long length = 0;

	for (entry = list->next; entry != list; entry = entry->next)
		length++;
	return length;
}

/* The whole chunk has the type of its list. */
static void case_check_chunk(struct case_zone *c, struct page *page,
			     unsigned int order, int type)
{
	unsigned long i;

	CASE_EXPECT(c, PageBuddy(page));
	CASE_EXPECT(c, buddy_order(page) == order);
	CASE_EXPECT(c, IS_ALIGNED(page_to_pfn(page), 1UL << order));
	for (i = 0; i < 1UL << order; i += pageblock_nr_pages)
		CASE_EXPECT(c, case_type_of(page + i) == type);
}

static unsigned long case_check_list(struct case_zone *c, unsigned int order,
				     int type)
{
	struct free_area *area = &c->zone->free_area[order];
	unsigned long length = 0;
	struct page *page;

	list_for_each_entry(page, &area->free_list[type], buddy_list) {
		case_check_chunk(c, page, order, type);
		length++;
	}
	return length;
}

/* Free pages by scan of the memory map. */
static unsigned long case_scan(struct case_zone *c)
{
	unsigned long offset = 0, free = 0;

	while (offset < CASE_PAGES) {
		struct page *page = case_page(c, offset);

		if (PageBuddy(page)) {
			free += 1UL << buddy_order(page);
			offset += 1UL << buddy_order(page);
		} else {
			offset++;
		}
	}
	return free;
}

/* By list = by counter = by scan, for each type that has a counter. */
static void case_check(struct case_zone *c)
{
	unsigned long free[MIGRATE_TYPES] = { }, nr_free, length, total = 0;
	unsigned int order, type;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		nr_free = 0;
		for (type = 0; type < MIGRATE_TYPES; type++) {
			length = case_check_list(c, order, type);
			free[type] += length << order;
			nr_free += length;
		}
		CASE_EXPECT(c, c->zone->free_area[order].nr_free == nr_free);
	}
	for (type = 0; type < MIGRATE_TYPES; type++)
		total += free[type];
	CASE_EXPECT(c, case_scan(c) == total);
#ifdef CONFIG_MEMORY_ISOLATION
	total -= free[MIGRATE_ISOLATE];
#endif
	CASE_EXPECT(c, case_free_pages(c->zone, NR_FREE_PAGES) == total);
#ifdef CONFIG_CMA
	CASE_EXPECT(c, case_free_pages(c->zone, NR_FREE_CMA_PAGES) ==
		       free[MIGRATE_CMA]);
#endif
#ifdef CONFIG_MEMORY_OWNER
	CASE_EXPECT(c, c->zone->nr_free_hotplug == free[MIGRATE_HOTPLUG]);
#endif
	CASE_EXPECT(c, c->zone->nr_free_highatomic == free[MIGRATE_HIGHATOMIC]);
}

/* Back to a zone without free pages. */
static void case_drain(struct case_zone *c)
{
	unsigned int order, i;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (i = 0; i < ARRAY_SIZE(case_types); i++)
			while (case_take(c, order, case_types[i]) >= 0)
				;
	case_check(c);
}

static void case_begin(struct case_zone *c, int type)
{
	case_drain(c);
	case_set_types(c, 0, CASE_PAGES, type);
}

/*
 * In: one chunk of the largest order, of which its first 2^order pages are
 * taken and put back. Out: what is left is the upper halves, and all is one
 * chunk again.
 */
static void case_split_and_merge(struct case_zone *c, unsigned int order,
				 int type)
{
	unsigned int half;

	case_begin(c, type);
	case_put(c, 0, MAX_PAGE_ORDER);
	CASE_EXPECT(c, case_take(c, order, type) == 0);
	for (half = 0; half < NR_PAGE_ORDERS; half++) {
		const bool left = half >= order && half < MAX_PAGE_ORDER;

		CASE_EXPECT(c, case_list_length(c, half, type) == left);
		if (left)
			CASE_EXPECT(c, case_is_chunk(c, 1UL << half, half));
	}
	case_check(c);
	case_put(c, 0, order);
	CASE_EXPECT(c, case_is_chunk(c, 0, MAX_PAGE_ORDER));
	CASE_EXPECT(c, case_list_length(c, MAX_PAGE_ORDER, type) == 1);
	case_check(c);
}

static void case_every_order_and_type(struct case_zone *c)
{
	unsigned int order, i;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (i = 0; i < ARRAY_SIZE(case_types); i++)
			case_split_and_merge(c, order, case_types[i]);
}

/* In: two chunks side by side. Out: one if they are buddies, whichever is first. */
static void case_only_buddies_merge(struct case_zone *c)
{
	unsigned int order;

	for (order = 0; order < MAX_PAGE_ORDER; order++) {
		const unsigned long size = 1UL << order;

		case_begin(c, MIGRATE_MOVABLE);
		case_put(c, 0, order);
		case_put(c, size, order);
		CASE_EXPECT(c, case_is_chunk(c, 0, order + 1));

		case_begin(c, MIGRATE_MOVABLE);
		case_put(c, size, order);
		case_put(c, 0, order);
		CASE_EXPECT(c, case_is_chunk(c, 0, order + 1));

		case_begin(c, MIGRATE_MOVABLE);
		case_put(c, size, order);
		case_put(c, 2 * size, order);
		CASE_EXPECT(c, case_is_chunk(c, size, order));
		CASE_EXPECT(c, case_is_chunk(c, 2 * size, order));
		case_check(c);
	}
}

/* In: all pages, one by one, the even ones first. Out: the largest chunks. */
static void case_checkerboard(struct case_zone *c)
{
	unsigned long offset;

	case_begin(c, MIGRATE_RECLAIMABLE);
	for (offset = 0; offset < CASE_PAGES; offset += 2)
		case_put(c, offset, 0);
	CASE_EXPECT(c, case_list_length(c, 0, MIGRATE_RECLAIMABLE) ==
		       CASE_PAGES / 2);
	case_check(c);
	for (offset = 1; offset < CASE_PAGES; offset += 2)
		case_put(c, offset, 0);
	CASE_EXPECT(c, case_list_length(c, MAX_PAGE_ORDER,
					MIGRATE_RECLAIMABLE) == CASE_AREAS);
	case_check(c);
}

/* In: a chunk of each order. Out: the smallest that will do is split. */
static void case_smallest_first(struct case_zone *c)
{
	unsigned int order;

	for (order = 0; order < MAX_PAGE_ORDER; order++) {
		case_begin(c, MIGRATE_UNMOVABLE);
		case_put(c, CASE_AREA_PAGES, MAX_PAGE_ORDER);
		case_put(c, 0, order);
		CASE_EXPECT(c, case_take(c, order, MIGRATE_UNMOVABLE) == 0);
		CASE_EXPECT(c, case_take(c, order, MIGRATE_UNMOVABLE) ==
			       CASE_AREA_PAGES);
		case_check(c);
	}
}

/*
 * In: single pages. Out: the last one is taken first, unless it came to the
 * tail: by request, or as its merge is near.
 */
static void case_head_and_tail(struct case_zone *c)
{
	case_begin(c, MIGRATE_MOVABLE);
	case_put(c, 8, 0);
	case_put(c, 16, 0);
	CASE_EXPECT(c, case_take(c, 0, MIGRATE_MOVABLE) == 16);
	case_put_flags(c, 16, 0, FPI_TO_TAIL);
	CASE_EXPECT(c, case_take(c, 0, MIGRATE_MOVABLE) == 8);

	case_begin(c, MIGRATE_MOVABLE);
	case_put(c, 2, 1);
	case_put(c, 8, 0);
	case_put(c, 0, 0);
	CASE_EXPECT(c, case_take(c, 0, MIGRATE_MOVABLE) == 8);
	CASE_EXPECT(c, case_take(c, 0, MIGRATE_MOVABLE) == 0);
}

static bool case_may_merge(int type, int other)
{
	return type == other || (type < MIGRATE_PCPTYPES &&
				 other < MIGRATE_PCPTYPES);
}

/*
 * In: two pageblocks of any types, free one after the other. Out: one chunk if
 * it has one type, or both may fall back; then the second one's.
 */
static void case_pageblock_types_merge(struct case_zone *c)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(case_types); i++) {
		for (j = 0; j < ARRAY_SIZE(case_types); j++) {
			const int first = case_types[i], second = case_types[j];
			const bool merge = case_may_merge(first, second);
			const int type = merge ? second : first;

			case_begin(c, first);
			case_set_types(c, pageblock_nr_pages,
				       pageblock_nr_pages, second);
			case_put(c, 0, pageblock_order);
			case_put(c, pageblock_nr_pages, pageblock_order);
			CASE_EXPECT(c, case_is_chunk(c, 0, pageblock_order +
							   merge));
			CASE_EXPECT(c, case_type_of(case_page(c, 0)) == type);
			case_check(c);
		}
	}
}

/* In: a chunk with a pageblock of another type. Out: that pageblock is apart. */
static void case_split_by_pageblock(struct case_zone *c)
{
	struct page *page = case_page(c, 0);
	unsigned long flags;

	case_begin(c, MIGRATE_MOVABLE);
	case_set_types(c, 0, pageblock_nr_pages, MIGRATE_HIGHATOMIC);
	spin_lock_irqsave(&c->zone->lock, flags);
	split_large_buddy(c->zone, page, c->start_pfn, MAX_PAGE_ORDER,
			  FPI_SKIP_REPORT_NOTIFY);
	spin_unlock_irqrestore(&c->zone->lock, flags);
	CASE_EXPECT(c, case_is_chunk(c, 0, pageblock_order));
	CASE_EXPECT(c, case_list_length(c, pageblock_order,
					MIGRATE_HIGHATOMIC) == 1);
	CASE_EXPECT(c, case_scan(c) == CASE_AREA_PAGES);
	case_check(c);

	case_begin(c, MIGRATE_MOVABLE);
	spin_lock_irqsave(&c->zone->lock, flags);
	split_large_buddy(c->zone, page, c->start_pfn, 1,
			  FPI_SKIP_REPORT_NOTIFY);
	spin_unlock_irqrestore(&c->zone->lock, flags);
	CASE_EXPECT(c, case_is_chunk(c, 0, 1));
	case_check(c);
}

static unsigned long case_convert(struct case_zone *c, unsigned long offset,
				  int from, int to)
{
	unsigned long flags, nr_pages;

	spin_lock_irqsave(&c->zone->lock, flags);
	nr_pages = convert_pageblock(c->zone, case_page(c, offset), from, to);
	spin_unlock_irqrestore(&c->zone->lock, flags);
	return nr_pages;
}

/* In: a pageblock with some free pages, and larger chunks. Out: another type. */
static void case_convert_pageblocks(struct case_zone *c)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(case_types); i++) {
		for (j = 0; j < ARRAY_SIZE(case_types); j++) {
			const int from = case_types[i], to = case_types[j];

			case_begin(c, from);
			case_put(c, 1, 0);
			case_put(c, 4, 2);
			case_put(c, pageblock_nr_pages, pageblock_order);
			case_put(c, CASE_AREA_PAGES, MAX_PAGE_ORDER);
			CASE_EXPECT(c, case_convert(c, 3, from, to) ==
				       pageblock_nr_pages);
			CASE_EXPECT(c, case_list_length(c, 0, to) == 1);
			CASE_EXPECT(c, case_list_length(c, 2, to) == 1);
			CASE_EXPECT(c, case_type_of(case_page(c, 0)) == to);
			CASE_EXPECT(c, case_type_of(case_page(c, pageblock_nr_pages)) ==
				       from);
			case_check(c);
			CASE_EXPECT(c, case_convert(c, CASE_AREA_PAGES, from,
						    to) == CASE_AREA_PAGES);
			CASE_EXPECT(c, case_list_length(c, MAX_PAGE_ORDER,
							to) == 1);
			case_check(c);
		}
	}
}

/*
 * In: a free pageblock, or a larger chunk, of a type; an allocation of another
 * one. Out: kernel memory takes over all of it; what is set apart stays.
 */
static void case_take_over(struct case_zone *c)
{
	unsigned int i, order;
	int type;

	for (type = 0; type < MIGRATE_PCPTYPES; type++) {
		for (i = 0; i < ARRAY_SIZE(case_types); i++) {
			const int from = case_types[i];
			const bool own = from == type;
			const bool may = from < MIGRATE_PCPTYPES;
			const int then = may ? type : from;
			const long wanted = own || may ? 0 : -1;

			for (order = pageblock_order; order < NR_PAGE_ORDERS;
			     order++) {
				case_begin(c, from);
				case_put(c, 0, order);
				if (is_migrate_hotplug(from) &&
				    type == MIGRATE_MOVABLE)
					continue;
				CASE_EXPECT(c, case_allocate(c, 0, type, 0) ==
					       wanted);
				CASE_EXPECT(c, case_type_of(case_page(c, 0)) ==
					       then);
				case_check(c);
			}
		}
	}
}

/*
 * In: one free page in a pageblock that is in use. Out: it is stolen and its
 * pageblock stays what it is, but not if types must not mix.
 */
static void case_steal(struct case_zone *c)
{
	int type, from;

	for (type = 0; type < MIGRATE_PCPTYPES; type++) {
		for (from = 0; from < MIGRATE_PCPTYPES; from++) {
			/* Its pageblock is full of what looks unmovable. */
			if (from == type || from == MIGRATE_MOVABLE)
				continue;
			case_begin(c, from);
			case_put(c, 3, 0);
			CASE_EXPECT(c, case_allocate(c, 0, type,
						     ALLOC_NOFRAGMENT) == -1);
			CASE_EXPECT(c, case_allocate(c, 0, type, 0) == 3);
			CASE_EXPECT(c, case_type_of(case_page(c, 0)) == from);
			case_check(c);
		}
	}
}

/* In: free pages of a type. Out: the fallback that compaction is told of. */
static void case_fallbacks(struct case_zone *c)
{
	struct free_area *area = &c->zone->free_area[pageblock_order];
	int type, from, wanted;
	bool steal;

	for (type = 0; type < MIGRATE_PCPTYPES; type++) {
		case_begin(c, type);
		CASE_EXPECT(c, find_suitable_fallback(area, pageblock_order,
						      type, false, &steal) == -1);
		for (from = 0; from < MIGRATE_PCPTYPES; from++) {
			case_begin(c, from);
			case_put(c, 0, pageblock_order);
			wanted = from == type ? -1 : from;
			CASE_EXPECT(c, find_suitable_fallback(area, pageblock_order,
							      type, false,
							      &steal) == wanted);
			CASE_EXPECT(c, steal == (wanted != -1));
		}
	}

	/* A small chunk for movable pages is not worth a pageblock. */
	area = &c->zone->free_area[0];
	case_begin(c, MIGRATE_UNMOVABLE);
	case_put(c, 0, 0);
	CASE_EXPECT(c, find_suitable_fallback(area, 0, MIGRATE_MOVABLE, true,
					      &steal) == -1);
	CASE_EXPECT(c, find_suitable_fallback(area, 0, MIGRATE_RECLAIMABLE,
					      true, &steal) == MIGRATE_UNMOVABLE);
}

/*
 * In: free memory of types that are set apart. Out: movable memory gets that of
 * hotplug blocks first and CMA last, but earlier if most is CMA; nobody else
 * gets any.
 */
static void case_set_apart(struct case_zone *c)
{
#ifdef CONFIG_CMA
	case_begin(c, MIGRATE_MOVABLE);
	case_set_types(c, 0, CASE_AREA_PAGES, MIGRATE_CMA);
	case_put(c, 0, MAX_PAGE_ORDER);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_MOVABLE, 0) == -1);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_UNMOVABLE, 0) == -1);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_MOVABLE, ALLOC_CMA) == 0);
	case_put(c, CASE_AREA_PAGES, MAX_PAGE_ORDER);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_MOVABLE, ALLOC_CMA) ==
		       CASE_AREA_PAGES);
	case_put(c, 0, 0);
	CASE_EXPECT(c, case_take(c, 0, MIGRATE_MOVABLE) == CASE_AREA_PAGES + 1);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_MOVABLE, ALLOC_CMA) == 0);
	case_check(c);
#endif
#ifdef CONFIG_MEMORY_OWNER
	case_begin(c, MIGRATE_MOVABLE);
	case_set_types(c, 0, CASE_AREA_PAGES, MIGRATE_HOTPLUG);
	case_put(c, 0, 0);
	case_put(c, CASE_AREA_PAGES, 0);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_MOVABLE, 0) == 0);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_MOVABLE, 0) ==
		       CASE_AREA_PAGES);
	case_put(c, 0, MAX_PAGE_ORDER);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_UNMOVABLE, 0) == -1);
	CASE_EXPECT(c, case_allocate(c, 0, MIGRATE_RECLAIMABLE, 0) == -1);
	case_check(c);
#endif
}

/* In: a batch. Out: what was empty is not searched again, until it is not. */
static void case_mode(struct case_zone *c)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	unsigned long flags;
	struct page *page;

	case_begin(c, MIGRATE_RECLAIMABLE);
	case_put(c, 3, 0);
	case_put(c, 5, 0);
	spin_lock_irqsave(&c->zone->lock, flags);
	page = __rmqueue(c->zone, 0, MIGRATE_UNMOVABLE, 0, &mode);
	CASE_EXPECT(c, page && mode == RMQUEUE_STEAL);
	page = __rmqueue(c->zone, 0, MIGRATE_UNMOVABLE, 0, &mode);
	CASE_EXPECT(c, page && mode == RMQUEUE_STEAL);
	spin_unlock_irqrestore(&c->zone->lock, flags);

	mode = RMQUEUE_NORMAL;
	case_put(c, CASE_AREA_PAGES, MAX_PAGE_ORDER);
	spin_lock_irqsave(&c->zone->lock, flags);
	page = __rmqueue(c->zone, 0, MIGRATE_UNMOVABLE, 0, &mode);
	CASE_EXPECT(c, page && mode == RMQUEUE_NORMAL);
	spin_unlock_irqrestore(&c->zone->lock, flags);
	case_check(c);
}

/* In: any page. Out: the chunk that it is in, if it is in one. */
static void case_find_chunk(struct case_zone *c)
{
	unsigned int order;
	unsigned long i;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		case_begin(c, MIGRATE_MOVABLE);
		case_put(c, CASE_AREA_PAGES, order);
		for (i = 0; i < CASE_PAGES; i++) {
			const bool in = i >= CASE_AREA_PAGES &&
					i < CASE_AREA_PAGES + (1UL << order);

			CASE_EXPECT(c, is_free_buddy_page(case_page(c, i)) == in);
			CASE_EXPECT(c, find_large_buddy(c->start_pfn + i) ==
				       c->start_pfn + (in ? CASE_AREA_PAGES : i));
		}
	}
}

static const struct buddy_case {
	const char *name;
	void (*run)(struct case_zone *c);
} buddy_cases[] = {
	{ "every order and type is split and merged", case_every_order_and_type },
	{ "only buddies merge", case_only_buddies_merge },
	{ "single pages become the largest chunks", case_checkerboard },
	{ "the smallest chunk is split", case_smallest_first },
	{ "head and tail of a list", case_head_and_tail },
	{ "types of pageblocks that merge", case_pageblock_types_merge },
	{ "a chunk is split by the types in it", case_split_by_pageblock },
	{ "a pageblock gets another type", case_convert_pageblocks },
	{ "pageblocks are taken over", case_take_over },
	{ "single chunks are stolen", case_steal },
	{ "fallbacks as compaction sees them", case_fallbacks },
	{ "hotplug and CMA pageblocks", case_set_apart },
	{ "a batch knows where it is", case_mode },
	{ "the chunk around a page", case_find_chunk },
};

static void buddy_case_run(const struct buddy_case *buddy_case,
			   struct case_zone *c)
{
	buddy_case->run(c);
	case_drain(c);
}

#endif /* __MM_MEMORY_HOTPLUG_TESTS_BUDDY_CASES_H */
