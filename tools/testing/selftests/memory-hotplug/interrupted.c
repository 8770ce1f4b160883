// SPDX-License-Identifier: GPL-2.0
/*
 * A signal ends an offline: its writer gets EINTR, the block is online in its
 * zone and all its memory can be used.
 *
 * To have an offline that takes a while, a page of the block is held by a
 * pipe. The kernel tries for some time to get it back.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define PASS_EVENT	TRACE_DIR "/events/memory_hotplug/mhp_evacuate_pass"

FIXTURE(interrupted) {
	unsigned int block;
	int node;
	int pipe[2];
	void *page;
	struct snapshot *online;
	pid_t writer;
};

FIXTURE_VARIANT(interrupted) {
	const char *on;
	const char *zone;
};

FIXTURE_VARIANT_ADD(interrupted, movable) {
	.on = "online_movable", .zone = "Movable",
};

FIXTURE_VARIANT_ADD(interrupted, normal) {
	.on = "online_kernel", .zone = "Normal",
};

static int hold_page(void *page, int pipe)
{
	struct iovec range = { .iov_base = page, .iov_len = 4096 };

	return vmsplice(pipe, &range, 1, 0) == 4096 ? 0 : -errno;
}

FIXTURE_SETUP(interrupted)
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

	self->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	ASSERT_EQ(0, place_on_node(self->page, 4096, self->node));
	*(char *)self->page = 1;
	ASSERT_EQ(self->block, pfn_block(user_pfn(self->page)));
	ASSERT_EQ(0, pipe(self->pipe));
	ASSERT_EQ(0, hold_page(self->page, self->pipe[1]));
	self->online = snapshot_take();
}

FIXTURE_TEARDOWN(interrupted)
{
	if (!self->online)
		return;
	EXPECT_TRUE(block_reads(self->block, "state", "online"));
	EXPECT_TRUE(block_reads(self->block, "valid_zones", variant->zone));
	EXPECT_EQ(0, snapshot_changes(self->online));
	snapshot_free(self->online);
	close(self->pipe[0]);
	close(self->pipe[1]);
	EXPECT_EQ(0, block_put(self->block, "state", "offline"));
}

static void ignore(int signal)
{
}

/* A child that puts the block offline and exits with the errno. */
static pid_t start_offline(unsigned int block, int handled, int flags,
			   int blocked)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = flags };
	sigset_t set;
	pid_t pid = fork();

	if (pid)
		return pid;
	if (handled)
		sigaction(handled, &action, NULL);
	sigemptyset(&set);
	if (blocked)
		sigaddset(&set, blocked);
	sigprocmask(SIG_SETMASK, &set, NULL);
	_exit(-block_put(block, "state", "offline"));
}

static bool wait_until_going_offline(unsigned int block)
{
	double end = now() + 10;
	char state[TEXT_MAX];

	while (now() < end) {
		block_get(block, "state", state, sizeof(state));
		if (!strcmp(state, "going-offline"))
			return true;
		sched_yield();
	}
	return false;
}

TEST_F(interrupted, by_a_signal_with_a_handler)
{
	int status;

	self->writer = start_offline(self->block, SIGUSR1, 0, 0);
	ASSERT_TRUE(wait_until_going_offline(self->block));
	ASSERT_EQ(0, kill(self->writer, SIGUSR1));
	ASSERT_EQ(self->writer, waitpid(self->writer, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EINTR, WEXITSTATUS(status));
}

/* A write that would be restarted for ever could not be interrupted at all. */
TEST_F(interrupted, by_a_signal_whose_calls_restart)
{
	int status;

	self->writer = start_offline(self->block, SIGUSR1, SA_RESTART, 0);
	ASSERT_TRUE(wait_until_going_offline(self->block));
	ASSERT_EQ(0, kill(self->writer, SIGUSR1));
	ASSERT_EQ(self->writer, waitpid(self->writer, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EINTR, WEXITSTATUS(status));
}

TEST_F(interrupted, by_a_signal_that_kills)
{
	int status;

	self->writer = start_offline(self->block, 0, 0, 0);
	ASSERT_TRUE(wait_until_going_offline(self->block));
	ASSERT_EQ(0, kill(self->writer, SIGKILL));
	ASSERT_EQ(self->writer, waitpid(self->writer, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

TEST_F(interrupted, not_by_a_signal_that_is_blocked)
{
	int status;

	self->writer = start_offline(self->block, SIGUSR1, 0, SIGUSR1);
	ASSERT_TRUE(wait_until_going_offline(self->block));
	ASSERT_EQ(0, kill(self->writer, SIGUSR1));
	ASSERT_EQ(self->writer, waitpid(self->writer, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EBUSY, WEXITSTATUS(status));
}

/* Waits for the first pass over the pages; false if it can not be seen. */
static bool wait_until_evacuating(int trace)
{
	struct pollfd events = { .fd = trace, .events = POLLIN };
	char text[4096];

	return poll(&events, 1, 10000) == 1 &&
	       read(trace, text, sizeof(text)) > 0;
}

TEST_F(interrupted, while_pages_are_moved)
{
	int status, trace;

	trace_forget();
	trace = open(TRACE_DIR "/trace_pipe", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, trace);
	ASSERT_EQ(0, put_text("1", PASS_EVENT "/enable"));
	self->writer = start_offline(self->block, SIGUSR1, 0, 0);
	EXPECT_TRUE(wait_until_evacuating(trace));
	ASSERT_EQ(0, kill(self->writer, SIGUSR1));
	ASSERT_EQ(self->writer, waitpid(self->writer, &status, 0));
	EXPECT_EQ(0, put_text("0", PASS_EVENT "/enable"));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EINTR, WEXITSTATUS(status));
	close(trace);
}

TEST_F(interrupted, the_log_says_so_in_one_line)
{
	int status, fd = log_open();
	char *log;

	self->writer = start_offline(self->block, SIGUSR1, 0, 0);
	ASSERT_TRUE(wait_until_going_offline(self->block));
	ASSERT_EQ(0, kill(self->writer, SIGUSR1));
	ASSERT_EQ(self->writer, waitpid(self->writer, &status, 0));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, "memory_hotplug: offline of memory"));
	EXPECT_EQ(1, text_count(log, "interrupted"));
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
	close(fd);
}

TEST_HARNESS_MAIN
