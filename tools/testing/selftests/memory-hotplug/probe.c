// SPDX-License-Identifier: GPL-2.0
/*
 * The probe file adds a block where there is memory and none is known, and
 * refuses every other address with an errno and without a splat.
 *
 * To have such memory, boot with mem= set to less than there is.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

FIXTURE(probe) {
	struct snapshot *before;
	int log;
};

FIXTURE_SETUP(probe)
{
	if (!file_exists(MEMORY_DIR "/probe"))
		SKIP(return, "no probe file");
	self->before = snapshot_take();
	self->log = log_open();
}

FIXTURE_TEARDOWN(probe)
{
	char *log;

	if (!self->before)
		return;
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	log = log_read(self->log);
	EXPECT_EQ(NULL, text_splat(log)) {
		TH_LOG("%.2000s", log);
	}
	free(log);
}

static int probe_at(unsigned long long address)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", address);
	return put_text(text, MEMORY_DIR "/probe");
}

TEST_F(probe, misaligned_addresses)
{
	unsigned long long hole = 64ULL << 30;

	EXPECT_EQ(-EINVAL, probe_at(hole + 1));
	EXPECT_EQ(-EINVAL, probe_at(hole + 4096));
	EXPECT_EQ(-EINVAL, probe_at(hole + block_bytes() / 2));
	EXPECT_EQ(-EINVAL, probe_at(hole - 1));
	EXPECT_EQ(-EINVAL, probe_at(1));
	EXPECT_EQ(-EINVAL, probe_at(~0ULL));
}

TEST_F(probe, memory_that_is_there)
{
	struct blocks blocks;
	unsigned int i;

	blocks_all(&blocks);
	for (i = 0; i < blocks.nr; i++)
		EXPECT_EQ(-EEXIST, probe_at(blocks.id[i] * block_bytes()));
}

TEST_F(probe, addresses_that_can_not_be_mapped)
{
	int bit, err;

	/* Beyond the CPU's addresses (EEXIST: the bus ends there), or ours. */
	for (bit = 47; bit < 64; bit++) {
		err = probe_at(1ULL << bit);
		EXPECT_TRUE(err == -E2BIG || err == -EEXIST) {
			TH_LOG("1 << %d gave %d", bit, err);
		}
	}
	EXPECT_EQ(-E2BIG, probe_at(-block_bytes()));
}

TEST_F(probe, what_is_no_address)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "\n", EINVAL },
		{ "-1", EINVAL },
		{ "-0x8000000", EINVAL },
		{ "memory", EINVAL },
		{ "0x", EINVAL },
		{ "0x8000000 0x10000000", EINVAL },
		{ "0x8000000,", EINVAL },
		{ "1.5", EINVAL },
		{ "0x10000000000000000", ERANGE },
		{ "99999999999999999999999", ERANGE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(-cases[i].error, put_text(cases[i].text,
						    MEMORY_DIR "/probe")) {
			TH_LOG("\"%s\"", cases[i].text);
		}
	}
}

TEST_F(probe, the_registers_of_the_interrupt_controllers)
{
	EXPECT_EQ(-EEXIST, probe_at(0xfee00000ULL & -block_bytes()));
}

FIXTURE(spare) {
	struct blocks blocks;
	unsigned int id;
	struct snapshot *before;
	int events;
	char text[TEXT_MAX];
};

FIXTURE_SETUP(spare)
{
	blocks_spare(&self->blocks);
	if (self->blocks.nr < 2)
		SKIP(return, "no spare memory: boot with mem=");
	ASSERT_EQ(self->blocks.id[0] + 1, self->blocks.id[1]);
	ASSERT_EQ(0, module_load("mhp_range", ""));
	self->id = self->blocks.id[0];
	self->before = snapshot_take();
	self->events = uevent_open();
	ASSERT_LE(0, self->events);
}

