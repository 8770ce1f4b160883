// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: nodes
 *
 * A DIMM that is alone on its node makes tests exact: what is allocated there
 * was asked for by the test, and what is free there can be counted to the
 * page. The memory policy system calls are made directly, so that libnuma is
 * not needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mempolicy.h>
#include <linux/types.h>

#include "mhp.h"

#define PAGEMAP_PRESENT		0x8000000000000000ULL
#define PAGEMAP_PFN		0x007fffffffffffffULL

/**
 * place_on_node() - let a mapping take its pages from one node only
 * @memory: start of the mapping, page aligned
 * @size: its bytes
 * @node: the node, or -1 for any
 *
 * Return: 0 or -errno.
 */
int place_on_node(void *memory, size_t size, int node)
{
	unsigned long mask = node < 0 ? 0 : 1UL << node;

	if (syscall(SYS_mbind, memory, size,
		    node < 0 ? MPOL_DEFAULT : MPOL_BIND,
		    node < 0 ? NULL : &mask, 8 * sizeof(mask), 0))
		return -errno;
	return 0;
}

/**
 * allocate_on_node() - let the caller take all its memory from one node
 * @node: the node, or -1 for any
 *
 * This holds for page tables and for what the kernel allocates on the way, too.
 *
 * Return: 0 or -errno.
 */
int allocate_on_node(int node)
{
	unsigned long mask = node < 0 ? 0 : 1UL << node;

	if (syscall(SYS_set_mempolicy, node < 0 ? MPOL_DEFAULT : MPOL_BIND,
		    node < 0 ? NULL : &mask, 8 * sizeof(mask)))
		return -errno;
	return 0;
}

static long long buddy_pages(int node)
{
	char *text = get_whole_file("/proc/buddyinfo"), *line, *save, *word;
	long long pages = 0;
	char zone[32];
	int of, at;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned int order = 0;

		if (sscanf(line, "Node %d, zone %31s%n", &of, zone, &at) != 2 ||
		    of != node)
			continue;
		for (word = line + at; *word; order++) {
			char *end;
			long long nr = strtoll(word, &end, 10);

			if (end == word)
				break;
			pages += nr << order;
			word = end;
		}
	}
	free(text);
	return pages;
}

static long long sum_of_zones(int node, const char *what)
{
	char *text = get_whole_file("/proc/zoneinfo"), *line, *save;
	long long value, sum = 0;
	char word[32];
	int of = -1;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "Node %d,", &of) == 1 || of != node)
			continue;
		if (sscanf(line, " %31s %lld", word, &value) == 2 &&
		    !strcmp(word, what))
			sum += value;
	}
	free(text);
	return sum;
}

/**
 * node_free_pages() - free pages of a node, to the page
 * @node: the node
 *
 * Counts the free areas and the lists of the CPUs: the kernel's own free page
 * counter lags behind by what the CPUs have not folded in yet.
 *
 * Return: number of pages.
 */
long long node_free_pages(int node)
{
	return buddy_pages(node) + sum_of_zones(node, "count:");
}

/**
 * node_pages() - sum of a counter over the zones of a node
 * @node: the node
 * @what: spanned, present, managed, or a watermark: min, low, high
 *
 * Return: number of pages.
 */
long long node_pages(int node, const char *what)
{
	return sum_of_zones(node, what);
}

/**
 * user_pfn() - the page frame behind an address of the caller
 * @memory: the address
 *
 * Return: the page frame, or 0 if there is none.
 */
unsigned long user_pfn(const void *memory)
{
	uintptr_t page = (uintptr_t)memory / sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), page * sizeof(entry)) !=
	    sizeof(entry))
		entry = 0;
	close(fd);
	return entry & PAGEMAP_PRESENT ? entry & PAGEMAP_PFN : 0;
}
