// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memory_list.c, included at its end
 */

#include <kunit/test.h>
#include <linux/sprintf.h>

#include "memory_list_cases.h"

static void case_name(const struct memory_list_case *test_case, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%*pEs\"",
		 (int)strlen(test_case->text), test_case->text);
}

KUNIT_ARRAY_PARAM(memory_list, memory_list_cases, case_name);

static void list_means_what_it_says(struct kunit *test)
{
	const struct memory_list_case *test_case = test->param_value;
	char ids[64];

	KUNIT_EXPECT_EQ(test, memory_list_spell(test_case->text, ids, sizeof(ids)),
			test_case->err);
	KUNIT_EXPECT_STREQ(test, ids, test_case->ids);
}

static struct kunit_case memory_list_tests[] = {
	KUNIT_CASE_PARAM(list_means_what_it_says, memory_list_gen_params),
	{}
};

static struct kunit_suite memory_list_suite = {
	.name = "memory_list",
	.test_cases = memory_list_tests,
};

kunit_test_suite(memory_list_suite);
