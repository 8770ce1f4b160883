// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memory_sysfs.c, included at its end
 */

#include <kunit/test.h>

static ssize_t write_state(const char *text, size_t len, loff_t offset)
{
	static char page[PAGE_SIZE + 1];

	memcpy(page, text, len);
	page[len] = '\0';
	return memory_state_write(NULL, page, len, offset);
}

/* In: requests that are none. Out: an error; no block of this list exists. */
static void bad_requests_are_refused(struct kunit *test)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{ "\n",				-EINVAL },
		{ "offline",			-EINVAL },
		{ "offline\n",			-EINVAL },
		{ "offline\t\n",			-EINVAL },
		{ "offline ,",			-EINVAL },
		{ "offline x",			-EINVAL },
		{ "offline -1",			-EINVAL },
		{ "offline 4-3",		-EINVAL },
		{ "offline 4000000000 online",	-ENODEV },
		{ "offline\n4000000000",	-EINVAL },
		{ "offline,4000000000",		-EINVAL },
		{ "4000000000 offline",		-EINVAL },
		{ "OFFLINE 4000000000",		-EINVAL },
		{ "online_fast 4000000000",	-EINVAL },
		{ "going-offline 4000000000",	-EINVAL },
		{ "offline 4000000000",		-ENODEV },
		{ " online\t4000000000\n",	-ENODEV },
		{ "online_movable 0-4294967295", -ENODEV },
		{ "online_kernel 4294967296",	-ERANGE },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, write_state(cases[i].text,
						      strlen(cases[i].text), 0),
				    cases[i].err, "\"%s\"", cases[i].text);
}

/* In: what may be a part of something else. Out: -EINVAL. */
static void partial_requests_are_refused(struct kunit *test)
{
	static const char request[] = "offline 4000000000";
	char *page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, ' ', PAGE_SIZE);
	memcpy(page, request, strlen(request));

	KUNIT_EXPECT_EQ(test, write_state(page, PAGE_SIZE - 1, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, write_state(page, PAGE_SIZE, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_state(page, PAGE_SIZE - 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_state(request, sizeof(request), 0), -EINVAL);
}

static void words_for_requests(struct kunit *test)
{
	enum mmop type;
	char line[32];

	for (type = MMOP_OFFLINE; type <= MMOP_ONLINE_MOVABLE; type++) {
		KUNIT_EXPECT_EQ(test, mhp_online_type_from_str(online_types[type]), type);
		snprintf(line, sizeof(line), "%s\n", online_types[type]);
		KUNIT_EXPECT_EQ(test, mhp_online_type_from_str(line), type);
		line[strlen(line) - 1] = 'x';
		KUNIT_EXPECT_EQ(test, mhp_online_type_from_str(line), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, mhp_online_type_from_str(""), -EINVAL);
}

/* In: runs in three states. Out: a line for each state that occurs. */
static void states_as_lists(struct kunit *test)
{
	static const struct memory_block_run runs[] = {
		{ 0, 7, MEM_ONLINE },
		{ 8, 8, MEM_OFFLINE },
		{ 32, 39, MEM_ONLINE },
		{ 40, 41, MEM_OFFLINE },
		{ 42, 42, MEM_ONLINE },
	};
	char text[64] = {};
	struct seq_file m = { .buf = text, .size = sizeof(text) };

	show_state(&m, MEM_ONLINE, runs, ARRAY_SIZE(runs));
	show_state(&m, MEM_OFFLINE, runs, ARRAY_SIZE(runs));
	show_state(&m, MEM_GOING_OFFLINE, runs, ARRAY_SIZE(runs));
	text[m.count] = '\0';
	KUNIT_EXPECT_STREQ(test, text, "online 0-7,32-39,42\noffline 8,40-41\n");
}

static int note_id(struct memory_block *mem, void *id)
{
	*(unsigned long *)id = mem->dev.id;
	return 0;
}

/*
 * In: so many blocks with gaps between them that their list outgrows a page.
 * Out: a list that names all of them when it is read back.
 */
static void long_lists_are_whole(struct kunit *test)
{
	const unsigned long size = memory_block_size_bytes(), nr = 1000;
	unsigned long highest = 0, first, i;
	struct seq_file m = { .size = 16 * nr };
	char *list;

	m.buf = kunit_kzalloc(test, m.size + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);

	lock_device_hotplug();
	for_each_memory_block(&highest, note_id);
	first = highest + 1000;
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, create_memory_block_devices((first + 2 * i) * size,
								  size, first_online_node,
								  NULL, NULL), 0);

	KUNIT_EXPECT_EQ(test, memory_state_show(&m, NULL), 0);
	list = strstr(m.buf, "offline ");
	KUNIT_EXPECT_NOT_NULL(test, list);
	if (list) {
		KUNIT_EXPECT_GT(test, strlen(list), PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, list[strlen(list) - 1], '\n');
		KUNIT_EXPECT_EQ(test, memory_list_change(list + strlen("offline "),
							 MMOP_OFFLINE), 0);
	}

	remove_memory_block_devices(first * size, 2 * nr * size);
	unlock_device_hotplug();
}

static struct kunit_case memory_sysfs_tests[] = {
	KUNIT_CASE(bad_requests_are_refused),
	KUNIT_CASE(partial_requests_are_refused),
	KUNIT_CASE(words_for_requests),
	KUNIT_CASE(states_as_lists),
	KUNIT_CASE(long_lists_are_whole),
	{}
};

static struct kunit_suite memory_sysfs_suite = {
	.name = "memory_sysfs",
	.test_cases = memory_sysfs_tests,
};

kunit_test_suite(memory_sysfs_suite);
