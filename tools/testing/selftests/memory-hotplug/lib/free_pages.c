// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: free pages, counted in three ways
 *
 * What is on the free lists, what the counters say, and what a walk over the
 * memory map finds. Others allocate and free meanwhile, so that a difference
 * only counts if it is there again and again.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mhp.h"

#define TRIES		50
#define TOLERANCE	64	/* pages: while one looks, others do something */
#define BATCH		8192

/* A line of buddyinfo ends with the number of chunks of each order. */
static long on_lists(void)
{
	char *text = get_whole_file("/proc/buddyinfo");
	char *line, *word, *lines = text;
	long pages = 0;
	int order;

	while ((line = strsep(&lines, "\n"))) {
		line = strstr(line, "zone");
		if (!line)
			continue;
		strsep(&line, " ");
		order = -1;
		while ((word = strsep(&line, " ")))
			if (*word && order++ >= 0)
				pages += atol(word) << (order - 1);
	}
	free(text);
	return pages;
}

static long by_counters(void)
{
	put_text("1", "/proc/sys/vm/stat_refresh");
	return get_field("/proc/vmstat", "nr_free_pages");
}

/* Free pages of a part of the memory map. */
static unsigned long walk(unsigned long pfn, unsigned long nr_pages)
{
	static uint64_t flags[BATCH];
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long free = 0;
	ssize_t len;
	size_t i;

	lseek(fd, pfn * sizeof(flags[0]), SEEK_SET);
	while (nr_pages && (len = read(fd, flags, sizeof(flags))) > 0)
		for (i = 0; nr_pages && i < len / sizeof(flags[0]);
		     i++, nr_pages--)
			free += flags[i] >> KPF_BUDDY & 1;
	close(fd);
	return free;
}

static long by_walk(void)
{
	return walk(0, ULONG_MAX);
}

/**
 * block_free_pages() - free pages of a block
 * @id: the block
 *
 * Return: how many a walk over its memory map finds.
 */
unsigned long block_free_pages(unsigned int id)
{
	return walk(block_pfn(id), block_pages());
}

static bool is_near(long a, long b)
{
	return labs(a - b) <= TOLERANCE;
}

/**
 * free_pages_agree() - do lists, counters and memory map tell the same
 *
 * Return: true if they do; otherwise the last numbers are printed.
 */
bool free_pages_agree(void)
{
	long lists = 0, counters = 0, walk = 0;
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		lists = on_lists();
		counters = by_counters();
		walk = by_walk();
		if (is_near(lists, counters) && is_near(walk, lists))
			return true;
	}
	ksft_print_msg("free pages: %ld on lists, %ld by counters, %ld by a walk\n",
		       lists, counters, walk);
	return false;
}
