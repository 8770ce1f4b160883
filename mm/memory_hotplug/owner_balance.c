// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Keeping pinned blocks few and full
 *
 * Claiming is done in a hurry, by an allocation that needs memory now. What
 * makes up for it is done here, in the background.
 *
 * A block is claimed with whatever movable pages are in it, and movable pages
 * get into pinned blocks when there is no other memory left. They are moved
 * to hotplug blocks when kernel memory has little room in the pinned blocks,
 * which puts off the next claim. They are not moved at the cost of anybody: it
 * takes a hotplug block's worth of free memory above the watermarks, reclaims
 * nothing, and waits for nothing.
 *
 * A pinned block with little kernel memory is set aside, so that new kernel
 * memory goes where the other is and the blocks that have some stay few. It is
 * released when the last of it is gone. Between the look and the change
 * somebody may allocate a page, and per-CPU lists may hold some for kernel
 * memory to be allocated. So the block is set aside first and the lists are
 * drained; what is seen after that is all there is. The page allocator says
 * when it is worth a look, which is when a pageblock of such a block is free.
 *
 * A block is only given back if kernel memory has enough room without it, so
 * that it is not claimed again at once.
 */

#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"
#include "owner.h"
#include "trace.h"

/* Kernel memory frees pageblocks in bursts; one look serves them all. */
#define LOOK_DELAY		HZ
/* For so long after a claim no block is set aside. */
#define CLAIM_DELAY		(5 * HZ)

static void balance_zones(struct work_struct *work);
static DECLARE_DELAYED_WORK(balance_work, balance_zones);

/* Nothing that takes another lock can be done under zone->lock. */
static void balance_soon(struct irq_work *irq_work)
{
	mod_delayed_work(system_unbound_wq, &balance_work, 1);
}

static void look_later(struct irq_work *irq_work)
{
	queue_delayed_work(system_unbound_wq, &balance_work, LOOK_DELAY);
}

static bool is_ready __read_mostly;
static unsigned long last_claim = INITIAL_JIFFIES - CLAIM_DELAY;
static struct irq_work balance_irq = IRQ_WORK_INIT(balance_soon);
static struct irq_work look_irq = IRQ_WORK_INIT(look_later);

static unsigned long block_pages(void)
{
	return PHYS_PFN(memory_block_size_bytes());
}

/* Counted as free, and nobody knows yet in which block. */
static unsigned long unaccepted(struct zone *zone)
{
#ifdef CONFIG_UNACCEPTED_MEMORY
	return zone_page_state(zone, NR_UNACCEPTED);
#else
	return 0;
#endif
}

/* With less than this, kernel memory is short. */
static unsigned long enough_pages(void)
{
	return block_pages() / 2;
}

/* What a block has at the most when it is set aside, in pages. */
static unsigned long few_pages(void)
{
	return block_pages() / 64;
}

/* Room for kernel memory in the pinned blocks of a zone, in pages. */
static unsigned long pinned_free(struct zone *zone)
{
	const unsigned long movable_only = owner_free_pages(zone) +
		zone_page_state(zone, NR_FREE_CMA_PAGES) + unaccepted(zone);
	const unsigned long free = zone_page_state(zone, NR_FREE_PAGES);

	return free > movable_only ? free - movable_only : 0;
}

static bool is_short(struct zone *zone)
{
	return pinned_free(zone) < enough_pages();
}

/**
 * owner_has_room() - can movable memory go to the hotplug blocks of a zone
 * @zone: the zone
 *
 * Context: Any context; without zone->lock the answer is a hint.
 * Return: true if a block's worth of it stays free above the high watermark.
 */
bool owner_has_room(const struct zone *zone)
{
	return owner_free_pages(zone) > high_wmark_pages(zone) + block_pages();
}

static bool is_dma(enum zone_type type)
{
#ifdef CONFIG_ZONE_DMA
	return type == ZONE_DMA;
#else
	return false;
#endif
}

/**
 * owner_staying_zone() - where on a node can movable memory stay
 * @nid: the node
 * @highest: the highest zone to look at
 *
 * ZONE_DMA is for those who need it.
 *
 * Context: Any context.
 * Return: The highest zone with memory that was not meant to leave, if one above
 * it was; or NULL.
 */
struct zone *owner_staying_zone(int nid, enum zone_type highest)
{
	struct zone *zones = NODE_DATA(nid)->node_zones, *zone;
	bool passed = false;
	int type;

