// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of blockers.c, included at its end. They allocate pages, dress them up
 * as what somebody else may use pages for, have a look at them, and undress
 * them again before they are freed. Nobody else ever gets to see these pages:
 * they are on no list.
 */

#include <kunit/test.h>
#include <asm/sections.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#define TEST_PAGES	16
#define TEST_ORDER	4

/* A page that the tests expect to stop nobody, in terms of kinds */
#define NOTHING		NOT_A_BLOCKER

static enum mhp_blocker_kind kind_of(struct page *page, unsigned long *nr_pages)
{
	const struct look look = { };

	*nr_pages = 0;
	return look_at_page(&look, page, nr_pages);
}

/* In: a page. Out: what kind it is, and where the look goes on. */
static void expect_kind(struct kunit *test, const char *what, struct page *page,
			enum mhp_blocker_kind kind, unsigned long pages)
{
	unsigned long nr_pages;

	KUNIT_EXPECT_EQ_MSG(test, kind_of(page, &nr_pages), kind, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, nr_pages, pages, "%s", what);
}

static struct page *new_pages(struct kunit *test, gfp_t flags, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL | flags, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

/* Lets a page look like anonymous memory, or like memory of a file. */
static void wear_mapping(struct page *page, struct address_space *mapping)
{
	page->mapping = mapping ?: (struct address_space *)PAGE_MAPPING_ANON;
	SetPageUptodate(page);
}

static void take_mapping_off(struct page *page)
{
	page->mapping = NULL;
	ClearPageUptodate(page);
}

/* In: every kind. Out: a word that no other kind has. */
static void kinds_have_names(struct kunit *test)
{
	enum mhp_blocker_kind kind, other;
	const char *name, *c;

	for (kind = 0; kind < NR_MHP_BLOCKERS; kind++) {
		name = mhp_blocker_name(kind);
		KUNIT_ASSERT_NOT_NULL_MSG(test, name, "kind %u", kind);
		KUNIT_EXPECT_GT(test, strlen(name), 0);
		for (c = name; *c; c++)
			KUNIT_EXPECT_TRUE_MSG(test, islower(*c), "%s", name);
		for (other = 0; other < kind; other++)
			KUNIT_EXPECT_STRNEQ(test, name, mhp_blocker_name(other));
	}
}

/* In: blockers one after another. Out: counts, and the first of each kind. */
static void blockers_are_counted(struct kunit *test)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS] = { };
	struct look counting = { .blockers = blockers }, stopping = { };

	KUNIT_EXPECT_FALSE(test, enough(&counting));
	KUNIT_EXPECT_FALSE(test, enough(&stopping));

	note(&counting, MHP_BLOCKER_SLAB, 100, 4);
	note(&counting, MHP_BLOCKER_HOLE, 50, 1);
	note(&counting, MHP_BLOCKER_SLAB, 200, 3);
	KUNIT_EXPECT_LT(test, 0, counting.nr_pages);
	KUNIT_EXPECT_FALSE(test, enough(&counting));
	KUNIT_EXPECT_EQ(test, counting.first_pfn, 100);
	KUNIT_EXPECT_EQ(test, blockers[MHP_BLOCKER_SLAB].count, 7);
	KUNIT_EXPECT_EQ(test, blockers[MHP_BLOCKER_SLAB].first_pfn, 100);
	KUNIT_EXPECT_EQ(test, blockers[MHP_BLOCKER_HOLE].count, 1);
	KUNIT_EXPECT_EQ(test, blockers[MHP_BLOCKER_HOLE].first_pfn, 50);
	KUNIT_EXPECT_EQ(test, blockers[MHP_BLOCKER_KERNEL].count, 0);

	note(&stopping, MHP_BLOCKER_ZONES, 0, 1);
	KUNIT_EXPECT_TRUE(test, enough(&stopping));
	note(&stopping, MHP_BLOCKER_SLAB, 7, 1);
	KUNIT_EXPECT_LT(test, 0, stopping.nr_pages);
	KUNIT_EXPECT_EQ(test, stopping.first_pfn, 0);
}

