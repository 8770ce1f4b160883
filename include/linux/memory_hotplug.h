/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LINUX_MEMORY_HOTPLUG_H
#define __LINUX_MEMORY_HOTPLUG_H

/*
 * What drivers and architectures call to add, remove, online and offline
 * memory. The implementation is in mm/memory_hotplug/; each function is
 * described where it is defined.
 */

#include <linux/bug.h>
#include <linux/mmzone.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>

struct dev_pagemap;
struct mem_section;
struct memory_block;
struct memory_group;
struct page;
struct pglist_data;
struct resource;
struct vmem_altmap;
struct zone;

/**
 * enum mmop - what to do with a memory block
 * @MMOP_OFFLINE: take it offline
 * @MMOP_ONLINE: put it online, the policy chooses the zone
 * @MMOP_ONLINE_KERNEL: put it online in a zone for kernel memory
 * @MMOP_ONLINE_MOVABLE: put it online in ZONE_MOVABLE
 *
 * The values are in the order that callers use for range checks.
 */
enum mmop {
	MMOP_OFFLINE = 0,
	MMOP_ONLINE = 1,
	MMOP_ONLINE_KERNEL = 2,
	MMOP_ONLINE_MOVABLE = 3,
};

/* What an architecture can map; also used without memory hotplug. */
struct range arch_get_mappable_range(void);

#ifdef CONFIG_MEMORY_HOTPLUG

/**
 * typedef mhp_t - wishes of the one who adds memory
 *
 * MHP_MERGE_RESOURCE: the new resource may be merged with its neighbours, so
 * that the caller must not use its pointer any more once the add succeeded.
 *
 * MHP_MEMMAP_ON_MEMORY: put the memory map on the new memory, where geometry
 * and the parameter memmap_on_memory allow it. For memory that is there as a
 * whole before it goes online.
 *
 * MHP_NID_IS_MGID: the node argument is the id of a memory group.
 *
 * MHP_OFFLINE_INACCESSIBLE: the memory can not be touched while it is
 * offline; MEM_PREPARE_ONLINE makes it accessible.
 *
 * MHP_LEAVE_OFFLINE: the policy for new memory is not asked, the caller puts
 * the memory online.
 */
typedef int __bitwise mhp_t;

#define MHP_NONE			((__force mhp_t)0)
#define MHP_MERGE_RESOURCE		((__force mhp_t)BIT(0))
#define MHP_MEMMAP_ON_MEMORY		((__force mhp_t)BIT(1))
#define MHP_NID_IS_MGID			((__force mhp_t)BIT(2))
#define MHP_OFFLINE_INACCESSIBLE	((__force mhp_t)BIT(3))
#define MHP_LEAVE_OFFLINE		((__force mhp_t)BIT(4))

/**
 * struct mhp_params - how to map memory that is added
 * @altmap: where the memory map comes from, or NULL for ordinary memory
 * @pgprot: protection of the direct map, never 0
 * @pgmap: the device that owns the range, or NULL for System RAM
 */
struct mhp_params {
	struct vmem_altmap *altmap;
	pgprot_t pgprot;
	struct dev_pagemap *pgmap;
};

/**
 * enum mhp_blocker_kind - what keeps a memory block online
 * @MHP_BLOCKER_SLAB: kernel memory of a slab cache
 * @MHP_BLOCKER_PAGETABLE: a page table
 * @MHP_BLOCKER_KERNEL: any other page that the kernel allocated for itself
 * @MHP_BLOCKER_RESERVED: taken before the page allocator existed
 * @MHP_BLOCKER_PINNED: user memory pinned for a device
 * @MHP_BLOCKER_SECRET: user memory that no kernel mapping may copy
 * @MHP_BLOCKER_HUGEPAGE: a huge page of a size that can not be moved
 * @MHP_BLOCKER_POISONED: a huge page with a hardware error in it
 * @MHP_BLOCKER_OFFLINE: taken away by a driver that did not give it back
 * @MHP_BLOCKER_CMA: reserved for contiguous allocations
 * @MHP_BLOCKER_HOLE: no memory there
 * @MHP_BLOCKER_ZONES: the block belongs to more than one zone
 * @NR_MHP_BLOCKERS: number of kinds
 */
enum mhp_blocker_kind {
	MHP_BLOCKER_SLAB,
	MHP_BLOCKER_PAGETABLE,
	MHP_BLOCKER_KERNEL,
	MHP_BLOCKER_RESERVED,
	MHP_BLOCKER_PINNED,
	MHP_BLOCKER_SECRET,
	MHP_BLOCKER_HUGEPAGE,
	MHP_BLOCKER_POISONED,
	MHP_BLOCKER_OFFLINE,
	MHP_BLOCKER_CMA,
	MHP_BLOCKER_HOLE,
	MHP_BLOCKER_ZONES,
	NR_MHP_BLOCKERS,
};

