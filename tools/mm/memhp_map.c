// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: what all maps of memory blocks have in common
 *
 * A map has a part for each node, and rows of blocks in it. A row begins at a
 * multiple of its length, so that a block has the same column in all nodes,
 * and addresses without memory are gaps. Rows without any block are left out.
 *
 * A block is drawn by its class, by how full it is, and with a mark if it could
 * not go offline now.
 */
#include <stdlib.h>
#include <string.h>

#include "memhp.h"

enum {
	CLASS_HOTPLUG,
	CLASS_PINNED,
	CLASS_ORDINARY,
	CLASS_MOVABLE,
	CLASS_GOING,
	CLASS_OFFLINE,
	CLASS_OTHER,
	NR_CLASSES
};

const unsigned int memhp_nr_classes = NR_CLASSES;

const struct memhp_class memhp_classes[NR_CLASSES] = {
	[CLASS_HOTPLUG]	= { 'H', "hotplug: movable memory only", 36, 22,
			    "#009e73", "#00533d", "#d5f0e7" },
	[CLASS_PINNED]	= { 'P', "pinned: any memory", 214, 94,
			    "#e69f00", "#8a4b00", "#fcecc8" },
	[CLASS_ORDINARY] = { 'K', "online: any memory", 32, 18,
			    "#0072b2", "#00324f", "#d3e6f2" },
	[CLASS_MOVABLE]	= { 'M', "ZONE_MOVABLE", 75, 24,
			    "#56b4e9", "#1d5a80", "#e0f1fb" },
	[CLASS_GOING]	= { 'G', "going offline", 227, 100,
			    "#f0e442", "#8c8417", "#fbf8cf" },
	[CLASS_OFFLINE]	= { '-', "offline", 245, 236, "#ffffff", "#ffffff",
			    "#ffffff" },
	[CLASS_OTHER]	= { '?', "in an unknown state", 250, 238, "#999999",
			    "#555555", "#eeeeee" },
};

/**
 * memhp_class() - what a block looks like
 * @block: the block
 *
 * The zone stands before the owner: in ZONE_MOVABLE there is no choice.
 *
 * Return: its class.
 */
const struct memhp_class *memhp_class(const struct memhp_block *block)
{
	static const unsigned int by_state[] = {
		[STATE_OFFLINE]		= CLASS_OFFLINE,
		[STATE_GOING_OFFLINE]	= CLASS_GOING,
		[STATE_OTHER]		= CLASS_OTHER,
	};
	static const unsigned int by_owner[] = {
		[OWNER_UNKNOWN]	= CLASS_ORDINARY,
		[OWNER_HOTPLUG]	= CLASS_HOTPLUG,
		[OWNER_PINNED]	= CLASS_PINNED,
	};

	if (block->state != STATE_ONLINE)
		return &memhp_classes[by_state[block->state]];
	if (!strcmp(block->zones, "Movable"))
		return &memhp_classes[CLASS_MOVABLE];
	return &memhp_classes[by_owner[block->owner]];
}

/**
 * memhp_class_occurs() - whether the key of a map has to explain a class
 * @machine: what the map shows
 * @class: the class
 *
 * Return: true if a block of @machine is of that class.
 */
bool memhp_class_occurs(const struct memhp_machine *machine,
			const struct memhp_class *class)
{
	size_t i;

	for (i = 0; i < machine->nr; i++) {
		if (memhp_class(&machine->blocks[i]) == class)
			return true;
	}
	return false;
}

/**
 * memhp_held() - whether something keeps a block online
 * @block: the block
 *
 * Return: true if it is online, and could not go offline now.
 */
bool memhp_held(const struct memhp_block *block)
{
	if (block->state == STATE_OFFLINE)
		return false;
	if (block->source == SOURCE_NONE)
		return !block->removable;
	return block->nr_blockers;
}

/**
 * memhp_any_held() - whether the key of a map has to explain the mark
 * @machine: what the map shows
 *
 * Return: true if something keeps one of the blocks online.
 */
bool memhp_any_held(const struct memhp_machine *machine)
{
	size_t i;

	for (i = 0; i < machine->nr; i++) {
		if (memhp_held(&machine->blocks[i]))
			return true;
	}
	return false;
}

/**
 * memhp_mark_meaning() - what the mark on a block says
 * @machine: what the map shows
 *
 * Return: words for the key.
 */
const char *memhp_mark_meaning(const struct memhp_machine *machine)
{
	size_t i;

	for (i = 0; i < machine->nr; i++) {
		if (machine->blocks[i].source == SOURCE_FLAGS)
			return "has pages that can not move, by their flags";
	}
	return "can not go offline now";
}

/**
 * memhp_next_row() - go through the rows of a map
 * @machine: what the map shows
 * @columns: most blocks in a row
 * @row: all zero at first; then the row before the one that is wanted
 *
 * Return: false if there is no more row.
 */
bool memhp_next_row(const struct memhp_machine *machine, unsigned int columns,
		    struct memhp_row *row)
{
	const struct memhp_block *end = machine->blocks + machine->nr;
	const struct memhp_block *block = machine->blocks;
	struct memhp_row next = { .new_node = true };

	if (row->blocks) {
		block = row->blocks + row->nr;
		next.new_node = block < end && block->node != row->blocks->node;
	}
	if (block == end)
		return false;
	next.blocks = block;
	next.first = block->id - block->id % columns;
	next.gap = !next.new_node && next.first - row->first > columns;
	while (block < end && block->node == next.blocks->node &&
	       block->id - next.first < columns)
		block++;
	next.nr = block - next.blocks;
	*row = next;
	return true;
}

/**
 * memhp_size_text() - write an amount of memory as a person would
 * @text: where it goes
 * @size: bytes in @text
 * @bytes: the amount
 */
void memhp_size_text(char *text, size_t size, unsigned long long bytes)
{
	static const char * const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	unsigned int unit = 0;
	double value = bytes;

	while (value >= 1024 && unit < 6) {
		value /= 1024;
		unit++;
	}
	snprintf(text, size, value == (int)value ? "%.0f %s" : "%.1f %s", value,
		 units[unit]);
}

/**
 * memhp_use_text() - write how full a block is
 * @text: where it goes
 * @size: bytes in @text
 * @use: the use of the block
 *
 * Return: false if that is not known; then there is no text.
 */
bool memhp_use_text(char *text, size_t size, const struct memhp_use *use)
{
	if (!use->known || !use->pages)
		return false;
	if (use->used && use->used * 100 < use->pages)
		snprintf(text, size, "less than 1 %%");
	else
		snprintf(text, size, "%llu %%", use->used * 100 / use->pages);
	return true;
}

/**
 * memhp_summary() - the line below the title
 * @text: where it goes
 * @size: bytes in @text
 * @machine: what the map shows
 */
void memhp_summary(char *text, size_t size,
		   const struct memhp_machine *machine)
{
	size_t i, offline = 0, held = 0;
	char each[WORD_SIZE];

	for (i = 0; i < machine->nr; i++) {
		offline += machine->blocks[i].state == STATE_OFFLINE;
		held += memhp_held(&machine->blocks[i]);
	}
	memhp_size_text(each, sizeof(each), machine->block_bytes);
	snprintf(text, size, "%zu block%s of %s: %zu online, %zu of them held; %zu offline",
		 machine->nr, machine->nr == 1 ? "" : "s", each,
		 machine->nr - offline, held, offline);
}
