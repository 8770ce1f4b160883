// SPDX-License-Identifier: GPL-2.0
/*
 * An offline is stopped at every moment of its life: by a signal, by the end of
 * its writer, by somebody who cancels it. It either comes too late, or all is as
 * it was: the blocks, their zones, every free page, and what is in the others.
 */
#include <sched.h>
#include <signal.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define MEGABYTE	1048576UL
#define EACH_BYTES	(2 * MEGABYTE)
#define MOMENTS		10
#define MAX_STEPS	32
#define PATIENCE	60	/* seconds */

#define PROGRESS	MEMORY_DIR "/progress"
#define STEP_EVENT	TRACE_DIR "/events/memory_hotplug/mhp_step/enable"

/* How to stop a writer that may have come to its end already. */

static int send_signal(pid_t writer)
{
	return kill(writer, SIGUSR1);
}

static int end_writer(pid_t writer)
{
	return kill(writer, SIGKILL);
}

/* Nothing runs, or what runs can not be stopped any more. */
static int cancel(pid_t writer)
{
	const int err = put_text("cancel", PROGRESS);

	return err == -ESRCH || err == -EOPNOTSUPP ? 0 : err;
}

FIXTURE(stopped_anywhere) {
	struct blocks blocks;
	int node;
	struct pattern patterns[NR_PATTERN_KINDS];
	struct snapshot *online;
};

FIXTURE_VARIANT(stopped_anywhere) {
	const char *on;
	const char *zone;
	int (*stop)(pid_t writer);
	const char *file;
};

FIXTURE_VARIANT_ADD(stopped_anywhere, by_a_signal_in_movable) {
	.on = "online_movable", .zone = "Movable", .stop = send_signal,
};

FIXTURE_VARIANT_ADD(stopped_anywhere, by_a_signal_in_normal) {
	.on = "online_kernel", .zone = "Normal", .stop = send_signal,
};

FIXTURE_VARIANT_ADD(stopped_anywhere, by_the_end_of_its_writer) {
	.on = "online_movable", .zone = "Movable", .stop = end_writer,
};

FIXTURE_VARIANT_ADD(stopped_anywhere, by_somebody_else) {
	.on = "online_movable", .zone = "Movable", .stop = cancel,
	.file = PROGRESS,
};

FIXTURE_SETUP(stopped_anywhere)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	if (variant->file && !file_exists("%s", variant->file))
		SKIP(return, "no %s", variant->file);
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", variant->on));
	self->online = snapshot_take();
}

FIXTURE_TEARDOWN(stopped_anywhere)
{
	if (!self->online)
		return;
	put_text("0", STEP_EVENT);
	EXPECT_EQ(0, snapshot_changes(self->online));
	snapshot_free(self->online);
	EXPECT_EQ(0, blocks_offline(&self->blocks));
}

static int fill(struct pattern *patterns, int node)
{
	unsigned int kind;
	int err = 0;

	for (kind = 0; kind < NR_PATTERN_KINDS && !err; kind++)
		err = pattern_create(&patterns[kind], kind, EACH_BYTES, node);
	return err;
}

static size_t empty(struct pattern *patterns)
{
	unsigned int kind;
	size_t bad = 0;

	for (kind = 0; kind < NR_PATTERN_KINDS; kind++) {
		bad += pattern_damage(&patterns[kind]);
		pattern_destroy(&patterns[kind]);
	}
	/* CPUs have lists of pages that are about to be used, and hold them. */
	put_text("1", "/proc/sys/vm/drop_caches");
	return bad;
}

static void ignore(int signal)
{
}

