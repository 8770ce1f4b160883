/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM memory_hotplug

#if !defined(_TRACE_MEMORY_HOTPLUG_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_MEMORY_HOTPLUG_H

#include <linux/tracepoint.h>

#include "operation.h"

/* One step of an operation ran, or was undone. */
TRACE_EVENT(mhp_step,
	    TP_PROTO(const struct mhp_operation *operation, const char *step,
		     bool undo, u64 ns, enum mhp_result result),
	    TP_ARGS(operation, step, undo, ns, result),
	    TP_STRUCT__entry(__string(operation, operation->type->name)
			     __string(step, step)
			     __string(result, mhp_result_name(result))
			     __field(unsigned long, start_pfn)
			     __field(unsigned long, nr_pages)
			     __field(u64, ns)
			     __field(bool, undo)),
	    TP_fast_assign(__assign_str(operation);
			   __assign_str(step);
			   __assign_str(result);
			   __entry->start_pfn = operation->start_pfn;
			   __entry->nr_pages = operation->nr_pages;
			   __entry->ns = ns;
			   __entry->undo = undo;),
	    TP_printk("operation=%s step=%s%s start_pfn=0x%lx nr_pages=%lu ns=%llu result=\"%s\"",
		      __get_str(operation), __entry->undo ? "undo-" : "",
		      __get_str(step), __entry->start_pfn, __entry->nr_pages,
		      __entry->ns, __get_str(result))
);

/* An operation came to its end. */
TRACE_EVENT(mhp_operation,
	    TP_PROTO(const struct mhp_operation *operation, u64 ns),
	    TP_ARGS(operation, ns),
	    TP_STRUCT__entry(__string(operation, operation->type->name)
			     __string(result, mhp_result_name(operation->result))
			     __field(unsigned long, start_pfn)
			     __field(unsigned long, nr_pages)
			     __field(unsigned long, culprit_pfn)
			     __field(u64, ns)
			     __field(unsigned int, nr_blocks)
			     __field(int, error)),
	    TP_fast_assign(__assign_str(operation);
			   __assign_str(result);
			   __entry->start_pfn = operation->start_pfn;
			   __entry->nr_pages = operation->nr_pages;
			   __entry->culprit_pfn = operation->culprit_pfn;
			   __entry->ns = ns;
			   __entry->nr_blocks = operation->nr_units;
			   __entry->error = operation->error;),
	    TP_printk("operation=%s start_pfn=0x%lx nr_pages=%lu nr_blocks=%u ns=%llu result=\"%s\" error=%d culprit_pfn=0x%lx",
		      __get_str(operation), __entry->start_pfn, __entry->nr_pages,
		      __entry->nr_blocks, __entry->ns, __get_str(result),
		      __entry->error, __entry->culprit_pfn)
);

/* Pages that were to be moved stay where they are, for now. */
TRACE_EVENT(mhp_page_stays,
	    TP_PROTO(unsigned long pfn, unsigned long nr_pages,
		     const char *reason),
	    TP_ARGS(pfn, nr_pages, reason),
	    TP_STRUCT__entry(__string(reason, reason)
			     __field(unsigned long, pfn)
			     __field(unsigned long, nr_pages)),
	    TP_fast_assign(__assign_str(reason);
			   __entry->pfn = pfn;
			   __entry->nr_pages = nr_pages;),
	    TP_printk("pfn=0x%lx nr_pages=%lu reason=%s", __entry->pfn,
		      __entry->nr_pages, __get_str(reason))
);

/* Evacuation looked at every page of its range once. */
TRACE_EVENT(mhp_evacuate_pass,
	    TP_PROTO(const struct mhp_operation *operation, unsigned long moved,
		     unsigned long left),
	    TP_ARGS(operation, moved, left),
	    TP_STRUCT__entry(__field(unsigned long, start_pfn)
			     __field(unsigned long, nr_pages)
			     __field(unsigned long, moved)
			     __field(unsigned long, left)),
	    TP_fast_assign(__entry->start_pfn = operation->start_pfn;
			   __entry->nr_pages = operation->nr_pages;
			   __entry->moved = moved;
			   __entry->left = left;),
	    TP_printk("start_pfn=0x%lx nr_pages=%lu moved=%lu left=%lu",
		      __entry->start_pfn, __entry->nr_pages, __entry->moved,
		      __entry->left)
);

/* Kernel memory took a memory block over. */
TRACE_EVENT(mhp_claim,
	    TP_PROTO(unsigned long start_pfn, unsigned int order, int type,
		     unsigned int cost),
	    TP_ARGS(start_pfn, order, type, cost),
	    TP_STRUCT__entry(__field(unsigned long, start_pfn)
			     __field(unsigned int, order)
			     __field(int, type)
			     __field(unsigned int, cost)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->order = order;
			   __entry->type = type;
			   __entry->cost = cost;),
	    TP_printk("start_pfn=0x%lx order=%u type=%d cost=%u",
		      __entry->start_pfn, __entry->order, __entry->type,
		      __entry->cost)
);

/* A memory block has so little kernel memory that no more gets in. */
TRACE_EVENT(mhp_set_aside,
	    TP_PROTO(unsigned long start_pfn, unsigned long kept),
	    TP_ARGS(start_pfn, kept),
	    TP_STRUCT__entry(__field(unsigned long, start_pfn)
			     __field(unsigned long, kept)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->kept = kept;),
	    TP_printk("start_pfn=0x%lx kept=%lu", __entry->start_pfn,
		      __entry->kept)
);

/* A memory block has no kernel memory any more. */
TRACE_EVENT(mhp_release,
	    TP_PROTO(unsigned long start_pfn),
	    TP_ARGS(start_pfn),
	    TP_STRUCT__entry(__field(unsigned long, start_pfn)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;),
	    TP_printk("start_pfn=0x%lx", __entry->start_pfn)
);

/* Movable pages were moved out of a pinned block. */
TRACE_EVENT(mhp_evacuate_pinned,
	    TP_PROTO(unsigned long start_pfn, unsigned long moved),
	    TP_ARGS(start_pfn, moved),
	    TP_STRUCT__entry(__field(unsigned long, start_pfn)
			     __field(unsigned long, moved)),
	    TP_fast_assign(__entry->start_pfn = start_pfn;
			   __entry->moved = moved;),
	    TP_printk("start_pfn=0x%lx moved=%lu", __entry->start_pfn,
		      __entry->moved)
);

#endif /* _TRACE_MEMORY_HOTPLUG_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
