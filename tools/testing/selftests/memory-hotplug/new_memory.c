// SPDX-License-Identifier: GPL-2.0
/*
 * Where programs get new memory while a block of the zone leaves that they would
 * get it from: in the zone below, as it would have to move soon.
 */
#include <sys/wait.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define SIZE		(8UL << 20)
#define PATIENCE	60	/* seconds */

FIXTURE(new_memory) {
	struct blocks blocks;
	char *held;
	bool ready;
};

static char *map_small_pages(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE))
		return NULL;
	memset(memory, 1, size);
	return memory;
}

FIXTURE_SETUP(new_memory)
{
	char request[TEXT_MAX];

	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr < 2 || block_node(self->blocks.id[0]))
		SKIP(return, "no two hot-plugged blocks on the first node");
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_kernel"));
	self->held = map_small_pages(4096);
	ASSERT_NE(NULL, self->held);
	if (!blocks_have(&self->blocks, pfn_block(user_pfn(self->held))))
		SKIP(return, "boot memory is in the same zone");
	snprintf(request, sizeof(request), "get %p 1", self->held);
	ASSERT_EQ(0, put_text(request, PAGES_DIR "/hold"));
	self->ready = true;
}

FIXTURE_TEARDOWN(new_memory)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, release_pages());
	munmap(self->held, 4096);
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

/* The page that is held keeps the offline going for two seconds. */
TEST_F(new_memory, is_where_it_can_stay)
{
	const unsigned int block = pfn_block(user_pfn(self->held));
	struct progress progress;
	char *before, *meanwhile;
	pid_t pid;

	before = map_small_pages(SIZE);
	ASSERT_NE(NULL, before);
	EXPECT_EQ(SIZE / 4096, pages_within(before, SIZE, &self->blocks));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(-block_put(block, "state", "offline"));
	do {
		ASSERT_TRUE(progress_wait("offline", &progress, PATIENCE));
	} while (!progress.pages_done);
	meanwhile = map_small_pages(SIZE);
	ASSERT_NE(NULL, meanwhile);
	EXPECT_EQ(0, pages_within(meanwhile, SIZE, &self->blocks));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	munmap(meanwhile, SIZE);
	munmap(before, SIZE);
}

TEST_HARNESS_MAIN