/* In: pages of the kernel, single, compound and in part. Out: kernel. */
static void kernel_pages_block(struct kunit *test)
{
	struct page *single = new_pages(test, 0, 0);
	struct page *compound = new_pages(test, __GFP_COMP, 3);
	struct page *loose = new_pages(test, 0, 1);

	expect_kind(test, "single", single, MHP_BLOCKER_KERNEL, 1);
	expect_kind(test, "compound", compound, MHP_BLOCKER_KERNEL, 8);
	expect_kind(test, "tail", compound + 7, MHP_BLOCKER_KERNEL, 1);
	expect_kind(test, "first of two", loose, MHP_BLOCKER_KERNEL, 1);

	/* Nobody holds the second page of what is not compound. */
	expect_kind(test, "second of two", loose + 1, NOTHING, 1);
	__free_pages(loose, 1);
	__free_pages(compound, 3);
	__free_pages(single, 0);
}

/* In: an object of a slab cache. Out: slab, for all pages of the slab. */
static void slabs_block(struct kunit *test)
{
	struct kmem_cache *cache;
	struct page *page;
	void *object;

	cache = kmem_cache_create("mhp_blockers", PAGE_SIZE, 0, SLAB_NO_MERGE, NULL);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, object);
	if (object) {
		page = virt_to_head_page(object);
		expect_kind(test, "slab", page, MHP_BLOCKER_SLAB, compound_nr(page));
		expect_kind(test, "end of slab", page + compound_nr(page) - 1,
			    MHP_BLOCKER_SLAB, 1);
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
}

static void page_tables_block(struct kunit *test)
{
	struct ptdesc *table = pagetable_alloc(GFP_KERNEL, 0);

	KUNIT_ASSERT_NOT_NULL(test, table);
	if (pagetable_pte_ctor(table)) {
		expect_kind(test, "in use", ptdesc_page(table), MHP_BLOCKER_PAGETABLE, 1);
		pagetable_pte_dtor(table);
	}
	expect_kind(test, "before and after", ptdesc_page(table), MHP_BLOCKER_KERNEL, 1);
	pagetable_free(table);
}

/* In: a page with a mark. Out: what the mark says, and a kernel page without it. */
static void marks_on_pages(struct kunit *test)
{
	const struct look managed = { .driver_managed = true };
	struct page *page = new_pages(test, 0, 0);
	unsigned long nr_pages;

	SetPageReserved(page);
	expect_kind(test, "reserved", page, MHP_BLOCKER_RESERVED, 1);
	ClearPageReserved(page);

	__folio_set_offline(page_folio(page));
	expect_kind(test, "offline", page, MHP_BLOCKER_OFFLINE, 1);
	KUNIT_EXPECT_EQ(test, look_at_page(&managed, page, &nr_pages), NOTHING);
	set_page_count(page, 0);
	expect_kind(test, "offline and free", page, NOTHING, 1);
	set_page_count(page, 1);
	__folio_clear_offline(page_folio(page));

	page->mapping = (struct address_space *)PAGE_MAPPING_MOVABLE;
	expect_kind(test, "movable", page, NOTHING, 1);
	take_mapping_off(page);

#ifdef CONFIG_MEMORY_FAILURE
	SetPageHWPoison(page);
	expect_kind(test, "poisoned", page, NOTHING, 1);
	ClearPageHWPoison(page);
#endif
	expect_kind(test, "no mark", page, MHP_BLOCKER_KERNEL, 1);
	__free_page(page);
}

/*
 * In: typed pages whose word for the mapping has another use and looks like
 * something. Out: what they are. Only zsmalloc, of the types, moves.
 */
