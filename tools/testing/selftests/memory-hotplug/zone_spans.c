// SPDX-License-Identifier: GPL-2.0
/*
 * A zone spans its pages from the first to the last one, also while blocks
 * join and leave it at either end and in the middle; what an offline block
 * may become follows.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED	4
#define ROUNDS	10
#define SELF	FIXTURE_DATA(zone_spans)

/**
 * struct span - a zone in numbers of blocks
 * @first: the first block that it spans, counted from the first of the test
 * @spanned: how many blocks it spans
 * @present: how many of them belong to it
 */
struct span {
	unsigned int first;
	unsigned int spanned;
	unsigned int present;
};

/**
 * struct step - a change of one block, and what comes of it
 * @block: the block
 * @word: what its state is to be
 * @normal: ZONE_NORMAL after that
 * @movable: ZONE_MOVABLE after that
 * @asked: an offline block, ...
 * @valid_zones: ... and what it may become now
 */
struct step {
	unsigned int block;
	const char *word;
	struct span normal;
	struct span movable;
	unsigned int asked;
	const char *valid_zones;
};

FIXTURE(zone_spans) {
	struct blocks blocks;
	int node;
	bool ready;
};

FIXTURE_SETUP(zone_spans)
{
	unsigned int i;

	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	self->node = block_node(self->blocks.id[0]);
	blocks_on_node(&self->blocks, &self->blocks, self->node);
	for (i = 1; i < self->blocks.nr; i++)
		if (self->blocks.id[i] != self->blocks.id[0] + i)
			break;
	if (i < NEEDED)
		SKIP(return, "less than %d adjacent blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	if (node_pages(self->node, "present"))
		SKIP(return, "the node has other memory");
	self->ready = true;
}

FIXTURE_TEARDOWN(zone_spans)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, node_pages(self->node, "spanned"));
}

static unsigned long number_after(const char *section, const char *word)
{
	const char *found = strstr(section, word);

	return found ? strtoul(found + strlen(word), NULL, 10) : 0;
}

/* An empty zone has no line about its start. */
static struct span read_span(const SELF *self,
			     const char *name)
{
	char *text = get_whole_file("/proc/zoneinfo"), *section, *end;
	struct span span = { };
	char title[TEXT_MAX];
	unsigned long start;

	snprintf(title, sizeof(title), "Node %d, zone %8s", self->node, name);
	section = text ? strstr(text, title) : NULL;
	if (section) {
		end = strstr(section + 1, "\nNode ");
		if (end)
			*end = '\0';
		span.spanned = number_after(section, "spanned ") / block_pages();
		span.present = number_after(section, "present ") /
			       block_usable_pages();
		start = number_after(section, "start_pfn: ");
		if (start)
			span.first = pfn_block(start) - self->blocks.id[0];
	}
	free(text);
	return span;
}

static bool span_is(const SELF *self, const char *name,
		    const struct span *expected)
{
	const struct span span = read_span(self, name);

	if (!memcmp(&span, expected, sizeof(span)))
		return true;
	printf("# %s: from block %u, %u spanned, %u present\n", name,
	       span.first, span.spanned, span.present);
	return false;
}

static void take_steps(struct __test_metadata *_metadata,
		       const SELF *self,
		       const struct step *steps, unsigned int nr)
{
	const unsigned int *id = self->blocks.id;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct step *step = &steps[i];

		ASSERT_EQ(0, block_put(id[step->block], "state", step->word));
		EXPECT_TRUE(span_is(self, "Normal", &step->normal)) {
			TH_LOG("step %u", i);
		}
		EXPECT_TRUE(span_is(self, "Movable", &step->movable)) {
			TH_LOG("step %u", i);
		}
		EXPECT_TRUE(block_reads(id[step->asked], "valid_zones",
					step->valid_zones));
	}
}

