// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: When memory runs out while some of it leaves
 *
 * Blocks that are being emptied are out of reach, although most of their memory
 * may be free. Programs whose need grows meanwhile can run out of memory, and
 * one of them would be killed for an operation that would not have begun had it
 * been known. So before anybody is killed, the operation is ended, as if it had
 * found no room, and its memory comes back.
 *
 * Who runs out on the nodes that he is bound to while others have memory is no
 * reason to end anything.
 */

#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched.h>

#include "internal.h"

static bool some_have_memory(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_watermark_ok(zone, 0, min_wmark_pages(zone),
				      MAX_NR_ZONES - 1, 0))
			return true;
	return false;
}

/* What comes back does so in a moment: nobody has to ask again and again. */
static int on_oom(struct notifier_block *block, unsigned long unused,
		  void *freed)
{
	unsigned long pages;

	if (some_have_memory())
		return NOTIFY_OK;
	pages = mhp_call_back();
	if (pages) {
		*(unsigned long *)freed += pages;
		schedule_timeout_killable(1);
	}
	return NOTIFY_OK;
}

static struct notifier_block oom_block = { .notifier_call = on_oom };

static int __init watch_for_oom(void)
{
	return register_oom_notifier(&oom_block);
}
core_initcall(watch_for_oom);
