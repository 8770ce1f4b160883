/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_CHOICE_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_CHOICE_INTERNAL_H

/*
 * All that choice.c needs from the kernel. The user-space build brings a
 * header of its own with the same guard.
 */

#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "choice.h"

#endif /* __MM_MEMORY_HOTPLUG_CHOICE_INTERNAL_H */
