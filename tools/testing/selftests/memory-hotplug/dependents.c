// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel keeps about a block may lie on another block that leaves
 * with it. With page_owner=on it does: who owns the pages of a block that goes
 * online is written down on blocks of its node that are online. Such blocks
 * leave all the same, or all of them stay.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define FAIL_DIR	DEBUG_DIR "/memory_hotplug/fail"

FIXTURE(dependents) {
	struct blocks blocks;
	unsigned int first;
	bool ready;
	int log;
};

FIXTURE_SETUP(dependents)
{
	unsigned int i;

	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < 2)
		SKIP(return, "less than two hot-plugged blocks");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->first = self->blocks.id[0];
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	/* Each has to find the ones before it online. */
	for (i = 0; i < self->blocks.nr; i++)
		ASSERT_EQ(0, block_put(self->blocks.id[i], "state",
				       "online_kernel"));
	self->log = log_open();
	ASSERT_LE(0, self->log);
	self->ready = true;
}

FIXTURE_TEARDOWN(dependents)
{
	if (!self->ready)
		return;
	close(self->log);
	EXPECT_EQ(0, module_unload("mhp_pages"));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
}

TEST_F(dependents, leave_in_turn)
{
	char *said;

	if (!file_exists(DEBUG_DIR "/page_owner"))
		SKIP(return, "no page_owner=on");
	EXPECT_TRUE(block_reads(self->first, "removable", "0"));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	said = log_read(self->log);
	EXPECT_EQ(0, text_count(said, "memory_hotplug: ")) {
		TH_LOG("%s", said);
	}
	free(said);
}

TEST_F(dependents, all_stay_where_they_were_if_one_has_to)
{
	char *said;

	ASSERT_EQ(0, take_page("kernel", self->first));
	EXPECT_EQ(-EBUSY, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", "Normal"));
	said = log_read(self->log);
	EXPECT_EQ(1, text_count(said, "memory_hotplug: ")) {
		TH_LOG("%s", said);
	}
	free(said);
	EXPECT_EQ(0, release_pages());
}

/* No table is a slab page: nobody is asked to leave in vain. */
TEST_F(dependents, no_turns_if_something_else_is_in_the_way)
{
	struct notifier_calls calls;

	if (!file_exists(DEBUG_DIR "/page_owner"))
		SKIP(return, "no page_owner=on");
	ASSERT_EQ(0, take_page("slab", self->first));
	ASSERT_EQ(0, module_load("mhp_notifier", ""));
	EXPECT_EQ(-EBUSY, change_blocks("offline", &self->blocks));
	notifier_calls(&calls);
	EXPECT_EQ(0, calls.nr);
	EXPECT_EQ(0, module_unload("mhp_notifier"));
	EXPECT_EQ(0, release_pages());
}

/* Going online, or offline, fails so many times. */
static int fail_with_eio(const char *operation, const char *times)
{
	int err = put_text("5", FAIL_DIR "/errno");

	if (!err)
		err = put_text(times, FAIL_DIR "/%s/notify/times", operation);
	if (!err)
		err = put_text(strcmp(times, "0") ? "100" : "0",
			       FAIL_DIR "/%s/notify/probability", operation);
	return err;
}

TEST_F(dependents, a_turn_that_is_refused_ends_it_with_that_errno)
{
	char *said;

	if (!file_exists(FAIL_DIR) || !file_exists(DEBUG_DIR "/page_owner"))
		SKIP(return, "no fault injection, or no page_owner=on");
	ASSERT_EQ(0, fail_with_eio("offline", "1"));
	EXPECT_EQ(-EIO, change_blocks("offline", &self->blocks));
	EXPECT_EQ(0, fail_with_eio("offline", "0"));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	said = log_read(self->log);
	EXPECT_EQ(1, text_count(said, "memory_hotplug: "));
	EXPECT_EQ(1, text_count(said, "failed in notify")) {
		TH_LOG("%s", said);
	}
	free(said);
}

TEST_F(dependents, what_can_not_come_back_together_does_so_alone)
{
	if (!file_exists(FAIL_DIR) || !file_exists(DEBUG_DIR "/page_owner"))
		SKIP(return, "no fault injection, or no page_owner=on");
	ASSERT_EQ(0, take_page("kernel", self->first));
	ASSERT_EQ(0, fail_with_eio("online", "1"));
	EXPECT_EQ(-EBUSY, change_blocks("offline", &self->blocks));
	EXPECT_EQ(0, get_number(10, FAIL_DIR "/online/notify/times"));
	EXPECT_EQ(0, fail_with_eio("online", "0"));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	EXPECT_TRUE(blocks_read(&self->blocks, "online", "1"));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", "Normal"));
	EXPECT_EQ(0, release_pages());
}

TEST_F(dependents, what_can_not_come_back_at_all_says_so)
{
	struct blocks others = self->blocks;

	if (!file_exists(FAIL_DIR) || !file_exists(DEBUG_DIR "/page_owner"))
		SKIP(return, "no fault injection, or no page_owner=on");
	memmove(others.id, others.id + 1, --others.nr * sizeof(*others.id));
	ASSERT_EQ(0, take_page("kernel", self->first));
	ASSERT_EQ(0, fail_with_eio("online", "100"));
	EXPECT_EQ(-EBUSY, change_blocks("offline", &self->blocks));
	EXPECT_EQ(0, fail_with_eio("online", "0"));
	EXPECT_TRUE(block_reads(self->first, "online", "1"));
	EXPECT_TRUE(blocks_read(&others, "state", "offline"));
	EXPECT_TRUE(blocks_read(&others, "online", "0"));
	EXPECT_EQ(0, blocks_put(&others, "online", "1"));
	EXPECT_TRUE(blocks_read(&others, "state", "online"));
	EXPECT_EQ(0, release_pages());
}

TEST_HARNESS_MAIN
