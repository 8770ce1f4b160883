// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Owners of memory blocks
 *
 * Kernel memory can not be moved, and one page of it keeps a memory block
 * online. So a memory block has an owner. A hotplug block serves movable
 * allocations only and can leave at any time; a pinned block serves all kinds,
 * and within it pageblocks are grouped by mobility as ever. A zone has blocks
 * of both owners, in any order and in any proportion: it is not ZONE_MOVABLE,
 * whose size somebody has to guess.
 *
 * Blocks that hold the kernel, reserved memory or an early allocation at boot
 * are pinned, and so are those that are not of one zone as a whole. All others
 * are hotplug blocks, and blocks that come online are, but for those that a CMA
 * area is in: drivers take memory there, and kernel memory that claimed such a
 * block would keep the area from them for good. Pageblocks of a hotplug
 * block are of type MIGRATE_HOTPLUG, with free lists of their own, so that no
 * other allocation comes across them; movable allocations look there first,
 * which leaves the pinned blocks to those that have nothing else.
 *
 * When kernel memory finds no pageblock in the pinned blocks of its zone, it
 * claims a hotplug block: all pageblocks of it become its own at once. What a
 * block costs is what is in use in it, as that stands in the way when the block
 * is to leave again; memory that firmware calls hot-pluggable, or that was
 * added while the machine was running, was meant to leave and costs more.
 * Where the zone below has other blocks, those are claimed first, as far as
 * that zone's own reserve allows.
 * Unmovable and reclaimable memory claim blocks of their own: a block of
 * reclaimable memory can leave after all, when the caches are shrunk.
 *
 * A pinned block is set aside when little kernel memory is left in it. It takes
 * movable memory only, as a hotplug block does, and what is left goes with its
 * users: then the block is released and is a hotplug block. Until then it can
 * not leave, and it is the first to be claimed, as it costs nothing.
 *
 * memory_hotplug.fallback says how readily blocks are claimed, and
 * memory_hotplug.split=off leaves all blocks pinned. owner_balance.c gives
 * blocks back.
 *
 * The owner of a block is a flag of each of its sections, written under
 * zone->lock or while the block is not online, and read without a lock by those
 * who only want to know.
 */

#include "owner_internal.h"

#include "../buddy_lists.h"

/* A block that was meant to leave costs as much as one that is this full. */
#define MEANT_TO_LEAVE_COST(areas)	((areas) / 2)

static bool split __ro_after_init = true;
module_param(split, bool, 0444);
MODULE_PARM_DESC(split, "keep kernel memory out of memory blocks that it does not need (default on)");

enum owner_fallback owner_fallback __read_mostly = OWNER_CLAIM;

static const char * const fallback_names[] = {
	[OWNER_CLAIM]	= "claim",
	[OWNER_RECLAIM]	= "reclaim",
	[OWNER_STRICT]	= "strict",
};

static int set_fallback(const char *word, const struct kernel_param *kp)
{
	const int chosen = sysfs_match_string(fallback_names, word);

	if (chosen < 0)
		return chosen;
	WRITE_ONCE(owner_fallback, chosen);
	return 0;
}

static int get_fallback(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n",
			  fallback_names[READ_ONCE(owner_fallback)]);
}

static const struct kernel_param_ops fallback_ops = {
	.set = set_fallback,
	.get = get_fallback,
};
module_param_cb(fallback, &fallback_ops, NULL, 0644);
MODULE_PARM_DESC(fallback, "when kernel memory runs short: claim a memory block (default), reclaim first, or strict: never one that was meant to leave");

static unsigned long block_pages(void)
{
	return PHYS_PFN(memory_block_size_bytes());
}

static struct mem_section_usage *usage_of(unsigned long pfn)
{
	return __pfn_to_section(pfn)->usage;
}

static bool owner_has(unsigned long pfn, u8 flags)
{
	const struct mem_section_usage *usage =
		READ_ONCE(__pfn_to_section(pfn)->usage);

	return usage && (READ_ONCE(usage->owner) & flags);
}