	for (type = highest; type >= 0; type--) {
		zone = &zones[type];
		if (!managed_zone(zone) || is_dma(type))
			continue;
		if (!owner_is_meant_to_leave(zone))
			return passed ? zone : NULL;
		passed = true;
	}
	return NULL;
}

/**
 * owner_leaves_now() - is movable memory better off below a zone
 * @zone: a zone with isolated pageblocks
 *
 * What gets into memory that was meant to leave while some of it does would have
 * to move soon.
 *
 * Context: Any context; without zone->lock the answer is a hint.
 * Return: true if there is room for it in memory that stays.
 */
bool owner_leaves_now(struct zone *zone)
{
	const struct zone *stays = owner_staying_zone(zone_to_nid(zone),
						      zone_idx(zone));

	return stays && owner_has_room(stays);
}

static void note_movable(struct zone *zone, unsigned long pfn)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	owner_note_movable(pfn_to_page(pfn));
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* What there is no room for is left to a later look. */
static void evacuate(struct zone *zone, unsigned long start_pfn,
		     unsigned long end_pfn)
{
	unsigned long moved = 0, pfn = start_pfn, step;

	while (pfn < end_pfn && owner_has_room(zone)) {
		step = min(end_pfn - pfn, pageblock_nr_pages);
		moved += mhp_evacuate_range(pfn, pfn + step);
		pfn += step;
	}
	if (pfn < end_pfn)
		note_movable(zone, pfn);
	if (!moved)
		return;
	count_vm_events(MHP_PINNED_EVACUATED, moved);
	trace_mhp_evacuate_pinned(start_pfn, moved);
}

/*
 * Pages that are neither on a list nor in use: about to be allocated or freed,
 * and nobody knows to whom.
 */
static bool has_pages_in_flight(unsigned long pfn, unsigned long end_pfn)
{
	unsigned long nr_pages;
	struct page *page;

	for (; pfn < end_pfn; pfn += nr_pages) {
		page = pfn_to_page(pfn);
		nr_pages = 1;
		if (PageBuddy(page))
			nr_pages = 1UL << min_t(unsigned long,
						buddy_order_unsafe(page),
						MAX_PAGE_ORDER);
		else if (PageHuge(page) || PageHWPoison(page) ||
			 PageOffline(page) || PageTail(page))
			continue;
		else if (!page_count(page))
			return true;
		if (pageblock_aligned(pfn))
			cond_resched();
	}
	return false;
}

/*
 * With the per-CPU lists off, nothing hides there. A page that is on its way to
 * kernel memory is seen by the one look or by the other.
 */
static bool is_clean(struct zone *zone, unsigned long start_pfn,
		     unsigned long end_pfn)
{
	bool clean;

	zone_pcp_disable(zone);
	clean = !has_pages_in_flight(start_pfn, end_pfn) &&
		!mhp_count_unmovable(start_pfn, end_pfn, 0);
	zone_pcp_enable(zone);
	return clean;
}

static bool has_claimed_lately(void)
{
	return time_before(jiffies, READ_ONCE(last_claim) + CLAIM_DELAY);
}

/*
 * What is left must be enough for kernel memory, or it claims the block again;
 * and if it has just claimed one, what there was elsewhere was not of use.
 */
static bool can_spare(struct zone *zone, unsigned long nr_pages)
{
	return !has_claimed_lately() &&
	       pinned_free(zone) >= nr_pages + block_pages();
}

static void set_aside(struct zone *zone, unsigned long start_pfn,
		      unsigned long end_pfn)
{
	const unsigned long few = few_pages();
	unsigned long kept;

	if (!can_spare(zone, end_pfn - start_pfn))
		return;
	kept = mhp_count_unmovable(start_pfn, end_pfn, few);
	if (kept > few || !owner_set_aside(zone, start_pfn, end_pfn))
		return;
	trace_mhp_set_aside(start_pfn, kept);
}

static void balance_pinned(struct zone *zone, unsigned long start_pfn,
			   unsigned long end_pfn)
{
	if (is_short(zone) && owner_has_room(zone) &&
	    owner_forget_movable(zone, end_pfn - block_pages()))
		evacuate(zone, start_pfn, end_pfn);
	set_aside(zone, start_pfn, end_pfn);
}

