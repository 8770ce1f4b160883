// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: memory blocks as sysfs shows them
 *
 * Each block is a directory of small files. Some of the files came with one
 * kernel or another, so that what a file would have said may be unknown. A
 * block may disappear while it is read: then it is no block any more.
 *
 * What is read ends up in a terminal or in a picture. Whatever is no plain
 * character is replaced.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memhp.h"

#define BLOCK_PREFIX	"memory"
#define NODE_PREFIX	"node"
/* An attribute of sysfs is never longer. */
#define FILE_SIZE	4096

static const char * const state_words[] = {
	[STATE_ONLINE]		= "online",
	[STATE_OFFLINE]		= "offline",
	[STATE_GOING_OFFLINE]	= "going-offline",
};

/**
 * memhp_path() - where a file of the machine is
 * @machine: the machine
 * @file: the name as the machine knows it
 * @path: filled in, PATH_MAX bytes
 */
void memhp_path(const struct memhp_machine *machine, const char *file,
		char *path)
{
	if (snprintf(path, PATH_MAX, "%s%s", machine->root, file) >= PATH_MAX)
		errx(1, "%.40s...%s: %s", machine->root, file,
		     strerror(ENAMETOOLONG));
}

static void make_plain(char *text)
{
	for (; *text; text++) {
		if (!isprint((unsigned char)*text))
			*text = '?';
	}
}

/* Reads a text without the newline at its end; returns false if it can not. */
static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, text, size - 1);
	close(fd);
	if (len < 0)
		return false;
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return true;
}

static bool read_word(const char *path, char *word, size_t size)
{
	if (!read_text(path, word, size))
		return false;
	make_plain(word);
	return true;
}

static void block_path(const struct memhp_machine *machine, unsigned int id,
		       const char *file, char *path)
{
	char name[128];

	snprintf(name, sizeof(name), MEMORY_DIR "/" BLOCK_PREFIX "%u/%s", id,
		 file);
	memhp_path(machine, name, path);
}

static bool read_block_word(const struct memhp_machine *machine,
			    unsigned int id, const char *file, char *word,
			    size_t size)
{
	char path[PATH_MAX];

	block_path(machine, id, file, path);
	return read_word(path, word, size);
}

/* The number at the end of a name, if the rest of it is this word. */
static bool number_after(const char *word, const char *name,
			 unsigned int *number)
{
	size_t len = strlen(word);
	unsigned long long value;
	char *end;

	if (strncmp(name, word, len) || !isdigit((unsigned char)name[len]))
		return false;
	errno = 0;
	value = strtoull(name + len, &end, 10);
	if (errno || *end || value > UINT_MAX)
		return false;
	*number = value;
	return true;
}

/**
 * memhp_block_id() - the number of a block that a person names
 * @name: "memory12" or "12"
 * @id: set to the number
 *
 * Return: false if it is no such name.
 */
bool memhp_block_id(const char *name, unsigned int *id)
{
	return number_after(BLOCK_PREFIX, name, id) ||
	       number_after("", name, id);
}

/**
 * memhp_block_pages() - pages in a block
 * @machine: the machine
 *
 * Return: their number.
 */
unsigned long long memhp_block_pages(const struct memhp_machine *machine)
{
	return machine->block_bytes / machine->page_bytes;
}

/**
 * memhp_address() - where a block begins
 * @machine: the machine
 * @id: number of the block
 *
 * Return: a physical address.
 */
unsigned long long memhp_address(const struct memhp_machine *machine,
				 unsigned int id)
{
	return machine->block_bytes * id;
}

/**
 * memhp_read_machine() - find out how large memory blocks are
 * @machine: set up, without any block
 * @root: what comes before /sys and /proc
 */
void memhp_read_machine(struct memhp_machine *machine, const char *root)
{
	char path[PATH_MAX], text[WORD_SIZE], *end;

	*machine = (struct memhp_machine){
		.root = root,
		.page_bytes = sysconf(_SC_PAGESIZE),
	};
	memhp_path(machine, MEMORY_DIR "/block_size_bytes", path);
	if (!read_word(path, text, sizeof(text)))
		errx(1, "%s: %s; a kernel without CONFIG_MEMORY_HOTPLUG has no memory blocks",
		     path, strerror(errno));

	errno = 0;
	machine->block_bytes = strtoull(text, &end, 16);
	if (errno || !isxdigit((unsigned char)text[0]) || *end ||
	    machine->block_bytes < machine->page_bytes ||
	    machine->block_bytes & (machine->block_bytes - 1))
		errx(1, "%s: '%s' is no size of a block", path, text);
}

