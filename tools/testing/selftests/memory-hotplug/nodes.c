// SPDX-License-Identifier: GPL-2.0
/*
 * A node appears with its first DIMM, gets and loses memory, and disappears
 * with the last DIMM. Zonelists, node states, threads, memory tiers and counters
 * follow, and go back.
 *
 * The node is the last one of the machine, which has no memory at boot. It may
 * have processors; then it is there before and after.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define NODE		1
#define DIMM_SIZE	"256M"
#define DIMM_BYTES	(256UL << 20)
#define MEGABYTE	1048576UL
/* Threads, devices, and what each slab cache has for a node. */
#define KILOBYTES_FOR_A_NODE	512

#define TIER_DIR	"/sys/devices/virtual/memory_tiering"

FIXTURE(node) {
	struct snapshot *before;
	struct blocks blocks;
	bool had_processors;
	int log;
};

/* Some of what is counted for each node. */
static const char * const counters[] = {
	"nr_active_anon", "nr_inactive_anon", "nr_anon_pages",
	"nr_active_file", "nr_inactive_file", "nr_file_pages",
	"nr_shmem", "nr_mapped", "nr_isolated_anon",
};

static bool tiers_read(const char *list)
{
	char text[TEXT_MAX];

	if (get_text(text, sizeof(text), TIER_DIR "/memory_tier4/nodelist") < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, list);
}

static bool log_has(int fd, const char *words)
{
	char *text = log_read(fd);
	bool found = text_count(text, words);

	if (!found)
		printf("# no \"%s\" in the log\n", words);
	free(text);
	return found;
}

FIXTURE_SETUP(node)
{
	char text[TEXT_MAX];

	if (!firmware_present())
		SKIP(return, "nobody to plug a DIMM");
	if (!nodes_read("possible", "0-1") || !nodes_read("has_memory", "0"))
		SKIP(return, "no possible node without memory");
	get_text(text, sizeof(text), NODE_DIR "/has_cpu");
	self->had_processors = strcmp(text, "0\n");
	ASSERT_EQ(self->had_processors,
		  file_exists(NODE_DIR "/node%d", NODE));
	self->before = snapshot_take();
	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	ASSERT_EQ(DIMM_BYTES / block_bytes(), self->blocks.nr);
	self->log = log_open();
	ASSERT_LE(0, self->log);
}

FIXTURE_TEARDOWN(node)
{
	if (!self->before)
		return;
	close(self->log);
	if (block_exists(self->blocks.id[0])) {
		EXPECT_EQ(0, blocks_offline(&self->blocks));
		EXPECT_EQ(0, dimm_unplug("n"));
	}
	EXPECT_EQ(self->had_processors,
		  file_exists(NODE_DIR "/node%d", NODE));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/* Processors take kernel memory from their own node, and do not return it. */
static const char *another_zone(bool had_processors)
{
	return had_processors ? "online_movable" : "online_kernel";
}

TEST_F(node, memory_that_is_offline_is_none)
{
	unsigned int i;

	EXPECT_TRUE(nodes_read("online", "0-1"));
	EXPECT_TRUE(nodes_read("has_memory", "0"));
	EXPECT_TRUE(file_exists(NODE_DIR "/node%d/memory%u", NODE,
				self->blocks.id[0]));
	EXPECT_TRUE(tiers_read("0"));
	EXPECT_EQ(-EINVAL, allocate_on_node(NODE));
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		EXPECT_EQ(0, get_field(NODE_DIR "/node1/vmstat", counters[i])) {
			TH_LOG("%s", counters[i]);
		}
	}
}

/* Memory that nobody counts to the memory map, on the node that was there. */
static long long kernel_kilobytes(void)
{
	return get_field("/proc/meminfo", "SUnreclaim:") +
	       get_field("/proc/meminfo", "KernelStack:") +
	       get_field("/proc/meminfo", "Percpu:");
}

TEST_F(node, it_costs_the_others_little)
{
	long long before;

	ASSERT_EQ(0, dimm_unplug("n"));
	before = kernel_kilobytes();
	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	EXPECT_GE(KILOBYTES_FOR_A_NODE, kernel_kilobytes() - before);
}

