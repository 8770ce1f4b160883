// SPDX-License-Identifier: GPL-2.0
/*
 * memhp of tools/mm: what it draws of a machine that runs, and how it explains
 * a block, is what the block's files and the memory in use say.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED		3
#define OUTPUT_MAX	1048576

FIXTURE(memhp) {
	struct blocks before;
	struct blocks blocks;
	unsigned int *id;
	int node;
};

static char output[OUTPUT_MAX];

/* Runs memhp; returns its exit status, and what it printed in output. */
static int run_memhp(const char *fmt, ...) __printf(1, 2);

static int run_memhp(const char *fmt, ...)
{
	char arguments[TEXT_MAX], command[2 * TEXT_MAX];
	size_t len = 0, got;
	va_list args;
	FILE *pipe;
	int status;

	va_start(args, fmt);
	vsnprintf(arguments, sizeof(arguments), fmt, args);
	va_end(args);
	snprintf(command, sizeof(command), "memhp %s 2>&1", arguments);
	fflush(stdout);
	pipe = popen(command, "re");
	if (!pipe)
		return -errno;
	do {
		got = fread(output + len, 1, sizeof(output) - 1 - len, pipe);
		len += got;
	} while (got);
	output[len] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURE_SETUP(memhp)
{
	if (system("command -v memhp >/dev/null"))
		SKIP(return, "no memhp");
	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	self->node = block_node(self->blocks.id[self->blocks.nr - 1]);
	blocks_on_node(&self->blocks, &self->blocks, self->node);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	if (self->blocks.nr < NEEDED || node_pages(self->node, "present"))
		SKIP(return, "no node with %d hot-plugged blocks only", NEEDED);
	blocks_online(&self->before);
	ASSERT_EQ(0, module_load("mhp_pages", ""));
	self->id = self->blocks.id;
	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
}

FIXTURE_TEARDOWN(memhp)
{
	if (!self->id)
		return;
	EXPECT_EQ(0, release_pages());
	EXPECT_EQ(0, blocks_put(&self->before, "state", "online"));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, module_unload("mhp_pages"));
}

/* What stands for a block in a map of one column. */
static const char *cell(unsigned int id)
{
	unsigned long long address = (unsigned long long)block_bytes() * id;
	char *line, *at;

	for (line = strstr(output, "\n  0x"); line;
	     line = strstr(line + 1, "\n  0x")) {
		if (strtoull(line + 1, &at, 0) == address)
			return at + strspn(at, " ");
	}
	return "";
}

TEST_F(memhp, the_map_has_every_block)
{
	struct blocks all;
	unsigned int i;

	blocks_all(&all);
	ASSERT_EQ(0, run_memhp("map --columns 1"));
	for (i = 0; i < all.nr; i++) {
		EXPECT_EQ(block_online(all.id[i]), cell(all.id[i])[0] != '-') {
			TH_LOG("memory%u:\n%s", all.id[i], output);
		}
	}
	EXPECT_EQ(all.nr, text_count(output, "\n  0x"));
}

TEST_F(memhp, the_map_shows_state_and_blockers)
{
	ASSERT_EQ(0, block_put(self->id[1], "state", "online_kernel"));
	ASSERT_EQ(0, take_page("kernel", self->id[1]));
	ASSERT_EQ(0, run_memhp("map --columns 1"));
	EXPECT_EQ(0, strncmp(cell(self->id[0]), "M0\n", 3));
	EXPECT_NE(NULL, strchr("KHP", cell(self->id[1])[0]));
	EXPECT_EQ('!', cell(self->id[1])[2]);
	EXPECT_EQ(0, strncmp(cell(self->id[2]), "-\n", 2));
	ASSERT_EQ(0, release_pages());
	ASSERT_EQ(0, run_memhp("map --columns 1"));
	EXPECT_EQ('\n', cell(self->id[1])[2]);
}

/* Half of a block is used, and given back. */
TEST_F(memhp, the_map_shows_use)
{
	struct pattern pattern;

	ASSERT_EQ(0, pattern_create(&pattern, PATTERN_ANON, block_bytes() / 2,
				    self->node));
	ASSERT_EQ(0, run_memhp("map --columns 1"));
	EXPECT_EQ('5', cell(self->id[0])[1]) {
		TH_LOG("%s", output);
	}
	pattern_destroy(&pattern);
}