static void typed_pages_have_no_mapping(struct kunit *test)
{
	static const unsigned long words[] = {
		0, PAGE_MAPPING_ANON, PAGE_MAPPING_MOVABLE, PAGE_MAPPING_KSM, 8,
	};
	struct page *page = new_pages(test, 0, 0);
	struct folio *folio = page_folio(page);
	enum mhp_blocker_kind kind;
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		page->mapping = (struct address_space *)words[i];
		__folio_set_slab(folio);
		expect_kind(test, "slab", page, MHP_BLOCKER_SLAB, 1);
		__folio_clear_slab(folio);
		__folio_set_pgtable(folio);
		expect_kind(test, "page table", page, MHP_BLOCKER_PAGETABLE, 1);
		__folio_clear_pgtable(folio);
		__folio_set_zsmalloc(folio);
		kind = words[i] == PAGE_MAPPING_MOVABLE ? NOTHING : MHP_BLOCKER_KERNEL;
		expect_kind(test, "zsmalloc", page, kind, 1);
		__folio_clear_zsmalloc(folio);
	}
	take_mapping_off(page);
	__free_page(page);
}

static struct page *first_free_chunk(struct zone *zone, unsigned int order)
{
	struct list_head *lists = zone->free_area[order].free_list;
	int type;

	for (type = 0; type < MIGRATE_TYPES; type++)
		if (!list_empty(&lists[type]))
			return list_first_entry(&lists[type], struct page, buddy_list);
	return NULL;
}

/* In: free memory in chunks of every size. Out: no blocker, over it at once. */
static void free_memory_does_not_block(struct kunit *test)
{
	unsigned long flags, nr_pages;
	enum mhp_blocker_kind kind;
	unsigned int order;
	struct page *page;
	struct zone *zone;
	int seen = 0;

	for_each_populated_zone(zone) {
		for (order = 0; order <= MAX_PAGE_ORDER; order++) {
			spin_lock_irqsave(&zone->lock, flags);
			page = first_free_chunk(zone, order);
			if (page)
				kind = kind_of(page, &nr_pages);
			spin_unlock_irqrestore(&zone->lock, flags);
			if (!page)
				continue;
			KUNIT_EXPECT_EQ(test, kind, NOTHING);
			KUNIT_EXPECT_EQ(test, nr_pages, 1UL << order);
			seen++;
		}
	}
	KUNIT_EXPECT_GT(test, seen, 0);
}

/* In: user memory in small folios. Out: it blocks if it is pinned or secret. */
static void small_user_folios(struct kunit *test)
{
	struct page *page = new_pages(test, 0, 0);
	struct address_space *mapping;

	mapping = kunit_kzalloc(test, sizeof(*mapping), GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, mapping);
	wear_mapping(page, NULL);
	expect_kind(test, "anonymous", page, NOTHING, 1);

	/* Held by many, mapped by many, pinned by one */
	page_ref_add(page, GUP_PIN_COUNTING_BIAS - 3);
	expect_kind(test, "held by many", page, NOTHING, 1);
	page_ref_add(page, 2);
	expect_kind(test, "pinned", page, MHP_BLOCKER_PINNED, 1);
	atomic_set(&page->_mapcount, GUP_PIN_COUNTING_BIAS - 1);
	expect_kind(test, "mapped by many", page, NOTHING, 1);
	page_ref_add(page, GUP_PIN_COUNTING_BIAS);
	expect_kind(test, "mapped by many, pinned", page, MHP_BLOCKER_PINNED, 1);
	atomic_set(&page->_mapcount, -1);
	set_page_count(page, 1);

	if (mapping) {
		wear_mapping(page, mapping);
		expect_kind(test, "of a file", page, NOTHING, 1);
		ClearPageUptodate(page);
		expect_kind(test, "of the kernel", page, MHP_BLOCKER_KERNEL, 1);
		__folio_set_locked(page_folio(page));
		expect_kind(test, "being read", page, NOTHING, 1);
		__folio_clear_locked(page_folio(page));
		SetPageUptodate(page);
		mapping_set_inaccessible(mapping);
		expect_kind(test, "inaccessible", page, MHP_BLOCKER_SECRET, 1);
#ifdef CONFIG_SECRETMEM
		mapping->flags = 0;
		mapping->a_ops = &secretmem_aops;
		expect_kind(test, "secret", page, MHP_BLOCKER_SECRET, 1);
#endif
	}
	take_mapping_off(page);
	__free_page(page);
}

