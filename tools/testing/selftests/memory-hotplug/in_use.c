// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of every kind is moved out of blocks that go offline, while it is in
 * use, and holds afterwards what it held before.
 */
#include <signal.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED		2
#define MEGABYTE	1048576UL
#define EACH_BYTES	(16 * MEGABYTE)

FIXTURE(in_use) {
	struct blocks blocks;
	int node;
	struct pattern patterns[NR_PATTERN_KINDS];
	struct snapshot *before;
};

FIXTURE_VARIANT(in_use) {
	const char *on;
};

FIXTURE_VARIANT_ADD(in_use, movable) {
	.on = "online_movable",
};

FIXTURE_VARIANT_ADD(in_use, normal) {
	.on = "online_kernel",
};

FIXTURE_SETUP(in_use)
{
	struct blocks all;
	unsigned int kind;

	blocks_hotplugged(&all);
	if (!all.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&all));
	self->node = block_node(all.id[all.nr - 1]);
	blocks_on_node(&self->blocks, &all, self->node);
	if (self->blocks.nr < NEEDED || node_pages(self->node, "present"))
		SKIP(return, "no node with %d hot-plugged blocks only", NEEDED);
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", variant->on));
	for (kind = 0; kind < NR_PATTERN_KINDS; kind++) {
		ASSERT_EQ(0, pattern_create(&self->patterns[kind], kind,
					    EACH_BYTES, self->node)) {
			TH_LOG("%s", pattern_name(kind));
		}
	}
}

FIXTURE_TEARDOWN(in_use)
{
	unsigned int kind;

	if (!self->before)
		return;
	for (kind = 0; kind < NR_PATTERN_KINDS; kind++)
		pattern_destroy(&self->patterns[kind]);
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/* Are the patterns on the node at all? */
static bool node_is_used(int node, size_t bytes)
{
	return node_pages(node, "managed") - node_free_pages(node) >=
	       (long long)(bytes / 4096);
}

#define EXPECT_UNHARMED()						\
	do {								\
		unsigned int kind_;					\
									\
		for (kind_ = 0; kind_ < NR_PATTERN_KINDS; kind_++) {	\
			EXPECT_EQ(0, pattern_damage(&self->patterns[kind_])) {\
				TH_LOG("%s", pattern_name(kind_));	\
			}						\
		}							\
	} while (0)

TEST_F(in_use, all_blocks_leave_in_one_operation)
{
	ASSERT_TRUE(node_is_used(self->node, NR_PATTERN_KINDS * EACH_BYTES));
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	EXPECT_UNHARMED();
}

TEST_F(in_use, the_blocks_leave_one_by_one)
{
	ASSERT_TRUE(node_is_used(self->node, NR_PATTERN_KINDS * EACH_BYTES));
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	EXPECT_UNHARMED();
}

TEST_F(in_use, a_request_that_is_wrong_moves_nothing)
{
	long long used = node_free_pages(self->node);
	char request[TEXT_MAX];

	snprintf(request, sizeof(request), "offline %u,4000000000",
		 self->blocks.id[0]);
	EXPECT_EQ(-ENODEV, put_text(request, MEMORY_DIR "/state"));
	EXPECT_EQ(used, node_free_pages(self->node));
	EXPECT_UNHARMED();
}

/* A child that changes words and reads them back until it is told to stop. */
static pid_t start_working(unsigned long *words, size_t nr, int ready)
{
	pid_t pid = fork();
	unsigned long round;
	size_t i;

	if (pid)
		return pid;
	for (round = 1;; round++) {
		for (i = 0; i < nr; i += 64)
			words[i] = round + i;
		for (i = 0; i < nr; i += 64)
			if (words[i] != round + i)
				_exit(1);
		if (round == 1 && write(ready, "", 1) != 1)
			_exit(1);
	}
}

TEST_F(in_use, the_blocks_leave_under_a_running_program)
{
	size_t size = EACH_BYTES;
	unsigned long *words;
	int status, ready[2];
	pid_t pid;
	char byte;

	words = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, words);
	ASSERT_EQ(0, place_on_node(words, size, self->node));
	ASSERT_EQ(0, pipe(ready));
	pid = start_working(words, size / sizeof(*words), ready[1]);
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_UNHARMED();
}

TEST_HARNESS_MAIN
