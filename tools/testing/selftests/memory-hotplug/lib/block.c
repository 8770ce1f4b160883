// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: memory blocks
 *
 * A memory block is its id: N of /sys/devices/system/memory/memoryN. The tests
 * change only blocks that firmware added (they have a firmware_node), so that
 * the memory the machine booted with stays out of the game.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mhp.h"

/* sizeof(struct page), on every machine that has memmap_on_memory */
#define PAGE_STRUCT	64

/**
 * block_bytes() - size of a memory block
 *
 * Return: bytes, or 0 if the kernel has no memory blocks.
 */
unsigned long block_bytes(void)
{
	static long long size;

	if (size <= 0)
		size = get_number(16, MEMORY_DIR "/block_size_bytes");
	return size < 0 ? 0 : size;
}

/**
 * block_pages() - size of a memory block
 *
 * Return: pages.
 */
unsigned long block_pages(void)
{
	return block_bytes() / sysconf(_SC_PAGESIZE);
}

/**
 * block_usable_pages() - what a hot-plugged block gives to the allocator
 *
 * With memory_hotplug.memmap_on_memory, a part is used up by the memory map.
 *
 * Return: pages.
 */
unsigned long block_usable_pages(void)
{
	char text[TEXT_MAX];

	if (get_text(text, sizeof(text), PARAM_DIR "/memmap_on_memory") <= 0 ||
	    text[0] == 'N')
		return block_pages();
	return block_pages() - block_pages() * PAGE_STRUCT /
	       sysconf(_SC_PAGESIZE);
}

/**
 * block_pfn() - where a block starts
 * @id: the block
 *
 * Return: its first page frame.
 */
unsigned long block_pfn(unsigned int id)
{
	return id * block_pages();
}

/**
 * pfn_block() - the block that a page frame belongs to
 * @pfn: the page frame
 *
 * Return: id of the block, whether it exists or not.
 */
unsigned int pfn_block(unsigned long pfn)
{
	return pfn / block_pages();
}

/**
 * block_exists() - is there such a block
 * @id: the block
 *
 * Return: true if there is.
 */
bool block_exists(unsigned int id)
{
	return file_exists(MEMORY_DIR "/memory%u", id);
}

/**
 * block_get() - read a file of a block
 * @id: the block
 * @file: name of the file
 * @text: where the content goes, without its last newline
 * @size: bytes at @text
 *
 * Return: length of what is at @text, or -errno.
 */
int block_get(unsigned int id, const char *file, char *text, size_t size)
{
	int len = get_text(text, size, MEMORY_DIR "/memory%u/%s", id, file);

	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	return len;
}

/**
 * block_put() - write a file of a block
 * @id: the block
 * @file: name of the file
 * @text: what to write
 *
 * Return: 0 or -errno.
 */
int block_put(unsigned int id, const char *file, const char *text)
{
	return put_text(text, MEMORY_DIR "/memory%u/%s", id, file);
}

/**
 * block_reads() - does a file of a block hold exactly this
 * @id: the block
 * @file: name of the file
 * @text: the expected content, without its newline
 *
 * Return: true if it does; otherwise what was read is on stdout.
 */
bool block_reads(unsigned int id, const char *file, const char *text)
{
	char seen[TEXT_MAX];
	int len = block_get(id, file, seen, sizeof(seen));

	if (len < 0)
		snprintf(seen, sizeof(seen), "error %d", len);
	else if (!strcmp(seen, text))
		return true;
	printf("# memory%u/%s: \"%s\", not \"%s\"\n", id, file, seen, text);
	return false;
}

/**
 * block_online() - is a block online
 * @id: the block
 *
 * Return: true if its state reads "online".
 */
bool block_online(unsigned int id)
{
	char state[TEXT_MAX];

	return block_get(id, "state", state, sizeof(state)) > 0 &&
	       !strcmp(state, "online");
}

/**
 * block_blocker() - what a block says about one kind of blocker
 * @id: the block
 * @kind: the kind
 * @count: set to the number of its pages, 0 if there are none
 * @pfn: set to the first page frame
 *
 * Return: true if the block has a blocker of that kind.
 */
bool block_blocker(unsigned int id, const char *kind, unsigned long *count,
		   unsigned long *pfn)
{
	char text[4096], name[32], *line, *save;

	*count = 0;
	*pfn = 0;
	if (block_get(id, "blockers", text, sizeof(text)) < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%31s %lu 0x%lx", name, count, pfn) == 3 &&
		    !strcmp(name, kind))
			return true;
	*count = 0;
	return false;
}

/**
 * block_node() - the node that a block belongs to
 * @id: the block
 *
 * Return: the node, or -1 if it has none (or the kernel has no nodes).
 */
int block_node(unsigned int id)
{
	int node;

	for (node = 0; node < 64; node++)
		if (file_exists(MEMORY_DIR "/memory%u/node%d", id, node))
			return node;
	return -1;
}

static int by_id(const void *one, const void *other)
{
	unsigned int a = *(const unsigned int *)one;
	unsigned int b = *(const unsigned int *)other;

	return a < b ? -1 : a > b;
}

/**
 * blocks_all() - every block of the machine
 * @blocks: the list to fill, in ascending order
 */
void blocks_all(struct blocks *blocks)
{
	DIR *dir = opendir(MEMORY_DIR);
	struct dirent *entry;
	unsigned int id;

	blocks->nr = 0;
	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "memory%u", &id) == 1 &&
		    blocks->nr < MAX_BLOCKS)
			blocks->id[blocks->nr++] = id;
	if (dir)
		closedir(dir);
	qsort(blocks->id, blocks->nr, sizeof(blocks->id[0]), by_id);
}