/* In: user memory in large folios. Out: the same, for the rest of the folio. */
static void large_user_folios(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 3);
	struct address_space *mapping;
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, folio);
	mapping = kunit_kzalloc(test, sizeof(*mapping), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mapping);
	page = &folio->page;

	/* Not on a list at this moment, as during migration */
	wear_mapping(page, mapping);
	expect_kind(test, "of a file", page, NOTHING, 8);
	expect_kind(test, "rest of it, of a file", page + 5, NOTHING, 3);
	wear_mapping(page, NULL);
	expect_kind(test, "anonymous", page, NOTHING, 8);
	expect_kind(test, "rest of it", page + 5, NOTHING, 3);

	/* References are no pins where pins have a counter. */
	folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
	expect_kind(test, "held by many", page, NOTHING, 8);
	folio_ref_sub(folio, GUP_PIN_COUNTING_BIAS);
	atomic_inc(&folio->_pincount);
	expect_kind(test, "pinned", page, MHP_BLOCKER_PINNED, 8);
	expect_kind(test, "rest of it, pinned", page + 1, MHP_BLOCKER_PINNED, 7);
	atomic_dec(&folio->_pincount);

	if (IS_ENABLED(CONFIG_MEMORY_FAILURE) && IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)) {
		SetPageHasHWPoisoned(page);
		expect_kind(test, "poisoned", page + 2, MHP_BLOCKER_POISONED, 6);
		ClearPageHasHWPoisoned(page);
	}
	expect_kind(test, "anonymous again", page, NOTHING, 8);
	take_mapping_off(page);
	folio_put(folio);
}

#ifdef CONFIG_HUGETLB_PAGE
/* In: a huge page of the default size. Out: moved whole, unless it is pinned. */
static void huge_pages(struct kunit *test)
{
	struct hstate *h = &default_hstate;
	struct folio *folio = NULL;
	struct page *page;

	if (hugepages_supported() && hugepage_migration_supported(h))
		folio = alloc_hugetlb_folio_nodemask(h, first_online_node, NULL,
						     htlb_alloc_mask(h), true);
	if (!folio)
		kunit_skip(test, "no huge page to be had, or none that moves");
	page = &folio->page;
	expect_kind(test, "huge", page, NOTHING, pages_per_huge_page(h));
	expect_kind(test, "rest of it", page + 3, NOTHING, pages_per_huge_page(h) - 3);
	atomic_inc(&folio->_pincount);
	expect_kind(test, "pinned", page, MHP_BLOCKER_PINNED, pages_per_huge_page(h));
	atomic_dec(&folio->_pincount);
	folio_put(folio);
}
#endif

static void expect_count(struct kunit *test, const struct mhp_blocker *blockers,
			 enum mhp_blocker_kind kind, unsigned long count,
			 unsigned long first_pfn)
{
	KUNIT_EXPECT_EQ_MSG(test, blockers[kind].count, count, "%s", mhp_blocker_name(kind));
	KUNIT_EXPECT_EQ_MSG(test, blockers[kind].first_pfn, first_pfn, "%s",
			    mhp_blocker_name(kind));
}

/* In: a part of a block, which a driver may manage. Out: the first blocker. */
static unsigned long first_unmovable(unsigned long pfn, unsigned long end_pfn, bool managed)
{
	static struct memory_group group = { .is_dynamic = true };
	static struct memory_block mem;
	const struct mhp_member member = {
		.mem = &mem,
		.start_pfn = pfn - 1,
		.nr_pages = end_pfn - pfn + 1,
	};

	mem.group = managed ? &group : NULL;
	return mhp_first_unmovable(&member, pfn);
}

