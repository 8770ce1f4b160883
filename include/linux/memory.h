/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory blocks, memory groups and the memory notifier: what drivers see of
 * memory hotplug. What drivers call to add, online, offline and remove memory
 * is in linux/memory_hotplug.h.
 */
#ifndef _LINUX_MEMORY_H_
#define _LINUX_MEMORY_H_

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/node.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>

struct mem_section;

/* A memory block is at least one section */
#define MIN_MEMORY_BLOCK_SIZE	BIT(SECTION_SIZE_BITS)

/*
 * States of a memory block, and the events of the memory notifier. A block is
 * in one of the first three, which user space reads by name.
 */
enum memory_block_state {
	MEM_ONLINE		= 0,
	MEM_GOING_OFFLINE	= 1,
	MEM_OFFLINE		= 2,
	MEM_GOING_ONLINE	= 3,
	MEM_CANCEL_ONLINE	= 4,
	MEM_CANCEL_OFFLINE	= 5,
	MEM_PREPARE_ONLINE	= 6,
	MEM_FINISH_OFFLINE	= 7,
};

/**
 * struct memory_group - memory blocks that one device brought
 * @nid: node of every block in the group
 * @is_dynamic: true if the device adds and removes memory in units (@d), false
 *		if it does so all at once (@s)
 * @present_kernel_pages: pages of the group that are online outside ZONE_MOVABLE
 * @present_movable_pages: pages of the group that are online in ZONE_MOVABLE
 * @memory_blocks: the blocks, linked by their group_next
 * @s: what only a static group has
 * @s.max_pages: most pages that a static group will ever hold
 * @d: what only a dynamic group has
 * @d.unit_pages: pages in a unit of a dynamic group: a power of two, at least
 *		  one block, and the alignment of each unit in physical memory
 *
 * The online policy looks at a group to keep a device, a DIMM for example, in
 * one kind of zone. A block is in one group or in none; the blocks of a group
 * need not be contiguous. device_hotplug_lock guards every member.
 */
struct memory_group {
	int nid;
	bool is_dynamic;
	unsigned long present_kernel_pages;
	unsigned long present_movable_pages;
	struct list_head memory_blocks;
	union {
		struct {
			unsigned long max_pages;
		} s;
		struct {
			unsigned long unit_pages;
		} d;
	};
};

/**
 * struct memory_block - the unit in which memory goes online and offline
 * @dev: the device memoryN
 * @start_section_nr: first section of the block
 * @state: MEM_ONLINE, MEM_GOING_OFFLINE or MEM_OFFLINE
 * @online_type: kind of zone for the next device_online() by a driver, which
 *		 uses it up; MMOP_OFFLINE stands for MMOP_ONLINE
 * @nid: node of the block; the last one if boot memory of several nodes meets
 *	 in it
 * @zone: the one zone that holds all the memory of an online block; NULL if
 *	  there are several (such a block can not go offline) or none
 * @memmap_pages: pages at the start of the block that hold its own memory map;
 *		  0 if that lies elsewhere
 * @inaccessible: these pages can not be touched before MEM_PREPARE_ONLINE
 * @group: the group that the block belongs to, or NULL
 * @group_next: next block of @group
 * @nr_hwpoison: pages of the block with a hardware memory error
 * @rcu: defers freeing until nobody looks at the block any more
 *
 * device_hotplug_lock guards every member against change. @state and @zone may
 * be read without it by who can bear a stale value, @nr_hwpoison counts itself.
 */
struct memory_block {
	struct device dev;
	unsigned long start_section_nr;
	enum memory_block_state state;
	enum mmop online_type;
	int nid;
	struct zone *zone;
	unsigned long memmap_pages;
	bool inaccessible;
	struct memory_group *group;
	struct list_head group_next;
#if defined(CONFIG_MEMORY_FAILURE) && defined(CONFIG_MEMORY_HOTPLUG)
	atomic_long_t nr_hwpoison;
#endif
	struct rcu_head rcu;
};

