// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Boot memory for the kernel and boot memory that can move
 *
 * Memory that is there at boot belongs to the kernel's zones unless the
 * command line asks for a part of it to be in ZONE_MOVABLE. Each node is cut
 * in two: kernel memory below, ZONE_MOVABLE from a page frame on up to the end
 * of the node. Three rules say where to cut; the first that applies counts:
 *
 * movable_node cuts a node at its first memory that the firmware calls
 * hot-pluggable.
 *
 * kernelcore=mirror cuts a node at its first memory above 4 GiB that is not
 * mirrored. Mirrored memory above the cut stays with the kernel, so that the
 * two zones overlap.
 *
 * kernelcore= and movablecore= say how much of TOTAL, all memory of the
 * machine, is for the kernel: kernelcore= itself, TOTAL minus movablecore=, or
 * the larger one of the two. It is spread over the nodes like water over
 * vessels that are connected: every node has as much kernel memory as every
 * other one, except that a small node can not have more than it holds, and
 * that memory below the highest zone of the machine (ZONE_DMA32, say) can not
 * be but kernel memory, even if that is more than the others have. The result
 * does not depend on the order of the nodes.
 *
 * ZONE_MOVABLE begins at a multiple of the largest free area of the page
 * allocator. A cut moves up to the next one: the kernel has what it was
 * promised, or a little more.
 *
 * The arithmetic works on an array of memory regions, and reads nothing else.
 */

#include <linux/crash_dump.h>
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/math.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/overflow.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../internal.h"
#include "kernelcore.h"

unsigned long zone_movable_pfn[MAX_NUMNODES] __initdata;

/* Does memblock have to learn which memory is mirrored? */
bool mirrored_kernelcore __initdata_memblock;

/**
 * struct amount - how much memory an option asks for
 * @pages: in pages, or
 * @percent: in percent of all memory; both are 0 if nothing is asked for
 */
struct amount {
	unsigned long pages;
	unsigned int percent;
};

static struct amount kernelcore __initdata;
static struct amount movablecore __initdata;

static size_t __init number_length(const char *text)
{
	if (text[0] == '0' && tolower(text[1]) == 'x')
		return 2 + strspn(text + 2, "0123456789abcdefABCDEF");
	return strspn(text, "0123456789");
}

static bool __init set_percent(struct amount *amount, u64 percent)
{
	if (percent > 100)
		return false;
	*amount = (struct amount) { .percent = percent };
	return true;
}

static bool __init set_size(struct amount *amount, u64 size, const char *unit)
{
	static const char units[] __initconst = "KMGTPE";
	const char *found;

	if (*unit) {
		found = strchr(units, toupper(*unit));
		if (!found || unit[1] ||
		    check_shl_overflow(size, 10 * (found - units + 1), &size))
			return false;
	}
	if (size < PAGE_SIZE)
		return false;
	*amount = (struct amount) {
		.pages = min_t(u64, size >> PAGE_SHIFT, ULONG_MAX),
	};
	return true;
}

/* Leaves the amount alone if the text is none. */
static bool __init parse_amount(const char *text, struct amount *amount)
{
	const size_t len = number_length(text);
	char number[32];
	u64 value;

	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	if (kstrtou64(number, 0, &value) || !value)
		return false;
	return strcmp(text + len, "%") ? set_size(amount, value, text + len) :
					 set_percent(amount, value);
}

/* Of several kernelcore= the last one counts. */
static int __init set_kernelcore(char *text)
{
	text = text ?: "";
	if (!strcmp(text, "mirror")) {
		mirrored_kernelcore = true;
		kernelcore = (struct amount) { };
	} else if (parse_amount(text, &kernelcore)) {
		mirrored_kernelcore = false;
	} else {
		pr_warn("kernelcore=%s is not a size, not 1%% to 100%% and not mirror: ignored\n",
			text);
	}
	return 0;
}
early_param("kernelcore", set_kernelcore);

static int __init set_movablecore(char *text)
{
	text = text ?: "";
	if (!parse_amount(text, &movablecore))
		pr_warn("movablecore=%s is not a size and not 1%% to 100%%: ignored\n",
			text);
	return 0;
}
early_param("movablecore", set_movablecore);

/**
 * struct boot_node - a node at boot
 * @pages: its memory
 * @kernel_only: how much of it lies below the highest zone of the machine
 * @kernel_left: how much is still to be given to the kernel
 * @end_pfn: the end of its memory
 * @movable_pfn: where it is cut, 0 for not at all
 */
