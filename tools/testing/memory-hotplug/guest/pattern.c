// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: a program that would notice
 *
 * It fills memory with pages whose whole content follows from their number
 * and a generation, with a checksum at the end. Then its threads go round and
 * round: verify a page, write its next generation, go on. If a page is lost,
 * swapped with another, torn or stale after the kernel moved it, the next
 * visit sees it. The time between two pages is watched: its maximum is the
 * longest time for which the program stood still.
 *
 * "serve" runs in the background; "ask" sends it one of the requests in
 * requests[] and prints the answer.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_PATH	"/run/pattern"
#define PAGE		4096
#define WORDS		(PAGE / sizeof(unsigned long))
#define MAX_THREADS	8
#define LINE_SIZE	256

/* word[0] generation, word[1..WORDS-2] content, word[WORDS-1] checksum */
struct page {
	unsigned long word[WORDS];
};

/* A part of the memory, one thread's own. */
struct part {
	pthread_t thread;
	struct page *pages;
	size_t first_number;
	size_t nr_filled;
	atomic_ulong checks;
	atomic_ulong wrong;
	atomic_ulong longest_ns;
	unsigned long rounds;
};

static struct part parts[MAX_THREADS];
static unsigned int nr_parts;

/* How many pages each part shall have; the threads follow, and say so. */
static atomic_size_t wanted;

/* Guards nr_filled and rounds against those who wait for them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t progress = PTHREAD_COND_INITIALIZER;

static unsigned long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

static unsigned long first_word(size_t number, unsigned long generation)
{
	return (number + 1) * 0x9e3779b97f4a7c15ul ^
	       generation * 0xd1b54a32d192ed03ul;
}

static void write_page(struct page *page, size_t number, unsigned long generation)
{
	unsigned long value = first_word(number, generation), sum = generation;

	page->word[0] = generation;
	for (size_t i = 1; i < WORDS - 1; i++) {
		value = value * 5 + i;
		page->word[i] = value;
		sum = (sum ^ value) * 0x100000001b3ul;
	}
	page->word[WORDS - 1] = sum;
}

static bool page_right(const struct page *page, size_t number)
{
	unsigned long generation = page->word[0];
	unsigned long value = first_word(number, generation), sum = generation;

	for (size_t i = 1; i < WORDS - 1; i++) {
		value = value * 5 + i;
		if (page->word[i] != value)
			return false;
		sum = (sum ^ value) * 0x100000001b3ul;
	}
	return page->word[WORDS - 1] == sum;
}

static void follow_wanted(struct part *part)
{
	size_t nr = wanted;

	for (size_t i = part->nr_filled; i < nr; i++)
		write_page(&part->pages[i], part->first_number + i, 0);
	if (nr < part->nr_filled &&
	    madvise(part->pages + nr, (part->nr_filled - nr) * PAGE,
		    MADV_DONTNEED))
		err(1, "madvise");
	pthread_mutex_lock(&lock);
	part->nr_filled = nr;
	pthread_cond_broadcast(&progress);
	pthread_mutex_unlock(&lock);
}

/* One round; ends early when the wanted size has changed. */
static void go_round(struct part *part, unsigned long generation)
{
	unsigned long last = now_ns();

	for (size_t i = 0; i < part->nr_filled; i++) {
		size_t number = part->first_number + i;
		unsigned long now;

		if (wanted != part->nr_filled)
			return;
		if (!page_right(&part->pages[i], number))
			part->wrong++;
		write_page(&part->pages[i], number, generation);
		part->checks++;
		now = now_ns();
		if (now - last > part->longest_ns)
			part->longest_ns = now - last;
		last = now;
	}
	pthread_mutex_lock(&lock);
	part->rounds++;
	pthread_cond_broadcast(&progress);
	pthread_mutex_unlock(&lock);
}

static void *worker(void *arg)
{
	struct part *part = arg;

	for (unsigned long generation = 1; ; generation++) {
		pthread_mutex_lock(&lock);
		while (!wanted && !part->nr_filled)
			pthread_cond_wait(&progress, &lock);
		pthread_mutex_unlock(&lock);
		if (wanted != part->nr_filled)
			follow_wanted(part);
		go_round(part, generation);
	}
	return NULL;
}

static bool all_follow(void)
{
	for (unsigned int i = 0; i < nr_parts; i++)
		if (parts[i].nr_filled != wanted)
			return false;
	return true;
}

/* size BYTES: have that much memory, all of it written */
static int answer_size(char *answer, unsigned long long bytes,
		       unsigned long long unused)
{
	(void)unused;
	if (bytes / PAGE / nr_parts > wanted && wanted)
		return snprintf(answer, LINE_SIZE, "error it only shrinks");
	pthread_mutex_lock(&lock);
	wanted = bytes / PAGE / nr_parts;
	pthread_cond_broadcast(&progress);
	while (!all_follow())
		pthread_cond_wait(&progress, &lock);
	pthread_mutex_unlock(&lock);
	return snprintf(answer, LINE_SIZE, "%zu",
			(size_t)wanted * nr_parts * PAGE);
}

