// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: nodes
 *
 * A DIMM that is alone on its node makes tests exact: what is allocated there
 * was asked for by the test, and what is free there can be counted to the
 * page. The memory policy system calls are made directly, so that libnuma is
 * not needed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/**
 * prefer_node() - let the caller take its memory from one node while it has any
 * @node: the node, or -1 for any
 *
 * Return: 0 or -errno.
 */
int prefer_node(int node)
{
	unsigned long mask = node < 0 ? 0 : 1UL << node;

	if (syscall(SYS_set_mempolicy,
		    node < 0 ? MPOL_DEFAULT : MPOL_PREFERRED,
		    node < 0 ? NULL : &mask, 8 * sizeof(mask)))
		return -errno;
	return 0;
}

/**
 * move_process() - move the memory of a process from one node to another
 * @pid: the process, 0 for the caller
 * @from: the node that it leaves
 * @to: the node that it comes to
 *
 * What is busy or shared stays.
 *
 * Return: 0 or -errno.
 */
int move_process(pid_t pid, int from, int to)
{
	unsigned long old = 1UL << from, new = 1UL << to;

	if (syscall(SYS_migrate_pages, pid, 8 * sizeof(old), &old, &new) < 0)
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

/**
 * threads_named() - threads of the kernel with a certain name
 * @name: the name
 *
 * Return: how many there are.
 */
unsigned int threads_named(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	unsigned int nr = 0;
	char comm[TEXT_MAX];

	while (dir && (entry = readdir(dir))) {
		if (get_text(comm, sizeof(comm), "/proc/%s/comm",
			     entry->d_name) <= 0)
			continue;
		comm[strcspn(comm, "\n")] = '\0';
		nr += !strcmp(comm, name);
	}
	if (dir)
		closedir(dir);
	return nr;
}

static long long sum_of_nodes(const char *counter)
{
	char path[TEXT_MAX];
	long long sum = 0;
	int node;

	for (node = 0; node < 64; node++) {
		snprintf(path, sizeof(path), NODE_DIR "/node%d/vmstat", node);
		if (file_exists("%s", path))
			sum += get_field(path, counter);
	}
	return sum;
}

/**
 * counter_gap() - what the nodes of the machine do not have of a counter
 * @counter: one of /proc/vmstat that each node has, too
 *
 * Others may change the counter between two looks, so there are several.
 *
 * Return: the smallest difference that was seen, in pages.
 */
long long counter_gap(const char *counter)
{
	long long gap, smallest = LLONG_MAX;
	unsigned int tries;

	for (tries = 0; tries < 20 && smallest; tries++) {
		put_text("1", "/proc/sys/vm/stat_refresh");
		gap = llabs(get_field("/proc/vmstat", counter) -
			    sum_of_nodes(counter));
		if (gap < smallest)
			smallest = gap;
	}
	return smallest;
}

/**
 * pages_within() - how much of a mapping of the caller lies in memory blocks
 * @memory: start of the mapping, page aligned
 * @size: its bytes
 * @blocks: the blocks
 *
 * Return: pages that are there, and in one of the blocks.
 */
size_t pages_within(const void *memory, size_t size,
		    const struct blocks *blocks)
{
	const size_t page_size = sysconf(_SC_PAGESIZE);
	size_t at, pages = 0;
	unsigned long pfn;

	for (at = 0; at < size; at += page_size) {
		pfn = user_pfn((const char *)memory + at);
		pages += pfn && blocks_have(blocks, pfn_block(pfn));
	}
	return pages;
}

/**
 * hotplugged_node() - a node whose memory is all hot-plugged
 * @blocks: the list to fill with its blocks, in ascending order
 *
 * Puts all hot-plugged blocks of the machine offline.
 *
 * Return: the node, or -ENOENT if there is none, or -errno if a block stays
 * online.
 */
int hotplugged_node(struct blocks *blocks)
{
	int node, err;

	blocks_hotplugged(blocks);
	if (!blocks->nr)
		return -ENOENT;
	err = blocks_offline(blocks);
	if (err)
		return err;
	node = block_node(blocks->id[blocks->nr - 1]);
	blocks_on_node(blocks, blocks, node);
	return node_pages(node, "present") ? -ENOENT : node;
}

/**
 * nodes_read() - does a list of nodes read as expected
 * @file: the list: online, has_memory, or the like
 * @list: what to expect
 *
 * Return: true if it does; what it reads is printed if it does not.
 */
bool nodes_read(const char *file, const char *list)
{
	char text[TEXT_MAX] = "";

	get_text(text, sizeof(text), NODE_DIR "/%s", file);
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, list))
		return true;
	printf("# %s reads %s\n", file, text);
	return false;
}

/**
 * touched_block() - where the kernel gives a new page to the caller
 * @node: the only node that it may be on, or -1 for what the caller's policy
 *	  says
 *
 * Return: the block, or 0 if there is no page to be had.
 */
unsigned int touched_block(int node)
{
	const size_t size = sysconf(_SC_PAGESIZE);
	unsigned int block = 0;
	char *page;

	page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 0;
	if (node < 0 || !place_on_node(page, size, node)) {
		*page = 1;
		block = pfn_block(user_pfn(page));
	}
	munmap(page, size);
	return block;
}