/**
 * struct memory_notify - what a memory notifier is told
 * @start_pfn: first page frame that changes
 * @nr_pages: how many
 * @altmap_start_pfn: first page frame of the memory map that lies on the block
 * @altmap_nr_pages: how many, 0 if the map lies elsewhere
 * @status_change_nid: node that gets its first or loses its last memory by
 *		       this, or NUMA_NO_NODE
 * @status_change_nid_normal: the same for memory outside ZONE_MOVABLE
 *
 * The altmap members are for MEM_PREPARE_ONLINE and MEM_FINISH_OFFLINE.
 */
struct memory_notify {
	unsigned long start_pfn;
	unsigned long nr_pages;
	unsigned long altmap_start_pfn;
	unsigned long altmap_nr_pages;
	int status_change_nid;
	int status_change_nid_normal;
};

/**
 * struct mhp_progress - how far an operation is
 * @operation: what kind, in one word: add, remove, online or offline
 * @nr_blocks: how many memory blocks it acts on
 * @first_block: number of the lowest block
 * @last_block: number of the highest block
 * @pages_done: pages that were moved so far
 * @pages_left: pages that are still to be moved
 * @ns: nanoseconds since it began
 */
struct mhp_progress {
	const char *operation;
	unsigned int nr_blocks;
	unsigned long first_block;
	unsigned long last_block;
	unsigned long pages_done;
	unsigned long pages_left;
	u64 ns;
};

/**
 * struct mhp_query - what it would cost to take memory offline
 * @movable: pages in use that would have to move
 * @unmovable: pages that can not move
 * @first_unmovable_pfn: page frame number of the lowest of those; 0 if there
 *			 are none
 * @last_unmovable_pfn: of the highest
 */
struct mhp_query {
	unsigned long movable;
	unsigned long unmovable;
	unsigned long first_unmovable_pfn;
	unsigned long last_unmovable_pfn;
};

/* Priorities of memory notifiers: the highest is called first */
#define DEFAULT_CALLBACK_PRI	0
#define SLAB_CALLBACK_PRI	1
#define HMAT_CALLBACK_PRI	2
#define CXL_CALLBACK_PRI	5
#define CPUSET_CALLBACK_PRI	10
#define MM_COMPUTE_BATCH_PRI	10
#define KSM_CALLBACK_PRI	100
#define MEMTIER_HOTPLUG_PRI	100

unsigned long memory_block_size_bytes(void);
int set_memory_block_size_order(unsigned int order);
int arch_get_memory_phys_device(unsigned long start_pfn);

typedef int (*walk_memory_blocks_func_t)(struct memory_block *, void *);
typedef int (*walk_memory_groups_func_t)(struct memory_group *, void *);

#ifdef CONFIG_MEMORY_HOTPLUG
/* Memory block devices: drivers/base/memory.c */
extern unsigned int sections_per_block;

void memory_dev_init(void);
int create_memory_block_devices(unsigned long start, unsigned long size,
				int nid, const struct vmem_altmap *altmap,
				struct memory_group *group);
void remove_memory_block_devices(unsigned long start, unsigned long size);

struct memory_block *find_memory_block(unsigned long section_nr);
int walk_memory_blocks(unsigned long start, unsigned long size, void *arg,
		       walk_memory_blocks_func_t func);
/* Call func(block, arg) for each memory block, until it does not return 0 */
#define for_each_memory_block(arg, func)	walk_memory_blocks(0, ULONG_MAX, arg, func)

int memory_blocks_online(struct memory_block **blocks, unsigned int nr,
			 enum mmop online_type);
int memory_blocks_offline(struct memory_block **blocks, unsigned int nr);
int memory_blocks_try_offline(struct memory_block **blocks, unsigned int nr);
int memory_range_online(u64 start, u64 size, enum mmop online_type);
int memory_range_offline(u64 start, u64 size);

