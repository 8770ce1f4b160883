/* SPDX-License-Identifier: GPL-2.0 */
/* Stands in for the header of the same name in mm. */
#ifndef __MM_BUDDY_INTERNAL_H
#define __MM_BUDDY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The machine. It is a small one, so that all of its memory can be looked at
 * after every step: pageblocks of 16 pages, chunks of up to 64, memory blocks
 * of two sections or four of the largest chunks. With X86_GEOMETRY it is as
 * large as a real one.
 */
#ifdef X86_GEOMETRY
#define MAX_PAGE_ORDER		10
#define pageblock_order		9
#define PFN_SECTION_SHIFT	15
#define SECTIONS_PER_BLOCK	1
#else
#define MAX_PAGE_ORDER		6
#define pageblock_order		4
#define PFN_SECTION_SHIFT	7
#define SECTIONS_PER_BLOCK	2
#endif

#define CONFIG_SPARSEMEM
#define CONFIG_COMPACTION
#define CONFIG_MEMORY_ISOLATION
#define CONFIG_MEMORY_HOTREMOVE
#define CONFIG_MEMORY_OWNER 1
#define CONFIG_MEMORY_FAILURE
#define CONFIG_CMA 1

/* Less than in the kernel: options that are set above, as 1 */
#define IS_ENABLED(CONFIG_option)	((CONFIG_option) == 1)

/*
 * The same as in the kernel
 */
typedef uint8_t u8;
typedef int gfp_t;

#define PAGE_SHIFT		12
#define NR_PAGE_ORDERS		(MAX_PAGE_ORDER + 1)
#define PAGES_PER_SECTION	(1UL << PFN_SECTION_SHIFT)
#define PAGE_SECTION_MASK	(~(PAGES_PER_SECTION - 1))
#define BITS_PER_LONG		64
#define BIT(nr)			(1UL << (nr))
#define PFN_PHYS(pfn)		((unsigned long)(pfn) << PAGE_SHIFT)
#define PHYS_PFN(address)	((unsigned long)(address) >> PAGE_SHIFT)
#define PAGE_ALLOC_COSTLY_ORDER	3

#define NR_PAGEBLOCK_BITS	4
#define PB_migratetype_bits	3
#define MIGRATETYPE_MASK	(BIT(PB_migratetype_bits) - 1)
#define pageblock_nr_pages	(1UL << pageblock_order)
#define pageblock_start_pfn(pfn)	ALIGN_DOWN(pfn, pageblock_nr_pages)
#define pageblock_end_pfn(pfn)	ALIGN((pfn) + 1, pageblock_nr_pages)

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_HOTPLUG,
	MIGRATE_TYPES
};

#define ALLOC_NO_WATERMARKS	0x04
#define ALLOC_OOM		0x08
#define ALLOC_NON_BLOCK		0x10
#define ALLOC_CMA		0x80
#define ALLOC_NOFRAGMENT	0x100
#define ALLOC_HIGHATOMIC	0x200
#define ALLOC_KSWAPD		0x800
#define ALLOC_CLAIM		0x1000

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define container_of(pointer, type, member)				\
	((type *)((char *)(pointer) - offsetof(type, member)))
#define ALIGN_DOWN(x, size)	((x) & ~((typeof(x))(size) - 1))
#define ALIGN(x, size)		ALIGN_DOWN((x) + (size) - 1, size)
#define IS_ALIGNED(x, size)	(!((x) & ((typeof(x))(size) - 1)))
#define min(x, y)		((x) < (y) ? (x) : (y))
#define max(x, y)		((x) > (y) ? (x) : (y))
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define swap(x, y)							\
do {									\
	typeof(x) swapped = (x);					\
	(x) = (y);							\
	(y) = swapped;							\
} while (0)
#define ilog2(x)		(63 - __builtin_clzl(x))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define noinline		__attribute__((noinline))
#define fallthrough		__attribute__((fallthrough))
#define __bitwise
#define __force
#define BUILD_BUG_ON(condition)	_Static_assert(!(condition), #condition)
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile typeof(x) *)&(x) = (value))
#define try_cmpxchg(pointer, old, new)					\
	__atomic_compare_exchange_n(pointer, old, new, false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	*list = (struct list_head) { list, list };
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline void list_add(struct list_head *entry, struct list_head *after)
{
	*entry = (struct list_head) { after->next, after };
	entry->next->prev = entry;
	after->next = entry;
}

static inline void list_add_tail(struct list_head *entry,
				 struct list_head *list)
{
	list_add(entry, list->prev);
}

/* Who uses an entry that is on no list, or takes it off twice, crashes. */
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
	*entry = (struct list_head) { };
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *list)
{
	list_del(entry);
	list_add_tail(entry, list);
}

