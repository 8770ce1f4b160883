// SPDX-License-Identifier: GPL-2.0
/*
 * A container comes with all of its memory and with the nodes that the memory
 * belongs to, and when the firmware asks for it all of the memory goes, or all
 * of it stays as it was and the firmware is told.
 *
 * The containers are those of containers.asl; for what they do see there.
 */
#include <dirent.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define ACPI_DIR	"/sys/bus/acpi/devices"
#define CONTAINER_DIR	"/sys/devices/system/container"
#define PATIENCE	60

#define BUS_CHECK	0L
#define DEVICE_CHECK	1L
#define EJECT_REQUEST	3L
#define OSPM_EJECT	0x103L

/* What _OST says at the end, and how often it is called on the way there. */
#define SUCCESS		0
#define FAILURE		1
#define NOT_SUPPORTED	0x80
#define BUSY		0x82
#define ARRIVAL_CALLS	1
#define EJECT_CALLS	2

#define BOARD_BLOCKS	2

FIXTURE(board) {
	struct snapshot *before;
	struct blocks blocks;
	int aml;
	long long calls;
	char device[64];
};

FIXTURE_VARIANT(board) {
	const char *path;
	const char *id;
	unsigned long address;
	int node[BOARD_BLOCKS];
};

FIXTURE_VARIANT_ADD(board, ACPI0004) {
	.path = "\\_SB.BRD0", .id = "ACPI0004", .address = 0x40000000,
	.node = { 1, 1 },
};

FIXTURE_VARIANT_ADD(board, PNP0A05) {
	.path = "\\_SB.BRD1", .id = "PNP0A05", .address = 0x50000000,
	.node = { 1, 0 },
};

FIXTURE_VARIANT_ADD(board, PNP0A06_with_another_one) {
	.path = "\\_SB.BRD2", .id = "PNP0A06", .address = 0x60000000,
	.node = { 1, 1 },
};