struct boot_node {
	unsigned long pages;
	unsigned long kernel_only;
	unsigned long kernel_left;
	unsigned long end_pfn;
	unsigned long movable_pfn;
};

/**
 * struct boot_memory - all memory at boot
 * @regions: the memory, ascending
 * @nr_regions: how many regions that are
 * @highest_zone_pfn: where the highest zone of the machine begins
 * @nodes: the nodes, by number
 * @nr_nodes: how many there may be
 */
struct boot_memory {
	struct memblock_region *regions;
	unsigned long nr_regions;
	unsigned long highest_zone_pfn;
	struct boot_node *nodes;
	unsigned int nr_nodes;
};

/**
 * struct boot_range - the whole pages of a region
 * @region: the region, NULL before the first one
 * @node: its node
 * @start_pfn: the first page frame
 * @end_pfn: the end
 */
struct boot_range {
	struct memblock_region *region;
	struct boot_node *node;
	unsigned long start_pfn;
	unsigned long end_pfn;
};

/* Leaves out what has no whole page, and what the firmware gave to no node. */
static bool __init next_range(const struct boot_memory *memory,
			      struct boot_range *range)
{
	struct memblock_region *region = range->region;
	unsigned int nid;

	region = region ? region + 1 : memory->regions;
	for (; region < memory->regions + memory->nr_regions; region++) {
		nid = memblock_get_region_node(region);
		range->start_pfn = memblock_region_memory_base_pfn(region);
		range->end_pfn = memblock_region_memory_end_pfn(region);
		if (nid >= memory->nr_nodes ||
		    range->start_pfn >= range->end_pfn)
			continue;
		range->region = region;
		range->node = &memory->nodes[nid];
		return true;
	}
	return false;
}

/* Returns how many pages the machine has. */
static unsigned long __init weigh_nodes(const struct boot_memory *memory)
{
	const unsigned long highest_zone_pfn = memory->highest_zone_pfn;
	struct boot_range range = { };
	unsigned long total = 0;

	while (next_range(memory, &range)) {
		const unsigned long pages = range.end_pfn - range.start_pfn;

		total += pages;
		range.node->pages += pages;
		range.node->end_pfn = range.end_pfn;
		if (range.start_pfn < highest_zone_pfn)
			range.node->kernel_only +=
				min(range.end_pfn, highest_zone_pfn) -
				range.start_pfn;
	}
	return total;
}

static unsigned long __init share_of(const struct boot_node *node,
				     unsigned long level)
{
	return clamp(level, node->kernel_only, node->pages);
}

static unsigned long __init shares_of_all(const struct boot_memory *memory,
					  unsigned long level)
{
	unsigned long pages = 0;
	unsigned int nid;

	for (nid = 0; nid < memory->nr_nodes; nid++)
		pages += share_of(&memory->nodes[nid], level);
	return pages;
}

