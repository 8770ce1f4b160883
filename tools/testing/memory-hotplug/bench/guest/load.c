// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: a load on the kernel's memory that is the same on every kernel
 *
 *	load serve SEED
 *	load ask to KIND=MIB...
 *	load ask churn ROUNDS PERCENT
 *	load ask free PERCENT
 *	load ask end
 *
 * to	 gives back what a kind has too much, then takes memory, a piece of a
 *	 random kind at a time, until each kind has what is asked for; now and
 *	 then a piece goes, and another one comes
 * churn gives a part of each kind back and takes as much again, in rounds
 * free	 gives a part of each kind back, random pieces of it
 *
 * The seed decides all that is done, step by step: the kernel's answers and
 * the time change nothing of it. An answer is one line of name and value:
 * steps done and failed so far, the time this request took, and the bytes of
 * each kind. The server keeps its memory until "end".
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define SOCKET_PATH	"/run/load"
#define LINE_SIZE	512
#define MIB		(1024ul * 1024)
#define COMES_AND_GOES	4	/* of so many steps up, one goes down */

static uint64_t state;
static unsigned long steps, failures;

/* splitmix64 */
uint64_t draw(uint64_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) % below;
}

static void take(struct kind *kind)
{
	struct item *item;

	if (kind->nr_items == kind->room) {
		kind->room = kind->room * 2 + 1024;
		kind->items = realloc(kind->items,
				      kind->room * sizeof(*kind->items));
		if (!kind->items)
			errx(1, "no memory for the list of %s", kind->name);
	}
	item = &kind->items[kind->nr_items++];
	item->bytes = kind->choose();
	item->failed = !kind->take(item);
	kind->bytes += item->bytes;
	failures += item->failed;
	steps++;
}

static void give(struct kind *kind)
{
	struct item *item = &kind->items[draw(kind->nr_items)];

	if (!item->failed)
		kind->give(item);
	kind->bytes -= item->bytes;
	*item = kind->items[--kind->nr_items];
	steps++;
}

static size_t missing(const struct kind *kind)
{
	return kind->bytes < kind->wanted ? kind->wanted - kind->bytes : 0;
}

/* A kind that shall rise, the more likely the more it lacks. */
static struct kind *draw_kind(void)
{
	size_t all = 0, choice;

	for (size_t i = 0; i < nr_kinds; i++)
		all += missing(&kinds[i]);
	if (!all)
		return NULL;
	choice = draw(all);
	for (size_t i = 0; ; i++) {
		if (choice < missing(&kinds[i]))
			return &kinds[i];
		choice -= missing(&kinds[i]);
	}
}

static void rise_to_wanted(void)
{
	struct kind *kind;

	while ((kind = draw_kind())) {
		take(kind);
		if (!draw(COMES_AND_GOES))
			give(kind);
	}
}

static void fall_to_wanted(struct kind *kind)
{
	while (kind->bytes > kind->wanted)
		give(kind);
}

static const char *go_to(char **words, int nr)
{
	for (int i = 0; i < nr; i++) {
		char *value = strchr(words[i], '=');
		size_t j = 0;

		if (!value)
			return "error to KIND=MIB...";
		*value++ = '\0';
		while (j < nr_kinds && strcmp(kinds[j].name, words[i]))
			j++;
		if (j == nr_kinds)
			return "error no such kind";
		kinds[j].wanted = strtoul(value, NULL, 10) * MIB;
		fall_to_wanted(&kinds[j]);
	}
	rise_to_wanted();
	return NULL;
}

static void give_percent(unsigned long percent)
{
	for (size_t i = 0; i < nr_kinds; i++) {
		size_t left = kinds[i].bytes / 100 * (100 - percent);

		while (kinds[i].nr_items && kinds[i].bytes > left)
			give(&kinds[i]);
	}
}

static const char *go_rounds(char **words, int nr)
{
	if (nr != 2)
		return "error churn ROUNDS PERCENT";
	for (unsigned long i = strtoul(words[0], NULL, 10); i; i--) {
		give_percent(strtoul(words[1], NULL, 10));
		rise_to_wanted();
	}
	return NULL;
}

static const char *give_back(char **words, int nr)
{
	if (nr != 1)
		return "error free PERCENT";
	give_percent(strtoul(words[0], NULL, 10));
	for (size_t i = 0; i < nr_kinds; i++)
		kinds[i].wanted = kinds[i].bytes;
	return NULL;
}

static const char *end(char **words, int nr)
{
	(void)words;
	(void)nr;
	give_percent(100);
	return NULL;
}

static const struct {
	const char *name;
	const char *(*obey)(char **words, int nr);
} requests[] = {
	{ "to", go_to },
	{ "churn", go_rounds },
	{ "free", give_back },
	{ "end", end },
};

static unsigned long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

static const char *obey(char *line)
{
	char *words[32];
	int nr = 0;

	for (char *word = strtok(line, " "); word && nr < 32;
	     word = strtok(NULL, " "))
		words[nr++] = word;
	for (size_t i = 0; nr && i < sizeof(requests) / sizeof(*requests); i++)
		if (!strcmp(words[0], requests[i].name))
			return requests[i].obey(words + 1, nr - 1);
	return "error not understood";
}

static void answer(int fd, char *line)
{
	unsigned long started = now_ns();
	const char *fault = obey(line);
	int used;

	if (fault) {
		dprintf(fd, "%s", fault);
		return;
	}
	used = snprintf(line, LINE_SIZE, "steps %lu failed %lu ns %lu", steps,
			failures, now_ns() - started);
	for (size_t i = 0; i < nr_kinds; i++)
		used += snprintf(line + used, LINE_SIZE - used, " %s %zu",
				 kinds[i].name, kinds[i].bytes);
	dprintf(fd, "%s", line);
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

static int serve(uint64_t seed)
{
	struct sockaddr_un address = { 0 };
	int listener = make_socket(&address);
	bool ends = false;

	state = seed;
	prepare_kinds();
	unlink(SOCKET_PATH);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 8) || daemon(0, 0))
		err(1, SOCKET_PATH);
	while (!ends) {
		char line[LINE_SIZE] = "";
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			err(1, "accept");
		if (read(fd, line, sizeof(line) - 1) > 0) {
			ends = !strncmp(line, "end", 3);
			answer(fd, line);
		}
		close(fd);
	}
	return 0;
}

static int ask(char **words)
{
	struct sockaddr_un address = { 0 };
	int fd = make_socket(&address);
	char line[LINE_SIZE] = "";
	size_t used = 0;
	ssize_t got;

	for (; *words && used < sizeof(line); words++)
		used += snprintf(line + used, sizeof(line) - used, "%s ",
				 *words);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    write(fd, line, strlen(line)) < 0)
		err(1, SOCKET_PATH);
	got = read(fd, line, sizeof(line) - 1);
	if (got <= 0)
		errx(2, "the load was killed");
	line[got] = '\0';
	puts(line);
	return !strncmp(line, "error", 5);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(strtoull(argv[2], NULL, 0));
	if (argc >= 3 && !strcmp(argv[1], "ask"))
		return ask(argv + 2);
	fputs("usage: load serve SEED\n"
	      "       load ask to KIND=MIB... | churn ROUNDS PERCENT |\n"
	      "                free PERCENT | end\n", stderr);
	return 1;
}
