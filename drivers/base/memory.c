// SPDX-License-Identifier: GPL-2.0
/*
 * Memory block devices
 */

#define pr_fmt(fmt) "memory: " fmt

#include <linux/device.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "memory_list.h"
#include "memory_sysfs.h"

/**
 * DOC: memory block devices
 *
 * Physical memory goes online and offline in blocks of one size, a power of
 * two and at least a section. Each block that has memory in it is a device,
 * memoryN, N being its physical address divided by the block size. This file
 * keeps the blocks: it creates them for boot memory and for what is added
 * later, finds them, and passes requests to change them to mm/memory_hotplug/.
 * What user space reads and writes is in memory_sysfs.c.
 *
 * The registry is an XArray indexed by N. Finding a block is a walk down a
 * tree, a range of addresses costs what exists in it and not what could, and
 * it does not matter how far apart blocks are. It changes under
 * device_hotplug_lock only, so that who holds the lock may keep what he finds;
 * others may look under RCU.
 *
 * There are two ways to a change of state. The driver core comes from one
 * device, through device_online() and device_offline(), to the callbacks of
 * the bus. Everything else names a set of blocks: a range of addresses, a list
 * that user space wrote, an array. The set becomes one operation of the core,
 * in which either all blocks change or none. Then each block is announced: the
 * driver core is asked to do what has already been done, finds nothing left to
 * do in the callback, and keeps its book and sends its uevent.
 *
 * The blocks of a set are marked in the registry. That sorts them, merges what
 * was named twice, and needs no memory until the set is complete.
 */

/* Set while the lock is held by who puts together a set of blocks */
#define BLOCK_NAMED	XA_MARK_0

static DEFINE_XARRAY(memory_blocks);

/* Sections in a memory block; constant once memory_dev_init() has run */
unsigned int sections_per_block __ro_after_init;

/**
 * memory_block_size_bytes() - the size of every memory block
 *
 * An architecture may have its own. The first answer holds for good.
 *
 * Context: any
 * Return: the size in bytes, a power of two.
 */
unsigned long __weak memory_block_size_bytes(void)
{
	return MIN_MEMORY_BLOCK_SIZE;
}
EXPORT_SYMBOL_GPL(memory_block_size_bytes);

/**
 * arch_get_memory_phys_device() - the physical device that provides memory
 * @start_pfn: first page frame of a memory block
 *
 * Only s390 has something to tell, the number of a storage increment.
 *
 * Return: a number for the attribute phys_device.
 */
int __weak arch_get_memory_phys_device(unsigned long start_pfn)
{
	return 0;
}

/* Online blocks answer a request for a zone of this kind with yes or no. */
static bool zone_suits(const struct zone *zone, enum mmop type)
{
	switch (type) {
	case MMOP_ONLINE_KERNEL:
		return zone && zone_idx(zone) != ZONE_MOVABLE;
	case MMOP_ONLINE_MOVABLE:
		return zone && zone_idx(zone) == ZONE_MOVABLE;
	default:
		return true;
	}
}

/* Does a request leave something to do: 1 yes, 0 no, or what is wrong with it. */
static int block_needs_change(const struct memory_block *mem, enum mmop type)
{
	if (type == MMOP_OFFLINE) {
		if (mem->state == MEM_OFFLINE)
			return 0;
		return mem->dev.offline_disabled ? -EPERM : 1;
	}
	if (mem->state == MEM_OFFLINE)
		return 1;
	if (zone_suits(mem->zone, type))
		return 0;
	pr_info_ratelimited("memory%u is already online, in %s%s\n", mem->dev.id,
			    mem->zone ? "zone " : "more than one zone",
			    mem->zone ? mem->zone->name : "");
	return -EINVAL;
}

/*
 * The driver core calls back on the way, see memory_subsys_online(). It can
 * not fail there: nothing is left to be done. After a failure there may be a
 * block that could not return to where it was.
 */
static void announce(struct memory_block **blocks, unsigned int nr,
		     enum mmop type)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (type == MMOP_OFFLINE && blocks[i]->state == MEM_OFFLINE)
			device_offline(&blocks[i]->dev);
		if (type != MMOP_OFFLINE && blocks[i]->state == MEM_ONLINE)
			device_online(&blocks[i]->dev);
	}
}

