// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: what memory notifiers were told
 *
 * The module mhp_notifier keeps the calls of its two callbacks, "first" and
 * "last". Here they are read and asked about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mhp.h"

/**
 * notifier_calls() - take what the module has kept
 * @calls: where it goes, in the order of the calls
 */
void notifier_calls(struct notifier_calls *calls)
{
	char *text = get_whole_file(NOTIFIER_DIR "/events"), *line, *save;
	struct notifier_call *call;

	calls->nr = 0;
	for (line = strtok_r(text, "\n", &save); line && calls->nr < MAX_CALLS;
	     line = strtok_r(NULL, "\n", &save)) {
		call = &calls->call[calls->nr];
		if (sscanf(line, "%15s MEM_%31s %lx %lu %d %d", call->who,
			   call->event, &call->start_pfn, &call->nr_pages,
			   &call->nid, &call->nid_normal) != 6)
			continue;
		call->block = pfn_block(call->start_pfn);
		calls->nr++;
	}
	free(text);
	put_text("clear", NOTIFIER_DIR "/events");
}

/**
 * notifier_events() - the events that one callback saw of one block
 * @calls: from notifier_calls()
 * @who: first or last
 * @block: the block
 *
 * Return: "GOING_ONLINE ONLINE" or the like, valid until the next call.
 */
const char *notifier_events(const struct notifier_calls *calls,
			    const char *who, unsigned int block)
{
	static char text[1024];
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < calls->nr; i++)
		if (!strcmp(calls->call[i].who, who) &&
		    calls->call[i].block == block)
			snprintf(text + strlen(text),
				 sizeof(text) - strlen(text), "%s%s",
				 text[0] ? " " : "", calls->call[i].event);
	return text;
}

/**
 * notifier_first() - position of the first call with an event
 * @calls: from notifier_calls()
 * @event: the event, without MEM_
 *
 * Return: the position, or -1 if there is none.
 */
int notifier_first(const struct notifier_calls *calls, const char *event)
{
	unsigned int i;

	for (i = 0; i < calls->nr; i++)
		if (!strcmp(calls->call[i].event, event))
			return i;
	return -1;
}

/**
 * notifier_last() - position of the last call with an event
 * @calls: from notifier_calls()
 * @event: the event, without MEM_
 *
 * Return: the position, or -1 if there is none.
 */
int notifier_last(const struct notifier_calls *calls, const char *event)
{
	unsigned int i;

	for (i = calls->nr; i-- > 0;)
		if (!strcmp(calls->call[i].event, event))
			return i;
	return -1;
}

/**
 * notifier_veto() - let a callback object to an event of a block
 * @who: first or last
 * @event: the event, without MEM_
 * @block: the block
 * @error: the positive errno it answers with
 *
 * Return: 0 or -errno.
 */
int notifier_veto(const char *who, const char *event, unsigned int block,
		  int error)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s MEM_%s 0x%lx %d", who, event,
		 block_pfn(block) + block_pages() - 1, error);
	return put_text(text, NOTIFIER_DIR "/veto");
}
