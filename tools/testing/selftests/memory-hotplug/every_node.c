// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever form the memory map has, wherever it lies, and however many nodes
 * there are: each node gets a DIMM, uses it, and loses it.
 */
#include <stdlib.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define DIMM_SIZE	"512M"
#define DIMM_BYTES	(512UL << 20)
#define USED_BYTES	(32UL << 20)
#define PATIENCE	60
#define MAX_NODES	8

FIXTURE(nodes) {
	struct blocks before;
	struct snapshot *shot;
	unsigned int nr;
};

FIXTURE_SETUP(nodes)
{
	if (!firmware_present())
		SKIP(return, "nobody to plug a DIMM");
	while (self->nr < MAX_NODES &&
	       file_exists(NODE_DIR "/node%u", self->nr))
		self->nr++;
	ASSERT_LT(0, self->nr);
	blocks_all(&self->before);
	self->shot = snapshot_take();
}

FIXTURE_TEARDOWN(nodes)
{
	if (!self->shot)
		return;
	hotplug_settle();
	EXPECT_EQ(0, snapshot_changes(self->shot));
	snapshot_free(self->shot);
}

static const char *name_of(unsigned int node)
{
	static char name[16];

	snprintf(name, sizeof(name), "dimm%u", node);
	return name;
}

TEST_F(nodes, each_gets_a_dimm_and_loses_it)
{
	struct blocks before = self->before, now, arrived[MAX_NODES];
	struct pattern pattern[MAX_NODES];
	unsigned int node;

	for (node = 0; node < self->nr; node++) {
		ASSERT_EQ(0, firmware_plug(name_of(node), DIMM_SIZE, node));
		ASSERT_EQ(0, firmware_wait("added", name_of(node), PATIENCE));
		hotplug_settle();
		blocks_all(&now);
		arrived[node] = now;
		blocks_but(&arrived[node], &before);
		before = now;
		ASSERT_EQ(DIMM_BYTES / block_bytes(), arrived[node].nr);
		EXPECT_EQ(node, block_node(arrived[node].id[0]));
		ASSERT_EQ(0, blocks_put(&arrived[node], "state",
					"online_movable"));
		ASSERT_EQ(0, pattern_create(&pattern[node], PATTERN_ANON,
					    USED_BYTES, node));
	}
	for (node = 0; node < self->nr; node++) {
		EXPECT_EQ(0, blocks_offline(&arrived[node]));
		ASSERT_EQ(0, firmware_unplug(name_of(node)));
		ASSERT_EQ(0, firmware_wait("gone", name_of(node), PATIENCE));
		EXPECT_EQ(0, pattern_damage(&pattern[node]));
	}
	for (node = 0; node < self->nr; node++)
		pattern_destroy(&pattern[node]);
}

TEST_HARNESS_MAIN
