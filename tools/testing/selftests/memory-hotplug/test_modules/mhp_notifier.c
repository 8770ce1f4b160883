// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: a memory notifier that tells and that vetoes
 *
 * Registers two callbacks, "first" at a high priority and "last" at a low one,
 * and keeps what they were told. In debugfs, under mhp_notifier/:
 *
 *  events: read, one line per call: WHO EVENT START_PFN NR_PAGES NID NID_NORMAL;
 *          a write forgets them
 *  veto:   "WHO EVENT PFN ERRNO" lets that callback answer this event of the
 *          range with that page with the errno; "none" lets all pass again
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#define MAX_CALLS	2048
#define NAME_LEN	31

struct watcher {
	const char *name;
	struct notifier_block nb;
};

struct call {
	const struct watcher *watcher;
	unsigned long event;
	struct memory_notify range;
};

struct veto {
	char watcher[NAME_LEN + 1];
	char event[NAME_LEN + 1];
	unsigned long pfn;
	int error;
};

static const char * const event_names[] = {
	[MEM_ONLINE]		= "MEM_ONLINE",
	[MEM_GOING_OFFLINE]	= "MEM_GOING_OFFLINE",
	[MEM_OFFLINE]		= "MEM_OFFLINE",
	[MEM_GOING_ONLINE]	= "MEM_GOING_ONLINE",
	[MEM_CANCEL_ONLINE]	= "MEM_CANCEL_ONLINE",
	[MEM_CANCEL_OFFLINE]	= "MEM_CANCEL_OFFLINE",
	[MEM_PREPARE_ONLINE]	= "MEM_PREPARE_ONLINE",
	[MEM_FINISH_OFFLINE]	= "MEM_FINISH_OFFLINE",
};

static DEFINE_MUTEX(lock);	/* calls, nr_calls, veto */
static struct call calls[MAX_CALLS];
static unsigned int nr_calls;
static struct veto veto;
static struct dentry *dir;

static const char *event_name(unsigned long event)
{
	return event < ARRAY_SIZE(event_names) ? event_names[event] : "unknown";
}

static bool is_vetoed(const struct watcher *watcher, unsigned long event,
		      const struct memory_notify *range)
{
	return veto.error && veto.pfn - range->start_pfn < range->nr_pages &&
	       !strcmp(veto.watcher, watcher->name) &&
	       !strcmp(veto.event, event_name(event));
}

static int on_event(struct notifier_block *nb, unsigned long event, void *arg)
{
	struct watcher *watcher = container_of(nb, struct watcher, nb);
	const struct memory_notify *range = arg;
	int answer = NOTIFY_OK;

	mutex_lock(&lock);
	if (nr_calls < MAX_CALLS)
		calls[nr_calls++] = (struct call){
			.watcher = watcher, .event = event, .range = *range,
		};
	if (is_vetoed(watcher, event, range))
		answer = notifier_from_errno(-veto.error);
	mutex_unlock(&lock);
	return answer;
}

static struct watcher watchers[] = {
	{ "first", { .notifier_call = on_event, .priority = 10000 } },
	{ "last", { .notifier_call = on_event, .priority = -10000 } },
};

static int events_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < nr_calls; i++) {
		const struct call *call = &calls[i];

		seq_printf(m, "%s %s %#lx %lu %d %d\n", call->watcher->name,
			   event_name(call->event), call->range.start_pfn,
			   call->range.nr_pages, call->range.status_change_nid,
			   call->range.status_change_nid_normal);
	}
	mutex_unlock(&lock);
	return 0;
}

static int events_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, events_show, NULL, MAX_CALLS * 80);
}

static ssize_t events_write(struct file *file, const char __user *text,
			    size_t len, loff_t *pos)
{
	mutex_lock(&lock);
	nr_calls = 0;
	mutex_unlock(&lock);
	return len;
}

static const struct file_operations events_fops = {
	.owner = THIS_MODULE,
	.open = events_open,
	.read = seq_read,
	.write = events_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t veto_write(struct file *file, const char __user *text,
			  size_t len, loff_t *pos)
{
	struct veto wanted = {};
	char line[128] = "";

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (!sysfs_streq(line, "none") &&
	    sscanf(line, "%31s %31s %lx %d", wanted.watcher, wanted.event,
		   &wanted.pfn, &wanted.error) != 4)
		return -EINVAL;
	mutex_lock(&lock);
	veto = wanted;
	mutex_unlock(&lock);
	return len;
}

static const struct file_operations veto_fops = {
	.owner = THIS_MODULE,
	.write = veto_write,
};

static int __init mhp_notifier_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(watchers); i++) {
		err = register_memory_notifier(&watchers[i].nb);
		if (err)
			goto out_unregister;
	}
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("events", 0600, dir, NULL, &events_fops);
	debugfs_create_file("veto", 0200, dir, NULL, &veto_fops);
	return 0;

out_unregister:
	while (i--)
		unregister_memory_notifier(&watchers[i].nb);
	return err;
}
module_init(mhp_notifier_init);

static void __exit mhp_notifier_exit(void)
{
	unsigned int i;

	debugfs_remove(dir);
	for (i = 0; i < ARRAY_SIZE(watchers); i++)
		unregister_memory_notifier(&watchers[i].nb);
}
module_exit(mhp_notifier_exit);

MODULE_DESCRIPTION("Memory notifier for the memory hotplug selftests");
MODULE_LICENSE("GPL");
