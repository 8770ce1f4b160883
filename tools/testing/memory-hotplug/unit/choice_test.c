// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of mm/memory_hotplug/choice.c: the cases that KUnit runs, too, and
 * random blocks against a model, which looks at everything again for each block.
 *
 *   choice_test [SEED [ROUNDS]]
 */

#include "choice_internal.h"
#include "../../../../mm/memory_hotplug/choice.c"
#include "../../../../mm/memory_hotplug/tests/choice_cases.h"

static unsigned long long random_state;

static unsigned int below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % limit;
}

static void check_text(const char *what, const char *is, const char *wanted)
{
	if (!strcmp(is, wanted))
		return;
	fprintf(stderr, "%s: \"%s\" instead of \"%s\"\n", what, is, wanted);
	exit(1);
}

static void check_case(const struct choice_case *c)
{
	struct choice_model model = { };
	char text[64];

	choice_case_run(c, &model, text, sizeof(text));
	check_text(c->what, text, c->leave);
}

/* Blocks that leave together: a block, or what is left of a device. */
struct offer {
	unsigned int blocks;
	unsigned int nr;
	unsigned int pages;
	unsigned int last;
	bool doubtful;
	bool pinned;
	bool alone;
};

static bool has_mark(const struct choice_block *block, char mark)
{
	return strchr(block->marks, mark);
}

static void add_block(struct offer *offer, const struct choice_block *blocks, unsigned int id)
{
	offer->blocks |= 1U << id;
	offer->nr++;
	offer->pages += blocks[id].pages;
	offer->last = id;
	offer->doubtful |= has_mark(&blocks[id], 'd');
	offer->pinned |= has_mark(&blocks[id], 'p');
}

/* One number for a cost; the lower one is cheaper. */
static unsigned long long price(const struct offer *offer)
{
	const unsigned int all = CHOICE_BLOCK_PAGES * offer->nr;
	unsigned long long price = offer->doubtful;

	price = price << 8 | (offer->pages * 16 + all - 1) / all;
	price = price << 1 | offer->pinned;
	price = price << 1 | offer->alone;
	price = price << 16 | offer->pages / offer->nr;
	return price << 8 | (CHOICE_MAX - offer->last);
}

static void take_if_cheaper(struct offer *best, const struct offer *offer)
{
	if (offer->nr && (!best->nr || price(offer) < price(best)))
		*best = *offer;
}

static void offer_device(struct offer *best, const struct choice_block *blocks, char device,
			 unsigned int gone, unsigned int wanted)
{
	struct offer offer = { };
	unsigned int id;

	for (id = 0; id < CHOICE_MAX && blocks[id].marks; id++) {
		if (!has_mark(&blocks[id], device) || gone & 1U << id)
			continue;
		if (has_mark(&blocks[id], 's') || has_mark(&blocks[id], 'x'))
			return;
		add_block(&offer, blocks, id);
	}
	if (offer.nr <= wanted)
		take_if_cheaper(best, &offer);
}

static struct offer best_offer(const struct choice_block *blocks, unsigned int gone,
			       unsigned int wanted)
{
	struct offer best = { }, offer;
	unsigned int id;
	char device;

	for (id = 0; id < CHOICE_MAX && blocks[id].marks; id++) {
		if (gone & 1U << id || has_mark(&blocks[id], 's') || has_mark(&blocks[id], 'x'))
			continue;
		offer = (struct offer) { .alone = true };
		add_block(&offer, blocks, id);
		take_if_cheaper(&best, &offer);
	}
	for (device = 'A'; device <= 'C'; device++)
		offer_device(&best, blocks, device, gone, wanted);
	return best;
}

static void foresee(const struct choice_block *blocks, unsigned int wanted, char *text)
{
	unsigned int gone = 0, id;
	struct offer best;

	while (wanted) {
		best = best_offer(blocks, gone, wanted);
		if (!best.nr) {
			sprintf(text, "-");
			return;
		}
		gone |= best.blocks;
		wanted -= best.nr;
	}
	for (*text = '\0', id = 0; id < CHOICE_MAX; id++)
		if (gone & 1U << id)
			text += sprintf(text, "%s%u", gone & ((1U << id) - 1) ? " " : "", id);
}

/* In: any blocks. Out: what the model says. */
static void check_random_blocks(void)
{
	static const char * const marks[] = {
		"", "", "A", "A", "B", "B", "C", "p", "pA", "pB", "d", "dA", "x", "xB", "s", "sC",
	};
	struct choice_case random = { .what = "random" };
	struct choice_model model = { };
	unsigned int nr = below(CHOICE_MAX + 1), i;
	char text[64], expected[64];

	for (i = 0; i < nr; i++) {
		random.blocks[i].marks = marks[below(ARRAY_SIZE(marks))];
		random.blocks[i].pages = below(2) ? 0 : below(CHOICE_BLOCK_PAGES + 1);
	}
	random.wanted = below(nr + 2);
	foresee(random.blocks, random.wanted, expected);
	choice_case_run(&random, &model, text, sizeof(text));
	check_text(random.what, text, expected);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 100000;
	size_t i;

	random_state = (argc > 1 ? strtoull(argv[1], NULL, 0) : 612) | 1;
	for (i = 0; i < ARRAY_SIZE(choice_cases); i++)
		check_case(&choice_cases[i]);
	while (rounds--)
		check_random_blocks();
	return 0;
}