/**
 * owner_is_hotplug() - is a memory block a hotplug block
 * @pfn: a page frame number in a section that exists, or that existed when an
 *	 RCU read-side critical section began
 *
 * Context: Any context; the next moment the answer may be another one.
 * Return: true if nothing but movable memory is in the block.
 */
bool owner_is_hotplug(unsigned long pfn)
{
	return owner_has(pfn, OWNER_IS_HOTPLUG);
}

/**
 * owner_is_set_aside() - is a memory block waiting for its last kernel memory
 * @pfn: as for owner_is_hotplug()
 *
 * Context: Any context; the next moment the answer may be another one.
 * Return: true if the block takes movable memory only, but has other memory.
 */
bool owner_is_set_aside(unsigned long pfn)
{
	return owner_has(pfn, OWNER_IS_SET_ASIDE);
}

static bool takes_movable_only(unsigned long pfn)
{
	return owner_has(pfn, OWNER_IS_HOTPLUG | OWNER_IS_SET_ASIDE);
}

static bool meant_to_leave(unsigned long pfn)
{
	return owner_has(pfn, OWNER_MEANT_TO_LEAVE);
}

static void count_change(unsigned long *counter, bool before, bool after)
{
	const long change = ((long)after - before) * (long)block_pages();

	WRITE_ONCE(*counter, *counter + change);
}

/* @owner: OWNER_IS_HOTPLUG, OWNER_IS_SET_ASIDE, or 0 for a pinned block */
static void set_owner(struct zone *zone, unsigned long start_pfn, u8 owner)
{
	const unsigned long end_pfn = start_pfn + block_pages();
	unsigned long pfn;

	count_change(&zone->nr_hotplug, owner_is_hotplug(start_pfn),
		     owner == OWNER_IS_HOTPLUG);
	if (!meant_to_leave(start_pfn))
		count_change(&zone->nr_claimable,
			     takes_movable_only(start_pfn), owner);
	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		const u8 kept = usage_of(pfn)->owner & OWNER_MEANT_TO_LEAVE;

		WRITE_ONCE(usage_of(pfn)->owner, kept | owner);
	}
}

/* Pageblocks that are isolated or of a CMA area stay what they are. */
static void convert_pageblocks(struct zone *zone, unsigned long pfn,
			       unsigned long end_pfn, unsigned long from_types,
			       int to)
{
	struct page *page;
	int type;

	while (pfn < end_pfn) {
		page = pfn_to_page(pfn);
		type = get_pfnblock_migratetype(page, pfn);
		if (from_types & BIT(type))
			pfn += convert_pageblock(zone, page, type, to);
		else
			pfn += pageblock_nr_pages;
	}
}

/**
 * owner_pageblock_type() - the type that a pageblock is to have
 * @page: a page of it
 * @type: the type that somebody has in mind
 *
 * Context: Caller holds zone->lock.
 * Return: @type, but of the two movable ones that of the block's owner.
 */
int owner_pageblock_type(struct page *page, int type)
{
	if (type != MIGRATE_MOVABLE && !is_migrate_hotplug(type))
		return type;
	return takes_movable_only(page_to_pfn(page)) ? MIGRATE_HOTPLUG :
						       MIGRATE_MOVABLE;
}

/* Of a block of boot memory, firmware says if it is meant to leave. */
static bool __init firmware_may_remove(unsigned long start_pfn)
{
	struct memblock_region *region;

	for_each_mem_region(region)
		if (PHYS_PFN(region->base) < start_pfn + block_pages() &&
		    PHYS_PFN(region->base + region->size) > start_pfn)
			return memblock_is_hotpluggable(region);
	return false;
}

static bool __init has_early_allocation(unsigned long start_pfn)
{
	const phys_addr_t start = PFN_PHYS(start_pfn);
	const phys_addr_t size = memory_block_size_bytes();

	return !memblock_is_region_memory(start, size) ||
	       memblock_is_region_reserved(start, size);
}

