// SPDX-License-Identifier: GPL-2.0
/*
 * Every memory block has an owner. Kernel memory stays in pinned blocks and
 * claims one more when they are full; all others can leave whatever it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define EVENTS_DIR	TRACE_DIR "/events/memory_hotplug"
#define FALLBACK	PARAM_DIR "/fallback"
#define MIB		(1024UL * 1024)
#define PATIENCE	30

FIXTURE(owners) {
	struct blocks all;
	struct blocks dimm;
};

/* What the test before left behind may keep a block of the DIMM. */
static void renew(struct blocks *dimm)
{
	struct blocks left = { };
	unsigned int i;

	for (i = 0; i < dimm->nr; i++)
		if (!block_online(dimm->id[i]) ||
		    !block_put(dimm->id[i], "state", "offline"))
			left.id[left.nr++] = dimm->id[i];
	*dimm = left;
}

FIXTURE_SETUP(owners)
{
	blocks_hotplugged(&self->dimm);
	renew(&self->dimm);
	ASSERT_EQ(0, module_load("mhp_memory", ""));
	if (self->dimm.nr)
		ASSERT_EQ(0, change_blocks("online", &self->dimm));
	blocks_all(&self->all);
}

FIXTURE_TEARDOWN(owners)
{
	EXPECT_EQ(0, put_text("claim", FALLBACK));
	EXPECT_EQ(0, module_unload("mhp_memory"));
	renew(&self->dimm);
	EXPECT_TRUE(free_pages_agree());
}

/* Each release is an event of the trace. */
static bool wait_for_pinned(const struct blocks *blocks, unsigned int most)
{
	struct pollfd trace = { .events = POLLIN };
	const double end = now() + PATIENCE;
	char text[4096];

	trace.fd = open(TRACE_DIR "/trace_pipe", O_RDONLY | O_NONBLOCK);
	while (blocks_owned(blocks, "pinned") > most && now() < end) {
		poll(&trace, 1, 1000);
		while (read(trace.fd, text, sizeof(text)) > 0)
			;
	}
	close(trace.fd);
	return blocks_owned(blocks, "pinned") <= most;
}

static unsigned long megabytes_of(unsigned int nr_blocks)
{
	return nr_blocks * block_bytes() / MIB;
}

TEST_F(owners, each_block_has_one)
{
	unsigned int pinned = blocks_owned(&self->all, "pinned");
	unsigned int hotplug = blocks_owned(&self->all, "hotplug");

	EXPECT_EQ(self->all.nr, pinned + hotplug);
	EXPECT_LT(0, pinned);
	EXPECT_LT(0, hotplug);
	EXPECT_EQ(hotplug * block_pages(), zones_sum("hotplug"));
}

TEST_F(owners, a_block_that_comes_online_is_hotplug_in_any_zone)
{
	if (!self->dimm.nr)
		SKIP(return, "no hot-plugged memory");
	EXPECT_TRUE(blocks_read(&self->dimm, "owner", "hotplug"));
	EXPECT_TRUE(blocks_read(&self->dimm, "valid_zones", "Normal"));
	EXPECT_TRUE(blocks_read(&self->dimm, "removable", "1"));
	ASSERT_EQ(0, blocks_offline(&self->dimm));
	EXPECT_TRUE(blocks_read(&self->dimm, "owner", "hotplug"));
	ASSERT_EQ(0, change_blocks("online_movable", &self->dimm));
	EXPECT_TRUE(blocks_read(&self->dimm, "owner", "hotplug"));
}

/* As many blocks as the memory needs: little is left of the last ones. */
static void claims_what_it_needs(struct __test_metadata *_metadata,
				 const struct blocks *all, const char *kind)
{
	const unsigned int before = blocks_owned(all, "pinned");
	const unsigned long room = pinned_free_megabytes();
	const unsigned long megabytes = room + megabytes_of(2);
	const long long claims = get_field("/proc/vmstat", "mhp_block_claim");
	unsigned int pinned;

	ASSERT_EQ(0, take_kernel_memory(kind, megabytes));
	pinned = blocks_owned(all, "pinned");
	ksft_print_msg("%s: %lu MiB, %lu of them in pinned blocks, %u + %u blocks pinned\n",
		       kind, megabytes, room, before, pinned - before);
	EXPECT_GE(megabytes_of(2), pinned_free_megabytes());
	EXPECT_LE(claims + 2,
		  get_field("/proc/vmstat", "mhp_block_claim"));
	EXPECT_EQ((all->nr - pinned) * block_pages(), zones_sum("hotplug"));
}

