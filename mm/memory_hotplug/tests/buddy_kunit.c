// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of buddy.c, included at its end, on a zone that nobody else knows. Its
 * pages are real ones, as a page frame number has only one struct page; they
 * were allocated, and are freed with the types of pageblock that they had.
 *
 * Whoever comes across them meanwhile finds free pages that are not in the
 * free lists of their zone, and takes the lock of that zone before believing
 * it. So a case holds that lock.
 */

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/percpu.h>

static unsigned long case_free_pages(struct zone *zone,
				     enum zone_stat_item item)
{
	return zone_page_state(zone, item);
}

#include "buddy_cases.h"

static void buddy_case_name(const struct buddy_case *buddy_case, char *desc)
{
	strscpy(desc, buddy_case->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(buddy, buddy_cases, buddy_case_name);

/* With a threshold of 0 nothing of its counters stays with a CPU. */
static struct zone *make_zone(struct kunit *test, unsigned long start_pfn)
{
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	unsigned int order, type;

	KUNIT_ASSERT_NOT_NULL(test, zone);
	zone->name = "KUnit";
	zone->zone_start_pfn = start_pfn;
	zone->spanned_pages = CASE_PAGES;
	spin_lock_init(&zone->lock);
	for_each_migratetype_order(order, type)
		INIT_LIST_HEAD(&zone->free_area[order].free_list[type]);
	return zone;
}

static void run_buddy_case(const struct buddy_case *buddy_case,
			   struct case_zone *c, int *types)
{
	struct zone *real = page_zone(case_page(c, 0));
	unsigned long offset, flags;

	spin_lock_irqsave(&real->lock, flags);
	for (offset = 0; offset < CASE_PAGES; offset += pageblock_nr_pages)
		types[offset >> pageblock_order] =
			case_type_of(case_page(c, offset));
	buddy_case_run(buddy_case, c);
	for (offset = 0; offset < CASE_PAGES; offset += pageblock_nr_pages)
		set_pageblock_migratetype(case_page(c, offset),
					  types[offset >> pageblock_order]);
	spin_unlock_irqrestore(&real->lock, flags);
}

/* In: chunks on the lists of a zone. Out: what the case says; each counter is right. */
static void chunks_on_lists(struct kunit *test)
{
	struct case_zone c = { };
	struct page *pages;
	int *types;

	if (IS_ENABLED(CONFIG_DEBUG_VM))
		kunit_skip(test, "pages of another zone are a fault to this kernel");
	types = kunit_kcalloc(test, CASE_PAGES >> pageblock_order,
			      sizeof(*types), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, types);
	pages = alloc_contig_pages(CASE_PAGES, GFP_KERNEL, numa_node_id(), NULL);
	if (!pages)
		kunit_skip(test, "no room for a zone");

	c.start_pfn = page_to_pfn(pages);
	c.zone = make_zone(test, c.start_pfn);
	c.zone->per_cpu_zonestats = alloc_percpu(struct per_cpu_zonestat);
	if (c.zone->per_cpu_zonestats)
		run_buddy_case(test->param_value, &c, types);
	free_contig_range(c.start_pfn, CASE_PAGES);
	KUNIT_ASSERT_NOT_NULL(test, c.zone->per_cpu_zonestats);
	free_percpu(c.zone->per_cpu_zonestats);
	if (c.fault)
		KUNIT_FAIL(test, "line %d: %s", c.line, c.fault);
}

static struct kunit_case buddy_tests[] = {
	KUNIT_CASE_PARAM(chunks_on_lists, buddy_gen_params),
	{}
};

static struct kunit_suite buddy_suite = {
	.name = "memory_hotplug_buddy",
	.test_cases = buddy_tests,
};

kunit_test_suite(buddy_suite);
