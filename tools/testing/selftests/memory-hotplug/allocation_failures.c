// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel itself needs memory to add, remove, online and offline memory.
 * Each of these allocations fails once: the operation succeeds nevertheless,
 * or it fails and the machine is as it was.
 *
 * fail-nth lets the n-th allocation of the task fail. So n goes up from 1
 * until an operation ends before it got to n.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/mhp.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define BLOCKS		2
#define MAX_N		2000

static struct blocks target;

static int nothing(void)
{
	return 0;
}

static int add_blocks(void)
{
	return range_change("add", target.id[0], target.nr);
}

static int remove_blocks(void)
{
	return range_change("remove", target.id[0], target.nr);
}

static int put_online(void)
{
	return change_blocks("online_movable", &target);
}

static int put_offline(void)
{
	return change_blocks("offline", &target);
}

/* As in fault_injection.c: how to have an operation, again and again. */
static const struct operation {
	const char *name;
	int (*prepare)(void);
	int (*request)(void);
	int (*put_back)(void);
} operations[] = {
	{ "add", nothing, add_blocks, remove_blocks },
	{ "remove", add_blocks, remove_blocks, nothing },
	{ "online", nothing, put_online, put_offline },
	{ "offline", put_online, put_offline, nothing },
};

/* Slab allocations of any kind, and pages for page tables and memory maps. */
static int set_up_faults(void)
{
	static const char * const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "0" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "0" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
		{ "memory_hotplug/fail/errno", "12" },
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		err = put_text(settings[i][1], DEBUG_DIR "/%s", settings[i][0]);
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* Did the n-th allocation fail, or were there fewer? */
static bool was_injected(void)
{
	return get_number(10, FAIL_NTH) == 0;
}

/*
 * A resource that can not be allocated looks like one that is taken, and the
 * notifier of KASAN objects without a reason, which is EPERM.
 */
static bool means_no_memory(int err)
{
	return err == -ENOMEM || err == -EEXIST || err == -EPERM;
}

/*
 * Returns 1 if there may be more to fail, 0 if that was all, -1 if something
 * was wrong.
 */
static int fail_nth(const struct operation *operation, unsigned int n)
{
	struct snapshot *before;
	char text[16];
	bool more;
	int err, wrong;

	snprintf(text, sizeof(text), "%u", n);
	if (operation->prepare())
		return -1;
	before = snapshot_take();
	if (put_text(text, FAIL_NTH))
		return -1;
	err = operation->request();
	more = was_injected();
	put_text("0", FAIL_NTH);

	wrong = err && !(more && means_no_memory(err));
	if (err) {
		wrong |= snapshot_changes(before) != 0;
		wrong |= operation->request() != 0;
	}
	wrong |= operation->put_back() != 0;
	if (wrong)
		ksft_print_msg("%s, allocation %u: gave %d\n", operation->name,
			       n, err);
	snapshot_free(before);
	return wrong ? -1 : more;
}

static void test_operation(const struct operation *operation)
{
	unsigned int n;
	int more = 1;

	for (n = 1; more > 0 && n < MAX_N; n++)
		more = fail_nth(operation, n);
	ksft_test_result(more == 0, "%s, each of %u allocations\n",
			 operation->name, n - 2);
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	if (!file_exists(FAIL_NTH) || !file_exists(DEBUG_DIR "/failslab"))
		ksft_exit_skip("no fault injection for allocations\n");
	blocks_spare(&target);
	if (target.nr < BLOCKS)
		ksft_exit_skip("no spare memory: boot with mem=\n");
	blocks_first(&target, BLOCKS);
	ksft_set_plan(ARRAY_SIZE(operations));
	if (set_up_faults() || module_load("mhp_range", ""))
		ksft_exit_fail_msg("can not prepare\n");

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		if (i == 2 && add_blocks())
			ksft_exit_fail_msg("can not add memory\n");
		test_operation(&operations[i]);
	}
	if (remove_blocks() || module_unload("mhp_range"))
		ksft_exit_fail_msg("can not remove memory\n");
	ksft_finished();
}