/* A child that puts the blocks offline and exits with the errno. */
static pid_t start_offline(const struct blocks *blocks)
{
	const struct sigaction action = { .sa_handler = ignore };
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		sigaction(SIGUSR1, &action, NULL);
		if (write(ready[1], "", 1) != 1)
			_exit(EPIPE);
		_exit(-change_blocks("offline", blocks));
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* 0 or -errno; -EINTR if it was killed, as then it has nobody to tell. */
static int result_of(pid_t writer)
{
	int status;

	if (waitpid(writer, &status, 0) != writer)
		return -ECHILD;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static void wait_until(double moment)
{
	while (now() < moment)
		sched_yield();
}

/*
 * What came too late is put online again; what did not has left all blocks
 * online. Returns whether it was stopped.
 */
static bool judge(struct __test_metadata *_metadata,
		  struct _test_data_stopped_anywhere *self,
		  const struct _fixture_variant_stopped_anywhere *variant,
		  pid_t writer)
{
	const int result = result_of(writer);
	bool stopped = blocks_read(&self->blocks, "state", "online");

	if (stopped) {
		EXPECT_EQ(-EINTR, result);
	} else {
		EXPECT_TRUE(!result || variant->stop == end_writer);
		EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
		EXPECT_EQ(0, blocks_put(&self->blocks, "state", variant->on));
	}
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", variant->zone));
	EXPECT_EQ(0, empty(self->patterns));
	EXPECT_EQ(0, snapshot_changes(self->online));
	return stopped;
}

static double time_of_offline(const struct blocks *blocks)
{
	const double begin = now();

	return result_of(start_offline(blocks)) ? -1 : now() - begin;
}

TEST_F(stopped_anywhere, after_any_time)
{
	unsigned int moment, stopped = 0;
	double takes, begin;
	pid_t writer;

	ASSERT_EQ(0, fill(self->patterns, self->node));
	takes = time_of_offline(&self->blocks);
	ASSERT_LT(0, takes);
	takes *= 1.2;
	EXPECT_EQ(0, empty(self->patterns));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", variant->on));

	for (moment = 0; moment < MOMENTS; moment++) {
		ASSERT_EQ(0, fill(self->patterns, self->node));
		writer = start_offline(&self->blocks);
		ASSERT_LT(0, writer);
		begin = now();
		wait_until(begin + takes * moment / MOMENTS);
		EXPECT_EQ(0, variant->stop(writer));
		stopped += judge(_metadata, self, variant, writer);
	}
	ksft_print_msg("%u of %u stopped within %.0f ms\n", stopped, MOMENTS,
		       1000 * takes);
	EXPECT_LT(0, stopped);
}

/* The names of the steps, in the order in which the trace has them. */
static unsigned int read_steps(char names[][32])
{
	char *text = get_whole_file(TRACE_DIR "/trace");
	const char *at = text;
	unsigned int nr = 0;

	while (at && nr < MAX_STEPS &&
	       (at = strstr(at, "operation=offline step="))) {
		at += strlen("operation=offline step=");
		if (sscanf(at, "%31s", names[nr]) == 1)
			nr++;
	}
	free(text);
	return nr;
}

TEST_F(stopped_anywhere, after_any_step)
{
	char names[MAX_STEPS][32], words[TEXT_MAX];
	unsigned int step, nr;
	pid_t writer;

	trace_forget();
	ASSERT_EQ(0, put_text("1", STEP_EVENT));
	ASSERT_LT(0, time_of_offline(&self->blocks));
	nr = read_steps(names);
	ASSERT_LT(5, nr);
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", variant->on));

	for (step = 0; step < nr; step++) {
		ASSERT_EQ(0, fill(self->patterns, self->node));
		snprintf(words, sizeof(words), "operation=offline step=%.31s ",
			 names[step]);
		trace_forget();
		writer = start_offline(&self->blocks);
		ASSERT_LT(0, writer);
		EXPECT_TRUE(trace_wait(words, PATIENCE)) {
			TH_LOG("%s", names[step]);
		}
		EXPECT_EQ(0, variant->stop(writer));
		judge(_metadata, self, variant, writer);
	}
}

TEST_HARNESS_MAIN
