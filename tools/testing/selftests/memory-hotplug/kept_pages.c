// SPDX-License-Identifier: GPL-2.0
/*
 * A driver decides about pages that go online: what it keeps is not free, what
 * it gives later is.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define KEEPER_DIR	DEBUG_DIR "/mhp_keeper"

FIXTURE(keeper) {
	struct blocks blocks;
	unsigned int id;
};

FIXTURE_SETUP(keeper)
{
	blocks_spare(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no spare memory: boot with mem=");
	self->id = self->blocks.id[0];
	ASSERT_EQ(0, module_load("mhp_range", ""));
	ASSERT_EQ(0, module_load("mhp_keeper", ""));
}

FIXTURE_TEARDOWN(keeper)
{
	if (!self->blocks.nr)
		return;
	put_text("1", KEEPER_DIR "/give");
	if (block_exists(self->id)) {
		if (block_online(self->id))
			EXPECT_EQ(0, block_put(self->id, "state", "offline"));
		EXPECT_EQ(0, range_change("remove", self->id, 1));
	}
	EXPECT_EQ(0, module_unload("mhp_keeper"));
	EXPECT_EQ(0, module_unload("mhp_range"));
}

static long long managed_pages(void)
{
	return get_field("/proc/meminfo", "MemTotal:") / 4;
}

TEST_F(keeper, what_is_kept_is_given_later)
{
	const long long before = managed_pages();
	long long kept;

	ASSERT_EQ(0, range_change("add", self->id, 1));
	ASSERT_EQ(0, block_put(self->id, "state", "online_movable"));
	kept = get_number(10, KEEPER_DIR "/kept");
	EXPECT_EQ(0, get_number(10, KEEPER_DIR "/strange"));
	EXPECT_EQ(block_pages() / 2, kept);
	EXPECT_EQ(before + block_usable_pages() - kept, managed_pages());

	ASSERT_EQ(0, put_text("1", KEEPER_DIR "/give"));
	EXPECT_EQ(0, get_number(10, KEEPER_DIR "/kept"));
	EXPECT_EQ(before + block_usable_pages(), managed_pages());
	ASSERT_EQ(0, block_put(self->id, "state", "offline"));
	EXPECT_EQ(before, managed_pages());
}

TEST_HARNESS_MAIN
