// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: memory in use, of one kind, that stays until it is killed
 *
 *	tenant KIND MIB
 *	tenant stats
 *
 * Takes that much memory, goes into the background, and prints the page frame
 * number of the first page, if it has an address. Kinds:
 *
 * anon	   pages of its own
 * thp	   the same in huge pages that the kernel chose to give
 * hugetlb huge pages of the pool, which is made as large
 * tmpfs   a file of a file system in memory
 * cache   what was read of a file on /run/disk
 * held	   as anon, and the first page is in a pipe
 * store   as anon, and a thread writes to one page after the other, for ever
 *
 * "stats" prints the time, how often the thread has written to a page so far,
 * and its longest pause since the last stats, times in nanoseconds.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096ul
#define HUGE_PAGE	(2ul << 20)
#define PFN_MASK	((1ull << 55) - 1)
#define CHUNK		(64 * 1024)
#define CACHE_FILE	"/run/disk/tenant"
#define STATS_FILE	"/run/tenant-stats"
#define POOL_FILE	"/proc/sys/vm/nr_hugepages"
/* Of so many parts of the memory, one may come without a huge page. */
#define FEW		16

/* What the storing thread tells, in memory that it shares. */
struct stats {
	atomic_ulong stores;
	atomic_ulong longest_ns;
};

static struct {
	char *memory;
	size_t bytes;
	struct stats *stats;
} store;

static char chunk[CHUNK];

static unsigned long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

static char *map(size_t bytes, int flags, int advice)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (advice)
		madvise(memory, bytes, advice);
	return memory;
}

/* Each page has content of its own, so that none is a copy of another. */
static void fill(char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += sizeof(size_t))
		*(size_t *)(memory + i) = i;
}

static char *take_anon(size_t bytes)
{
	char *memory = map(bytes, 0, MADV_NOHUGEPAGE);

	fill(memory, bytes);
	return memory;
}

static size_t huge_bytes(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	size_t kib = 0;
	char line[128];

	if (!file)
		err(1, "smaps_rollup");
	while (fgets(line, sizeof(line), file) &&
	       sscanf(line, "AnonHugePages: %zu", &kib) != 1)
		;
	fclose(file);
	return kib * 1024;
}

static char *take_thp(size_t bytes)
{
	uintptr_t start = (uintptr_t)map(bytes + HUGE_PAGE, 0, MADV_HUGEPAGE);
	char *memory = (char *)((start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));

	fill(memory, bytes);
	if (huge_bytes() < bytes - bytes / FEW)
		errx(1, "only %zu bytes in huge pages", huge_bytes());
	return memory;
}

static char *take_hugetlb(size_t bytes)
{
	FILE *pool = fopen(POOL_FILE, "we");
	char *memory;

	if (!pool)
		err(1, POOL_FILE);
	fprintf(pool, "%zu\n", bytes / HUGE_PAGE);
	if (fclose(pool))
		err(1, POOL_FILE);
	memory = map(bytes, MAP_HUGETLB, 0);
	fill(memory, bytes);
	return memory;
}

static char *take_tmpfs(size_t bytes)
{
	int fd = memfd_create("tenant", MFD_CLOEXEC);

	for (size_t done = 0; done < bytes; done += CHUNK)
		if (write(fd, chunk, CHUNK) != CHUNK)
			err(1, "tmpfs");
	return NULL;
}

/* The file is a hole: to read it takes no disk. It is gone when we are. */
static char *take_cache(size_t bytes)
{
	int fd = open(CACHE_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || unlink(CACHE_FILE) || ftruncate(fd, bytes))
		err(1, CACHE_FILE);
	for (size_t done = 0; done < bytes; done += CHUNK)
		if (read(fd, chunk, CHUNK) != CHUNK)
			err(1, CACHE_FILE);
	return NULL;
}

static char *take_held(size_t bytes)
{
	char *memory = take_anon(bytes);
	struct iovec first = { .iov_base = memory, .iov_len = PAGE };
	int fds[2];

	if (pipe(fds) || vmsplice(fds[1], &first, 1, 0) != (ssize_t)PAGE)
		err(1, "vmsplice");
	return memory;
}

static struct stats *map_stats(int flags)
{
	int fd = open(STATS_FILE, O_RDWR | O_CLOEXEC | flags, 0600);
	struct stats *stats;

	if (fd < 0 || ftruncate(fd, sizeof(*stats)))
		err(1, STATS_FILE);
	stats = mmap(NULL, sizeof(*stats), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (stats == MAP_FAILED)
		err(1, STATS_FILE);
	close(fd);
	return stats;
}

static void *store_for_ever(void *unused)
{
	unsigned long last = now_ns();

	(void)unused;
	for (size_t i = 0; ; i = i + PAGE < store.bytes ? i + PAGE : 0) {
		unsigned long now;

		__atomic_fetch_add(&store.memory[i], 1, __ATOMIC_RELAXED);
		store.stats->stores++;
		now = now_ns();
		if (now - last > store.stats->longest_ns)
			store.stats->longest_ns = now - last;
		last = now;
	}
	return NULL;
}

static char *take_store(size_t bytes)
{
	store.memory = take_anon(bytes);
	store.bytes = bytes;
	store.stats = map_stats(O_CREAT | O_TRUNC);
	return store.memory;
}

static const struct {
	const char *name;
	char *(*take)(size_t bytes);
	void *(*thread)(void *unused);
} kinds[] = {
	{ .name = "anon", take_anon },
	{ .name = "thp", take_thp },
	{ .name = "hugetlb", take_hugetlb },
	{ .name = "tmpfs", take_tmpfs },
	{ .name = "cache", take_cache },
	{ .name = "held", take_held },
	{ .name = "store", take_store, store_for_ever },
};

static void print_pfn(const char *memory)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	off_t at = (uintptr_t)memory / PAGE * sizeof(uint64_t);
	uint64_t entry;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
		err(1, "pagemap");
	close(fd);
	printf("%llu\n", entry & PFN_MASK);
}

static void print_stats(void)
{
	struct stats *stats = map_stats(0);

	printf("%lu %lu %lu\n", now_ns(), stats->stores,
	       atomic_exchange(&stats->longest_ns, 0));
}

/*
 * A fork would share the memory and change how it moves: it is taken in the
 * child, and the parent waits for the pipe to say that it is there.
 */
static int stay(size_t kind, size_t bytes)
{
	int ready[2];
	char *memory;
	pid_t pid;

	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid) {
		char said;

		close(ready[1]);
		return read(ready[0], &said, 1) != 1;
	}
	setsid();
	memory = kinds[kind].take(bytes);
	if (memory)
		print_pfn(memory);
	fflush(stdout);
	if (kinds[kind].thread) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, kinds[kind].thread, NULL))
			errx(1, "no thread");
	}
	if (write(ready[1], "", 1) != 1)
		err(1, "pipe");
	while (true)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "stats")) {
		print_stats();
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(argv[1], kinds[i].name))
			return stay(i, strtoul(argv[2], NULL, 10) << 20);
	fputs("usage: tenant anon|thp|hugetlb|tmpfs|cache|held|store MIB\n"
	      "       tenant stats\n", stderr);
	return 1;
}
