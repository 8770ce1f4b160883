// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: pages that stand in the way
 *
 * Takes a page out of a range and keeps it. In debugfs, under mhp_pages/:
 *
 *  hold:    "KIND START_PFN NR_PAGES" takes a page of that kind in the range:
 *             kernel   a page of the page allocator
 *             slab     a slab object
 *             offline  a page that nobody may touch, as a balloon's
 *           "pin ADDRESS 1" and "get ADDRESS 1" take a user page of the caller,
 *             pin      for long, as a driver does for DMA
 *             pin-read the same, and does not write
 *             get      for a moment that does not end
 *           Read: one line per page held: KIND PFN.
 *  map:     the first page held, of the kernel, for user space to map and read.
 *  map-file: the same, and the page says which file it is mapped from, as
 *           those of perf do.
 *  release: a write gives everything back. Nothing may be mapped then.
 *
 * The pages of a range are found by allocating on its node until one fits, so
 * the range should lie on a node of its own.
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define MAX_TRIES	1000000
#define SLAB_OBJECT	1024

struct request {
	unsigned long start;
	unsigned long nr;
};

/* One page held, or on its way to be. */
struct hold {
	struct list_head list;
	const struct kind *kind;
	struct page *page;
	void *object;
};

struct kind {
	const char *name;
	int (*take)(struct hold *hold, const struct request *request);
	void (*give)(struct hold *hold);
	bool of_user;
};

static DEFINE_MUTEX(lock);	/* holds */
static LIST_HEAD(holds);
static struct kmem_cache *cache;
static struct dentry *dir;

static int take_kernel(struct hold *hold, const struct request *request)
{
	hold->page = alloc_pages_node(pfn_to_nid(request->start),
				      GFP_KERNEL | __GFP_THISNODE |
				      __GFP_NOWARN | __GFP_NORETRY, 0);
	return hold->page ? 0 : -ENOMEM;
}

static void give_kernel(struct hold *hold)
{
	__free_page(hold->page);
}

static int take_offline(struct hold *hold, const struct request *request)
{
	int err = take_kernel(hold, request);

	if (!err)
		__folio_set_offline(page_folio(hold->page));
	return err;
}

static void give_offline(struct hold *hold)
{
	__folio_clear_offline(page_folio(hold->page));
	__free_page(hold->page);
}

static int take_slab(struct hold *hold, const struct request *request)
{
	hold->object = kmem_cache_alloc_node(cache, GFP_KERNEL |
					     __GFP_THISNODE | __GFP_NOWARN,
					     pfn_to_nid(request->start));
	if (!hold->object)
		return -ENOMEM;
	hold->page = virt_to_page(hold->object);
	return 0;
}

static void give_slab(struct hold *hold)
{
	kmem_cache_free(cache, hold->object);
}

static int take_pin(struct hold *hold, const struct request *request)
{
	int nr = pin_user_pages_fast(request->start, 1,
				     FOLL_WRITE | FOLL_LONGTERM, &hold->page);

	return nr == 1 ? 0 : nr ?: -EFAULT;
}

static int take_pin_read(struct hold *hold, const struct request *request)
{
	int nr = pin_user_pages_fast(request->start, 1, FOLL_LONGTERM,
				     &hold->page);

	return nr == 1 ? 0 : nr ?: -EFAULT;
}

static void give_pin(struct hold *hold)
{
	unpin_user_page(hold->page);
}

static int take_get(struct hold *hold, const struct request *request)
{
	int nr = get_user_pages_fast(request->start, 1, FOLL_WRITE,
				     &hold->page);

	return nr == 1 ? 0 : nr ?: -EFAULT;
}

static void give_get(struct hold *hold)
{
	put_page(hold->page);
}

static const struct kind kinds[] = {
	{ "kernel", take_kernel, give_kernel, false },
	{ "slab", take_slab, give_slab, false },
	{ "offline", take_offline, give_offline, false },
	{ "pin", take_pin, give_pin, true },
	{ "pin-read", take_pin_read, give_pin, true },
	{ "get", take_get, give_get, true },
};

static bool fits(const struct hold *hold, const struct request *request)
{
	unsigned long pfn = page_to_pfn(hold->page);

	return hold->kind->of_user || pfn - request->start < request->nr;
}

