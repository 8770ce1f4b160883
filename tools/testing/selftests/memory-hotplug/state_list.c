// SPDX-License-Identifier: GPL-2.0
/*
 * The state file of all memory blocks: it lists them by state, and changes a
 * list of them in one operation, all or nothing.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED	4

FIXTURE(state_list) {
	struct blocks blocks;
	unsigned int *id;
	struct snapshot *before;
	int events;
	char text[4096];
};

FIXTURE_SETUP(state_list)
{
	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->id = self->blocks.id;
	self->before = snapshot_take();
	self->events = uevent_open();
	ASSERT_LE(0, self->events);
}

FIXTURE_TEARDOWN(state_list)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	close(self->events);
}

static int put_state(const char *fmt, ...) __printf(1, 2);

static int put_state(const char *fmt, ...)
{
	char request[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(request, sizeof(request), fmt, args);
	va_end(args);
	return put_text(request, MEMORY_DIR "/state");
}

/* What the file should read, by what each block says of itself. */
static void expected_list(char *text, size_t size)
{
	static const char * const states[] = { "online", "offline" };
	struct blocks all, some;
	char list[2048], state[TEXT_MAX];
	unsigned int i, j;

	text[0] = '\0';
	blocks_all(&all);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		some.nr = 0;
		for (j = 0; j < all.nr; j++) {
			block_get(all.id[j], "state", state, sizeof(state));
			if (!strcmp(state, states[i]))
				some.id[some.nr++] = all.id[j];
		}
		if (!some.nr)
			continue;
		snprintf(text + strlen(text), size - strlen(text), "%s %s\n",
			 states[i], blocks_text(&some, list, sizeof(list)));
	}
}

#define EXPECT_LIST_RIGHT()						\
	do {								\
		char expected_[4096];					\
									\
		expected_list(expected_, sizeof(expected_));		\
		ASSERT_LT(0, get_text(self->text, sizeof(self->text),	\
				      MEMORY_DIR "/state"));		\
		EXPECT_STREQ(expected_, self->text);			\
	} while (0)

TEST_F(state_list, it_names_every_block_once)
{
	EXPECT_LIST_RIGHT();
	ASSERT_EQ(0, block_put(self->id[1], "state", "online_movable"));
	EXPECT_LIST_RIGHT();
	ASSERT_EQ(0, block_put(self->id[3], "state", "online_movable"));
	EXPECT_LIST_RIGHT();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	EXPECT_LIST_RIGHT();
}

FIXTURE_VARIANT(state_list) {
	const char *on;
	const char *zone;
};

FIXTURE_VARIANT_ADD(state_list, online) {
	.on = "online", .zone = "Normal",
};

FIXTURE_VARIANT_ADD(state_list, online_kernel) {
	.on = "online_kernel", .zone = "Normal",
};

FIXTURE_VARIANT_ADD(state_list, online_movable) {
	.on = "online_movable", .zone = "Movable",
};

TEST_F(state_list, all_blocks_in_one_operation)
{
	ASSERT_EQ(0, change_blocks(variant->on, &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	EXPECT_TRUE(blocks_read(&self->blocks, "online", "1"));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", variant->zone));
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	EXPECT_TRUE(blocks_read(&self->blocks, "online", "0"));
}

TEST_F(state_list, one_uevent_a_block_in_order)
{
	char expected[4096] = "";
	unsigned int i;

	ASSERT_EQ(0, change_blocks(variant->on, &self->blocks));
	for (i = 0; i < self->blocks.nr; i++)
		snprintf(expected + strlen(expected), 64, "online memory%u\n",
			 self->id[i]);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	expected[0] = '\0';
	for (i = 0; i < self->blocks.nr; i++)
		snprintf(expected + strlen(expected), 64, "offline memory%u\n",
			 self->id[i]);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
}

TEST_F(state_list, any_order_any_spacing_and_twice_is_fine)
{
	ASSERT_EQ(0, put_state("%s %u,%u,%u\n", variant->on, self->id[2],
			       self->id[0], self->id[2]));
	EXPECT_TRUE(block_reads(self->id[0], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[1], "state", "offline"));
	EXPECT_TRUE(block_reads(self->id[2], "state", "online"));
	ASSERT_EQ(0, put_state("  offline   %u ,\t%u-%u \t\n", self->id[2],
			       self->id[0], self->id[0]));
	EXPECT_TRUE(block_reads(self->id[0], "state", "offline"));
	EXPECT_TRUE(block_reads(self->id[2], "state", "offline"));
}

TEST_F(state_list, blocks_that_are_there_already_are_passed_over)
{
	char expected[TEXT_MAX];

	ASSERT_EQ(0, put_state("%s %u", variant->on, self->id[1]));
	uevents(self->events, self->text, sizeof(self->text));
	ASSERT_EQ(0, put_state("%s %u,%u", variant->on, self->id[0],
			       self->id[1]));
	snprintf(expected, sizeof(expected), "online memory%u\n", self->id[0]);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
	EXPECT_EQ(0, put_state("%s %u,%u", variant->on, self->id[0],
			       self->id[1]));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	uevents(self->events, self->text, sizeof(self->text));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
}

TEST_F(state_list, a_block_that_does_not_exist_stops_all)
{
	unsigned int last = self->id[self->blocks.nr - 1];

	EXPECT_EQ(-ENODEV, put_state("%s %u-%u", variant->on, self->id[0],
				     last + 1));
	EXPECT_EQ(-ENODEV, put_state("%s %u,4000000000", variant->on,
				     self->id[0]));
	EXPECT_EQ(0, snapshot_changes(self->before));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
}

TEST_F(state_list, a_block_in_another_kind_of_zone_stops_all)
{
	bool movable = !strcmp(variant->zone, "Movable");

	ASSERT_EQ(0, put_state("%s %u", variant->on, self->id[1]));
	uevents(self->events, self->text, sizeof(self->text));
	EXPECT_EQ(-EINVAL, put_state("%s %u,%u,%u",
				     movable ? "online_kernel" :
				     "online_movable",
				     self->id[0], self->id[1], self->id[2]));
	EXPECT_TRUE(block_reads(self->id[0], "state", "offline"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", variant->zone));
	EXPECT_TRUE(block_reads(self->id[2], "state", "offline"));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
}

/* Block 0 has firmware's memory and the memory map: it never leaves. */
TEST_F(state_list, a_block_that_can_not_leave_stops_all)
{
	struct snapshot *online;

	ASSERT_EQ(0, change_blocks(variant->on, &self->blocks));
	uevents(self->events, self->text, sizeof(self->text));
	online = snapshot_take();
	EXPECT_GT(0, put_state("offline 0,%u,%u", self->id[0], self->id[1]));
	EXPECT_EQ(0, snapshot_changes(online));
	EXPECT_STREQ("", uevents(self->events, self->text,
				 sizeof(self->text)));
	snapshot_free(online);
}

TEST_HARNESS_MAIN
