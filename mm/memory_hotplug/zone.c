// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Which zone memory goes to
 *
 * The one who puts a block online asks for kernel memory, for movable memory,
 * or leaves it to the policy (memory_hotplug.online_policy):
 *
 * contig-zones keeps zones in one piece. A block that lies within the span of
 * one zone joins that zone. Anything else becomes kernel memory, or movable
 * memory if the machine was booted with movable_node.
 *
 * auto-movable prefers movable memory as long as the machine has enough
 * memory for the kernel besides: at most auto_movable_ratio percent of the
 * kernel memory that was there at boot, and with auto_movable_numa_aware on
 * each node as well. Kernel memory that was added later does not raise the
 * limit, because it may leave again. The exception is a dynamic memory group,
 * whose driver sees to it that movable memory leaves first; what such a group
 * adds counts for the group itself. A static group goes to one kind of zone
 * as a whole, and so does every unit of a dynamic group.
 *
 * The policy looks at the pages that zones have. The blocks of an operation
 * that were given a zone a moment ago have none yet, so these are added where
 * the policy would otherwise have counted them.
 */

#include <linux/init.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>

#include "internal.h"

enum online_policy {
	POLICY_CONTIG_ZONES,
	POLICY_AUTO_MOVABLE,
};

static const char * const policy_names[] = {
	[POLICY_CONTIG_ZONES] = "contig-zones",
	[POLICY_AUTO_MOVABLE] = "auto-movable",
};

static enum online_policy online_policy __read_mostly;

static int set_policy(const char *word, const struct kernel_param *kp)
{
	const int policy = sysfs_match_string(policy_names, word);

	if (policy >= 0)
		online_policy = policy;
	return min(policy, 0);
}

static int show_policy(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", policy_names[online_policy]);
}

static const struct kernel_param_ops policy_ops = {
	.set = set_policy,
	.get = show_policy,
};
module_param_cb(online_policy, &policy_ops, NULL, 0644);
MODULE_PARM_DESC(online_policy, "zone for a plain \"online\": contig-zones (default) or auto-movable");

static unsigned int auto_movable_ratio __read_mostly = 301;
module_param(auto_movable_ratio, uint, 0644);
MODULE_PARM_DESC(auto_movable_ratio, "auto-movable: most movable memory, in percent of boot-time kernel memory (default 301)");

#ifdef CONFIG_NUMA
static bool auto_movable_numa_aware __read_mostly = true;
module_param(auto_movable_numa_aware, bool, 0644);
MODULE_PARM_DESC(auto_movable_numa_aware, "auto-movable: keep the ratio within each node too (default Y)");
#else
#define auto_movable_numa_aware false
#endif

bool movable_node_enabled __read_mostly;

#ifdef CONFIG_MEMORY_HOTREMOVE
static int __init enable_movable_node(char *unused)
{
	movable_node_enabled = true;
	return 0;
}
early_param("movable_node", enable_movable_node);
#endif

/**
 * struct demand - memory that looks for a zone
 * @nid: its node
 * @group: its memory group, or NULL
 * @start_pfn: its first page frame
 * @nr_pages: its size
 * @blocks: the operation it belongs to, or NULL
 * @member: its part in the operation; the members before it have a zone
 */
struct demand {
	int nid;
	struct memory_group *group;
	unsigned long start_pfn;
	unsigned long nr_pages;
	const struct mhp_block_operation *blocks;
	const struct mhp_member *member;
};

static struct zone *node_zone(int nid, enum zone_type type)
{
	return &NODE_DATA(nid)->node_zones[type];
}

/* Nobody has to wait for a span that changes, and nobody sees half a change. */
static bool touches(const struct demand *demand, struct zone *zone)
{
	unsigned int seq;
	bool result;

	do {
		seq = zone_span_seqbegin(zone);
		result = zone_intersects(zone, demand->start_pfn,
					 demand->nr_pages);
	} while (zone_span_seqretry(zone, seq));
	return result;
}

static struct zone *kernel_zone(const struct demand *demand)
{
	enum zone_type type = 0;

	while (type < ZONE_NORMAL &&
	       !touches(demand, node_zone(demand->nid, type)))
		type++;
	return node_zone(demand->nid, type);
}

static struct zone *contiguous_zone(const struct demand *demand)
{
	struct zone *movable = node_zone(demand->nid, ZONE_MOVABLE);
	struct zone *kernel = kernel_zone(demand);
	const bool in_movable = touches(demand, movable);
	const bool in_kernel = touches(demand, kernel);

	if (in_movable == in_kernel)
		return movable_node_enabled ? movable : kernel;
	return in_movable ? movable : kernel;
}

/**
 * struct balance - memory on both sides of the ratio
 * @movable: movable pages
 * @kernel: pages of kernel memory that count
 * @reserved: kernel pages that other groups need for their movable pages
 */
struct balance {
	unsigned long movable;
	unsigned long kernel;
	unsigned long reserved;
};

static void weigh_zone(struct balance *balance, const struct zone *zone)
{
	unsigned long cma = 0;

	if (zone_idx(zone) == ZONE_MOVABLE) {
		balance->movable += zone->present_pages;
		return;
	}
#ifdef CONFIG_CMA
	cma = zone->cma_pages;
#endif
	balance->movable += cma;
	balance->kernel += zone->present_early_pages - cma;
}

/* What another group brings for itself is none of our business. */
static int set_group_apart(struct memory_group *group, void *arg)
{
	const unsigned int ratio = READ_ONCE(auto_movable_ratio);
	struct balance *balance = arg;
	unsigned long needed;

	if (!ratio)
		return 0;
	needed = group->present_movable_pages * 100 / ratio;
	if (needed > group->present_kernel_pages)
		balance->reserved += needed - group->present_kernel_pages;
	balance->movable -= group->present_movable_pages;
	return 0;
}