static void release(struct zone *zone, unsigned long start_pfn,
		    unsigned long end_pfn)
{
	if (mhp_count_unmovable(start_pfn, end_pfn, 0) ||
	    !is_clean(zone, start_pfn, end_pfn) ||
	    !owner_release(zone, end_pfn - block_pages()))
		return;
	count_vm_event(MHP_BLOCK_RELEASE);
	trace_mhp_release(start_pfn);
}

/* A block with absent sections can not leave anyway. */
static bool is_whole(unsigned long pfn, unsigned long end_pfn)
{
	while (pfn < end_pfn && pfn_to_online_page(pfn))
		pfn = SECTION_ALIGN_UP(pfn + 1);
	return pfn >= end_pfn;
}

/* A block that lies in several zones has none. */
static void balance_block(const struct memory_block *mem)
{
	const unsigned long start_pfn = section_nr_to_pfn(mem->start_section_nr);
	const unsigned long end_pfn = start_pfn + block_pages();
	const unsigned long first = start_pfn + mem->memmap_pages;

	if (mem->state != MEM_ONLINE || !mem->zone ||
	    owner_is_hotplug(start_pfn) || !is_whole(first, end_pfn))
		return;
	if (!owner_is_set_aside(start_pfn))
		balance_pinned(mem->zone, first, end_pfn);
	if (owner_is_set_aside(start_pfn))
		release(mem->zone, first, end_pfn);
}

static void balance_block_at(unsigned long pfn, const struct zone *zone)
{
	struct memory_block *mem;

	lock_device_hotplug();
	mem = find_memory_block(pfn_to_section_nr(pfn));
	if (mem) {
		if (mem->zone == zone)
			balance_block(mem);
		put_device(&mem->dev);
	}
	unlock_device_hotplug();
}

/* The section may go away the next moment, and with it what it knows. */
static bool is_pinned(unsigned long pfn)
{
	bool pinned;

	rcu_read_lock_sched();
	pinned = pfn_in_present_section(pfn) && !owner_is_hotplug(pfn);
	rcu_read_unlock_sched();
	return pinned;
}

static void balance_zone(const struct zone *zone)
{
	const unsigned long end_pfn = zone_end_pfn(zone);
	const unsigned long step = block_pages();
	unsigned long pfn = ALIGN_DOWN(zone->zone_start_pfn, step);

	for (; pfn < end_pfn; pfn += step) {
		if (is_pinned(pfn))
			balance_block_at(pfn, zone);
		cond_resched();
	}
}

static void balance_zones(struct work_struct *work)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		balance_zone(zone);
	if (has_claimed_lately())
		queue_delayed_work(system_unbound_wq, &balance_work,
				   CLAIM_DELAY);
}

/**
 * owner_balance() - a block was claimed
 *
 * Movable pages in pinned blocks are moved out soon, and after CLAIM_DELAY
 * blocks can be set aside.
 *
 * Context: Any context; caller may hold zone->lock.
 */
void owner_balance(void)
{
	WRITE_ONCE(last_claim, jiffies);
	if (is_ready)
		irq_work_queue(&balance_irq);
}

/**
 * owner_note_empty() - a pageblock is free
 * @page: its first page
 * @type: its type
 *
 * Worth a look if it is in a pinned block, or in one that was set aside.
 *
 * Context: Any context; caller may hold zone->lock.
 */
void owner_note_empty(const struct page *page, int type)
{
	const bool of_use = type < MIGRATE_PCPTYPES ||
			    (is_migrate_hotplug(type) &&
			     owner_is_set_aside(page_to_pfn(page)));

	if (of_use && is_ready && !delayed_work_pending(&balance_work))
		irq_work_queue(&look_irq);
}

/**
 * owner_has_no_room() - are the pinned blocks of a zone full
 * @zone: the zone
 *
 * Context: Any context; without zone->lock the answer is a hint.
 * Return: true if what is free there is below the high watermark.
 */
bool owner_has_no_room(struct zone *zone)
{
	return pinned_free(zone) < high_wmark_pages(zone);
}

/* What was reserved for booting only is free by now. */
static int __init first_look(void)
{
	if (!owner_is_split())
		return 0;
	is_ready = true;
	queue_delayed_work(system_unbound_wq, &balance_work, LOOK_DELAY);
	return 0;
}
late_initcall(first_look);