/* In: a range of pages of many kinds. Out: all counted, or only the first seen. */
static void ranges_of_many_kinds(struct kunit *test)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS] = { };
	struct look counting = { .blockers = blockers }, stopping = { };
	struct page *page = new_pages(test, 0, TEST_ORDER);
	const unsigned long pfn = page_to_pfn(page);

	split_page(page, TEST_ORDER);
	wear_mapping(page, NULL);
	wear_mapping(page + 1, NULL);
	__folio_set_offline(page_folio(page + 3));
	SetPageReserved(page + 4);
	SetPageReserved(page + 5);
	__folio_set_pgtable(page_folio(page + 6));

	look_at_range(&counting, pfn, pfn + TEST_PAGES);
	expect_count(test, blockers, MHP_BLOCKER_KERNEL, TEST_PAGES - 6, pfn + 2);
	expect_count(test, blockers, MHP_BLOCKER_OFFLINE, 1, pfn + 3);
	expect_count(test, blockers, MHP_BLOCKER_RESERVED, 2, pfn + 4);
	expect_count(test, blockers, MHP_BLOCKER_PAGETABLE, 1, pfn + 6);
	expect_count(test, blockers, MHP_BLOCKER_SLAB, 0, 0);
	expect_count(test, blockers, MHP_BLOCKER_CMA, 0, 0);

	look_at_range(&stopping, pfn, pfn + TEST_PAGES);
	KUNIT_EXPECT_LT(test, 0, stopping.nr_pages);
	KUNIT_EXPECT_EQ(test, stopping.first_pfn, pfn + 2);
	KUNIT_EXPECT_EQ(test, first_unmovable(pfn, pfn + TEST_PAGES, false), pfn + 2);
	KUNIT_EXPECT_EQ(test, first_unmovable(pfn + 3, pfn + 6, false), pfn + 3);
	KUNIT_EXPECT_EQ(test, first_unmovable(pfn + 3, pfn + 6, true), pfn + 4);
	KUNIT_EXPECT_EQ(test, first_unmovable(pfn, pfn + 2, false), 0);
	KUNIT_EXPECT_EQ(test, first_unmovable(pfn + 2, pfn + 2, false), 0);

	__folio_clear_pgtable(page_folio(page + 6));
	ClearPageReserved(page + 5);
	ClearPageReserved(page + 4);
	__folio_clear_offline(page_folio(page + 3));
	take_mapping_off(page + 1);
	take_mapping_off(page);
	free_contig_range(pfn, TEST_PAGES);
}

/* In: a compound page that reaches out of the range. Out: what is inside. */
static void ranges_that_cut_pages(struct kunit *test)
{
	struct page *page = new_pages(test, __GFP_COMP, 3);
	const unsigned long pfn = page_to_pfn(page);
	struct mhp_blocker blockers[NR_MHP_BLOCKERS] = { };
	struct look look = { .blockers = blockers };

	look_at_range(&look, pfn, pfn + 5);
	expect_count(test, blockers, MHP_BLOCKER_KERNEL, 5, pfn);
	memset(blockers, 0, sizeof(blockers));
	look_at_range(&look, pfn + 2, pfn + 8);
	expect_count(test, blockers, MHP_BLOCKER_KERNEL, 6, pfn + 2);
	__free_pages(page, 3);
}

#ifdef CONFIG_CMA
/* In: a pageblock, once with the mark of CMA. Out: one blocker, or all its pages. */
static void contiguous_areas_block(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, pageblock_order);
	struct mhp_blocker blockers[NR_MHP_BLOCKERS] = { };
	struct look look = { .blockers = blockers };
	unsigned long pfn;
	int type;

	if (!page)
		kunit_skip(test, "no free pageblock");
	pfn = page_to_pfn(page);
	split_page(page, pageblock_order);
	type = get_pageblock_migratetype(page);
	set_pageblock_migratetype(page, MIGRATE_CMA);
	look_at_range(&look, pfn, pfn + pageblock_nr_pages);
	set_pageblock_migratetype(page, type);
	expect_count(test, blockers, MHP_BLOCKER_CMA, pageblock_nr_pages, pfn);
	expect_count(test, blockers, MHP_BLOCKER_KERNEL, 0, 0);

	memset(blockers, 0, sizeof(blockers));
	look_at_range(&look, pfn, pfn + pageblock_nr_pages);
	expect_count(test, blockers, MHP_BLOCKER_CMA, 0, 0);
	expect_count(test, blockers, MHP_BLOCKER_KERNEL, pageblock_nr_pages, pfn);
	free_contig_range(pfn, pageblock_nr_pages);
}
#endif

