// SPDX-License-Identifier: GPL-2.0
/*
 * Every step of every operation fails once: the caller gets the injected
 * errno, the machine is as it was, and the same request works the next time.
 *
 * The steps are those that debugfs shows. Add and remove need spare memory;
 * online and offline use it as well, or hot-plugged memory if there is none.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/mhp.h"

#define FAIL_DIR	DEBUG_DIR "/memory_hotplug/fail"
#define BLOCKS		3

static const int errors[] = { ENOMEM, EBUSY, ENOTTY };
static struct blocks target;

/**
 * struct operation - how to have an operation, again and again
 * @name: its directory in debugfs
 * @prepare: brings the blocks to where it can start
 * @request: asks for it; what it gives goes to the report
 * @put_back: brings the blocks back to where @prepare found them
 */
struct operation {
	const char *name;
	int (*prepare)(void);
	int (*request)(void);
	int (*put_back)(void);
};

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

/* Not all in one zone, so that a block which comes back elsewhere shows. */
static int put_online_mixed(void)
{
	int err = blocks_put(&target, "state", "online_movable");

	if (!err)
		err = block_put(target.id[1], "state", "offline");
	if (!err)
		err = block_put(target.id[1], "state", "online_kernel");
	return err;
}

static const struct operation of_range[] = {
	{ "add", nothing, add_blocks, remove_blocks },
	{ "remove", add_blocks, remove_blocks, nothing },
};

static const struct operation of_blocks[] = {
	{ "online", nothing, put_online, put_offline },
	{ "offline", put_online_mixed, put_offline, nothing },
};

/* The directories below an operation's, in alphabetical order. */
static unsigned int find_steps(const char *operation, struct dirent ***steps)
{
	char path[TEXT_MAX];
	int i, found, nr = 0;

	snprintf(path, sizeof(path), FAIL_DIR "/%s", operation);
	found = scandir(path, steps, NULL, alphasort);
	for (i = 0; i < found; i++)
		if ((*steps)[i]->d_name[0] != '.')
			(*steps)[nr++] = (*steps)[i];
	return nr;
}

static int arm(const char *operation, const char *step, int error)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%d", error);
	err = put_text(text, FAIL_DIR "/errno");
	if (!err)
		err = put_text("1", FAIL_DIR "/%s/%s/times", operation, step);
	if (!err)
		err = put_text("100", FAIL_DIR "/%s/%s/probability", operation,
			       step);
	return err;
}

static int disarm(const char *operation, const char *step)
{
	return put_text("0", FAIL_DIR "/%s/%s/probability", operation, step);
}

static bool as_expected(const char *what, int expected, int seen)
{
	if (expected != seen)
		ksft_print_msg("%s gave %d, not %d\n", what, seen, expected);
	return expected == seen;
}

static bool log_is_one_line(int fd, const char *operation, const char *step)
{
	char *log = log_read(fd), line[TEXT_MAX], end[TEXT_MAX];
	bool right;

	snprintf(line, sizeof(line), "memory_hotplug: %s of ", operation);
	snprintf(end, sizeof(end), " failed in %s: fault injected", step);
	right = text_count(log, line) == 1 && text_count(log, end) == 1 &&
		!text_splat(log);
	if (!right)
		ksft_print_msg("log: %.1000s\n", log);
	free(log);
	return right;
}

static bool fails_once(const struct operation *operation, const char *step,
		       int error)
{
	struct snapshot *before;
	bool right;
	int log;

	if (!as_expected("preparing", 0, operation->prepare()))
		return false;
	before = snapshot_take();
	log = log_open();
	right = as_expected("arming", 0, arm(operation->name, step, error));
	right &= as_expected("the request", -error, operation->request());
	right &= as_expected("disarming", 0, disarm(operation->name, step));
	right &= log_is_one_line(log, operation->name, step);
	right &= !snapshot_changes(before);
	right &= as_expected("the second request", 0, operation->request());
	right &= as_expected("putting back", 0, operation->put_back());
	close(log);
	snapshot_free(before);
	return right;
}

static void test_operation(const struct operation *operation)
{
	struct dirent **steps = NULL;
	unsigned int i, nr = find_steps(operation->name, &steps);

	for (i = 0; i < nr; i++)
		ksft_test_result(fails_once(operation, steps[i]->d_name,
					    errors[i % ARRAY_SIZE(errors)]),
				 "%s fails in %s\n", operation->name,
				 steps[i]->d_name);
}

static unsigned int count_steps(const struct operation *operations,
				unsigned int nr)
{
	struct dirent **steps = NULL;
	unsigned int i, count = 0;

	for (i = 0; i < nr; i++)
		count += find_steps(operations[i].name, &steps);
	return count;
}

/* What is made only once in the life of a machine is made here. */
static int warm_up(const struct operation *operation)
{
	int err = operation->prepare();

	if (!err)
		err = operation->request();
	if (!err)
		err = operation->put_back();
	return err;
}

static void test_operations(const struct operation *operations, unsigned int nr)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = warm_up(&operations[i]);
		if (err)
			ksft_exit_fail_msg("%s: errno %d without a fault\n",
					   operations[i].name, -err);
	}
	for (i = 0; i < nr; i++)
		test_operation(&operations[i]);
}

int main(void)
{
	unsigned int plan = count_steps(of_blocks, ARRAY_SIZE(of_blocks));
	bool spare;

	ksft_print_header();
	if (!file_exists(FAIL_DIR))
		ksft_exit_skip("no fault injection in this kernel\n");
	blocks_spare(&target);
	spare = target.nr >= BLOCKS;
	if (!spare)
		blocks_hotplugged(&target);
	if (target.nr < BLOCKS)
		ksft_exit_skip("less than %d blocks to try\n", BLOCKS);
	blocks_first(&target, BLOCKS);

	if (spare) {
		plan += count_steps(of_range, ARRAY_SIZE(of_range));
		ksft_set_plan(plan);
		if (module_load("mhp_range", ""))
			ksft_exit_fail_msg("can not load mhp_range\n");
		test_operations(of_range, ARRAY_SIZE(of_range));
		if (add_blocks())
			ksft_exit_fail_msg("can not add memory\n");
	} else {
		ksft_set_plan(plan);
		if (blocks_offline(&target))
			ksft_exit_fail_msg("can not start offline\n");
	}
	test_operations(of_blocks, ARRAY_SIZE(of_blocks));
	if (spare && (remove_blocks() || module_unload("mhp_range")))
		ksft_exit_fail_msg("can not remove memory\n");
	ksft_finished();
}
