/* SPDX-License-Identifier: GPL-2.0 */
/* Stands in for the header of the same name in mm/memory_hotplug. */
#ifndef __MM_MEMORY_HOTPLUG_CHOICE_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_CHOICE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same as in the kernel */
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define max(a, b)		((a) > (b) ? (a) : (b))

/* Less than in the kernel: options that are built in, in a preprocessor's #if */
#define IS_ENABLED(CONFIG_option)	((CONFIG_option) == 1)

/* Less than in the kernel: nobody says how to swap */
#define sort(base, nr, size, compare, swap)	qsort(base, nr, size, compare)

#include "../../../../mm/memory_hotplug/choice.h"

#endif /* __MM_MEMORY_HOTPLUG_CHOICE_INTERNAL_H */