static u64 time_of_look(struct look *look, unsigned long pfn, unsigned long end_pfn)
{
	const u64 begin = ktime_get_ns();

	look->nr_pages = 0;
	look_at_range(look, pfn, end_pfn);
	return ktime_get_ns() - begin;
}

/*
 * In: a blocker at the start of a long range. Out: no look at the rest, which
 * shows in the time it takes: a small part of what it takes to count.
 */
static void first_blocker_ends_the_look(struct kunit *test)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS] = { };
	struct look counting = { .blockers = blockers }, stopping = { };
	struct page *page = new_pages(test, 0, 0);
	const unsigned long pfn = page_to_pfn(page), end_pfn = pfn + (1UL << 20);
	u64 to_the_end, to_the_first = U64_MAX;
	int i;

	for (i = 0; i < 3; i++)
		to_the_first = min(to_the_first, time_of_look(&stopping, pfn, end_pfn));
	to_the_end = time_of_look(&counting, pfn, end_pfn);
	KUNIT_EXPECT_EQ(test, stopping.first_pfn, pfn);
	KUNIT_EXPECT_LT(test, to_the_first, to_the_end / 8);
	__free_page(page);
}

/* Memory in the tree of resources that is nowhere else: RAM at 16-23 and 32-47. */
struct test_memory {
	struct resource range;
	struct resource ram[2];
};

#define TEST_RANGE	(64 * PAGE_SIZE)

static int add_test_memory(struct test_memory *memory)
{
	const resource_size_t end = iomem_resource.end;
	unsigned long base;
	int error;

	memory->range = DEFINE_RES_NAMED(0, 0, "KUnit", IORESOURCE_MEM);
	error = allocate_resource(&iomem_resource, &memory->range, TEST_RANGE, end / 2, end,
				  PAGE_SIZE, NULL, NULL);
	if (error)
		return error;
	base = memory->range.start;
	memory->ram[0] =
		DEFINE_RES_NAMED(base + 16 * PAGE_SIZE, 8 * PAGE_SIZE, "KUnit",
				 IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY);
	memory->ram[1] =
		DEFINE_RES_NAMED(base + 32 * PAGE_SIZE, 16 * PAGE_SIZE, "KUnit",
				 IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY);
	request_resource(&memory->range, &memory->ram[0]);
	request_resource(&memory->range, &memory->ram[1]);
	return 0;
}

static void remove_test_memory(struct test_memory *memory)
{
	release_resource(&memory->ram[0]);
	release_resource(&memory->ram[1]);
	release_resource(&memory->range);
}

/* In: memory with gaps. Out: the gaps of any part of it. */
static void holes_are_found(struct kunit *test)
{
	static const struct {
		unsigned long start;
		unsigned long nr_pages;
		unsigned long first_hole;
		unsigned long count;
	} cases[] = {
		{ 0, 64, 0, 40 },
		{ 0, 16, 0, 16 },
		{ 16, 8, 0, 0 },
		{ 16, 9, 24, 1 },
		{ 15, 9, 15, 1 },
		{ 20, 20, 24, 8 },
		{ 23, 10, 24, 8 },
		{ 24, 8, 24, 8 },
		{ 26, 2, 26, 2 },
		{ 32, 16, 0, 0 },
		{ 40, 24, 48, 16 },
	};
	struct test_memory memory;
	unsigned long base;
	int i;

	KUNIT_ASSERT_EQ(test, add_test_memory(&memory), 0);
	base = PHYS_PFN(memory.range.start);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long first = base + cases[i].first_hole;
		struct mhp_blocker blockers[NR_MHP_BLOCKERS] = { };
		struct look counting = { .blockers = blockers }, stopping = { };

		if (!cases[i].count)
			first = 0;
		look_for_holes(&counting, base + cases[i].start, cases[i].nr_pages);
		KUNIT_EXPECT_EQ_MSG(test, blockers[MHP_BLOCKER_HOLE].count, cases[i].count,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, blockers[MHP_BLOCKER_HOLE].first_pfn, first,
				    "case %d", i);
		look_for_holes(&stopping, base + cases[i].start, cases[i].nr_pages);
		KUNIT_EXPECT_EQ_MSG(test, !!stopping.nr_pages, cases[i].count != 0, "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, stopping.first_pfn, first, "case %d", i);
	}
	remove_test_memory(&memory);
}

