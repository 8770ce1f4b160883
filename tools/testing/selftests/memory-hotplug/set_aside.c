// SPDX-License-Identifier: GPL-2.0
/*
 * A pinned block with little kernel memory left takes no more of it: it is set
 * aside. It leaves when the last page is given back, it is claimed before any
 * other, and nobody tries to move what is left in it.
 */
#include <fcntl.h>
#include <signal.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define EVENTS_DIR	TRACE_DIR "/events/memory_hotplug"
#define MIB		(1024UL * 1024)
#define PATIENCE	60	/* seconds */
#define USER_BYTES	(4 * MIB)
/* One is set aside; kernel memory must have enough room in the others. */
#define PINNED		3

FIXTURE(set_aside) {
	struct blocks blocks;
	unsigned int block;
	unsigned int spare;
	bool ready;
};

static int switch_events(const char *word)
{
	static const char * const events[] = {
		"mhp_claim", "mhp_set_aside", "mhp_evacuate_pass",
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(events) && !err; i++)
		err = put_text(word, EVENTS_DIR "/%s/enable", events[i]);
	return err;
}

FIXTURE_SETUP(set_aside)
{
	char options[TEXT_MAX];
	int node;

	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr <= PINNED)
		SKIP(return, "not enough hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	self->block = self->blocks.id[0];
	self->spare = self->blocks.id[PINNED];
	blocks_first(&self->blocks, PINNED);
	node = block_node(self->block);
	if (node_pages(node, "present"))
		SKIP(return, "no node with hot-plugged memory only");
	snprintf(options, sizeof(options), "node=%d", node);
	ASSERT_EQ(0, module_load("mhp_memory", options));
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	ASSERT_EQ(0, switch_events("1"));
	self->ready = true;
}

FIXTURE_TEARDOWN(set_aside)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, switch_events("0"));
	EXPECT_EQ(0, module_unload("mhp_memory"));
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, module_unload("mhp_pages"));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_TRUE(free_pages_agree());
}

static unsigned long megabytes_of(unsigned int nr_blocks)
{
	return nr_blocks * block_bytes() / MIB;
}

/*
 * The lowest block is claimed for the page, others for memory that is given
 * back at once. Then one block is more than kernel memory needs.
 */
static void set_aside_with(struct __test_metadata *_metadata,
			   const struct blocks *blocks, const char *kind)
{
	const unsigned int block = blocks->id[0];
	char words[TEXT_MAX];

	ASSERT_EQ(0, change_blocks("online_kernel", blocks));
	ASSERT_EQ(0, take_page(kind, block));
	ASSERT_EQ(0, take_kernel_memory("kernel", megabytes_of(PINNED - 1)));
	ASSERT_TRUE(blocks_read(blocks, "owner", "pinned"));
	ASSERT_EQ(0, give_kernel_memory("kernel", 1));
	snprintf(words, sizeof(words), "mhp_set_aside: start_pfn=0x%lx ",
		 block_pfn(block) + block_pages() - block_usable_pages());
	ASSERT_TRUE(trace_wait(words, PATIENCE));
	ASSERT_TRUE(block_reads(block, "owner", "pinned"));
}

static unsigned int trace_count(const char *words)
{
	char *text = get_whole_file(TRACE_DIR "/trace");
	const unsigned int nr = text_count(text, words);

	free(text);
	return nr;
}

/* User memory in the block, which could leave. */
static char *take_user_memory(unsigned int block)
{
	char *memory = mmap(NULL, USER_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED ||
	    place_on_node(memory, USER_BYTES, block_node(block)))
		return NULL;
	memset(memory, 1, USER_BYTES);
	return pfn_block(user_pfn(memory)) == block ? memory : NULL;
}

/* What is free on the lists of a processor is free when a block has left. */
static void empty_the_lists(struct __test_metadata *_metadata,
			    unsigned int spare)
{
	ASSERT_EQ(0, block_put(spare, "state", "online_kernel"));
	ASSERT_EQ(0, block_put(spare, "state", "offline"));
}

static void expect_kept(struct __test_metadata *_metadata, unsigned int block,
			const char *kind)
{
	unsigned long count, pfn;

	EXPECT_TRUE(block_reads(block, "owner", "pinned"));
	EXPECT_TRUE(block_reads(block, "removable", "0"));
	EXPECT_TRUE(block_blocker(block, kind, &count, &pfn));
	EXPECT_LE(pfn, held_pfn());
	EXPECT_GT(pfn + count, held_pfn());
}

static void expect_leaves(struct __test_metadata *_metadata, unsigned int block)
{
	ASSERT_EQ(0, release_pages());
	EXPECT_TRUE(block_reads(block, "removable", "1"));
	EXPECT_TRUE(block_reads(block, "blockers", ""));
	EXPECT_EQ(0, block_put(block, "state", "offline"));
}

