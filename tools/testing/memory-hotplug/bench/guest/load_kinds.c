// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: kinds of memory that a program can make the kernel use
 *
 * User memory and file contents can move. The rest can not: the pages of pipes,
 * what is queued in sockets, inodes and directory entries, page tables, and
 * what a thread needs.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

#define KIB		1024ul
#define PAGE		4096ul
#define TABLE_MAPS	(2048 * KIB)
#define NAMES_IN_DIR	64
/* What an inode and its directory entry take, about. */
#define NAME_BYTES	832
#define THREADS_IN_ITEM	4
/* Stack, task and the pages of the user's stack, about. */
#define THREAD_BYTES	(32 * KIB)
#define STACK		(16 * KIB)
#define WRITE		(64 * KIB)
#define FILES		"/run/load-files"
#define NAMES		"/run/load-names"

static char content[WRITE];
static unsigned long next_number;

/* first << 0, ..., first << (steps - 1), each as likely */
static size_t choose_power(size_t first, unsigned int steps)
{
	return first << draw(steps);
}

static size_t choose_user(void)
{
	return choose_power(16 * KIB, 9);
}

static bool take_user(struct item *item)
{
	char *memory = mmap(NULL, item->bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	for (size_t i = 0; i < item->bytes; i += PAGE)
		memory[i] = 1;
	item->address = memory;
	return true;
}

static void give_map(struct item *item)
{
	munmap(item->address, item->bytes);
}

static size_t choose_file(void)
{
	return choose_power(4 * KIB, 9);
}

static void file_name(char *path, size_t size, const char *where,
		      unsigned long number)
{
	snprintf(path, size, "%s/%lu", where, number);
}

/* Write all of it at once; a file or socket that takes only a part has failed. */
static bool fill(int fd, size_t bytes, size_t chunk)
{
	for (size_t done = 0; done < bytes; done += chunk) {
		size_t part = bytes - done < chunk ? bytes - done : chunk;

		if (write(fd, content, part) != (ssize_t)part)
			return false;
	}
	return true;
}

static bool take_file(struct item *item)
{
	char path[64];
	bool good;
	int fd;

	item->number = next_number++;
	file_name(path, sizeof(path), FILES, item->number);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	good = fill(fd, item->bytes, WRITE);
	close(fd);
	if (!good)
		unlink(path);
	return good;
}

static void give_file(struct item *item)
{
	char path[64];

	file_name(path, sizeof(path), FILES, item->number);
	unlink(path);
}

static size_t choose_names(void)
{
	return NAMES_IN_DIR * NAME_BYTES;
}

static void remove_names(unsigned long number, unsigned int nr)
{
	char path[64];

	for (unsigned int i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), NAMES "/%lu/%u", number, i);
		unlink(path);
	}
	file_name(path, sizeof(path), NAMES, number);
	rmdir(path);
}

static bool take_names(struct item *item)
{
	char path[64];

	item->number = next_number++;
	file_name(path, sizeof(path), NAMES, item->number);
	if (mkdir(path, 0700))
		return false;
	for (unsigned int i = 0; i < NAMES_IN_DIR; i++) {
		snprintf(path, sizeof(path), NAMES "/%lu/%u", item->number, i);
		if (mknod(path, S_IFREG | 0600, 0)) {
			remove_names(item->number, i);
			return false;
		}
	}
	return true;
}

static void give_names(struct item *item)
{
	remove_names(item->number, NAMES_IN_DIR);
}

static size_t choose_pipe(void)
{
	return choose_power(64 * KIB, 3);
}

static void give_fds(struct item *item)
{
	close(item->fds[0]);
	close(item->fds[1]);
}

static bool take_pipe(struct item *item)
{
	if (pipe2(item->fds, O_NONBLOCK | O_CLOEXEC))
		return false;
	if (fcntl(item->fds[1], F_SETPIPE_SZ, item->bytes) >= 0 &&
	    fill(item->fds[1], item->bytes, WRITE))
		return true;
	give_fds(item);
	return false;
}