/* A block that stands for the one that a page is in, and is known to nobody. */
static struct memory_block *stand_in_block(struct kunit *test, struct page *page)
{
	struct memory_block *mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	const unsigned long section = pfn_to_section_nr(page_to_pfn(page));

	KUNIT_ASSERT_NOT_NULL(test, mem);
	mem->start_section_nr = memory_block_id(section) * sections_per_block;
	mem->state = MEM_ONLINE;
	mem->zone = page_zone(page);
	return mem;
}

static unsigned long count_in_block(struct memory_block *mem, enum mhp_blocker_kind kind)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS];

	memset(blockers, 0xff, sizeof(blockers));
	mhp_block_blockers(mem, blockers);
	return blockers[kind].count;
}

/* In: a block in several states. Out: blockers that fit its state. */
static void blocks_and_their_state(struct kunit *test)
{
	struct page *page = new_pages(test, 0, 0);
	struct memory_block *mem = stand_in_block(test, page);
	const unsigned long start_pfn = memory_block_start_pfn(mem);
	struct mhp_blocker blockers[NR_MHP_BLOCKERS];
	enum mhp_blocker_kind kind;

	KUNIT_EXPECT_FALSE(test, mhp_block_removable(mem));
	mhp_block_blockers(mem, blockers);
	KUNIT_EXPECT_GT(test, blockers[MHP_BLOCKER_KERNEL].count, 0);
	KUNIT_EXPECT_EQ(test, blockers[MHP_BLOCKER_ZONES].count, 0);
	for (kind = 0; kind < NR_MHP_BLOCKERS; kind++) {
		KUNIT_EXPECT_LE(test, blockers[kind].count, memory_block_nr_pages());
		if (!blockers[kind].count)
			continue;
		KUNIT_EXPECT_GE(test, blockers[kind].first_pfn, start_pfn);
		KUNIT_EXPECT_LT(test, blockers[kind].first_pfn,
				start_pfn + memory_block_nr_pages());
	}

	mem->zone = NULL;
	KUNIT_EXPECT_FALSE(test, mhp_block_removable(mem));
	mhp_block_blockers(mem, blockers);
	expect_count(test, blockers, MHP_BLOCKER_ZONES, memory_block_nr_pages(), start_pfn);
	KUNIT_EXPECT_GT(test, blockers[MHP_BLOCKER_KERNEL].count, 0);

	mem->state = MEM_OFFLINE;
	KUNIT_EXPECT_EQ(test, mhp_block_removable(mem), IS_ENABLED(CONFIG_MEMORY_HOTREMOVE));
	for (kind = 0; kind < NR_MHP_BLOCKERS; kind++)
		KUNIT_EXPECT_EQ_MSG(test, count_in_block(mem, kind), 0, "%s",
				    mhp_blocker_name(kind));
	__free_page(page);
}

/* In: a block where no memory is. Out: a hole as large as the block. */
static void blocks_without_memory(struct kunit *test)
{
	struct memory_block *mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	struct mhp_blocker blockers[NR_MHP_BLOCKERS];
	enum mhp_blocker_kind kind;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	mem->start_section_nr = NR_MEM_SECTIONS - sections_per_block;
	mem->state = MEM_ONLINE;
	mem->zone = page_zone(ZERO_PAGE(0));
	KUNIT_EXPECT_FALSE(test, mhp_block_removable(mem));
	mhp_block_blockers(mem, blockers);
	expect_count(test, blockers, MHP_BLOCKER_HOLE, memory_block_nr_pages(),
		     memory_block_start_pfn(mem));
	for (kind = 0; kind < NR_MHP_BLOCKERS; kind++)
		if (kind != MHP_BLOCKER_HOLE)
			expect_count(test, blockers, kind, 0, 0);
}