FIXTURE_TEARDOWN(spare)
{
	if (!self->before)
		return;
	EXPECT_FALSE(block_exists(self->id));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	EXPECT_EQ(0, module_unload("mhp_range"));
}

TEST_F(spare, a_block_comes_offline_and_goes)
{
	char expected[TEXT_MAX];

	ASSERT_EQ(0, block_probe(self->id));
	snprintf(expected, sizeof(expected), "add memory%u\n", self->id);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
	EXPECT_TRUE(block_reads(self->id, "state", "offline"));
	EXPECT_TRUE(block_reads(self->id, "valid_zones", "Normal Movable"));
	EXPECT_LE(0, block_node(self->id));
	EXPECT_EQ(-EEXIST, block_probe(self->id));

	ASSERT_EQ(0, range_change("remove", self->id, 1));
	snprintf(expected, sizeof(expected), "remove memory%u\n", self->id);
	EXPECT_STREQ(expected, uevents(self->events, self->text,
				       sizeof(self->text)));
}

TEST_F(spare, a_block_in_use_is_not_removed)
{
	ASSERT_EQ(0, block_probe(self->id));
	ASSERT_EQ(0, block_put(self->id, "state", "online_movable"));
	EXPECT_EQ(-EBUSY, range_change("remove", self->id, 1));
	EXPECT_TRUE(block_reads(self->id, "state", "online"));
	ASSERT_EQ(0, block_put(self->id, "state", "offline"));
	ASSERT_EQ(0, range_change("remove", self->id, 1));
}

TEST_F(spare, offline_and_remove_does_both)
{
	ASSERT_EQ(0, range_change("add", self->id, 2));
	ASSERT_EQ(0, block_put(self->id + 1, "state", "online_movable"));
	ASSERT_EQ(0, range_change("offline_and_remove", self->id, 2));
	EXPECT_FALSE(block_exists(self->id + 1));
}

TEST_F(spare, the_map_of_the_firmware_has_it_while_it_is_there)
{
	ASSERT_FALSE(firmware_map_has(self->id, 2));
	ASSERT_EQ(0, range_change("add", self->id, 2));
	EXPECT_TRUE(firmware_map_has(self->id, 2));
	ASSERT_EQ(0, range_change("remove", self->id, 2));
	EXPECT_FALSE(firmware_map_has(self->id, 2));
}

TEST_F(spare, half_a_block_is_not_removed)
{
	char text[64];

	ASSERT_EQ(0, block_probe(self->id));
	snprintf(text, sizeof(text), "0x%lx 0x%lx", self->id * block_bytes(),
		 block_bytes() / 2);
	EXPECT_EQ(-EINVAL, put_text(text, DEBUG_DIR "/mhp_range/remove"));
	EXPECT_EQ(-EINVAL, put_text(text, DEBUG_DIR
				    "/mhp_range/offline_and_remove"));
	snprintf(text, sizeof(text), "0x%lx 0x%lx",
		 self->id * block_bytes() + 4096, block_bytes());
	EXPECT_EQ(-EINVAL, put_text(text, DEBUG_DIR "/mhp_range/remove"));
	EXPECT_TRUE(block_exists(self->id));
	ASSERT_EQ(0, range_change("remove", self->id, 1));
}

TEST_F(spare, what_came_in_pieces_goes_as_one)
{
	ASSERT_EQ(0, block_probe(self->id));
	ASSERT_EQ(0, block_probe(self->id + 1));
	ASSERT_EQ(0, range_change("remove", self->id, 2));
	EXPECT_FALSE(block_exists(self->id + 1));
}

TEST_F(spare, what_came_as_one_goes_in_pieces)
{
	ASSERT_EQ(0, range_change("add", self->id, 2));
	ASSERT_EQ(0, range_change("remove", self->id, 1));
	EXPECT_FALSE(block_exists(self->id));
	EXPECT_TRUE(block_exists(self->id + 1));
	ASSERT_EQ(0, range_change("remove", self->id + 1, 1));
}

TEST_HARNESS_MAIN
