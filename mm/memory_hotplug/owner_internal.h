/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_OWNER_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_OWNER_INTERNAL_H

/*
 * All that owner.c needs of the kernel beyond what the buddy allocator needs.
 * Tests in user space have another file of this name.
 */

#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/vmstat.h>

#include "internal.h"
#include "trace.h"

#endif /* __MM_MEMORY_HOTPLUG_OWNER_INTERNAL_H */
