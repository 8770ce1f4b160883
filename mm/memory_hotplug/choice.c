// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Which memory blocks leave
 *
 * Somebody wants so many memory blocks to leave, no matter which. This file
 * chooses those that cost least. It only counts: what blocks there are, and
 * how many pages of each have to move, is told by the caller.
 *
 * The blocks are taken one after the other, the cheapest one first, or a
 * device at a time: if all that is left of a device may leave and is no more
 * than what is still wanted, its blocks compete together, with what they cost
 * on average. Only a device that has no block online can be unplugged.
 *
 * Of two costs, the first of these that differs decides: pages that may not
 * move at all; the part of the pages that has to move, in sixteenths of a
 * block, so that free blocks go first and small differences do not matter;
 * whether kernel memory may live there; whether a device leaves as a whole;
 * the pages, exactly; and the address, from above, as memory
 * that came last can be unplugged more often.
 *
 * The file reaches the kernel through choice_internal.h only, and is tested in
 * user space.
 */

#include "choice_internal.h"

#define SIXTEENTHS	16

/* A difference of the first kind that there is; less than 0 if one is cheaper. */
static int compare_costs(const struct mhp_cost *one,
			 const struct mhp_cost *other)
{
	if (one->doubtful != other->doubtful)
		return one->doubtful - other->doubtful;
	if (one->sixteenths != other->sixteenths)
		return one->sixteenths < other->sixteenths ? -1 : 1;
	if (one->pinned != other->pinned)
		return one->pinned - other->pinned;
	if (one->alone != other->alone)
		return one->alone - other->alone;
	if (one->pages != other->pages)
		return one->pages < other->pages ? -1 : 1;
	return one->id > other->id ? -1 : one->id < other->id;
}

static int by_cost(const void *one, const void *other)
{
	const struct mhp_candidate *a = one, *b = other;

	return compare_costs(&a->cost, &b->cost);
}

static int by_id(const void *one, const void *other)
{
	const struct mhp_candidate *a = one, *b = other;

	return a->cost.id < b->cost.id ? -1 : a->cost.id > b->cost.id;
}

static bool is_open(const struct mhp_candidate *candidate)
{
	return !candidate->left_out && !candidate->chosen;
}

/**
 * mhp_choice_open() - how many blocks may leave
 * @choice: what there is to choose from
 *
 * Context: Any context.
 * Return: The number of candidates that are neither chosen nor left out.
 */
unsigned int mhp_choice_open(const struct mhp_choice *choice)
{
	unsigned int i, nr = 0;

	for (i = 0; i < choice->nr_candidates; i++)
		nr += is_open(&choice->candidates[i]);
	return nr;
}

static unsigned int sixteenths(const struct mhp_choice *choice,
			       unsigned long pages, unsigned int nr_blocks)
{
	return DIV_ROUND_UP(pages * SIXTEENTHS,
			    choice->block_pages * nr_blocks);
}

static void count_for_device(struct mhp_device *device,
			     const struct mhp_cost *cost)
{
	device->nr_open++;
	device->cost.doubtful |= cost->doubtful;
	device->cost.pinned |= cost->pinned;
	device->cost.pages += cost->pages;
	device->cost.id = max(device->cost.id, cost->id);
}

/* What is left of each device, after some of its blocks were chosen. */
static void count_devices(struct mhp_choice *choice)
{
	const struct mhp_candidate *candidate;
	struct mhp_device *device;
	unsigned int i;

	for (i = 0; i < choice->nr_devices; i++) {
		device = &choice->devices[i];
		device->nr_open = 0;
		device->nr_staying = device->nr_blocks;
		memset(&device->cost, 0, sizeof(device->cost));
	}
	for (i = 0; i < choice->nr_candidates; i++) {
		candidate = &choice->candidates[i];
		if (candidate->device == MHP_NO_DEVICE)
			continue;
		device = &choice->devices[candidate->device];
		if (is_open(candidate))
			count_for_device(device, &candidate->cost);
		else if (candidate->chosen)
			device->nr_staying--;
	}
}

static struct mhp_cost cost_of_device(const struct mhp_choice *choice,
				      const struct mhp_device *device)
{
	struct mhp_cost cost = device->cost;

	cost.sixteenths = sixteenths(choice, cost.pages, device->nr_open);
	cost.pages /= device->nr_open;
	return cost;
}

/* The cheapest device that can leave whole; MHP_NO_DEVICE if there is none. */
static unsigned int cheapest_device(const struct mhp_choice *choice,
				    unsigned int wanted, struct mhp_cost *least)
{
	unsigned int i, cheapest = MHP_NO_DEVICE;
	const struct mhp_device *device;
	struct mhp_cost cost;

	for (i = 0; i < choice->nr_devices; i++) {
		device = &choice->devices[i];
		if (!device->nr_open || device->nr_open > wanted ||
		    device->nr_open < device->nr_staying)
			continue;
		cost = cost_of_device(choice, device);
		if (cheapest != MHP_NO_DEVICE &&
		    compare_costs(&cost, least) >= 0)
			continue;
		cheapest = i;
		*least = cost;
	}
	return cheapest;
}

static unsigned int take_device(struct mhp_choice *choice, unsigned int device)
{
	struct mhp_candidate *candidate;
	unsigned int i, taken = 0;

	for (i = 0; i < choice->nr_candidates; i++) {
		candidate = &choice->candidates[i];
		if (candidate->device != device || !is_open(candidate))
			continue;
		candidate->chosen = true;
		taken++;
	}
	return taken;
}

/* Takes a block, or a device, of @wanted blocks; returns how many blocks. */
static unsigned int take_cheapest(struct mhp_choice *choice,
				  struct mhp_candidate *candidate,
				  unsigned int wanted)
{
	unsigned int device, taken = 1;
	struct mhp_cost cost;

	device = cheapest_device(choice, wanted, &cost);
	if (device != MHP_NO_DEVICE &&
	    compare_costs(&cost, &candidate->cost) < 0) {
		taken = take_device(choice, device);
	} else {
		candidate->chosen = true;
		device = candidate->device;
	}
	if (device != MHP_NO_DEVICE)
		count_devices(choice);
	return taken;
}

/**
 * mhp_choose() - choose the blocks that leave
 * @choice: what there is to choose from; ->chosen of the candidates is set
 * @wanted: how many blocks
 *
 * Context: Any context.
 * Return: false if there are not so many; then none is chosen.
 */
bool mhp_choose(struct mhp_choice *choice, unsigned int wanted)
{
	struct mhp_candidate *candidates = choice->candidates;
	const unsigned int nr = choice->nr_candidates;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		candidates[i].chosen = false;
		candidates[i].cost.alone = true;
		candidates[i].cost.sixteenths =
			sixteenths(choice, candidates[i].cost.pages, 1);
	}
	if (mhp_choice_open(choice) < wanted)
		return false;

	count_devices(choice);
	sort(candidates, nr, sizeof(*candidates), by_cost, NULL);
	for (i = 0; wanted; ) {
		if (is_open(&candidates[i]))
			wanted -= take_cheapest(choice, &candidates[i], wanted);
		else
			i++;
	}
	sort(candidates, nr, sizeof(*candidates), by_id, NULL);
	return true;
}

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "tests/choice_kunit.c"
#endif
