// SPDX-License-Identifier: GPL-2.0
/*
 * A driver takes a part of a memory block, of 4 MiB: what is in use there moves,
 * or the driver is told soon that it can not have it.
 */
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define MEGABYTE	1048576UL
#define UNIT_PAGES	(4 * MEGABYTE / 4096)
#define USED_BYTES	(16 * MEGABYTE)
#define SOON		5	/* seconds */
#define HUGE_PAGES	NODE_DIR "/node%d/hugepages/hugepages-2048kB"

FIXTURE(unit) {
	struct blocks blocks;
	int node;
	unsigned long pfn;
	struct pattern pattern;
	bool ready;
};

FIXTURE_VARIANT(unit) {
	const char *how;
	enum pattern_kind kind;
};

FIXTURE_VARIANT_ADD(unit, small_pages_in_an_ordinary_zone) {
	.how = "online_kernel", .kind = PATTERN_ANON,
};

FIXTURE_VARIANT_ADD(unit, small_pages_in_movable) {
	.how = "online_movable", .kind = PATTERN_ANON,
};

FIXTURE_VARIANT_ADD(unit, files_in_movable) {
	.how = "online_movable", .kind = PATTERN_SHMEM,
};

FIXTURE_VARIANT_ADD(unit, huge_pages_in_movable) {
	.how = "online_movable", .kind = PATTERN_THP,
};

FIXTURE_VARIANT_ADD(unit, huge_pages_of_a_pool_in_movable) {
	.how = "online_movable", .kind = PATTERN_HUGETLB,
};

/* The unit in which the middle of the pattern lies. */
static unsigned long unit_of(const struct pattern *pattern)
{
	const char *middle = (char *)pattern->memory + pattern->size / 2;

	return user_pfn(middle) / UNIT_PAGES * UNIT_PAGES;
}

static size_t pages_in_unit(const struct pattern *pattern, unsigned long pfn)
{
	const char *memory = pattern->memory;
	size_t at, inside = 0;

	for (at = 0; at < pattern->size; at += 4096)
		inside += user_pfn(memory + at) - pfn < UNIT_PAGES;
	return inside;
}

FIXTURE_SETUP(unit)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, module_load("mhp_range", ""));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", variant->how));
	ASSERT_EQ(0, pattern_create(&self->pattern, variant->kind, USED_BYTES,
				    self->node));
	self->pfn = unit_of(&self->pattern);
	ASSERT_TRUE(blocks_have(&self->blocks, pfn_block(self->pfn)));
	ASSERT_LT(0, pages_in_unit(&self->pattern, self->pfn));
	self->ready = true;
}

FIXTURE_TEARDOWN(unit)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, pattern_damage(&self->pattern));
	pattern_destroy(&self->pattern);
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, module_unload("mhp_range"));
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

TEST_F(unit, what_is_in_use_moves)
{
	ASSERT_EQ(0, pages_change("take", self->pfn, UNIT_PAGES));
	EXPECT_EQ(0, pages_in_unit(&self->pattern, self->pfn));
	EXPECT_EQ(0, pattern_damage(&self->pattern));
	/* It is somebody's now. */
	EXPECT_EQ(-EBUSY, pages_change("take", self->pfn, UNIT_PAGES));
	EXPECT_EQ(0, pages_change("give", self->pfn, UNIT_PAGES));
}

/* Returns a page of the pattern in the unit. */
static char *page_in_unit(const struct pattern *pattern, unsigned long pfn)
{
	char *page = pattern->memory;

	while (user_pfn(page) - pfn >= UNIT_PAGES)
		page += 4096;
	return page;
}

