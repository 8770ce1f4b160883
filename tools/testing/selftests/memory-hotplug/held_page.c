// SPDX-License-Identifier: GPL-2.0
/*
 * An offline that can not succeed because somebody holds a page ends in
 * bounded time with EBUSY, and the block is as it was. When the page is let go,
 * the block goes.
 */
#include <fcntl.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define PIPE_BYTES	1048576
/* The deadline is at 30, and what is under way then is ended in order. */
#define SECONDS		60

FIXTURE(held_page) {
	unsigned int block;
	int pipe[2];
	char *memory;
	size_t size;
	struct snapshot *online;
};

FIXTURE_VARIANT(held_page) {
	const char *on;
	const char *how;
};

FIXTURE_VARIANT_ADD(held_page, by_a_pipe_in_movable) {
	.on = "online_movable",
};

FIXTURE_VARIANT_ADD(held_page, by_a_pipe_in_normal) {
	.on = "online_kernel",
};

FIXTURE_VARIANT_ADD(held_page, by_a_reference_in_movable) {
	.on = "online_movable", .how = "get",
};

FIXTURE_VARIANT_ADD(held_page, by_a_long_pin_in_normal) {
	.on = "online_kernel", .how = "pin",
};

static int take_memory(const char *how, int pipe, void *memory, size_t size)
{
	struct iovec range = { .iov_base = memory, .iov_len = size };
	char request[TEXT_MAX];

	if (!how)
		return vmsplice(pipe, &range, 1, 0) == (ssize_t)size ?
		       0 : -errno;
	snprintf(request, sizeof(request), "%s %p 1", how, memory);
	return put_text(request, PAGES_DIR "/hold");
}

FIXTURE_SETUP(held_page)
{
	struct blocks blocks;

	blocks_hotplugged(&blocks);
	if (!blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&blocks));
	self->block = blocks.id[blocks.nr - 1];
	if (node_pages(block_node(self->block), "present"))
		SKIP(return, "no node with hot-plugged memory only");
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, block_put(self->block, "state", variant->on));

	ASSERT_EQ(0, pipe(self->pipe));
	ASSERT_EQ(PIPE_BYTES, fcntl(self->pipe[1], F_SETPIPE_SZ, PIPE_BYTES));
	self->size = variant->how ? 4096 : PIPE_BYTES;
	self->memory = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	ASSERT_EQ(0, place_on_node(self->memory, self->size,
				   block_node(self->block)));
	memset(self->memory, 1, self->size);
	ASSERT_EQ(self->block, pfn_block(user_pfn(self->memory)));
	ASSERT_EQ(0, take_memory(variant->how, self->pipe[1], self->memory,
				 self->size));
	self->online = snapshot_take();
}

FIXTURE_TEARDOWN(held_page)
{
	if (!self->online)
		return;
	snapshot_free(self->online);
	close(self->pipe[0]);
	close(self->pipe[1]);
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, block_put(self->block, "state", "offline"));
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

TEST_F(held_page, it_ends_soon_and_changes_nothing)
{
	double begin = now();
	int fd = log_open();
	char *log;

	EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	EXPECT_GT(SECONDS, now() - begin);
	EXPECT_EQ(0, snapshot_changes(self->online));
	log = log_read(fd);
	EXPECT_EQ(1, text_count(log, "memory_hotplug: offline of memory"));
	EXPECT_EQ(1, text_count(log, ": held page at pfn 0x") +
		     text_count(log, ": timed out"));
	EXPECT_EQ(file_exists(DEBUG_DIR "/page_owner"),
		  text_count(log, "page_owner tracks the page as allocated"));
	EXPECT_EQ(NULL, text_splat(log));
	free(log);
	close(fd);
}

TEST_F(held_page, it_can_be_tried_again)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	EXPECT_EQ(0, snapshot_changes(self->online));
}

/* All that is free in the block can be had. */
TEST_F(held_page, the_rest_of_the_block_stays_in_use)
{
	int node = block_node(self->block);
	size_t pages, size, i;
	char *memory;

	EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	pages = node_free_pages(node) / 4 * 3;
	size = pages * 4096;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, place_on_node(memory, size, node));
	for (i = 0; i < size; i += 4096)
		memory[i] = 1;
	EXPECT_EQ(self->block, pfn_block(user_pfn(memory)));
	EXPECT_EQ(self->block, pfn_block(user_pfn(memory + size - 4096)));
	EXPECT_GT(pages, node_free_pages(node));
	munmap(memory, size);
}

TEST_HARNESS_MAIN
