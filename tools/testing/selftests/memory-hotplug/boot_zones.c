// SPDX-License-Identifier: GPL-2.0
/*
 * What kernelcore=, movablecore= and movable_node make of the memory that is
 * there at boot: each zone of each node, page by page.
 *
 * The kernel's log says what memory there is. What has to become of it is
 * worked out here from the documents, in the slowest and plainest way: kernel
 * memory is handed out page by page to the nodes that have the least.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define MAX_NODES	8
#define MAX_RANGES	64
#define MAX_ZONES	4
#define MOVABLE		"Movable"

/**
 * struct range - page frames
 * @start: the first one
 * @end: the end
 * @node: the node they are on
 */
struct range {
	unsigned long start;
	unsigned long end;
	unsigned int node;
};

/**
 * struct zone - a zone that the machine may have
 * @name: its name
 * @pfns: what may be in it
 */
struct zone {
	char name[16];
	struct range pfns;
};

/**
 * struct node - a node and what it has to look like
 * @pages: its memory
 * @kernel_only: how much of it lies below the highest zone
 * @kernel: how much of it is for the kernel
 * @movable: where ZONE_MOVABLE begins; the end of memory if it has none
 */
struct node {
	unsigned long pages;
	unsigned long kernel_only;
	unsigned long kernel;
	unsigned long movable;
};

/**
 * struct span - a zone of a node
 * @start: its first page frame, 0 if it has no page
 * @spanned: its length
 * @present: its pages
 */
struct span {
	unsigned long start;
	unsigned long spanned;
	unsigned long present;
};

FIXTURE(boot_zones) {
	char *log;
	char *zoneinfo;
	unsigned int nr_ranges;
	unsigned int nr_zones;
	unsigned int nr_hot_pluggable;
	struct range range[MAX_RANGES];
	struct range hot_pluggable[MAX_RANGES];
	struct zone zone[MAX_ZONES];
	struct node node[MAX_NODES];
	unsigned long largest;
	unsigned long total;
	unsigned long kernel_wanted;
	bool movable_node;
	bool by_amount;
	char complaint[TEXT_MAX];
};

#define SELF	FIXTURE_DATA(boot_zones)

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

static unsigned long page_frames(unsigned long long bytes)
{
	return bytes / sysconf(_SC_PAGESIZE);
}

static bool read_range(struct range *range, const char *text)
{
	unsigned long long start, end;

	if (!text || sscanf(text, "[mem %llx-%llx]", &start, &end) != 2)
		return false;
	range->start = page_frames(start + sysconf(_SC_PAGESIZE) - 1);
	range->end = page_frames(end + 1);
	return true;
}

/* The lines of the log about memory, its nodes, zones, and the firmware's mark. */
static void read_layout(SELF *self)
{
	struct range range;
	const char *line;

	for (line = self->log; line; line = next_line(line)) {
		const char *mem = strstr(line, "[mem ");
		const char *end = strchr(line, '\n');

		if (!end || !mem || mem > end || !read_range(&range, mem))
			continue;
		if (sscanf(line, " node %u:", &range.node) == 1) {
			if (self->nr_ranges < MAX_RANGES &&
			    range.node < MAX_NODES)
				self->range[self->nr_ranges++] = range;
		} else if (sscanf(line, "ACPI: SRAT: Node %u PXM", &range.node) == 1) {
			if (!strncmp(end - 8, " hotplug", 8) &&
			    self->nr_hot_pluggable < MAX_RANGES)
				self->hot_pluggable[self->nr_hot_pluggable++] = range;
		} else if (!strncmp(line, "  ", 2) &&
			   self->nr_zones < MAX_ZONES &&
			   sscanf(line, " %15s [mem",
				  self->zone[self->nr_zones].name) == 1) {
			self->zone[self->nr_zones++].pfns = range;
		}
	}
}

