// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: what lies in memory blocks, and which of them can leave
 *
 *	blocks look FIRST LAST
 *	blocks try FIRST LAST SECONDS
 *	blocks put STATE FIRST LAST
 *	blocks ask NUMBER TIMES SECONDS
 *
 * look	 prints a line for each block from memoryFIRST to memoryLAST that is
 *	 there: its number, its state, its pages that are free, movable and
 *	 unmovable, and how many pageblocks hold unmovable ones
 * try	 takes each of them that is online offline, and online again, one after
 *	 the other, and prints its number with "left" or "stuck ERRNO". A kernel
 *	 that tries for ever is interrupted after SECONDS.
 * put	 writes a state to all of them, with one request where the kernel takes
 *	 one, and prints the nanoseconds
 * ask	 asks a block to go offline, TIMES times, and prints a line for each: the
 *	 nanoseconds until the kernel answered, and the errno, 0 if it left; it is
 *	 interrupted after SECONDS
 *
 * /proc/kpageflags tells movable pages from others. It can not tell a free page
 * on a list of a CPU from one of the kernel: they are empty after "try".
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEMORY			"/sys/devices/system/memory"
#define PAGE			4096
#define PAGES_IN_PAGEBLOCK	512
#ifndef KPF_RESERVED
#define KPF_RESERVED		32	/* the kernel shows it, its header does not */
#endif
#define FLAG(name)		(1ull << KPF_##name)

/* A hole, or memory that its owner gives back when it is asked. */
static const uint64_t nothing = FLAG(NOPAGE) | FLAG(OFFLINE);
/* On a list of reclaim, or on its way there. */
static const uint64_t movable = FLAG(LRU) | FLAG(ANON) | FLAG(HUGE) |
				FLAG(SWAPBACKED) | FLAG(MMAP);
static const uint64_t never = FLAG(RESERVED) | FLAG(SLAB) | FLAG(PGTABLE);

struct count {
	unsigned long free;
	unsigned long movable;
	unsigned long unmovable;
	unsigned long pageblocks;
};

static unsigned long pages_in_block;

static int open_state(unsigned long number, int mode)
{
	char path[64];

	snprintf(path, sizeof(path), MEMORY "/memory%lu/state", number);
	return open(path, mode | O_CLOEXEC);
}

/* Returns whether there is such a block. */
static bool read_state(unsigned long number, char *state, size_t size)
{
	int fd = open_state(number, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, state, size - 1);
	close(fd);
	state[got > 0 ? got : 0] = '\0';
	state[strcspn(state, "\n")] = '\0';
	return true;
}

static bool is_online(unsigned long number)
{
	char state[16];

	return read_state(number, state, sizeof(state)) &&
	       !strcmp(state, "online");
}

static void count_page(struct count *count, uint64_t flags, bool *mixed)
{
	if (flags & nothing)
		return;
	if (flags & FLAG(BUDDY)) {
		count->free++;
	} else if (flags & movable && !(flags & never)) {
		count->movable++;
	} else {
		count->unmovable++;
		*mixed = true;
	}
}

static struct count count_block(int flags_fd, unsigned long number)
{
	uint64_t flags[PAGES_IN_PAGEBLOCK];
	off_t at = (off_t)number * pages_in_block * sizeof(*flags);
	struct count count = { 0 };

	for (unsigned long i = 0; i < pages_in_block; i += PAGES_IN_PAGEBLOCK) {
		bool mixed = false;
		ssize_t got = pread(flags_fd, flags, sizeof(flags), at);

		if (got < 0)
			err(1, "kpageflags");
		for (size_t j = 0; j < got / sizeof(*flags); j++)
			count_page(&count, flags[j], &mixed);
		count.pageblocks += mixed;
		at += sizeof(flags);
	}
	return count;
}

