// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of all that is done to free memory, compared with a model
 * after every step.
 *
 *   buddy_random_test [SEED [STEPS]]
 *   buddy_random_test --file FILE
 *
 * With a file, its bytes decide what is done: for a fuzzer.
 */

#include "buddy_model.h"

static unsigned long long random_state;
static FILE *choices;
static bool out_of_choices;

static unsigned int next_byte(void)
{
	const int byte = fgetc(choices);

	out_of_choices = byte == EOF;
	return byte == EOF ? 0 : byte;
}

static unsigned int below(unsigned int limit)
{
	if (choices)
		return (next_byte() | (limit > 256 ? next_byte() << 8 : 0)) % limit;
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % limit;
}

static unsigned int random_order(void)
{
	return below(3) ? below(3) : below(NR_PAGE_ORDERS);
}

static int random_type(void)
{
	return below(MIGRATE_PCPTYPES);
}

static unsigned int whole_block(void)
{
	return below(8) ? FIRST_BLOCK + below(END_BLOCK - FIRST_BLOCK) : LOW_BLOCK;
}

static bool block_is_online(unsigned int block)
{
	return model.state[block_pfn(block)] != GONE;
}

static void note_unmerged(unsigned long pfn)
{
	model.unmerged[pfn >> MAX_PAGE_ORDER] = true;
}

/* Has a zone a chunk of @type that is large enough and fulfils what is asked? */
static bool has_chunk(const struct zone *zone, unsigned int order, int type,
		      bool (*fits)(unsigned long pfn))
{
	const struct page *page;

	for (; order < NR_PAGE_ORDERS; order++)
		list_for_each_entry(page, &zone->free_area[order].free_list[type], buddy_list)
			if (!fits || fits(page_to_pfn(page)))
				return true;
	return false;
}

static bool is_claimable(unsigned long pfn)
{
	return owner_fallback != OWNER_STRICT || !(usage_of(pfn)->owner & OWNER_MEANT_TO_LEAVE);
}

/* An allocation that may still try elsewhere leaves it alone. */
static bool is_spared(unsigned long pfn, unsigned int alloc_flags)
{
	return (alloc_flags & ALLOC_NOFRAGMENT) && (usage_of(pfn)->owner & OWNER_MEANT_TO_LEAVE);
}

/* What the administrator's policy says about hotplug blocks. */
static bool policy_allows(unsigned int alloc_flags)
{
	return owner_fallback == OWNER_CLAIM ||
	       (alloc_flags & (ALLOC_NON_BLOCK | ALLOC_OOM | ALLOC_NO_WATERMARKS | ALLOC_CLAIM));
}

/* Strictly, only a block that has a chunk of the largest order is claimed. */
static bool can_be_claimed(const struct zone *zone, unsigned int order)
{
	if (owner_fallback == OWNER_STRICT)
		order = MAX_PAGE_ORDER;
	return has_chunk(zone, order, MIGRATE_HOTPLUG, is_claimable);
}

/* Must an allocation succeed? With ALLOC_NOFRAGMENT it may always fail. */
static bool must_succeed(const struct zone *zone, unsigned int order, int type,
			 unsigned int alloc_flags)
{
	int from;

	if (has_chunk(zone, order, type, NULL))
		return true;
	if (type == MIGRATE_MOVABLE && has_chunk(zone, order, MIGRATE_HOTPLUG, NULL))
		return true;
	if ((alloc_flags & ALLOC_CMA) && has_chunk(zone, order, MIGRATE_CMA, NULL))
		return true;
	if (alloc_flags & ALLOC_NOFRAGMENT)
		return false;
	for (from = 0; from < MIGRATE_PCPTYPES; from++)
		if (has_chunk(zone, order, from, NULL))
			return true;
	return policy_allows(alloc_flags) && can_be_claimed(zone, order);
}

static unsigned int cost_of(unsigned long pfn)
{
	const unsigned int areas = BLOCK_PAGES >> MAX_PAGE_ORDER;

	if (usage_of(pfn)->owner & OWNER_IS_SET_ASIDE)
		return 0;
	return areas - largest_in(pfn, pfn + BLOCK_PAGES) +
	       (usage_of(pfn)->owner & OWNER_MEANT_TO_LEAVE ? areas / 2 : 0);
}

