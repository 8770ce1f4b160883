/* SPDX-License-Identifier: GPL-2.0 */
/* Stands in for the header of the same name in mm/memory_hotplug. */
#ifndef __MM_MEMORY_HOTPLUG_OPERATION_INTERNAL_H
#define __MM_MEMORY_HOTPLUG_OPERATION_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The same as in the kernel */
typedef unsigned long long u64;

#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define container_of(pointer, type, member)				\
	((type *)((char *)(pointer) - offsetof(type, member)))

/* Less than in the kernel: options that are built in, in a preprocessor's #if */
#define IS_ENABLED(CONFIG_option)	((CONFIG_option) == 1)

#include "../../../../mm/memory_hotplug/operation.h"

/*
 * Played by the test, which decides what they answer and keeps what they hear
 */
#define TEXT_SIZE	2048

static struct {
	u64 now;
	bool signalled;
	bool silent;
	unsigned int fault_step;
	int fault;
	const struct mhp_operation *running;
	char trace[TEXT_SIZE];
	char log[TEXT_SIZE];
} world;

static void put(char *text, const char *format, ...);
static u64 mhp_now_ns(void);
static bool mhp_signalled(void);
static int mhp_fault_injected(const struct mhp_operation_type *type,
			      unsigned int step);
static void mhp_progress_begin(struct mhp_operation *operation);
static void mhp_progress_end(const struct mhp_operation *operation);
static void trace_mhp_step(const struct mhp_operation *operation,
			   const char *step, bool undo, u64 ns,
			   enum mhp_result result);
static void trace_mhp_operation(const struct mhp_operation *operation, u64 ns);
#define pr_info(...)	put(world.log, __VA_ARGS__)
#define mhp_may_log()	(!world.silent)

#endif /* __MM_MEMORY_HOTPLUG_OPERATION_INTERNAL_H */
