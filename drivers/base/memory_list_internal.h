/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel as memory_list.c sees it. The build in user space,
 * tools/testing/memory-hotplug/unit/, puts another header with the same guard
 * in place of this one.
 */
#ifndef _DRIVERS_BASE_MEMORY_LIST_INTERNAL_H
#define _DRIVERS_BASE_MEMORY_LIST_INTERNAL_H

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/types.h>

#endif /* _DRIVERS_BASE_MEMORY_LIST_INTERNAL_H */