static int change_blocks(struct memory_block **blocks, unsigned int nr,
			 enum mmop type, bool tell)
{
	struct memory_block **todo;
	unsigned int i, nr_todo = 0;
	int ret = 0;

	todo = kvmalloc_array(nr, sizeof(*todo), GFP_KERNEL);
	if (!todo)
		return -ENOMEM;

	for (i = 0; i < nr; i++) {
		ret = block_needs_change(blocks[i], type);
		if (ret < 0)
			goto free;
		if (ret)
			todo[nr_todo++] = blocks[i];
	}
	if (!nr_todo)
		goto free;

	if (type == MMOP_OFFLINE && tell)
		ret = mhp_offline_blocks(todo, nr_todo);
	else if (type == MMOP_OFFLINE)
		ret = mhp_try_offline_blocks(todo, nr_todo);
	else
		ret = mhp_online_blocks(todo, nr_todo, type);
	announce(todo, nr_todo, type);
free:
	kvfree(todo);
	return ret;
}

/**
 * memory_blocks_online() - put memory blocks online in one operation
 * @blocks: the blocks, ascending, each of them once
 * @nr: how many
 * @online_type: MMOP_ONLINE or the kind of zone wanted
 *
 * Blocks that are online already are passed over if they are in the kind of
 * zone wanted. Either all others change, or none does. Those that changed get
 * their uevent.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, -EINVAL if a block is online in another kind of zone, -ENOMEM, or
 * an error of mhp_online_blocks().
 */
int memory_blocks_online(struct memory_block **blocks, unsigned int nr,
			 enum mmop online_type)
{
	return change_blocks(blocks, nr, online_type, true);
}

/**
 * memory_blocks_offline() - take memory blocks offline in one operation
 * @blocks: the blocks, ascending, each of them once
 * @nr: how many
 *
 * Blocks that are offline already are passed over. Either all others change,
 * or none does. Those that changed get their uevent.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, -EPERM if a block is marked as not to go offline, -ENOMEM, or an
 * error of mhp_offline_blocks().
 */
int memory_blocks_offline(struct memory_block **blocks, unsigned int nr)
{
	return change_blocks(blocks, nr, MMOP_OFFLINE, true);
}

/**
 * memory_blocks_try_offline() - memory_blocks_offline() for who only tries
 * @blocks: the blocks, ascending, each of them once
 * @nr: how many
 *
 * Says nothing in the log if they can not leave.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: as memory_blocks_offline()
 */
int memory_blocks_try_offline(struct memory_block **blocks, unsigned int nr)
{
	return change_blocks(blocks, nr, MMOP_OFFLINE, false);
}

static void forget_named_blocks(void)
{
	struct memory_block *mem;
	unsigned long id;

	xa_for_each_marked(&memory_blocks, id, mem, BLOCK_NAMED)
		xa_clear_mark(&memory_blocks, id, BLOCK_NAMED);
}

/*
 * Takes the marks away and makes an array of the blocks that had one, to be
 * freed with kvfree(). NULL if there are none, or if there is no memory.
 */
static struct memory_block **take_named_blocks(unsigned int *nr)
{
	struct memory_block *mem, **blocks = NULL;
	unsigned long id;

	*nr = 0;
	xa_for_each_marked(&memory_blocks, id, mem, BLOCK_NAMED)
		(*nr)++;
	if (*nr)
		blocks = kvmalloc_array(*nr, sizeof(*blocks), GFP_KERNEL);
	if (blocks) {
		*nr = 0;
		xa_for_each_marked(&memory_blocks, id, mem, BLOCK_NAMED)
			blocks[(*nr)++] = mem;
	}
	forget_named_blocks();
	return blocks;
}

/* Changes the blocks that are marked, and takes the marks away. */
static int change_named_blocks(enum mmop type)
{
	struct memory_block **blocks;
	unsigned int nr;
	int ret;

	blocks = take_named_blocks(&nr);
	if (!blocks)
		return nr ? -ENOMEM : 0;
	ret = change_blocks(blocks, nr, type, true);
	kvfree(blocks);
	return ret;
}

