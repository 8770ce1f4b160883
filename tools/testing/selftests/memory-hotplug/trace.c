// SPDX-License-Identifier: GPL-2.0
/*
 * The trace events of an operation: each step as it ran, each one that was
 * taken back, and the end.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/uio.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define EVENTS_DIR	TRACE_DIR "/events/memory_hotplug"
#define MAX_EVENTS	64

/* An event as it reads in the trace, "undo-" before the name of a step. */
struct event {
	char name[32];
	char operation[16];
	char step[32];
	char result[64];
	unsigned long start_pfn;
	unsigned long nr_pages;
	unsigned int nr_blocks;
	int error;
};

FIXTURE(trace) {
	struct blocks blocks;
	unsigned int nr;
	struct event event[MAX_EVENTS];
};

FIXTURE_SETUP(trace)
{
	blocks_hotplugged(&self->blocks);
	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_EQ(0, blocks_offline(&self->blocks));
	blocks_on_node(&self->blocks, &self->blocks,
		       block_node(self->blocks.id[self->blocks.nr - 1]));
	blocks_first(&self->blocks, 2);
	ASSERT_EQ(0, put_text("1", EVENTS_DIR "/enable"));
}

FIXTURE_TEARDOWN(trace)
{
	if (!self->blocks.nr)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, put_text("0", EVENTS_DIR "/enable"));
}

/* The value that follows "name=", in quotes or up to a space. */
static bool field(const char *line, const char *name, char *value, size_t size)
{
	const char *at = strstr(line, name);
	size_t len;

	value[0] = '\0';
	if (!at)
		return false;
	at += strlen(name);
	len = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "\n ");
	snprintf(value, size, "%.*s", (int)len, at);
	return true;
}

static unsigned long number(const char *line, const char *name)
{
	char value[32];

	return field(line, name, value, sizeof(value)) ?
	       strtol(value, NULL, 0) : 0;
}

static unsigned int take_events(struct event *events)
{
	char *text = get_whole_file(TRACE_DIR "/trace"), *line, *save, *name;
	unsigned int nr = 0;
	struct event *event;

	for (line = strtok_r(text, "\n", &save); line && nr < MAX_EVENTS;
	     line = strtok_r(NULL, "\n", &save)) {
		name = strstr(line, ": mhp_");
		if (!name)
			continue;
		event = &events[nr++];
		snprintf(event->name, sizeof(event->name), "%.*s",
			 (int)strcspn(name + 2, ":"), name + 2);
		field(line, "operation=", event->operation,
		      sizeof(event->operation));
		field(line, "step=", event->step, sizeof(event->step));
		field(line, "result=", event->result, sizeof(event->result));
		event->start_pfn = number(line, "start_pfn=");
		event->nr_pages = number(line, "nr_pages=");
		event->nr_blocks = number(line, "nr_blocks=");
		event->error = number(line, "error=");
	}
	free(text);
	return nr;
}

/* The steps of an operation, as fault injection shows them. */
static unsigned int count_steps(const char *operation)
{
	char path[TEXT_MAX];
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), DEBUG_DIR "/memory_hotplug/fail/%s",
		 operation);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return nr;
}

static unsigned int count_events(const struct event *events, unsigned int nr,
				 const char *name)
{
	unsigned int i, count = 0;

	for (i = 0; i < nr; i++)
		count += !strcmp(events[i].name, name);
	return count;
}

static bool ends_well(const struct event *end, const char *operation,
		      const struct blocks *blocks)
{
	return !strcmp(end->name, "mhp_operation") &&
	       !strcmp(end->operation, operation) &&
	       !strcmp(end->result, "done") && !end->error &&
	       end->nr_blocks == blocks->nr &&
	       end->start_pfn == block_pfn(blocks->id[0]) &&
	       end->nr_pages == blocks->nr * block_pages();
}

/* The number of steps that are done; 0 if there is another one among them. */
static unsigned int steps_done(const struct event *events, unsigned int nr,
			       const char *operation)
{
	unsigned int i, done = 0;

	for (i = 0; i < nr; i++) {
		if (strcmp(events[i].name, "mhp_step"))
			continue;
		if (strcmp(events[i].operation, operation) ||
		    strcmp(events[i].result, "done") ||
		    !strncmp(events[i].step, "undo-", 5))
			return 0;
		done++;
	}
	return done;
}

/* As many as there are, if the kernel lets us know. */
static bool all_steps_done(const struct event *events, unsigned int nr,
			   const char *operation)
{
	unsigned int done = steps_done(events, nr, operation);
	unsigned int known = count_steps(operation);

	return done && (!known || done == known);
}

TEST_F(trace, an_operation_that_succeeds)
{
	trace_forget();
	ASSERT_EQ(0, change_blocks("online_movable", &self->blocks));
	self->nr = take_events(self->event);
	ASSERT_LT(0, self->nr);
	EXPECT_TRUE(ends_well(&self->event[self->nr - 1], "online",
			      &self->blocks));
	EXPECT_TRUE(all_steps_done(self->event, self->nr, "online"));

	trace_forget();
	ASSERT_EQ(0, change_blocks("offline", &self->blocks));
	self->nr = take_events(self->event);
	ASSERT_LT(0, self->nr);
	EXPECT_TRUE(ends_well(&self->event[self->nr - 1], "offline",
			      &self->blocks));
	EXPECT_TRUE(all_steps_done(self->event, self->nr, "offline"));
	EXPECT_LE(1, count_events(self->event, self->nr, "mhp_evacuate_pass"));
}

/* Whatever was done is undone, the last first, and the rest not begun. */
TEST_F(trace, an_operation_that_fails)
{
	const struct event *event, *end;
	struct iovec range;
	char *done[16];
	unsigned int i, nr = 0;
	bool failed = false;
	int pipes[2];
	char *page;

	ASSERT_EQ(0, change_blocks("online_movable", &self->blocks));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, place_on_node(page, 4096,
				   block_node(self->blocks.id[0])));
	*page = 1;
	range.iov_base = page;
	range.iov_len = 4096;
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(4096, vmsplice(pipes[1], &range, 1, 0));

	trace_forget();
	EXPECT_EQ(-EBUSY, change_blocks("offline", &self->blocks));
	self->nr = take_events(self->event);
	ASSERT_LT(0, self->nr);
	end = &self->event[self->nr - 1];
	EXPECT_STREQ("mhp_operation", end->name);
	EXPECT_STREQ("held page", end->result);
	EXPECT_EQ(-EBUSY, end->error);
	for (i = 0; i + 1 < self->nr; i++) {
		event = &self->event[i];
		if (strcmp(event->name, "mhp_step"))
			continue;
		if (!failed && !strcmp(event->result, "done")) {
			ASSERT_GT(ARRAY_SIZE(done), nr);
			done[nr++] = self->event[i].step;
		} else if (!failed) {
			failed = true;
			EXPECT_STREQ("evacuate", event->step);
			EXPECT_STREQ("held page", event->result);
		} else {
			ASSERT_LT(0, nr);
			EXPECT_EQ(0, strncmp("undo-", event->step, 5));
			EXPECT_STREQ(done[--nr], event->step + 5);
		}
	}
	EXPECT_TRUE(failed);
	EXPECT_EQ(0, nr);
	close(pipes[0]);
	close(pipes[1]);
}

TEST_HARNESS_MAIN