/* What could be shrunk may be in the way, as long as it could be. */
TEST_F(set_aside, a_slab_that_stays_keeps_it_before_anything_is_moved)
{
	struct snapshot *before;
	unsigned long user, count, pfn;
	char line[TEXT_MAX];
	char *memory, *log;
	int fd;

	set_aside_with(_metadata, &self->blocks, "slab");
	memory = take_user_memory(self->block);
	ASSERT_NE(NULL, memory);
	user = user_pfn(memory);
	empty_the_lists(_metadata, self->spare);
	before = snapshot_take();
	expect_kept(_metadata, self->block, "slab");
	EXPECT_TRUE(block_blocker(self->block, "slab", &count, &pfn));

	trace_forget();
	fd = log_open();
	EXPECT_EQ(-EBUSY, block_put(self->block, "state", "offline"));
	EXPECT_EQ(0, trace_count("mhp_evacuate_pass: "));
	EXPECT_EQ(user, user_pfn(memory));
	log = log_read(fd);
	snprintf(line, sizeof(line),
		 "offline of memory%u failed in slabs: unmovable page at pfn 0x%lx ",
		 self->block, pfn);
	EXPECT_EQ(1, text_count(log, line)) {
		TH_LOG("%s", log);
	}
	free(log);
	close(fd);
	EXPECT_EQ(0, snapshot_changes(before));
	snapshot_free(before);
	expect_kept(_metadata, self->block, "slab");

	expect_leaves(_metadata, self->block);
	EXPECT_NE(self->block, pfn_block(user_pfn(memory)));
	munmap(memory, USER_BYTES);
}

/* It can not leave anyway, and another one that is free can. */
TEST_F(set_aside, it_is_claimed_first)
{
	char words[TEXT_MAX];

	set_aside_with(_metadata, &self->blocks, "kernel");
	ASSERT_EQ(0, block_put(self->spare, "state", "online_kernel"));
	self->blocks.id[self->blocks.nr++] = self->spare;
	trace_forget();
	ASSERT_EQ(0, take_kernel_memory("kernel", megabytes_of(PINNED - 1)));
	snprintf(words, sizeof(words), "mhp_claim: start_pfn=0x%lx ",
		 block_pfn(self->block));
	EXPECT_EQ(1, trace_count(words));
	EXPECT_EQ(1, trace_count("mhp_claim: "));
	EXPECT_TRUE(block_reads(self->spare, "owner", "hotplug"));
	EXPECT_EQ(0, block_put(self->spare, "state", "offline"));
	ASSERT_EQ(0, give_kernel_memory("kernel", 1));
}

/* Returns 0 or -errno, -ETIME if the pin does not come to its end. */
static int pin_for_long(const char *address)
{
	char request[TEXT_MAX];
	const pid_t pid = fork();
	int status;

	if (!pid) {
		alarm(PATIENCE);
		snprintf(request, sizeof(request), "pin-read %p 1", address);
		_exit(-put_text(request, PAGES_DIR "/hold"));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -ECHILD;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ETIME;
}

static unsigned int times_held(unsigned long pfn)
{
	char *text = get_whole_file(PAGES_DIR "/hold"), line[32];
	unsigned int nr;

	snprintf(line, sizeof(line), " 0x%lx\n", pfn);
	nr = text_count(text, line);
	free(text);
	return nr;
}

/* User memory would be moved to another block first. */
static void pins_what_the_kernel_has_mapped(struct __test_metadata *_metadata,
					    const struct blocks *blocks,
					    const char *file)
{
	const unsigned int block = blocks->id[0];
	char *page;
	int fd;

	set_aside_with(_metadata, blocks, "kernel");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(held_pfn(), user_pfn(page));
	expect_kept(_metadata, block, "kernel");
	EXPECT_EQ(0, pin_for_long(page));
	EXPECT_EQ(2, times_held(held_pfn()));
	EXPECT_EQ(held_pfn(), user_pfn(page));
	EXPECT_EQ(-EBUSY, block_put(block, "state", "offline"));
	munmap(page, 4096);
	close(fd);
	expect_leaves(_metadata, block);
}

TEST_F(set_aside, what_the_kernel_has_mapped_is_pinned_where_it_is)
{
	pins_what_the_kernel_has_mapped(_metadata, &self->blocks,
					PAGES_DIR "/map");
}

TEST_F(set_aside, what_looks_like_a_page_of_a_file_is_pinned_where_it_is)
{
	pins_what_the_kernel_has_mapped(_metadata, &self->blocks,
					PAGES_DIR "/map-file");
}

TEST_HARNESS_MAIN