/**
 * struct blocks - what matters about memory blocks before an allocation
 * @movable_only: is it a hotplug block, or was it set aside
 * @eligible: may it be claimed, and has it a chunk of the largest order
 * @cost: what it costs
 */
struct blocks {
	bool movable_only[NR_BLOCKS];
	bool eligible[NR_BLOCKS];
	unsigned int cost[NR_BLOCKS];
};

static void look_at_blocks(struct blocks *blocks, unsigned int alloc_flags)
{
	unsigned int i;

	memset(blocks, 0, sizeof(*blocks));
	for (i = 0; i < NR_BLOCKS; i++) {
		const unsigned long pfn = block_pfn(i);

		blocks->movable_only[i] = is_for_movable(pfn);
		blocks->cost[i] = cost_of(pfn);
		blocks->eligible[i] = blocks->movable_only[i] && is_claimable(pfn) &&
				      !is_spared(pfn, alloc_flags) &&
				      largest_in(pfn, pfn + BLOCK_PAGES);
	}
}

/* At most one block is claimed, by kernel memory, and no other one is cheaper. */
static void check_claim(const struct blocks *blocks, const struct zone *zone, int type,
			unsigned int alloc_flags)
{
	int claimed = -1;
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++) {
		if (is_for_movable(block_pfn(i)) == blocks->movable_only[i])
			continue;
		if (claimed != -1 || !blocks->movable_only[i])
			fail("block %u changed its owner", i);
		claimed = i;
	}
	if (claimed == -1)
		return;
	if (!policy_allows(alloc_flags) || !is_claimable(block_pfn(claimed)) ||
	    is_spared(block_pfn(claimed), alloc_flags) || !is_kernel_type(type))
		fail("block %d is claimed for type %d with flags %x", claimed, type, alloc_flags);
	for (i = 0; i < NR_BLOCKS; i++) {
		if (block_zone(i) != zone || !blocks->eligible[i])
			continue;
		if (!blocks->eligible[claimed] || blocks->cost[i] < blocks->cost[claimed])
			fail("block %d is claimed, and block %u is cheaper", claimed, i);
	}
}

static void check_place(unsigned long pfn, int type, unsigned int alloc_flags)
{
	const int is = type_at(pfn);

	if (is == MIGRATE_ISOLATE || is == MIGRATE_HIGHATOMIC ||
	    (is == MIGRATE_CMA && !(alloc_flags & ALLOC_CMA)) ||
	    (is == MIGRATE_HOTPLUG && type != MIGRATE_MOVABLE))
		fail("type %d got page %lu of type %d", type, pfn, is);
}

/* A batch of allocations, as the per-CPU lists make it. */
static void allocate(void)
{
	static const unsigned int flags[] = {
		0, 0, ALLOC_NOFRAGMENT, ALLOC_NON_BLOCK, ALLOC_CLAIM, ALLOC_KSWAPD,
		ALLOC_OOM | ALLOC_NON_BLOCK,
	};
	struct zone *zone = &zones[below(5) > 0];
	const unsigned int order = random_order();
	const int type = random_type();
	unsigned int alloc_flags = flags[below(ARRAY_SIZE(flags))];
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	unsigned int batch = below(4) ? 1 : 1 + below(16);
	struct blocks blocks;
	struct page *page;
	bool must;

	if (type == MIGRATE_MOVABLE && below(4))
		alloc_flags |= ALLOC_CMA;
	world.boosts = below(2);
	while (batch--) {
		look_at_blocks(&blocks, alloc_flags);
		must = must_succeed(zone, order, type, alloc_flags);
		lock_zone(&zone->lock);
		page = __rmqueue(zone, order, type, alloc_flags, &mode);
		unlock_zone(&zone->lock);
		check_claim(&blocks, zone, type, alloc_flags);
		if (!page) {
			if (must)
				fail("no page of order %u for type %d, flags %x", order, type,
				     alloc_flags);
			return;
		}
		if (page_zone(page) != zone)
			fail("page %lu is not of that zone", page_to_pfn(page));
		check_place(page_to_pfn(page), type, alloc_flags);
		model_allocate(page_to_pfn(page), order, type);
	}
}

