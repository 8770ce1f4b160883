// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: spare memory
 *
 * A machine that was booted with mem= has memory which its kernel does not
 * know. The firmware's memory map tells where. Such memory can be added through
 * the probe file and, with the help of the module mhp_range, removed again,
 * without anybody outside the machine.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mhp.h"

static bool firmware_range(const char *entry, unsigned long long *start,
			   unsigned long long *end)
{
	char type[TEXT_MAX];
	long long first, last;

	if (get_text(type, sizeof(type), "/sys/firmware/memmap/%s/type",
		     entry) <= 0 || strcmp(type, "System RAM\n"))
		return false;
	first = get_number(16, "/sys/firmware/memmap/%s/start", entry);
	last = get_number(16, "/sys/firmware/memmap/%s/end", entry);
	*start = first;
	*end = last + 1;
	return first >= 0 && last > first;
}

static int by_number(const void *one, const void *other)
{
	unsigned int a = *(const unsigned int *)one;
	unsigned int b = *(const unsigned int *)other;

	return a < b ? -1 : a > b;
}

/* What is added joins the map, so that ranges may be there more than once. */
static void drop_twins(struct blocks *blocks)
{
	unsigned int i, nr = 0;

	for (i = 0; i < blocks->nr; i++)
		if (!nr || blocks->id[nr - 1] != blocks->id[i])
			blocks->id[nr++] = blocks->id[i];
	blocks->nr = nr;
}

/**
 * blocks_spare() - blocks that could be probed
 * @blocks: the list to fill, in ascending order; may come out empty
 */
void blocks_spare(struct blocks *blocks)
{
	DIR *dir = opendir("/sys/firmware/memmap");
	unsigned long long start, end, at;
	unsigned long size = block_bytes();
	struct dirent *entry;

	blocks->nr = 0;
	while (dir && (entry = readdir(dir))) {
		if (!firmware_range(entry->d_name, &start, &end))
			continue;
		for (at = (start + size - 1) / size * size; at + size <= end;
		     at += size)
			if (!block_exists(at / size) && blocks->nr < MAX_BLOCKS)
				blocks->id[blocks->nr++] = at / size;
	}
	if (dir)
		closedir(dir);
	qsort(blocks->id, blocks->nr, sizeof(blocks->id[0]), by_number);
	drop_twins(blocks);
}

/**
 * block_probe() - add a block
 * @id: the block
 *
 * Return: 0 or -errno, from the probe file.
 */
int block_probe(unsigned int id)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%lx", id * block_bytes());
	return put_text(text, MEMORY_DIR "/probe");
}

/**
 * pages_change() - change a range of pages as a driver does
 * @how: take or give, or what range_change() takes
 * @pfn: the first page frame
 * @nr: number of pages
 *
 * Return: 0 or -errno, from the kernel function; -ENOENT if the module
 * mhp_range is not loaded.
 */
int pages_change(const char *how, unsigned long pfn, unsigned long nr)
{
	char text[64];

	snprintf(text, sizeof(text), "0x%lx 0x%lx", pfn * 4096, nr * 4096);
	return put_text(text, DEBUG_DIR "/mhp_range/%s", how);
}

/**
 * range_change() - add or remove a range of blocks as a driver does
 * @how: add, remove, offline_and_remove or query
 * @first: the first block
 * @nr: number of blocks
 *
 * Return: 0 or -errno, from the kernel function; -ENOENT if the module
 * mhp_range is not loaded.
 */
int range_change(const char *how, unsigned int first, unsigned int nr)
{
	return pages_change(how, block_pfn(first), nr * block_pages());
}

/**
 * range_query() - ask what it would cost to take a range offline
 * @first: the first block
 * @nr: number of blocks
 * @query: filled in
 *
 * Return: 0 or -errno, from mhp_query_range(); -ENOENT if the module mhp_range
 * is not loaded.
 */
int range_query(unsigned int first, unsigned int nr, struct query *query)
{
	int err = range_change("query", first, nr);
	char text[TEXT_MAX];

	if (err)
		return err;
	if (get_text(text, sizeof(text), DEBUG_DIR "/mhp_range/query") <= 0 ||
	    sscanf(text, "%lu %lu %lx %lx", &query->movable, &query->unmovable,
		   &query->first_unmovable_pfn,
		   &query->last_unmovable_pfn) != 4)
		return -EIO;
	return 0;
}

/**
 * firmware_map_has() - does the firmware's memory map have a range
 * @first: the first block of the range
 * @nr: number of blocks
 *
 * Return: true if it has an entry for exactly this range.
 */
bool firmware_map_has(unsigned int first, unsigned int nr)
{
	char start[32], end[32], text[32], path[TEXT_MAX];
	unsigned int entry;

	snprintf(start, sizeof(start), "0x%lx\n", first * block_bytes());
	snprintf(end, sizeof(end), "0x%lx\n",
		 (first + nr) * block_bytes() - 1);
	for (entry = 0; entry < 1000; entry++) {
		snprintf(path, sizeof(path), "/sys/firmware/memmap/%u", entry);
		if (get_text(text, sizeof(text), "%s/start", path) > 0 &&
		    !strcmp(text, start) &&
		    get_text(text, sizeof(text), "%s/end", path) > 0 &&
		    !strcmp(text, end))
			return true;
	}
	return false;
}
