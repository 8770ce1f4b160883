// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: kernel memory
 *
 * Takes kernel memory of a kind, and keeps it. In debugfs, under mhp_memory/:
 *
 *  take:    "KIND MEGABYTES" allocates that much: see the table of kinds.
 *  give:    "KIND PART" gives back every PARTth allocation of that kind, with
 *           1 all of them.
 *  try:     "KIND MEGABYTES" allocates that much, and gives back all of that kind.
 *  taken:   read: one line per kind: KIND MEGABYTES.
 *
 * With node=NODE all of it is of that node.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

/* Fails instead of trying for ever, and says nothing. */
#define MAY_FAIL	(__GFP_NORETRY | __GFP_NOWARN)

struct kind {
	const char *name;
	gfp_t gfp;
	unsigned int order;
	struct list_head pages;
	unsigned long nr;
};

static struct kind kinds[] = {
	{ "kernel", GFP_KERNEL | __GFP_NOWARN, 0 },
	{ "reclaimable", GFP_KERNEL | __GFP_RECLAIMABLE | MAY_FAIL, 0 },
	{ "atomic", GFP_ATOMIC | __GFP_NOWARN, 0 },
	{ "atomic-order-3", GFP_ATOMIC | __GFP_NOWARN | __GFP_COMP, 3 },
	{ "dma32", GFP_KERNEL | GFP_DMA32 | MAY_FAIL, 0 },
	{ "order-9", GFP_KERNEL | MAY_FAIL | __GFP_COMP, 9 },
};

static int node = NUMA_NO_NODE;
module_param(node, int, 0);
MODULE_PARM_DESC(node, "take memory of this node only");

static DEFINE_MUTEX(lock);	/* kinds */
static struct dentry *dir;

static struct kind *find_kind(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

static int take(struct kind *kind, unsigned long megabytes)
{
	unsigned long nr = megabytes << (20 - PAGE_SHIFT) >> kind->order;
	const gfp_t where = node == NUMA_NO_NODE ? 0 : __GFP_THISNODE;
	struct page *page;

	for (; nr; nr--) {
		page = alloc_pages_node(node, kind->gfp | where, kind->order);
		if (!page)
			return -ENOMEM;
		list_add_tail(&page->lru, &kind->pages);
		kind->nr++;
		cond_resched();
	}
	return 0;
}

static int give(struct kind *kind, unsigned long part)
{
	struct page *page, *next;
	unsigned long nr = 0;

	if (!part)
		return -EINVAL;
	list_for_each_entry_safe(page, next, &kind->pages, lru) {
		if (++nr % part)
			continue;
		list_del(&page->lru);
		__free_pages(page, kind->order);
		kind->nr--;
		cond_resched();
	}
	return 0;
}

static int try(struct kind *kind, unsigned long megabytes)
{
	const int err = take(kind, megabytes);

	give(kind, 1);
	return err;
}

/* The files to write to, and what each does with a kind and a number. */
static const struct action {
	const char *name;
	int (*run)(struct kind *kind, unsigned long number);
} actions[] = {
	{ "take", take },
	{ "give", give },
	{ "try", try },
};

static ssize_t action_write(struct file *file, const char __user *text,
			    size_t len, loff_t *pos)
{
	const struct action *action = file->private_data;
	char line[64] = "", name[32];
	unsigned long number;
	struct kind *kind;
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (sscanf(line, "%31s %lu", name, &number) != 2)
		return -EINVAL;
	kind = find_kind(name);
	if (!kind)
		return -EINVAL;
	mutex_lock(&lock);
	err = action->run(kind, number);
	mutex_unlock(&lock);
	return err ?: len;
}

static const struct file_operations action_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = action_write,
};

static int taken_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		seq_printf(m, "%s %lu\n", kinds[i].name,
			   kinds[i].nr << kinds[i].order >> (20 - PAGE_SHIFT));
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(taken);

static int __init mhp_memory_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		INIT_LIST_HEAD(&kinds[i].pages);
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		debugfs_create_file(actions[i].name, 0200, dir,
				    (void *)&actions[i], &action_fops);
	debugfs_create_file("taken", 0400, dir, NULL, &taken_fops);
	return 0;
}
module_init(mhp_memory_init);

static void __exit mhp_memory_exit(void)
{
	unsigned int i;

	debugfs_remove(dir);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		give(&kinds[i], 1);
}
module_exit(mhp_memory_exit);

MODULE_DESCRIPTION("Takes kernel memory for the memory hotplug selftests");
MODULE_LICENSE("GPL");