static void allocate_highatomic(void)
{
	struct zone *zone = &zones[1];
	const unsigned int order = random_order();
	const int type = below(2) ? MIGRATE_UNMOVABLE : MIGRATE_RECLAIMABLE;
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct page *page;

	lock_zone(&zone->lock);
	page = __rmqueue_smallest(zone, order, MIGRATE_HIGHATOMIC);
	if (!page)
		page = __rmqueue(zone, order, type, ALLOC_NON_BLOCK, &mode);
	unlock_zone(&zone->lock);
	if (!page)
		return;
	model_allocate(page_to_pfn(page), order, type);
	reserve_highatomic_pageblock(page, order, zone);
	note_unmerged(page_to_pfn(page));
}

static void unreserve_highatomic(void)
{
	const struct alloc_context ac = {
		.zonelist = &zonelist,
		.migratetype = random_type(),
		.highest_zoneidx = below(4) ? ZONE_HIGH : ZONE_LOW,
	};

	const unsigned long before = zones[0].nr_free_highatomic + zones[1].nr_free_highatomic;
	const bool done = unreserve_highatomic_pageblock(&ac, below(2));

	if (done != (before > zones[0].nr_free_highatomic + zones[1].nr_free_highatomic))
		fail("a reserve of %lu pages is %d", before, done);
	if (done)
		memset(model.unmerged, true, sizeof(model.unmerged));
}

static void release_pages(unsigned long pfn, unsigned int order)
{
	struct zone *zone = page_zone(pfn_to_page(pfn));
	const fpi_t fpi = below(4) ? FPI_NONE : FPI_TO_TAIL;

	model_put_on_lru(pfn, order, false);
	lock_zone(&zone->lock);
	split_large_buddy(zone, pfn_to_page(pfn), pfn, order, fpi);
	unlock_zone(&zone->lock);
	model_set(pfn, order, USED, FREE);
}

static void free_allocation(unsigned int i)
{
	const struct allocation allocation = model_forget(i);

	release_pages(allocation.pfn, allocation.order);
}

static void free_some(void)
{
	unsigned int nr = below(4) ? 1 : below(24);

	while (nr-- && model.nr_allocations)
		free_allocation(below(model.nr_allocations));
}

/* A chunk that is given back in two halves. */
static void split_allocation(void)
{
	struct allocation *whole;

	if (!model.nr_allocations)
		return;
	whole = &model.allocations[below(model.nr_allocations)];
	if (!whole->order)
		return;
	whole->order--;
	model.allocations[model.nr_allocations++] = (struct allocation) {
		whole->pfn + (1UL << whole->order), whole->order, whole->type,
	};
}

/* Somebody compacts memory for a chunk when pages become free. */
static void free_and_capture(void)
{
	struct compact_control cc = { &zones[below(2)], random_order(), random_type() };
	struct capture_control capture = { &cc, NULL };
	unsigned long pfn;

	task.capture_control = &capture;
	free_some();
	task.capture_control = NULL;
	if (!capture.page)
		return;
	pfn = page_to_pfn(capture.page);
	if (page_zone(capture.page) != cc.zone)
		fail("page %lu was captured from another zone", pfn);
	/* As in the kernel's own, a reserve is no exception. */
	if (type_at(pfn) != MIGRATE_HIGHATOMIC)
		check_place(pfn, cc.migratetype, 0);
	if (type_at(pfn) == MIGRATE_MOVABLE && cc.migratetype != MIGRATE_MOVABLE &&
	    cc.order < pageblock_order)
		fail("page %lu of type %d was captured for type %d", pfn, type_at(pfn),
		     cc.migratetype);
	model_allocate(pfn, cc.order, cc.migratetype);
}

