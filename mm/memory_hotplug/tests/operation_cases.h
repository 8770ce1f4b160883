/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations that go well or badly, and what has to happen then: for KUnit and
 * for the build in user space. Who includes this brings a function
 *
 *	static void operation_case_signal(bool pending);
 *
 * that lets the running task have a signal, or not.
 */
#ifndef __MM_MEMORY_HOTPLUG_TESTS_OPERATION_CASES_H
#define __MM_MEMORY_HOTPLUG_TESTS_OPERATION_CASES_H

#define CASE_MAX_STEPS	8
#define CASE_RECORD	512

/**
 * struct case_operation - an operation on nothing that records what happens
 * @operation: the engine's part
 * @type: its type
 * @steps: its steps, named a, b, c and so on
 * @meanwhile: called while a step runs; what it returns is the step's result
 * @undone: called while a step is undone; may be NULL
 * @plan: for @meanwhile and @undone
 * @record: calls of the steps, each with a blank behind it: "b1 " when b runs
 *	    for unit 1, "-b1 " when it is undone
 * @len: length of @record
 */
struct case_operation {
	struct mhp_operation operation;
	struct mhp_operation_type type;
	struct mhp_step steps[CASE_MAX_STEPS];
	enum mhp_result (*meanwhile)(struct case_operation *run, char step,
				     unsigned int unit);
	void (*undone)(struct case_operation *run, char step,
		       unsigned int unit);
	const void *plan;
	char record[CASE_RECORD];
	size_t len;
};

static void case_record(struct case_operation *run, const char *prefix,
			char step, unsigned int unit)
{
	const size_t room = sizeof(run->record) - run->len;

	run->len += snprintf(run->record + run->len, room, "%s%c%u ", prefix,
			     step, unit);
}

static struct case_operation *to_case(struct mhp_operation *operation)
{
	return container_of(operation, struct case_operation, operation);
}

static enum mhp_result case_run(struct mhp_operation *operation, char step,
				unsigned int unit)
{
	struct case_operation *run = to_case(operation);

	case_record(run, "", step, unit);
	return run->meanwhile(run, step, unit);
}

static void case_undo(struct mhp_operation *operation, char step,
		      unsigned int unit)
{
	struct case_operation *run = to_case(operation);

	case_record(run, "-", step, unit);
	if (run->undone)
		run->undone(run, step, unit);
}