/* The spans of nodes may overlap. */
static bool __init zone_has_block(struct zone *zone,
				  unsigned long start_pfn)
{
	const unsigned long last_pfn = start_pfn + block_pages() - 1;

	return zone_spans_pfn(zone, start_pfn) &&
	       zone_spans_pfn(zone, last_pfn) &&
	       early_pfn_to_nid(start_pfn) == zone_to_nid(zone) &&
	       early_pfn_to_nid(last_pfn) == zone_to_nid(zone);
}

/* A memory map that is written later, in parallel, gets its types then. */
static bool __init has_memory_map(const struct zone *zone, unsigned long pfn)
{
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	return pfn < zone->zone_pgdat->first_deferred_pfn;
#else
	return true;
#endif
}

static void __init own_boot_block(struct zone *zone, unsigned long start_pfn)
{
	const unsigned long end_pfn = start_pfn + block_pages();
	unsigned long pfn;

	if (firmware_may_remove(start_pfn))
		for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION)
			usage_of(pfn)->owner = OWNER_MEANT_TO_LEAVE;
	set_owner(zone, start_pfn, OWNER_IS_HOTPLUG);
	for (pfn = start_pfn; pfn < end_pfn; pfn += pageblock_nr_pages)
		if (has_memory_map(zone, pfn))
			set_pageblock_migratetype(pfn_to_page(pfn),
						  MIGRATE_HOTPLUG);
}

static void __init own_boot_blocks(struct zone *zone)
{
	const unsigned long end_pfn = zone_end_pfn(zone);
	unsigned long pfn = ALIGN(zone->zone_start_pfn, block_pages());

	for (; pfn + block_pages() <= end_pfn; pfn += block_pages())
		if (zone_has_block(zone, pfn) && !has_early_allocation(pfn))
			own_boot_block(zone, pfn);
}

/**
 * owner_init() - find the owner of each block of boot memory
 *
 * Context: Boot, after all early allocations and before the page allocator
 * gets its pages.
 */
void __init owner_init(void)
{
	struct zone *zone;

	if (!owner_is_split())
		return;
	for_each_populated_zone(zone)
		own_boot_blocks(zone);
}

/**
 * owner_boot_type() - type of a pageblock whose memory map is written late
 * @pfn: a page frame number in it
 *
 * Context: Boot.
 * Return: The type.
 */
int __init owner_boot_type(unsigned long pfn)
{
	return owner_is_hotplug(pfn) ? MIGRATE_HOTPLUG : MIGRATE_MOVABLE;
}

/**
 * owner_is_split() - do memory blocks have owners
 *
 * Context: Any context.
 * Return: false if it is switched off, or if the machine is too small for
 * grouping of any kind.
 */
bool owner_is_split(void)
{
	return split && !page_group_by_mobility_disabled;
}

/**
 * owner_online_type() - type of the pageblocks of a block that goes online
 *
 * Context: Any context.
 * Return: The type.
 */
int owner_online_type(void)
{
	return owner_is_split() ? MIGRATE_HOTPLUG : MIGRATE_MOVABLE;
}

static bool added_at_run_time(unsigned long pfn)
{
	return !early_section(__pfn_to_section(pfn));
}

/* What was added is not the memory that an area was made of. */
static bool has_cma(unsigned long start_pfn, unsigned long end_pfn)
{
	return !added_at_run_time(start_pfn) &&
	       owner_has_cma(start_pfn, end_pfn);
}

static void set_cma_types(unsigned long pfn, unsigned long end_pfn)
{
	for (; pfn < end_pfn; pfn += pageblock_nr_pages)
		set_pageblock_migratetype(pfn_to_page(pfn),
					  has_cma(pfn, pfn + pageblock_nr_pages) ?
					  owner_cma_type() : MIGRATE_MOVABLE);
}

/**
 * owner_block_online() - a block is about to give its pages to the allocator
 * @zone: its zone
 * @start_pfn: its first page frame
 * @nr_pages: its pages
 *
 * Context: Process context; takes zone->lock. Caller holds mem_hotplug_lock
 * for writing.
 */
