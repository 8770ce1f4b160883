// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: what the kernel says
 *
 * /dev/kmsg gives one record a read, from where the reader stands. A test
 * opens it at its end, acts, and reads what came. The trace keeps what came
 * until it is told to forget.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mhp.h"

/* How the kernel begins to say that it is broken. */
static const char * const splats[] = {
	"WARNING:", "BUG:", "kernel BUG at", "Oops", "cut here",
	"general protection fault", "possible circular locking",
	"possible recursive locking", "inconsistent lock state",
	"suspicious RCU usage", "sleeping function called", "blocked for more",
	"Call Trace:", "KASAN:", "UBSAN:", "KCSAN:",
};

/**
 * log_open() - stand at the end of the log
 *
 * Return: a file descriptor for log_read(), or -errno.
 */
int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

/**
 * log_read() - what was logged since log_open() or the last log_read()
 * @fd: from log_open()
 *
 * Return: the messages, one a line, to be freed by the caller.
 */
char *log_read(int fd)
{
	char record[8192], *text = calloc(1, 1), *message, *longer;
	size_t used = 0, add;
	ssize_t len;

	for (;;) {
		len = read(fd, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			break;
		record[len] = '\0';
		message = strchr(record, ';');
		if (!message)
			continue;
		message++;
		message[strcspn(message, "\n")] = '\0';
		add = strlen(message);
		longer = realloc(text, used + add + 2);
		if (!longer)
			abort();
		text = longer;
		memcpy(text + used, message, add);
		used += add;
		text[used++] = '\n';
		text[used] = '\0';
	}
	return text;
}

/**
 * text_count() - how often a text contains some words
 * @text: the text
 * @words: the words
 *
 * Return: the number of places.
 */
unsigned int text_count(const char *text, const char *words)
{
	unsigned int nr = 0;

	while ((text = strstr(text, words))) {
		text += strlen(words);
		nr++;
	}
	return nr;
}

/**
 * text_splat() - does the kernel complain about itself
 * @text: from log_read()
 *
 * Return: where it does, or NULL.
 */
const char *text_splat(const char *text)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(splats); i++)
		if (strstr(text, splats[i]))
			return strstr(text, splats[i]);
	return NULL;
}

/**
 * trace_forget() - drop what the trace has recorded so far
 */
void trace_forget(void)
{
	int fd = open(TRACE_DIR "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

/**
 * trace_wait() - wait until the trace has a line with some words
 * @words: the words
 * @seconds: how long to wait at most
 *
 * What the trace had so far is looked at first, and forgotten.
 *
 * Return: true if there was such a line.
 */
bool trace_wait(const char *words, int seconds)
{
	struct pollfd trace = { .events = POLLIN };
	const double end = now() + seconds;
	char text[4096];
	bool told = false;
	ssize_t len;

	trace.fd = open(TRACE_DIR "/trace_pipe",
			O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	while (!told && now() < end) {
		poll(&trace, 1, 1000);
		/* Each read gives whole lines. */
		while ((len = read(trace.fd, text, sizeof(text) - 1)) > 0) {
			text[len] = '\0';
			told = told || strstr(text, words);
		}
	}
	close(trace.fd);
	return told;
}
