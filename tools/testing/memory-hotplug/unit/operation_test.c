// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of mm/memory_hotplug/operation.c: the cases that KUnit runs, too, then
 * what only an owner of time, faults, traces and log can see, and random
 * operations against a model.
 *
 *   operation_test [SEED [ROUNDS]]
 */

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "operation_internal.h"
#include "../../../../mm/memory_hotplug/operation.c"

static void operation_case_signal(bool pending)
{
	world.signalled = pending;
}

#include "../../../../mm/memory_hotplug/tests/operation_cases.h"

/* Appends to a text of TEXT_SIZE. */
static void put(char *text, const char *format, ...)
{
	const size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	if (vsnprintf(text + len, TEXT_SIZE - len, format, args) >= (int)(TEXT_SIZE - len))
		abort();
	va_end(args);
}

static void trace_mhp_step(const struct mhp_operation *operation,
			   const char *step, bool undo, u64 ns,
			   enum mhp_result result)
{
	put(world.trace, "%s%s %s %llu, ", undo ? "-" : "", step,
	    mhp_result_name(result), ns);
}

static void trace_mhp_operation(const struct mhp_operation *operation, u64 ns)
{
	put(world.trace, "= %s %d %llu", mhp_result_name(operation->result),
	    operation->error, ns);
}

static void mhp_progress_begin(struct mhp_operation *operation)
{
	if (world.running)
		abort();
	world.running = operation;
}

static void mhp_progress_end(const struct mhp_operation *operation)
{
	if (world.running != operation)
		abort();
	world.running = NULL;
}

static u64 mhp_now_ns(void)
{
	return world.now;
}

static bool mhp_signalled(void)
{
	return world.signalled;
}

static int mhp_fault_injected(const struct mhp_operation_type *type,
			      unsigned int step)
{
	return step == world.fault_step ? world.fault : 0;
}

static void new_world(void)
{
	memset(&world, 0, sizeof(world));
	world.now = 1000;
}

#define fail(...)					\
do {							\
	fprintf(stderr, __VA_ARGS__);			\
	fputc('\n', stderr);				\
	exit(1);					\
} while (0)

static void check_number(const char *what, long long is, long long wanted)
{
	if (is != wanted)
		fail("%s: %lld instead of %lld", what, is, wanted);
}

static void check_text(const char *what, const char *is, const char *wanted)
{
	if (strcmp(is, wanted))
		fail("%s: \"%s\" instead of \"%s\"", what, is, wanted);
}

static void check_case(const struct operation_case *c)
{
	struct case_operation run = { };
	const char *in = *c->where ? " in " : "";
	char what[80];

	snprintf(what, sizeof(what), "\"%s\" on %u, %s%s%s", c->steps, c->units,
		 case_troubles[c->trouble], in, c->where);
	new_world();
	check_number(what, operation_case_run(c, &run), c->error);
	check_number(what, run.operation.result, c->result);
	check_number(what, run.operation.error, c->error);
	check_number(what, !run.operation.failed, c->result == MHP_DONE);
	check_text(what, run.record, c->record);
}

/* In: every result. Out: its errno, and words for it that no other has. */
static void check_results(void)
{
	struct case_operation run;
	const char *name;
	size_t i, j;

	check_number("results", ARRAY_SIZE(operation_errors), NR_MHP_RESULTS);
	for (i = 0; i < ARRAY_SIZE(operation_errors); i++) {
		const enum mhp_result result = operation_errors[i].result;

		memset(&run, 0, sizeof(run));
		name = mhp_result_name(result);
		check_number(name, operation_result_run(result, &run),
			     operation_errors[i].error);
		check_number(name, run.operation.result, result);
		for (j = 0; j < i; j++)
			if (!strcmp(name, mhp_result_name(operation_errors[j].result)))
				fail("two results are called \"%s\"", name);
	}
}

static u64 needs(const char *log)
{
	return strstr(log, "wanted") ? 70 << 10 : 0;
}