static void look(unsigned long first, unsigned long last)
{
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	char state[16];

	if (flags < 0)
		err(1, "kpageflags");
	for (unsigned long i = first; i <= last; i++) {
		struct count count = { 0 };

		if (!read_state(i, state, sizeof(state)))
			continue;
		if (!strcmp(state, "online"))
			count = count_block(flags, i);
		printf("%lu %s %lu %lu %lu %lu\n", i, state, count.free,
		       count.movable, count.unmovable, count.pageblocks);
	}
	close(flags);
}

static void no_more(int signal)
{
	(void)signal;
}

/* Returns 0 or a negative errno. */
static int write_state(unsigned long number, const char *state)
{
	int fd = open_state(number, O_WRONLY);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, state, strlen(state)) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* The write that is under way when the alarm comes is not restarted: it ends. */
static void prepare_alarm(void)
{
	const struct sigaction action = { .sa_handler = no_more };

	sigaction(SIGALRM, &action, NULL);
}

static void try(unsigned long first, unsigned long last, unsigned int seconds)
{
	prepare_alarm();
	for (unsigned long i = first; i <= last; i++) {
		int error;

		if (!is_online(i))
			continue;
		alarm(seconds);
		error = write_state(i, "offline");
		alarm(0);
		if (error) {
			printf("%lu stuck %d\n", i, -error);
		} else {
			printf("%lu left\n", i);
			error = write_state(i, "online");
			if (error)
				errx(1, "memory%lu does not come back: %s", i,
				     strerror(-error));
		}
		fflush(stdout);
	}
}

static unsigned long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

/* Returns whether the kernel takes a list of blocks. */
static bool put_list(const char *state, unsigned long first, unsigned long last)
{
	int fd = open(MEMORY "/state", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (dprintf(fd, "%s %lu-%lu\n", state, first, last) < 0)
		err(1, "%s %lu-%lu", state, first, last);
	close(fd);
	return true;
}

static void put(const char *state, unsigned long first, unsigned long last)
{
	unsigned long started = now_ns();

	if (!put_list(state, first, last))
		for (unsigned long i = first; i <= last; i++) {
			int error = write_state(i, state);

			if (error)
				errx(1, "memory%lu: %s: %s", i, state,
				     strerror(-error));
		}
	printf("%lu\n", now_ns() - started);
}

static void ask(unsigned long number, unsigned int times, unsigned int seconds)
{
	prepare_alarm();
	while (times--) {
		unsigned long started = now_ns();
		int error;

		alarm(seconds);
		error = write_state(number, "offline");
		alarm(0);
		printf("%lu %d\n", now_ns() - started, -error);
		fflush(stdout);
	}
}

static void read_block_size(void)
{
	FILE *file = fopen(MEMORY "/block_size_bytes", "re");
	unsigned long bytes;

	if (!file || fscanf(file, "%lx", &bytes) != 1)
		err(1, "block_size_bytes");
	fclose(file);
	pages_in_block = bytes / PAGE;
}

int main(int argc, char **argv)
{
	unsigned long number[3] = { 0 };

	read_block_size();
	/* The last words are numbers, all but the state of "put". */
	for (int i = 0; i < 3 && argc - 3 + i > 0; i++)
		number[i] = strtoul(argv[argc - 3 + i], NULL, 10);
	if (argc == 4 && !strcmp(argv[1], "look")) {
		look(number[1], number[2]);
	} else if (argc == 5 && !strcmp(argv[1], "try")) {
		try(number[0], number[1], number[2]);
	} else if (argc == 5 && !strcmp(argv[1], "put")) {
		put(argv[2], number[1], number[2]);
	} else if (argc == 5 && !strcmp(argv[1], "ask")) {
		ask(number[0], number[1], number[2]);
	} else {
		fputs("usage: blocks look FIRST LAST\n"
		      "       blocks try FIRST LAST SECONDS\n"
		      "       blocks put STATE FIRST LAST\n"
		      "       blocks ask NUMBER TIMES SECONDS\n", stderr);
		return 1;
	}
	return 0;
}
