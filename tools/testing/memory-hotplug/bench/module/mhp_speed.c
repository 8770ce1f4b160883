// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: how long the page allocator takes, and to copy a page
 *
 * In debugfs, under mhp_speed/:
 *
 *  run:  "TYPE ORDER BATCH ROUNDS CPUS" takes BATCH blocks of pages of an order
 *        and gives them back, ROUNDS times, on so many CPUs at once. TYPE is
 *        kernel or movable.
 *        Read: nanoseconds from the first CPU's start to the last one's end,
 *        and how many allocations failed.
 *  copy: "PAGES ROUNDS" copies each of so many pages to another one, ROUNDS
 *        times, on one CPU, as migration does. Read: the same as of run.
 *  keep: "NODE" takes a page of that node for the kernel, in place of the one
 *        it had, and -1 gives it back.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#define MAX_CPUS	8
#define MAX_BATCH	1024
/* Each kernel has its own name for it, and on x86 all have the same. */
#define LARGEST_ORDER	10
#define MAX_COPIED	65536

struct work {
	gfp_t gfp;
	unsigned int order;
	unsigned int batch;
	unsigned int rounds;
};

struct worker {
	const struct work *work;
	struct completion *go;
	struct completion done;
	unsigned long failed;
	struct page *pages[MAX_BATCH];
};

static const struct {
	const char *name;
	gfp_t gfp;
} types[] = {
	{ "kernel", GFP_KERNEL },
	{ "movable", GFP_HIGHUSER_MOVABLE },
};

static DEFINE_MUTEX(lock);	/* all below */
static struct page *kept;
static u64 result_ns;
static unsigned long result_failed;
static struct dentry *dir;

static void take_and_give(struct worker *worker)
{
	const struct work *work = worker->work;
	unsigned int i;

	for (i = 0; i < work->batch; i++) {
		worker->pages[i] = alloc_pages(work->gfp | __GFP_NOWARN,
					       work->order);
		if (!worker->pages[i])
			worker->failed++;
	}
	for (i = 0; i < work->batch; i++)
		if (worker->pages[i])
			__free_pages(worker->pages[i], work->order);
}

static int run_worker(void *data)
{
	struct worker *worker = data;
	unsigned int i;

	wait_for_completion(worker->go);
	for (i = 0; i < worker->work->rounds; i++) {
		take_and_give(worker);
		cond_resched();
	}
	complete(&worker->done);
	return 0;
}

static int start_worker(struct worker *worker, unsigned int cpu)
{
	struct task_struct *task = kthread_create_on_cpu(run_worker, worker,
							 cpu, "mhp_speed/%u");

	if (IS_ERR(task))
		return PTR_ERR(task);
	wake_up_process(task);
	return 0;
}

static int run(const struct work *work, unsigned int cpus)
{
	DECLARE_COMPLETION_ONSTACK(go);
	struct worker *workers;
	unsigned int i, started;
	ktime_t start;
	int err = 0;

	workers = kvcalloc(cpus, sizeof(*workers), GFP_KERNEL);
	if (!workers)
		return -ENOMEM;
	for (started = 0; started < cpus; started++) {
		workers[started].work = work;
		workers[started].go = &go;
		init_completion(&workers[started].done);
		err = start_worker(&workers[started], started);
		if (err)
			break;
	}
	start = ktime_get();
	complete_all(&go);
	result_failed = 0;
	for (i = 0; i < started; i++) {
		wait_for_completion(&workers[i].done);
		result_failed += workers[i].failed;
	}
	result_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	kvfree(workers);
	return err;
}

