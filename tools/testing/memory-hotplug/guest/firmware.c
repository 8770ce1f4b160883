// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the guest's way to the firmware
 *
 * A virtual machine can not plug a DIMM into itself. This program asks the
 * host to do it: the request goes out as a line on the second serial port, one
 * line comes back. The host answers "wait" only once there is something to
 * say, so nothing polls here. Requests of several programs take turns.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#define CHANNEL		"/dev/ttyS1"
#define LINE_SIZE	1024
/* Longer than any wait that the host grants. */
#define PATIENCE_MS	(900 * 1000)

static const char usage[] =
	"usage: firmware plug ID SIZE [node=N]\n"
	"       firmware unplug ID\n"
	"       firmware wait added|failed|gone|refused ID SECONDS\n"
	"       firmware ost ID          what the kernel reported: EVENT:STATUS ...\n"
	"       firmware list            ID:ADDRESS:SIZE:NODE ...\n";

static int open_channel(void)
{
	struct termios mode;
	int fd = open(CHANNEL, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) || tcgetattr(fd, &mode))
		err(1, CHANNEL);
	cfmakeraw(&mode);
	if (tcsetattr(fd, TCSANOW, &mode))
		err(1, CHANNEL);
	return fd;
}

static void send_request(int fd, char **words)
{
	char line[LINE_SIZE] = "";
	size_t used = 0;

	for (; *words; words++) {
		used += snprintf(line + used, sizeof(line) - used, "%s%c",
				 *words, words[1] ? ' ' : '\n');
		if (used >= sizeof(line))
			errx(1, "request too long");
	}
	if (write(fd, line, used) != (ssize_t)used)
		err(1, CHANNEL);
}

static void receive_answer(int fd, char *line)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	do {
		ssize_t got;

		if (poll(&ready, 1, PATIENCE_MS) != 1)
			errx(1, "no answer");
		got = read(fd, line + used, LINE_SIZE - 1 - used);
		if (got <= 0)
			err(1, CHANNEL);
		used += got;
		line[used] = '\0';
	} while (!strchr(line, '\n') && used < LINE_SIZE - 1);
	line[strcspn(line, "\n")] = '\0';
}

int main(int argc, char **argv)
{
	char answer[LINE_SIZE];
	int fd;

	if (argc < 2) {
		fputs(usage, stderr);
		return 1;
	}
	fd = open_channel();
	send_request(fd, argv + 1);
	receive_answer(fd, answer);
	if (strncmp(answer, "ok", 2))
		errx(1, "%s", answer);
	if (answer[2])
		puts(answer + 3);
	return 0;
}
