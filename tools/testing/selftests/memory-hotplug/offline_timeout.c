// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody lets go of the pages of a block one by one: as long as there is
 * progress an offline goes on, but not beyond offline_timeout.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define PIPE_BYTES	1048576

FIXTURE(slow) {
	unsigned int block;
	int pipe[2];
	pid_t reader;
	char timeout[TEXT_MAX];
};

FIXTURE_SETUP(slow)
{
	struct blocks blocks;
	struct iovec range;

	blocks_hotplugged(&blocks);
	if (!blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&blocks));
	self->block = blocks.id[blocks.nr - 1];
	if (node_pages(block_node(self->block), "present"))
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_LT(0, get_text(self->timeout, sizeof(self->timeout),
			      PARAM_DIR "/offline_timeout"));
	ASSERT_EQ(0, block_put(self->block, "state", "online_movable"));

	range.iov_len = PIPE_BYTES;
	range.iov_base = mmap(NULL, PIPE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, range.iov_base);
	ASSERT_EQ(0, place_on_node(range.iov_base, PIPE_BYTES,
				   block_node(self->block)));
	memset(range.iov_base, 1, PIPE_BYTES);
	ASSERT_EQ(0, pipe(self->pipe));
	ASSERT_EQ(PIPE_BYTES, fcntl(self->pipe[1], F_SETPIPE_SZ, PIPE_BYTES));
	ASSERT_EQ(PIPE_BYTES, vmsplice(self->pipe[1], &range, 1, 0));
	munmap(range.iov_base, PIPE_BYTES);
}

FIXTURE_TEARDOWN(slow)
{
	if (!self->reader)
		return;
	kill(self->reader, SIGKILL);
	waitpid(self->reader, NULL, 0);
	close(self->pipe[0]);
	close(self->pipe[1]);
	EXPECT_EQ(0, put_text(self->timeout, PARAM_DIR "/offline_timeout"));
	EXPECT_EQ(0, block_put(self->block, "state", "offline"));
}

/* A child that takes a page out of the pipe every now and then. */
static pid_t start_letting_go(int pipe, useconds_t pause)
{
	char page[4096];
	pid_t pid = fork();

	if (pid)
		return pid;
	while (read(pipe, page, sizeof(page)) == sizeof(page))
		usleep(pause);
	_exit(0);
}

TEST_F(slow, the_deadline_counts_even_with_progress)
{
	int fd = log_open();
	double begin;
	char *log;

	ASSERT_EQ(0, put_text("1", PARAM_DIR "/offline_timeout"));
	self->reader = start_letting_go(self->pipe[0], 50000);
	begin = now();
	EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	EXPECT_LT(0.9, now() - begin);
	EXPECT_GT(11, now() - begin);
	EXPECT_TRUE(block_reads(self->block, "state", "online"));
	EXPECT_TRUE(block_reads(self->block, "valid_zones", "Movable"));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, ": timed out"));
	free(log);
	close(fd);
}

TEST_F(slow, with_progress_it_succeeds_in_the_end)
{
	self->reader = start_letting_go(self->pipe[0], 10000);
	EXPECT_EQ(0, block_put(self->block, "state", "offline"));
	EXPECT_TRUE(block_reads(self->block, "state", "offline"));
}

TEST_HARNESS_MAIN
