// SPDX-License-Identifier: GPL-2.0
/*
 * What user space reads and writes of memory blocks
 */

#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/kernfs.h>
#include <linux/kexec.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/time64.h>

#include "memory_sysfs.h"

/**
 * DOC: the files of memory blocks
 *
 * /sys/devices/system/memory/ holds what concerns the machine, memoryN/ in it
 * what concerns a block. Programs compare these files byte by byte: what they
 * read, and which words they may write, is fixed.
 *
 * Reading does not wait for device_hotplug_lock, which a request to go offline
 * may hold for long; only a look into a block takes mem_hotplug_lock, as a
 * reader. A file may thus show what was true a moment ago. Writing a state
 * takes the lock the way sysfs must: it tries, and has the system call start
 * again if it fails, so that a device can be removed while somebody waits to
 * write to it.
 *
 * The state of a block can be asked for twice. Agents compete for new memory,
 * and the one that comes second has what it wants.
 *
 * The file state beside the blocks shows and takes lists of blocks. On a large
 * machine its text outgrows a page, the limit of an attribute, and a binary
 * attribute would be put together from pages of different moments. So it is a
 * kernfs file of its own, whose text is made at once, whatever its length.
 */

static const char *const online_types[] = {
	[MMOP_OFFLINE]		= "offline",
	[MMOP_ONLINE]		= "online",
	[MMOP_ONLINE_KERNEL]	= "online_kernel",
	[MMOP_ONLINE_MOVABLE]	= "online_movable",
};

static const char *const block_states[] = {
	[MEM_ONLINE]		= "online",
	[MEM_OFFLINE]		= "offline",
	[MEM_GOING_OFFLINE]	= "going-offline",
};

/**
 * mhp_online_type_from_str() - look up the word for a request
 * @str: offline, online, online_kernel or online_movable, may end in a newline
 *
 * Context: any
 * Return: an enum mmop, or -EINVAL.
 */
int mhp_online_type_from_str(const char *str)
{
	return __sysfs_match_string(online_types, ARRAY_SIZE(online_types), str);
}

/* Files of a block */

static ssize_t phys_index_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%08x\n", dev->id);
}

/* Once a block had two ends. Scripts still read both. */
static ssize_t end_phys_index_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return phys_index_show(dev, attr, buf);
}

static ssize_t phys_device_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	unsigned long pfn = memory_block_start_pfn(to_memory_block(dev));

	return sysfs_emit(buf, "%d\n", arch_get_memory_phys_device(pfn));
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	enum memory_block_state state = READ_ONCE(to_memory_block(dev)->state);

	return sysfs_emit(buf, "%s\n", block_states[state]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct memory_block *mem = to_memory_block(dev);
	const int type = mhp_online_type_from_str(buf);
	int ret;

	if (type < 0)
		return type;

	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	if (type == MMOP_OFFLINE)
		ret = memory_blocks_offline(&mem, 1);
	else
		ret = memory_blocks_online(&mem, 1, type);
	unlock_device_hotplug();

	return ret ? ret : count;
}

static ssize_t removable_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) &&
			  !dev->offline_disabled &&
			  mhp_block_removable(to_memory_block(dev)));
}

static DEVICE_ATTR_RO(phys_index);
static DEVICE_ATTR_RO(end_phys_index);
static DEVICE_ATTR_RO(phys_device);
static DEVICE_ATTR_RW(state);
static DEVICE_ATTR_RO(removable);

#ifdef CONFIG_MEMORY_HOTREMOVE
static struct zone *possible_zone(struct memory_block *mem, enum mmop type)
{
	return zone_for_pfn_range(type, mem->nid, mem->group,
				  memory_block_start_pfn(mem),
				  memory_block_nr_pages());
}

/*
 * The zone that a block is in, or the two that it can go to: first the one that
 * the policy would choose, then the other kind. Reads the zone once, it may go
 * away meanwhile; and asks the policy once, it may change its mind.
 */