static void lift_isolation(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct zone *zone = page_zone(page);
	const int type = model.before[pfn / pageblock_nr_pages];

	lock_zone(&zone->lock);
	if (!move_freepages_block_isolate(zone, page, owner_pageblock_type(page, type)))
		fail("isolation of page %lu stays", pfn);
	unlock_zone(&zone->lock);
	note_unmerged(pfn);
}

static bool isolate(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct zone *zone = page_zone(page);
	const int type = type_at(pfn);
	bool isolated;

	lock_zone(&zone->lock);
	isolated = move_freepages_block_isolate(zone, page, MIGRATE_ISOLATE);
	unlock_zone(&zone->lock);
	if (isolated) {
		model.before[pfn / pageblock_nr_pages] = type;
		note_unmerged(pfn);
	}
	return isolated;
}

static void change_isolation(void)
{
	const unsigned long pfn = ALIGN_DOWN(below(NR_PAGES), pageblock_nr_pages);
	const struct zone *zone = page_zone(pfn_to_page(pfn));
	const bool whole = zone_spans_pfn(zone, pfn) &&
			   zone_spans_pfn(zone, pfn + pageblock_nr_pages - 1);

	if (model.state[pfn] == GONE)
		return;
	if (type_at(pfn) == MIGRATE_ISOLATE)
		lift_isolation(pfn);
	else if (isolate(pfn) != whole)
		fail("pageblock of page %lu is isolated: %d", pfn, !whole);
}

/* A pageblock changes its type for any reason, with no larger chunk around it. */
static void change_type(void)
{
	const unsigned long pfn = ALIGN_DOWN(below(NR_PAGES), pageblock_nr_pages);
	struct zone *zone = page_zone(pfn_to_page(pfn));
	const int to = random_type();

	if (model.state[pfn] == GONE || type_at(pfn) >= MIGRATE_PCPTYPES ||
	    find_large_buddy(pfn) != pfn || !zone_has_pageblock(zone, pfn))
		return;
	lock_zone(&zone->lock);
	convert_pageblock(zone, pfn_to_page(pfn), type_at(pfn), to);
	unlock_zone(&zone->lock);
	note_unmerged(pfn);
}

static void break_page(void)
{
	const unsigned long pfn = below(NR_PAGES);
	struct page *page = pfn_to_page(pfn);
	const bool guarded = page_is_guard(pfn_to_page(find_large_buddy(pfn)));
	const bool free = model.state[pfn] == FREE && is_free_buddy_page(page);

	if (model.state[pfn] == FREE && !free && !guarded && !world.guard_orders)
		fail("page %lu is free and not found", pfn);
	if (take_page_off_buddy(page) != free)
		fail("page %lu is taken off: %d", pfn, !free);
	if (!free)
		return;
	page->flags |= BIT(PG_hwpoison);
	model_set(pfn, 0, FREE, BROKEN);
}

static void mend_page(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	page->refcount = 1;
	if (!put_page_back_buddy(page))
		fail("page %lu can not be mended", pfn);
	model_set(pfn, 0, BROKEN, FREE);
}

static void mend_pages(void)
{
	unsigned long pfn;

	for (pfn = 0; pfn < NR_PAGES; pfn++)
		if (model.state[pfn] == BROKEN && below(2))
			mend_page(pfn);
}

/* As compaction and page reporting borrow free chunks. */
static void isolate_chunk(void)
{
	const unsigned long pfn = below(NR_PAGES);
	struct page *page = pfn_to_page(find_large_buddy(pfn));
	struct zone *zone = page_zone(page);
	unsigned int order;
	int nr_pages;

	if (!PageBuddy(page))
		return;
	order = buddy_order(page);
	world.low_on_memory = below(8) == 0;
	lock_zone(&zone->lock);
	nr_pages = __isolate_free_page(page, order);
	unlock_zone(&zone->lock);
	if (nr_pages != (world.low_on_memory && type_at(pfn) != MIGRATE_ISOLATE ? 0 : 1 << order))
		fail("%d pages instead of order %u", nr_pages, order);
	if (!nr_pages)
		return;
	note_unmerged(pfn);
	if (below(2)) {
		lock_zone(&zone->lock);
		__putback_isolated_page(page, order, get_pageblock_migratetype(page));
		unlock_zone(&zone->lock);
		return;
	}
	model_allocate(page_to_pfn(page), order, MIGRATE_MOVABLE);
}