static int change_range(u64 start, u64 size, enum mmop type)
{
	struct memory_block *mem;
	unsigned long id;

	if (!size)
		return 0;
	xa_for_each_range(&memory_blocks, id, mem, phys_to_block_id(start),
			  phys_to_block_id(start + size - 1))
		xa_set_mark(&memory_blocks, id, BLOCK_NAMED);
	return change_named_blocks(type);
}

/**
 * memory_range_online() - put the memory blocks of a range online
 * @start: physical address
 * @size: in bytes; the range must not wrap
 * @online_type: MMOP_ONLINE or the kind of zone wanted
 *
 * memory_blocks_online() for every block that overlaps the range. A range
 * without blocks is online.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: what memory_blocks_online() does.
 */
int memory_range_online(u64 start, u64 size, enum mmop online_type)
{
	return change_range(start, size, online_type);
}

/**
 * memory_range_offline() - take the memory blocks of a range offline
 * @start: physical address
 * @size: in bytes; the range must not wrap
 *
 * memory_blocks_offline() for every block that overlaps the range. A range
 * without blocks is offline.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: what memory_blocks_offline() does.
 */
int memory_range_offline(u64 start, u64 size)
{
	return change_range(start, size, MMOP_OFFLINE);
}

static unsigned long highest_block_id(void)
{
	unsigned long id, highest = 0;
	struct memory_block *mem;

	xa_for_each(&memory_blocks, id, mem)
		highest = id;
	return highest;
}

/*
 * Marks the blocks of a region. The time this takes depends on how many blocks
 * exist, not on how many the region names: it ends at the first one missing.
 */
static int name_region(const struct memory_list_region *region)
{
	unsigned long id, found;

	for (id = memory_list_find(region, 0); id != MEMORY_LIST_NONE;
	     id = memory_list_find(region, found)) {
		found = id;
		if (!xa_find(&memory_blocks, &found, region->last, XA_PRESENT))
			found = MEMORY_LIST_NONE;
		if (found == id) {
			xa_set_mark(&memory_blocks, found++, BLOCK_NAMED);
		} else if (!region->existing) {
			pr_info_ratelimited("memory%lu does not exist\n", id);
			return -ENODEV;
		}
	}
	return 0;
}

static int name_list(const char *text)
{
	const unsigned long highest = highest_block_id();
	struct memory_list_region region;
	int ret;

	while ((ret = memory_list_next(&text, highest, &region)) > 0) {
		ret = name_region(&region);
		if (ret)
			break;
	}
	if (!ret && !xa_marked(&memory_blocks, BLOCK_NAMED))
		ret = -EINVAL;
	return ret;
}

/**
 * memory_list_change() - change the memory blocks of a list in one operation
 * @text: the list, see memory_list_next()
 * @type: MMOP_OFFLINE, MMOP_ONLINE or the kind of zone wanted
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, -EINVAL if the text is no list or names no block, -ERANGE for a
 * number that no block has, -ENODEV if a block that is named does not exist,
 * or what memory_blocks_online() and memory_blocks_offline() return. After an
 * error no block has changed.
 */
int memory_list_change(const char *text, enum mmop type)
{
	int ret = name_list(text);

	if (ret) {
		forget_named_blocks();
		return ret;
	}
	return change_named_blocks(type);
}

/**
 * memory_blocks_shrink() - take the memory blocks offline that cost least
 * @wanted: how many, at least one
 *
 * Blocks that are marked as not to go offline stay. Either so many blocks go
 * offline, or none does. Those that changed get their uevent.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, -EBUSY if not so many can leave, -ENOMEM, or an error of
 * mhp_shrink().
 */
