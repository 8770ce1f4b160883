// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the kernel's page tables
 *
 * /sys/kernel/debug/page_tables/kernel lists what the kernel maps, run by run,
 * each with the size of the entries that map it. Lines like
 *
 *	---[ Vmemmap ]---
 *
 * stand where an area begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mhp.h"

#define TABLES	DEBUG_DIR "/page_tables/kernel"

static const char *line_of(const char *text, unsigned long address)
{
	const char *line;

	for (line = text; line && *line; line += !!line) {
		if (strtoul(line, NULL, 16) >= address)
			return line;
		line = strchr(line, '\n');
	}
	return "";
}

/**
 * page_tables() - what is mapped in an area of kernel addresses
 * @area: the name of the area, as the kernel lists it
 * @offset: where to begin in it, in bytes
 *
 * Return: the lines of what begins there or later, to be freed by the caller;
 * NULL if there is no such list.
 */
char *page_tables(const char *area, unsigned long offset)
{
	char head[64], *text = get_whole_file(TABLES), *begin, *end;

	if (!text)
		return NULL;
	snprintf(head, sizeof(head), "---[ %s ]---\n", area);
	begin = strstr(text, head);
	if (!begin) {
		free(text);
		return NULL;
	}
	begin += strlen(head);
	end = strstr(begin, "---[");
	if (end)
		*end = '\0';
	begin = strdup(line_of(begin, strtoul(begin, NULL, 16) + offset));
	free(text);
	return begin;
}

/**
 * page_tables_present() - does the kernel list its page tables
 *
 * Return: true if page_tables() can be used.
 */
bool page_tables_present(void)
{
	return file_exists(TABLES);
}
