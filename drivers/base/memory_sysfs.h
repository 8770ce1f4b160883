/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What memory.c, the memory blocks, and memory_sysfs.c, the files that show
 * them, know of each other.
 */
#ifndef _DRIVERS_BASE_MEMORY_SYSFS_H
#define _DRIVERS_BASE_MEMORY_SYSFS_H

#include <linux/memory.h>
#include <linux/sysfs.h>
#include <linux/types.h>

/**
 * struct memory_block_run - neighbouring blocks in the same state
 * @first: lowest id
 * @last: highest id
 * @state: the state of all of them
 */
struct memory_block_run {
	u32 first;
	u32 last;
	enum memory_block_state state;
};

extern const struct attribute_group *memory_block_groups[];
extern const struct attribute_group *memory_root_groups[];
int memory_state_file_create(struct device *root);

size_t memory_block_runs(struct memory_block_run *runs, size_t max);
int memory_list_change(const char *text, enum mmop type);
int memory_blocks_shrink(u64 wanted);

static inline struct memory_block *to_memory_block(struct device *dev)
{
	return container_of(dev, struct memory_block, dev);
}

#endif /* _DRIVERS_BASE_MEMORY_SYSFS_H */
