/* SPDX-License-Identifier: GPL-2.0 */
/* Stands in for the header of the same name in drivers/base. */
#ifndef _DRIVERS_BASE_MEMORY_LIST_INTERNAL_H
#define _DRIVERS_BASE_MEMORY_LIST_INTERNAL_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#define U32_MAX			UINT32_MAX
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif /* _DRIVERS_BASE_MEMORY_LIST_INTERNAL_H */