static ssize_t run_write(struct file *file, const char __user *text,
			 size_t len, loff_t *pos)
{
	char line[64] = "", name[16];
	struct work work = { 0 };
	unsigned int i, cpus;
	int err = -EINVAL;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (sscanf(line, "%15s %u %u %u %u", name, &work.order, &work.batch,
		   &work.rounds, &cpus) != 5)
		return -EINVAL;
	if (work.order > LARGEST_ORDER || work.batch > MAX_BATCH ||
	    cpus > min(num_online_cpus(), MAX_CPUS))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(name, types[i].name))
			continue;
		work.gfp = types[i].gfp;
		mutex_lock(&lock);
		err = run(&work, cpus);
		mutex_unlock(&lock);
	}
	return err ?: len;
}

static void free_all(struct page **pages, unsigned int nr)
{
	while (nr)
		__free_page(pages[--nr]);
	kvfree(pages);
}

static struct page **alloc_all(unsigned int nr)
{
	struct page **pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	unsigned int i;

	for (i = 0; pages && i < nr; i++) {
		pages[i] = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
		if (!pages[i]) {
			free_all(pages, i);
			return NULL;
		}
	}
	return pages;
}

/* The first half of the pages has the content, the second half takes it. */
static int copy(unsigned int nr, unsigned int rounds)
{
	struct page **pages = alloc_all(2 * nr);
	ktime_t start;
	unsigned int i;

	if (!pages)
		return -ENOMEM;
	start = ktime_get();
	while (rounds--) {
		for (i = 0; i < nr; i++)
			copy_highpage(pages[nr + i], pages[i]);
		cond_resched();
	}
	result_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	result_failed = 0;
	free_all(pages, 2 * nr);
	return 0;
}

static ssize_t copy_write(struct file *file, const char __user *text,
			  size_t len, loff_t *pos)
{
	unsigned int nr, rounds;
	char line[64] = "";
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (sscanf(line, "%u %u", &nr, &rounds) != 2 || !nr || nr > MAX_COPIED)
		return -EINVAL;
	mutex_lock(&lock);
	err = copy(nr, rounds);
	mutex_unlock(&lock);
	return err ?: len;
}

static void give_kept(void)
{
	if (kept)
		__free_page(kept);
	kept = NULL;
}

static int keep(int node)
{
	give_kept();
	if (node == NUMA_NO_NODE)
		return 0;
	kept = alloc_pages_node(node, GFP_KERNEL | __GFP_THISNODE, 0);
	return kept ? 0 : -ENOMEM;
}

static ssize_t keep_write(struct file *file, const char __user *text,
			  size_t len, loff_t *pos)
{
	int err, node;

	err = kstrtoint_from_user(text, len, 10, &node);
	if (err)
		return err;
	if (node != NUMA_NO_NODE &&
	    (node < 0 || node >= MAX_NUMNODES || !node_online(node)))
		return -EINVAL;
	mutex_lock(&lock);
	err = keep(node);
	mutex_unlock(&lock);
	return err ?: len;
}

static ssize_t run_read(struct file *file, char __user *text, size_t len,
			loff_t *pos)
{
	char line[64];
	int size;

	mutex_lock(&lock);
	size = scnprintf(line, sizeof(line), "%llu %lu\n", result_ns,
			 result_failed);
	mutex_unlock(&lock);
	return simple_read_from_buffer(text, len, pos, line, size);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.read = run_read,
	.write = run_write,
};

static const struct file_operations copy_fops = {
	.owner = THIS_MODULE,
	.read = run_read,
	.write = copy_write,
};

static const struct file_operations keep_fops = {
	.owner = THIS_MODULE,
	.write = keep_write,
};

static int __init mhp_speed_init(void)
{
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	debugfs_create_file("copy", 0600, dir, NULL, &copy_fops);
	debugfs_create_file("keep", 0200, dir, NULL, &keep_fops);
	return 0;
}
module_init(mhp_speed_init);

static void __exit mhp_speed_exit(void)
{
	debugfs_remove(dir);
	give_kept();
}
module_exit(mhp_speed_exit);

MODULE_DESCRIPTION("Times the page allocator for the benchmark of memory hotplug");
MODULE_LICENSE("GPL");