/* In: a failure of some blocks with and without a page, told or not. Out: one line or none. */
static void check_log(void)
{
	static const struct {
		const struct operation_case c;
		unsigned long last_block;
		unsigned int nr_units;
		unsigned long culprit_pfn;
		bool told;
		const char *log;
	} cases[] = {
		{ { "ab", 1, CASE_FAILS, "b0", MHP_HELD, -EBUSY, "" }, 9, 3, 0x48a00, false,
		  "case of memory7-9 failed in b: held page at pfn 0x48a00 (error -16)\n" },
		{ { "ab", 1, CASE_FAILS, "a0", MHP_NO_MEMORY, -ENOMEM, "" }, 9, 3, 0, false,
		  "case of memory7-9 failed in a: out of memory (error -12)\n" },
		{ { "ab", 1, CASE_FAILS, "a0", MHP_NO_MEMORY, -ENOMEM, "" }, 9, 3, 0, false,
		  "case of memory7-9 failed in a: out of memory, 70 KiB wanted, 5 KiB to be had (error -12)\n"
		},
		{ { "ab", 1, CASE_FAILS_WITH, "b0", MHP_VETOED, -EROFS, "" }, 9, 3, 0, false,
		  "case of memory7-9 failed in b: vetoed by a notifier (error -30)\n" },
		{ { "ab", 1, CASE_FAILS, "b0", MHP_FAILED, -EIO, "" }, 9, 3, ULONG_MAX, false,
		  "case of memory7-9 failed in b: failed at pfn 0xffffffffffffffff (error -5)\n" },
		{ { "ab", 1, CASE_SIGNAL, "a0", MHP_INTERRUPTED, -EINTR, "" }, 9, 3, 0, false,
		  "case of memory7-9 failed in b: interrupted by a signal (error -4)\n" },
		{ { "ab", 1, CASE_FAILS, "a0", MHP_HOLES, -EINVAL, "" }, 7, 1, 0, false,
		  "case of memory7 failed in a: memory holes (error -22)\n" },
		{ { "ab", 1, CASE_FAILS, "a0", MHP_HOLES, -EINVAL, "" }, 20, 3, 0, false,
		  "case of 3 blocks of memory7-20 failed in a: memory holes (error -22)\n" },
		{ { "ab", 1, CASE_FAILS, "b0", MHP_HELD, -EBUSY, "" }, 9, 3, 0x48a00, true, "" },
		{ { "ab", 1, CASE_PEACE, "", MHP_DONE, 0, "" }, 9, 3, 0x48a00, false, "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct case_operation run = {
			.plan = &cases[i].c,
			.meanwhile = case_meanwhile,
			.type.interruptible = true,
			.operation = {
				.first_block = 7,
				.last_block = cases[i].last_block,
				.nr_units = cases[i].nr_units,
				.culprit_pfn = cases[i].culprit_pfn,
				.bytes_wanted = needs(cases[i].log),
				.bytes_had = 5 << 10,
				.told = cases[i].told,
			},
		};

		new_world();
		case_lay_out(&run, cases[i].c.steps);
		check_number("log", mhp_operation_run(&run.operation), cases[i].c.error);
		check_text("log", world.log, cases[i].log);
		if (cases[i].told) {
			mhp_operation_tell(&run.operation);
			check_text("told later", world.log, cases[0].log);
		}

		new_world();
		world.silent = true;
		memset(&run.operation.error, 0,
		       sizeof(run.operation) - offsetof(struct mhp_operation, error));
		check_number("silent", mhp_operation_run(&run.operation), cases[i].c.error);
		check_text("silent", world.log, "");
	}
}

/* In: a fault in each step. Out: the step does nothing, all before it is undone. */
static void check_faults(void)
{
	static const struct operation_case c = {
		"ab*c", 2, CASE_PEACE, "", MHP_DONE, 0, "",
	};
	static const char * const records[] = {
		"", "a0 -a0 ", "a0 b0 b1 -b1 -b0 -a0 ", "a0 b0 b1 c0 ",
	};
	unsigned int step;

	for (step = 0; step < ARRAY_SIZE(records); step++) {
		const bool fails = step < 3;
		struct case_operation run = { };

		new_world();
		world.fault_step = step;
		world.fault = -EDOM;
		check_number("fault", operation_case_run(&c, &run), fails ? -EDOM : 0);
		check_number("fault", run.operation.result, fails ? MHP_INJECTED : MHP_DONE);
		if (fails)
			check_number("fault", run.operation.failed - run.steps, step);
		check_text("fault", run.record, records[step]);
	}
}

/*
 * In: times around a deadline, and other reasons to end. Out: it has passed when it is reached;
 * the signal goes first.
 */
