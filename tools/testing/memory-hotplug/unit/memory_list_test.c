// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of drivers/base/memory_list.c: the cases that KUnit runs, too, and
 * random lists against a model.
 *
 *   memory_list_test [SEED [ROUNDS]]
 */

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_list_internal.h"
#include "../../../../drivers/base/memory_list.c"
#include "../../../../drivers/base/test/memory_list_cases.h"

/* Blocks in the model, and the longest list that is made of them */
#define BLOCKS		64
#define LIST_SIZE	512

/* What a list looks like */
#define GAP	"[, \t\n]"
#define NUMBER	"(N|[0-9]+)"
#define RANGE	"(" NUMBER "-" NUMBER "|[aA][lL][lL])"
#define PATTERN	"(:" NUMBER "/" NUMBER ")"
#define ITEM	"(" NUMBER "|" RANGE PATTERN "?)"
#define GRAMMAR	"^" GAP "*(" ITEM "(" GAP "+|$))*$"

static unsigned long long random_state;

static unsigned int below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % limit;
}

#define fail(text, ...)					\
do {							\
	fprintf(stderr, "\"%s\": ", text);		\
	fprintf(stderr, __VA_ARGS__);			\
	fputc('\n', stderr);				\
	exit(1);					\
} while (0)

/* Reads a list from memory of exactly its size, so that no byte is read behind it. */
static int read_list(const char *text, unsigned long long *named)
{
	char *copy = strdup(text);
	const char *at = copy, *before;
	struct memory_list_region region;
	unsigned long id;
	int ret;

	*named = 0;
	for (;;) {
		before = at;
		ret = memory_list_next(&at, BLOCKS - 1, &region);
		if (ret <= 0)
			break;
		if (at <= before || at > copy + strlen(text))
			fail(text, "the text is not read on");
		if (region.first > region.last || region.last > U32_MAX ||
		    !region.period || region.used > region.period)
			fail(text, "a region that is none");
		for (id = memory_list_find(&region, 0); id < BLOCKS;
		     id = memory_list_find(&region, id + 1))
			*named |= 1ULL << id;
	}
	free(copy);
	return ret;
}

static void check_cases(void)
{
	char ids[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(memory_list_cases); i++) {
		const struct memory_list_case *c = &memory_list_cases[i];
		char *text = strdup(c->text);
		int err = memory_list_spell(text, ids, sizeof(ids));

		if (err != c->err || strcmp(ids, c->ids))
			fail(text, "%d, \"%s\" instead of %d, \"%s\"", err, ids, c->err, c->ids);
		free(text);
	}
}

/* In: a region and any number. Out: the nearest id at or above that is named. */
static void check_find(void)
{
	struct memory_list_region region = {
		.first = below(100),
		.period = 1 + below(20),
	};
	unsigned long from = below(8) ? below(300) : ULONG_MAX - below(20), id;

	region.last = region.first + below(100);
	region.used = below(region.period + 1);

	for (id = from; id <= region.last; id++) {
		if (id >= region.first &&
		    (id - region.first) % region.period < region.used)
			break;
	}
	if (id > region.last)
		id = MEMORY_LIST_NONE;
	if (memory_list_find(&region, from) != id)
		fail("find", "%lu-%lu:%lu/%lu from %lu: %lu instead of %lu",
		     region.first, region.last, region.used, region.period, from,
		     memory_list_find(&region, from), id);
}

static size_t put_separators(char *out, int at_least)
{
	size_t len = 0;

	while (at_least-- > 0 || below(4) == 0)
		out[len++] = ", \t\n"[below(4)];
	return len;
}

/* Appends an item to a list, and what it names to the model. */
static size_t put_item(char *out, unsigned long long *named)
{
	unsigned int first = below(BLOCKS), last = first + below(BLOCKS - first);
	unsigned int period = 1 + below(BLOCKS), used = below(period + 1), id;
	size_t len;

	switch (below(6)) {
	case 0:
		*named |= 1ULL << first;
		return sprintf(out, "%u", first);
	case 1:
		*named |= 1ULL << (BLOCKS - 1);
		return sprintf(out, "N");
	case 2:
		first = 0;
		last = BLOCKS - 1;
		len = sprintf(out, below(2) ? "all" : "All");
		break;
	case 3:
		last = BLOCKS - 1;
		len = sprintf(out, "%u-N", first);
		break;
	default:
		len = sprintf(out, "%0*u-%u", (int)below(8), first, last);
		break;
	}
	if (below(2))
		len += sprintf(out + len, ":%u/%u", used, period);
	else
		used = period;
	for (id = first; id <= last; id++) {
		if ((id - first) % period < used)
			*named |= 1ULL << id;
	}
	return len;
}

static size_t make_list(char *out, unsigned long long *named)
{
	size_t len = put_separators(out, 0);
	unsigned int items = below(12);

	*named = 0;
	while (items--) {
		len += put_item(out + len, named);
		len += put_separators(out + len, items != 0);
	}
	out[len] = '\0';
	return len;
}

/* In: a list that was made of items. Out: what the items name. */
static size_t check_list(char *text)
{
	unsigned long long meant, named;
	size_t len = make_list(text, &meant);
	int ret = read_list(text, &named);

	if (ret || named != meant)
		fail(text, "%d, 0x%llx instead of 0, 0x%llx", ret, named, meant);
	return len;
}

/*
 * In: a list with some characters changed. Out: an error if it does not even
 * look like a list, and in any case nothing worse than an error.
 */
static void check_damaged_list(char *text, size_t len, const regex_t *grammar)
{
	static const char alphabet[] = "0123456789 ,-:/Nal\nx+.\xff\x80";
	unsigned int damage = 1 + below(4);
	unsigned long long named;
	int ret;

	while (damage--)
		text[below(len + 1)] = alphabet[below(sizeof(alphabet))];
	text[len] = '\0';

	ret = read_list(text, &named);
	if (ret != 0 && ret != -EINVAL && ret != -ERANGE)
		fail(text, "error %d", ret);
	if (ret == 0 && regexec(grammar, text, 0, NULL, 0))
		fail(text, "taken for a list");
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 100000;
	char text[LIST_SIZE];
	regex_t grammar;

	random_state = (argc > 1 ? strtoull(argv[1], NULL, 0) : 612) | 1;
	if (regcomp(&grammar, GRAMMAR, REG_EXTENDED | REG_NOSUB))
		fail("grammar", "does not compile");

	check_cases();
	while (rounds--) {
		check_find();
		check_damaged_list(text, check_list(text), &grammar);
	}
	regfree(&grammar);
	return 0;
}
