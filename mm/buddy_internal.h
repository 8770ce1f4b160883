/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_BUDDY_INTERNAL_H
#define __MM_BUDDY_INTERNAL_H

/*
 * All that the buddy allocator needs of the kernel. Tests in user space have
 * another file of this name.
 */

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/pageblock-flags.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/vmstat.h>
#include <trace/events/kmem.h>

#include "internal.h"
#include "page_reporting.h"
#include "shuffle.h"

#endif /* __MM_BUDDY_INTERNAL_H */
