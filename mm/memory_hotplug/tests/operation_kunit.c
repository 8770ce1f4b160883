// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of operation.c, included at its end. Their operations act on nothing;
 * the real tables are looked at and not run.
 */

#include <kunit/test.h>
#include <linux/ctype.h>
#include <linux/sprintf.h>
#include <linux/string.h>

/* The task is a kernel thread: the flag is all that a signal is to it. */
static void operation_case_signal(bool pending)
{
	if (pending)
		set_thread_flag(TIF_SIGPENDING);
	else
		clear_thread_flag(TIF_SIGPENDING);
}

#include "operation_cases.h"

static void operation_case_name(const struct operation_case *c, char *desc)
{
	const char *in = *c->where ? " in " : "";

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%s\" on %u, %s%s%s", c->steps,
		 c->units, case_troubles[c->trouble], in, c->where);
}

KUNIT_ARRAY_PARAM(operation, operation_cases, operation_case_name);

/* In: steps and trouble. Out: the calls in their order, result and errno. */
static void steps_forward_and_back(struct kunit *test)
{
	const struct operation_case *c = test->param_value;
	struct case_operation *run;

	run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, operation_case_run(c, run), c->error);
	KUNIT_EXPECT_EQ(test, run->operation.result, c->result);
	KUNIT_EXPECT_EQ(test, run->operation.error, c->error);
	KUNIT_EXPECT_EQ(test, !run->operation.failed, c->result == MHP_DONE);
	KUNIT_EXPECT_STREQ(test, run->record, c->record);
}

/* In: every result. Out: its errno, and words for it that no other has. */
static void results_and_their_errors(struct kunit *test)
{
	struct case_operation *run;
	size_t i, j;

	run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(operation_errors), NR_MHP_RESULTS);
	for (i = 0; i < ARRAY_SIZE(operation_errors); i++) {
		const enum mhp_result result = operation_errors[i].result;
		const char *name = mhp_result_name(result);

		memset(run, 0, sizeof(*run));
		KUNIT_EXPECT_EQ_MSG(test, operation_result_run(result, run),
				    operation_errors[i].error, "result %u",
				    result);
		KUNIT_ASSERT_NOT_NULL(test, name);
		KUNIT_EXPECT_NE(test, *name, '\0');
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, name,
					    mhp_result_name(operation_errors[j].result));
	}
}

/* In: a deadline on the real clock. Out: it counts once it has passed. */
static void deadline_on_the_clock(struct kunit *test)
{
	const struct mhp_operation_type type = { .name = "case" };
	struct mhp_operation operation = { .type = &type };

	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_DONE);
	operation.deadline_ns = ktime_get_ns() + 3600ULL * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_DONE);
	operation.deadline_ns = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_TIMED_OUT);
}

static bool is_one_word(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!islower(*c))
			return false;
	return c != name;
}

/* Names become directories; the last step is the point of no return. */
static void check_table(struct kunit *test,
			const struct mhp_operation_type *type)
{
	const struct mhp_step *step = type->steps, *earlier;

	KUNIT_EXPECT_TRUE(test, is_one_word(type->name));
	KUNIT_ASSERT_GT(test, type->nr_steps, 0);
	for (; step < type->steps + type->nr_steps; step++) {
		KUNIT_EXPECT_TRUE(test, is_one_word(step->name));
		KUNIT_EXPECT_NOT_NULL(test, step->run);
		for (earlier = type->steps; earlier < step; earlier++)
			KUNIT_EXPECT_STRNEQ(test, step->name, earlier->name);
	}
	KUNIT_EXPECT_NULL(test, step[-1].undo);
}

static void tables_are_well_formed(struct kunit *test)
{
	check_table(test, &mhp_add_type);
	check_table(test, &mhp_online_type);
#ifdef CONFIG_MEMORY_HOTREMOVE
	check_table(test, &mhp_remove_type);
	check_table(test, &mhp_offline_type);
#endif
}

static struct kunit_case operation_tests[] = {
	KUNIT_CASE_PARAM(steps_forward_and_back, operation_gen_params),
	KUNIT_CASE(results_and_their_errors),
	KUNIT_CASE(deadline_on_the_clock),
	KUNIT_CASE(tables_are_well_formed),
	{}
};

static struct kunit_suite operation_suite = {
	.name = "memory_hotplug_operation",
	.test_cases = operation_tests,
};

kunit_test_suite(operation_suite);