TEST_F(owners, kernel_memory_claims_blocks_and_gives_them_back)
{
	const unsigned int before = blocks_owned(&self->all, "pinned");

	claims_what_it_needs(_metadata, &self->all, "kernel");
	ASSERT_EQ(0, put_text("1", EVENTS_DIR "/mhp_set_aside/enable"));
	ASSERT_EQ(0, put_text("1", EVENTS_DIR "/mhp_release/enable"));
	ASSERT_EQ(0, give_kernel_memory("kernel", 1));
	/* Somebody else may have taken a page in one of them meanwhile. */
	EXPECT_TRUE(wait_for_pinned(&self->all, before + 1));
	EXPECT_EQ(0, put_text("0", EVENTS_DIR "/mhp_release/enable"));
	EXPECT_EQ(0, put_text("0", EVENTS_DIR "/mhp_set_aside/enable"));
	EXPECT_LT(0, get_field("/proc/vmstat", "mhp_block_release"));
}

TEST_F(owners, memory_that_can_not_wait_claims_as_well)
{
	claims_what_it_needs(_metadata, &self->all, "atomic");
}

TEST_F(owners, large_chunks_that_can_not_wait_claim_as_well)
{
	claims_what_it_needs(_metadata, &self->all, "atomic-order-3");
}

TEST_F(owners, the_largest_chunks_claim_as_well)
{
	claims_what_it_needs(_metadata, &self->all, "order-9");
}

TEST_F(owners, every_hotplug_block_can_leave_while_kernel_memory_is_full)
{
	unsigned int i, nr = 0, left = 0;
	unsigned int id;

	ASSERT_EQ(0, take_kernel_memory("kernel", pinned_free_megabytes() +
			  megabytes_of(1)));
	for (i = 0; i < self->all.nr; i++) {
		id = self->all.id[i];
		if (!block_reads(id, "owner", "hotplug"))
			continue;
		nr++;
		if (block_put(id, "state", "offline"))
			continue;
		left++;
		EXPECT_EQ(0, block_put(id, "state", "online"));
	}
	EXPECT_LT(0, nr);
	EXPECT_EQ(nr, left);
}

TEST_F(owners, reclaim_claims_in_the_end)
{
	ASSERT_EQ(0, put_text("reclaim", FALLBACK));
	EXPECT_EQ(0, take_kernel_memory("kernel", pinned_free_megabytes() +
			  megabytes_of(1)));
}

static bool policy_is(const char *name)
{
	char text[TEXT_MAX] = "";

	get_text(text, sizeof(text), FALLBACK);
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, name);
}

TEST_F(owners, the_policy_has_three_names)
{
	static const char * const names[] = { "reclaim", "strict", "claim" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(0, put_text(names[i], FALLBACK));
		EXPECT_TRUE(policy_is(names[i]));
	}
	EXPECT_EQ(-EINVAL, put_text("clai", FALLBACK));
	EXPECT_EQ(-EINVAL, put_text("\n", FALLBACK));
	EXPECT_TRUE(policy_is("claim"));
}

TEST_F(owners, strict_leaves_alone_what_was_added)
{
	const unsigned long all = get_field("/proc/meminfo", "MemTotal:") / 1024;
	const long long kills = get_field("/proc/vmstat", "oom_kill");

	if (!self->dimm.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, put_text("strict", FALLBACK));
	EXPECT_EQ(-ENOMEM, try_kernel_memory("reclaimable", all));
	EXPECT_TRUE(blocks_read(&self->dimm, "owner", "hotplug"));
	EXPECT_EQ(kills, get_field("/proc/vmstat", "oom_kill"));
}

TEST_HARNESS_MAIN