/* The lowest node that the block has a link to. */
static int read_node(const struct memhp_machine *machine, unsigned int id)
{
	unsigned int lowest = INT_MAX, node;
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	block_path(machine, id, "", path);
	dir = opendir(path);
	if (!dir)
		return NO_NODE;
	while ((entry = readdir(dir))) {
		if (number_after(NODE_PREFIX, entry->d_name, &node) &&
		    node < lowest)
			lowest = node;
	}
	closedir(dir);
	return lowest == INT_MAX ? NO_NODE : (int)lowest;
}

static enum memhp_state state_of(const char *word)
{
	enum memhp_state state;

	for (state = 0; state < STATE_OTHER; state++) {
		if (!strcmp(word, state_words[state]))
			break;
	}
	return state;
}

static enum memhp_owner read_owner(const struct memhp_machine *machine,
				   unsigned int id)
{
	char word[WORD_SIZE];

	if (!read_block_word(machine, id, "owner", word, sizeof(word)))
		return OWNER_UNKNOWN;
	if (!strcmp(word, "hotplug"))
		return OWNER_HOTPLUG;
	return strcmp(word, "pinned") ? OWNER_UNKNOWN : OWNER_PINNED;
}

/* A line that says something else than a kind, a count and a page is none. */
static void read_blockers(const struct memhp_machine *machine,
			  struct memhp_block *block)
{
	char path[PATH_MAX], text[FILE_SIZE], *line, *save;
	struct memhp_blocker *blocker;

	block_path(machine, block->id, "blockers", path);
	if (!read_text(path, text, sizeof(text)))
		return;
	block->source = SOURCE_KERNEL;
	for (line = strtok_r(text, "\n", &save);
	     line && block->nr_blockers < MAX_BLOCKERS;
	     line = strtok_r(NULL, "\n", &save)) {
		make_plain(line);
		blocker = &block->blockers[block->nr_blockers];
		block->nr_blockers += sscanf(line, "%31s %llu %llx",
					     blocker->kind, &blocker->pages,
					     &blocker->first_pfn) == 3;
	}
}

/**
 * memhp_read_block() - read what sysfs says of a block
 * @machine: the machine
 * @block: filled in, but for its use
 * @id: number of the block
 *
 * Return: false if there is no such block.
 */
bool memhp_read_block(const struct memhp_machine *machine,
		      struct memhp_block *block, unsigned int id)
{
	char word[WORD_SIZE];

	*block = (struct memhp_block){ .id = id };
	if (id > ULLONG_MAX / machine->block_bytes ||
	    !read_block_word(machine, id, "state", block->state_word,
			     sizeof(block->state_word)))
		return false;
	block->state = state_of(block->state_word);
	block->node = read_node(machine, id);
	block->owner = read_owner(machine, id);
	if (!read_block_word(machine, id, "valid_zones", block->zones,
			     sizeof(block->zones)))
		block->zones[0] = '\0';
	block->removable = !read_block_word(machine, id, "removable", word,
					    sizeof(word)) || strcmp(word, "0");
	read_blockers(machine, block);
	return true;
}

static int compare_blocks(const void *a, const void *b)
{
	const struct memhp_block *one = a, *other = b;

	if (one->node != other->node)
		return one->node < other->node ? -1 : 1;
	return one->id < other->id ? -1 : one->id > other->id;
}

static struct memhp_block *next_block(struct memhp_machine *machine,
				      size_t *room)
{
	if (machine->nr == *room) {
		*room = *room ? 2 * *room : 64;
		machine->blocks = reallocarray(machine->blocks, *room,
					       sizeof(*machine->blocks));
		if (!machine->blocks)
			err(1, "%zu blocks", *room);
	}
	return &machine->blocks[machine->nr];
}

/**
 * memhp_read_blocks() - read what sysfs says of all blocks
 * @machine: has no block yet; gets them, but for their use
 */
void memhp_read_blocks(struct memhp_machine *machine)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	size_t room = 0;
	unsigned int id;
	DIR *dir;

	memhp_path(machine, MEMORY_DIR, path);
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while ((entry = readdir(dir))) {
		if (number_after(BLOCK_PREFIX, entry->d_name, &id))
			machine->nr += memhp_read_block(machine,
							next_block(machine, &room),
							id);
	}
	closedir(dir);
	if (!machine->nr)
		errx(1, "%s: there are no memory blocks", path);
	qsort(machine->blocks, machine->nr, sizeof(*machine->blocks),
	      compare_blocks);
}