/* In: a block with its memory map on it. Out: no look at the memory map. */
static void memory_maps_do_not_block(struct kunit *test)
{
	struct page *page = new_pages(test, 0, 0);
	struct memory_block *mem = stand_in_block(test, page);

	SetPageReserved(page);
	KUNIT_EXPECT_GT(test, count_in_block(mem, MHP_BLOCKER_RESERVED), 0);
	mem->memmap_pages = page_to_pfn(page) - memory_block_start_pfn(mem);
	KUNIT_EXPECT_GT(test, count_in_block(mem, MHP_BLOCKER_RESERVED), 0);
	KUNIT_EXPECT_FALSE(test, mhp_block_removable(mem));
	mem->memmap_pages = memory_block_nr_pages();
	KUNIT_EXPECT_EQ(test, count_in_block(mem, MHP_BLOCKER_RESERVED), 0);
	KUNIT_EXPECT_EQ(test, count_in_block(mem, MHP_BLOCKER_KERNEL), 0);
	ClearPageReserved(page);
	__free_page(page);
}

/* In: a page that is offline, in groups. Out: it blocks unless a driver releases it. */
static void drivers_release_their_pages(struct kunit *test)
{
	struct page *page = new_pages(test, 0, 0);
	struct memory_block *mem = stand_in_block(test, page);
	struct memory_group group = { };

	__folio_set_offline(page_folio(page));
	KUNIT_EXPECT_GT(test, count_in_block(mem, MHP_BLOCKER_OFFLINE), 0);
	mem->group = &group;
	KUNIT_EXPECT_GT(test, count_in_block(mem, MHP_BLOCKER_OFFLINE), 0);
	group.is_dynamic = true;
	KUNIT_EXPECT_EQ(test, count_in_block(mem, MHP_BLOCKER_OFFLINE), 0);
	__folio_clear_offline(page_folio(page));
	__free_page(page);
}

/* In: the block with the kernel in it. Out: it stays, and says why. */
static void kernel_image_stays(struct kunit *test)
{
	const unsigned long pfn = PHYS_PFN(__pa_symbol(_text));
	struct memory_block *mem = find_memory_block(pfn_to_section_nr(pfn));
	struct look look = { };

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_EXPECT_FALSE(test, mhp_block_removable(mem));
	KUNIT_EXPECT_GT(test, count_in_block(mem, MHP_BLOCKER_RESERVED), 0);
	expect_kind(test, "kernel image", pfn_to_page(pfn), MHP_BLOCKER_RESERVED, 1);
	look_for_holes(&look, pfn, 1);
	KUNIT_EXPECT_EQ(test, 0, look.nr_pages);
	put_device(&mem->dev);
}

static struct kunit_case blockers_tests[] = {
	KUNIT_CASE(kinds_have_names),
	KUNIT_CASE(blockers_are_counted),
	KUNIT_CASE(kernel_pages_block),
	KUNIT_CASE(slabs_block),
	KUNIT_CASE(page_tables_block),
	KUNIT_CASE(marks_on_pages),
	KUNIT_CASE(typed_pages_have_no_mapping),
	KUNIT_CASE(free_memory_does_not_block),
	KUNIT_CASE(small_user_folios),
	KUNIT_CASE(large_user_folios),
#ifdef CONFIG_HUGETLB_PAGE
	KUNIT_CASE(huge_pages),
#endif
	KUNIT_CASE(ranges_of_many_kinds),
	KUNIT_CASE(ranges_that_cut_pages),
#ifdef CONFIG_CMA
	KUNIT_CASE(contiguous_areas_block),
#endif
	KUNIT_CASE(first_blocker_ends_the_look),
	KUNIT_CASE(holes_are_found),
	KUNIT_CASE(blocks_and_their_state),
	KUNIT_CASE(blocks_without_memory),
	KUNIT_CASE(memory_maps_do_not_block),
	KUNIT_CASE(drivers_release_their_pages),
	KUNIT_CASE(kernel_image_stays),
	{}
};

static struct kunit_suite blockers_suite = {
	.name = "memory_hotplug_blockers",
	.test_cases = blockers_tests,
};

kunit_test_suite(blockers_suite);