void owner_block_online(struct zone *zone, unsigned long start_pfn,
			unsigned long nr_pages)
{
	const unsigned long end_pfn = start_pfn + nr_pages;
	unsigned long pfn, flags;

	if (has_cma(start_pfn, end_pfn)) {
		set_cma_types(start_pfn, end_pfn);
		return;
	}
	if (!owner_is_split())
		return;
	spin_lock_irqsave(&zone->lock, flags);
	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION)
		if (added_at_run_time(pfn))
			usage_of(pfn)->owner |= OWNER_MEANT_TO_LEAVE;
	set_owner(zone, start_pfn, OWNER_IS_HOTPLUG);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/**
 * owner_block_offline() - a block was taken away from the allocator
 * @zone: the zone that it was in
 * @start_pfn: its first page frame
 * @nr_pages: its pages
 *
 * Context: Process context; takes zone->lock. Caller holds mem_hotplug_lock
 * for writing.
 */
void owner_block_offline(struct zone *zone, unsigned long start_pfn,
			 unsigned long nr_pages)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	set_owner(zone, start_pfn, 0);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/**
 * struct choice - the block that is cheapest to claim
 * @start_pfn: its first page frame
 * @cost: in chunks of the largest order that are in use
 * @in_use: there are such chunks
 * @found: there is one
 */
struct choice {
	unsigned long start_pfn;
	unsigned int cost;
	bool in_use;
	bool found;
};

static unsigned int largest_free(unsigned long start_pfn)
{
	const unsigned long end_pfn = start_pfn + block_pages();
	unsigned int nr = 0;
	unsigned long pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION)
		nr += usage_of(pfn)->largest_free;
	return nr;
}

static bool may_take(unsigned long start_pfn, unsigned int alloc_flags)
{
	return !meant_to_leave(start_pfn) ||
	       (READ_ONCE(owner_fallback) != OWNER_STRICT &&
		!(alloc_flags & ALLOC_NOFRAGMENT));
}

static void consider(struct choice *choice, unsigned long start_pfn,
		     unsigned int alloc_flags)
{
	const unsigned int areas = block_pages() >> MAX_PAGE_ORDER;
	const unsigned int nr_free = largest_free(start_pfn);
	unsigned int cost = areas - nr_free;

	if (!nr_free || !may_take(start_pfn, alloc_flags))
		return;
	if (owner_is_set_aside(start_pfn))
		cost = 0;
	else if (meant_to_leave(start_pfn))
		cost += MEANT_TO_LEAVE_COST(areas);
	if (choice->found && choice->cost <= cost &&
	    !owner_is_set_aside(start_pfn))
		return;
	*choice = (struct choice) {
		.start_pfn = start_pfn,
		.cost = cost,
		.in_use = nr_free < areas,
		.found = true,
	};
}

static void choose_by_cost(struct choice *choice, const struct zone *zone,
			   unsigned int alloc_flags)
{
	const unsigned long end_pfn = zone_end_pfn(zone);
	unsigned long pfn = ALIGN(zone->zone_start_pfn, block_pages());

	for (; pfn + block_pages() <= end_pfn; pfn += block_pages()) {
		if (pfn_in_present_section(pfn) && takes_movable_only(pfn) &&
		    largest_free(pfn) && page_zone(pfn_to_page(pfn)) == zone)
			consider(choice, pfn, alloc_flags);
		/* It has kernel memory already, and nothing else is as cheap. */
		if (choice->found && owner_is_set_aside(choice->start_pfn))
			return;
	}
}

/* No block has a chunk of the largest order free: the largest there is. */
static void choose_by_chunk(struct choice *choice, const struct zone *zone,
			    unsigned int least)
{
	const struct free_area *area;
	const struct page *page;
	unsigned long start_pfn;
	int order;

	for (order = MAX_PAGE_ORDER - 1; order >= (int)least; order--) {
		area = &zone->free_area[order];
		list_for_each_entry(page, &area->free_list[MIGRATE_HOTPLUG],
				    buddy_list) {
			start_pfn = ALIGN_DOWN(page_to_pfn(page),
					       block_pages());
			if (!takes_movable_only(start_pfn))
				continue;
			*choice = (struct choice) {
				.start_pfn = start_pfn,
				.cost = block_pages() >> MAX_PAGE_ORDER,
				.in_use = true,
				.found = true,
			};
			return;
		}
	}
}

