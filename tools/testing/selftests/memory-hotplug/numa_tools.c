// SPDX-License-Identifier: GPL-2.0
/*
 * numactl, migratepages and lsmem, the tools that people use, while a node
 * comes and goes: what they show is what is there, a program that was started
 * on the node lives through both, and its memory can be moved away first.
 *
 * The node is the last one of the machine, which has no memory at boot. The
 * program is "pattern", which checks all of its memory again and again.
 */
#include <stdlib.h>
#include <sys/syscall.h>

#include <linux/mempolicy.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NODE		1
#define DIMM_SIZE	"128M"
#define DIMM_BYTES	(128UL << 20)
#define MEGABYTE	1048576UL
#define PAGE		4096UL

FIXTURE(numa_tools) {
	struct blocks blocks;
};

/* Runs a shell command; returns its exit status and the start of its output. */
static int run(char *text, size_t size, const char *fmt, ...) __printf(3, 4);

static int run(char *text, size_t size, const char *fmt, ...)
{
	char command[TEXT_MAX];
	FILE *output;
	va_list args;
	size_t len;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	fflush(stdout);
	output = popen(command, "re");
	if (!output)
		return -errno;
	len = fread(text, 1, size - 1, output);
	text[len] = '\0';
	while (fgetc(output) != EOF)
		;
	status = pclose(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int tell(const char *command)
{
	char text[TEXT_MAX];

	return run(text, sizeof(text), "%s", command);
}

/* What the program answers, or -1. */
static long long answer_to(const char *question)
{
	char text[TEXT_MAX];

	if (run(text, sizeof(text), "pattern ask %s", question))
		return -1;
	return atoll(text);
}

/* Bytes of the program on the node. */
static long long program_on(const struct blocks *blocks)
{
	char question[TEXT_MAX];

	snprintf(question, sizeof(question), "within %lu %lu",
		 blocks->id[0] * block_bytes(),
		 (blocks->id[blocks->nr - 1] + 1) * block_bytes());
	return answer_to(question);
}

static bool program_is_right(void)
{
	unsigned long checks, wrong;
	char text[TEXT_MAX];

	if (run(text, sizeof(text), "pattern ask verify") ||
	    sscanf(text, "%lu %lu", &checks, &wrong) != 2)
		return false;
	return checks && !wrong;
}

FIXTURE_SETUP(numa_tools)
{
	if (tell("command -v numactl migratepages lsmem pattern >/dev/null"))
		SKIP(return, "not all of the tools are there");
	if (!firmware_present() || !nodes_read("possible", "0-1") ||
	    !nodes_read("has_memory", "0"))
		SKIP(return, "no firmware, or no possible node without memory");
	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

FIXTURE_TEARDOWN(numa_tools)
{
	if (!self->blocks.nr)
		return;
	tell("killall -q pattern");
	if (block_exists(self->blocks.id[0]))
		EXPECT_EQ(0, dimm_unplug("n"));
}

TEST_F(numa_tools, they_show_what_is_there)
{
	char text[4096], line[64];

	snprintf(line, sizeof(line), "node 1 size: %lu MB\n",
		 self->blocks.nr * block_usable_pages() * 4096 / MEGABYTE);
	ASSERT_EQ(0, run(text, sizeof(text), "numactl --hardware"));
	EXPECT_NE(NULL, strstr(text, "available: 2 nodes (0-1)\n"));
	EXPECT_NE(NULL, strstr(text, line)) {
		TH_LOG("%s", text);
	}
	ASSERT_EQ(0, run(text, sizeof(text), "lsmem -P -a -o BLOCK,NODE"));
	EXPECT_EQ(self->blocks.nr, text_count(text, "NODE=\"1\""));

	ASSERT_EQ(0, blocks_offline(&self->blocks));
	ASSERT_EQ(0, run(text, sizeof(text), "numactl --hardware"));
	EXPECT_NE(NULL, strstr(text, "node 1 size: 0 MB\n"));

	ASSERT_EQ(0, dimm_unplug("n"));
	ASSERT_EQ(0, run(text, sizeof(text), "numactl --hardware"));
	EXPECT_NE(NULL, strstr(text, "available: 1 nodes (0)\n"));
	EXPECT_EQ(NULL, strstr(text, "node 1"));
	ASSERT_EQ(0, run(text, sizeof(text), "lsmem -P -a -o BLOCK,NODE"));
	EXPECT_EQ(0, text_count(text, "NODE=\"1\""));
}

/* It gets what arrived, loses it, and is none the worse for that. */
TEST_F(numa_tools, a_program_lives_on_a_node_that_grows_and_goes)
{
	struct blocks more;
	char question[64];

	ASSERT_EQ(0, tell("numactl --membind=1 pattern serve 2 1000000000"));
	ASSERT_EQ(0, dimm_plug("m", DIMM_SIZE, NODE, &more));
	ASSERT_EQ(0, blocks_put(&more, "state", "online_movable"));
	snprintf(question, sizeof(question), "size %lu",
		 DIMM_BYTES / 4 * 5 / PAGE * PAGE);
	ASSERT_EQ(DIMM_BYTES / 4 * 5, answer_to(question));
	EXPECT_EQ(DIMM_BYTES / 4 * 5,
		  program_on(&self->blocks) + program_on(&more));
	EXPECT_LT(0, program_on(&more));
	EXPECT_TRUE(program_is_right());

	ASSERT_EQ(0, dimm_unplug("m"));
	EXPECT_TRUE(program_is_right());
	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_TRUE(program_is_right());
}

TEST_F(numa_tools, no_program_starts_on_a_node_that_is_gone)
{
	char text[TEXT_MAX];

	EXPECT_EQ(0, tell("numactl --membind=1 true"));
	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_EQ(1, run(text, sizeof(text),
			 "numactl --membind=1 true 2>&1"));
	EXPECT_NE(NULL, strstr(text, "node argument 1 is out of range"));
	EXPECT_EQ(0, tell("numactl --preferred=0 true"));
}

/* What was moved away is not moved again: the node is empty when it leaves. */
TEST_F(numa_tools, migratepages_moves_a_program_first)
{
	ASSERT_EQ(0, tell("numactl --membind=1 pattern serve 2 100000000"));
	ASSERT_EQ(64 * MEGABYTE, answer_to("size 67108864"));
	ASSERT_EQ(64 * MEGABYTE, program_on(&self->blocks));
	ASSERT_EQ(0, tell("migratepages $(pidof pattern) 1 0"));
	EXPECT_EQ(0, program_on(&self->blocks));
	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_TRUE(program_is_right());
}

enum { NR_PAGES = 2048, NR_TRIES = 10 };

/* A page that is on its way to an LRU list is busy for a moment. */
static unsigned int move_away(void **pages, const int *nodes, int *status)
{
	unsigned int i, tries, left = NR_PAGES;

	for (tries = 0; left && tries < NR_TRIES; tries++) {
		if (syscall(SYS_move_pages, 0, NR_PAGES, pages, nodes, status,
			    MPOL_MF_MOVE) < 0)
			break;
		for (i = 0, left = 0; i < NR_PAGES; i++)
			left += block_node(pfn_block(user_pfn(pages[i])));
	}
	return left;
}

TEST_F(numa_tools, move_pages_moves_memory_first)
{
	static int status[NR_PAGES], nodes[NR_PAGES];
	static void *pages[NR_PAGES];
	struct pattern pattern;
	unsigned int i;

	ASSERT_EQ(0, pattern_create(&pattern, PATTERN_ANON, NR_PAGES * PAGE,
				    NODE));
	for (i = 0; i < NR_PAGES; i++)
		pages[i] = (char *)pattern.memory + i * PAGE;
	EXPECT_EQ(0, move_away(pages, nodes, status));

	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_EQ(0, pattern_damage(&pattern));
	/* There is no way back. */
	nodes[0] = NODE;
	EXPECT_EQ(-1, syscall(SYS_move_pages, 0, 1, pages, nodes, status,
			      MPOL_MF_MOVE));
	EXPECT_EQ(ENODEV, errno);
	pattern_destroy(&pattern);
}

TEST_HARNESS_MAIN
