// SPDX-License-Identifier: GPL-2.0
/*
 * A pool of huge pages beside hotplug: it grows and shrinks while blocks go and
 * come, its free pages leave with their block, and those in use move.
 */
#include <signal.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define POOL		"/proc/sys/vm/nr_hugepages"
#define HUGE_BYTES	(2UL << 20)
#define NEEDED		2
#define ROUNDS		10
#define BUSY_PAGES	24

FIXTURE(huge_page_pool) {
	struct blocks blocks;
};

static int set_pool(unsigned long pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", pages);
	return put_text(text, POOL);
}

FIXTURE_SETUP(huge_page_pool)
{
	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online"));
}

FIXTURE_TEARDOWN(huge_page_pool)
{
	EXPECT_EQ(0, set_pool(0));
	EXPECT_EQ(0, get_field("/proc/meminfo", "HugePages_Total:"));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_TRUE(free_pages_agree());
}

static unsigned long blocks_in_huge_pages(const struct blocks *blocks)
{
	return blocks->nr * block_bytes() / HUGE_BYTES;
}

/*
 * A pool that is larger than what stays has to shrink: what is free leaves, and
 * nothing is made up for it.
 */
TEST_F(huge_page_pool, its_free_pages_leave_with_their_block)
{
	const unsigned long room = get_field("/proc/meminfo", "MemFree:") /
				   (HUGE_BYTES / 1024);
	const unsigned long leaving = blocks_in_huge_pages(&self->blocks);
	unsigned long before, after;

	ASSERT_LT(leaving, room);
	ASSERT_EQ(0, set_pool(room - leaving / 4));
	before = get_field("/proc/meminfo", "HugePages_Free:");
	ASSERT_LT(room - leaving, before);
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	after = get_field("/proc/meminfo", "HugePages_Free:");
	EXPECT_LE(leaving / 2, before - after);
	EXPECT_GE(leaving, before - after);
	EXPECT_EQ(after, get_field("/proc/meminfo", "HugePages_Total:"));
}

/* A child that lets the pool grow and shrink until it is told to stop. */
static pid_t start_changing(unsigned long pages, int ready)
{
	pid_t pid = fork();
	bool told = false;

	if (pid)
		return pid;
	for (;;) {
		if (set_pool(pages) || set_pool(BUSY_PAGES))
			_exit(1);
		if (!told && write(ready, "", 1) != 1)
			_exit(1);
		told = true;
	}
}

/* Those that are in use move, whatever the others do meanwhile. */
TEST_F(huge_page_pool, it_grows_and_shrinks_while_blocks_go_and_come)
{
	const unsigned long pages = blocks_in_huge_pages(&self->blocks) / 2;
	struct pattern pattern;
	unsigned int i;
	int ready[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pattern_create(&pattern, PATTERN_HUGETLB,
				    BUSY_PAGES * HUGE_BYTES, -1));
	ASSERT_EQ(0, pipe(ready));
	child = start_changing(BUSY_PAGES + pages, ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(0, change_blocks("offline", &self->blocks)) {
			TH_LOG("round %u", i);
		}
		EXPECT_EQ(0, pattern_damage(&pattern));
		EXPECT_EQ(0, change_blocks("online", &self->blocks));
	}
	EXPECT_EQ(0, waitpid(child, NULL, WNOHANG));
	kill(child, SIGKILL);
	EXPECT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EQ(0, pattern_damage(&pattern));
	pattern_destroy(&pattern);
}

TEST_HARNESS_MAIN