static ssize_t valid_zones_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct memory_block *mem = to_memory_block(dev);
	const struct zone *zone = READ_ONCE(mem->zone), *other;
	enum mmop other_kind = MMOP_ONLINE_MOVABLE;

	if (zone)
		return sysfs_emit(buf, "%s\n", zone->name);
	if (READ_ONCE(mem->state) != MEM_OFFLINE || mem->nid == NUMA_NO_NODE)
		return sysfs_emit(buf, "none\n");

	zone = possible_zone(mem, MMOP_ONLINE);
	if (zone_idx(zone) == ZONE_MOVABLE)
		other_kind = MMOP_ONLINE_KERNEL;
	other = possible_zone(mem, other_kind);
	return sysfs_emit(buf, "%s %s\n", zone->name, other->name);
}
static DEVICE_ATTR_RO(valid_zones);

/* A line for each kind of memory that would keep the block online. */
static ssize_t blockers_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct mhp_blocker blockers[NR_MHP_BLOCKERS] = {};
	enum mhp_blocker_kind kind;
	int len = 0;

	mhp_block_blockers(to_memory_block(dev), blockers);
	for (kind = 0; kind < NR_MHP_BLOCKERS; kind++) {
		if (blockers[kind].count)
			len += sysfs_emit_at(buf, len, "%s %lu 0x%lx\n",
					     mhp_blocker_name(kind),
					     blockers[kind].count,
					     blockers[kind].first_pfn);
	}
	return len;
}
static DEVICE_ATTR_RO(blockers);

static ssize_t owner_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  mhp_block_is_hotplug(to_memory_block(dev)) ?
			  "hotplug" : "pinned");
}
static DEVICE_ATTR_RO(owner);
#endif

static struct attribute *memory_block_attrs[] = {
	&dev_attr_phys_index.attr,
	&dev_attr_end_phys_index.attr,
	&dev_attr_phys_device.attr,
	&dev_attr_state.attr,
	&dev_attr_removable.attr,
#ifdef CONFIG_MEMORY_HOTREMOVE
	&dev_attr_valid_zones.attr,
	&dev_attr_blockers.attr,
	&dev_attr_owner.attr,
#endif
	NULL
};

static const struct attribute_group memory_block_group = {
	.attrs = memory_block_attrs,
};

const struct attribute_group *memory_block_groups[] = {
	&memory_block_group,
	NULL
};

/* Files of the machine */

static ssize_t block_size_bytes_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lx\n", memory_block_size_bytes());
}
static DEVICE_ATTR_RO(block_size_bytes);

/* What becomes of blocks that are added from now on. */
static ssize_t auto_online_blocks_show(struct device *dev,
				       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", online_types[mhp_get_default_online_type()]);
}

static ssize_t auto_online_blocks_store(struct device *dev,
					struct device_attribute *attr,
					const char *buf, size_t count)
{
	const int type = mhp_online_type_from_str(buf);

	if (type < 0)
		return type;
	mhp_set_default_online_type(type);
	return count;
}
static DEVICE_ATTR_RW(auto_online_blocks);

/* What runs now, and how far it is; waits for nothing that it waits for. */
static ssize_t progress_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct mhp_progress progress;
	u32 ms;
	u64 s;

	if (!mhp_progress(&progress))
		return sysfs_emit(buf, "operation none\n");
	s = div_u64_rem(div_u64(progress.ns, NSEC_PER_MSEC), MSEC_PER_SEC, &ms);
	return sysfs_emit(buf,
			  "operation %s\nblocks %u\nfirst %lu\nlast %lu\n"
			  "pages_done %lu\npages_left %lu\nseconds %llu.%03u\n",
			  progress.operation, progress.nr_blocks,
			  progress.first_block, progress.last_block,
			  progress.pages_done, progress.pages_left, s, ms);
}

static ssize_t progress_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	int ret;

	if (!sysfs_streq(buf, "cancel"))
		return -EINVAL;
	ret = mhp_cancel();
	return ret ? ret : count;
}
static DEVICE_ATTR_RW(progress);

