// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: snapshots
 *
 * A snapshot is a sorted list of lines, each a fact about the machine's memory
 * that an operation which failed must not change: the state and the zones of
 * each block, the spans and the counters of each zone, what /proc/iomem and
 * the nodes show, memory tiers, the threads of each node. Two snapshots are
 * compared line by line, and what differs is printed as a TAP comment, "-" for
 * a line that is gone and "+" for a new one.
 *
 * Free pages and page block types are facts only where nobody else allocates.
 * So they are recorded for quiet nodes, those without boot memory and without
 * CPUs; of the others, only the number of isolated page blocks counts.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mhp.h"

#define MAX_NODES	64
#define TIER_DIR	"/sys/devices/virtual/memory_tiering"

struct snapshot {
	char **line;
	size_t nr;
	size_t room;
	bool quiet[MAX_NODES];
};

static void add_line(struct snapshot *shot, const char *fmt, ...)
	__printf(2, 3);

static void add_line(struct snapshot *shot, const char *fmt, ...)
{
	va_list args;
	char *line;

	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0)
		abort();
	va_end(args);
	if (shot->nr == shot->room) {
		shot->room = 2 * shot->room + 64;
		shot->line = realloc(shot->line,
				     shot->room * sizeof(*shot->line));
		if (!shot->line)
			abort();
	}
	shot->line[shot->nr++] = line;
}

/* Memory that came later, on a node whose memory no CPU takes by default. */
static void find_quiet_nodes(struct snapshot *shot)
{
	char cpus[TEXT_MAX];
	int node;

	for (node = 0; node < MAX_NODES; node++)
		shot->quiet[node] = node != block_node(0) &&
				    get_text(cpus, sizeof(cpus), NODE_DIR
					     "/node%d/cpulist", node) == 1;
}

static bool is_quiet(const struct snapshot *shot, int node)
{
	return node < MAX_NODES && shot->quiet[node];
}

static void record_blocks(struct snapshot *shot)
{
	static const char * const files[] = {
		"phys_index", "end_phys_index", "phys_device", "state",
		"online", "valid_zones",
	};
	struct blocks *blocks = calloc(1, sizeof(*blocks));
	char text[TEXT_MAX];
	unsigned int i, j;

	blocks_all(blocks);
	for (i = 0; i < blocks->nr; i++) {
		for (j = 0; j < ARRAY_SIZE(files); j++)
			if (block_get(blocks->id[i], files[j], text,
				      sizeof(text)) >= 0)
				add_line(shot, "memory%u/%s %s",
					 blocks->id[i], files[j], text);
		add_line(shot, "memory%u on node %d", blocks->id[i],
			 block_node(blocks->id[i]));
	}
	free(blocks);
}

static void record_node_files(struct snapshot *shot, int node)
{
	char path[TEXT_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), NODE_DIR "/node%d", node);
	dir = opendir(path);
	if (!dir)
		return;
	add_line(shot, "node%d", node);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			add_line(shot, "node%d/%s", node, entry->d_name);
	closedir(dir);
}

static void record_nodes(struct snapshot *shot)
{
	static const char * const files[] = {
		"possible", "online", "has_memory", "has_normal_memory",
		"has_cpu",
	};
	char text[TEXT_MAX];
	unsigned int i;
	int node;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (get_text(text, sizeof(text), NODE_DIR "/%s", files[i]) > 0)
			add_line(shot, "nodes %s %s", files[i],
				 strtok(text, "\n") ?: "");
	for (node = 0; node < MAX_NODES; node++)
		record_node_files(shot, node);
}

static void record_tiers(struct snapshot *shot)
{
	char text[TEXT_MAX];
	struct dirent *entry;
	DIR *dir = opendir(TIER_DIR);

	while (dir && (entry = readdir(dir)))
		if (get_text(text, sizeof(text), TIER_DIR "/%s/nodelist",
			     entry->d_name) > 0)
			add_line(shot, "%s %s", entry->d_name,
				 strtok(text, "\n") ?: "");
	if (dir)
		closedir(dir);
}

/* The threads that reclaim and compact: one of each for a node with memory. */
static void record_threads(struct snapshot *shot)
{
	struct dirent *entry;
	char name[TEXT_MAX];
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
		    get_text(name, sizeof(name), "/proc/%s/comm",
			     entry->d_name) > 0 &&
		    (!strncmp(name, "kswapd", 6) ||
		     !strncmp(name, "kcompactd", 9)))
			add_line(shot, "thread %s", strtok(name, "\n"));
	if (dir)
		closedir(dir);
}

