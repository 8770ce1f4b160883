// SPDX-License-Identifier: GPL-2.0
/*
 * A DIMM comes and goes as the firmware says: its blocks appear with all their
 * links, it leaves while its memory is in use, or it stays, all of it, and the
 * firmware is told.
 */
#include <fcntl.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define DIMM_SIZE	"512M"
#define DIMM_BYTES	(512UL << 20)
#define NODE		1
#define PATIENCE	60

/* _OST of an eject request: in progress, and device busy. */
#define EJECT_BUSY	"0x3:0x82"

FIXTURE(dimm) {
	struct blocks before;
	struct blocks blocks;
	struct snapshot *shot;
};

static void find_arrived(const struct blocks *before, struct blocks *arrived)
{
	hotplug_settle();
	blocks_all(arrived);
	blocks_but(arrived, before);
}

FIXTURE_SETUP(dimm)
{
	struct blocks hotplugged;

	if (!firmware_present())
		SKIP(return, "nobody to plug a DIMM");
	blocks_hotplugged(&hotplugged);
	ASSERT_EQ(0, blocks_offline(&hotplugged));
	blocks_all(&self->before);
	self->shot = snapshot_take();
	ASSERT_EQ(0, firmware_plug("d", DIMM_SIZE, NODE));
	find_arrived(&self->before, &self->blocks);
	ASSERT_EQ(DIMM_BYTES / block_bytes(), self->blocks.nr);
}

FIXTURE_TEARDOWN(dimm)
{
	struct blocks rest;

	if (!self->shot)
		return;
	find_arrived(&self->before, &rest);
	if (rest.nr) {
		EXPECT_EQ(0, firmware_unplug("d"));
		EXPECT_EQ(0, firmware_wait("gone", "d", PATIENCE));
	}
	hotplug_settle();
	EXPECT_EQ(0, snapshot_changes(self->shot));
	snapshot_free(self->shot);
}

TEST_F(dimm, its_blocks_have_all_links)
{
	unsigned int i, id;

	for (i = 0; i < self->blocks.nr; i++) {
		id = self->blocks.id[i];
		EXPECT_EQ(NODE, block_node(id));
		EXPECT_TRUE(file_exists(NODE_DIR "/node%d/memory%u", NODE, id));
		EXPECT_TRUE(file_exists(MEMORY_DIR
					"/memory%u/firmware_node/eject", id));
		EXPECT_TRUE(file_exists(i ? MEMORY_DIR "/memory%u/firmware_node/physical_node%u" :
					MEMORY_DIR "/memory%u/firmware_node/physical_node",
					id, i));
		EXPECT_TRUE(block_reads(id, "state", "offline"));
	}
}

TEST_F(dimm, it_leaves_when_it_is_offline)
{
	ASSERT_EQ(0, firmware_unplug("d"));
	EXPECT_EQ(0, firmware_wait("gone", "d", PATIENCE));
}

TEST_F(dimm, it_leaves_while_it_is_in_use)
{
	struct pattern patterns[NR_PATTERN_KINDS];
	unsigned int kind;

	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	for (kind = 0; kind < NR_PATTERN_KINDS; kind++)
		ASSERT_EQ(0, pattern_create(&patterns[kind], kind, 16UL << 20,
					    NODE));
	ASSERT_EQ(0, firmware_unplug("d"));
	EXPECT_EQ(0, firmware_wait("gone", "d", PATIENCE));
	for (kind = 0; kind < NR_PATTERN_KINDS; kind++) {
		EXPECT_EQ(0, pattern_damage(&patterns[kind])) {
			TH_LOG("%s", pattern_name(kind));
		}
		pattern_destroy(&patterns[kind]);
	}
}

TEST_F(dimm, it_stays_when_a_page_is_held)
{
	struct snapshot *online;
	struct iovec range;
	char ost[TEXT_MAX];
	int pipes[2];
	char *page;

	/* Different zones, and one block offline: all as before, please. */
	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[3], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state", "online_kernel"));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, place_on_node(page, 4096, NODE));
	*page = 1;
	range.iov_base = page;
	range.iov_len = 4096;
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(4096, vmsplice(pipes[1], &range, 1, 0));
	online = snapshot_take();

	ASSERT_EQ(0, firmware_unplug("d"));
	EXPECT_EQ(0, firmware_wait("refused", "d", PATIENCE));
	hotplug_settle();
	EXPECT_EQ(0, snapshot_changes(online));
	EXPECT_EQ(0, firmware_ost("d", ost, sizeof(ost)));
	EXPECT_NE(NULL, strstr(ost, EJECT_BUSY)) {
		TH_LOG("_OST %s", ost);
	}
	snapshot_free(online);

	close(pipes[0]);
	close(pipes[1]);
	munmap(page, 4096);
	ASSERT_EQ(0, firmware_unplug("d"));
	EXPECT_EQ(0, firmware_wait("gone", "d", PATIENCE));
}