int memory_blocks_shrink(u64 wanted)
{
	struct memory_block *mem, **blocks;
	unsigned long id;
	unsigned int nr;
	int ret;

	xa_for_each(&memory_blocks, id, mem)
		if (mem->state == MEM_ONLINE && !mem->dev.offline_disabled)
			xa_set_mark(&memory_blocks, id, BLOCK_NAMED);
	blocks = take_named_blocks(&nr);
	if (!blocks)
		return nr ? -ENOMEM : -EBUSY;
	ret = mhp_shrink(blocks, nr, wanted);
	announce(blocks, nr, MMOP_OFFLINE);
	kvfree(blocks);
	return ret;
}

/**
 * memory_block_runs() - see the states of all blocks at one moment
 * @runs: filled with the runs of blocks in the same state, ascending
 * @max: room in @runs
 *
 * Context: any; blocks may come, go and change meanwhile
 * Return: how many runs there are. Only @max of them are in @runs.
 */
size_t memory_block_runs(struct memory_block_run *runs, size_t max)
{
	XA_STATE(xas, &memory_blocks, 0);
	struct memory_block_run run = {};
	struct memory_block *mem;
	size_t nr = 0;

	rcu_read_lock();
	xas_for_each(&xas, mem, ULONG_MAX) {
		enum memory_block_state state;

		if (xas_retry(&xas, mem))
			continue;
		state = READ_ONCE(mem->state);
		if (!nr || state != run.state || xas.xa_index != run.last + 1UL) {
			run.first = xas.xa_index;
			run.state = state;
			nr++;
		}
		run.last = xas.xa_index;
		if (nr <= max)
			runs[nr - 1] = run;
	}
	rcu_read_unlock();
	return nr;
}

/*
 * The callbacks of the bus run under the lock of the device. A driver that
 * came through device_online() may have asked for a kind of zone.
 */
static int memory_subsys_online(struct device *dev)
{
	struct memory_block *mem = to_memory_block(dev);
	enum mmop type = mem->online_type;

	mem->online_type = MMOP_OFFLINE;
	if (mem->state == MEM_ONLINE)
		return 0;
	return mhp_online_blocks(&mem, 1, type == MMOP_OFFLINE ? MMOP_ONLINE : type);
}

static int memory_subsys_offline(struct device *dev)
{
	struct memory_block *mem = to_memory_block(dev);

	if (mem->state == MEM_OFFLINE)
		return 0;
	return mhp_offline_blocks(&mem, 1);
}

static const struct bus_type memory_subsys = {
	.name = "memory",
	.dev_name = "memory",
	.online = memory_subsys_online,
	.offline = memory_subsys_offline,
};

static void memory_block_release(struct device *dev)
{
	kfree_rcu(to_memory_block(dev), rcu);
}

static struct memory_block *alloc_memory_block(unsigned long id,
					       enum memory_block_state state)
{
	struct memory_block *mem = kzalloc(sizeof(*mem), GFP_KERNEL);

	if (!mem)
		return NULL;
	mem->start_section_nr = id * sections_per_block;
	mem->state = state;
	mem->nid = NUMA_NO_NODE;
	INIT_LIST_HEAD(&mem->group_next);

	device_initialize(&mem->dev);
	mem->dev.id = id;
	mem->dev.bus = &memory_subsys;
	mem->dev.groups = memory_block_groups;
	mem->dev.release = memory_block_release;
	mem->dev.offline = state == MEM_OFFLINE;
	return mem;
}

/* Makes a block known, or drops it. The uevent goes out from here. */
static int add_memory_block(struct memory_block *mem)
{
	int ret = xa_insert(&memory_blocks, mem->dev.id, mem, GFP_KERNEL);

	if (ret) {
		ret = ret == -EBUSY ? -EEXIST : ret;
		goto put;
	}
	ret = device_add(&mem->dev);
	if (ret)
		goto erase;
	if (mem->group)
		list_add(&mem->group_next, &mem->group->memory_blocks);
	return 0;
erase:
	xa_erase(&memory_blocks, mem->dev.id);
put:
	put_device(&mem->dev);
	return ret;
}

static void remove_memory_block(struct memory_block *mem)
{
	device_del(&mem->dev);
	list_del_init(&mem->group_next);
	xa_erase(&memory_blocks, mem->dev.id);
	put_device(&mem->dev);
}

