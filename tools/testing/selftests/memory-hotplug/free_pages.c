// SPDX-License-Identifier: GPL-2.0
/*
 * After all that happened in this machine, each free page is on a list, is
 * counted, and says so in the memory map.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

TEST(none_is_lost_and_none_is_counted_twice)
{
	EXPECT_TRUE(free_pages_agree());
}

TEST_HARNESS_MAIN