TEST_F(zone_spans, one_zone_in_both_directions)
{
	const char *outside = "Normal Movable", *inside = "Movable Normal";
	static const struct span none = { };
	const struct step steps[] = {
		{ 1, "online_movable",	none, { 1, 1, 1 }, 0, outside },
		{ 3, "online_movable",	none, { 1, 3, 2 }, 2, inside },
		{ 0, "online_movable",	none, { 0, 4, 3 }, 2, inside },
		{ 2, "online",		none, { 0, 4, 4 }, 2, "Movable" },
		{ 0, "offline",		none, { 1, 3, 3 }, 0, outside },
		{ 2, "offline",		none, { 1, 3, 2 }, 2, inside },
		{ 3, "offline",		none, { 1, 1, 1 }, 2, outside },
		{ 0, "online_movable",	none, { 0, 2, 2 }, 2, outside },
		{ 1, "offline",		none, { 0, 1, 1 }, 1, outside },
		{ 0, "offline",		none, none, 0, outside },
	};

	take_steps(_metadata, self, steps, ARRAY_SIZE(steps));
}

/* What is between two blocks of a zone does not join it, and is passed over. */
TEST_F(zone_spans, two_zones_across_each_other)
{
	const char *outside = "Normal Movable";
	static const struct span none = { };
	const struct step steps[] = {
		{ 3, "online_kernel",	{ 3, 1, 1 }, none, 2, outside },
		{ 2, "online_movable",	{ 3, 1, 1 }, { 2, 1, 1 }, 1, outside },
		{ 0, "online_kernel",	{ 0, 4, 2 }, { 2, 1, 1 }, 1, outside },
		{ 1, "online_movable",	{ 0, 4, 2 }, { 1, 2, 2 }, 1, "Movable" },
		{ 3, "offline",		{ 0, 1, 1 }, { 1, 2, 2 }, 3, outside },
		{ 3, "online_movable",	{ 0, 1, 1 }, { 1, 3, 3 }, 3, "Movable" },
		{ 1, "offline",		{ 0, 1, 1 }, { 2, 2, 2 }, 1, outside },
		{ 1, "online",		{ 0, 2, 2 }, { 2, 2, 2 }, 1, "Normal" },
		{ 0, "offline",		{ 1, 1, 1 }, { 2, 2, 2 }, 0, outside },
		{ 1, "offline",		none, { 2, 2, 2 }, 1, outside },
		{ 2, "offline",		none, { 3, 1, 1 }, 2, outside },
		{ 3, "offline",		none, none, 3, outside },
	};

	take_steps(_metadata, self, steps, ARRAY_SIZE(steps));
}

/* Reads until it is killed; what it must not read ends it with an error. */
static void read_all_the_time(unsigned int id, const char *one,
			      const char *other)
{
	char text[TEXT_MAX];

	for (;;) {
		if (block_get(id, "valid_zones", text, sizeof(text)) > 0 &&
		    (!strcmp(text, one) || !strcmp(text, other)))
			continue;
		printf("# memory%u/valid_zones: \"%s\"\n", id, text);
		fflush(stdout);
		_exit(1);
	}
}

/* Block 2 is read while the zone of block 1 grows and shrinks at one end. */
static void read_while(struct __test_metadata *_metadata, const SELF *self,
		       unsigned int toggled, const char *one, const char *other)
{
	const unsigned int *id = self->blocks.id;
	unsigned int i;
	int status;
	pid_t pid;

	ASSERT_EQ(0, block_put(id[1], "state", "online_movable"));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		read_all_the_time(id[2], one, other);
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(0, block_put(id[toggled], "state", "online_movable"));
		EXPECT_EQ(0, block_put(id[toggled], "state", "offline"));
	}
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(zone_spans, readers_at_the_end_that_moves)
{
	read_while(_metadata, self, 3, "Normal Movable", "Movable Normal");
}

/* The start of one moment with the length of another would reach the block. */
TEST_F(zone_spans, readers_at_the_end_that_does_not)
{
	read_while(_metadata, self, 0, "Normal Movable", "Normal Movable");
}

TEST_HARNESS_MAIN
