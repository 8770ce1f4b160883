// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Faults in operations
 *
 * Every step of every operation can be made to fail, so that every way back
 * is walked and not only written. Below memory_hotplug/fail/ in debugfs is a
 * directory for each operation with one for each of its steps, and in there
 * the usual files of the fault-injection framework. The step fails before it
 * does anything, with the errno in memory_hotplug/fail/errno. See
 * Documentation/fault-injection/fault-injection.rst.
 */

#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/fault-inject.h>
#include <linux/init.h>
#include <linux/slab.h>

#include "internal.h"

static struct {
	const struct mhp_operation_type *type;
	struct fault_attr *steps;
} tables[] = {
	{ &mhp_add_type },
	{ &mhp_online_type },
#ifdef CONFIG_MEMORY_HOTREMOVE
	{ &mhp_remove_type },
	{ &mhp_offline_type },
#endif
};

static u32 injected_errno = ENOMEM;

/**
 * mhp_fault_injected() - is a step to fail
 * @type: the operation
 * @step: index of the step
 *
 * Context: Process context.
 * Return: 0 if not, else the negative errno to fail with.
 */
int mhp_fault_injected(const struct mhp_operation_type *type,
		       unsigned int step)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		if (tables[i].type != type || !tables[i].steps)
			continue;
		if (should_fail(&tables[i].steps[step], 1))
			return -(int)READ_ONCE(injected_errno);
	}
	return 0;
}

static int set_errno(void *data, u64 value)
{
	if (!value || value > MAX_ERRNO)
		return -EINVAL;
	injected_errno = value;
	return 0;
}

static int get_errno(void *data, u64 *value)
{
	*value = injected_errno;
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(errno_fops, get_errno, set_errno, "%llu\n");

static const struct fault_attr quiet_fault __initconst = {
	.interval = 1,
	.times = ATOMIC_INIT(1),
};

static struct fault_attr * __init
create_steps(const struct mhp_operation_type *type, struct dentry *parent)
{
	struct fault_attr *steps;
	unsigned int i;

	steps = kcalloc(type->nr_steps, sizeof(*steps), GFP_KERNEL);
	for (i = 0; steps && i < type->nr_steps; i++) {
		steps[i] = quiet_fault;
		ratelimit_state_init(&steps[i].ratelimit_state, 0, 0);
		fault_create_debugfs_attr(type->steps[i].name, parent,
					  &steps[i]);
	}
	return steps;
}

static int __init create_faults(void)
{
	struct dentry *top, *fail;
	unsigned int i;

	top = debugfs_create_dir("memory_hotplug", NULL);
	fail = debugfs_create_dir("fail", top);
	debugfs_create_file_unsafe("errno", 0600, fail, NULL, &errno_fops);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		tables[i].steps = create_steps(tables[i].type,
					       debugfs_create_dir(tables[i].type->name, fail));
	return 0;
}
late_initcall(create_faults);