#ifdef CONFIG_MEMORY_HOTREMOVE
/* The last request to shrink, in bytes: what it wanted and what left. */
static struct {
	spinlock_t lock; /* both numbers are of one request */
	u64 asked;
	u64 left;
} last_shrink = { .lock = __SPIN_LOCK_UNLOCKED(last_shrink.lock) };

static void remember_shrink(u64 asked, u64 left)
{
	spin_lock(&last_shrink.lock);
	last_shrink.asked = asked;
	last_shrink.left = left;
	spin_unlock(&last_shrink.lock);
}

static ssize_t shrink_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	u64 asked, left;

	spin_lock(&last_shrink.lock);
	asked = last_shrink.asked;
	left = last_shrink.left;
	spin_unlock(&last_shrink.lock);
	return sysfs_emit(buf, "asked %llu\nleft %llu\n", asked, left);
}

/* Reads what memparse() reads up to T, but nothing more, and no larger one. */
static int parse_size(const char *buf, u64 *bytes)
{
	static const char suffixes[] = "KMGT";
	const size_t len = strspn(buf, "0123456789abcdefxABCDEFX");
	const char *suffix = NULL;
	unsigned int shift = 0;
	char number[24];

	if (len >= sizeof(number))
		return -EINVAL;
	strscpy(number, buf, len + 1);
	buf += len;
	if (*buf)
		suffix = strchr(suffixes, toupper(*buf));
	if (suffix) {
		shift = 10 * (suffix - suffixes + 1);
		buf++;
	}
	if (*buf == '\n')
		buf++;
	if (*buf || kstrtou64(number, 0, bytes) ||
	    check_shl_overflow(*bytes, shift, bytes))
		return -EINVAL;
	return *bytes ? 0 : -EINVAL;
}

static ssize_t shrink_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	const unsigned long size = memory_block_size_bytes();
	u64 bytes, wanted;
	int ret;

	ret = parse_size(buf, &bytes);
	if (ret)
		return ret;
	wanted = div64_u64(bytes - 1, size) + 1;

	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	ret = memory_blocks_shrink(wanted);
	remember_shrink(bytes, ret ? 0 : wanted * size);
	unlock_device_hotplug();

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(shrink);
#endif

#ifdef CONFIG_CRASH_HOTPLUG
/* Tells udev whether the kernel itself keeps a crash kernel up to date. */
static ssize_t crash_hotplug_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", crash_check_hotplug_support());
}
static DEVICE_ATTR_RO(crash_hotplug);
#endif

#ifdef CONFIG_ARCH_MEMORY_PROBE
/* Adds the block at an address, memory that no firmware announced. */
static ssize_t probe_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	const unsigned long size = memory_block_size_bytes();
	u64 start;
	int ret = kstrtoull(buf, 0, &start);

	if (ret)
		return ret;
	if (!IS_ALIGNED(start, size))
		return -EINVAL;

	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	ret = __add_memory(memory_add_physaddr_to_nid(start), start, size, MHP_MEMMAP_ON_MEMORY);
	unlock_device_hotplug();

	return ret ? ret : count;
}
static DEVICE_ATTR_WO(probe);
#endif

#ifdef CONFIG_MEMORY_FAILURE
/* Both files below take a physical address, of any byte of the page. */
static int parse_failing_page(const char *buf, unsigned long *pfn)
{
	u64 address;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (kstrtoull(buf, 0, &address))
		return -EINVAL;
	*pfn = address >> PAGE_SHIFT;
	return 0;
}

/* Moves the contents of a page elsewhere and never uses it again. */
static ssize_t soft_offline_page_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	unsigned long pfn;
	int ret = parse_failing_page(buf, &pfn);

	if (!ret)
		ret = soft_offline_page(pfn, 0);
	return ret ? ret : count;
}
static DEVICE_ATTR_WO(soft_offline_page);

