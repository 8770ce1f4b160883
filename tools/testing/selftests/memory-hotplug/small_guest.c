// SPDX-License-Identifier: GPL-2.0
/*
 * A machine with little memory is given a lot more. All of it can be used if it
 * carries its own memory map; if not, nothing is lost by trying.
 */
#include <stdlib.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define DIMM		"64G"
#define DIMM_KB		(64LL << 20)
#define PATIENCE	120
/* What 512 blocks may take of the memory that was there before. */
#define COST_KB		8192
/* What the allocators may keep in their caches from one look to the next. */
#define TOLERANCE_KB	256
#define ROUNDS		20

static bool map_is_on_memory(void)
{
	char mode[TEXT_MAX];

	return get_text(mode, sizeof(mode), PARAM_DIR "/memmap_on_memory") > 0 &&
	       mode[0] != 'N';
}

static long long memory_kb(const char *key)
{
	return get_field("/proc/meminfo", key);
}

static long long settled_free_kb(void)
{
	hotplug_settle();
	sync();
	put_text("3", "/proc/sys/vm/drop_caches");
	put_text("1", "/proc/sys/vm/compact_memory");
	put_text("1", "/proc/sys/vm/stat_refresh");
	return memory_kb("MemFree:");
}

FIXTURE(small_guest) {
	struct blocks before;
	struct snapshot *shot;
	long long free_kb;
};

FIXTURE_SETUP(small_guest)
{
	if (!firmware_present())
		SKIP(return, "nobody to plug a DIMM");
	if (memory_kb("MemTotal:") > 512 * 1024)
		SKIP(return, "more memory than a small guest has");
	blocks_all(&self->before);
	self->shot = snapshot_take();
	self->free_kb = settled_free_kb();
}

FIXTURE_TEARDOWN(small_guest)
{
	if (!self->shot)
		return;
	hotplug_settle();
	EXPECT_EQ(0, snapshot_changes(self->shot));
	snapshot_free(self->shot);
	EXPECT_GE(TOLERANCE_KB, self->free_kb - settled_free_kb());
}

TEST_F(small_guest, it_uses_all_of_a_large_dimm)
{
	const long long total_kb = memory_kb("MemTotal:");
	struct blocks arrived;
	long long map_kb, cost_kb;
	double begin;

	if (!map_is_on_memory())
		SKIP(return, "the memory map does not lie on the memory");
	begin = now();
	ASSERT_EQ(0, firmware_plug("large", DIMM, 0));
	ASSERT_EQ(0, firmware_wait("added", "large", PATIENCE));
	hotplug_settle();
	blocks_all(&arrived);
	blocks_but(&arrived, &self->before);
	ASSERT_EQ(DIMM_KB * 1024 / block_bytes(), arrived.nr);
	cost_kb = self->free_kb - settled_free_kb();
	ASSERT_EQ(0, blocks_put(&arrived, "state", "online_movable"));
	map_kb = (block_pages() - block_usable_pages()) * 4 * arrived.nr;
	EXPECT_EQ(total_kb + DIMM_KB - map_kb, memory_kb("MemTotal:"));
	TH_LOG("%u blocks online after %.1f s, for %lld kB of the old memory",
	       arrived.nr, now() - begin, cost_kb);
	EXPECT_GE(COST_KB, cost_kb);

	ASSERT_EQ(0, firmware_unplug("large"));
	ASSERT_EQ(0, firmware_wait("gone", "large", PATIENCE));
}

TEST_F(small_guest, it_loses_nothing_by_what_does_not_fit)
{
	int fd = log_open();
	unsigned int i;
	char *log;

	if (map_is_on_memory())
		SKIP(return, "the memory map lies on the memory");
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(-EIO, firmware_plug("large", DIMM, 0));
		ASSERT_EQ(0, firmware_wait("failed", "large", PATIENCE));
		ASSERT_EQ(0, firmware_unplug("large"));
		ASSERT_EQ(0, firmware_wait("gone", "large", PATIENCE));
	}
	log = log_read(fd);
	EXPECT_EQ(ROUNDS, text_count(log, "out of memory, "));
	EXPECT_EQ(ROUNDS, text_count(log, " KiB to be had"));
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
}

TEST_HARNESS_MAIN
