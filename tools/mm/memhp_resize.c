// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: less memory, or more
 *
 * Which blocks leave is the kernel's choice, as it knows what that costs. Which
 * of those that are offline come is no question of cost: the lowest ones do.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "memhp.h"

/* What the kernel takes at once */
#define REQUEST_SIZE	4096

static const struct {
	int error;
	const char *words;
} failures[] = {
	{ EBUSY, "not so much memory can leave now; dmesg says why" },
	{ ENOMEM, "there is no room for it, or for what it holds; dmesg says more" },
	{ EINTR, "cancelled; all memory is as it was" },
};

static void explain_and_exit(const char *file, int error)
{
	size_t i;

	for (i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (failures[i].error == error)
			errx(1, "%s", failures[i].words);
	}
	errx(1, "%s: %s", file, strerror(error));
}

/* A number with K, M, G, T or nothing behind it. */
static unsigned long long parse_size(const char *text)
{
	static const char suffixes[] = "KMGT";
	unsigned long long value;
	const char *suffix = NULL;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end)
		suffix = strchr(suffixes, toupper((unsigned char)*end));
	if (suffix) {
		shift = 10 * (suffix - suffixes + 1);
		end++;
	}
	if (!isdigit((unsigned char)*text) || *end || !value || errno ||
	    value > ULLONG_MAX >> shift)
		errx(1, "'%s' is no size; try one such as 512M or 1G", text);
	return value << shift;
}

/* The second line of the file: what left. */
static unsigned long long read_left(const struct memhp_machine *machine)
{
	unsigned long long left;
	char path[PATH_MAX];
	int found = 0;
	FILE *file;

	memhp_path(machine, MEMORY_DIR "/shrink", path);
	file = fopen(path, "re");
	if (file) {
		found = fscanf(file, "asked %*u left %llu", &left);
		fclose(file);
	}
	if (found != 1)
		errx(1, "%s does not tell how much left", path);
	return left;
}

/**
 * memhp_shrink() - let memory leave, and say how much
 * @machine: the machine
 * @size: how much a person wants
 */
void memhp_shrink(const struct memhp_machine *machine, const char *size)
{
	static const char file[] = MEMORY_DIR "/shrink";
	char text[WORD_SIZE];
	int error;

	snprintf(text, sizeof(text), "%llu", parse_size(size));
	error = memhp_request(machine, file, text);
	if (error)
		explain_and_exit(file, error);
	memhp_size_text(text, sizeof(text), read_left(machine));
	printf("%s went offline\n", text);
}

static int by_id(const void *a, const void *b)
{
	const struct memhp_block *one = a, *other = b;

	return one->id < other->id ? -1 : one->id > other->id;
}

/* Moves the blocks that are offline to the front; returns how many. */
static size_t keep_offline(struct memhp_machine *machine)
{
	size_t i, nr = 0;

	for (i = 0; i < machine->nr; i++) {
		if (machine->blocks[i].state == STATE_OFFLINE)
			machine->blocks[nr++] = machine->blocks[i];
	}
	return nr;
}

/* Writes a request for the first blocks; returns false if it is too long. */
static bool write_request(char *text, const struct memhp_block *blocks,
			  size_t nr)
{
	size_t i, last, len = snprintf(text, REQUEST_SIZE, "online");

	for (i = 0; i < nr && len < REQUEST_SIZE; i = last + 1) {
		for (last = i; last + 1 < nr; last++) {
			if (blocks[last + 1].id != blocks[last].id + 1)
				break;
		}
		len += snprintf(text + len, REQUEST_SIZE - len,
				last > i ? "%c%u-%u" : "%c%u", i ? ',' : ' ',
				blocks[i].id, blocks[last].id);
	}
	return len < REQUEST_SIZE;
}

/**
 * memhp_grow() - put memory online, and say how much
 * @machine: the machine, with its blocks
 * @size: how much a person wants
 */
void memhp_grow(struct memhp_machine *machine, const char *size)
{
	static const char file[] = MEMORY_DIR "/state";
	const unsigned long long bytes = parse_size(size);
	char text[REQUEST_SIZE], had[WORD_SIZE];
	unsigned long long wanted;
	size_t offline;
	int error;

	wanted = (bytes - 1) / machine->block_bytes + 1;
	offline = keep_offline(machine);
	memhp_size_text(had, sizeof(had), offline * machine->block_bytes);
	if (offline < wanted)
		errx(1, "only %s of memory is offline", had);

	qsort(machine->blocks, offline, sizeof(*machine->blocks), by_id);
	if (!write_request(text, machine->blocks, wanted))
		errx(1, "%llu blocks are too many for one request", wanted);
	error = memhp_request(machine, file, text);
	if (error)
		explain_and_exit(file, error);
	memhp_size_text(text, sizeof(text), wanted * machine->block_bytes);
	printf("%s went online\n", text);
}