/* The name of a device is its id and a number; its path has names of 4. */
static bool find_device(const char *id, const char *name, char *device,
			size_t size)
{
	char path[TEXT_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	dir = opendir(ACPI_DIR);
	while (dir && !found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, id, strlen(id)) ||
		    get_text(path, sizeof(path), ACPI_DIR "/%s/path",
			     entry->d_name) <= 0 ||
		    !strstr(path, name))
			continue;
		snprintf(device, size, "%s", entry->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Tells the kernel something, and waits until it has answered. */
static int notify(int aml, const char *path, unsigned int event,
		  unsigned int calls)
{
	long long before = aml_number(aml, "%s.NOST", path);
	double end = now() + PATIENCE;

	if (before < 0 || aml_notify(aml, path, event))
		return -EIO;
	while (aml_number(aml, "%s.NOST", path) < before + calls)
		if (now() > end)
			return -ETIMEDOUT;
	hotplug_settle();
	return 0;
}

static long long answer(int aml, const char *path)
{
	return aml_number(aml, "%s.EVNT", path) << 16 |
	       aml_number(aml, "%s.CODE", path);
}

#define ANSWER(event, code)	((event) << 16 | (code))

static int plug(int aml, const char *path, unsigned int event)
{
	int err = aml_run(aml, "%s.PLUG", path);

	if (!err)
		err = notify(aml, path, event, ARRIVAL_CALLS);
	if (!err && answer(aml, path) != ANSWER(event, SUCCESS))
		err = -EPROTO;
	return err;
}

static int eject(int aml, const char *path, long long code)
{
	int err = notify(aml, path, EJECT_REQUEST, EJECT_CALLS);

	if (!err && answer(aml, path) != ANSWER(EJECT_REQUEST, code))
		err = -EPROTO;
	return err;
}

static bool is_plugged(int aml, const char *path)
{
	return aml_number(aml, "%s.HERE", path) > 0;
}

static void blocks_from(struct blocks *blocks, unsigned long address,
			unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		blocks->id[i] = address / block_bytes() + i;
	blocks->nr = nr;
}

static bool any_block(const struct blocks *blocks)
{
	unsigned int i;

	for (i = 0; i < blocks->nr; i++)
		if (block_exists(blocks->id[i]))
			return true;
	return false;
}

FIXTURE_SETUP(board)
{
	if (!file_exists(DEBUG_DIR "/acpi/acpidbg"))
		SKIP(return, "no AML debugger");
	self->aml = aml_open();
	ASSERT_LE(0, self->aml);
	if (aml_number(self->aml, "%s.HERE", variant->path))
		SKIP(return, "no containers: boot with containers.asl");
	ASSERT_TRUE(find_device(variant->id, variant->path + strlen("\\_SB."),
				self->device, sizeof(self->device)));
	blocks_from(&self->blocks, variant->address, BOARD_BLOCKS);
	self->before = snapshot_take();
	ASSERT_EQ(0, plug(self->aml, variant->path, BUS_CHECK));
}

FIXTURE_TEARDOWN(board)
{
	if (!self->before)
		return;
	if (is_plugged(self->aml, variant->path))
		EXPECT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	EXPECT_FALSE(is_plugged(self->aml, variant->path));
	EXPECT_FALSE(any_block(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	close(self->aml);
}

/* Not on a node that everybody takes kernel memory from. */
static const char *another_zone(int node)
{
	return node ? "online_kernel" : "online_movable";
}

TEST_F(board, it_comes_with_its_memory_and_node)
{
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		EXPECT_TRUE(block_reads(self->blocks.id[i], "state",
					"offline"));
		EXPECT_EQ(variant->node[i], block_node(self->blocks.id[i]));
		EXPECT_TRUE(file_exists(MEMORY_DIR "/memory%u/firmware_node/path",
					self->blocks.id[i]));
	}
	EXPECT_TRUE(file_exists(NODE_DIR "/node1"));
	EXPECT_EQ(1, get_number(10, CONTAINER_DIR "/%s/online", self->device));
}

TEST_F(board, it_comes_by_a_device_check)
{
	ASSERT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	ASSERT_FALSE(any_block(&self->blocks));
	ASSERT_EQ(0, plug(self->aml, variant->path, DEVICE_CHECK));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
}

TEST_F(board, it_leaves_while_it_is_in_use)
{
	struct pattern patterns[NR_PATTERN_KINDS];
	unsigned int kind;

	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	for (kind = 0; kind < NR_PATTERN_KINDS; kind++)
		ASSERT_EQ(0, pattern_create(&patterns[kind], kind, 8UL << 20,
					    1));
	EXPECT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	EXPECT_FALSE(any_block(&self->blocks));
	for (kind = 0; kind < NR_PATTERN_KINDS; kind++) {
		EXPECT_EQ(0, pattern_damage(&patterns[kind])) {
			TH_LOG("%s", pattern_name(kind));
		}
		pattern_destroy(&patterns[kind]);
	}
}

TEST_F(board, all_of_it_stays_when_a_page_is_held)
{
	struct snapshot *online;
	struct iovec range;
	int pipes[2];
	char *page;

	/* The one without the page would leave if it were asked first. */
	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state",
			       another_zone(variant->node[1])));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, place_on_node(page, 4096, 1));
	*page = 1;
	range.iov_base = page;
	range.iov_len = 4096;
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(4096, vmsplice(pipes[1], &range, 1, 0));
	online = snapshot_take();

	EXPECT_EQ(0, eject(self->aml, variant->path, BUSY));
	EXPECT_TRUE(is_plugged(self->aml, variant->path));
	EXPECT_EQ(0, snapshot_changes(online));
	EXPECT_EQ(1, get_number(10, CONTAINER_DIR "/%s/online", self->device));
	snapshot_free(online);

	close(pipes[0]);
	close(pipes[1]);
	munmap(page, 4096);
	ASSERT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	EXPECT_FALSE(any_block(&self->blocks));
}

