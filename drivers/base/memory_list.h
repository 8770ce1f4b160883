/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DRIVERS_BASE_MEMORY_LIST_H
#define _DRIVERS_BASE_MEMORY_LIST_H

/* memory_list_find(): there is none */
#define MEMORY_LIST_NONE	ULONG_MAX

/**
 * struct memory_list_region - memory blocks that one item of a list names
 * @first: lowest block id of the region
 * @last: highest block id of the region, at most U32_MAX
 * @period: the region is cut into periods of this many ids, at least 1
 * @used: ids that are named at the start of each period, at most @period
 * @existing: false if every named id has to exist, true if the item means
 *	      those that do
 */
struct memory_list_region {
	unsigned long first;
	unsigned long last;
	unsigned long period;
	unsigned long used;
	bool existing;
};

int memory_list_next(const char **text, unsigned long highest,
		     struct memory_list_region *region);
unsigned long memory_list_find(const struct memory_list_region *region,
			       unsigned long from);

#endif /* _DRIVERS_BASE_MEMORY_LIST_H */
