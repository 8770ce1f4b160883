/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of memory blocks, and what they mean: for KUnit and for the build in
 * user space.
 */
#ifndef _DRIVERS_BASE_TEST_MEMORY_LIST_CASES_H
#define _DRIVERS_BASE_TEST_MEMORY_LIST_CASES_H

/* The value of N in all cases */
#define CASE_HIGHEST	9

/*
 * struct memory_list_case - a list and its meaning
 * @text: the list
 * @err: 0, or the error that reading it ends in
 * @ids: the ids that are named, each with a blank behind it, in the order of
 *	 the items; * stands in front of what need not exist
 */
static const struct memory_list_case {
	const char *text;
	int err;
	const char *ids;
} memory_list_cases[] = {
	/* Blocks, ranges and what stands between them */
	{ "5", 0, "5 " },
	{ "2-4", 0, "2 3 4 " },
	{ "4-4", 0, "4 " },
	{ "1,3,5", 0, "1 3 5 " },
	{ "1 3\t5", 0, "1 3 5 " },
	{ " ,, 1 ,\n, 3-4 ,\n", 0, "1 3 4 " },
	{ "007", 0, "7 " },
	{ "3,1-3,2", 0, "3 1 2 3 2 " },

	/* Lists that name nothing */
	{ "", 0, "" },
	{ " ,\n", 0, "" },
	{ "3-9:0/2", 0, "" },

	/* Patterns */
	{ "0-9:2/5", 0, "0 1 5 6 " },
	{ "1-9:2/5", 0, "1 2 6 7 " },
	{ "0-5:3/4", 0, "0 1 2 4 5 " },
	{ "0-3:4/4", 0, "0 1 2 3 " },
	{ "0-3:1/4294967295", 0, "0 " },
	{ "0-1:1/1,8-9:1/1", 0, "0 1 8 9 " },

	/* Names for blocks that one does not know */
	{ "N", 0, "9 " },
	{ "7-N", 0, "7 8 9 " },
	{ "N-10", 0, "9 10 " },
	{ "0-N:1/N", 0, "0 9 " },
	{ "all", 0, "*0 *1 *2 *3 *4 *5 *6 *7 *8 *9 " },
	{ "ALL:1/4", 0, "*0 *4 *8 " },
	{ "8,aLL:1/9", 0, "8 *0 *9 " },

	/* The largest number that is one */
	{ "4294967295", 0, "4294967295 " },
	{ "4294967294-4294967295", 0, "4294967294 4294967295 " },
	{ "4294967296", -ERANGE, "" },
	{ "1,99999999999999999999999999", -ERANGE, "1 " },
	{ "0-4294967296", -ERANGE, "" },
	{ "0-9:1/4294967296", -ERANGE, "" },

	/* What is no list */
	{ "x", -EINVAL, "" },
	{ "-", -EINVAL, "" },
	{ "-1", -EINVAL, "" },
	{ "+1", -EINVAL, "" },
	{ "1-", -EINVAL, "" },
	{ "1--2", -EINVAL, "" },
	{ "1-2-3", -EINVAL, "" },
	{ "3-2", -EINVAL, "" },
	{ "10-N", -EINVAL, "" },
	{ "0x10", -EINVAL, "" },
	{ "1.5", -EINVAL, "" },
	{ "1;2", -EINVAL, "" },
	{ "1,2x", -EINVAL, "1 " },
	{ "1 - 2", -EINVAL, "1 " },
	{ "n", -EINVAL, "" },
	{ "NN", -EINVAL, "" },
	{ "N1", -EINVAL, "" },
	{ "al", -EINVAL, "" },
	{ "alll", -EINVAL, "" },
	{ "all-9", -EINVAL, "" },
	{ "5:1/2", -EINVAL, "" },
	{ "0-9:", -EINVAL, "" },
	{ "0-9:1", -EINVAL, "" },
	{ "0-9:1/", -EINVAL, "" },
	{ "0-9:/2", -EINVAL, "" },
	{ "0-9:1/0", -EINVAL, "" },
	{ "0-9:0/0", -EINVAL, "" },
	{ "0-9:3/2", -EINVAL, "" },
	{ "0-9:1/2x", -EINVAL, "" },
	{ "0-9:1/2:1/2", -EINVAL, "" },
	{ "memory5", -EINVAL, "" },
};

/* Writes down what a list names, to be compared with a case. */
static int memory_list_spell(const char *text, char *out, size_t room)
{
	struct memory_list_region region;
	unsigned long id;
	size_t len = 0;
	int ret;

	out[0] = '\0';
	while ((ret = memory_list_next(&text, CASE_HIGHEST, &region)) > 0) {
		for (id = memory_list_find(&region, 0);
		     id != MEMORY_LIST_NONE && len < room;
		     id = memory_list_find(&region, id + 1))
			len += snprintf(out + len, room - len, "%s%lu ",
					region.existing ? "*" : "", id);
	}
	return ret;
}

#endif /* _DRIVERS_BASE_TEST_MEMORY_LIST_CASES_H */