/* The lowest level at which the nodes together have so many pages. */
static unsigned long __init level_for(const struct boot_memory *memory,
				      unsigned long pages)
{
	unsigned long low = 0, high = pages, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (shares_of_all(memory, middle) < pages)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

static void __init cut(struct boot_node *node, unsigned long pfn)
{
	if (!node->movable_pfn)
		node->movable_pfn = pfn;
}

/* So many pages, no more than there are, are for the kernel. */
static void __init cut_by_amount(const struct boot_memory *memory,
				 unsigned long pages)
{
	const unsigned long level = level_for(memory, pages);
	struct boot_range range = { };
	unsigned int nid;

	for (nid = 0; nid < memory->nr_nodes; nid++)
		memory->nodes[nid].kernel_left =
			share_of(&memory->nodes[nid], level);

	while (next_range(memory, &range)) {
		const unsigned long taken = min(range.node->kernel_left,
						range.end_pfn - range.start_pfn);

		range.node->kernel_left -= taken;
		if (range.start_pfn + taken < range.end_pfn)
			cut(range.node, range.start_pfn + taken);
	}
}

static void __init cut_at_hot_pluggable(const struct boot_memory *memory)
{
	struct boot_range range = { };

	while (next_range(memory, &range))
		if (memblock_is_hotpluggable(range.region))
			cut(range.node, range.start_pfn);
}

/* Returns whether the kernel gets memory that is not mirrored. */
static bool __init cut_at_unmirrored(const struct boot_memory *memory)
{
	const unsigned long lowest = max(memory->highest_zone_pfn,
					 PHYS_PFN(SZ_4G));
	struct boot_range range = { };
	bool unmirrored = false;

	while (next_range(memory, &range)) {
		if (memblock_is_mirror(range.region))
			continue;
		unmirrored |= range.start_pfn < lowest;
		if (range.end_pfn > lowest)
			cut(range.node, max(range.start_pfn, lowest));
	}
	return unmirrored;
}

/* Returns whether any memory is in ZONE_MOVABLE. */
static bool __init align_cuts(const struct boot_memory *memory)
{
	struct boot_node *node = memory->nodes;
	bool any = false;

	for (; node < memory->nodes + memory->nr_nodes; node++) {
		node->movable_pfn = roundup(node->movable_pfn,
					    MAX_ORDER_NR_PAGES);
		if (node->movable_pfn >= node->end_pfn)
			node->movable_pfn = 0;
		any |= node->movable_pfn;
	}
	return any;
}

static bool __init is_given(const struct amount *amount)
{
	return amount->pages || amount->percent;
}

static unsigned long __init amount_of(const struct amount *amount,
				      unsigned long total)
{
	if (amount->percent)
		return mult_frac(total, amount->percent, 100);
	return min(amount->pages, total);
}

/* How many pages are for the kernel if one of the options is given. */
static unsigned long __init kernel_pages(const struct amount *kernel,
					 const struct amount *movable,
					 unsigned long total)
{
	unsigned long pages = amount_of(movable, total);

	if (!is_given(movable))
		return amount_of(kernel, total);
	pages = min(roundup(pages, MAX_ORDER_NR_PAGES), total);
	return max(amount_of(kernel, total), total - pages);
}

static void __init split_by_amount(const struct boot_memory *memory,
				   unsigned long total)
{
	const unsigned long pages = kernel_pages(&kernelcore, &movablecore,
						 total);

	if (!pages) {
		pr_warn("movablecore= leaves no memory for the kernel: ignored\n");
		return;
	}
	cut_by_amount(memory, pages);
	if (!align_cuts(memory))
		pr_warn("kernelcore= or movablecore= leaves no memory for ZONE_MOVABLE\n");
}

static bool __init can_split_by_mirror(void)
{
	if (!mirrored_kernelcore)
		return false;
	if (memblock_has_mirror() && !is_kdump_kernel())
		return true;
	pr_warn("kernelcore=mirror on a machine without mirrored memory, or after a crash: ignored\n");
	mirrored_kernelcore = false;
	return false;
}

static void __init split(const struct boot_memory *memory)
{
	const unsigned long total = weigh_nodes(memory);
	const bool amount_given = is_given(&kernelcore) ||
				  is_given(&movablecore);

	if (movable_node_is_enabled()) {
		if (amount_given || mirrored_kernelcore)
			pr_warn("movable_node: kernelcore= and movablecore= are ignored\n");
		mirrored_kernelcore = false;
		cut_at_hot_pluggable(memory);
		align_cuts(memory);
	} else if (can_split_by_mirror()) {
		if (amount_given)
			pr_warn("kernelcore=mirror: movablecore= is ignored\n");
		if (cut_at_unmirrored(memory))
			pr_warn("kernelcore=mirror: memory that is not mirrored lies too low for ZONE_MOVABLE\n");
		align_cuts(memory);
	} else if (amount_given) {
		split_by_amount(memory, total);
	}
}

static struct boot_node boot_nodes[MAX_NUMNODES] __initdata;
static unsigned long highest_zone_end __initdata;

/**
 * split_boot_memory() - decide where ZONE_MOVABLE begins on each node
 * @zone_low: the lowest possible page frame of each zone
 * @zone_high: the end of the possible page frames of each zone
 *
 * Fills in zone_movable_pfn[] and movable_zone, the highest zone of the machine
 * apart from ZONE_MOVABLE. Options that can not be followed are ignored; a line
 * in the log says so.
 *
 * Context: Boot. All memory is in memblock, with its nodes.
 */
void __init split_boot_memory(const unsigned long *zone_low,
			      const unsigned long *zone_high)
{
	struct boot_memory memory = {
		.regions = memblock.memory.regions,
		.nr_regions = memblock.memory.cnt,
		.nodes = boot_nodes,
		.nr_nodes = ARRAY_SIZE(boot_nodes),
	};
	unsigned int nid;

	movable_zone = MAX_NR_ZONES - 1;
	while (movable_zone &&
	       (movable_zone == ZONE_MOVABLE ||
		zone_low[movable_zone] == zone_high[movable_zone]))
		movable_zone--;
	memory.highest_zone_pfn = zone_low[movable_zone];
	highest_zone_end = zone_high[movable_zone];

	split(&memory);
	for (nid = 0; nid < memory.nr_nodes; nid++)
		zone_movable_pfn[nid] = boot_nodes[nid].movable_pfn;
}

/**
 * struct zone_part - the memory of a zone on a node
 * @pages: how many pages
 * @end_pfn: the end of the last one, 0 if there is none
 */
struct zone_part {
	unsigned long pages;
	unsigned long end_pfn;
};

/* Adds what a zone that spans this range has of a region. */
static void __init add_region(struct zone_part *part,
			      struct memblock_region *region,
			      bool movable, unsigned long movable_pfn,
			      unsigned long start_pfn, unsigned long end_pfn)
{
	if (movable_pfn && mirrored_kernelcore) {
		if (movable && memblock_is_mirror(region))
			return;
		if (!movable && !memblock_is_mirror(region))
			end_pfn = min(end_pfn, movable_pfn);
	}
	start_pfn = max(start_pfn, memblock_region_memory_base_pfn(region));
	end_pfn = min(end_pfn, memblock_region_memory_end_pfn(region));
	if (start_pfn >= end_pfn)
		return;
	part->pages += end_pfn - start_pfn;
	part->end_pfn = end_pfn;
}

static struct zone_part __init zone_part_of(int nid, unsigned long zone_type,
					    unsigned long start_pfn,
					    unsigned long end_pfn)
{
	struct memblock_region *region;
	struct zone_part part = { };

	for_each_mem_region(region)
		if (memblock_get_region_node(region) == nid)
			add_region(&part, region, zone_type == ZONE_MOVABLE,
				   zone_movable_pfn[nid], start_pfn, end_pfn);
	return part;
}

/**
 * adjust_zone_range_for_zone_movable() - what ZONE_MOVABLE takes from a zone
 * @nid: the node
 * @zone_type: the zone
 * @node_end_pfn: the end of the node
 * @zone_start_pfn: where the zone begins on this node
 * @zone_end_pfn: where it ends
 *
 * Changes both, so that the zones of a node follow each other and only overlap
 * where mirrored memory lies behind the cut. A zone that has nothing left gets
 * an empty range.
 *
 * Context: Boot, after split_boot_memory().
 */
void __init adjust_zone_range_for_zone_movable(int nid,
					       unsigned long zone_type,
					       unsigned long node_end_pfn,
					       unsigned long *zone_start_pfn,
					       unsigned long *zone_end_pfn)
{
	const unsigned long movable_pfn = zone_movable_pfn[nid];

	if (!movable_pfn)
		return;
	if (zone_type == ZONE_MOVABLE) {
		*zone_start_pfn = movable_pfn;
		*zone_end_pfn = min(node_end_pfn, highest_zone_end);
	} else if (*zone_end_pfn > movable_pfn) {
		*zone_end_pfn = mirrored_kernelcore ?
			zone_part_of(nid, zone_type, *zone_start_pfn,
				     *zone_end_pfn).end_pfn :
			movable_pfn;
		*zone_start_pfn = min(*zone_start_pfn, *zone_end_pfn);
	}
}

/**
 * zone_absent_pages_in_node() - page frames of a zone that are not in it
 * @nid: the node
 * @zone_type: the zone
 * @zone_start_pfn: where the zone begins on this node
 * @zone_end_pfn: where it ends
 *
 * Context: Boot, after split_boot_memory().
 * Return: The number of page frames between start and end that have no memory,
 * or that belong to another node or to another zone.
 */
unsigned long __init zone_absent_pages_in_node(int nid,
					       unsigned long zone_type,
					       unsigned long zone_start_pfn,
					       unsigned long zone_end_pfn)
{
	return zone_end_pfn - zone_start_pfn -
	       zone_part_of(nid, zone_type, zone_start_pfn, zone_end_pfn).pages;
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/kernelcore_kunit.c"
#endif
