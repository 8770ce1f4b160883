// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of memory blocks as user space writes them
 */

#include "memory_list_internal.h"
#include "memory_list.h"

/**
 * DOC: lists of memory blocks
 *
 * A list names memory blocks by the N of memoryN, in the list format that the
 * kernel uses elsewhere for CPUs and nodes: items between commas or white
 * space, an item being
 *
 * * ``8``, a block, or ``N``, the highest block that there is;
 * * ``32-39``, all blocks from one to another;
 * * ``0-31:2/8``, the first two of every eight blocks in a range;
 * * ``all`` or ``all:2/8``, blocks of the whole machine.
 *
 * A bitmap is the wrong shape for the result: block ids follow physical
 * addresses, which may be few and far apart. So nothing is expanded here. An
 * item becomes a region, four numbers, and the caller asks region by region
 * for the next id that it names. Whatever the text says, this takes no memory,
 * and no more steps than the caller wants to take.
 *
 * Only ``all`` overlooks gaps between blocks, as one can not write it
 * otherwise. Every other item names each of its blocks, existing or not, and
 * the caller can refuse a range that is larger than what there is.
 */

static bool is_separator(unsigned char c)
{
	return c == ',' || isspace(c);
}

static bool is_item_end(unsigned char c)
{
	return c == '\0' || is_separator(c);
}

/* Reads a block id, or a number of them. Moves @text behind it. */
static int parse_id(const char **text, unsigned long highest, unsigned long *id)
{
	const char *digit = *text;
	unsigned long value = 0;

	if (*digit == 'N') {
		*id = highest;
		*text = digit + 1;
		return 0;
	}
	if (!isdigit(*digit))
		return -EINVAL;
	do {
		value = value * 10 + (*digit++ - '0');
		if (value > U32_MAX)
			return -ERANGE;
	} while (isdigit(*digit));

	*id = value;
	*text = digit;
	return 0;
}

/* Reads what comes before a colon: a block, a range or "all". */
static int parse_range(const char **text, unsigned long highest,
		       struct memory_list_region *region)
{
	int err;

	region->existing = !strncasecmp(*text, "all", 3);
	if (region->existing) {
		*text += 3;
		region->first = 0;
		region->last = highest;
		return 0;
	}
	err = parse_id(text, highest, &region->first);
	if (err)
		return err;
	region->last = region->first;
	if (**text != '-')
		return is_item_end(**text) ? 0 : -EINVAL;
	++*text;
	return parse_id(text, highest, &region->last);
}

/* Reads what comes behind a colon: how many ids of how many. */
static int parse_pattern(const char **text, unsigned long highest,
			 struct memory_list_region *region)
{
	int err = parse_id(text, highest, &region->used);

	if (err)
		return err;
	if (**text != '/')
		return -EINVAL;
	++*text;
	return parse_id(text, highest, &region->period);
}

/**
 * memory_list_next() - read an item of a list of memory blocks
 * @text: the list, ends with a NUL; moved behind the item
 * @highest: highest block id that exists, at most U32_MAX: the value of ``N``
 * @region: what the item names
 *
 * Context: any
 * Return: 1 and a @region that holds what its description promises, 0 at the
 * end of the list, -EINVAL if the text is no list, -ERANGE for a number that
 * no block has. After an error @text and @region mean nothing.
 */
int memory_list_next(const char **text, unsigned long highest,
		     struct memory_list_region *region)
{
	int err;

	while (is_separator(**text))
		++*text;
	if (**text == '\0')
		return 0;

	err = parse_range(text, highest, region);
	if (err)
		return err;
	region->used = 1;
	region->period = 1;
	if (**text == ':') {
		++*text;
		err = parse_pattern(text, highest, region);
		if (err)
			return err;
	}
	if (!is_item_end(**text))
		return -EINVAL;
	if (region->first > region->last || region->period == 0 ||
	    region->used > region->period)
		return -EINVAL;
	return 1;
}

/**
 * memory_list_find() - find a block id that a region names
 * @region: from memory_list_next()
 * @from: where to start, any number
 *
 * Context: any
 * Return: the lowest id at or above @from that the region names, or
 * MEMORY_LIST_NONE.
 */
unsigned long memory_list_find(const struct memory_list_region *region,
			       unsigned long from)
{
	unsigned long id = from < region->first ? region->first : from;
	unsigned long position;

	if (id > region->last || region->used == 0)
		return MEMORY_LIST_NONE;
	position = (id - region->first) % region->period;
	if (position >= region->used)
		id += region->period - position;
	return id > region->last ? MEMORY_LIST_NONE : id;
}

#ifdef CONFIG_MEMORY_HOTPLUG_KUNIT_TEST
#include "test/memory_list_kunit.c"
#endif