/**
 * struct mhp_blocker - the blockers of one kind in a memory block
 * @count: how many pages
 * @first_pfn: page frame number of the first one
 */
struct mhp_blocker {
	unsigned long count;
	unsigned long first_pfn;
};

/* blockers.c: what holds a block */
const char *mhp_blocker_name(enum mhp_blocker_kind kind);
bool mhp_block_removable(struct memory_block *mem);
void mhp_block_blockers(struct memory_block *mem,
			struct mhp_blocker blockers[NR_MHP_BLOCKERS]);

/* pages.c: page frames that come and go */
struct page *pfn_to_online_page(unsigned long pfn);
int __add_pages(int nid, unsigned long start_pfn, unsigned long nr_pages,
		struct mhp_params *params);
void __remove_pages(unsigned long start_pfn, unsigned long nr_pages, struct vmem_altmap *altmap,
		    struct dev_pagemap *pgmap);
bool mhp_range_allowed(u64 start, u64 size, bool need_mapping);
struct range mhp_get_pluggable_range(bool need_mapping);

#ifdef CONFIG_ARCH_HAS_ADD_PAGES
int add_pages(int nid, unsigned long start_pfn, unsigned long nr_pages,
	      struct mhp_params *params);
#else
static inline int add_pages(int nid, unsigned long start_pfn,
			    unsigned long nr_pages, struct mhp_params *params)
{
	return __add_pages(nid, start_pfn, nr_pages, params);
}
#endif

/* add.c and memmap.c: the physical phase */
extern u64 max_mem_size;
int add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags);
int __add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags);
int add_memory_resource(int nid, struct resource *resource, mhp_t mhp_flags);
int add_memory_driver_managed(int nid, u64 start, u64 size, const char *resource_name,
			      mhp_t mhp_flags);
bool mhp_supports_memmap_on_memory(void);

/* online.c: the logical phase */
typedef void (*online_page_callback_t)(struct page *page, unsigned int order);

void generic_online_page(struct page *page, unsigned int order);
int set_online_page_callback(online_page_callback_t callback);
int restore_online_page_callback(online_page_callback_t callback);
int mhp_online_blocks(struct memory_block **blocks, unsigned int nr_blocks, enum mmop online_type);
enum mmop mhp_get_default_online_type(void);
void mhp_set_default_online_type(enum mmop online_type);

/* drivers/base/memory.c: the words that mean an enum mmop */
int mhp_online_type_from_str(const char *str);

/* zone.c and span.c: which zone, and how far it reaches */
struct zone *zone_for_pfn_range(enum mmop online_type, int nid, struct memory_group *group,
				unsigned long start_pfn, unsigned long nr_pages);
void move_pfn_range_to_zone(struct zone *zone, unsigned long start_pfn, unsigned long nr_pages,
			    struct vmem_altmap *altmap, int migratetype);
void remove_pfn_range_from_zone(struct zone *zone, unsigned long start_pfn, unsigned long nr_pages);

extern bool movable_node_enabled;

static inline bool movable_node_is_enabled(void)
{
	return movable_node_enabled;
}

/* node.c: nodes that appear and disappear */
int try_online_node(int nid);

/* lock.c: who may change memory, and who may rely on it not changing */
void get_online_mems(void);
void put_online_mems(void);
void mem_hotplug_begin(void);
void mem_hotplug_done(void);

/* What an architecture provides */
int arch_add_memory(int nid, u64 start, u64 size, struct mhp_params *params);
void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap, struct dev_pagemap *pgmap);
bool arch_maps_memmap_large(void);
int arch_create_linear_mapping(int nid, u64 start, u64 size, struct mhp_params *params);
void arch_remove_linear_mapping(u64 start, u64 size);

/* What mm/sparse.c, mm/mm_init.c and mm/page_alloc.c provide */
int sparse_add_section(int nid, unsigned long pfn, unsigned long nr_pages,
		       struct vmem_altmap *altmap, struct dev_pagemap *pgmap);
void sparse_remove_section(unsigned long pfn, unsigned long nr_pages, struct vmem_altmap *altmap,
			   struct dev_pagemap *pgmap);
struct page *sparse_decode_mem_map(unsigned long coded_mem_map, unsigned long pnum);
int __ref free_area_init_core_hotplug(struct pglist_data *pgdat);
unsigned long __offline_isolated_pages(unsigned long start_pfn, unsigned long end_pfn);

