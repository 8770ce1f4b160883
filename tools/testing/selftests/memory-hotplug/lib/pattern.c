// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: patterns
 *
 * Memory of every kind that user space can have, filled with words that
 * depend on the seed and on the place: a page that was lost, mixed up with
 * another one or copied too early shows as damage, and where.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/types.h>

#include "mhp.h"

#define HUGE_BYTES	(2UL << 20)
#define CHUNK_BYTES	(64UL << 10)

static const char * const names[NR_PATTERN_KINDS] = {
	[PATTERN_ANON]		= "anonymous",
	[PATTERN_FILE]		= "page cache",
	[PATTERN_SHMEM]		= "shared memory",
	[PATTERN_LOCKED]	= "locked",
	[PATTERN_THP]		= "transparent huge pages",
	[PATTERN_HUGETLB]	= "hugetlb",
};

/**
 * pattern_name() - name of a kind of memory
 * @kind: the kind
 *
 * Return: the name, for a reader.
 */
const char *pattern_name(enum pattern_kind kind)
{
	return names[kind];
}

static __u64 word_at(unsigned long seed, size_t index)
{
	__u64 x = (seed << 40) + index + 1;

	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ULL;
	return x ^ x >> 32;
}

static void fill(__u64 *words, size_t bytes, unsigned long seed, size_t at)
{
	size_t i;

	for (i = 0; i < bytes / sizeof(*words); i++)
		words[i] = word_at(seed, at / sizeof(*words) + i);
}

static size_t damage(const __u64 *words, size_t bytes, unsigned long seed,
		     size_t at)
{
	size_t i, bad = 0;

	for (i = 0; i < bytes / sizeof(*words); i++)
		bad += words[i] != word_at(seed, at / sizeof(*words) + i);
	return bad;
}

/*
 * The pages are placed by the policy of the file, not of the task: the task's
 * would hold for the kernel's book-keeping of the file as well.
 */
static int place_file(int fd, size_t size, int node)
{
	void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	int err;

	if (memory == MAP_FAILED)
		return -errno;
	err = place_on_node(memory, size, node);
	munmap(memory, size);
	return err;
}

static int write_file(struct pattern *pattern, int node)
{
	__u64 chunk[CHUNK_BYTES / sizeof(__u64)];
	size_t at;
	int err;

	pattern->fd = memfd_create("pattern", MFD_CLOEXEC);
	if (pattern->fd < 0 || ftruncate(pattern->fd, pattern->size))
		return -errno;
	err = place_file(pattern->fd, pattern->size, node);
	if (err)
		return err;
	for (at = 0; at < pattern->size; at += CHUNK_BYTES) {
		fill(chunk, CHUNK_BYTES, pattern->seed, at);
		if (write(pattern->fd, chunk, CHUNK_BYTES) != CHUNK_BYTES)
			return -ENOSPC;
	}
	return 0;
}

static void *map(const struct pattern *pattern)
{
	int prot = PROT_READ | PROT_WRITE;

	switch (pattern->kind) {
	case PATTERN_SHMEM:
		return mmap(NULL, pattern->size, prot,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	case PATTERN_HUGETLB:
		return mmap(NULL, pattern->size, prot,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	default:
		return mmap(NULL, pattern->size, prot,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
}

static int reserve_huge_pages(int node, size_t pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", pages);
	return put_text(text, NODE_DIR
			"/node%d/hugepages/hugepages-2048kB/nr_hugepages",
			node);
}

static int map_memory(struct pattern *pattern, int node)
{
	int err;

	pattern->memory = map(pattern);
	if (pattern->memory == MAP_FAILED) {
		pattern->memory = NULL;
		return -errno;
	}
	err = place_on_node(pattern->memory, pattern->size, node);
	if (err)
		return err;
	if (pattern->kind == PATTERN_THP &&
	    madvise(pattern->memory, pattern->size, MADV_HUGEPAGE))
		return -errno;
	fill(pattern->memory, pattern->size, pattern->seed, 0);
	if (pattern->kind == PATTERN_LOCKED &&
	    mlock(pattern->memory, pattern->size))
		return -errno;
	return 0;
}

/**
 * pattern_create() - get memory of a kind and fill it
 * @pattern: what to set up; to be given to pattern_destroy() in any case
 * @kind: the kind of memory
 * @size: bytes, a multiple of 2 MiB
 * @node: the node to take it from, or -1 for any
 *
 * Return: 0 or -errno.
 */
int pattern_create(struct pattern *pattern, enum pattern_kind kind,
		   size_t size, int node)
{
	static unsigned long seed;
	int err;

	*pattern = (struct pattern){
		.kind = kind, .fd = -1, .size = size, .seed = ++seed,
	};
	if (kind == PATTERN_HUGETLB) {
		err = reserve_huge_pages(node < 0 ? 0 : node,
					 size / HUGE_BYTES);
		if (err)
			return err;
	}
	return kind == PATTERN_FILE ? write_file(pattern, node) :
				      map_memory(pattern, node);
}

/**
 * pattern_damage() - verify what pattern_create() wrote
 * @pattern: the memory
 *
 * Return: number of words that are not as written.
 */
size_t pattern_damage(const struct pattern *pattern)
{
	__u64 chunk[CHUNK_BYTES / sizeof(__u64)];
	size_t at, bad = 0;

	if (pattern->memory)
		return damage(pattern->memory, pattern->size, pattern->seed, 0);
	for (at = 0; at < pattern->size; at += CHUNK_BYTES) {
		if (pread(pattern->fd, chunk, CHUNK_BYTES, at) != CHUNK_BYTES)
			return pattern->size;
		bad += damage(chunk, CHUNK_BYTES, pattern->seed, at);
	}
	return bad;
}

/**
 * pattern_destroy() - give the memory back
 * @pattern: the memory; may be half set up
 */
void pattern_destroy(struct pattern *pattern)
{
	int node;

	if (pattern->memory)
		munmap(pattern->memory, pattern->size);
	if (pattern->fd >= 0)
		close(pattern->fd);
	if (pattern->kind == PATTERN_HUGETLB)
		for (node = 0; node < 64; node++)
			reserve_huge_pages(node, 0);
}