/* Has the zone above only blocks that were meant to leave? */
static bool spares_zone_above(const struct zone *zone)
{
	return zone_idx(zone) < ZONE_NORMAL &&
	       owner_all_meant_to_leave(zone + 1);
}

static bool may_claim_now(const struct zone *zone, unsigned int order,
			  unsigned int alloc_flags)
{
	if ((alloc_flags & ALLOC_NOFRAGMENT) && order < pageblock_order &&
	    !spares_zone_above(zone))
		return false;
	return owner_may_claim(zone, alloc_flags) &&
	       owner_free_pages(zone) >= 1UL << order;
}

static bool claim_choice(struct zone *zone, const struct choice *choice,
			 unsigned int order, int type)
{
	if (!choice->found)
		return false;
	set_owner(zone, choice->start_pfn, 0);
	if (choice->in_use)
		owner_note_movable(pfn_to_page(choice->start_pfn));
	convert_pageblocks(zone, choice->start_pfn,
			   choice->start_pfn + block_pages(),
			   BIT(MIGRATE_HOTPLUG), type);
	__count_vm_event(MHP_BLOCK_CLAIM);
	trace_mhp_claim(choice->start_pfn, order, type, choice->cost);
	owner_balance();
	return true;
}

/**
 * owner_claim() - claim the cheapest hotplug block for kernel memory
 * @zone: the zone to take it from
 * @order: order of the allocation
 * @type: MIGRATE_UNMOVABLE or MIGRATE_RECLAIMABLE
 * @alloc_flags: flags of the allocation
 *
 * Only a block with a free chunk of the largest order is worth it. What is
 * free in the block is on the lists of @type afterwards.
 *
 * Context: Caller holds zone->lock with interrupts off.
 * Return: true if a block was claimed.
 */
bool owner_claim(struct zone *zone, unsigned int order, int type,
		 unsigned int alloc_flags)
{
	struct choice choice = { };

	if (!may_claim_now(zone, order, alloc_flags))
		return false;
	choose_by_cost(&choice, zone, alloc_flags);
	return claim_choice(zone, &choice, order, type);
}

/**
 * owner_claim_any() - claim a block that is nearly full
 * @zone: the zone to take it from
 * @order: order of a chunk that has to be free in it
 * @type: MIGRATE_UNMOVABLE or MIGRATE_RECLAIMABLE
 * @alloc_flags: flags of the allocation
 *
 * For when nothing is left in pinned blocks, and no block is worth claiming.
 *
 * Context: Caller holds zone->lock with interrupts off.
 * Return: true if a block was claimed.
 */
bool owner_claim_any(struct zone *zone, unsigned int order, int type,
		     unsigned int alloc_flags)
{
	struct choice choice = { };

	if (READ_ONCE(owner_fallback) == OWNER_STRICT ||
	    (alloc_flags & ALLOC_NOFRAGMENT) ||
	    !may_claim_now(zone, order, alloc_flags))
		return false;
	choose_by_chunk(&choice, zone, order);
	return claim_choice(zone, &choice, order, type);
}

/**
 * owner_claim_last() - claim a block before an allocation fails
 * @order: order of the allocation
 * @zonelist: where the allocation may take memory from
 * @nodemask: the nodes of it, or NULL
 * @highest: the highest zone of it
 * @type: type of the allocation
 *
 * Context: Process context; takes zone->lock of one zone after the other.
 * Return: true if there is more free memory for the allocation now.
 */
bool owner_claim_last(unsigned int order, struct zonelist *zonelist,
		      nodemask_t *nodemask, enum zone_type highest, int type)
{
	unsigned long flags;
	struct zoneref *z;
	struct zone *zone;
	bool claimed;

	if (type == MIGRATE_MOVABLE ||
	    READ_ONCE(owner_fallback) == OWNER_CLAIM)
		return false;
	for_each_zone_zonelist_nodemask(zone, z, zonelist, highest, nodemask) {
		spin_lock_irqsave(&zone->lock, flags);
		claimed = owner_claim(zone, order, type, ALLOC_CLAIM) ||
			  owner_claim_any(zone, order, type, ALLOC_CLAIM);
		spin_unlock_irqrestore(&zone->lock, flags);
		if (claimed)
			return true;
	}
	return false;
}