TEST_F(board, all_of_it_stays_when_a_driver_objects)
{
	struct snapshot *online;

	ASSERT_EQ(0, module_load("mhp_notifier", ""));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	online = snapshot_take();
	ASSERT_EQ(0, notifier_veto("first", "GOING_OFFLINE",
				   self->blocks.id[1], EBUSY));
	EXPECT_EQ(0, eject(self->aml, variant->path, BUSY));
	EXPECT_EQ(0, snapshot_changes(online));
	ASSERT_EQ(0, put_text("none", NOTIFIER_DIR "/veto"));
	EXPECT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	snapshot_free(online);
	ASSERT_EQ(0, module_unload("mhp_notifier"));
}

/* One device is removed, the other is not: both are back where they were. */
TEST_F(board, all_of_it_stays_when_a_part_can_not_be_removed)
{
	const char *fault = DEBUG_DIR "/memory_hotplug/fail/remove/check";
	struct snapshot *online;

	if (!file_exists("%s", fault))
		SKIP(return, "no fault injection");
	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state",
			       another_zone(variant->node[1])));
	online = snapshot_take();
	ASSERT_EQ(0, put_text("16", DEBUG_DIR "/memory_hotplug/fail/errno"));
	ASSERT_EQ(0, put_text("1", "%s/times", fault));
	ASSERT_EQ(0, put_text("100", "%s/probability", fault));
	EXPECT_EQ(0, eject(self->aml, variant->path, BUSY));
	EXPECT_EQ(0, get_number(10, "%s/times", fault));
	EXPECT_EQ(0, put_text("0", "%s/probability", fault));
	EXPECT_EQ(0, snapshot_changes(online));
	snapshot_free(online);
}

TEST_F(board, it_stays_while_memory_may_not_leave)
{
	const char *enabled = "/sys/firmware/acpi/hotplug/memory/enabled";
	struct snapshot *online;

	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	online = snapshot_take();
	ASSERT_EQ(0, put_text("0", "%s", enabled));
	EXPECT_EQ(0, eject(self->aml, variant->path, NOT_SUPPORTED));
	ASSERT_EQ(0, put_text("1", "%s", enabled));
	EXPECT_EQ(0, snapshot_changes(online));
	snapshot_free(online);
}

/* Its memory is out by then, and has to find back to its zones. */
TEST_F(board, all_of_it_comes_back_when_the_firmware_fails)
{
	struct snapshot *online;

	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state",
			       another_zone(variant->node[1])));
	online = snapshot_take();
	ASSERT_EQ(0, aml_run(self->aml, "%s.SPOI 2", variant->path));
	EXPECT_EQ(0, eject(self->aml, variant->path, FAILURE));
	EXPECT_EQ(0, snapshot_changes(online));
	EXPECT_EQ(1, get_number(10, CONTAINER_DIR "/%s/online", self->device));
	snapshot_free(online);
}

TEST_F(board, a_board_that_is_stuck_can_be_asked_again)
{
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_EQ(0, aml_run(self->aml, "%s.SPOI 1", variant->path));
	EXPECT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	EXPECT_TRUE(is_plugged(self->aml, variant->path));
	EXPECT_FALSE(any_block(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	EXPECT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	EXPECT_FALSE(is_plugged(self->aml, variant->path));
}

TEST_F(board, a_board_that_was_stuck_can_be_used_again)
{
	ASSERT_EQ(0, aml_run(self->aml, "%s.SPOI 1", variant->path));
	ASSERT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	ASSERT_FALSE(any_block(&self->blocks));
	ASSERT_EQ(0, notify(self->aml, variant->path, DEVICE_CHECK,
			    ARRIVAL_CALLS));
	EXPECT_EQ(ANSWER(DEVICE_CHECK, SUCCESS),
		  answer(self->aml, variant->path));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	EXPECT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

TEST_F(board, it_comes_again)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, blocks_put(&self->blocks, "state",
					"online_movable"));
		ASSERT_EQ(0, eject(self->aml, variant->path, SUCCESS));
		ASSERT_FALSE(any_block(&self->blocks));
		EXPECT_EQ(0, snapshot_changes(self->before));
		ASSERT_EQ(0, plug(self->aml, variant->path, BUS_CHECK));
	}
}