TEST_F(memhp, the_picture_has_every_block)
{
	struct blocks all;

	blocks_all(&all);
	ASSERT_EQ(0, run_memhp("map --svg --title 'a <map>'"));
	EXPECT_EQ(0, strncmp(output, "<svg ", 5));
	EXPECT_EQ(1, text_count(output, "</svg>"));
	EXPECT_EQ(all.nr, text_count(output, "<g>"));
	EXPECT_NE(NULL, strstr(output, ">a &lt;map&gt;</text>"));
}

TEST_F(memhp, why_a_block_leaves)
{
	ASSERT_EQ(0, run_memhp("why memory%u", self->id[0]));
	EXPECT_NE(NULL, strstr(output, "It is online"));
	EXPECT_NE(NULL, strstr(output, "Nothing is seen"));
}

TEST_F(memhp, why_a_block_is_offline)
{
	ASSERT_EQ(0, run_memhp("why memory%u", self->id[2]));
	EXPECT_NE(NULL, strstr(output, "It is offline."));
	EXPECT_NE(NULL, strstr(output, "Zones that it can go to: "));
}

TEST_F(memhp, why_a_block_stays)
{
	static const char * const kinds[] = { "kernel", "slab", "offline" };
	char wanted[TEXT_MAX];
	unsigned int i;

	ASSERT_EQ(0, block_put(self->id[1], "state", "online_kernel"));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		ASSERT_EQ(0, take_page(kinds[i], self->id[1]));
		ASSERT_EQ(0, run_memhp("why %u", self->id[1]));
		snprintf(wanted, sizeof(wanted), "\n  %s: ", kinds[i]);
		EXPECT_NE(NULL, strstr(output, wanted)) {
			TH_LOG("%s", output);
		}
		EXPECT_EQ(NULL, strstr(output, "does not know"));
		ASSERT_EQ(0, release_pages());
	}
}

/* As older kernels are asked. The memory map of the block is no obstacle. */
TEST_F(memhp, flags_tell_the_same)
{
	ASSERT_EQ(0, run_memhp("why --flags %u", self->id[0]));
	EXPECT_NE(NULL, strstr(output, "Nothing is seen")) {
		TH_LOG("%s", output);
	}
	ASSERT_EQ(0, block_put(self->id[1], "state", "online_kernel"));
	ASSERT_EQ(0, take_page("slab", self->id[1]));
	ASSERT_EQ(0, run_memhp("why --flags %u", self->id[1]));
	EXPECT_NE(NULL, strstr(output, "\n  slab: "));
}

TEST_F(memhp, grow_takes_the_lowest_and_shrink_gives_back)
{
	struct blocks online;

	ASSERT_EQ(0, run_memhp("grow %lu", block_bytes() + 1)) {
		TH_LOG("%s", output);
	}
	EXPECT_NE(NULL, strstr(output, "iB went online\n"));
	EXPECT_TRUE(block_reads(self->id[1], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[2], "state", "online"));
	blocks_online(&online);
	EXPECT_EQ(self->before.nr + 3, online.nr);
	ASSERT_EQ(0, run_memhp("shrink %luK", block_bytes() >> 9)) {
		TH_LOG("%s", output);
	}
	EXPECT_NE(NULL, strstr(output, "iB went offline\n"));
	blocks_online(&online);
	EXPECT_EQ(self->before.nr + 1, online.nr);
}

TEST_F(memhp, more_than_there_is)
{
	EXPECT_EQ(1, run_memhp("grow 1000T"));
	EXPECT_NE(NULL, strstr(output, "memhp: only "));
	EXPECT_EQ(1, run_memhp("shrink 1000T"));
	EXPECT_STREQ("memhp: not so much memory can leave now; dmesg says why\n",
		     output);
	EXPECT_TRUE(block_reads(self->id[0], "state", "online"));
}

TEST_F(memhp, blocks_that_are_not_there)
{
	EXPECT_EQ(1, run_memhp("why memory4000000000"));
	EXPECT_NE(NULL, strstr(output, "memory4000000000: there is no such block"));
	EXPECT_EQ(1, run_memhp("why nothing"));
	EXPECT_NE(NULL, strstr(output, "'nothing' is no memory block"));
}

TEST_HARNESS_MAIN
