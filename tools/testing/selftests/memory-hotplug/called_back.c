// SPDX-License-Identifier: GPL-2.0
/*
 * Who needs memory while some of it leaves gets it back: the operation ends, and
 * nobody is killed.
 */
#include <sys/wait.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define MEGABYTE	1048576UL
/* Enough for the kernel as long as the blocks are out of reach. */
#define LEFT_BYTES	(32 * MEGABYTE)

FIXTURE(called_back) {
	struct blocks blocks;
	char *held;
	pid_t hog;
};

FIXTURE_SETUP(called_back)
{
	char request[TEXT_MAX];
	int node = hotplugged_node(&self->blocks);

	if (node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_kernel"));
	self->held = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->held);
	ASSERT_EQ(0, place_on_node(self->held, 4096, node));
	*self->held = 1;
	snprintf(request, sizeof(request), "get %p 1", self->held);
	ASSERT_EQ(0, put_text(request, PAGES_DIR "/hold"));
	self->hog = hog_start(0, node_pages(0, "high") + LEFT_BYTES / 4096,
			      HOG_LEAVES_ANY);
	ASSERT_LT(0, self->hog);
}

/* Kernel memory may have got into the blocks: they stay. */
FIXTURE_TEARDOWN(called_back)
{
	if (self->hog <= 0)
		return;
	hog_stop(self->hog);
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

static void touch(char *memory, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 4096)
		memory[i] = 1;
}

/*
 * A page is held, so that the others are out of reach for a while. What is
 * wanted meanwhile is there when they come back.
 */
TEST_F(called_back, before_anybody_is_killed)
{
	const long long killed = get_field("/proc/vmstat", "oom_kill");
	const size_t size = LEFT_BYTES + 32 * MEGABYTE;
	struct progress progress;
	char *memory;
	int status;
	pid_t pid;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(-change_blocks("offline", &self->blocks));
	ASSERT_TRUE(progress_wait("offline", &progress, 60));
	touch(memory, size);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ENOMEM, WEXITSTATUS(status));
	EXPECT_EQ(killed, get_field("/proc/vmstat", "oom_kill"));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", "Normal"));
	munmap(memory, size);
}

TEST_HARNESS_MAIN