static size_t choose_socket(void)
{
	return choose_power(32 * KIB, 4);
}

/* Messages of 512 bytes to 16 KiB, by the size of it all: slabs and pages. */
static bool take_socket(struct item *item)
{
	int room = 8 * item->bytes;
	size_t message = 512ul << (item->bytes / PAGE % 6);

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       item->fds))
		return false;
	if (!setsockopt(item->fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &room,
			sizeof(room)) &&
	    fill(item->fds[0], item->bytes, message))
		return true;
	give_fds(item);
	return false;
}

static size_t choose_tables(void)
{
	return choose_power(64 * KIB, 3);
}

/* Reading puts no more than the zero page behind each table. */
static bool take_tables(struct item *item)
{
	size_t span = item->bytes / PAGE * TABLE_MAPS;
	char *memory = mmap(NULL, span, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	madvise(memory, span, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < span; i += TABLE_MAPS)
		__atomic_load_n(&memory[i], __ATOMIC_RELAXED);
	item->address = memory;
	return true;
}

static void give_tables(struct item *item)
{
	munmap(item->address, item->bytes / PAGE * TABLE_MAPS);
}

struct sleeper {
	pthread_t thread;
	sem_t end;
};

static size_t choose_threads(void)
{
	return THREADS_IN_ITEM * THREAD_BYTES;
}

static void *sleep_until_end(void *arg)
{
	struct sleeper *sleeper = arg;

	while (sem_wait(&sleeper->end) && errno == EINTR)
		;
	return NULL;
}

static void end_threads(struct sleeper *sleepers, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		sem_post(&sleepers[i].end);
	for (unsigned int i = 0; i < nr; i++)
		pthread_join(sleepers[i].thread, NULL);
	free(sleepers);
}

static bool take_threads(struct item *item)
{
	struct sleeper *sleepers = calloc(THREADS_IN_ITEM, sizeof(*sleepers));
	pthread_attr_t attributes;

	if (!sleepers)
		return false;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	item->sleepers = sleepers;
	for (unsigned int i = 0; i < THREADS_IN_ITEM; i++) {
		sem_init(&sleepers[i].end, 0, 0);
		if (pthread_create(&sleepers[i].thread, &attributes,
				   sleep_until_end, &sleepers[i])) {
			end_threads(sleepers, i);
			return false;
		}
	}
	return true;
}

static void give_threads(struct item *item)
{
	end_threads(item->sleepers, THREADS_IN_ITEM);
}

struct kind kinds[] = {
	{ .name = "user", choose_user, take_user, give_map },
	{ .name = "file", choose_file, take_file, give_file },
	{ .name = "names", choose_names, take_names, give_names },
	{ .name = "pipe", choose_pipe, take_pipe, give_fds },
	{ .name = "socket", choose_socket, take_socket, give_fds },
	{ .name = "tables", choose_tables, take_tables, give_tables },
	{ .name = "threads", choose_threads, take_threads, give_threads },
};

const size_t nr_kinds = sizeof(kinds) / sizeof(*kinds);

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err(1, "%s", path);
	close(fd);
}

/* Let nothing but memory be a limit. */
void prepare_kinds(void)
{
	const struct rlimit files = { 1000000, 1000000 };

	if (setrlimit(RLIMIT_NOFILE, &files))
		err(1, "setrlimit");
	set("/proc/sys/vm/max_map_count", "1000000");
	set("/proc/sys/kernel/pid_max", "1000000");
	set("/proc/sys/kernel/threads-max", "1000000");
	mkdir(FILES, 0700);
	mkdir(NAMES, 0700);
	if (mount("none", FILES, "tmpfs", 0, "size=100%,nr_inodes=0") ||
	    mount("none", NAMES, "ramfs", 0, NULL))
		err(1, "mount");
	memset(content, 'x', sizeof(content));
}