/*
 * The span of a zone changes only in span.c, under the sequence lock: a
 * reader that must see start and length of one moment retries.
 */
static inline unsigned int zone_span_seqbegin(struct zone *zone)
{
	return read_seqbegin(&zone->span_seqlock);
}

static inline int zone_span_seqretry(struct zone *zone, unsigned int iv)
{
	return read_seqretry(&zone->span_seqlock, iv);
}

static inline void zone_seqlock_init(struct zone *zone)
{
	seqlock_init(&zone->span_seqlock);
}

/* Keeps the pointer to a node's kswapd stable while somebody looks at it. */
static inline void pgdat_kswapd_lock_init(pg_data_t *pgdat)
{
	mutex_init(&pgdat->kswapd_lock);
}

static inline void pgdat_kswapd_lock(pg_data_t *pgdat)
{
	mutex_lock(&pgdat->kswapd_lock);
}

static inline void pgdat_kswapd_unlock(pg_data_t *pgdat)
{
	mutex_unlock(&pgdat->kswapd_lock);
}

#else /* !CONFIG_MEMORY_HOTPLUG */

#define pfn_to_online_page(pfn)						\
({									\
	unsigned long __pfn = (pfn);					\
	pfn_valid(__pfn) ? pfn_to_page(__pfn) : NULL;			\
})

static inline bool mhp_supports_memmap_on_memory(void) { return false; }
static inline bool movable_node_is_enabled(void) { return false; }
static inline int try_online_node(int nid) { return 0; }
static inline void get_online_mems(void) { }
static inline void put_online_mems(void) { }
static inline void mem_hotplug_begin(void) { }
static inline void mem_hotplug_done(void) { }
static inline unsigned int zone_span_seqbegin(struct zone *zone) { return 0; }
static inline int zone_span_seqretry(struct zone *zone, unsigned int iv) { return 0; }
static inline void zone_seqlock_init(struct zone *zone) { }
static inline void pgdat_kswapd_lock_init(pg_data_t *pgdat) { }
static inline void pgdat_kswapd_lock(pg_data_t *pgdat) { }
static inline void pgdat_kswapd_unlock(pg_data_t *pgdat) { }

#endif /* CONFIG_MEMORY_HOTPLUG */

#ifdef CONFIG_MEMORY_HOTREMOVE

/* offline.c: the logical phase in reverse */
int mhp_offline_blocks(struct memory_block **blocks, unsigned int nr_blocks);

/* remove.c: the physical phase in reverse */
int remove_memory(u64 start, u64 size);
void __remove_memory(u64 start, u64 size);
int try_remove_memory(u64 start, u64 size);
int offline_and_remove_memory(u64 start, u64 size);

/* node.c */
void try_offline_node(int nid);

/* owner.c: who may use a block */
bool mhp_block_is_hotplug(const struct memory_block *mem);

#else /* !CONFIG_MEMORY_HOTREMOVE */

static inline int mhp_offline_blocks(struct memory_block **blocks,
				     unsigned int nr_blocks)
{
	return -EINVAL;
}

static inline int try_remove_memory(u64 start, u64 size) { return -EBUSY; }
static inline int remove_memory(u64 start, u64 size) { return -EBUSY; }
static inline void __remove_memory(u64 start, u64 size) { }
static inline void try_offline_node(int nid) { }

static inline bool mhp_block_is_hotplug(const struct memory_block *mem)
{
	return false;
}

#endif /* CONFIG_MEMORY_HOTREMOVE */

#if defined(CONFIG_MEMORY_HOTPLUG) || defined(CONFIG_DEFERRED_STRUCT_PAGE_INIT)

/* Guards the span of a node, and its deferred initialisation. */
static inline void pgdat_resize_init(struct pglist_data *pgdat)
{
	spin_lock_init(&pgdat->node_size_lock);
}

static inline void pgdat_resize_lock(struct pglist_data *pgdat,
				     unsigned long *flags)
{
	spin_lock_irqsave(&pgdat->node_size_lock, *flags);
}

static inline void pgdat_resize_unlock(struct pglist_data *pgdat,
				       unsigned long *flags)
{
	spin_unlock_irqrestore(&pgdat->node_size_lock, *flags);
}

#else

static inline void pgdat_resize_init(struct pglist_data *pgdat) { }
static inline void pgdat_resize_lock(struct pglist_data *p, unsigned long *f) { }
static inline void pgdat_resize_unlock(struct pglist_data *p, unsigned long *f) { }

#endif

#endif /* __LINUX_MEMORY_HOTPLUG_H */
