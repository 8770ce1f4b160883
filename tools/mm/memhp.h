/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of memhp share: what is known of a machine's memory blocks,
 * and how it is shown.
 *
 * An error that leaves nothing to show ends the program at once, with a line
 * on standard error and the exit status 1.
 */
#ifndef MEMHP_H
#define MEMHP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MEMORY_DIR	"/sys/devices/system/memory"
#define PAGE_FLAGS	"/proc/kpageflags"

#define WORD_SIZE	32
#define MAX_BLOCKERS	32
#define NO_NODE		(-1)

enum memhp_state {
	STATE_ONLINE,
	STATE_OFFLINE,
	STATE_GOING_OFFLINE,
	STATE_OTHER,
};

enum memhp_owner {
	OWNER_UNKNOWN,
	OWNER_HOTPLUG,
	OWNER_PINNED,
};

/**
 * enum memhp_source - where the blockers of a block were found
 * @SOURCE_NONE: nowhere, there is only the file removable
 * @SOURCE_KERNEL: in the block's file blockers
 * @SOURCE_FLAGS: in the flags of its pages, which tell less
 */
enum memhp_source {
	SOURCE_NONE,
	SOURCE_KERNEL,
	SOURCE_FLAGS,
};

/**
 * struct memhp_blocker - pages of one kind that keep a block online
 * @kind: the kernel's word for them
 * @pages: how many there are
 * @first_pfn: page frame number of the first one
 */
struct memhp_blocker {
	char kind[WORD_SIZE];
	unsigned long long pages;
	unsigned long long first_pfn;
};

/**
 * struct memhp_use - how full an online block is
 * @known: the flags of its pages could be read
 * @pages: pages that are memory
 * @used: those of them that are not free
 * @kernel: those of the used ones that can not be moved, going by their flags
 */
struct memhp_use {
	bool known;
	unsigned long long pages;
	unsigned long long used;
	unsigned long long kernel;
};

/**
 * struct memhp_block - a memory block
 * @id: its number, the N of memoryN
 * @node: the lowest of its nodes, or NO_NODE
 * @state: whether it is online
 * @state_word: the kernel's word for that
 * @owner: who may live in it
 * @zones: online: its zone; offline: those that it can go to
 * @removable: what the file says; true if there is none
 * @source: where @blockers are from
 * @nr_blockers: how many of @blockers there are
 * @blockers: what keeps it online, by kind
 * @use: how full it is
 */
struct memhp_block {
	unsigned int id;
	int node;
	enum memhp_state state;
	char state_word[WORD_SIZE];
	enum memhp_owner owner;
	char zones[2 * WORD_SIZE];
	bool removable;
	enum memhp_source source;
	unsigned int nr_blockers;
	struct memhp_blocker blockers[MAX_BLOCKERS];
	struct memhp_use use;
};

/**
 * struct memhp_machine - the memory blocks of a machine
 * @root: what comes before /sys and /proc in the name of a file
 * @block_bytes: size of a block
 * @page_bytes: size of a page
 * @nr: how many of @blocks there are
 * @blocks: the blocks by node, and those of a node by number
 * @pages_error: errno that page flags could not be read for, or 0
 */
struct memhp_machine {
	const char *root;
	unsigned long long block_bytes;
	unsigned long long page_bytes;
	size_t nr;
	struct memhp_block *blocks;
	int pages_error;
};

/* memhp_blocks.c: what sysfs says */
void memhp_path(const struct memhp_machine *machine, const char *file,
		char *path);
void memhp_read_machine(struct memhp_machine *machine, const char *root);
void memhp_read_blocks(struct memhp_machine *machine);
bool memhp_read_block(const struct memhp_machine *machine,
		      struct memhp_block *block, unsigned int id);
unsigned long long memhp_block_pages(const struct memhp_machine *machine);
unsigned long long memhp_address(const struct memhp_machine *machine,
				 unsigned int id);
bool memhp_block_id(const char *name, unsigned int *id);

/* memhp_pages.c: what the flags of pages say */
void memhp_read_pages(struct memhp_machine *machine, bool flags_only);

/* memhp_map.c: what the maps have in common */

/**
 * struct memhp_class - blocks that look alike
 * @letter: stands for them where there are no colours
 * @name: what they are, for the key
 * @terminal: colour in a terminal of memory in use, an index of the 256
 * @terminal_free: the same of free memory
 * @fill: colour in a picture, of memory in use
 * @dark: of memory that can not be moved
 * @light: of free memory
 *
 * The colours can be told apart by people who see few of them.
 */
struct memhp_class {
	char letter;
	const char *name;
	unsigned int terminal;
	unsigned int terminal_free;
	const char *fill;
	const char *dark;
	const char *light;
};

extern const struct memhp_class memhp_classes[];
extern const unsigned int memhp_nr_classes;

/**
 * struct memhp_row - blocks of a node that are drawn beside each other
 * @first: number of the block in the first column, which need not exist
 * @blocks: the blocks
 * @nr: how many there are
 * @new_node: the first row of a node
 * @gap: there are rows without any block before this one
 */
struct memhp_row {
	unsigned int first;
	const struct memhp_block *blocks;
	size_t nr;
	bool new_node;
	bool gap;
};

/**
 * struct memhp_style - how a map is to look
 * @title: stands above it, or NULL
 * @columns: blocks in a row; 0: as fits
 */
struct memhp_style {
	const char *title;
	unsigned int columns;
};

const struct memhp_class *memhp_class(const struct memhp_block *block);
bool memhp_class_occurs(const struct memhp_machine *machine,
			const struct memhp_class *class);
bool memhp_held(const struct memhp_block *block);
bool memhp_any_held(const struct memhp_machine *machine);
const char *memhp_mark_meaning(const struct memhp_machine *machine);
bool memhp_next_row(const struct memhp_machine *machine, unsigned int columns,
		    struct memhp_row *row);
void memhp_size_text(char *text, size_t size, unsigned long long bytes);
bool memhp_use_text(char *text, size_t size, const struct memhp_use *use);
void memhp_summary(char *text, size_t size,
		   const struct memhp_machine *machine);

/* memhp_draw.c, memhp_svg.c: the maps */
void memhp_draw(const struct memhp_machine *machine,
		const struct memhp_style *style, bool colours);
void memhp_svg(const struct memhp_machine *machine,
	       const struct memhp_style *style);

/* memhp_why.c: what holds a block, in words */
void memhp_why(const struct memhp_machine *machine,
	       const struct memhp_block *block);

/* memhp_request.c: a request to the kernel that takes a while */
int memhp_request(const struct memhp_machine *machine, const char *file,
		  const char *text);

/* memhp_resize.c: less memory, or more */
void memhp_shrink(const struct memhp_machine *machine, const char *size);
void memhp_grow(struct memhp_machine *machine, const char *size);

#endif /* MEMHP_H */