#ifdef CONFIG_NUMA
void memory_block_add_nid(struct memory_block *mem, int nid,
			  enum meminit_context context);
#endif

/* The number of the block, N in memoryN, that holds a section, ... */
static inline unsigned long memory_block_id(unsigned long section_nr)
{
	return section_nr / sections_per_block;
}

/* ... a page frame, ... */
static inline unsigned long pfn_to_block_id(unsigned long pfn)
{
	return memory_block_id(pfn_to_section_nr(pfn));
}

/* ... a physical address */
static inline unsigned long phys_to_block_id(phys_addr_t phys)
{
	return pfn_to_block_id(PHYS_PFN(phys));
}

static inline unsigned long memory_block_start_pfn(const struct memory_block *mem)
{
	return section_nr_to_pfn(mem->start_section_nr);
}

/* Page frames in each memory block */
static inline unsigned long memory_block_nr_pages(void)
{
	return PAGES_PER_SECTION * sections_per_block;
}

/* Pages of the block that have a hardware memory error */
static inline unsigned long memory_block_nr_poison(struct memory_block *mem)
{
#ifdef CONFIG_MEMORY_FAILURE
	return atomic_long_read(&mem->nr_hwpoison);
#else
	return 0;
#endif
}

/* Memory groups: mm/memory_hotplug/group.c */
int memory_group_register_static(int nid, unsigned long max_pages);
int memory_group_register_dynamic(int nid, unsigned long unit_pages);
int memory_group_unregister(int mgid);
struct memory_group *memory_group_find_by_id(int mgid);
int walk_dynamic_memory_groups(int nid, walk_memory_groups_func_t func,
			       struct memory_group *excluded, void *arg);

/* The operation that runs: mm/memory_hotplug/progress.c */
bool mhp_progress(struct mhp_progress *progress);
int mhp_cancel(void);

/* Asking before an offline: mm/memory_hotplug/query.c */
int mhp_query_range(u64 start, u64 size, struct mhp_query *query);

/* Blocks that may leave, no matter which: mm/memory_hotplug/offline.c and shrink.c */
#ifdef CONFIG_MEMORY_HOTREMOVE
int mhp_try_offline_blocks(struct memory_block **blocks, unsigned int nr_blocks);
int mhp_shrink(struct memory_block **blocks, unsigned int nr_blocks, u64 wanted);
#else
static inline int mhp_try_offline_blocks(struct memory_block **blocks,
					 unsigned int nr_blocks)
{
	return -EINVAL;
}

static inline int mhp_shrink(struct memory_block **blocks,
			     unsigned int nr_blocks, u64 wanted)
{
	return -EINVAL;
}
#endif

/* The memory notifier: mm/memory_hotplug/notify.c */
int register_memory_notifier(struct notifier_block *nb);
void unregister_memory_notifier(struct notifier_block *nb);
int memory_notify(unsigned long val, void *v);

#define hotplug_memory_notifier(fn, pri) ({				\
	static struct notifier_block fn##_mem_nb __meminitdata = {	\
		.priority = (pri),					\
		.notifier_call = (fn),					\
	};								\
	register_memory_notifier(&fn##_mem_nb);				\
})
#else /* !CONFIG_MEMORY_HOTPLUG */
static inline void memory_dev_init(void) {}

static inline int register_memory_notifier(struct notifier_block *nb)
{
	return 0;
}

static inline void unregister_memory_notifier(struct notifier_block *nb) {}

static inline int memory_notify(unsigned long val, void *v)
{
	return 0;
}

static inline int hotplug_memory_notifier(notifier_fn_t fn, int pri)
{
	return 0;
}
#endif /* CONFIG_MEMORY_HOTPLUG */

/* Held while kernel text is patched, kernel/extable.c; may be slept under */
extern struct mutex text_mutex;

#endif /* _LINUX_MEMORY_H_ */