static unsigned long unit_pages(const struct memory_group *group)
{
	return group->is_dynamic ? group->d.unit_pages : ULONG_MAX;
}

/* Members of the same group and unit are part of what the demand asks for. */
static bool asked_for_together(const struct demand *demand,
			       const struct mhp_member *member)
{
	const struct memory_group *group = demand->group;

	return group && group == member->mem->group &&
	       member->start_pfn / unit_pages(group) ==
	       demand->start_pfn / unit_pages(group);
}

static unsigned long pending_movable(const struct demand *demand, int nid)
{
	const struct mhp_member *member;
	unsigned long pages = 0;

	if (!demand->blocks)
		return 0;
	for (member = demand->blocks->members; member < demand->member; member++)
		if (zone_idx(member->zone) == ZONE_MOVABLE &&
		    (nid == NUMA_NO_NODE || zone_to_nid(member->zone) == nid) &&
		    !asked_for_together(demand, member))
			pages += member->nr_pages;
	return pages;
}

static bool ratio_allows(const struct demand *demand, int nid,
			 unsigned long nr_pages)
{
	struct balance balance = { };
	struct zone *zone;

	for_each_populated_zone(zone)
		if (nid == NUMA_NO_NODE || zone_to_nid(zone) == nid)
			weigh_zone(&balance, zone);
	walk_dynamic_memory_groups(nid, set_group_apart, demand->group,
				   &balance);
	if (balance.kernel <= balance.reserved)
		return false;

	balance.kernel -= balance.reserved;
	if (demand->group && demand->group->is_dynamic)
		balance.kernel += demand->group->present_kernel_pages;
	balance.movable += nr_pages + pending_movable(demand, nid);
	return balance.movable <= auto_movable_ratio * balance.kernel / 100;
}

/**
 * struct unit_content - what is online of a unit of a dynamic group
 * @movable: pages in ZONE_MOVABLE
 * @has_kernel: a page is in another zone
 */
struct unit_content {
	unsigned long movable;
	bool has_kernel;
};

static struct unit_content look_at_unit(const struct demand *demand)
{
	const unsigned long size = demand->group->d.unit_pages;
	unsigned long pfn = ALIGN_DOWN(demand->start_pfn, size);
	const unsigned long end_pfn = pfn + size;
	struct unit_content content = { };
	struct page *page;

	for (; pfn < end_pfn; pfn += PAGES_PER_SECTION) {
		page = pfn_to_online_page(pfn);
		if (page && is_zone_movable_page(page))
			content.movable += PAGES_PER_SECTION;
		else if (page)
			content.has_kernel = true;
	}
	return content;
}

/* Pages that have to become movable together; 0 if they must not. */
static unsigned long pages_to_move_in(const struct demand *demand)
{
	const struct memory_group *group = demand->group;
	struct unit_content content;

	if (!group)
		return demand->nr_pages;
	if (!group->is_dynamic) {
		if (group->present_kernel_pages)
			return 0;
		return group->s.max_pages - group->present_movable_pages;
	}
	content = look_at_unit(demand);
	return content.has_kernel ? 0 : group->d.unit_pages - content.movable;
}

static struct zone *auto_movable_zone(const struct demand *demand)
{
	const unsigned long pages = pages_to_move_in(demand);

	if (!auto_movable_ratio || !pages ||
	    !ratio_allows(demand, NUMA_NO_NODE, pages))
		return kernel_zone(demand);
	if (auto_movable_numa_aware && !ratio_allows(demand, demand->nid, pages))
		return kernel_zone(demand);
	return node_zone(demand->nid, ZONE_MOVABLE);
}

static struct zone *choose_zone(enum mmop online_type,
				const struct demand *demand)
{
	switch (online_type) {
	case MMOP_ONLINE_KERNEL:
		return kernel_zone(demand);
	case MMOP_ONLINE_MOVABLE:
		return node_zone(demand->nid, ZONE_MOVABLE);
	default:
		return online_policy == POLICY_AUTO_MOVABLE ?
		       auto_movable_zone(demand) : contiguous_zone(demand);
	}
}

/**
 * zone_for_pfn_range() - the zone that a range would go to
 * @online_type: what is asked for
 * @nid: node of the range
 * @group: memory group of the range, or NULL
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 *
 * Context: Process context. Without device_hotplug_lock the answer is a hint.
 * Return: The zone, never NULL.
 */
struct zone *zone_for_pfn_range(enum mmop online_type, int nid,
				struct memory_group *group,
				unsigned long start_pfn, unsigned long nr_pages)
{
	const struct demand demand = {
		.nid = nid,
		.group = group,
		.start_pfn = start_pfn,
		.nr_pages = nr_pages,
	};

	return choose_zone(online_type, &demand);
}

/**
 * mhp_choose_zone() - the zone for a block of an operation
 * @blocks: the operation
 * @member: the block; all blocks before it have their zone
 *
 * Context: Process context. Caller holds device_hotplug_lock.
 * Return: The zone, never NULL.
 */
struct zone *mhp_choose_zone(struct mhp_block_operation *blocks,
			     const struct mhp_member *member)
{
	const struct demand demand = {
		.nid = member->mem->nid,
		.group = member->mem->group,
		.start_pfn = member->start_pfn,
		.nr_pages = member->nr_pages,
		.blocks = blocks,
		.member = member,
	};

	return choose_zone(blocks->online_type, &demand);
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/zone_kunit.c"
#endif
