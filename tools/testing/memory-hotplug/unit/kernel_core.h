/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernel_core.py prints of the kernel's own allocator, and what that needs
 * beyond buddy_internal.h.
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include "buddy_internal.h"

#define __maybe_unused		__attribute__((unused))
#define VM_WARN_ON(condition)	VM_BUG_ON(condition)
#define WARN_ON(condition)	WARN_ON_ONCE(condition)
#define zone_is_initialized(zone)	true
#define page_outside_zone_boundaries(zone, page)	\
	(!zone_spans_pfn(zone, page_to_pfn(page)))

#define page_to_nid(page)		0
#define zone_to_nid(zone)		0
#define free_area_empty(area, type)	list_empty(&(area)->free_list[type])

typedef int fpi_t;

#define FPI_NONE		0
#define FPI_SKIP_REPORT_NOTIFY	BIT(0)
#define FPI_TO_TAIL		BIT(1)

static bool boost_watermark(struct zone *zone);

#include KERNEL_CORE

#endif /* KERNEL_CORE_H */
