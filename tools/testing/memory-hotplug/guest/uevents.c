// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: wait for what the kernel announces about memory blocks
 *
 *	uevents ACTION COUNT SECONDS COMMAND...
 *
 * Listens first, then runs COMMAND, so that nothing it causes is missed. Each
 * uevent of a memory block with this ACTION is printed as it comes; success is
 * COUNT of them within SECONDS.
 */
#include <err.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KERNEL_GROUP	1
#define MESSAGE_SIZE	8192

static int listen_to_kernel(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = KERNEL_GROUP,
	};
	int size = 1 << 20;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "netlink");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void run(char **command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(1, "%s", command[0]);
	if (status)
		errx(1, "%s failed", command[0]);
}

/* A message begins with "ACTION@/devices/system/memory/memoryN". */
static const char *block_of(const char *message, const char *action)
{
	size_t length = strlen(action);

	if (strncmp(message, action, length) || message[length] != '@' ||
	    !strstr(message, "/system/memory/memory"))
		return NULL;
	return strrchr(message, '/') + 1;
}

static long ms_until(const struct timespec *end)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (end->tv_sec - now.tv_sec) * 1000 +
	     (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? ms : 0;
}

int main(int argc, char **argv)
{
	struct timespec end;
	int fd, count;

	if (argc < 5) {
		fputs("usage: uevents ACTION COUNT SECONDS COMMAND...\n",
		      stderr);
		return 1;
	}
	count = atoi(argv[2]);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atoi(argv[3]);
	fd = listen_to_kernel();
	run(argv + 4);

	while (count > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		char message[MESSAGE_SIZE];
		const char *block;
		ssize_t got;

		if (poll(&ready, 1, ms_until(&end)) != 1)
			errx(1, "%d blocks still not %s", count, argv[1]);
		got = recv(fd, message, sizeof(message) - 1, 0);
		if (got < 0)
			err(1, "netlink");
		message[got] = '\0';
		block = block_of(message, argv[1]);
		if (!block)
			continue;
		printf("%s\n", block);
		fflush(stdout);
		count--;
	}
	return 0;
}