/* Takes a page as lost, with those who use it. */
static ssize_t hard_offline_page_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	unsigned long pfn;
	int ret = parse_failing_page(buf, &pfn);

	if (ret)
		return ret;
	ret = memory_failure(pfn, MF_SW_SIMULATED);
	return ret && ret != -EOPNOTSUPP ? ret : count;
}
static DEVICE_ATTR_WO(hard_offline_page);
#endif

static struct attribute *memory_root_attrs[] = {
	&dev_attr_block_size_bytes.attr,
	&dev_attr_auto_online_blocks.attr,
	&dev_attr_progress.attr,
#ifdef CONFIG_MEMORY_HOTREMOVE
	&dev_attr_shrink.attr,
#endif
#ifdef CONFIG_ARCH_MEMORY_PROBE
	&dev_attr_probe.attr,
#endif
#ifdef CONFIG_CRASH_HOTPLUG
	&dev_attr_crash_hotplug.attr,
#endif
#ifdef CONFIG_MEMORY_FAILURE
	&dev_attr_soft_offline_page.attr,
	&dev_attr_hard_offline_page.attr,
#endif
	NULL
};

static const struct attribute_group memory_root_group = {
	.attrs = memory_root_attrs,
};

const struct attribute_group *memory_root_groups[] = {
	&memory_root_group,
	NULL
};

/* The file state of the machine */

static void show_state(struct seq_file *m, enum memory_block_state state,
		       const struct memory_block_run *runs, size_t nr)
{
	char separator = ' ';
	size_t i;

	for (i = 0; i < nr; i++) {
		if (runs[i].state != state)
			continue;
		if (separator == ' ')
			seq_puts(m, block_states[state]);
		seq_printf(m, "%c%u", separator, runs[i].first);
		if (runs[i].last != runs[i].first)
			seq_printf(m, "-%u", runs[i].last);
		separator = ',';
	}
	if (separator == ',')
		seq_putc(m, '\n');
}

static int memory_state_show(struct seq_file *m, void *unused)
{
	struct memory_block_run *runs = NULL;
	size_t room, nr = 0;

	do {
		kvfree(runs);
		room = nr;
		runs = kvmalloc_array(room, sizeof(*runs), GFP_KERNEL);
		if (!runs)
			return -ENOMEM;
		nr = memory_block_runs(runs, room);
	} while (nr > room);

	show_state(m, MEM_ONLINE, runs, nr);
	show_state(m, MEM_OFFLINE, runs, nr);
	show_state(m, MEM_GOING_OFFLINE, runs, nr);
	kvfree(runs);
	return 0;
}

/*
 * A request is a word and a list. kernfs cuts what does not fit into a page:
 * a full page may be the first part of something else.
 */
static ssize_t memory_state_write(struct kernfs_open_file *of, char *buf,
				  size_t len, loff_t off)
{
	char *list = buf, *word;
	int type, ret;

	if (off || len >= PAGE_SIZE || strlen(buf) != len)
		return -EINVAL;
	list = strim(buf);
	word = strsep(&list, " \t");
	type = mhp_online_type_from_str(word);
	if (type < 0 || !list)
		return -EINVAL;

	ret = lock_device_hotplug_sysfs();
	if (ret)
		return ret;
	ret = memory_list_change(list, type);
	unlock_device_hotplug();

	return ret ? ret : len;
}

static const struct kernfs_ops memory_state_ops = {
	.seq_show = memory_state_show,
	.write = memory_state_write,
};

/**
 * memory_state_file_create() - create the file state of the machine
 * @root: the device above all memory blocks
 *
 * Return: 0, or an error of kernfs.
 */
int memory_state_file_create(struct device *root)
{
	if (!IS_ENABLED(CONFIG_SYSFS))
		return 0;
	return PTR_ERR_OR_ZERO(__kernfs_create_file(root->kobj.sd, "state", 0644,
						    GLOBAL_ROOT_UID,
						    GLOBAL_ROOT_GID, 0,
						    &memory_state_ops, NULL,
						    NULL, NULL));
}

#ifdef CONFIG_MEMORY_HOTPLUG_KUNIT_TEST
#include "test/memory_sysfs_kunit.c"
#endif
