/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_OPERATION_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_OPERATION_INTERNAL_H

/*
 * All that operation.c needs from the kernel. The user-space build brings a
 * header of its own with the same guard.
 */

#define pr_fmt(fmt) "memory_hotplug: " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>

#include "operation.h"
#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static inline u64 mhp_now_ns(void)
{
	return ktime_get_ns();
}

static inline bool mhp_signalled(void)
{
	return task_sigpending(current);
}

/* Somebody who tries again and again must not push all else out of the log. */
static inline bool mhp_may_log(void)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 100);

	return __ratelimit(&limit);
}

#endif /* __MM_MEMORY_HOTPLUG_OPERATION_INTERNAL_H */