/* The page allocator's largest free area: the last column of buddyinfo. */
static unsigned long largest_area(void)
{
	char *text = get_whole_file("/proc/buddyinfo"), *word, *save;
	unsigned long pages = 0;

	if (!text)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	strtok_r(strstr(text, "zone"), " ", &save);
	strtok_r(NULL, " ", &save);
	for (word = strtok_r(NULL, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		pages = pages ? 2 * pages : 1;
	free(text);
	return pages;
}

/* Returns pages, or 0 if the text is no amount of memory. */
static unsigned long read_amount(const char *text, unsigned long total)
{
	const char *units = "KMGTPE", *unit;
	unsigned long long value;
	char *end;

	if (!isdigit(text[0]))
		return 0;
	value = strtoull(text, &end, 0);
	if (!strcmp(end, "%"))
		return value <= 100 ? total / 100 * value + total % 100 * value / 100 : 0;
	if (*end) {
		unit = strchr(units, toupper(*end));
		if (!unit || end[1])
			return 0;
		value <<= 10 * (unit - units + 1);
	}
	return page_frames(value) < total ? page_frames(value) : total;
}

static void complain(SELF *self, const char *text)
{
	snprintf(self->complaint, sizeof(self->complaint), "%s", text);
}

static unsigned long read_option(SELF *self, const char *value)
{
	unsigned long pages = read_amount(value, self->total);
	char text[TEXT_MAX];

	if (!pages) {
		snprintf(text, sizeof(text), "core=%.100s is not a size", value);
		complain(self, text);
	}
	return pages;
}

static unsigned long round_up(unsigned long pages, unsigned long unit)
{
	return (pages + unit - 1) / unit * unit;
}

/* "TOTAL - YYYY": how many pages are for the kernel, and why they may not be. */
static void read_options(SELF *self)
{
	unsigned long kernel = 0, movable = 0;
	char text[4096], *word, *save;
	bool mirror = false;

	get_text(text, sizeof(text), "/proc/cmdline");
	for (word = strtok_r(text, "\n ", &save); word;
	     word = strtok_r(NULL, "\n ", &save)) {
		if (!strcmp(word, "movable_node"))
			self->movable_node = true;
		else if (!strcmp(word, "kernelcore=mirror"))
			mirror = true;
		else if (!strcmp(word, "kernelcore"))
			kernel = read_option(self, "");
		else if (!strncmp(word, "kernelcore=", 11))
			kernel = read_option(self, word + 11);
		else if (!strncmp(word, "movablecore=", 12))
			movable = read_option(self, word + 12);
	}

	self->by_amount = !self->movable_node && (kernel || movable);
	if (self->movable_node && (kernel || movable || mirror))
		complain(self, "movable_node: kernelcore= and movablecore= are ignored");
	else if (mirror)
		complain(self, "kernelcore=mirror on a machine without");
	if (!self->by_amount)
		return;
	if (movable) {
		movable = round_up(movable, self->largest);
		movable = movable < self->total ? movable : self->total;
		if (self->total - movable > kernel)
			kernel = self->total - movable;
	}
	if (!kernel) {
		self->by_amount = false;
		complain(self, "leaves no memory for the kernel: ignored");
	} else if (kernel == self->total) {
		complain(self, "leaves no memory for ZONE_MOVABLE");
	}
	self->kernel_wanted = kernel;
}

static unsigned long overlap(const struct range *range, unsigned long start,
			     unsigned long end)
{
	start = start > range->start ? start : range->start;
	end = end < range->end ? end : range->end;
	return start < end ? end - start : 0;
}

static void count_pages(SELF *self)
{
	const unsigned long highest = self->zone[self->nr_zones - 1].pfns.start;
	unsigned int i;

	for (i = 0; i < self->nr_ranges; i++) {
		const struct range *range = &self->range[i];
		struct node *node = &self->node[range->node];

		node->pages += range->end - range->start;
		node->kernel_only += overlap(range, 0, highest);
		self->total += range->end - range->start;
	}
}

/* Gives a page to each of the nodes that have the least; false if none has room. */
static bool raise_level(SELF *self, unsigned long *given)
{
	unsigned long least = -1UL;
	struct node *node;

	for (node = self->node; node < self->node + MAX_NODES; node++)
		if (node->kernel < node->pages && node->kernel < least)
			least = node->kernel;
	for (node = self->node; node < self->node + MAX_NODES; node++) {
		if (node->kernel < node->pages && node->kernel == least) {
			node->kernel++;
			*given += 1;
		}
	}
	return least != -1UL;
}

static void hand_out_pages(SELF *self)
{
	unsigned long given = 0;
	unsigned int i;

	for (i = 0; i < MAX_NODES; i++) {
		self->node[i].kernel = self->node[i].kernel_only;
		given += self->node[i].kernel;
	}
	while (given < self->kernel_wanted && raise_level(self, &given))
		;
}

/* Where the kernel's pages of a node end, in whole largest areas. */
static void find_start_after_kernel(SELF *self, unsigned int nid)
{
	unsigned long left = self->node[nid].kernel, pages;
	unsigned int i;

	for (i = 0; i < self->nr_ranges; i++) {
		const struct range *range = &self->range[i];

		if (range->node != nid)
			continue;
		pages = range->end - range->start;
		if (left < pages) {
			self->node[nid].movable = round_up(range->start + left,
							   self->largest);
			return;
		}
		left -= pages;
	}
}

static void find_first_hot_pluggable(SELF *self, unsigned int nid)
{
	unsigned int i, j;

	for (i = 0; i < self->nr_ranges; i++) {
		for (j = 0; j < self->nr_hot_pluggable; j++) {
			const struct range *hot = &self->hot_pluggable[j];

			if (self->range[i].node != nid ||
			    !overlap(&self->range[i], hot->start, hot->end))
				continue;
			self->node[nid].movable = round_up(self->range[i].start,
							   self->largest);
			return;
		}
	}
}

static struct range hull(SELF *self, unsigned int nid)
{
	struct range hull = { .node = nid };
	unsigned int i;

	for (i = 0; i < self->nr_ranges; i++) {
		if (self->range[i].node != nid)
			continue;
		if (!hull.end)
			hull.start = self->range[i].start;
		hull.end = self->range[i].end;
	}
	return hull;
}

/* Pages of a node between two page frames. */
static unsigned long pages_between(SELF *self, unsigned int nid,
				   unsigned long start, unsigned long end)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < self->nr_ranges; i++)
		if (self->range[i].node == nid)
			pages += overlap(&self->range[i], start, end);
	return pages;
}