static void empty_block(unsigned int block, bool movable_too)
{
	unsigned int i = 0;

	while (i < model.nr_allocations) {
		const struct allocation *allocation = &model.allocations[i];

		if (allocation->pfn / BLOCK_PAGES == block &&
		    (movable_too || is_kernel_type(allocation->type)))
			free_allocation(i);
		else
			i++;
	}
}

static void take_offline(unsigned int block)
{
	const unsigned long start = block_pfn(block), end = start + BLOCK_PAGES;
	unsigned long pfn;

	empty_block(block, true);
	for (pfn = start; pfn < end; pfn += pageblock_nr_pages) {
		if (type_at(pfn) == MIGRATE_HIGHATOMIC ||
		    model.before[pfn / pageblock_nr_pages] == MIGRATE_HIGHATOMIC)
			return;
		if (type_at(pfn) != MIGRATE_ISOLATE && !isolate(pfn))
			fail("page %lu can not be isolated", pfn);
	}
	check_number("offline", __offline_isolated_pages(start, end), BLOCK_PAGES);
	owner_block_offline(block_zone(block), start, BLOCK_PAGES);
	for (pfn = start; pfn < end; pfn++) {
		model.state[pfn] = GONE;
		pfn_to_page(pfn)->flags &= PAGE_ZONE_MASK;
	}
}

static void bring_online(unsigned int block)
{
	const unsigned long start = block_pfn(block);
	unsigned long pfn;

	for (pfn = start; pfn < start + BLOCK_PAGES; pfn += PAGES_PER_SECTION)
		__pfn_to_section(pfn)->online = true;
	for (pfn = start; pfn < start + BLOCK_PAGES; pfn += pageblock_nr_pages)
		model.before[pfn / pageblock_nr_pages] = MIGRATE_MOVABLE;
	memset(model.state + start, FREE, BLOCK_PAGES);
	online_block(block);
}

static void change_block(void)
{
	const unsigned int block = whole_block();

	if (!block_is_online(block))
		bring_online(block);
	else if (!world.guard_orders)
		take_offline(block);
}

/* A block is released when its last kernel memory is gone. */
static void set_block_aside(void)
{
	const unsigned int block = whole_block();
	const unsigned long start = block_pfn(block), end = start + BLOCK_PAGES;
	const bool movable_only = is_for_movable(start);
	bool at_rest = true, changed;
	unsigned long pfn;

	if (!block_is_online(block))
		return;
	for (pfn = start; pfn < end; pfn += pageblock_nr_pages)
		if (type_at(pfn) == MIGRATE_ISOLATE || type_at(pfn) == MIGRATE_HIGHATOMIC ||
		    type_at(pfn) == MIGRATE_CMA)
			at_rest = false;
	changed = owner_set_aside(block_zone(block), start, end);
	if (changed != (!movable_only && at_rest))
		fail("block %u is set aside: %d", block, changed);
	if (changed)
		memset(model.unmerged + (start >> MAX_PAGE_ORDER), true,
		       BLOCK_PAGES >> MAX_PAGE_ORDER);
}

static void release_block(void)
{
	const unsigned int block = whole_block();
	const unsigned long start = block_pfn(block);
	const bool waits = owner_is_set_aside(start);

	if (!block_is_online(block))
		return;
	if (waits)
		empty_block(block, false);
	if (owner_release(block_zone(block), start) != waits)
		fail("block %u is released, and was set aside: %d", block, waits);
}