static void check_deadline(void)
{
	const struct mhp_operation_type type = { .interruptible = true };
	struct mhp_operation operation = { .type = &type };

	new_world();
	check_number("no deadline", mhp_operation_pending(&operation), MHP_DONE);
	operation.deadline_ns = world.now + 1;
	check_number("before", mhp_operation_pending(&operation), MHP_DONE);
	world.now++;
	check_number("at", mhp_operation_pending(&operation), MHP_TIMED_OUT);
	world.now++;
	check_number("after", mhp_operation_pending(&operation), MHP_TIMED_OUT);
	operation.called_back_ns = 1;
	check_number("called back", mhp_operation_pending(&operation), MHP_NO_ROOM);
	operation.cancelled = true;
	check_number("cancelled", mhp_operation_pending(&operation), MHP_CANCELLED);
	world.signalled = true;
	check_number("all", mhp_operation_pending(&operation), MHP_INTERRUPTED);
}

/*
 * The model: an operation is a list of calls, one for each step or each unit of
 * it. It stops at the first call that something is wrong with, and then the
 * calls before that one are undone in reverse.
 */

#define MAX_UNITS	6
#define MAX_CALLS	(CASE_MAX_STEPS * MAX_UNITS)

/**
 * struct call - what happens when a step runs for a unit
 * @step: index of the step
 * @unit: the unit
 * @result: what it returns
 * @error: errno that it asks for, or 0
 * @ns: how long it takes
 * @undo_ns: how long it takes to undo
 * @signal: a signal comes while it runs
 * @cancel: somebody cancels the operation while it runs
 */
struct call {
	unsigned int step;
	unsigned int unit;
	enum mhp_result result;
	int error;
	unsigned int ns;
	unsigned int undo_ns;
	bool signal;
	bool cancel;
};

struct plan {
	struct call calls[MAX_CALLS];
	unsigned int nr_calls;
};

static unsigned long long random_state;

static unsigned int below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % limit;
}

static const struct call *find_call(const struct plan *plan, unsigned int step,
				    unsigned int unit)
{
	const struct call *call;

	for (call = plan->calls; call < plan->calls + plan->nr_calls; call++)
		if (call->step == step && call->unit == unit)
			return call;
	fail("step %u runs for unit %u", step, unit);
}

static enum mhp_result follow_plan(struct case_operation *run, char step,
				   unsigned int unit)
{
	const struct call *call = find_call(run->plan, step - 'a', unit);

	check_number("running", world.running == &run->operation, true);
	check_number("begun", run->operation.start_ns, 1000);
	world.now += call->ns;
	world.signalled |= call->signal;
	run->operation.cancelled |= call->cancel;
	if (call->error)
		return mhp_operation_fail(&run->operation, call->result, call->error);
	return call->result;
}

static void undo_plan(struct case_operation *run, char step, unsigned int unit)
{
	check_number("running", world.running == &run->operation, true);
	world.now += find_call(run->plan, step - 'a', unit)->undo_ns;
}

static void plan_call(struct plan *plan, unsigned int step, unsigned int unit)
{
	struct call *call = &plan->calls[plan->nr_calls++];

	*call = (struct call) { .step = step, .unit = unit };
	call->ns = below(10);
	call->undo_ns = below(10);
	if (below(20) == 0)
		call->result = 1 + below(NR_MHP_RESULTS - 1);
	if (call->result && below(3) == 0)
		call->error = -1 - (int)below(4000);
	call->signal = below(20) == 0;
	call->cancel = below(20) == 0;
}

static void make_operation(struct case_operation *run, struct plan *plan)
{
	unsigned int step, unit;

	run->type.name = "random";
	run->type.steps = run->steps;
	run->type.nr_steps = below(CASE_MAX_STEPS + 1);
	run->type.interruptible = below(2);
	run->operation.type = &run->type;
	run->operation.nr_units = below(MAX_UNITS + 1);
	if (below(3) == 0)
		run->operation.deadline_ns = world.now + below(100);
	run->meanwhile = follow_plan;
	run->undone = undo_plan;
	run->plan = plan;
	world.signalled = below(30) == 0;
	world.fault_step = below(4 * CASE_MAX_STEPS);
	world.fault = -1 - (int)below(4000);

	for (step = 0; step < run->type.nr_steps; step++) {
		run->steps[step] = case_letters[step];
		run->steps[step].each = below(2);
		if (below(4) == 0)
			run->steps[step].undo = NULL;
		for (unit = 0; unit < (run->steps[step].each ? run->operation.nr_units : 1); unit++)
			plan_call(plan, step, unit);
	}
}

/**
 * struct outcome - what the model says
 * @result: result of the operation
 * @error: errno for the caller
 * @failed: index of the step that failed, if one did
 * @now: the time
 * @signalled: a signal came
 * @cancelled: somebody cancelled it
 * @record: see struct case_operation
 * @trace: the trace
 */
