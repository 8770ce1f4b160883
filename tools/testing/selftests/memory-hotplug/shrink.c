// SPDX-License-Identifier: GPL-2.0
/*
 * The file shrink takes an amount of memory and lets so much of it leave that
 * costs least, as one operation. What is held, or needed by the kernel, stays.
 */
#include <fcntl.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define SHRINK_FILE	MEMORY_DIR "/shrink"
#define NEEDED	4
#define SECONDS	20

FIXTURE(shrink) {
	struct blocks before;
	struct blocks dimm;
	unsigned int *id;
	int node;
	int pipe[2];
	int events;
	int log;
};

FIXTURE_VARIANT(shrink) {
	const char *on;
};

FIXTURE_VARIANT_ADD(shrink, movable) {
	.on = "online_movable",
};

FIXTURE_VARIANT_ADD(shrink, normal) {
	.on = "online_kernel",
};

FIXTURE_SETUP(shrink)
{
	blocks_hotplugged(&self->dimm);
	if (self->dimm.nr != NEEDED)
		SKIP(return, "no DIMM of %d blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->dimm));
	self->node = block_node(self->dimm.id[0]);
	if (node_pages(self->node, "present"))
		SKIP(return, "no node with hot-plugged memory only");
	blocks_online(&self->before);
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, module_load("mhp_range", ""));
	ASSERT_EQ(0, pipe(self->pipe));
	self->id = self->dimm.id;
	self->events = uevent_open();
	ASSERT_LE(0, self->events);
	self->log = log_open();
}

/* What of the boot memory left comes back. */
FIXTURE_TEARDOWN(shrink)
{
	char *log;

	if (!self->id)
		return;
	close(self->pipe[0]);
	close(self->pipe[1]);
	close(self->events);
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, blocks_put(&self->before, "state", "online"));
	EXPECT_EQ(0, blocks_offline(&self->dimm));
	EXPECT_EQ(0, module_unload("mhp_range"));
	EXPECT_EQ(0, module_unload("mhp_pages"));
	log = log_read(self->log);
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
}

static int shrink(unsigned long bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu\n", bytes);
	return put_text(text, SHRINK_FILE);
}

/* Does the file tell this of the last request? */
static bool told(unsigned long asked, unsigned long left)
{
	char text[TEXT_MAX], expected[TEXT_MAX];

	snprintf(expected, sizeof(expected), "asked %lu\nleft %lu\n", asked,
		 left);
	return get_text(text, sizeof(text), SHRINK_FILE) > 0 &&
	       !strcmp(text, expected);
}

static unsigned int nr_online(void)
{
	struct blocks online;

	blocks_online(&online);
	return online.nr;
}

/* Fills a part of the DIMM; only one of its blocks is online then. */
static int use_block(struct pattern *pattern, unsigned int id,
		     const char *on, unsigned long bytes, int node)
{
	return block_put(id, "state", on) ?:
	       pattern_create(pattern, PATTERN_ANON, bytes, node);
}

static int hold_page(int pipe, int node)
{
	struct iovec range = { .iov_len = 4096 };

	range.iov_base = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (range.iov_base == MAP_FAILED ||
	    place_on_node(range.iov_base, 4096, node))
		return -errno;
	*(char *)range.iov_base = 1;
	return vmsplice(pipe, &range, 1, 0) == 4096 ? 0 : -errno;
}

TEST_F(shrink, what_is_free_leaves_from_above)
{
	char text[TEXT_MAX], expected[TEXT_MAX];

	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	uevents(self->events, text, sizeof(text));
	ASSERT_EQ(0, shrink(block_bytes()));
	EXPECT_TRUE(told(block_bytes(), block_bytes()));
	EXPECT_TRUE(block_reads(self->id[3], "state", "offline"));
	EXPECT_EQ(self->before.nr + 3, nr_online());
	snprintf(expected, sizeof(expected), "offline memory%u\n", self->id[3]);
	EXPECT_STREQ(expected, uevents(self->events, text, sizeof(text)));
}

TEST_F(shrink, whole_blocks_leave)
{
	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	ASSERT_EQ(0, shrink(1));
	EXPECT_TRUE(told(1, block_bytes()));
	ASSERT_EQ(0, shrink(block_bytes() + 1));
	EXPECT_TRUE(told(block_bytes() + 1, 2 * block_bytes()));
	EXPECT_EQ(self->before.nr + 1, nr_online());
	EXPECT_TRUE(block_reads(self->id[0], "state", "online"));
}

TEST_F(shrink, sizes_have_suffixes)
{
	char text[32];

	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	snprintf(text, sizeof(text), "%luk", block_bytes() >> 10);
	ASSERT_EQ(0, put_text(text, SHRINK_FILE));
	EXPECT_TRUE(told(block_bytes(), block_bytes()));
	snprintf(text, sizeof(text), "%luM\n", block_bytes() >> 20);
	ASSERT_EQ(0, put_text(text, SHRINK_FILE));
	EXPECT_TRUE(told(block_bytes(), block_bytes()));
	EXPECT_EQ(self->before.nr + 2, nr_online());
}

TEST_F(shrink, a_device_leaves_as_one_operation)
{
	struct blocks online;

	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	ASSERT_EQ(0, shrink(NEEDED * block_bytes()));
	EXPECT_TRUE(blocks_read(&self->dimm, "state", "offline"));
	blocks_online(&online);
	EXPECT_EQ(self->before.nr, online.nr);
}

