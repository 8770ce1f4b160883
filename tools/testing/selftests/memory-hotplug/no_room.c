// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that has nowhere to go stays: the offline ends soon with an error,
 * nothing is lost, and with room it works.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define MEGABYTE	1048576UL
#define USED_BYTES	(96 * MEGABYTE)
/* Enough for the kernel, and for the zones that the hog can not take it from. */
#define LEFT_BYTES	(48 * MEGABYTE)

static pid_t hog_boot_memory(enum hog_leaves leaves)
{
	return hog_start(0, node_pages(0, "high") + LEFT_BYTES / 4096,
			 leaves);
}

FIXTURE(no_room) {
	struct blocks blocks;
	struct pattern pattern;
	pid_t hog;
};

FIXTURE_VARIANT(no_room) {
	enum pattern_kind kind;
};

FIXTURE_VARIANT_ADD(no_room, anonymous) { .kind = PATTERN_ANON };
FIXTURE_VARIANT_ADD(no_room, shared) { .kind = PATTERN_SHMEM };
FIXTURE_VARIANT_ADD(no_room, locked) { .kind = PATTERN_LOCKED };
FIXTURE_VARIANT_ADD(no_room, transparent) { .kind = PATTERN_THP };
FIXTURE_VARIANT_ADD(no_room, hugetlb) { .kind = PATTERN_HUGETLB };

FIXTURE_SETUP(no_room)
{
	int node;

	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	node = block_node(self->blocks.id[self->blocks.nr - 1]);
	blocks_on_node(&self->blocks, &self->blocks, node);
	if (node_pages(node, "present"))
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_EQ(0, pattern_create(&self->pattern, variant->kind, USED_BYTES,
				    node));

	self->hog = hog_boot_memory(HOG_LEAVES_ANY);
	ASSERT_LT(0, self->hog);
}

FIXTURE_TEARDOWN(no_room)
{
	if (self->hog <= 0)
		return;
	hog_stop(self->hog);
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, pattern_damage(&self->pattern));
	pattern_destroy(&self->pattern);
}

/*
 * When memory is short, anybody may be the one who finds none, and then the
 * kernel kills the hog: that makes room, too.
 */
TEST_F(no_room, all_blocks_stay_or_all_leave)
{
	double begin = now();
	int err, fd = log_open();
	char *log;
	bool killed;

	err = change_blocks("offline", &self->blocks);
	EXPECT_GT(60, now() - begin);
	EXPECT_EQ(0, pattern_damage(&self->pattern));
	log = log_read(fd);
	killed = strstr(log, "Out of memory: Killed process");
	if (err) {
		EXPECT_EQ(-ENOMEM, err);
		EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones",
					"Movable"));
		EXPECT_EQ(1, text_count(log, "offline of memory"));
		EXPECT_EQ(1, text_count(log, "no room"));
	} else {
		EXPECT_TRUE(killed);
		EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	}
	if (!killed)
		EXPECT_EQ(NULL, text_splat(log));
	free(log);
	close(fd);
	hog_stop(self->hog);
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_EQ(0, pattern_damage(&self->pattern));
}

/* Neither has the rest of its node room. A hog may be killed, see above. */
TEST_F(no_room, a_part_of_a_block_stays_as_well)
{
	const unsigned long pages = 4 * MEGABYTE / 4096;
	const char *middle = (char *)self->pattern.memory + USED_BYTES / 2;
	const unsigned long pfn = user_pfn(middle) / pages * pages;
	const int node = block_node(self->blocks.id[0]);
	pid_t hog;
	int err;

	ASSERT_EQ(0, module_load("mhp_range", ""));
	hog = hog_start(node, node_pages(node, "high") + pages / 4,
			HOG_LEAVES_ANY);
	ASSERT_LT(0, hog);
	err = pages_change("take", pfn, pages);
	EXPECT_TRUE(!err || err == -ENOMEM);
	if (!err)
		EXPECT_EQ(0, pages_change("give", pfn, pages));
	EXPECT_EQ(0, pattern_damage(&self->pattern));
	hog_stop(hog);
	EXPECT_EQ(0, module_unload("mhp_range"));
}

FIXTURE(in_pieces) {
	struct blocks blocks;
	struct pattern pattern;
	pid_t hog;
};

FIXTURE_SETUP(in_pieces)
{
	int node = hotplugged_node(&self->blocks);

	if (node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_EQ(0, pattern_create(&self->pattern, PATTERN_THP, USED_BYTES,
				    node));
	self->hog = hog_boot_memory(HOG_LEAVES_PIECES);
	ASSERT_LT(0, self->hog);
}

FIXTURE_TEARDOWN(in_pieces)
{
	if (self->hog <= 0)
		return;
	hog_stop(self->hog);
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	pattern_destroy(&self->pattern);
}

/* There is room for all of it, but not in one piece. */
TEST_F(in_pieces, huge_pages_are_split)
{
	const long long split = get_field("/proc/vmstat",
					  "thp_migration_split");

	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_LT(split, get_field("/proc/vmstat", "thp_migration_split"));
	EXPECT_EQ(0, pattern_damage(&self->pattern));
}

#define HUGE_PAGES	NODE_DIR "/node%d/hugepages/hugepages-2048kB"

FIXTURE(huge_pages) {
	struct blocks blocks;
	int node;
	pid_t hog;
};

FIXTURE_SETUP(huge_pages)
{
	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->node = block_node(self->blocks.id[self->blocks.nr - 1]);
	blocks_on_node(&self->blocks, &self->blocks, self->node);
	if (node_pages(self->node, "present") ||
	    !file_exists(HUGE_PAGES, self->node))
		SKIP(return, "no huge pages, or no node with hot-plugged memory only");
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));

	self->hog = hog_boot_memory(HOG_LEAVES_ANY);
	ASSERT_LT(0, self->hog);
}

FIXTURE_TEARDOWN(huge_pages)
{
	if (self->hog <= 0)
		return;
	hog_stop(self->hog);
	EXPECT_EQ(0, put_text("0", HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
}

/* Nearly all of the node is in the pool, and none of it in use. */
TEST_F(huge_pages, free_ones_need_no_room)
{
	const unsigned long wanted = block_bytes() * self->blocks.nr * 3 / 4 /
				     (2 * MEGABYTE);
	char text[32];

	snprintf(text, sizeof(text), "%lu", wanted);
	ASSERT_EQ(0, put_text(text, HUGE_PAGES "/nr_hugepages", self->node));
	EXPECT_EQ(wanted, get_number(10, HUGE_PAGES "/free_hugepages",
				     self->node));
	EXPECT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
}

TEST_HARNESS_MAIN