static const unsigned long kernel_types = BIT(MIGRATE_UNMOVABLE) |
					  BIT(MIGRATE_MOVABLE) |
					  BIT(MIGRATE_RECLAIMABLE);

static bool is_at_rest(unsigned long pfn, unsigned long end_pfn)
{
	int type;

	for (; pfn < end_pfn; pfn += pageblock_nr_pages) {
		type = get_pfnblock_migratetype(pfn_to_page(pfn), pfn);
		if (is_migrate_isolate(type) || is_migrate_highatomic(type) ||
		    is_migrate_cma(type))
			return false;
	}
	return true;
}

/**
 * owner_forget_movable() - may there be movable pages in a pinned block
 * @zone: its zone
 * @start_pfn: its first page frame
 *
 * The caller is about to move them away. Those that come later are noted anew.
 *
 * Context: Process context; takes zone->lock.
 * Return: true if some were noted since the last time.
 */
bool owner_forget_movable(struct zone *zone, unsigned long start_pfn)
{
	const unsigned long end_pfn = start_pfn + block_pages();
	unsigned long pfn, flags;
	bool noted = false;

	spin_lock_irqsave(&zone->lock, flags);
	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		struct mem_section_usage *usage = usage_of(pfn);

		noted |= usage->owner & OWNER_HAS_MOVABLE;
		WRITE_ONCE(usage->owner, usage->owner & ~OWNER_HAS_MOVABLE);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return noted;
}

/**
 * owner_set_aside() - let no more kernel memory into a pinned block
 * @zone: its zone
 * @first_pfn: its first page frame, after those that hold its memory map
 * @end_pfn: page frame after its last one
 *
 * Context: Process context; takes zone->lock.
 * Return: false if it is isolated in part, has a reserve for atomic
 * allocations or a part of a CMA area, or takes movable memory only already.
 */
bool owner_set_aside(struct zone *zone, unsigned long first_pfn,
		     unsigned long end_pfn)
{
	unsigned long flags;
	bool changes;

	spin_lock_irqsave(&zone->lock, flags);
	changes = !takes_movable_only(first_pfn) &&
		  is_at_rest(first_pfn, end_pfn);
	if (changes) {
		set_owner(zone, end_pfn - block_pages(), OWNER_IS_SET_ASIDE);
		convert_pageblocks(zone, first_pfn, end_pfn, kernel_types,
				   MIGRATE_HOTPLUG);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return changes;
}

/**
 * owner_release() - make a block that was set aside a hotplug block
 * @zone: its zone
 * @start_pfn: its first page frame
 *
 * The caller has seen that it holds movable memory only. As nothing else gets
 * in, this is so until it is claimed.
 *
 * Context: Process context; takes zone->lock.
 * Return: false if it was claimed since.
 */
bool owner_release(struct zone *zone, unsigned long start_pfn)
{
	unsigned long flags;
	bool changes;

	spin_lock_irqsave(&zone->lock, flags);
	changes = owner_is_set_aside(start_pfn);
	if (changes)
		set_owner(zone, start_pfn, OWNER_IS_HOTPLUG);
	spin_unlock_irqrestore(&zone->lock, flags);
	return changes;
}

/**
 * mhp_block_is_hotplug() - who owns a memory block
 * @mem: the block
 *
 * Context: Process context. Caller holds a reference to the block.
 * Return: true if the block serves movable memory only, or is offline.
 */
bool mhp_block_is_hotplug(const struct memory_block *mem)
{
	if (mem->state == MEM_OFFLINE)
		return true;
	return present_section_nr(mem->start_section_nr) &&
	       owner_is_hotplug(section_nr_to_pfn(mem->start_section_nr));
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/owner_kunit.c"
#endif