static struct span make_span(SELF *self, unsigned int nid, unsigned long start,
			     unsigned long end)
{
	struct span span = { };

	if (start < end) {
		span.spanned = end - start;
		span.present = pages_between(self, nid, start, end);
	}
	if (span.present)
		span.start = start;
	return span;
}

/* What the zone of this name has to be like on a node. */
static struct span expected_span(SELF *self, unsigned int nid, const char *name)
{
	const struct range all = hull(self, nid);
	unsigned long start = all.start, end = all.end;
	const struct range *pfns;
	unsigned int i;

	if (!strcmp(name, MOVABLE))
		return make_span(self, nid, self->node[nid].movable, end);
	for (i = 0; i < self->nr_zones; i++) {
		if (strcmp(name, self->zone[i].name))
			continue;
		pfns = &self->zone[i].pfns;
		start = start > pfns->start ? start : pfns->start;
		end = end < pfns->end ? end : pfns->end;
		end = end < self->node[nid].movable ? end : self->node[nid].movable;
		return make_span(self, nid, start, end);
	}
	return (struct span) { };
}

static unsigned long number_after(const char *section, const char *end,
				  const char *word)
{
	const char *found = strstr(section, word);

	if (!found || (end && found > end))
		return 0;
	return strtoul(found + strlen(word), NULL, 10);
}

/* The next zone in zoneinfo; NULL after the last one. */
static const char *read_zone(const char *section, unsigned int *nid, char *name,
			     struct span *span)
{
	const char *end;

	while (section && sscanf(section, "Node %u, zone %15s", nid, name) != 2)
		section = next_line(section);
	if (!section)
		return NULL;
	end = strstr(section + 1, "\nNode ");
	span->spanned = number_after(section, end, "spanned ");
	span->present = number_after(section, end, "present ");
	span->start = number_after(section, end, "start_pfn: ");
	return end ? end + 1 : section + strlen(section);
}