/* stats: page checks, wrong pages, longest pause in ns since the last stats */
static int answer_stats(char *answer, unsigned long long unused1,
			unsigned long long unused2)
{
	unsigned long checks = 0, wrong = 0, longest = 0;

	(void)unused1;
	(void)unused2;
	for (unsigned int i = 0; i < nr_parts; i++) {
		unsigned long pause = atomic_exchange(&parts[i].longest_ns, 0);

		checks += parts[i].checks;
		wrong += parts[i].wrong;
		longest = pause > longest ? pause : longest;
	}
	return snprintf(answer, LINE_SIZE, "%lu %lu %lu", checks, wrong,
			longest);
}

/* verify: wait until every page was visited once more; checks, wrong pages */
static int answer_verify(char *answer, unsigned long long unused1,
			 unsigned long long unused2)
{
	unsigned long checks = 0, wrong = 0;

	(void)unused1;
	(void)unused2;
	if (!wanted)
		return snprintf(answer, LINE_SIZE, "error nothing is written");
	for (unsigned int i = 0; i < nr_parts; i++) {
		struct part *part = &parts[i];
		unsigned long end;

		/* The round under way may have begun before the question. */
		pthread_mutex_lock(&lock);
		end = part->rounds + 2;
		while (part->rounds < end)
			pthread_cond_wait(&progress, &lock);
		pthread_mutex_unlock(&lock);
		checks += part->checks;
		wrong += part->wrong;
	}
	return snprintf(answer, LINE_SIZE, "%lu %lu", checks, wrong);
}

/* within START END: bytes that lie in this range of physical addresses */
static int answer_within(char *answer, unsigned long long start,
			 unsigned long long end)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	unsigned long long found = 0;

	for (unsigned int i = 0; i < nr_parts; i++) {
		off_t index = (unsigned long)parts[i].pages / PAGE;

		for (size_t j = 0; j < parts[i].nr_filled; j++) {
			const unsigned long present = 1ul << 63;
			unsigned long entry, address;

			if (pread(fd, &entry, sizeof(entry),
				  (index + j) * sizeof(entry)) != sizeof(entry))
				err(1, "pagemap");
			address = (entry & ((1ul << 55) - 1)) * PAGE;
			if ((entry & present) && address >= start &&
			    address < end)
				found += PAGE;
		}
	}
	close(fd);
	return snprintf(answer, LINE_SIZE, "%llu", found);
}

static const struct {
	const char *name;
	int (*answer)(char *answer, unsigned long long arg1,
		      unsigned long long arg2);
} requests[] = {
	{ "size", answer_size },
	{ "stats", answer_stats },
	{ "verify", answer_verify },
	{ "within", answer_within },
};

static int obey(char *answer, const char *line)
{
	unsigned long long arg1 = 0, arg2 = 0;
	char name[16] = "";

	if (sscanf(line, "%15s %llu %llu", name, &arg1, &arg2) < 1)
		return snprintf(answer, LINE_SIZE, "error empty request");
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (!strcmp(name, requests[i].name))
			return requests[i].answer(answer, arg1, arg2);
	return snprintf(answer, LINE_SIZE, "error not understood: %s", name);
}

static int make_socket(struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, SOCKET_PATH, sizeof(SOCKET_PATH));
	return fd;
}

static void make_parts(size_t most_bytes)
{
	size_t nr_pages = most_bytes / PAGE / nr_parts;

	for (unsigned int i = 0; i < nr_parts; i++) {
		struct part *part = &parts[i];

		part->first_number = i * nr_pages;
		part->pages = mmap(NULL, nr_pages * PAGE,
				   PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				   -1, 0);
		if (part->pages == MAP_FAILED)
			err(1, "mmap");
	}
}

static int serve(unsigned int threads, size_t most_bytes)
{
	struct sockaddr_un address = { 0 };
	int listener = make_socket(&address);

	nr_parts = threads;
	unlink(SOCKET_PATH);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 8) || daemon(0, 0))
		err(1, SOCKET_PATH);
	make_parts(most_bytes);
	for (unsigned int i = 0; i < nr_parts; i++)
		if (pthread_create(&parts[i].thread, NULL, worker, &parts[i]))
			errx(1, "no thread");

	for (;;) {
		char line[LINE_SIZE] = "", answer[LINE_SIZE];
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			err(1, "accept");
		if (read(fd, line, sizeof(line) - 1) > 0)
			send(fd, answer, obey(answer, line), MSG_NOSIGNAL);
		close(fd);
	}
}

static int ask(char **words)
{
	struct sockaddr_un address = { 0 };
	int fd = make_socket(&address);
	char line[LINE_SIZE] = "", answer[LINE_SIZE];
	size_t used = 0;
	ssize_t got;

	for (; *words && used < sizeof(line); words++)
		used += snprintf(line + used, sizeof(line) - used, "%s ",
				 *words);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    write(fd, line, strlen(line)) < 0)
		err(1, SOCKET_PATH);
	got = read(fd, answer, sizeof(answer) - 1);
	if (got <= 0)
		errx(1, "the program is gone");
	answer[got] = '\0';
	puts(answer);
	return !strncmp(answer, "error", 5);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve")) {
		int threads = atoi(argv[2]);

		if (threads < 1 || threads > MAX_THREADS)
			errx(1, "threads: 1 to %d", MAX_THREADS);
		return serve(threads, strtoull(argv[3], NULL, 0));
	}
	if (argc >= 3 && !strcmp(argv[1], "ask"))
		return ask(argv + 2);
	fputs("usage: pattern serve THREADS MOST_BYTES\n"
	      "       pattern ask size BYTES | stats | verify | within START END\n",
	      stderr);
	return 1;
}
