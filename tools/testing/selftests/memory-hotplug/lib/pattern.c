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
#define PAGE_BYTES	4096

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

/**
 * words_fill() - write the words of a seed
 * @memory: where to
 * @bytes: how many, a multiple of 8
 * @seed: what they depend on
 * @at: byte of the whole at which @memory begins
 */
void words_fill(void *memory, size_t bytes, unsigned long seed, size_t at)
{
	__u64 *words = memory;
	size_t i;

	for (i = 0; i < bytes / sizeof(*words); i++)
		words[i] = word_at(seed, at / sizeof(*words) + i);
}

/**
 * words_damage() - verify what words_fill() wrote
 * @memory: where
 * @bytes: how many, a multiple of 8
 * @seed: as it was written
 * @at: as it was written
 *
 * Return: number of words that are not as written.
 */
size_t words_damage(const void *memory, size_t bytes, unsigned long seed,
		    size_t at)
{
	const __u64 *words = memory;
	size_t i, bad = 0;

	for (i = 0; i < bytes / sizeof(*words); i++)
		bad += words[i] != word_at(seed, at / sizeof(*words) + i);
	return bad;
}

/**
 * file_fill() - write the words of a seed to a file, from its start
 * @fd: the file, may be open for direct I/O
 * @bytes: how many, a multiple of 64 KiB
 * @seed: what they depend on
 *
 * Return: 0 or -errno (-EIO if not all of it was taken).
 */
int file_fill(int fd, size_t bytes, unsigned long seed)
{
	static _Alignas(PAGE_BYTES) char chunk[CHUNK_BYTES];
	ssize_t done;
	size_t at;

	for (at = 0; at < bytes; at += CHUNK_BYTES) {
		words_fill(chunk, CHUNK_BYTES, seed, at);
		done = pwrite(fd, chunk, CHUNK_BYTES, at);
		if (done != CHUNK_BYTES)
			return done < 0 ? -errno : -EIO;
	}
	return 0;
}

/**
 * file_damage() - verify what file_fill() wrote
 * @fd: the file, may be open for direct I/O
 * @bytes: as it was written
 * @seed: as it was written
 *
 * Return: number of words that are not as written.
 */
size_t file_damage(int fd, size_t bytes, unsigned long seed)
{
	static _Alignas(PAGE_BYTES) char chunk[CHUNK_BYTES];
	size_t at, bad = 0;

	for (at = 0; at < bytes; at += CHUNK_BYTES) {
		if (pread(fd, chunk, CHUNK_BYTES, at) != CHUNK_BYTES)
			return bytes;
		bad += words_damage(chunk, CHUNK_BYTES, seed, at);
	}
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
	int err;

	pattern->fd = memfd_create("pattern", MFD_CLOEXEC);
	if (pattern->fd < 0 || ftruncate(pattern->fd, pattern->size))
		return -errno;
	err = place_file(pattern->fd, pattern->size, node);
	if (err)
		return err;
	return file_fill(pattern->fd, pattern->size, pattern->seed);
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
	words_fill(pattern->memory, pattern->size, pattern->seed, 0);
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
	if (pattern->memory)
		return words_damage(pattern->memory, pattern->size,
				    pattern->seed, 0);
	return file_damage(pattern->fd, pattern->size, pattern->seed);
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