/* Steps do not know their place in the table: each letter has functions. */
#define CASE_STEP(letter)						\
static enum mhp_result case_run_##letter(struct mhp_operation *operation, \
					 unsigned int unit)		\
{									\
	return case_run(operation, #letter[0], unit);			\
}									\
									\
static void case_undo_##letter(struct mhp_operation *operation,		\
			       unsigned int unit)			\
{									\
	case_undo(operation, #letter[0], unit);				\
}

CASE_STEP(a)
CASE_STEP(b)
CASE_STEP(c)
CASE_STEP(d)
CASE_STEP(e)
CASE_STEP(f)
CASE_STEP(g)
CASE_STEP(h)

static const struct mhp_step case_letters[CASE_MAX_STEPS] = {
	{ "a", case_run_a, case_undo_a, false },
	{ "b", case_run_b, case_undo_b, false },
	{ "c", case_run_c, case_undo_c, false },
	{ "d", case_run_d, case_undo_d, false },
	{ "e", case_run_e, case_undo_e, false },
	{ "f", case_run_f, case_undo_f, false },
	{ "g", case_run_g, case_undo_g, false },
	{ "h", case_run_h, case_undo_h, false },
};

/**
 * enum case_trouble - what happens to an operation
 * @CASE_PEACE: nothing
 * @CASE_FAILS: a step fails with a result
 * @CASE_FAILS_WITH: a step fails with a result and an errno
 * @CASE_SIGNAL: a signal comes
 * @CASE_DEAF: a signal comes, and the operation is not interruptible
 * @CASE_CANCEL: somebody cancels it
 * @CASE_LATE: the deadline passes
 */
enum case_trouble {
	CASE_PEACE,
	CASE_FAILS,
	CASE_FAILS_WITH,
	CASE_SIGNAL,
	CASE_DEAF,
	CASE_CANCEL,
	CASE_LATE,
};

static const char * const case_troubles[] = {
	[CASE_PEACE] = "nothing happens",
	[CASE_FAILS] = "failure",
	[CASE_FAILS_WITH] = "failure with errno",
	[CASE_SIGNAL] = "signal",
	[CASE_DEAF] = "signal ignored",
	[CASE_CANCEL] = "cancel",
	[CASE_LATE] = "deadline",
};

/*
 * struct operation_case - an operation and what becomes of it
 * @steps: the steps: a letter for each, with * if it runs for every unit and
 *	   with ! if it can not be undone
 * @units: number of units
 * @trouble: what happens
 * @where: when: during this call; "" before the operation starts
 * @result: how it ends; for a failure also what the step returns
 * @error: what the caller gets
 * @record: what was called
 */
static const struct operation_case {
	const char *steps;
	unsigned int units;
	enum case_trouble trouble;
	const char *where;
	enum mhp_result result;
	int error;
	const char *record;
} operation_cases[] = {
	/* Steps run in their order, some of them for every unit */
	{ "",		1, CASE_PEACE, "", MHP_DONE, 0, "" },
	{ "a",		1, CASE_PEACE, "", MHP_DONE, 0, "a0 " },
	{ "ba!c",	1, CASE_PEACE, "", MHP_DONE, 0, "b0 a0 c0 " },
	{ "abc",	3, CASE_PEACE, "", MHP_DONE, 0, "a0 b0 c0 " },
	{ "a*b",	1, CASE_PEACE, "", MHP_DONE, 0, "a0 b0 " },
	{ "ab*c",	3, CASE_PEACE, "", MHP_DONE, 0, "a0 b0 b1 b2 c0 " },
	{ "a*b*",	2, CASE_PEACE, "", MHP_DONE, 0, "a0 a1 b0 b1 " },
	{ "ab*c",	0, CASE_PEACE, "", MHP_DONE, 0, "a0 c0 " },
	{ "a*",		0, CASE_PEACE, "", MHP_DONE, 0, "" },

	/* Each call fails once: it is not undone, and all before it is */
	{ "ab*cd*",	3, CASE_FAILS, "a0", MHP_HELD, -EBUSY,
	  "a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "b0", MHP_HELD, -EBUSY,
	  "a0 b0 -a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "b1", MHP_HELD, -EBUSY,
	  "a0 b0 b1 -b0 -a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "b2", MHP_HELD, -EBUSY,
	  "a0 b0 b1 b2 -b1 -b0 -a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "c0", MHP_HELD, -EBUSY,
	  "a0 b0 b1 b2 c0 -b2 -b1 -b0 -a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "d0", MHP_HELD, -EBUSY,
	  "a0 b0 b1 b2 c0 d0 -c0 -b2 -b1 -b0 -a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "d1", MHP_HELD, -EBUSY,
	  "a0 b0 b1 b2 c0 d0 d1 -d0 -c0 -b2 -b1 -b0 -a0 " },
	{ "ab*cd*",	3, CASE_FAILS, "d2", MHP_HELD, -EBUSY,
	  "a0 b0 b1 b2 c0 d0 d1 d2 -d1 -d0 -c0 -b2 -b1 -b0 -a0 " },

	/* What has no undo is left out, whatever stands around it */
	{ "a!b*c!d",	2, CASE_FAILS, "d0", MHP_NO_ROOM, -ENOMEM,
	  "a0 b0 b1 c0 d0 -b1 -b0 " },
	{ "ab*!c",	2, CASE_FAILS, "c0", MHP_NO_ROOM, -ENOMEM,
	  "a0 b0 b1 c0 -a0 " },
	{ "ab*!",	2, CASE_FAILS, "b1", MHP_NO_ROOM, -ENOMEM,
	  "a0 b0 b1 -a0 " },
	{ "a!b!",	1, CASE_FAILS, "b0", MHP_NO_ROOM, -ENOMEM, "a0 b0 " },

	/* No units: nothing to undo either */
	{ "ab*c",	0, CASE_FAILS, "c0", MHP_ZONES, -EINVAL, "a0 c0 -a0 " },

	/* The errno that a step asks for */
	{ "ab",		1, CASE_FAILS_WITH, "b0", MHP_VETOED, -ENXIO,
	  "a0 b0 -a0 " },
	{ "ab*",	2, CASE_FAILS_WITH, "b1", MHP_HELD, -EINTR,
	  "a0 b0 b1 -b0 -a0 " },
	{ "a",		1, CASE_FAILS_WITH, "a0", MHP_FAILED, -EPERM, "a0 " },

	/* A signal ends it before the next step or unit, and never the undo */
	{ "ab",		1, CASE_SIGNAL, "", MHP_INTERRUPTED, -EINTR, "" },
	{ "a*b",	2, CASE_SIGNAL, "", MHP_INTERRUPTED, -EINTR, "" },
	{ "ab*cd",	2, CASE_SIGNAL, "a0", MHP_INTERRUPTED, -EINTR,
	  "a0 -a0 " },
	{ "ab*cd",	2, CASE_SIGNAL, "b0", MHP_INTERRUPTED, -EINTR,
	  "a0 b0 -b0 -a0 " },
	{ "ab*cd",	2, CASE_SIGNAL, "b1", MHP_INTERRUPTED, -EINTR,
	  "a0 b0 b1 -b1 -b0 -a0 " },
	{ "ab*cd",	2, CASE_SIGNAL, "c0", MHP_INTERRUPTED, -EINTR,
	  "a0 b0 b1 c0 -c0 -b1 -b0 -a0 " },
	{ "ab*cd",	2, CASE_SIGNAL, "d0", MHP_DONE, 0,
	  "a0 b0 b1 c0 d0 " },
	{ "ab*cd",	2, CASE_DEAF, "", MHP_DONE, 0, "a0 b0 b1 c0 d0 " },
	{ "ab*cd",	2, CASE_DEAF, "b0", MHP_DONE, 0, "a0 b0 b1 c0 d0 " },

	/* So does somebody else */
	{ "ab*cd",	2, CASE_CANCEL, "", MHP_CANCELLED, -EINTR, "" },
	{ "ab*cd",	2, CASE_CANCEL, "a0", MHP_CANCELLED, -EINTR,
	  "a0 -a0 " },
	{ "ab*cd",	2, CASE_CANCEL, "b0", MHP_CANCELLED, -EINTR,
	  "a0 b0 -b0 -a0 " },
	{ "ab*cd",	2, CASE_CANCEL, "b1", MHP_CANCELLED, -EINTR,
	  "a0 b0 b1 -b1 -b0 -a0 " },
	{ "ab*cd",	2, CASE_CANCEL, "c0", MHP_CANCELLED, -EINTR,
	  "a0 b0 b1 c0 -c0 -b1 -b0 -a0 " },
	{ "ab*cd",	2, CASE_CANCEL, "d0", MHP_DONE, 0,
	  "a0 b0 b1 c0 d0 " },

	/* So does the deadline */
	{ "ab",		1, CASE_LATE, "", MHP_TIMED_OUT, -EBUSY, "" },
	{ "a*b",	2, CASE_LATE, "", MHP_TIMED_OUT, -EBUSY, "" },
	{ "ab*cd",	2, CASE_LATE, "a0", MHP_TIMED_OUT, -EBUSY,
	  "a0 -a0 " },
	{ "ab*cd",	2, CASE_LATE, "b0", MHP_TIMED_OUT, -EBUSY,
	  "a0 b0 -b0 -a0 " },
	{ "ab*cd",	2, CASE_LATE, "b1", MHP_TIMED_OUT, -EBUSY,
	  "a0 b0 b1 -b1 -b0 -a0 " },
	{ "ab*cd",	2, CASE_LATE, "c0", MHP_TIMED_OUT, -EBUSY,
	  "a0 b0 b1 c0 -c0 -b1 -b0 -a0 " },
	{ "ab*cd",	2, CASE_LATE, "d0", MHP_DONE, 0,
	  "a0 b0 b1 c0 d0 " },
};

/* Errno of every result, unless a step asks for another */
static const struct {
	enum mhp_result result;
	int error;
} operation_errors[] = {
	{ MHP_DONE,		0 },
	{ MHP_BAD_REQUEST,	-EINVAL },
	{ MHP_HOLES,		-EINVAL },
	{ MHP_ZONES,		-EINVAL },
	{ MHP_POISONED,		-EHWPOISON },
	{ MHP_EXISTS,		-EEXIST },
	{ MHP_TOO_HIGH,		-E2BIG },
	{ MHP_STILL_ONLINE,	-EBUSY },
	{ MHP_UNMOVABLE,	-EBUSY },
	{ MHP_HELD,		-EBUSY },
	{ MHP_NO_ROOM,		-ENOMEM },
	{ MHP_NO_MEMORY,	-ENOMEM },
	{ MHP_VETOED,		-EPERM },
	{ MHP_INTERRUPTED,	-EINTR },
	{ MHP_CANCELLED,	-EINTR },
	{ MHP_TIMED_OUT,	-EBUSY },
	{ MHP_INJECTED,		-ENOMEM },
	{ MHP_FAILED,		-EIO },
};

/* Writes the table of steps that a case describes. */
static void case_lay_out(struct case_operation *run, const char *steps)
{
	struct mhp_step *step = run->steps;

	for (; *steps; steps++) {
		if (*steps == '*')
			step[-1].each = true;
		else if (*steps == '!')
			step[-1].undo = NULL;
		else
			*step++ = case_letters[*steps - 'a'];
	}
	run->type.name = "case";
	run->type.steps = run->steps;
	run->type.nr_steps = step - run->steps;
	run->operation.type = &run->type;
}

/* Does to the operation what its case wants; a deadline of 1 is long past. */
static enum mhp_result case_make_trouble(struct case_operation *run)
{
	const struct operation_case *c = run->plan;

	switch (c->trouble) {
	case CASE_FAILS:
		return c->result;
	case CASE_FAILS_WITH:
		return mhp_operation_fail(&run->operation, c->result, c->error);
	case CASE_SIGNAL:
	case CASE_DEAF:
		operation_case_signal(true);
		return MHP_DONE;
	case CASE_CANCEL:
		run->operation.cancelled = true;
		return MHP_DONE;
	case CASE_LATE:
		run->operation.deadline_ns = 1;
		return MHP_DONE;
	default:
		return MHP_DONE;
	}
}

static enum mhp_result case_meanwhile(struct case_operation *run, char step,
				      unsigned int unit)
{
	const struct operation_case *c = run->plan;

	if (c->where[0] != step || c->where[1] != (char)('0' + unit))
		return MHP_DONE;
	return case_make_trouble(run);
}

/* Runs a case in @run, which is all zero. Returns what its caller gets. */
static int operation_case_run(const struct operation_case *c,
			      struct case_operation *run)
{
	int error;

	case_lay_out(run, c->steps);
	run->type.interruptible = c->trouble != CASE_DEAF;
	run->operation.nr_units = c->units;
	run->operation.told = true;
	run->meanwhile = case_meanwhile;
	run->plan = c;
	if (!*c->where)
		case_make_trouble(run);

	error = mhp_operation_run(&run->operation);
	operation_case_signal(false);
	return error;
}

/* Runs an operation whose only step ends with a result. */
static int operation_result_run(enum mhp_result result,
				struct case_operation *run)
{
	const struct operation_case c = {
		"a", 1, CASE_FAILS, "a0", result, 0, "a0 ",
	};

	return operation_case_run(&c, run);
}

#endif /* __MM_MEMORY_HOTPLUG_TESTS_OPERATION_CASES_H */
