// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of choice.c, included at its end
 */

#include <kunit/test.h>
#include <linux/sprintf.h>

#include "choice_cases.h"

static void choice_case_name(const struct choice_case *c, char *desc)
{
	strscpy(desc, c->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(choice, choice_cases, choice_case_name);

/* In: blocks. Out: those that cost least. */
static void cheapest_blocks_leave(struct kunit *test)
{
	const struct choice_case *c = test->param_value;
	struct choice_model *model;
	char text[64];

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	choice_case_run(c, model, text, sizeof(text));
	KUNIT_EXPECT_STREQ(test, text, c->leave);
}

static struct kunit_case choice_tests[] = {
	KUNIT_CASE_PARAM(cheapest_blocks_leave, choice_gen_params),
	{}
};

static struct kunit_suite choice_suite = {
	.name = "memory_hotplug_choice",
	.test_cases = choice_tests,
};

kunit_test_suite(choice_suite);