static void give_all(struct list_head *given)
{
	struct hold *hold, *next;

	list_for_each_entry_safe(hold, next, given, list) {
		list_del(&hold->list);
		hold->kind->give(hold);
		kfree(hold);
	}
}

static int take_one(const struct kind *kind, const struct request *request)
{
	LIST_HEAD(misfits);
	unsigned int tries;
	int err = -ENOSPC;

	for (tries = 0; err == -ENOSPC && tries < MAX_TRIES; tries++) {
		struct hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL);

		if (!hold)
			break;
		hold->kind = kind;
		err = kind->take(hold, request);
		if (err) {
			kfree(hold);
			break;
		}
		if (fits(hold, request)) {
			list_add_tail(&hold->list, &holds);
			break;
		}
		list_add(&hold->list, &misfits);
		err = -ENOSPC;
		cond_resched();
	}
	give_all(&misfits);
	return err;
}

static ssize_t hold_write(struct file *file, const char __user *text,
			  size_t len, loff_t *pos)
{
	struct request request;
	char line[64] = "", name[16];
	unsigned int i;
	int err = -EINVAL;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (sscanf(line, "%15s %lx %lx", name, &request.start, &request.nr) != 3)
		return -EINVAL;
	mutex_lock(&lock);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i].name))
			err = take_one(&kinds[i], &request);
	mutex_unlock(&lock);
	return err ?: len;
}

static int hold_show(struct seq_file *m, void *unused)
{
	struct hold *hold;

	mutex_lock(&lock);
	list_for_each_entry(hold, &holds, list)
		seq_printf(m, "%s %#lx\n", hold->kind->name,
			   page_to_pfn(hold->page));
	mutex_unlock(&lock);
	return 0;
}

static int hold_open(struct inode *inode, struct file *file)
{
	return single_open(file, hold_show, NULL);
}

static const struct file_operations hold_fops = {
	.owner = THIS_MODULE,
	.open = hold_open,
	.read = seq_read,
	.write = hold_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int map_open(struct inode *inode, struct file *file)
{
	struct hold *hold;
	int err = -ENODATA;

	mutex_lock(&lock);
	hold = list_first_entry_or_null(&holds, struct hold, list);
	if (hold && !hold->kind->of_user) {
		get_page(hold->page);
		file->private_data = hold->page;
		err = 0;
	}
	mutex_unlock(&lock);
	return err;
}

static int map_release(struct inode *inode, struct file *file)
{
	struct page *page = file->private_data;

	page->mapping = NULL;
	put_page(page);
	return 0;
}

static int map_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, file->private_data);
}

static int map_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct page *page = file->private_data;

	page->mapping = file->f_mapping;
	return map_mmap(file, vma);
}

static const struct file_operations map_fops = {
	.owner = THIS_MODULE,
	.open = map_open,
	.mmap = map_mmap,
	.release = map_release,
};

static const struct file_operations map_file_fops = {
	.owner = THIS_MODULE,
	.open = map_open,
	.mmap = map_file_mmap,
	.release = map_release,
};

static void release_holds(void)
{
	mutex_lock(&lock);
	give_all(&holds);
	mutex_unlock(&lock);
	kmem_cache_shrink(cache);
}

static ssize_t release_write(struct file *file, const char __user *text,
			     size_t len, loff_t *pos)
{
	release_holds();
	return len;
}

static const struct file_operations release_fops = {
	.owner = THIS_MODULE,
	.write = release_write,
};

static int __init mhp_pages_init(void)
{
	cache = kmem_cache_create("mhp_pages", SLAB_OBJECT, 0, SLAB_NO_MERGE,
				  NULL);
	if (!cache)
		return -ENOMEM;
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("hold", 0600, dir, NULL, &hold_fops);
	debugfs_create_file_unsafe("map", 0400, dir, NULL, &map_fops);
	debugfs_create_file_unsafe("map-file", 0400, dir, NULL, &map_file_fops);
	debugfs_create_file("release", 0200, dir, NULL, &release_fops);
	return 0;
}
module_init(mhp_pages_init);

static void __exit mhp_pages_exit(void)
{
	debugfs_remove(dir);
	release_holds();
	kmem_cache_destroy(cache);
}
module_exit(mhp_pages_exit);

MODULE_DESCRIPTION("Holds pages for the memory hotplug selftests");
MODULE_LICENSE("GPL");
