// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: wait for what the kernel announces about memory blocks
 *
 *	uevents ACTION COUNT SECONDS COMMAND...
 *
 * Listens first, then runs COMMAND, so that nothing it causes is missed. Each
 * uevent of a memory block with this ACTION is printed as it comes, also while
 * COMMAND runs. Success is its success and COUNT uevents within SECONDS.
 */
#include <err.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (pid < 0)
		err(1, "fork");
	return pid;
}

static int watch(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		err(1, "pidfd_open");
	return fd;
}

static void take_success(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
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

/* Print the next message if it is one of those; return how many that makes. */
static int take_uevent(int fd, const char *action)
{
	char message[MESSAGE_SIZE];
	const char *block;
	ssize_t got = recv(fd, message, sizeof(message) - 1, 0);

	if (got < 0)
		err(1, "netlink");
	message[got] = '\0';
	block = block_of(message, action);
	if (!block)
		return 0;
	printf("%s\n", block);
	fflush(stdout);
	return 1;
}

int main(int argc, char **argv)
{
	struct timespec end;
	struct pollfd ready[2];
	int count;
	pid_t pid;

	if (argc < 5) {
		fputs("usage: uevents ACTION COUNT SECONDS COMMAND...\n",
		      stderr);
		return 1;
	}
	count = atoi(argv[2]);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atoi(argv[3]);
	ready[0] = (struct pollfd){ listen_to_kernel(), POLLIN, 0 };
	pid = start(argv + 4);
	ready[1] = (struct pollfd){ watch(pid), POLLIN, 0 };

	while (count > 0 || ready[1].fd >= 0) {
		if (poll(ready, 2, ms_until(&end)) <= 0)
			errx(1, "%d blocks still not %s", count, argv[1]);
		if (ready[0].revents)
			count -= take_uevent(ready[0].fd, argv[1]);
		if (ready[1].revents) {
			take_success(pid);
			ready[1].fd = -1;
		}
	}
	return 0;
}
