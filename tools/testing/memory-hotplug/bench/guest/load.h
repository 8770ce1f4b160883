/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DOC: what load.c and load_kinds.c share
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One piece of a kind of memory, taken and given back as a whole. */
struct item {
	size_t bytes;
	union {
		void *address;
		unsigned long number;
		int fds[2];
		struct sleeper *sleepers;
	};
	bool failed;	/* there was no memory for it */
};

/*
 * A kind of memory. choose() is the only one that draws random numbers, and
 * take() does what it chose or fails: nothing that the kernel does changes
 * what comes next.
 */
struct kind {
	const char *name;
	size_t (*choose)(void);
	bool (*take)(struct item *item);
	void (*give)(struct item *item);
	struct item *items;
	size_t nr_items;
	size_t room;
	size_t bytes;
	size_t wanted;
};

extern struct kind kinds[];
extern const size_t nr_kinds;

void prepare_kinds(void);
uint64_t draw(uint64_t below);

#endif
