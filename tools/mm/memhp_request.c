// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: a request to the kernel that takes a while
 *
 * The kernel answers a request when it is done. So a child makes it, and this
 * process waits for the child and draws a bar meanwhile, if it has a terminal
 * to draw on. A signal that is to end this process goes to the child, where it
 * interrupts the request, and the kernel puts everything back. The child does
 * not die of it: only the kernel knows whether the signal came in time. While
 * the request waits for another one to end, the kernel starts it again after
 * each signal. So the signal is repeated.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memhp.h"

#define BAR_WIDTH	40
/* Between two looks at how far it is */
#define TICK_NS		100000000

static const int ending[] = { SIGINT, SIGTERM, SIGHUP };

#define NR_ENDING	(sizeof(ending) / sizeof(*ending))

/**
 * struct progress - how far the kernel is
 * @done: pages that were moved
 * @left: pages that are still to be moved
 * @seconds: since it began
 */
struct progress {
	unsigned long long done;
	unsigned long long left;
	double seconds;
};

/* Returns false if nothing runs, or nobody knows. */
static bool read_progress(const struct memhp_machine *machine,
			  struct progress *progress)
{
	char path[PATH_MAX], key[WORD_SIZE], value[WORD_SIZE];
	bool runs = false;
	FILE *file;

	*progress = (struct progress){ };
	memhp_path(machine, MEMORY_DIR "/progress", path);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fscanf(file, "%31s %31s", key, value) == 2) {
		if (!strcmp(key, "pages_done"))
			progress->done = strtoull(value, NULL, 10);
		else if (!strcmp(key, "pages_left"))
			progress->left = strtoull(value, NULL, 10);
		else if (!strcmp(key, "seconds"))
			progress->seconds = strtod(value, NULL);
		else if (!strcmp(key, "operation"))
			runs = strcmp(value, "none");
	}
	fclose(file);
	return runs;
}

static void draw_bar(const struct memhp_machine *machine)
{
	struct progress progress;
	double part = 0;
	int at;

	if (!read_progress(machine, &progress))
		return;
	if (progress.done)
		part = progress.done / ((double)progress.done + progress.left);
	printf("\r[");
	for (at = 0; at < BAR_WIDTH; at++)
		putchar(at < (int)(part * BAR_WIDTH) ? '#' : '.');
	printf("] %3d %%  %.1f s\033[K", (int)(part * 100), progress.seconds);
	fflush(stdout);
}

static void remove_bar(void)
{
	printf("\r\033[K");
	fflush(stdout);
}

static bool can_draw(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb");
}

static void interrupt(int signal)
{
	(void)signal;
}

/* The child: its exit status is an errno, or 0. */
static void make_request(const char *path, const char *text,
			 const sigset_t *unblocked)
{
	const struct sigaction action = { .sa_handler = interrupt };
	ssize_t len = strlen(text);
	size_t i;
	int fd;

	for (i = 0; i < NR_ENDING; i++)
		sigaction(ending[i], &action, NULL);
	sigprocmask(SIG_SETMASK, unblocked, NULL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		_exit(errno);
	errno = EIO;
	_exit(write(fd, text, len) == len ? 0 : errno);
}

/* Until the child is gone. */
static void watch(const struct memhp_machine *machine, pid_t child,
		  const sigset_t *signals)
{
	const struct timespec tick = { .tv_nsec = TICK_NS };
	const bool draws = can_draw();
	bool ends = false;
	int signal;

	for (;;) {
		signal = sigtimedwait(signals, NULL,
				      draws || ends ? &tick : NULL);
		if (signal == SIGCHLD)
			break;
		ends = ends || signal > 0;
		if (ends)
			kill(child, SIGTERM);
		if (draws)
			draw_bar(machine);
	}
	if (draws)
		remove_bar();
}

/**
 * memhp_request() - write a request to a file of the kernel, and wait
 * @machine: the machine
 * @file: the file, as the machine knows it
 * @text: the request
 *
 * Return: 0, or the errno that it failed with; EINTR if a signal ended it.
 */
int memhp_request(const struct memhp_machine *machine, const char *file,
		  const char *text)
{
	char path[PATH_MAX];
	sigset_t signals, before;
	int status;
	pid_t child;
	size_t i;

	memhp_path(machine, file, path);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (i = 0; i < NR_ENDING; i++)
		sigaddset(&signals, ending[i]);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals, &before);

	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child)
		make_request(path, text, &before);
	watch(machine, child, &signals);
	waitpid(child, &status, 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}