static void claim_last(void)
{
	const int type = random_type();
	const enum zone_type highest = below(4) ? ZONE_HIGH : ZONE_LOW;
	const bool high = highest == ZONE_HIGH && can_be_claimed(&zones[1], 0);
	const bool any = high || can_be_claimed(&zones[0], 0);
	const bool must = any && owner_fallback != OWNER_CLAIM && is_kernel_type(type);
	const unsigned int claims = world.claims;
	const bool claimed = owner_claim_last(0, &zonelist, NULL, highest, type);

	if (claimed != must || claimed != world.claims - claims)
		fail("claim for type %d: %d", type, claimed);
}

static void change_policy(void)
{
	static const char * const words[] = { "claim", "reclaim\n", "strict", "nonsense" };
	const unsigned int word = below(ARRAY_SIZE(words));
	const enum owner_fallback before = owner_fallback;

	check_number("fallback", fallback_param->set(words[word], NULL), word < 3 ? 0 : -EINVAL);
	check_number("fallback", owner_fallback, word < 3 ? word : before);
}

/* What is done, and how often */
static const struct {
	const char *name;
	void (*run)(void);
	unsigned int weight;
} actions[] = {
	{ "allocate", allocate, 40 },
	{ "free some", free_some, 30 },
	{ "free and capture", free_and_capture, 5 },
	{ "split allocation", split_allocation, 5 },
	{ "allocate highatomic", allocate_highatomic, 2 },
	{ "unreserve highatomic", unreserve_highatomic, 2 },
	{ "change isolation", change_isolation, 6 },
	{ "change type", change_type, 2 },
	{ "break page", break_page, 3 },
	{ "mend pages", mend_pages, 1 },
	{ "isolate chunk", isolate_chunk, 4 },
	{ "change block", change_block, 2 },
	{ "set block aside", set_block_aside, 4 },
	{ "release block", release_block, 2 },
	{ "claim last", claim_last, 2 },
	{ "change policy", change_policy, 1 },
};

static void one_step(unsigned long step)
{
	static char text[80];
	unsigned int i, total = 0, chosen;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		total += actions[i].weight;
	chosen = below(total);
	for (i = 0; chosen >= actions[i].weight; i++)
		chosen -= actions[i].weight;
	snprintf(text, sizeof(text), "step %lu: %s", step, actions[i].name);
	doing = text;
	actions[i].run();
	model_check();
}

/* A machine after boot: blocks of both owners, a CMA area, some of it in use. */
static void boot(void)
{
	unsigned long pfn;
	unsigned int i;

	memset(&model, 0, sizeof(model));
	memset(model.before, MIGRATE_MOVABLE, sizeof(model.before));
	make_machine();
	world.guard_orders = below(4) ? 0 : 1 + below(3);
	boot_memory[0] = (struct memblock_region) { 0, PFN_PHYS(8 * BLOCK_PAGES), false };
	boot_memory[1] = (struct memblock_region) {
		PFN_PHYS(8 * BLOCK_PAGES), PFN_PHYS(4 * BLOCK_PAGES), true,
	};
	for (i = 0; i < MAX_REGIONS; i++)
		boot_reserved[i] = (struct memblock_region) {
			PFN_PHYS(below(NR_PAGES)), PFN_PHYS(1 + below(8)), false,
		};
	owner_init();
	pfn = block_pfn(whole_block());
	set_types(pfn, pfn + (1UL << MAX_PAGE_ORDER), MIGRATE_CMA);
	free_range(LOW_START, HIGH_START);
	free_range(HIGH_START, HIGH_END);
	memset(model.state + LOW_START, FREE, HIGH_END - LOW_START);
	model_check();
}

int main(int argc, char **argv)
{
	unsigned long steps = 100000, i;

	random_state = 612;
	if (argc == 3 && !strcmp(argv[1], "--file")) {
		choices = fopen(argv[2], "r");
		if (!choices)
			fail("%s can not be read", argv[2]);
		steps = 1000000;
	} else {
		if (argc > 1)
			random_state = strtoull(argv[1], NULL, 0) | 1;
		if (argc > 2)
			steps = strtoul(argv[2], NULL, 0);
	}
	for (i = 0; i < steps && !out_of_choices; i++) {
		if (i % 1000 == 0)
			boot();
		one_step(i);
	}
	return 0;
}
