// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: kernel memory
 *
 * The module mhp_memory takes kernel memory of a kind. How much the kernel has
 * room for without claiming a block is what is free in pinned blocks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mhp.h"

#define MEMORY_FILES	DEBUG_DIR "/mhp_memory"
#define MIB		(1024UL * 1024)

/**
 * take_kernel_memory() - take kernel memory, and keep it
 * @kind: one of the kinds of the module
 * @megabytes: how much, in MiB
 *
 * Return: 0 or -errno; -ENOMEM if not all of it was to be had, and some was
 * taken.
 */
int take_kernel_memory(const char *kind, unsigned long megabytes)
{
	char request[TEXT_MAX];

	snprintf(request, sizeof(request), "%s %lu", kind, megabytes);
	return put_text(request, MEMORY_FILES "/take");
}

/**
 * give_kernel_memory() - give back kernel memory
 * @kind: one of the kinds of the module
 * @part: give every so many-th allocation of that kind, 1: all
 *
 * Return: 0 or -errno.
 */
int give_kernel_memory(const char *kind, unsigned int part)
{
	char request[TEXT_MAX];

	snprintf(request, sizeof(request), "%s %u", kind, part);
	return put_text(request, MEMORY_FILES "/give");
}

/**
 * try_kernel_memory() - see if kernel memory is to be had
 * @kind: one of the kinds of the module
 * @megabytes: how much, in MiB
 *
 * It is given back before the caller, or anybody it starts, needs some.
 *
 * Return: 0 or -errno; -ENOMEM if not all of it was to be had.
 */
int try_kernel_memory(const char *kind, unsigned long megabytes)
{
	char request[TEXT_MAX];

	snprintf(request, sizeof(request), "%s %lu", kind, megabytes);
	return put_text(request, MEMORY_FILES "/try");
}

/**
 * zones_sum() - a sum over all zones
 * @key: the word at the start of a line of /proc/zoneinfo
 *
 * Return: the sum of the numbers that follow the word.
 */
unsigned long zones_sum(const char *key)
{
	char *text = get_whole_file("/proc/zoneinfo"), *line, *rest = text;
	unsigned long sum = 0, value;
	char name[32];

	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "%31s %lu", name, &value) == 2 &&
		    !strcmp(name, key))
			sum += value;
	free(text);
	return sum;
}

/**
 * pinned_free_megabytes() - what kernel memory has room for without a claim
 *
 * Return: what is free in pinned blocks, and not in CMA areas, in MiB.
 */
unsigned long pinned_free_megabytes(void)
{
	const unsigned long others = zones_sum("free_hotplug") * getpagesize() /
		MIB + get_field("/proc/meminfo", "CmaFree:") / 1024;
	const unsigned long all = get_field("/proc/meminfo", "MemFree:") / 1024;

	return all > others ? all - others : 0;
}

/**
 * blocks_owned() - how many blocks of a list have a certain owner
 * @blocks: the blocks
 * @owner: hotplug or pinned
 *
 * Return: their number.
 */
unsigned int blocks_owned(const struct blocks *blocks, const char *owner)
{
	unsigned int i, nr = 0;

	for (i = 0; i < blocks->nr; i++)
		nr += block_reads(blocks->id[i], "owner", owner);
	return nr;
}