/**
 * blocks_online() - the blocks that are online
 * @blocks: the list to fill, in ascending order
 */
void blocks_online(struct blocks *blocks)
{
	unsigned int i, nr = 0;

	blocks_all(blocks);
	for (i = 0; i < blocks->nr; i++)
		if (block_online(blocks->id[i]))
			blocks->id[nr++] = blocks->id[i];
	blocks->nr = nr;
}

/**
 * blocks_hotplugged() - the blocks that firmware added
 * @blocks: the list to fill, in ascending order; may come out empty
 */
void blocks_hotplugged(struct blocks *blocks)
{
	unsigned int i, nr = 0;

	blocks_all(blocks);
	for (i = 0; i < blocks->nr; i++)
		if (file_exists(MEMORY_DIR "/memory%u/firmware_node",
				blocks->id[i]))
			blocks->id[nr++] = blocks->id[i];
	blocks->nr = nr;
}

/**
 * blocks_on_node() - those blocks of a list that belong to a node
 * @blocks: the list to fill
 * @of: the list to choose from; may be @blocks itself
 * @node: the node
 */
void blocks_on_node(struct blocks *blocks, const struct blocks *of, int node)
{
	unsigned int i, nr = 0;

	for (i = 0; i < of->nr; i++)
		if (block_node(of->id[i]) == node)
			blocks->id[nr++] = of->id[i];
	blocks->nr = nr;
}

/**
 * blocks_have() - is a block in a list
 * @blocks: the list, in ascending order
 * @id: the block
 *
 * Return: true if it is.
 */
bool blocks_have(const struct blocks *blocks, unsigned int id)
{
	return bsearch(&id, blocks->id, blocks->nr, sizeof(id), by_id);
}

/**
 * blocks_but() - drop those blocks of a list that another one has
 * @blocks: the list
 * @without: what to drop
 */
void blocks_but(struct blocks *blocks, const struct blocks *without)
{
	unsigned int i, nr = 0;

	for (i = 0; i < blocks->nr; i++)
		if (!blocks_have(without, blocks->id[i]))
			blocks->id[nr++] = blocks->id[i];
	blocks->nr = nr;
}

/**
 * blocks_first() - shorten a list
 * @blocks: the list
 * @nr: how many blocks to keep at most
 */
void blocks_first(struct blocks *blocks, unsigned int nr)
{
	if (blocks->nr > nr)
		blocks->nr = nr;
}

/**
 * blocks_put() - write a file of every block, one after the other
 * @blocks: the blocks
 * @file: name of the file
 * @text: what to write
 *
 * Return: 0, or -errno of the first that failed; the rest is not tried.
 */
int blocks_put(const struct blocks *blocks, const char *file, const char *text)
{
	unsigned int i;
	int err;

	for (i = 0; i < blocks->nr; i++) {
		err = block_put(blocks->id[i], file, text);
		if (err)
			return err;
	}
	return 0;
}

/**
 * blocks_offline() - put every block of a list that is online offline
 * @blocks: the blocks
 *
 * From the last to the first: the first block of a node may hold what the
 * kernel needs for the others.
 *
 * Return: 0, or -errno of the first that failed.
 */
int blocks_offline(const struct blocks *blocks)
{
	unsigned int i;
	int err;

	for (i = blocks->nr; i-- > 0;) {
		if (!block_online(blocks->id[i]))
			continue;
		err = block_put(blocks->id[i], "state", "offline");
		if (err)
			return err;
	}
	return 0;
}

/**
 * blocks_read() - does a file hold exactly this in every block
 * @blocks: the blocks
 * @file: name of the file
 * @text: the expected content, without its newline
 *
 * Return: true if it does.
 */
bool blocks_read(const struct blocks *blocks, const char *file,
		 const char *text)
{
	bool same = true;
	unsigned int i;

	for (i = 0; i < blocks->nr; i++)
		same &= block_reads(blocks->id[i], file, text);
	return same;
}

/**
 * blocks_text() - a list of blocks in the kernel's list format
 * @blocks: the blocks, ascending
 * @text: where the text goes, as "32-39,42"
 * @size: bytes at @text
 *
 * Return: @text.
 */
char *blocks_text(const struct blocks *blocks, char *text, size_t size)
{
	unsigned int i, last;
	size_t used = 0;

	text[0] = '\0';
	for (i = 0; i < blocks->nr && used < size; i = last + 1) {
		for (last = i; last + 1 < blocks->nr; last++)
			if (blocks->id[last + 1] != blocks->id[last] + 1)
				break;
		used += snprintf(text + used, size - used, "%s%u",
				 i ? "," : "", blocks->id[i]);
		if (last > i && used < size)
			used += snprintf(text + used, size - used, "-%u",
					 blocks->id[last]);
	}
	return text;
}

/**
 * change_blocks() - change a list of blocks in one operation
 * @word: online, online_kernel, online_movable or offline
 * @blocks: the blocks
 *
 * Return: 0 or -errno, from the state file of all blocks.
 */
int change_blocks(const char *word, const struct blocks *blocks)
{
	char list[4096], request[4200];

	snprintf(request, sizeof(request), "%s %s", word,
		 blocks_text(blocks, list, sizeof(list)));
	return put_text(request, MEMORY_DIR "/state");
}
