// SPDX-License-Identifier: GPL-2.0
/*
 * Times the core of a page allocator on a machine of x86's geometry: ours, or
 * with KERNEL_CORE the kernel's own. Both see the same stand-ins, the same
 * memory and the same requests.
 *
 * A line for each pattern: its name, and the nanoseconds that it takes to
 * allocate and free once, the least of several runs. In a machine that counts
 * instructions (-icount of QEMU) these are instructions.
 */

#include <time.h>

#define X86_GEOMETRY
#ifdef KERNEL_CORE
#include "kernel_core.h"
static bool boost_watermark(struct zone *zone)
{
	return false;
}
#else
#include "buddy_internal.h"
#include "owner_internal.h"
#include "../../../../mm/buddy.c"
#include "../../../../mm/buddy_range.c"
#include "../../../../mm/highatomic.c"
#include "../../../../mm/memory_hotplug/owner.c"

bool boost_watermark(struct zone *zone)
{
	return false;
}

bool owner_has_cma(unsigned long start_pfn, unsigned long end_pfn)
{
	return false;
}

void owner_balance(void)
{
}

void owner_note_empty(const struct page *page, int type)
{
}
#endif

#define BATCH		64
#define RUNS		20
#define AREA_PAGES	BIT(MAX_PAGE_ORDER)
#define MAX_TAKEN	(NR_PAGES / 2)

static struct zone *const zone = &zones[0];
static unsigned long taken[NR_PAGES];
static u8 taken_order[NR_PAGES];
static unsigned int nr_taken;
static unsigned long random_state;

static unsigned int below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % limit;
}

/* All memory free and of one type, in the largest chunks. */
static void make_zone(int type)
{
	unsigned long pfn;
	int order, list;

	memset(zone, 0, sizeof(*zone));
	zone->spanned_pages = NR_PAGES;
	zone->managed_pages = NR_PAGES;
	zone->lock.held = true;
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (list = 0; list < MIGRATE_TYPES; list++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[list]);
	for (pfn = 0; pfn < NR_PAGES; pfn++)
		memory_map[pfn] = (struct page) { .page_type = PGTY_none << 24 };
	for (pfn = 0; pfn < NR_PAGES; pfn += PAGES_PER_SECTION) {
		*__pfn_to_section(pfn) = (struct mem_section) {
			&usages[pfn / PAGES_PER_SECTION], true, true, true,
		};
		memset(__pfn_to_section(pfn)->usage, 0, sizeof(usages[0]));
	}
	for (pfn = 0; pfn < NR_PAGES; pfn += pageblock_nr_pages)
		set_pageblock_migratetype(pfn_to_page(pfn), type);
	for (pfn = 0; pfn < NR_PAGES; pfn += AREA_PAGES)
		split_large_buddy(zone, pfn_to_page(pfn), pfn, MAX_PAGE_ORDER, FPI_TO_TAIL);
	nr_taken = 0;
	random_state = 612;
}

static void take(unsigned int order, int type, enum rmqueue_mode *mode)
{
	struct page *page = __rmqueue(zone, order, type, 0, mode);

	if (!page)
		return;
	taken[nr_taken] = page_to_pfn(page);
	taken_order[nr_taken++] = order;
}

static void take_one(unsigned int order, int type)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;

	take(order, type, &mode);
}

static void give(unsigned int i)
{
	const unsigned long pfn = taken[i];
	struct page *page = pfn_to_page(pfn);

	if (taken_order[i] > pageblock_order)
		split_large_buddy(zone, page, pfn, taken_order[i], FPI_NONE);
	else
		__free_one_page(page, pfn, zone, taken_order[i],
				get_pfnblock_migratetype(page, pfn), FPI_NONE);
	nr_taken--;
	taken[i] = taken[nr_taken];
	taken_order[i] = taken_order[nr_taken];
}

static void give_all(void)
{
	while (nr_taken)
		give(nr_taken - 1);
}

/* What the per-CPU lists do all day. */
static unsigned long batches(unsigned int rounds, int type)
{
	unsigned int i, round;

	for (round = 0; round < rounds; round++) {
		enum rmqueue_mode mode = RMQUEUE_NORMAL;

		for (i = 0; i < BATCH; i++)
			take(0, type, &mode);
		give_all();
	}
	return rounds * BATCH;
}