static bool is_block_aligned(unsigned long start, unsigned long size)
{
	return IS_ALIGNED(start | size, memory_block_size_bytes());
}

/**
 * create_memory_block_devices() - create the blocks of memory that was added
 * @start: physical address, at the start of a block
 * @size: in bytes, whole blocks
 * @nid: node of the memory
 * @altmap: how the memory map of a block lies on the block, or NULL if it lies
 *	    elsewhere
 * @group: memory group that the blocks join, or NULL
 *
 * The blocks are offline. If one can not be created, none is left.
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: 0, -EINVAL for a range that is not made of blocks, -EEXIST if a block
 * exists, -ENOMEM, or an error of device_add().
 */
int create_memory_block_devices(unsigned long start, unsigned long size,
				int nid, const struct vmem_altmap *altmap,
				struct memory_group *group)
{
	const unsigned long first = phys_to_block_id(start);
	const unsigned long nr = size / memory_block_size_bytes();
	struct memory_block *mem;
	unsigned long id;
	int ret;

	if (!is_block_aligned(start, size))
		return -EINVAL;

	for (id = first; id < first + nr; id++) {
		ret = -ENOMEM;
		mem = alloc_memory_block(id, MEM_OFFLINE);
		if (!mem)
			goto undo;
		mem->nid = nid;
		if (altmap) {
			mem->memmap_pages = altmap->free;
			mem->inaccessible = altmap->inaccessible;
		}
		mem->group = group;
		ret = add_memory_block(mem);
		if (ret)
			goto undo;
	}
	return 0;
undo:
	while (id-- > first)
		remove_memory_block(xa_load(&memory_blocks, id));
	return ret;
}

/**
 * remove_memory_block_devices() - remove the blocks of memory that leaves
 * @start: physical address, at the start of a block
 * @size: in bytes, whole blocks
 *
 * The blocks are offline. Poisoned pages among them no longer count for the
 * machine.
 *
 * Context: process context, caller holds device_hotplug_lock
 */
void remove_memory_block_devices(unsigned long start, unsigned long size)
{
	struct memory_block *mem;
	unsigned long id;

	if (!size || !is_block_aligned(start, size))
		return;
	xa_for_each_range(&memory_blocks, id, mem, phys_to_block_id(start),
			  phys_to_block_id(start + size - 1)) {
		num_poisoned_pages_sub(-1UL, memory_block_nr_poison(mem));
		unregister_memory_block_under_nodes(mem);
		remove_memory_block(mem);
	}
}

/**
 * find_memory_block() - find the block of a section
 * @section_nr: number of the section
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: the block, with a reference that the caller gives back by
 * put_device(), or NULL.
 */
struct memory_block *find_memory_block(unsigned long section_nr)
{
	struct memory_block *mem;

	mem = xa_load(&memory_blocks, memory_block_id(section_nr));
	if (mem)
		get_device(&mem->dev);
	return mem;
}

/**
 * walk_memory_blocks() - call a function for each block of a range
 * @start: physical address
 * @size: in bytes, any; ULONG_MAX from 0 on is every block
 * @arg: passed on
 * @func: called for every block that overlaps the range, in ascending order;
 *	  what is not 0 ends the walk
 *
 * Context: process context, caller holds device_hotplug_lock
 * Return: what the last call of @func did, 0 if there was none.
 */
int walk_memory_blocks(unsigned long start, unsigned long size, void *arg,
		       walk_memory_blocks_func_t func)
{
	struct memory_block *mem;
	unsigned long id;
	int ret = 0;

	if (!size)
		return 0;
	xa_for_each_range(&memory_blocks, id, mem, phys_to_block_id(start),
			  phys_to_block_id(start + size - 1)) {
		ret = func(mem, arg);
		if (ret)
			break;
	}
	return ret;
}

#ifdef CONFIG_MEMORY_FAILURE
static void add_poison(unsigned long pfn, long nr_pages)
{
	struct memory_block *mem;

	rcu_read_lock();
	mem = xa_load(&memory_blocks, pfn_to_block_id(pfn));
	if (mem)
		atomic_long_add(nr_pages, &mem->nr_hwpoison);
	rcu_read_unlock();
}