TEST_F(unit, a_page_that_is_held_stays)
{
	char *page = page_in_unit(&self->pattern, self->pfn);
	const double begin = now();
	char request[TEXT_MAX];

	snprintf(request, sizeof(request), "get %p 1", page);
	ASSERT_EQ(0, put_text(request, PAGES_DIR "/hold"));
	EXPECT_EQ(-EBUSY, pages_change("take", self->pfn, UNIT_PAGES));
	EXPECT_GT(SOON, now() - begin);
	EXPECT_LT(0, pages_in_unit(&self->pattern, self->pfn));
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, pages_change("take", self->pfn, UNIT_PAGES));
	EXPECT_EQ(0, pages_change("give", self->pfn, UNIT_PAGES));
}

/* It is between two passes most of the time, and looks there. */
TEST_F(unit, who_is_killed_does_not_go_on)
{
	char *page = page_in_unit(&self->pattern, self->pfn);
	char request[TEXT_MAX];
	unsigned int i;
	double begin;
	pid_t pid;

	snprintf(request, sizeof(request), "get %p 1", page);
	ASSERT_EQ(0, put_text(request, PAGES_DIR "/hold"));
	for (i = 0; i < 5; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			for (;;)
				pages_change("take", self->pfn, UNIT_PAGES);
		begin = now();
		usleep(20000 + 7000 * i);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		EXPECT_GT(SOON, now() - begin);
	}
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, pages_change("take", self->pfn, UNIT_PAGES));
	EXPECT_EQ(0, pages_change("give", self->pfn, UNIT_PAGES));
}

/* The pool is as large afterwards, but somewhere else. */
FIXTURE(pool) {
	struct blocks blocks;
	int node;
	bool ready;
};

FIXTURE_SETUP(pool)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0 || !file_exists(HUGE_PAGES, self->node))
		SKIP(return, "no huge pages, or no node with hot-plugged memory only");
	ASSERT_EQ(0, module_load("mhp_range", ""));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	self->ready = true;
}

FIXTURE_TEARDOWN(pool)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, put_text("0", HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, module_unload("mhp_range"));
}

static unsigned long whole_node(const struct blocks *blocks)
{
	return blocks->nr * block_bytes() / (2 * MEGABYTE);
}

static unsigned long first_unit(const struct blocks *blocks)
{
	return block_pfn(blocks->id[blocks->nr - 1]) + 4 * UNIT_PAGES;
}

TEST_F(pool, free_pages_of_it_are_replaced)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", whole_node(&self->blocks) / 2);
	ASSERT_EQ(0, put_text(text, HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(0, pages_change("take", first_unit(&self->blocks),
				  UNIT_PAGES));
	EXPECT_EQ(whole_node(&self->blocks) / 2,
		  get_number(10, HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(0, pages_change("give", first_unit(&self->blocks),
				  UNIT_PAGES));
}

/* What was in it moves to a free one, and that comes free which it was in. */
TEST_F(pool, pages_that_come_free_are_replaced)
{
	char text[32], *memory;
	unsigned long pfn;

	snprintf(text, sizeof(text), "%lu", whole_node(&self->blocks) / 2);
	ASSERT_EQ(0, put_text(text, HUGE_PAGES "/nr_hugepages", self->node));
	memory = mmap(NULL, 2 * MEGABYTE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, place_on_node(memory, 2 * MEGABYTE, self->node));
	words_fill(memory, 2 * MEGABYTE, 1, 0);
	pfn = user_pfn(memory);
	ASSERT_EQ(0, pages_change("take", pfn, UNIT_PAGES / 2));
	EXPECT_NE(pfn, user_pfn(memory));
	EXPECT_EQ(0, words_damage(memory, 2 * MEGABYTE, 1, 0));
	EXPECT_EQ(whole_node(&self->blocks) / 2,
		  get_number(10, HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(0, pages_change("give", pfn, UNIT_PAGES / 2));
	munmap(memory, 2 * MEGABYTE);
}

/* The others have to be of the same node. */
TEST_F(pool, they_stay_if_there_are_no_others)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", whole_node(&self->blocks));
	ASSERT_EQ(0, put_text(text, HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(-ENOMEM, pages_change("take", first_unit(&self->blocks),
					UNIT_PAGES));
}

TEST_HARNESS_MAIN
