// SPDX-License-Identifier: GPL-2.0
/*
 * lsmem and chmem of util-linux, the tools that people use: what the one
 * prints is what sysfs says, and what the other is told happens.
 */
#include <strings.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NEEDED	4
#define COLUMNS	"RANGE,SIZE,STATE,REMOVABLE,BLOCK,NODE,ZONES"

FIXTURE(tools) {
	struct blocks blocks;
	unsigned int *id;
	char list[TEXT_MAX];
};

static int run(const char *fmt, ...) __printf(1, 2);

static int run(const char *fmt, ...)
{
	char command[TEXT_MAX];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	fflush(stdout);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURE_SETUP(tools)
{
	if (run("command -v lsmem chmem >/dev/null"))
		SKIP(return, "no lsmem or no chmem");
	blocks_hotplugged(&self->blocks);
	if (self->blocks.nr)
		blocks_on_node(&self->blocks, &self->blocks,
			       block_node(self->blocks.id[self->blocks.nr - 1]));
	if (self->blocks.nr < NEEDED)
		SKIP(return, "less than %d hot-plugged blocks", NEEDED);
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	blocks_first(&self->blocks, NEEDED);
	self->id = self->blocks.id;
	ASSERT_EQ(self->id[0] + NEEDED - 1, self->id[NEEDED - 1]);
}

FIXTURE_TEARDOWN(tools)
{
	if (self->id)
		EXPECT_EQ(0, blocks_offline(&self->blocks));
}

/* The value of NAME="value" in a line of lsmem -P. */
static const char *value(const char *line, const char *name)
{
	static char text[TEXT_MAX];
	char start[32];
	const char *at;

	snprintf(start, sizeof(start), "%s=\"", name);
	at = strstr(line, start);
	if (!at)
		return "";
	at += strlen(start);
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "\""), at);
	return text;
}

/* lsmem joins zones with a slash and has a capital None. */
static bool zones_fit(const char *zones, unsigned int id)
{
	char text[TEXT_MAX], *space;

	if (block_get(id, "valid_zones", text, sizeof(text)) <= 0)
		return false;
	space = strchr(text, ' ');
	if (space)
		*space = '/';
	return !strcasecmp(zones, text);
}

static bool line_fits(const char *line, unsigned int id)
{
	unsigned long long start = id * (unsigned long long)block_bytes();
	char range[64], removable[TEXT_MAX];

	snprintf(range, sizeof(range), "0x%016llx-0x%016llx", start,
		 start + block_bytes() - 1);
	block_get(id, "removable", removable, sizeof(removable));
	return !strcmp(value(line, "RANGE"), range) &&
	       strtoull(value(line, "SIZE"), NULL, 10) == block_bytes() &&
	       strtoul(value(line, "BLOCK"), NULL, 10) == id &&
	       atoi(value(line, "NODE")) == block_node(id) &&
	       block_reads(id, "state", value(line, "STATE")) &&
	       (!block_online(id) ||
		!strcmp(value(line, "REMOVABLE"),
			removable[0] == '1' ? "yes" : "no")) &&
	       zones_fit(value(line, "ZONES"), id);
}

/* The blocks of the machine in every state and zone. */
TEST_F(tools, lsmem_shows_every_block_as_sysfs_does)
{
	struct blocks all;
	char line[TEXT_MAX];
	unsigned int i = 0;
	FILE *output;

	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	ASSERT_EQ(0, block_put(self->id[2], "state", "online_kernel"));
	blocks_all(&all);
	output = popen("lsmem -a -b -P --summary=never -o " COLUMNS,
		       "r");
	ASSERT_NE(NULL, output);
	while (fgets(line, sizeof(line), output)) {
		ASSERT_GT(all.nr, i);
		EXPECT_TRUE(line_fits(line, all.id[i])) {
			TH_LOG("memory%u: %s", all.id[i], line);
		}
		i++;
	}
	EXPECT_EQ(0, pclose(output));
	EXPECT_EQ(all.nr, i);
}