TEST_F(node, what_it_is_follows_its_memory)
{
	const unsigned int first = self->blocks.id[0];
	const unsigned int second = self->blocks.id[1];
	struct snapshot *offline;

	if (self->had_processors)
		SKIP(return, "kernel memory of its processors would stay");
	offline = snapshot_take();
	ASSERT_EQ(0, block_put(first, "state", "online_movable"));
	EXPECT_TRUE(nodes_read("has_memory", "0-1"));
	EXPECT_TRUE(nodes_read("has_normal_memory", "0"));
	EXPECT_TRUE(tiers_read("0-1"));
	EXPECT_TRUE(log_has(self->log, "Fallback order for Node 0: 0 1"));
	EXPECT_EQ(first, touched_block(NODE));

	ASSERT_EQ(0, block_put(second, "state", "online_kernel"));
	EXPECT_TRUE(nodes_read("has_normal_memory", "0-1"));
	EXPECT_TRUE(log_has(self->log, "Fallback order for Node 1: 1 0"));

	ASSERT_EQ(0, block_put(second, "state", "offline"));
	EXPECT_TRUE(nodes_read("has_memory", "0-1"));
	EXPECT_TRUE(nodes_read("has_normal_memory", "0"));
	EXPECT_EQ(first, touched_block(NODE));

	ASSERT_EQ(0, block_put(first, "state", "offline"));
	EXPECT_TRUE(nodes_read("has_memory", "0"));
	EXPECT_TRUE(tiers_read("0"));
	EXPECT_TRUE(log_has(self->log, "Fallback order for Node 1: 0"));
	EXPECT_EQ(0, snapshot_changes(offline));
	snapshot_free(offline);
}

/* One of each for a node that has memory, and none when it has lost it. */
TEST_F(node, its_threads_come_and_go)
{
	EXPECT_EQ(0, threads_named("kswapd1") + threads_named("kcompactd1"));
	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "online_movable"));
	EXPECT_EQ(1, threads_named("kswapd1"));
	EXPECT_EQ(1, threads_named("kcompactd1"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state",
			       another_zone(self->had_processors)));
	ASSERT_EQ(0, block_put(self->blocks.id[0], "state", "offline"));
	EXPECT_EQ(1, threads_named("kswapd1"));
	EXPECT_EQ(1, threads_named("kcompactd1"));
	ASSERT_EQ(0, block_put(self->blocks.id[1], "state", "offline"));
	EXPECT_EQ(0, threads_named("kswapd1") + threads_named("kcompactd1"));
}

TEST_F(node, it_comes_and_goes_again)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, blocks_put(&self->blocks, "state",
					"online_movable"));
		ASSERT_EQ(NODE, block_node(touched_block(NODE)));
		ASSERT_EQ(0, dimm_unplug("n"));
		EXPECT_EQ(0, snapshot_changes(self->before));
		ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	}
}

/*
 * What a CPU has counted is added to the sums sooner or later. A node that
 * disappears must not take that along.
 */
TEST_F(node, its_counters_are_in_the_sums_to_the_end)
{
	struct pattern patterns[PATTERN_HUGETLB];
	unsigned int kind, i, round;

	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, blocks_put(&self->blocks, "state",
					"online_movable"));
		for (kind = 0; kind < PATTERN_HUGETLB; kind++)
			ASSERT_EQ(0, pattern_create(&patterns[kind], kind,
						    4 * MEGABYTE, NODE));
		ASSERT_EQ(0, dimm_unplug("n"));
		for (kind = 0; kind < PATTERN_HUGETLB; kind++) {
			EXPECT_EQ(0, pattern_damage(&patterns[kind]));
			pattern_destroy(&patterns[kind]);
		}
		for (i = 0; i < ARRAY_SIZE(counters); i++) {
			EXPECT_EQ(0, counter_gap(counters[i])) {
				TH_LOG("%s", counters[i]);
			}
		}
		ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	}
}

TEST_HARNESS_MAIN