static unsigned long movable_batches(unsigned int rounds)
{
	return batches(rounds, MIGRATE_MOVABLE);
}

static unsigned long kernel_batches(unsigned int rounds)
{
	return batches(rounds, MIGRATE_UNMOVABLE);
}

static unsigned long every_order(unsigned int rounds)
{
	unsigned int order, round;

	for (round = 0; round < rounds; round++)
		for (order = 0; order < NR_PAGE_ORDERS; order++) {
			take_one(order, MIGRATE_MOVABLE);
			give(0);
		}
	return rounds * NR_PAGE_ORDERS;
}

/* Half of memory in use, in pieces of any size and of every type. */
static unsigned long mixed_sizes(unsigned int rounds)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < rounds * BATCH; i++) {
		if (nr_taken > BATCH && below(2)) {
			give(below(nr_taken));
		} else if (nr_taken < MAX_TAKEN) {
			take_one(below(4) ? below(3) : below(8), below(MIGRATE_PCPTYPES));
			nr++;
		}
	}
	nr += !nr;
	give_all();
	return nr;
}

/* Each page's buddy is in use until the end, so that all merge then. */
static unsigned long merging(unsigned int rounds)
{
	unsigned int round, i;

	for (round = 0; round < rounds; round++) {
		enum rmqueue_mode mode = RMQUEUE_NORMAL;

		for (i = 0; i < AREA_PAGES; i++)
			take(0, MIGRATE_MOVABLE, &mode);
		for (i = 0; i < nr_taken; i++)
			give(i);
		give_all();
	}
	return rounds * AREA_PAGES;
}

/* Types take turns in a zone that has pageblocks of one only. */
static unsigned long fallback(unsigned int rounds)
{
	unsigned int round, i;

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < BATCH; i++)
			take_one(i % 6, i % MIGRATE_PCPTYPES);
		give_all();
	}
	return rounds * BATCH;
}

/* Pageblocks are isolated and come back, one after the other. */
static unsigned long isolation(unsigned int rounds)
{
	unsigned int round, i;

	for (round = 0; round < rounds; round++)
		for (i = 0; i < BATCH; i++) {
			struct page *page = pfn_to_page(i * pageblock_nr_pages);
			const int type = get_pfnblock_migratetype(page, page_to_pfn(page));

			move_freepages_block_isolate(zone, page, MIGRATE_ISOLATE);
			move_freepages_block_isolate(zone, page, type);
		}
	return rounds * BATCH;
}

static const struct pattern {
	const char *name;
	unsigned long (*run)(unsigned int rounds);
	unsigned int rounds;
	bool in_hotplug;
} patterns[] = {
	{ "movable, batches of 64", movable_batches, 500, false },
	{ "the same in hotplug blocks", movable_batches, 500, true },
	{ "kernel, batches of 64", kernel_batches, 500, false },
	{ "every order", every_order, 2000, false },
	{ "mixed sizes and types", mixed_sizes, 500, false },
	{ "pages that merge late", merging, 50, false },
	{ "the same in hotplug blocks", merging, 50, true },
	{ "types take turns", fallback, 500, false },
	{ "isolate a pageblock", isolation, 200, false },
};

static void begin(const struct pattern *pattern)
{
#ifdef KERNEL_CORE
	make_zone(MIGRATE_MOVABLE);
#else
	make_zone(pattern->in_hotplug ? MIGRATE_HOTPLUG : MIGRATE_MOVABLE);
#endif
	pattern->run(1);
}

static double nanoseconds(const struct pattern *pattern)
{
	double least = 0, ns;
	unsigned int run;

	for (run = 0; run < RUNS; run++) {
		struct timespec from, to;
		unsigned long nr;

		begin(pattern);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		nr = pattern->run(pattern->rounds);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ns = ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec) / nr;
		if (!run || ns < least)
			least = ns;
	}
	return least;
}

int main(void)
{
	const struct pattern *pattern = patterns;

	for (; pattern < patterns + ARRAY_SIZE(patterns); pattern++)
		printf("%s\t%.1f\n", pattern->name, nanoseconds(pattern));
	return 0;
}
