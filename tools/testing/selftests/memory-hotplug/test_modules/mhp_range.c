// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: adding and removing ranges as a driver does
 *
 * User space can add memory through the probe file, but not remove it. In
 * debugfs, under mhp_range/, each file takes "START SIZE" in bytes, and its
 * write fails with the errno of the kernel function:
 *
 *  add:		add_memory() to the node that firmware gave this address
 *  remove:		remove_memory()
 *  offline_and_remove:	offline_and_remove_memory()
 *  query:		mhp_query_range(); read, it has the last answer: pages that
 *			would have to move, pages that can not, and the page
 *			frames of the first and the last of those
 *  take:		alloc_contig_range()
 *  give:		free_contig_range() for what was taken with the same words
 */
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/pfn.h>
#include <linux/uaccess.h>

static struct dentry *dir;

static int add(u64 start, u64 size)
{
	int nid = phys_to_target_node(start);

	if (nid == NUMA_NO_NODE)
		nid = memory_add_physaddr_to_nid(start);
	return add_memory(nid, start, size, MHP_MEMMAP_ON_MEMORY);
}

static struct mhp_query answer;

static int query(u64 start, u64 size)
{
	return mhp_query_range(start, size, &answer);
}

static int take(u64 start, u64 size)
{
	return alloc_contig_range(PHYS_PFN(start), PHYS_PFN(start + size),
				  MIGRATE_MOVABLE, GFP_KERNEL);
}

static int give(u64 start, u64 size)
{
	free_contig_range(PHYS_PFN(start), PHYS_PFN(size));
	return 0;
}

static const struct range_call {
	const char *name;
	int (*call)(u64 start, u64 size);
} range_calls[] = {
	{ "add", add },
	{ "remove", remove_memory },
	{ "offline_and_remove", offline_and_remove_memory },
	{ "query", query },
	{ "take", take },
	{ "give", give },
};

static ssize_t range_write(struct file *file, const char __user *text,
			   size_t len, loff_t *pos)
{
	const struct range_call *range_call = file_inode(file)->i_private;
	unsigned long long start, size;
	char line[64] = "";
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (sscanf(line, "%llx %llx", &start, &size) != 2)
		return -EINVAL;
	err = range_call->call(start, size);
	return err ?: len;
}

static ssize_t range_read(struct file *file, char __user *text, size_t len,
			  loff_t *pos)
{
	const struct range_call *range_call = file_inode(file)->i_private;
	char line[96];
	int end;

	if (range_call->call != query)
		return -EINVAL;
	end = scnprintf(line, sizeof(line), "%lu %lu 0x%lx 0x%lx\n",
			answer.movable, answer.unmovable,
			answer.first_unmovable_pfn, answer.last_unmovable_pfn);
	return simple_read_from_buffer(text, len, pos, line, end);
}

static const struct file_operations range_fops = {
	.owner = THIS_MODULE,
	.read = range_read,
	.write = range_write,
};

static int __init mhp_range_init(void)
{
	unsigned int i;

	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	for (i = 0; i < ARRAY_SIZE(range_calls); i++)
		debugfs_create_file(range_calls[i].name, 0600, dir,
				    (void *)&range_calls[i], &range_fops);
	return 0;
}
module_init(mhp_range_init);

static void __exit mhp_range_exit(void)
{
	debugfs_remove(dir);
}
module_exit(mhp_range_exit);

MODULE_DESCRIPTION("Adds and removes memory for the memory hotplug selftests");
MODULE_LICENSE("GPL");