FIXTURE_SETUP(boot_zones)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned int nid;

	ASSERT_LE(0, fd);
	self->log = log_read(fd);
	close(fd);
	self->zoneinfo = get_whole_file("/proc/zoneinfo");
	ASSERT_NE(NULL, self->zoneinfo);
	self->largest = largest_area();
	ASSERT_NE(0, self->largest);
	read_layout(self);
	ASSERT_NE(0, self->nr_ranges);
	ASSERT_NE(0, self->nr_zones);
	count_pages(self);
	read_options(self);

	hand_out_pages(self);
	for (nid = 0; nid < MAX_NODES; nid++) {
		self->node[nid].movable = hull(self, nid).end;
		if (self->by_amount)
			find_start_after_kernel(self, nid);
		else if (self->movable_node)
			find_first_hot_pluggable(self, nid);
	}
}

FIXTURE_TEARDOWN(boot_zones)
{
	free(self->log);
	free(self->zoneinfo);
}

TEST_F(boot_zones, each_zone_of_each_node)
{
	const char *section = self->zoneinfo;
	struct span span, expected;
	unsigned int nid, nr = 0;
	char name[16];

	while ((section = read_zone(section, &nid, name, &span))) {
		ASSERT_GT(MAX_NODES, nid);
		expected = expected_span(self, nid, name);
		EXPECT_EQ(expected.start, span.start);
		EXPECT_EQ(expected.spanned, span.spanned);
		EXPECT_EQ(expected.present, span.present) {
			TH_LOG("node %u, zone %s", nid, name);
		}
		nr += span.present > 0;
	}
	EXPECT_LE(self->nr_zones, nr);
}

/* No page is lost, and the sums are those of the documents. */
TEST_F(boot_zones, total_minus_what_was_asked_for)
{
	unsigned long kernel = 0, movable = 0, least = 0, nodes = 0;
	const char *section = self->zoneinfo;
	struct span span;
	unsigned int nid;
	char name[16];

	while ((section = read_zone(section, &nid, name, &span)))
		*(strcmp(name, MOVABLE) ? &kernel : &movable) += span.present;
	EXPECT_EQ(self->total, kernel + movable);

	if (!self->by_amount)
		return;
	for (nid = 0; nid < MAX_NODES; nid++) {
		least += self->node[nid].kernel_only;
		nodes += self->node[nid].pages > 0;
	}
	if (self->kernel_wanted > least)
		least = self->kernel_wanted;
	EXPECT_LE(least, kernel);
	EXPECT_GE(least + nodes * self->largest, kernel);
}

/* A block whose memory is all there is in the zone that its page frames are in. */
TEST_F(boot_zones, valid_zones_of_each_block)
{
	struct blocks blocks, hotplugged;
	unsigned int i, j, nr = 0;

	blocks_all(&blocks);
	blocks_hotplugged(&hotplugged);
	blocks_but(&blocks, &hotplugged);
	for (i = 0; i < blocks.nr; i++) {
		const unsigned int id = blocks.id[i];
		const unsigned long start = block_pfn(id);
		const unsigned long end = start + block_pages();
		const unsigned int nid = block_node(id);
		const char *name = "none";

		ASSERT_GT(MAX_NODES, nid);
		if (pages_between(self, nid, start, end) != block_pages())
			continue;
		if (start >= self->node[nid].movable)
			name = MOVABLE;
		for (j = 0; j < self->nr_zones; j++)
			if (end <= self->node[nid].movable &&
			    start >= self->zone[j].pfns.start &&
			    end <= self->zone[j].pfns.end)
				name = self->zone[j].name;
		EXPECT_TRUE(block_reads(id, "valid_zones", name));
		nr++;
	}
	EXPECT_NE(0, nr);
}

static bool line_has(const char *line, const char *words)
{
	return memmem(line, strcspn(line, "\n"), words, strlen(words));
}

/* An option that is not followed says so, once; others say nothing. */
TEST_F(boot_zones, what_is_ignored_is_logged)
{
	unsigned int said = 0;
	const char *line;

	for (line = self->log; line; line = next_line(line)) {
		if (!line_has(line, "ignored") &&
		    !line_has(line, "leaves no memory"))
			continue;
		if (!line_has(line, "core="))
			continue;
		said++;
		EXPECT_TRUE(line_has(line, self->complaint)) {
			TH_LOG("%.*s", (int)strcspn(line, "\n"), line);
		}
	}
	EXPECT_EQ(self->complaint[0] != '\0', said);
}

TEST_HARNESS_MAIN