/**
 * memblk_nr_poison_inc() - count a page with a hardware memory error
 * @pfn: its page frame
 *
 * A block that has one does not go online again.
 *
 * Context: any
 */
void memblk_nr_poison_inc(unsigned long pfn)
{
	add_poison(pfn, 1);
}

/**
 * memblk_nr_poison_sub() - stop counting pages with a hardware memory error
 * @pfn: a page frame in the block that they are in
 * @i: how many pages
 *
 * Context: any
 */
void memblk_nr_poison_sub(unsigned long pfn, long i)
{
	add_poison(pfn, -i);
}
#endif

/*
 * The zone of a block of boot memory, as far as one node has a say: the zones
 * of a node do not overlap at boot, so the one that spans a part of the block
 * is the one that its pages are in. NULL if there are two.
 */
static struct zone *boot_zone(const struct memory_block *mem, int nid)
{
	struct zone *zones = NODE_DATA(nid)->node_zones, *only = NULL;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		if (!populated_zone(&zones[i]) ||
		    !zone_intersects(&zones[i], memory_block_start_pfn(mem),
				     memory_block_nr_pages()))
			continue;
		if (only)
			return NULL;
		only = &zones[i];
	}
	return only;
}

#ifdef CONFIG_NUMA
/**
 * memory_block_add_nid() - note that a block has memory of a node
 * @mem: the block
 * @nid: the node
 * @context: MEMINIT_EARLY for boot memory, whose zone is found here
 *
 * Boot memory of several nodes may meet in a block. Such a block has no single
 * zone, and is never to go offline.
 *
 * Context: process context; boot, or caller holds device_hotplug_lock
 */
void memory_block_add_nid(struct memory_block *mem, int nid,
			  enum meminit_context context)
{
	if (context == MEMINIT_EARLY && mem->nid != nid)
		mem->zone = mem->nid == NUMA_NO_NODE ? boot_zone(mem, nid) : NULL;
	mem->nid = nid;
}

static void __init set_boot_node(struct memory_block *mem)
{
	/* Nodes come later, and call memory_block_add_nid(). */
}
#else
static void __init set_boot_node(struct memory_block *mem)
{
	mem->nid = first_online_node;
	mem->zone = boot_zone(mem, mem->nid);
}
#endif

static int __init create_boot_blocks(void)
{
	struct memory_block *mem;
	unsigned long nr = -1;
	int ret;

	while ((nr = next_present_section_nr(nr)) != -1UL) {
		mem = alloc_memory_block(memory_block_id(nr), MEM_ONLINE);
		if (!mem)
			return -ENOMEM;
		set_boot_node(mem);
		ret = add_memory_block(mem);
		if (ret)
			return ret;
		/* Skip the rest of the block */
		nr = mem->start_section_nr + sections_per_block - 1;
	}
	return 0;
}

/**
 * memory_dev_init() - start the memory block devices
 *
 * Nobody adds or removes memory yet. A machine without the devices would run,
 * but not a line of memory hotplug would work as it is meant to: it stops.
 */
void __init memory_dev_init(void)
{
	unsigned long size = memory_block_size_bytes();
	struct device *root;
	int ret;

	if (size < MIN_MEMORY_BLOCK_SIZE || !is_power_of_2(size))
		panic("memory: a block of 0x%lx bytes is no power of two or less than a section\n",
		      size);
	sections_per_block = size >> PA_SECTION_SHIFT;

	ret = subsys_system_register(&memory_subsys, memory_root_groups);
	if (ret)
		panic("memory: can not register the devices: error %d\n", ret);

	root = bus_get_dev_root(&memory_subsys);
	ret = memory_state_file_create(root);
	put_device(root);
	if (ret)
		panic("memory: can not create the file state: error %d\n", ret);

	ret = create_boot_blocks();
	if (ret)
		panic("memory: can not create the blocks of boot memory: error %d\n", ret);
}

#ifdef CONFIG_MEMORY_HOTPLUG_KUNIT_TEST
#include "test/memory_kunit.c"
#endif
