// SPDX-License-Identifier: GPL-2.0
/*
 * A block that kernel memory has claimed, all of which can be reclaimed, goes
 * offline: names that the kernel remembers are forgotten.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define EVENTS_DIR	TRACE_DIR "/events/memory_hotplug"
#define NOT_THERE	"/sys/kernel"
/* The longest name there is: it lies beside its dentry, in a slab as well. */
#define NAME_LENGTH	240
#define NAMES_A_BATCH	2000
#define MAX_BATCHES	2000
#define TYPE		"type=2"	/* MIGRATE_RECLAIMABLE */
/* What the kernel keeps for itself of the room in pinned blocks, MiB. */
#define LEFT_ALONE	24

FIXTURE(reclaimable) {
	struct blocks online;
	int state[MAX_BLOCKS];
};

/*
 * The names of a file that is open can not be forgotten. So the files are
 * opened before there is a block that they could keep.
 */
static bool open_states(const struct blocks *blocks, int *state)
{
	char path[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < blocks->nr; i++) {
		snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/state",
			 blocks->id[i]);
		state[i] = open(path, O_WRONLY | O_CLOEXEC);
		if (state[i] < 0)
			return false;
	}
	return true;
}

FIXTURE_SETUP(reclaimable)
{
	put_text("2", "/proc/sys/vm/drop_caches");
	blocks_all(&self->online);
	ASSERT_TRUE(open_states(&self->online, self->state));
	ASSERT_EQ(0, module_load("mhp_memory", ""));
	trace_forget();
	ASSERT_EQ(0, put_text("1", EVENTS_DIR "/mhp_claim/enable"));
}

FIXTURE_TEARDOWN(reclaimable)
{
	unsigned int i;

	for (i = 0; i < self->online.nr; i++)
		close(self->state[i]);
	EXPECT_EQ(0, put_text("0", EVENTS_DIR "/mhp_claim/enable"));
	EXPECT_EQ(0, module_unload("mhp_memory"));
	EXPECT_EQ(0, put_text("2", "/proc/sys/vm/drop_caches"));
	EXPECT_TRUE(free_pages_agree());
}

/* Blocks that were claimed for reclaimable memory since the trace began. */
static void claimed_blocks(struct blocks *claimed)
{
	char *text = get_whole_file(TRACE_DIR "/trace"), *line, *rest = text;
	unsigned long pfn;

	claimed->nr = 0;
	while ((line = strsep(&rest, "\n"))) {
		line = strstr(line, "mhp_claim: ");
		if (line && strstr(line, TYPE) &&
		    sscanf(line, "mhp_claim: start_pfn=0x%lx", &pfn) == 1)
			claimed->id[claimed->nr++] = pfn_block(pfn);
	}
	free(text);
}

/* The kernel remembers a name that is not there, to be quick to say so again. */
static void look_for_names(unsigned long first, unsigned int nr)
{
	char path[TEXT_MAX];
	struct stat stat;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), NOT_THERE "/%0*lu", NAME_LENGTH,
			 first + i);
		lstat(path, &stat);
	}
}

/* How many there are, used or not. */
static long long names_remembered(void)
{
	return get_number(10, "/proc/sys/fs/dentry-state");
}

static bool is_full_of_slabs(unsigned int block)
{
	unsigned long count, pfn;

	return block_blocker(block, "slab", &count, &pfn) &&
	       count > block_pages() / 2;
}

/* Returns the block that they fill, or 0. */
static unsigned int remember_names(void)
{
	struct blocks claimed = { };
	unsigned int batch;

	for (batch = 0; batch < MAX_BATCHES; batch++) {
		look_for_names((unsigned long)batch * NAMES_A_BATCH,
			       NAMES_A_BATCH);
		if (!claimed.nr)
			claimed_blocks(&claimed);
		else if (is_full_of_slabs(claimed.id[0]))
			return claimed.id[0];
	}
	return 0;
}

static int put_offline(const struct blocks *blocks, const int *state,
		       unsigned int block)
{
	unsigned int i;

	for (i = 0; i < blocks->nr; i++)
		if (blocks->id[i] == block)
			return write(state[i], "offline", 7) == 7 ? 0 : -errno;
	return -ENODEV;
}

TEST_F(reclaimable, the_block_leaves_and_what_was_in_it_is_forgotten)
{
	const unsigned long room = pinned_free_megabytes();
	unsigned long count, pfn;
	long long before, after;
	unsigned int block;
	char text[4096];

	if (room > LEFT_ALONE)
		ASSERT_EQ(0, take_kernel_memory("kernel", room - LEFT_ALONE));
	block = remember_names();
	ASSERT_NE(0, block);
	EXPECT_TRUE(block_reads(block, "owner", "pinned"));
	EXPECT_FALSE(block_blocker(block, "kernel", &count, &pfn));
	EXPECT_FALSE(block_blocker(block, "pagetable", &count, &pfn));

	before = names_remembered();
	EXPECT_EQ(0, put_offline(&self->online, self->state, block)) {
		block_get(block, "blockers", text, sizeof(text));
		TH_LOG("kept by %s", text);
	}
	after = names_remembered();
	ksft_print_msg("memory%u: %lld names before, %lld after\n", block,
		       before, after);
	EXPECT_GT(before / 2, after);
	EXPECT_EQ(0, block_put(block, "state", "online"));
}

TEST_HARNESS_MAIN