struct outcome {
	enum mhp_result result;
	int error;
	unsigned int failed;
	u64 now;
	bool signalled;
	bool cancelled;
	char record[TEXT_SIZE];
	char trace[TEXT_SIZE];
};

static int error_of(enum mhp_result result)
{
	size_t i;

	for (i = 0; operation_errors[i].result != result; i++)
		;
	return operation_errors[i].error;
}

/* What keeps a call from being made, in the order in which it is asked for. */
static enum mhp_result obstacle(const struct case_operation *run, const struct outcome *outcome)
{
	if (outcome->signalled && run->type.interruptible)
		return MHP_INTERRUPTED;
	if (outcome->cancelled)
		return MHP_CANCELLED;
	if (run->operation.deadline_ns && outcome->now >= run->operation.deadline_ns)
		return MHP_TIMED_OUT;
	return MHP_DONE;
}

/* Takes the calls of a step back, from @call down; returns the earliest one. */
static const struct call *foresee_undo(const struct case_operation *run, const struct plan *plan,
				       const struct call *call, unsigned int step,
				       struct outcome *outcome)
{
	while (call > plan->calls && call[-1].step == step) {
		call--;
		if (!run->steps[step].undo)
			continue;
		put(outcome->record, "-%c%u ", 'a' + step, call->unit);
		outcome->now += call->undo_ns;
	}
	return call;
}

/* Makes the calls of a step, from @call up; returns the first one behind them. */
static const struct call *foresee_run(const struct case_operation *run, const struct plan *plan,
				      const struct call *call, unsigned int step,
				      struct outcome *outcome)
{
	if (step == world.fault_step) {
		outcome->result = MHP_INJECTED;
		outcome->error = world.fault;
		return call;
	}
	for (; call < plan->calls + plan->nr_calls && call->step == step; call++) {
		outcome->result = obstacle(run, outcome);
		if (outcome->result)
			break;
		put(outcome->record, "%c%u ", 'a' + step, call->unit);
		outcome->now += call->ns;
		outcome->signalled |= call->signal;
		outcome->cancelled |= call->cancel;
		outcome->result = call->result;
		outcome->error = call->error;
		if (outcome->result)
			break;
	}
	return outcome->result ? foresee_undo(run, plan, call, step, outcome) : call;
}

static void foresee(const struct case_operation *run, const struct plan *plan,
		    struct outcome *outcome)
{
	const struct call *call = plan->calls;
	unsigned int step;
	u64 begin;

	for (step = 0; step < run->type.nr_steps && !outcome->result; step++) {
		begin = outcome->now;
		call = foresee_run(run, plan, call, step, outcome);
		put(outcome->trace, "%c %s %llu, ", 'a' + step,
		    mhp_result_name(outcome->result), outcome->now - begin);
	}
	if (outcome->result) {
		if (!outcome->error)
			outcome->error = error_of(outcome->result);
		outcome->failed = --step;
		while (step--) {
			begin = outcome->now;
			call = foresee_undo(run, plan, call, step, outcome);
			put(outcome->trace, "-%c done %llu, ", 'a' + step, outcome->now - begin);
		}
	}
	put(outcome->trace, "= %s %d %llu", mhp_result_name(outcome->result), outcome->error,
	    outcome->now - world.now);
}

/* In: any operation with any trouble. Out: what the model says, to the letter. */
static void check_random_operation(void)
{
	struct case_operation run = { };
	struct outcome outcome = { };
	struct plan plan = { };
	int error;

	new_world();
	make_operation(&run, &plan);
	outcome.now = world.now;
	outcome.signalled = world.signalled;
	foresee(&run, &plan, &outcome);

	error = mhp_operation_run(&run.operation);
	check_number("random", error, outcome.error);
	check_number("random", run.operation.result, outcome.result);
	check_number("random", !run.operation.failed, !outcome.result);
	if (outcome.result)
		check_number("random", run.operation.failed - run.steps, outcome.failed);
	check_text("random", run.record, outcome.record);
	check_text("random", world.trace, outcome.trace);
	check_number("random", !*world.log, !outcome.result);
	check_number("random", !world.running, true);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 100000;
	size_t i;

	random_state = (argc > 1 ? strtoull(argv[1], NULL, 0) : 612) | 1;
	for (i = 0; i < ARRAY_SIZE(operation_cases); i++)
		check_case(&operation_cases[i]);
	check_results();
	check_log();
	check_faults();
	check_deadline();
	while (rounds--)
		check_random_operation();
	return 0;
}
