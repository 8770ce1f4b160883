// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the operation that runs
 *
 * The file progress is read byte by byte: a line more or a word that differs is
 * no progress.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "mhp.h"

#define PROGRESS_FILE	MEMORY_DIR "/progress"

/**
 * progress_read() - see how far the operation that runs is
 * @progress: filled in; if nothing runs, all but the operation is 0
 *
 * Return: true if the file is as its description says.
 */
bool progress_read(struct progress *progress)
{
	char text[TEXT_MAX], again[TEXT_MAX];
	unsigned int ms;

	memset(progress, 0, sizeof(*progress));
	if (get_text(text, sizeof(text), PROGRESS_FILE) <= 0)
		return false;
	if (!strcmp(text, "operation none\n")) {
		snprintf(progress->operation, sizeof(progress->operation),
			 "none");
		return true;
	}
	if (sscanf(text,
		   "operation %15s blocks %u first %u last %u pages_done %lu pages_left %lu seconds %u.%u",
		   progress->operation, &progress->blocks, &progress->first,
		   &progress->last, &progress->pages_done,
		   &progress->pages_left, &progress->seconds, &ms) != 8)
		return false;
	snprintf(again, sizeof(again),
		 "operation %s\nblocks %u\nfirst %u\nlast %u\npages_done %lu\npages_left %lu\nseconds %u.%03u\n",
		 progress->operation, progress->blocks, progress->first,
		 progress->last, progress->pages_done, progress->pages_left,
		 progress->seconds, ms);
	return !strcmp(text, again);
}

/**
 * progress_wait() - wait until an operation runs
 * @operation: what kind, or "none"
 * @progress: filled in when it does
 * @seconds: how long to wait at most
 *
 * Return: true if it was seen to run.
 */
bool progress_wait(const char *operation, struct progress *progress,
		   int seconds)
{
	const double end = now() + seconds;

	do {
		if (progress_read(progress) &&
		    !strcmp(progress->operation, operation))
			return true;
		sched_yield();
	} while (now() < end);
	return false;
}

/**
 * progress_cancel() - ask the operation that runs to end
 *
 * Return: 0 or -errno.
 */
int progress_cancel(void)
{
	return put_text("cancel\n", PROGRESS_FILE);
}