static void record_zones(struct snapshot *shot)
{
	static const char * const wanted[] = {
		"spanned", "present", "managed", "start_pfn:",
	};
	char *text = get_whole_file("/proc/zoneinfo"), *line, *save;
	char zone[32] = "", word[32];
	unsigned int i;
	int node = -1;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "Node %d, zone %31s", &node, zone) == 2)
			continue;
		if (sscanf(line, " %31s", word) != 1)
			continue;
		for (i = 0; i < ARRAY_SIZE(wanted); i++)
			if (!strcmp(word, wanted[i]))
				add_line(shot, "node %d zone %s%s", node, zone,
					 line);
	}
	free(text);
}

static void record_page_blocks(struct snapshot *shot)
{
	char *text = get_whole_file("/proc/pagetypeinfo"), *line, *save;
	char zone[32];
	int node, at;

	line = text ? strstr(text, "Number of blocks") : NULL;
	for (line = line ? strtok_r(line, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "Node %d, zone %31s%n", &node, zone,
			   &at) != 2)
			continue;
		/* The next node's free pages by type are of no interest. */
		if (strchr(zone, ','))
			continue;
		if (is_quiet(shot, node))
			add_line(shot, "node %d zone %s page blocks%s", node,
				 zone, line + at);
		else
			add_line(shot, "node %d zone %s isolated %s", node,
				 zone, strrchr(line, ' '));
	}
	free(text);
}

static void record_free_pages(struct snapshot *shot)
{
	int node;

	for (node = 0; node < MAX_NODES; node++)
		if (is_quiet(shot, node))
			add_line(shot, "node %d free pages %lld", node,
				 node_free_pages(node));
}

static void record_resources(struct snapshot *shot)
{
	char *text = get_whole_file("/proc/iomem"), *line, *save;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		add_line(shot, "iomem %s", line);
	free(text);
}

static void record_counters(struct snapshot *shot)
{
	static const char * const counters[] = {
		"nr_isolated_anon", "nr_isolated_file", "nr_memmap_pages",
		"nr_memmap_boot_pages",
	};
	unsigned int i;

	put_text("1", "/proc/sys/vm/stat_refresh");
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		add_line(shot, "vmstat %s %lld", counters[i],
			 get_field("/proc/vmstat", counters[i]));
	add_line(shot, "MemTotal %lld", get_field("/proc/meminfo",
						  "MemTotal:"));
}

static int by_text(const void *one, const void *other)
{
	return strcmp(*(char * const *)one, *(char * const *)other);
}

/**
 * snapshot_take() - write down the state of the machine's memory
 *
 * Return: the snapshot, to be freed with snapshot_free().
 */
struct snapshot *snapshot_take(void)
{
	static void (* const record[])(struct snapshot *shot) = {
		record_blocks, record_nodes, record_tiers, record_threads,
		record_zones, record_page_blocks, record_free_pages,
		record_resources, record_counters,
	};
	struct snapshot *shot = calloc(1, sizeof(*shot));
	unsigned int i;

	if (!shot)
		abort();
	find_quiet_nodes(shot);
	for (i = 0; i < ARRAY_SIZE(record); i++)
		record[i](shot);
	qsort(shot->line, shot->nr, sizeof(*shot->line), by_text);
	return shot;
}

/**
 * snapshot_compare() - print what differs between two snapshots
 * @before: the older one
 * @after: the newer one
 *
 * Return: number of lines that only one of them has.
 */
unsigned int snapshot_compare(const struct snapshot *before,
			      const struct snapshot *after)
{
	unsigned int differences = 0;
	size_t i = 0, j = 0;
	int order;

	while (i < before->nr || j < after->nr) {
		if (i == before->nr)
			order = 1;
		else if (j == after->nr)
			order = -1;
		else
			order = strcmp(before->line[i], after->line[j]);
		if (order < 0)
			printf("# - %s\n", before->line[i]);
		if (order > 0)
			printf("# + %s\n", after->line[j]);
		differences += order != 0;
		i += order <= 0;
		j += order >= 0;
	}
	fflush(stdout);
	return differences;
}

/**
 * snapshot_changes() - print what changed since a snapshot
 * @before: the snapshot
 *
 * Return: number of lines that were gone or new.
 */
unsigned int snapshot_changes(const struct snapshot *before)
{
	struct snapshot *after = snapshot_take();
	unsigned int differences = snapshot_compare(before, after);

	snapshot_free(after);
	return differences;
}

/**
 * snapshot_free() - forget a snapshot
 * @shot: the snapshot
 */
void snapshot_free(struct snapshot *shot)
{
	size_t i;

	for (i = 0; i < shot->nr; i++)
		free(shot->line[i]);
	free(shot->line);
	free(shot);
}