/* Its blocks are offline by then, and have to find back. */
TEST_F(dimm, it_stays_when_it_can_not_be_removed)
{
	const char *fault = DEBUG_DIR "/memory_hotplug/fail/remove/check";
	struct snapshot *online;
	char ost[TEXT_MAX];

	if (!file_exists("%s", fault))
		SKIP(return, "no fault injection");
	/* The kernel zone last, or KASAN puts the shadow of others there. */
	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[3], "state", "online_kernel"));
	online = snapshot_take();
	ASSERT_EQ(0, put_text("16", DEBUG_DIR "/memory_hotplug/fail/errno"));
	ASSERT_EQ(0, put_text("1", "%s/times", fault));
	ASSERT_EQ(0, put_text("100", "%s/probability", fault));

	EXPECT_EQ(0, firmware_unplug("d"));
	EXPECT_EQ(0, firmware_wait("refused", "d", PATIENCE));
	hotplug_settle();
	EXPECT_EQ(0, get_number(10, "%s/times", fault));
	EXPECT_EQ(0, put_text("0", "%s/probability", fault));
	EXPECT_EQ(0, snapshot_changes(online));
	EXPECT_EQ(0, firmware_ost("d", ost, sizeof(ost)));
	EXPECT_NE(NULL, strstr(ost, EJECT_BUSY)) {
		TH_LOG("_OST %s", ost);
	}
	snapshot_free(online);
}

TEST_F(dimm, it_comes_again)
{
	struct blocks again;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, blocks_put(&self->blocks, "state",
					"online_movable"));
		ASSERT_EQ(0, firmware_unplug("d"));
		ASSERT_EQ(0, firmware_wait("gone", "d", PATIENCE));
		hotplug_settle();
		ASSERT_FALSE(block_exists(self->blocks.id[0]));
		ASSERT_EQ(0, firmware_plug("d", DIMM_SIZE, NODE));
		find_arrived(&self->before, &again);
		ASSERT_EQ(self->blocks.nr, again.nr);
		EXPECT_EQ(self->blocks.id[0], again.id[0]);
	}
}

/* Neighbours, one after the other in memory: each goes on its own. */
TEST_F(dimm, the_next_one_stays)
{
	struct blocks before, next;
	unsigned int i;

	blocks_all(&before);
	ASSERT_EQ(0, firmware_plug("e", "256M", NODE));
	find_arrived(&before, &next);
	ASSERT_EQ((256UL << 20) / block_bytes(), next.nr);
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_EQ(0, blocks_put(&next, "state", "online_movable"));
	ASSERT_EQ(0, firmware_unplug("d"));
	EXPECT_EQ(0, firmware_wait("gone", "d", PATIENCE));
	hotplug_settle();
	for (i = 0; i < self->blocks.nr; i++)
		EXPECT_FALSE(block_exists(self->blocks.id[i]));
	EXPECT_TRUE(blocks_read(&next, "state", "online"));
	EXPECT_TRUE(blocks_read(&next, "valid_zones", "Movable"));
	ASSERT_EQ(0, firmware_unplug("e"));
	EXPECT_EQ(0, firmware_wait("gone", "e", PATIENCE));
}

/* The administrator's own request, through the eject file. */
TEST_F(dimm, the_eject_file_does_it)
{
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	EXPECT_EQ(-EINVAL, put_text("0", MEMORY_DIR
				    "/memory%u/firmware_node/eject",
				    self->blocks.id[0]));
	ASSERT_EQ(0, put_text("1", MEMORY_DIR "/memory%u/firmware_node/eject",
			      self->blocks.id[0]));
	EXPECT_EQ(0, firmware_wait("gone", "d", PATIENCE));
}

TEST_HARNESS_MAIN
