// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of progress.c, included at its end. Their operations do nothing; no
 * other one runs when the tests do, as the machine still boots.
 */

#include <kunit/test.h>

static const struct mhp_operation_type long_type = {
	.name = "long",
	.interruptible = true,
};

static const struct mhp_operation_type deaf_type = { .name = "deaf" };

static void nothing_runs(struct kunit *test)
{
	struct mhp_progress progress;

	KUNIT_EXPECT_FALSE(test, mhp_progress(&progress));
	KUNIT_EXPECT_EQ(test, mhp_cancel(), -ESRCH);
}

/* In: an operation under way. Out: what it is and how far; then it is gone. */
static void operation_is_shown(struct kunit *test)
{
	struct mhp_operation operation = {
		.type = &long_type,
		.first_block = 3,
		.last_block = 9,
		.nr_units = 4,
		.pages_done = 17,
		.pages_left = 5,
		.start_ns = ktime_get_ns() - NSEC_PER_SEC,
	};
	struct mhp_progress progress = { };

	mhp_progress_begin(&operation);
	KUNIT_EXPECT_TRUE(test, mhp_progress(&progress));
	mhp_progress_end(&operation);
	KUNIT_EXPECT_STREQ(test, progress.operation, "long");
	KUNIT_EXPECT_EQ(test, progress.nr_blocks, 4);
	KUNIT_EXPECT_EQ(test, progress.first_block, 3);
	KUNIT_EXPECT_EQ(test, progress.last_block, 9);
	KUNIT_EXPECT_EQ(test, progress.pages_done, 17);
	KUNIT_EXPECT_EQ(test, progress.pages_left, 5);
	KUNIT_EXPECT_GE(test, progress.ns, (u64)NSEC_PER_SEC);
	nothing_runs(test);
}

/* In: an operation that ends while another one runs. Out: that one is kept. */
static void one_is_known_at_a_time(struct kunit *test)
{
	struct mhp_operation first = { .type = &long_type };
	struct mhp_operation second = { .type = &deaf_type };
	struct mhp_progress progress = { };

	mhp_progress_begin(&first);
	mhp_progress_begin(&second);
	mhp_progress_end(&second);
	KUNIT_EXPECT_TRUE(test, mhp_progress(&progress));
	KUNIT_EXPECT_STREQ(test, progress.operation, "long");
	mhp_progress_end(&first);
	nothing_runs(test);
}

static void operation_is_cancelled(struct kunit *test)
{
	struct mhp_operation operation = { .type = &long_type };

	mhp_progress_begin(&operation);
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_DONE);
	KUNIT_EXPECT_EQ(test, mhp_cancel(), 0);
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_CANCELLED);
	KUNIT_EXPECT_EQ(test, mhp_cancel(), 0);
	mhp_progress_end(&operation);
}

static void deaf_operation_goes_on(struct kunit *test)
{
	struct mhp_operation operation = { .type = &deaf_type };

	mhp_progress_begin(&operation);
	KUNIT_EXPECT_EQ(test, mhp_cancel(), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_DONE);
	mhp_progress_end(&operation);
}

static void operation_is_called_back(struct kunit *test)
{
	struct mhp_operation operation = { .type = &long_type, .nr_pages = 7 };

	KUNIT_EXPECT_EQ(test, mhp_call_back(), 0);
	mhp_progress_begin(&operation);
	KUNIT_EXPECT_EQ(test, mhp_call_back(), 7);
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_NO_ROOM);
	KUNIT_EXPECT_EQ(test, mhp_call_back(), 7);
	/* It was called long ago. */
	operation.called_back_ns -= CALLED_BACK_NS;
	KUNIT_EXPECT_EQ(test, mhp_call_back(), 0);
	mhp_progress_end(&operation);
}

static void deaf_operation_is_not_called(struct kunit *test)
{
	struct mhp_operation operation = { .type = &deaf_type, .nr_pages = 7 };

	mhp_progress_begin(&operation);
	KUNIT_EXPECT_EQ(test, mhp_call_back(), 0);
	KUNIT_EXPECT_EQ(test, mhp_operation_pending(&operation), MHP_DONE);
	mhp_progress_end(&operation);
}

static struct kunit_case progress_tests[] = {
	KUNIT_CASE(nothing_runs),
	KUNIT_CASE(operation_is_shown),
	KUNIT_CASE(one_is_known_at_a_time),
	KUNIT_CASE(operation_is_cancelled),
	KUNIT_CASE(deaf_operation_goes_on),
	KUNIT_CASE(operation_is_called_back),
	KUNIT_CASE(deaf_operation_is_not_called),
	{}
};

static struct kunit_suite progress_suite = {
	.name = "memory_hotplug_progress",
	.test_cases = progress_tests,
};

kunit_test_suite(progress_suite);
