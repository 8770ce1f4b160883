// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of owner.c, included at its end. Blocks are claimed and released in
 * user space and in a running machine; here is what the policies allow.
 */

#include <kunit/test.h>

#include "owner_cases.h"

/* In: a policy, a zone and flags. Out: may it claim, and what counts as free. */
static void policies(struct kunit *test)
{
	const enum owner_fallback before = READ_ONCE(owner_fallback);
	const struct policy_case *c = policy_cases;
	struct zone *zone;

	zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, zone);
	for (; c < policy_cases + ARRAY_SIZE(policy_cases); c++) {
		policy_case_set(c, zone);
		WRITE_ONCE(owner_fallback, c->fallback);
		KUNIT_EXPECT_EQ_MSG(test, owner_may_claim(zone, c->alloc_flags),
				    c->may_claim, "case %td", c - policy_cases);
		KUNIT_EXPECT_EQ_MSG(test,
				    owner_unusable_free(zone, c->alloc_flags),
				    c->hotplug && !c->usable ? POLICY_FREE : 0,
				    "case %td", c - policy_cases);
	}
	WRITE_ONCE(owner_fallback, before);
}

/* In: what an administrator writes. Out: what is read then. */
static void fallback_parameter(struct kunit *test)
{
	const enum owner_fallback before = READ_ONCE(owner_fallback);
	char *is = (char *)get_zeroed_page(GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, is);
	for (i = 0; i < ARRAY_SIZE(fallback_cases); i++) {
		KUNIT_EXPECT_EQ(test, set_fallback(fallback_cases[i].word, NULL),
				fallback_cases[i].error);
		get_fallback(is, NULL);
		KUNIT_EXPECT_STREQ(test, is, fallback_cases[i].reads);
	}
	WRITE_ONCE(owner_fallback, before);
	free_page((unsigned long)is);
}

static struct kunit_case owner_tests[] = {
	KUNIT_CASE(policies),
	KUNIT_CASE(fallback_parameter),
	{}
};

static struct kunit_suite owner_suite = {
	.name = "memory_hotplug_owner",
	.test_cases = owner_tests,
};

kunit_test_suite(owner_suite);
