// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The blocks of an operation
 *
 * Onlining and offlining act on memory blocks that exist. For the time of the
 * operation each of them has a struct mhp_member, which keeps what the steps
 * have to remember about the block: where it goes or came from, what
 * notifiers were told, what its pageblocks were. All of it is allocated
 * before the first step, so that steps and their undo need no memory.
 */

#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <linux/slab.h>

#include "internal.h"

static unsigned long pages_per_block(void)
{
	return PHYS_PFN(memory_block_size_bytes());
}

static void describe_member(struct mhp_member *member,
			    struct memory_block *mem, u8 *types)
{
	member->mem = mem;
	member->start_pfn = section_nr_to_pfn(mem->start_section_nr);
	member->nr_pages = pages_per_block();
	member->memmap_pages = mem->memmap_pages;
	member->pageblock_types = types;
	member->notify = (struct memory_notify) {
		.altmap_start_pfn = member->start_pfn,
		.altmap_nr_pages = member->memmap_pages,
		.start_pfn = mhp_usable_start(member),
		.nr_pages = mhp_usable_pages(member),
		.status_change_nid_normal = NUMA_NO_NODE,
		.status_change_nid = NUMA_NO_NODE,
	};
}

/**
 * mhp_block_operation_alloc() - prepare an operation on memory blocks
 * @type: which operation
 * @blocks: the blocks, ascending by id, each once
 * @nr_blocks: how many, at least one
 *
 * Context: Process context, may sleep. Caller holds device_hotplug_lock.
 * Return: The operation, to be freed with mhp_block_operation_free(); NULL if
 * there is no memory for it.
 */
struct mhp_block_operation *
mhp_block_operation_alloc(const struct mhp_operation_type *type,
			  struct memory_block **blocks, unsigned int nr_blocks)
{
	const size_t nr_types = pages_per_block() >> pageblock_order;
	const size_t bytes = sizeof(struct mhp_member) + nr_types;
	struct mhp_block_operation *ours;
	struct mhp_operation *operation;
	unsigned int unit;
	u8 *types;

	ours = kzalloc(sizeof(*ours), GFP_KERNEL);
	if (!ours)
		return NULL;
	ours->members = kvcalloc(nr_blocks, bytes, GFP_KERNEL);
	if (!ours->members) {
		kfree(ours);
		return NULL;
	}

	types = (u8 *)&ours->members[nr_blocks];
	for (unit = 0; unit < nr_blocks; unit++)
		describe_member(&ours->members[unit], blocks[unit],
				types + unit * nr_types);

	operation = &ours->operation;
	operation->type = type;
	operation->start_pfn = ours->members[0].start_pfn;
	operation->end_pfn = mhp_member_end(&ours->members[nr_blocks - 1]);
	operation->first_block = blocks[0]->dev.id;
	operation->last_block = blocks[nr_blocks - 1]->dev.id;
	operation->nr_pages = nr_blocks * pages_per_block();
	operation->nr_units = nr_blocks;
	return ours;
}

/**
 * mhp_block_operation_free() - forget an operation
 * @blocks: the operation, or NULL
 *
 * Context: Process context.
 */
void mhp_block_operation_free(struct mhp_block_operation *blocks)
{
	if (!blocks)
		return;
	kvfree(blocks->members);
	kfree(blocks);
}

/**
 * mhp_next_member() - walk over the blocks of an operation
 * @blocks: the operation
 * @previous: what was returned last, NULL for the first block
 *
 * Context: Any context.
 * Return: The next block, ascending; NULL after the last one, so that the
 * same variable can start the next walk.
 */
struct mhp_member *mhp_next_member(const struct mhp_block_operation *blocks,
				   const struct mhp_member *previous)
{
	const size_t next = previous ? previous - blocks->members + 1 : 0;

	return next < blocks->operation.nr_units ? &blocks->members[next] :
						   NULL;
}

/**
 * mhp_set_zone() - note the zone of a block
 * @blocks: the operation
 * @member: one of its blocks
 * @zone: the zone it is in, or is to be in
 *
 * Context: Any context. Once for every block.
 */
void mhp_set_zone(struct mhp_block_operation *blocks, struct mhp_member *member,
		  struct zone *zone)
{
	struct mhp_member **leader = &blocks->first_leader;

	member->zone = zone;
	while (*leader && (*leader)->zone != zone)
		leader = &(*leader)->next_leader;
	if (*leader)
		return;
	member->leads_zone = true;
	*leader = member;
}
