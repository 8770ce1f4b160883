// SPDX-License-Identifier: GPL-2.0
/*
 * When a memory notifier objects, its errno reaches the user, all that was
 * said to the others is taken back, and nothing has changed.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED		3

FIXTURE(veto) {
	struct blocks blocks;
	unsigned int *id;
	struct snapshot *before;
	char text[4096];
};

FIXTURE_SETUP(veto)
{
	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr)
		blocks_on_node(&self->blocks, &self->blocks,
			       block_node(self->blocks.id[self->blocks.nr - 1]));
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	blocks_first(&self->blocks, NEEDED);
	self->id = self->blocks.id;
	ASSERT_EQ(0, module_load("mhp_notifier", ""));
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->before = snapshot_take();
	ASSERT_EQ(0, put_text("clear", NOTIFIER_DIR "/events"));
}

FIXTURE_TEARDOWN(veto)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, put_text("none", NOTIFIER_DIR "/veto"));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, module_unload("mhp_notifier"));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

FIXTURE_VARIANT(veto) {
	const char *who;
	int error;
};

FIXTURE_VARIANT_ADD(veto, first_busy) {
	.who = "first", .error = EBUSY,
};

FIXTURE_VARIANT_ADD(veto, last_no_memory) {
	.who = "last", .error = ENOMEM,
};

FIXTURE_VARIANT_ADD(veto, last_not_permitted) {
	.who = "last", .error = EPERM,
};

FIXTURE_VARIANT_ADD(veto, last_an_odd_one) {
	.who = "last", .error = ENOTTY,
};

/* A callback that was asked about a block is told that it was cancelled. */
static bool all_cancelled(const struct notifier_calls *calls, const char *who,
			  const struct blocks *blocks, const char *going,
			  const char *cancel)
{
	const char *events;
	unsigned int i;

	for (i = 0; i < blocks->nr; i++) {
		events = notifier_events(calls, who, blocks->id[i]);
		if (strstr(events, going) &&
		    (text_count(events, going) != 1 ||
		     text_count(events, cancel) != 1 ||
		     strstr(events, cancel) < strstr(events, going))) {
			printf("# %s was told of memory%u: %s\n", who,
			       blocks->id[i], events);
			return false;
		}
	}
	return true;
}

TEST_F(veto, a_veto_against_going_online)
{
	struct notifier_calls calls;
	int events = uevent_open();
	unsigned int i;

	ASSERT_EQ(0, notifier_veto(variant->who, "GOING_ONLINE", self->id[0],
				   variant->error));
	EXPECT_EQ(-variant->error, block_put(self->id[0], "state", "online"));
	EXPECT_EQ(-variant->error, block_put(self->id[0], "state",
					     "online_movable"));
	EXPECT_EQ(-variant->error, block_put(self->id[0], "online", "1"));
	EXPECT_EQ(0, snapshot_changes(self->before));

	notifier_calls(&calls);
	ASSERT_EQ(0, notifier_veto(variant->who, "GOING_ONLINE", self->id[1],
				   variant->error));
	EXPECT_EQ(-variant->error, change_blocks("online_movable",
						 &self->blocks));
	notifier_calls(&calls);
	EXPECT_EQ(-1, notifier_first(&calls, "ONLINE"));
	EXPECT_TRUE(all_cancelled(&calls, "first", &self->blocks,
				  "GOING_ONLINE", "CANCEL_ONLINE"));
	EXPECT_TRUE(all_cancelled(&calls, "last", &self->blocks,
				  "GOING_ONLINE", "CANCEL_ONLINE"));
	for (i = 0; i < NEEDED; i++)
		EXPECT_EQ(text_count(notifier_events(&calls, "last", self->id[i]),
				     "PREPARE_ONLINE"),
			  text_count(notifier_events(&calls, "last", self->id[i]),
				     "FINISH_OFFLINE"));
	EXPECT_EQ(0, snapshot_changes(self->before));
	EXPECT_STREQ("", uevents(events, self->text, sizeof(self->text)));

	ASSERT_EQ(0, put_text("none", NOTIFIER_DIR "/veto"));
	EXPECT_EQ(0, change_blocks("online_movable", &self->blocks));
}

TEST_F(veto, a_veto_against_preparing)
{
	struct notifier_calls calls;

	ASSERT_EQ(0, notifier_veto(variant->who, "PREPARE_ONLINE", self->id[1],
				   variant->error));
	EXPECT_EQ(-variant->error, change_blocks("online_movable",
						 &self->blocks));
	notifier_calls(&calls);
	EXPECT_EQ(-1, notifier_first(&calls, "GOING_ONLINE"));
	EXPECT_EQ(-1, notifier_first(&calls, "CANCEL_ONLINE"));
	EXPECT_STREQ("PREPARE_ONLINE FINISH_OFFLINE",
		     notifier_events(&calls, "first", self->id[0]));
	EXPECT_EQ(0, snapshot_changes(self->before));
}

TEST_F(veto, a_veto_against_going_offline)
{
	struct snapshot *online;
	struct notifier_calls calls;
	int events;

	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[1], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[2], "state", "online_kernel"));
	online = snapshot_take();
	events = uevent_open();
	notifier_calls(&calls);

	ASSERT_EQ(0, notifier_veto(variant->who, "GOING_OFFLINE", self->id[1],
				   variant->error));
	EXPECT_EQ(-variant->error, block_put(self->id[1], "state", "offline"));
	EXPECT_EQ(-variant->error, block_put(self->id[1], "online", "0"));
	EXPECT_EQ(0, snapshot_changes(online));
	notifier_calls(&calls);
	EXPECT_EQ(-variant->error, change_blocks("offline", &self->blocks));
	notifier_calls(&calls);
	EXPECT_EQ(-1, notifier_first(&calls, "OFFLINE"));
	EXPECT_TRUE(all_cancelled(&calls, "first", &self->blocks,
				  "GOING_OFFLINE", "CANCEL_OFFLINE"));
	EXPECT_TRUE(all_cancelled(&calls, "last", &self->blocks,
				  "GOING_OFFLINE", "CANCEL_OFFLINE"));
	EXPECT_EQ(0, snapshot_changes(online));
	EXPECT_STREQ("", uevents(events, self->text, sizeof(self->text)));
	snapshot_free(online);
}

/* Too late to object: the memory is where it was asked to be. */
TEST_F(veto, a_veto_after_the_fact_is_ignored)
{
	ASSERT_EQ(0, notifier_veto(variant->who, "ONLINE", self->id[0],
				   variant->error));
	EXPECT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	EXPECT_TRUE(block_reads(self->id[0], "valid_zones", "Movable"));
	ASSERT_EQ(0, notifier_veto(variant->who, "OFFLINE", self->id[0],
				   variant->error));
	EXPECT_EQ(0, block_put(self->id[0], "state", "offline"));
}

TEST_F(veto, a_failure_is_one_line_in_the_log)
{
	int fd = log_open();
	char *log;

	ASSERT_EQ(0, notifier_veto(variant->who, "GOING_ONLINE", self->id[1],
				   variant->error));
	EXPECT_EQ(-variant->error, change_blocks("online_movable",
						 &self->blocks));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, "memory_hotplug: online of memory"));
	EXPECT_EQ(1, text_count(log, " failed in notify: vetoed"));
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
	close(fd);
}

TEST_HARNESS_MAIN
