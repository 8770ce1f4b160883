// SPDX-License-Identifier: GPL-2.0
/*
 * Pages in a balloon leave a block that goes offline: the balloon gets others
 * for them, and the hypervisor is told.
 */
#include <sched.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define MEMORY		"1536M"
#define LESS		"1280M"
#define BALLOON_PAGES	((256UL << 20) / 4096)
#define PATIENCE	60	/* seconds */

FIXTURE(balloon) {
	struct blocks blocks;
};

static long long balloon_pages(void)
{
	return get_field("/proc/vmstat", "balloon_inflate") -
	       get_field("/proc/vmstat", "balloon_deflate");
}

static bool balloon_gets(long long pages)
{
	const double end = now() + PATIENCE;

	while (balloon_pages() != pages && now() < end)
		sched_yield();
	return balloon_pages() == pages;
}

static unsigned long blocks_free(const struct blocks *blocks)
{
	unsigned long free = 0;
	unsigned int i;

	for (i = 0; i < blocks->nr; i++)
		free += block_free_pages(blocks->id[i]);
	return free;
}

FIXTURE_SETUP(balloon)
{
	unsigned long unused;

	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr || !firmware_present() || firmware_balloon(MEMORY))
		SKIP(return, "no hot-plugged memory, or no balloon");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	unused = blocks_free(&self->blocks);
	ASSERT_EQ(0, firmware_balloon(LESS));
	ASSERT_TRUE(balloon_gets(BALLOON_PAGES));
	ASSERT_GT(unused - BALLOON_PAGES / 2, blocks_free(&self->blocks));
}

FIXTURE_TEARDOWN(balloon)
{
	if (!self->blocks.nr)
		return;
	EXPECT_EQ(0, firmware_balloon(MEMORY));
	EXPECT_TRUE(balloon_gets(0));
}

TEST_F(balloon, its_pages_move)
{
	const long long moved = get_field("/proc/vmstat", "balloon_migrate");

	EXPECT_TRUE(blocks_read(&self->blocks, "removable", "1"));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_LE(moved + (long long)BALLOON_PAGES / 2,
		  get_field("/proc/vmstat", "balloon_migrate"));
	EXPECT_EQ(BALLOON_PAGES, balloon_pages());
}

/* It gives pages back while they are on their way. */
TEST_F(balloon, it_may_give_them_back_meanwhile)
{
	ASSERT_EQ(0, firmware_balloon(MEMORY));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(balloon_gets(0));
	EXPECT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

TEST_HARNESS_MAIN
