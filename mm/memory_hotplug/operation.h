/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_OPERATION_H
#define __MM_MEMORY_HOTPLUG_OPERATION_H

#include <linux/types.h>

struct mhp_operation;

/**
 * enum mhp_result - how a step, and with it an operation, ended
 * @MHP_DONE: it did what was asked
 * @MHP_BAD_REQUEST: range or state do not fit what was asked
 * @MHP_HOLES: part of the range is not memory
 * @MHP_ZONES: the range lies in more than one zone
 * @MHP_POISONED: a block has pages with hardware errors
 * @MHP_EXISTS: something is there already
 * @MHP_TOO_HIGH: the machine can not address or map the range
 * @MHP_STILL_ONLINE: a block that should go is in use
 * @MHP_UNMOVABLE: a page can not be moved
 * @MHP_HELD: a page could be moved but somebody holds on to it
 * @MHP_NO_ROOM: no memory to move pages to
 * @MHP_NO_MEMORY: no memory for the operation's own needs
 * @MHP_VETOED: a notifier said no
 * @MHP_INTERRUPTED: a signal came
 * @MHP_CANCELLED: somebody else asked for its end
 * @MHP_TIMED_OUT: the deadline passed
 * @MHP_INJECTED: a fault was injected
 * @MHP_FAILED: something that was called failed, with an errno of its own
 * @NR_MHP_RESULTS: number of results
 */
enum mhp_result {
	MHP_DONE,
	MHP_BAD_REQUEST,
	MHP_HOLES,
	MHP_ZONES,
	MHP_POISONED,
	MHP_EXISTS,
	MHP_TOO_HIGH,
	MHP_STILL_ONLINE,
	MHP_UNMOVABLE,
	MHP_HELD,
	MHP_NO_ROOM,
	MHP_NO_MEMORY,
	MHP_VETOED,
	MHP_INTERRUPTED,
	MHP_CANCELLED,
	MHP_TIMED_OUT,
	MHP_INJECTED,
	MHP_FAILED,
	NR_MHP_RESULTS,
};

/**
 * struct mhp_step - one step of an operation
 * @name: one word, shown in messages, traces and debugfs
 * @run: does the step for unit number @unit, 0 if @each is not set; when it
 *	 does not return MHP_DONE it must have left no trace of that unit
 * @undo: takes back what @run did for @unit; NULL if there is nothing to take
 *	  back
 * @each: run the step once for every unit of the operation (memory block)
 *	  instead of once
 */
struct mhp_step {
	const char *name;
	enum mhp_result (*run)(struct mhp_operation *operation,
			       unsigned int unit);
	void (*undo)(struct mhp_operation *operation, unsigned int unit);
	bool each;
};

/**
 * struct mhp_operation_type - a kind of operation
 * @name: one word, shown in messages, traces and debugfs
 * @steps: what to do, in order. The last one is the point of no return.
 * @nr_steps: number of @steps
 * @interruptible: a signal, or mhp_cancel(), ends the operation before its
 *		   next step
 */
struct mhp_operation_type {
	const char *name;
	const struct mhp_step *steps;
	unsigned int nr_steps;
	bool interruptible;
};

/**
 * struct mhp_operation - an operation under way
 * @type: what kind
 * @start_pfn: first page frame of the lowest block, for messages and traces
 * @end_pfn: end of the highest block, exclusive
 * @first_block: id of the lowest memory block
 * @last_block: id of the highest memory block
 * @nr_pages: pages in all blocks together
 * @nr_units: how often a step with @each runs
 * @deadline_ns: when to give up, nanoseconds on the monotonic clock; 0: never
 * @error: negative errno that a step wants to be returned instead of the one
 *	   of its result; 0 if none
 * @culprit_pfn: the page that is the reason of a failure; 0 if none is known
 * @bytes_wanted: memory that the operation needs for itself; 0 if unknown
 * @bytes_had: how much of it could be had when it was not enough
 * @told: a step has explained its failure to the reader of the log already,
 *	  or nobody is to
 * @start_ns: when it began, nanoseconds on the monotonic clock
 * @cancelled: somebody else wants it to end
 * @called_back_ns: since when somebody needs its memory, nanoseconds on the
 *		    monotonic clock; 0: nobody
 * @pages_done: pages that were moved so far; written with WRITE_ONCE(), as
 *		others look at it meanwhile
 * @pages_left: pages that are still to be moved, likewise
 * @failed: where the operation failed; NULL as long as it did not
 * @result: how it ended
 */
struct mhp_operation {
	const struct mhp_operation_type *type;
	unsigned long start_pfn;
	unsigned long end_pfn;
	unsigned long first_block;
	unsigned long last_block;
	unsigned long nr_pages;
	unsigned int nr_units;
	u64 deadline_ns;
	int error;
	unsigned long culprit_pfn;
	u64 bytes_wanted;
	u64 bytes_had;
	bool told;
	u64 start_ns;
	bool cancelled;
	u64 called_back_ns;
	unsigned long pages_done;
	unsigned long pages_left;
	const struct mhp_step *failed;
	enum mhp_result result;
};

int mhp_operation_run(struct mhp_operation *operation);
enum mhp_result mhp_operation_pending(const struct mhp_operation *operation);
enum mhp_result mhp_operation_fail(struct mhp_operation *operation,
				   enum mhp_result result, int error);
void mhp_operation_tell(const struct mhp_operation *operation);
const char *mhp_result_name(enum mhp_result result);

#endif /* __MM_MEMORY_HOTPLUG_OPERATION_H */
