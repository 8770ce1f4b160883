// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: a driver that decides about pages that go online
 *
 * A balloon does not give all pages of new memory to the kernel. While this
 * module is loaded, every other chunk of pages that goes online is kept. In
 * debugfs, under mhp_keeper/:
 *
 *  kept:	pages that are kept
 *  strange:	chunks that did not come as the interface says
 *  give:	a write gives all kept pages to the kernel
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>

static struct dentry *dir;
static LIST_HEAD(chunks);
static u32 kept, strange;

static bool came_as_it_should(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		if (!PageOffline(page + i) || page_count(page + i) != 1)
			return false;
	return order <= MAX_PAGE_ORDER;
}

static void keep_every_other(struct page *page, unsigned int order)
{
	if (!came_as_it_should(page, order))
		strange++;
	if (page_to_pfn(page) >> MAX_PAGE_ORDER & 1) {
		set_page_private(page, order);
		list_add(&page->lru, &chunks);
		kept += 1U << order;
	} else {
		generic_online_page(page, order);
	}
}

static ssize_t give(struct file *file, const char __user *text, size_t len,
		    loff_t *pos)
{
	struct page *page, *next;
	unsigned int order;

	list_for_each_entry_safe(page, next, &chunks, lru) {
		list_del(&page->lru);
		order = page_private(page);
		set_page_private(page, 0);
		generic_online_page(page, order);
		kept -= 1U << order;
	}
	return len;
}

static const struct file_operations give_fops = {
	.owner = THIS_MODULE,
	.write = give,
};

static int __init mhp_keeper_init(void)
{
	int error = set_online_page_callback(keep_every_other);

	if (error)
		return error;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_u32("kept", 0400, dir, &kept);
	debugfs_create_u32("strange", 0400, dir, &strange);
	debugfs_create_file("give", 0200, dir, NULL, &give_fops);
	return 0;
}
module_init(mhp_keeper_init);

static void __exit mhp_keeper_exit(void)
{
	restore_online_page_callback(keep_every_other);
	debugfs_remove(dir);
}
module_exit(mhp_keeper_exit);

MODULE_DESCRIPTION("Keeps pages that go online for the memory hotplug selftests");
MODULE_LICENSE("GPL");
