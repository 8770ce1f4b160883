// SPDX-License-Identifier: GPL-2.0
/*
 * Memory comes, is used and goes, again and again, while stress-ng fills all
 * the memory there is and verifies what it reads: nothing is lost, nobody is
 * killed, and every block that kernel memory has not claimed leaves.
 *
 * To have such memory, boot with mem= set to less than there is.
 */
#include <signal.h>
#include <sched.h>

#include "lib/harness.h"
#include "lib/mhp.h"

/* Blocks that stay, and those that come and go. */
#define STAY		2
#define COME		2
/*
 * MiB: what the small stressors need when all of them are at their peak (what is
 * mapped anew is there twice), and what the kernel wants to have free.
 */
#define SMALL_ONES	96
#define RESERVE		64
#define FULL		(3 * RESERVE)
#define PATIENCE	60	/* seconds */

/*
 * In shares of eight of the memory that the small ones leave: what is taken
 * once and kept, and what is taken anew all the time.
 */
static const struct stressor {
	const char *command;
	unsigned int share;
} stressors[] = {
	{ "--vm 1 --vm-keep --vm-method zero-one --vm-bytes %luM", 6 },
	{ "--vm 1 --vm-method zero-one --vm-bytes %luM", 1 },
	{ "--vm 1 --vm-method swap --vm-bytes %luM", 1 },
	{ "--mmap 1 --mmap-bytes 16M --mremap 1 --mremap-bytes 16M", 0 },
	{ "--shm 1 --shm-bytes 4M --shm-objs 8 --pipe 1 --fork 1", 0 },
	{ "--dentry 1 --dentries 1000 --fault 1", 0 },
};

FIXTURE(under_load) {
	struct blocks spare;
	struct blocks come;
	pid_t stressor[ARRAY_SIZE(stressors)];
	long long killed;
	int log;
};

FIXTURE_VARIANT(under_load) {
	const char *on;
	unsigned int rounds;
};

FIXTURE_VARIANT_ADD(under_load, normal) {
	.on = "online", .rounds = 5,
};

FIXTURE_VARIANT_ADD(under_load, movable) {
	.on = "online_movable", .rounds = 2,
};

static pid_t start_stressor(const char *options, unsigned long megabytes)
{
	char command[1024];
	int len;
	pid_t pid;

	len = snprintf(command, sizeof(command),
		       "exec stress-ng -q --verify --oomable --temp-path /tmp ");
	snprintf(command + len, sizeof(command) - len, options, megabytes);
	pid = fork();
	if (pid)
		return pid;
	nice(19);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void start_load(pid_t *pids)
{
	const long long available = get_field("/proc/meminfo",
					      "MemAvailable:") / 1024;
	const long long all = available - SMALL_ONES - RESERVE;
	unsigned int i;

	ksft_print_msg("load of %lld MiB, %lld MiB available\n",
		       all + SMALL_ONES, available);
	for (i = 0; i < ARRAY_SIZE(stressors); i++)
		pids[i] = start_stressor(stressors[i].command,
					 all * stressors[i].share / 8);
}

static int add_and_online(unsigned int block, const char *on)
{
	const int err = block_exists(block) ? 0 :
			range_change("add", block, 1);

	if (err || block_online(block))
		return err;
	return block_put(block, "state", on);
}

FIXTURE_SETUP(under_load)
{
	unsigned int i;

	blocks_spare(&self->spare);
	if (self->spare.nr < STAY + COME)
		SKIP(return, "no spare memory: boot with mem=");
	blocks_first(&self->spare, STAY + COME);
	ASSERT_EQ(0, module_load("mhp_range", ""));
	for (i = 0; i < COME; i++)
		self->come.id[self->come.nr++] = self->spare.id[STAY + i];
	for (i = 0; i < STAY; i++)
		ASSERT_EQ(0, add_and_online(self->spare.id[i], variant->on));
	self->log = log_open();
	self->killed = get_field("/proc/vmstat", "oom_kill");
	start_load(self->stressor);
}

FIXTURE_TEARDOWN(under_load)
{
	char *log;

	if (!self->log)
		return;
	EXPECT_EQ(self->killed, get_field("/proc/vmstat", "oom_kill"));
	log = log_read(self->log);
	EXPECT_EQ(0, text_count(log, "page allocation failure"));
	EXPECT_EQ(NULL, text_splat(log)) {
		TH_LOG("%.2000s", log);
	}
	free(log);
	EXPECT_EQ(0, module_unload("mhp_range"));
	EXPECT_TRUE(free_pages_agree());
}

/* Whoever looks at its memory map sees that half of it is in use. */
static bool wait_for_use(unsigned int block)
{
	const double end = now() + PATIENCE;

	while (block_free_pages(block) > block_pages() / 2 && now() < end)
		sched_yield();
	return block_free_pages(block) <= block_pages() / 2;
}

static bool wait_until_full(void)
{
	const double end = now() + PATIENCE;

	while (get_field("/proc/meminfo", "MemFree:") / 1024 > FULL &&
	       now() < end)
		sched_yield();
	return now() < end;
}

/* Those that kernel memory has claimed may stay. */
static void take_away(struct __test_metadata *_metadata,
		      const struct blocks *blocks)
{
	unsigned int i, id;
	int err;

	for (i = 0; i < blocks->nr; i++) {
		id = blocks->id[i];
		if (!block_exists(id))
			continue;
		err = block_put(id, "state", "offline");
		if (err && block_reads(id, "owner", "pinned"))
			continue;
		EXPECT_EQ(0, err) {
			TH_LOG("memory%u", id);
		}
		EXPECT_EQ(0, range_change("remove", id, 1));
	}
}

static void one_round(struct __test_metadata *_metadata,
		      const struct blocks *come, const char *on)
{
	unsigned int i;

	for (i = 0; i < come->nr; i++)
		EXPECT_EQ(0, add_and_online(come->id[i], on));
	EXPECT_TRUE(wait_for_use(come->id[0]));
	take_away(_metadata, come);
}

static void stop_load(struct __test_metadata *_metadata, const pid_t *pids)
{
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(stressors); i++)
		kill(pids[i], SIGINT);
	for (i = 0; i < ARRAY_SIZE(stressors); i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("stress-ng %s", stressors[i].command);
		}
	}
}

TEST_F(under_load, memory_comes_and_goes)
{
	unsigned int i;
	double begin;

	EXPECT_TRUE(wait_until_full());
	for (i = 0; i < variant->rounds; i++) {
		begin = now();
		one_round(_metadata, &self->come, variant->on);
		ksft_print_msg("round %u: %.1f s, %lld MiB free\n", i,
			       now() - begin,
			       get_field("/proc/meminfo", "MemFree:") / 1024);
	}
	stop_load(_metadata, self->stressor);
	take_away(_metadata, &self->spare);
}

TEST_HARNESS_MAIN
