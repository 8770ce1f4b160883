/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_CHOICE_H
#define __MM_MEMORY_HOTPLUG_CHOICE_H

#include <linux/types.h>

/* struct mhp_candidate: the block is no part of a device that leaves as a whole */
#define MHP_NO_DEVICE	(~0U)

/**
 * struct mhp_cost - what it costs to let a block or a device leave
 * @doubtful: there are pages in it that may not move
 * @sixteenths: part of its pages that have to move, rounded up
 * @pinned: kernel memory loses a place where it may live
 * @alone: no device leaves as a whole by it
 * @pages: pages of a block that have to move; of a device, the mean
 * @id: number of the block; of a device, that of its highest block
 */
struct mhp_cost {
	bool doubtful;
	unsigned int sixteenths;
	bool pinned;
	bool alone;
	unsigned long pages;
	unsigned long id;
};

/**
 * struct mhp_candidate - a memory block that may leave
 * @cost: what it costs if it leaves alone; all but @cost.sixteenths and
 *	  @cost.alone from the caller
 * @device: index of its device, or MHP_NO_DEVICE
 * @left_out: it is not to be chosen
 * @chosen: it is to leave
 */
struct mhp_candidate {
	struct mhp_cost cost;
	unsigned int device;
	bool left_out;
	bool chosen;
};

/**
 * struct mhp_device - memory blocks that came as a whole
 * @nr_blocks: how many of them are online, candidates or not
 * @nr_open: candidates that are neither chosen nor left out
 * @nr_staying: blocks that are not chosen
 * @cost: of the open candidates; the pages are their sum
 */
struct mhp_device {
	unsigned int nr_blocks;
	unsigned int nr_open;
	unsigned int nr_staying;
	struct mhp_cost cost;
};

/**
 * struct mhp_choice - what there is to choose from
 * @candidates: the blocks, ascending by number
 * @nr_candidates: how many
 * @devices: the devices that they belong to; @nr_blocks from the caller
 * @nr_devices: how many
 * @block_pages: pages in each block
 */
struct mhp_choice {
	struct mhp_candidate *candidates;
	unsigned int nr_candidates;
	struct mhp_device *devices;
	unsigned int nr_devices;
	unsigned long block_pages;
};

unsigned int mhp_choice_open(const struct mhp_choice *choice);
bool mhp_choose(struct mhp_choice *choice, unsigned int wanted);

#endif /* __MM_MEMORY_HOTPLUG_CHOICE_H */
