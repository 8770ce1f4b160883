// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: a hog
 *
 * A child that takes the memory of a node, for tests of what happens when there
 * is little left. It is the first that the kernel kills if there is too little.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mhp.h"

#define PAGE_BYTES	4096

/* Every other page is free. */
static void leave_pieces(char *memory, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 2 * PAGE_BYTES)
		madvise(memory + i, PAGE_BYTES, MADV_DONTNEED);
}

/* Never returns. */
static void hog(int node, long long leave_pages, enum hog_leaves leaves,
		int ready)
{
	long long pages = node_free_pages(node) - leave_pages;
	size_t size, i;
	char *memory;

	put_text("1000", "/proc/self/oom_score_adj");
	size = pages > 0 ? pages * PAGE_BYTES : 0;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE) ||
	    place_on_node(memory, size, node))
		_exit(1);
	for (i = 0; i < size; i += PAGE_BYTES)
		memory[i] = 1;
	if (leaves == HOG_LEAVES_PIECES)
		leave_pieces(memory, size);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/**
 * hog_start() - take all free memory of a node but some
 * @node: the node
 * @leave_pages: how many pages to leave
 * @leaves: with HOG_LEAVES_PIECES, every other page of the rest is free as well
 *
 * Return: the child, when it has the memory; or -1.
 */
pid_t hog_start(int node, long long leave_pages, enum hog_leaves leaves)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid)
		hog(node, leave_pages, leaves, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/**
 * hog_stop() - give the memory back
 * @pid: what hog_start() returned
 */
void hog_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