/* The administrator's own request, through the eject file. */
TEST_F(board, the_eject_file_does_it)
{
	double end = now() + PATIENCE;

	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_EQ(0, put_text("1", ACPI_DIR "/%s/eject", self->device));
	while (answer(self->aml, variant->path) != ANSWER(OSPM_EJECT, SUCCESS))
		ASSERT_GT(end, now());
	hotplug_settle();
	EXPECT_FALSE(is_plugged(self->aml, variant->path));
	EXPECT_FALSE(any_block(&self->blocks));
}

/* Two boards on one node: each goes on its own, and the node with the last. */
TEST_F(board, the_node_stays_with_another_board)
{
	const char *other = "\\_SB.BRD3";
	struct blocks rest;

	blocks_from(&rest, 0x70000000, 1);
	ASSERT_EQ(0, plug(self->aml, other, BUS_CHECK));
	ASSERT_EQ(0, blocks_put(&rest, "state", "online_movable"));
	ASSERT_EQ(0, eject(self->aml, variant->path, SUCCESS));
	EXPECT_TRUE(blocks_read(&rest, "state", "online"));
	EXPECT_TRUE(file_exists(NODE_DIR "/node1"));
	ASSERT_TRUE(find_device("ACPI0004", "BRD3", self->device,
				sizeof(self->device)));
	ASSERT_EQ(0, put_text("0", CONTAINER_DIR "/%s/online", self->device));
	EXPECT_EQ(0, eject(self->aml, other, SUCCESS));
	EXPECT_FALSE(any_block(&rest));
}

FIXTURE(asked) {
	struct snapshot *before;
	struct blocks blocks;
	int aml;
	int events;
	char device[64];
};

FIXTURE_VARIANT(asked) {
	const char *path;
	unsigned int nr_blocks;
};

FIXTURE_VARIANT_ADD(asked, memory_and_more) {
	.path = "\\_SB.BRD3", .nr_blocks = 1,
};

FIXTURE_VARIANT_ADD(asked, nothing) {
	.path = "\\_SB.BRD4",
};

FIXTURE_SETUP(asked)
{
	if (!file_exists(DEBUG_DIR "/acpi/acpidbg"))
		SKIP(return, "no AML debugger");
	self->aml = aml_open();
	ASSERT_LE(0, self->aml);
	if (aml_number(self->aml, "%s.HERE", variant->path))
		SKIP(return, "no containers: boot with containers.asl");
	ASSERT_TRUE(find_device("ACPI0004", variant->path + strlen("\\_SB."),
				self->device, sizeof(self->device)));
	blocks_from(&self->blocks, 0x70000000, variant->nr_blocks);
	self->events = uevent_open();
	ASSERT_LE(0, self->events);
	self->before = snapshot_take();
	ASSERT_EQ(0, plug(self->aml, variant->path, BUS_CHECK));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

FIXTURE_TEARDOWN(asked)
{
	if (!self->before)
		return;
	EXPECT_FALSE(is_plugged(self->aml, variant->path));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
	close(self->events);
	close(self->aml);
}

/* What is not memory may be in use in ways that the kernel does not see. */
TEST_F(asked, it_leaves_when_user_space_has_agreed)
{
	struct snapshot *online = snapshot_take();
	char event[TEXT_MAX];

	snprintf(event, sizeof(event), "online@/devices/system/container/%s",
		 self->device);
	EXPECT_TRUE(uevent_among(self->events, event, NULL));

	EXPECT_EQ(0, eject(self->aml, variant->path, BUSY));
	snprintf(event, sizeof(event), "change@/devices/system/container/%s",
		 self->device);
	EXPECT_TRUE(uevent_among(self->events, event, "EVENT=offline"));
	EXPECT_EQ(0, snapshot_changes(online));
	snapshot_free(online);

	/* Memory goes with the rest, and until then it is in use. */
	ASSERT_EQ(0, put_text("0", CONTAINER_DIR "/%s/online", self->device));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "online"));
	EXPECT_EQ(0, eject(self->aml, variant->path, SUCCESS));
}

TEST_HARNESS_MAIN
