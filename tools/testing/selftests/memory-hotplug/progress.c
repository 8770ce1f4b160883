// SPDX-License-Identifier: GPL-2.0
/*
 * The file progress shows the operation that runs, does not wait for it, and
 * ends it as a signal would.
 *
 * To have an offline that takes a while, pages of a block are held by a pipe.
 * The kernel tries for some time to get them back.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define HELD_BYTES	65536
#define HELD_PAGES	(HELD_BYTES / 4096)
#define SECONDS		20

FIXTURE(progress) {
	unsigned int block;
	int node;
	int pipe[2];
	struct progress seen;
	struct snapshot *online;
	pid_t writer;
};

FIXTURE_VARIANT(progress) {
	const char *on;
	const char *zone;
};

FIXTURE_VARIANT_ADD(progress, movable) {
	.on = "online_movable", .zone = "Movable",
};

FIXTURE_VARIANT_ADD(progress, normal) {
	.on = "online_kernel", .zone = "Normal",
};

static int hold_pages(int pipe, int node)
{
	struct iovec range = { .iov_len = HELD_BYTES };

	range.iov_base = mmap(NULL, HELD_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (range.iov_base == MAP_FAILED ||
	    place_on_node(range.iov_base, HELD_BYTES, node))
		return -errno;
	memset(range.iov_base, 1, HELD_BYTES);
	return vmsplice(pipe, &range, 1, 0) == HELD_BYTES ? 0 : -errno;
}

FIXTURE_SETUP(progress)
{
	struct blocks blocks;

	blocks_hotplugged(&blocks);
	if (!blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&blocks));
	self->block = blocks.id[blocks.nr - 1];
	self->node = block_node(self->block);
	if (node_pages(self->node, "present"))
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, block_put(self->block, "state", variant->on));
	ASSERT_EQ(0, pipe(self->pipe));
	ASSERT_EQ(0, hold_pages(self->pipe[1], self->node));
	self->online = snapshot_take();
}

FIXTURE_TEARDOWN(progress)
{
	if (!self->online)
		return;
	EXPECT_TRUE(progress_read(&self->seen));
	EXPECT_STREQ("none", self->seen.operation);
	EXPECT_TRUE(block_reads(self->block, "state", "online"));
	EXPECT_TRUE(block_reads(self->block, "valid_zones", variant->zone));
	EXPECT_EQ(0, snapshot_changes(self->online));
	snapshot_free(self->online);
	close(self->pipe[0]);
	close(self->pipe[1]);
	EXPECT_EQ(0, block_put(self->block, "state", "offline"));
}

/* A child that puts the block offline and exits with the errno. */
static pid_t start_offline(unsigned int block)
{
	pid_t pid = fork();

	if (!pid)
		_exit(-block_put(block, "state", "offline"));
	return pid;
}

static int result_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	       WEXITSTATUS(status) : -1;
}

TEST_F(progress, nothing_runs)
{
	EXPECT_TRUE(progress_read(&self->seen));
	EXPECT_STREQ("none", self->seen.operation);
	EXPECT_EQ(-ESRCH, progress_cancel());
}

/* It is read while the operation holds device_hotplug_lock. */
TEST_F(progress, an_offline_is_shown)
{
	self->writer = start_offline(self->block);
	ASSERT_TRUE(progress_wait("offline", &self->seen, SECONDS));
	EXPECT_EQ(1, self->seen.blocks);
	EXPECT_EQ(self->block, self->seen.first);
	EXPECT_EQ(self->block, self->seen.last);
	EXPECT_GT(SECONDS, self->seen.seconds);
	EXPECT_EQ(0, progress_cancel());
	EXPECT_EQ(EINTR, result_of(self->writer));
}

static bool wait_until_left(struct progress *seen, unsigned long pages)
{
	const double end = now() + SECONDS;

	while (now() < end && progress_wait("offline", seen, SECONDS))
		if (seen->pages_left == pages)
			return true;
	return false;
}

/* All pages but those that are held are moved, and counted. */
TEST_F(progress, pages_are_counted)
{
	struct pattern pattern;

	ASSERT_EQ(0, pattern_create(&pattern, PATTERN_ANON, 8UL << 20,
				    self->node));
	self->writer = start_offline(self->block);
	EXPECT_TRUE(wait_until_left(&self->seen, HELD_PAGES)) {
		TH_LOG("%lu pages done, %lu left", self->seen.pages_done,
		       self->seen.pages_left);
	}
	EXPECT_LE(pattern.size / 4096, self->seen.pages_done);
	EXPECT_EQ(0, progress_cancel());
	EXPECT_EQ(EINTR, result_of(self->writer));
	EXPECT_EQ(0, pattern_damage(&pattern));
	pattern_destroy(&pattern);
}

TEST_F(progress, cancel_ends_it_with_a_line_in_the_log)
{
	int fd = log_open();
	char *log;

	self->writer = start_offline(self->block);
	ASSERT_TRUE(progress_wait("offline", &self->seen, SECONDS));
	EXPECT_EQ(0, progress_cancel());
	EXPECT_EQ(EINTR, result_of(self->writer));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, "memory_hotplug: offline of memory"));
	EXPECT_EQ(1, text_count(log, ": cancelled"));
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
	close(fd);
}

TEST_F(progress, it_can_be_cancelled_again_and_again)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		self->writer = start_offline(self->block);
		ASSERT_TRUE(progress_wait("offline", &self->seen, SECONDS));
		EXPECT_EQ(0, progress_cancel());
		EXPECT_EQ(EINTR, result_of(self->writer));
	}
}

/* A child that puts a block online and offline until it is killed. */
static pid_t start_changing(unsigned int block)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		block_put(block, "state", "online_movable");
		block_put(block, "state", "offline");
	}
}

static bool wait_until_refused(void)
{
	const double end = now() + 3 * SECONDS;

	while (now() < end)
		if (progress_cancel() == -EOPNOTSUPP)
			return true;
	return false;
}

/* What is cancelled is the offline or, in between, the online that can not be. */
TEST_F(progress, an_online_can_not_be_cancelled)
{
	struct blocks blocks;
	unsigned int other;

	blocks_hotplugged(&blocks);
	if (blocks.nr < 2)
		SKIP(return, "less than two hot-plugged blocks");
	other = blocks.id[blocks.nr - 2];
	self->writer = start_changing(other);
	EXPECT_TRUE(wait_until_refused());
	ASSERT_EQ(0, kill(self->writer, SIGKILL));
	ASSERT_EQ(self->writer, waitpid(self->writer, NULL, 0));
	if (block_online(other))
		EXPECT_EQ(0, block_put(other, "state", "offline"));
}

TEST_HARNESS_MAIN