#define list_first_entry_or_null(list, type, member)			\
	(list_empty(list) ? NULL :					\
			    container_of((list)->next, type, member))
#define list_for_each_entry(entry, list, member)			\
	for (entry = container_of((list)->next, typeof(*entry), member); \
	     &entry->member != (list);					\
	     entry = container_of(entry->member.next, typeof(*entry), member))

/*
 * Less than in the kernel: what the allocator looks at, and what says who broke
 * a rule
 */
/* What the test does at the moment */
static const char *doing __attribute__((unused)) = "";

#define fail(...)							\
do {									\
	fprintf(stderr, "%s: ", doing);					\
	fprintf(stderr, __VA_ARGS__);					\
	fputc('\n', stderr);						\
	abort();							\
} while (0)

#define BUG_ON(condition)						\
do {									\
	if (condition)							\
		fail("%s: %s", __func__, #condition);			\
} while (0)
#define WARN_ON_ONCE(condition)		({ bool c = (condition); BUG_ON(c); c; })

#ifdef X86_GEOMETRY	/* for timings, as a kernel without CONFIG_DEBUG_VM */
#define VM_BUG_ON(condition)		((void)sizeof(condition))
#define VM_WARN_ON_ONCE(condition)	((void)sizeof(condition))
#define VM_WARN_ONCE(condition, ...)	((void)sizeof(condition))
#define VM_WARN_ON_ONCE_PAGE(condition, page)	((void)sizeof(condition))
#define VM_BUG_ON_PAGE(condition, page)	((void)sizeof(condition))
#else
#define VM_BUG_ON(condition)		BUG_ON(condition)
#define VM_WARN_ON_ONCE(condition)	BUG_ON(condition)
#define VM_WARN_ONCE(condition, ...)					\
do {									\
	if (condition)							\
		fail(__VA_ARGS__);					\
} while (0)
#define VM_WARN_ON_ONCE_PAGE(condition, page)	VM_BUG_ON_PAGE(condition, page)
#define VM_BUG_ON_PAGE(condition, page)					\
do {									\
	if (condition)							\
		fail("%s: %s at %lu", __func__, #condition, page_to_pfn(page)); \
} while (0)
#endif

struct page {
	unsigned long flags;
	struct list_head buddy_list;
	void *mapping;
	unsigned long private;
	unsigned int page_type;
	int refcount;
	void *memcg_data;
};

/* The zone is in the lowest bits of the flags. */
#define PAGE_ZONE_MASK		BIT(0)
#define PG_lru			1
#define PG_hwpoison		2
#define PG_taken_off		3
#define PG_reported		4
#define PG_movable		5
#define PAGE_FLAGS_CHECK_AT_PREP	(BIT(PG_lru) | BIT(PG_movable))

/* Type of a page that is no more than allocated, and of others */
#define PGTY_none		0xffU
#define PGTY_buddy		0xf0U
#define PGTY_offline		0xf1U
#define PGTY_guard		0xf3U
#define PGTY_slab		0xf5U

static inline bool has_page_type(const struct page *page, unsigned int type)
{
	return page->page_type >> 24 == type;
}

static inline void set_page_type(struct page *page, unsigned int from,
				 unsigned int to)
{
#ifndef X86_GEOMETRY
	if (!has_page_type(page, from))
		fail("page type %x instead of %x", page->page_type >> 24, from);
#endif
	page->page_type = to << 24;
}

#define PageBuddy(page)			has_page_type(page, PGTY_buddy)
#define PageOffline(page)		has_page_type(page, PGTY_offline)
#define PageSlab(page)			has_page_type(page, PGTY_slab)
#define __SetPageBuddy(page)		set_page_type(page, PGTY_none, PGTY_buddy)
#define __ClearPageBuddy(page)		set_page_type(page, PGTY_buddy, PGTY_none)
#define PageLRU(page)			((page)->flags & BIT(PG_lru))
#define __PageMovable(page)		((page)->flags & BIT(PG_movable))
#define PageHWPoison(page)		((page)->flags & BIT(PG_hwpoison))
#define SetPageHWPoisonTakenOff(page)	((page)->flags |= BIT(PG_taken_off))
#define ClearPageHWPoisonTakenOff(page)	((page)->flags &= ~BIT(PG_taken_off))
#define page_reported(page)		((page)->flags & BIT(PG_reported))
#define __ClearPageReported(page)	((page)->flags &= ~BIT(PG_reported))
#define page_count(page)		((page)->refcount)
#define set_page_private(page, value)	((page)->private = (value))
#define buddy_order(page)		((unsigned int)(page)->private)
#define buddy_order_unsafe(page)	buddy_order(page)

static inline bool TestClearPageHWPoison(struct page *page)
{
	const bool was = PageHWPoison(page);

	page->flags &= ~BIT(PG_hwpoison);
	return was;
}

static inline bool put_page_testzero(struct page *page)
{
	return --page->refcount == 0;
}

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_free;
};

enum zone_stat_item {
	NR_FREE_PAGES,
	NR_FREE_CMA_PAGES,
	NR_VM_ZONE_STAT_ITEMS
};

typedef struct {
	bool held;
} spinlock_t;

struct zone {
	const char *name;
	unsigned long zone_start_pfn;
	unsigned long spanned_pages;
	unsigned long managed_pages;
	unsigned long nr_reserved_highatomic;
	unsigned long nr_free_highatomic;
	unsigned long nr_hotplug;
	unsigned long nr_claimable;
	unsigned long nr_free_hotplug;
	unsigned long nr_isolate_pageblock;
	unsigned long flags;
	struct free_area free_area[NR_PAGE_ORDERS];
	spinlock_t lock;
	unsigned long present_pages;
	long vm_stat[NR_VM_ZONE_STAT_ITEMS];
};

#define ZONE_BOOSTED_WATERMARK	0
#define MAX_NR_ZONES		2
#define set_bit(nr, word)	(*(word) |= BIT(nr))

struct mem_section_usage {
	unsigned short largest_free;
	u8 owner;
	unsigned long pageblock_flags[PAGES_PER_SECTION * NR_PAGEBLOCK_BITS /
				      pageblock_nr_pages / BITS_PER_LONG + 1];
};

struct mem_section {
	struct mem_section_usage *usage;
	bool present;
	bool early;
	bool online;
};

enum zone_type {
	ZONE_LOW,
	ZONE_HIGH,
	ZONE_NORMAL = ZONE_HIGH
};

typedef unsigned long nodemask_t;

struct zoneref {
	struct zone *zone;
	enum zone_type index;
};

struct zonelist {
	struct zoneref zones[MAX_NR_ZONES + 1];
};

#define for_each_zone_zonelist_nodemask(each, ref, list, highest, nodemask) \
	for (ref = (list)->zones; (each = ref->zone); ref++)		\
		if (ref->index <= (highest))

struct alloc_context {
	struct zonelist *zonelist;
	nodemask_t *nodemask;
	int migratetype;
	enum zone_type highest_zoneidx;
};

struct compact_control {
	struct zone *zone;
	int order;
	int migratetype;
};

struct capture_control {
	struct compact_control *cc;
	struct page *page;
};

#define PF_KTHREAD	BIT(21)

struct task_struct {
	struct capture_control *capture_control;
	unsigned long flags;
};

/* As much memory as there is, in zones that need not end with a pageblock */
#define NR_BLOCKS	12
#define BLOCK_PAGES	(SECTIONS_PER_BLOCK * PAGES_PER_SECTION)
#define NR_PAGES	(NR_BLOCKS * BLOCK_PAGES)
#define NR_SECTIONS	(NR_BLOCKS * SECTIONS_PER_BLOCK)

static struct page memory_map[NR_PAGES];
static struct mem_section sections[NR_SECTIONS];
static struct mem_section_usage usages[NR_SECTIONS];
static struct zone zones[MAX_NR_ZONES];
static struct task_struct task;
static int page_group_by_mobility_disabled;

#define current			(&task)
#define EXPORT_SYMBOL(symbol)	_Static_assert(sizeof(&symbol), "")

static inline unsigned long page_to_pfn(const struct page *page)
{
	return page - memory_map;
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return memory_map + pfn;
}

static inline struct mem_section *__pfn_to_section(unsigned long pfn)
{
	return &sections[pfn >> PFN_SECTION_SHIFT];
}

#define section_to_usemap(section)	((section)->usage->pageblock_flags)
#define early_section(section)		((section)->early)
#define pfn_in_present_section(pfn)	(__pfn_to_section(pfn)->present)
#define memory_block_size_bytes()	PFN_PHYS(BLOCK_PAGES)

static inline struct zone *page_zone(const struct page *page)
{
	return &zones[page->flags & PAGE_ZONE_MASK];
}

#define page_zone_id(page)	((page)->flags & PAGE_ZONE_MASK)

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

static inline bool zone_spans_pfn(const struct zone *zone, unsigned long pfn)
{
	return zone->zone_start_pfn <= pfn && pfn < zone_end_pfn(zone);
}

#define zone_managed_pages(zone)	((zone)->managed_pages)
#define min_wmark_pages(zone)		(pageblock_nr_pages)
#define zone_page_state(zone, item)	((unsigned long)(zone)->vm_stat[item])
#define __mod_zone_page_state(zone, item, change) ((zone)->vm_stat[item] += (change))

/* A lock that is taken twice would wait for ever. */
static inline void lock_zone(spinlock_t *lock)
{
	VM_BUG_ON(lock->held);
	lock->held = true;
}

static inline void unlock_zone(spinlock_t *lock)
{
	VM_BUG_ON(!lock->held);
	lock->held = false;
}

#define spin_lock_irqsave(lock, saved)		\
do {						\
	(saved) = 0;				\
	lock_zone(lock);			\
} while (0)
#define spin_unlock_irqrestore(lock, saved)	\
do {						\
	(void)(saved);				\
	unlock_zone(lock);			\
} while (0)
#define lockdep_assert_held(lock)	VM_BUG_ON(!(lock)->held)

static inline bool is_migrate_isolate(int type)
{
	return type == MIGRATE_ISOLATE;
}

static inline bool is_migrate_highatomic(int type)
{
	return type == MIGRATE_HIGHATOMIC;
}

static inline bool is_migrate_cma(int type)
{
	return type == MIGRATE_CMA;
}

static inline bool is_migrate_hotplug(int type)
{
	return type == MIGRATE_HOTPLUG;
}

static inline bool migratetype_is_mergeable(int type)
{
	return type < MIGRATE_PCPTYPES;
}

unsigned long get_pfnblock_flags_mask(const struct page *page,
				      unsigned long pfn, unsigned long mask);
void set_pfnblock_flags_mask(struct page *page, unsigned long flags,
			     unsigned long pfn, unsigned long mask);
void set_pageblock_migratetype(struct page *page, int migratetype);

#define get_pageblock_migratetype(page)					\
	((int)get_pfnblock_flags_mask(page, page_to_pfn(page), MIGRATETYPE_MASK))

/*
 * Played by the test, which decides what they answer and keeps what they hear
 */
static struct {
	unsigned int guard_orders;	/* chunks of lower orders are guarded */
	bool shuffle;
	bool pick_tail;
	bool boosts;
	bool low_on_memory;
	unsigned int reports;
	unsigned int empties;
	unsigned int balances;
	unsigned int claims;
	unsigned long claimed_pfn;
	unsigned int claimed_cost;
	unsigned int boost_calls;
} world;

static inline bool page_is_guard(const struct page *page)
{
	return world.guard_orders && has_page_type(page, PGTY_guard);
}

static inline bool set_page_guard(struct zone *zone, struct page *page,
				  unsigned int order)
{
	if (order >= world.guard_orders)
		return false;
	set_page_type(page, PGTY_none, PGTY_guard);
	INIT_LIST_HEAD(&page->buddy_list);
	set_page_private(page, order);
	return true;
}

static inline void clear_page_guard(struct zone *zone, struct page *page,
				    unsigned int order)
{
	set_page_type(page, PGTY_guard, PGTY_none);
	set_page_private(page, 0);
}

#define is_shuffle_order(order)		(world.shuffle && (order) == MAX_PAGE_ORDER)
#define shuffle_pick_tail()		(world.pick_tail)
#define page_reporting_notify_free(order)	\
	((void)((order) >= pageblock_order && world.reports++))
#define zone_watermark_ok(...)		(!world.low_on_memory)
#define trace_mm_page_alloc_zone_locked(...)
#define trace_mm_page_alloc_extfrag(...)

static inline void offline_mem_sections(unsigned long start_pfn,
					unsigned long end_pfn)
{
	for (; start_pfn < end_pfn; start_pfn += PAGES_PER_SECTION)
		__pfn_to_section(start_pfn)->online = false;
}

/* What buddy.c and buddy_range.c define for others, as mm/internal.h has it */
int find_suitable_fallback(struct free_area *area, unsigned int order,
			   int migratetype, bool only_stealable,
			   bool *can_steal);
bool is_free_buddy_page(const struct page *page);
bool move_freepages_block_isolate(struct zone *zone, struct page *page,
				  int migratetype);
int __isolate_free_page(struct page *page, unsigned int order);
void __putback_isolated_page(struct page *page, unsigned int order, int mt);
unsigned long __offline_isolated_pages(unsigned long start_pfn,
				       unsigned long end_pfn);
bool take_page_off_buddy(struct page *page);
bool put_page_back_buddy(struct page *page);

#endif /* __MM_BUDDY_INTERNAL_H */