TEST_F(tools, lsmem_adds_up_what_is_online)
{
	unsigned long long online = 0, offline = 0, value;
	unsigned long bytes = block_bytes();
	struct blocks all;
	char line[TEXT_MAX];
	unsigned int i, found = 0;
	FILE *output;

	ASSERT_EQ(0, block_put(self->id[0], "state", "online_movable"));
	blocks_all(&all);
	for (i = 0; i < all.nr; i++) {
		online += block_online(all.id[i]) ? bytes : 0;
		offline += block_online(all.id[i]) ? 0 : bytes;
	}
	output = popen("lsmem -b --summary=only", "r");
	ASSERT_NE(NULL, output);
	while (fgets(line, sizeof(line), output)) {
		if (sscanf(line, "Memory block size: %llu", &value) == 1) {
			EXPECT_EQ(bytes, value);
			found++;
		}
		if (sscanf(line, "Total online memory: %llu", &value) == 1) {
			EXPECT_EQ(online, value);
			found++;
		}
		if (sscanf(line, "Total offline memory: %llu", &value) == 1) {
			EXPECT_EQ(offline, value);
			found++;
		}
	}
	EXPECT_EQ(0, pclose(output));
	EXPECT_EQ(3, found);
}

TEST_F(tools, chmem_by_blocks)
{
	ASSERT_EQ(0, run("chmem -e -b %u-%u", self->id[0], self->id[1]));
	EXPECT_TRUE(block_reads(self->id[0], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[1], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[2], "state", "offline"));
	ASSERT_EQ(0, run("chmem -d -b %u-%u", self->id[0], self->id[1]));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
}

TEST_F(tools, chmem_by_addresses)
{
	unsigned long long start = self->id[1] * (unsigned long long)block_bytes();

	ASSERT_EQ(0, run("chmem -e 0x%llx-0x%llx", start,
			 start + 2 * block_bytes() - 1));
	EXPECT_TRUE(block_reads(self->id[0], "state", "offline"));
	EXPECT_TRUE(block_reads(self->id[1], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[2], "state", "online"));
	EXPECT_TRUE(block_reads(self->id[3], "state", "offline"));
	ASSERT_EQ(0, run("chmem -d 0x%llx-0x%llx", start,
			 start + 2 * block_bytes() - 1));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
}

TEST_F(tools, chmem_by_zone)
{
	ASSERT_EQ(0, run("chmem -e -b -z Movable %u-%u", self->id[0],
			 self->id[3]));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", "Movable"));
	ASSERT_EQ(0, run("chmem -d -b -z Movable %u-%u", self->id[0],
			 self->id[3]));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	ASSERT_EQ(0, run("chmem -e -b -z Normal %u-%u", self->id[0],
			 self->id[1]));
	EXPECT_TRUE(block_reads(self->id[0], "valid_zones", "Normal"));
	EXPECT_TRUE(block_reads(self->id[1], "valid_zones", "Normal"));
}

/* How much, and the tool finds out which. */
TEST_F(tools, chmem_by_size)
{
	long long total = get_field("/proc/meminfo", "MemTotal:");
	long long more = 2 * 4 * block_usable_pages();

	ASSERT_EQ(0, run("chmem -e %luK", 2 * block_bytes() / 1024));
	EXPECT_EQ(total + more, get_field("/proc/meminfo", "MemTotal:"));
	ASSERT_EQ(0, run("chmem -d %luK", 2 * block_bytes() / 1024));
	EXPECT_EQ(total, get_field("/proc/meminfo", "MemTotal:"));
}

TEST_F(tools, chmem_fails_when_the_kernel_does)
{
	EXPECT_NE(0, run("chmem -d -b 0 2>/dev/null"));
	EXPECT_TRUE(block_reads(0, "state", "online"));
	EXPECT_NE(0, run("chmem -e -b 100000 2>/dev/null"));
}

TEST_HARNESS_MAIN