TEST_F(shrink, memory_in_use_stays_if_other_memory_is_free)
{
	struct pattern pattern;

	ASSERT_EQ(0, use_block(&pattern, self->id[3], variant->on,
			       block_bytes() / 4, self->node));
	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	ASSERT_EQ(0, shrink(3 * block_bytes()));
	EXPECT_TRUE(block_reads(self->id[3], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[0], "state", "offline"));
	EXPECT_EQ(0, pattern_damage(&pattern));
	pattern_destroy(&pattern);
}

TEST_F(shrink, memory_in_use_moves_if_no_other_is_free)
{
	struct pattern pattern;

	ASSERT_EQ(0, use_block(&pattern, self->id[3], variant->on,
			       block_bytes() / 4, self->node));
	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	ASSERT_EQ(0, shrink((self->before.nr / 2 + NEEDED) * block_bytes()));
	EXPECT_EQ(self->before.nr - self->before.nr / 2, nr_online());
	EXPECT_EQ(0, pattern_damage(&pattern));
	pattern_destroy(&pattern);
}

TEST_F(shrink, what_the_kernel_needs_stays)
{
	if (!strcmp(variant->on, "online_movable"))
		SKIP(return, "no memory of the kernel in ZONE_MOVABLE");
	ASSERT_EQ(0, block_put(self->id[3], "state", variant->on));
	ASSERT_EQ(0, take_page("kernel", self->id[3]));
	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	ASSERT_EQ(0, shrink(3 * block_bytes()));
	EXPECT_TRUE(block_reads(self->id[3], "state", "online"));
	EXPECT_EQ(self->before.nr + 1, nr_online());
}

/* Blocks of which everything is free */
static unsigned int nr_free(void)
{
	struct blocks online;
	struct query query;
	unsigned int i, nr = 0;

	blocks_online(&online);
	for (i = 0; i < online.nr; i++)
		nr += !range_query(online.id[i], 1, &query) && !query.movable &&
		      !query.unmovable;
	return nr;
}

/*
 * With a single page to move, the block is the next one after those that are
 * free. That the page does not move is only found when it is tried.
 */
TEST_F(shrink, another_block_leaves_for_one_that_is_held)
{
	unsigned long wanted;

	ASSERT_EQ(0, block_put(self->id[3], "state", variant->on));
	ASSERT_EQ(0, hold_page(self->pipe[1], self->node));
	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	trace_forget();
	ASSERT_EQ(0, put_text("1", TRACE_DIR
			      "/events/memory_hotplug/mhp_operation/enable"));
	wanted = nr_free() + 1;
	EXPECT_EQ(0, shrink(wanted * block_bytes()));
	EXPECT_EQ(0, put_text("0", TRACE_DIR
			      "/events/memory_hotplug/mhp_operation/enable"));
	EXPECT_TRUE(trace_wait("error=-16", 1));
	EXPECT_TRUE(told(wanted * block_bytes(), wanted * block_bytes()));
	EXPECT_TRUE(block_reads(self->id[3], "state", "online"));
	EXPECT_EQ(self->before.nr + NEEDED - wanted, nr_online());
}

TEST_F(shrink, more_than_can_leave)
{
	struct snapshot *online;
	char text[TEXT_MAX];
	char *log;
	int fd;

	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	uevents(self->events, text, sizeof(text));
	online = snapshot_take();
	fd = log_open();
	EXPECT_EQ(-EBUSY, shrink(nr_online() * block_bytes()));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, "memory_hotplug: shrink by "));
	EXPECT_EQ(0, text_count(log, "memory_hotplug: offline of "));
	EXPECT_TRUE(told(nr_online() * block_bytes(), 0));
	EXPECT_STREQ("", uevents(self->events, text, sizeof(text)));
	EXPECT_EQ(0, snapshot_changes(online));
	snapshot_free(online);
	free(log);
	close(fd);
}

/* A child that shrinks and exits with the errno. */
static pid_t start_shrink(unsigned long bytes)
{
	pid_t pid = fork();

	if (!pid)
		_exit(-shrink(bytes));
	return pid;
}

TEST_F(shrink, it_can_be_cancelled)
{
	struct progress seen;
	unsigned long wanted;
	int status, fd;
	pid_t writer;
	char *log;

	ASSERT_EQ(0, block_put(self->id[3], "state", variant->on));
	ASSERT_EQ(0, hold_page(self->pipe[1], self->node));
	ASSERT_EQ(0, change_blocks(variant->on, &self->dimm));
	fd = log_open();
	wanted = nr_free() + 1;
	writer = start_shrink(wanted * block_bytes());
	ASSERT_TRUE(progress_wait("offline", &seen, SECONDS));
	EXPECT_EQ(wanted, seen.blocks);
	EXPECT_EQ(self->id[3], seen.last);
	EXPECT_EQ(0, progress_cancel());
	ASSERT_EQ(writer, waitpid(writer, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EINTR, WEXITSTATUS(status));
	EXPECT_TRUE(told(wanted * block_bytes(), 0));
	EXPECT_TRUE(blocks_read(&self->dimm, "state", "online"));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, "memory_hotplug: offline of "));
	EXPECT_EQ(1, text_count(log, ": cancelled"));
	free(log);
	close(fd);
}

TEST_HARNESS_MAIN
