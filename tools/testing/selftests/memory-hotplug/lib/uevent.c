// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: uevents
 *
 * The kernel queues a uevent at every listening socket before the write that
 * caused it returns. So a test opens a socket, acts, and reads what is queued:
 * no waiting, and the order is the kernel's.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "mhp.h"

#define QUEUE_BYTES	(8 << 20)
#define DEVICES		"@/devices/system/memory/"

/**
 * uevent_open() - start to listen
 *
 * Return: a file descriptor for the other functions, or -errno.
 */
int uevent_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1,
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	int queue = QUEUE_BYTES;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -errno;
}

/* The next event of a memory block as "add memory32"; false if none is left. */
static bool next_event(int fd, char *event, size_t size)
{
	char message[4096], *device;
	ssize_t len;

	while ((len = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[len] = '\0';
		device = strstr(message, DEVICES);
		if (!device)
			continue;
		*device = '\0';
		device += strlen(DEVICES);
		if (snprintf(event, size, "%s %s", message, device) < (int)size)
			return true;
	}
	return false;
}

/**
 * uevents() - take the queued events of memory blocks
 * @fd: from uevent_open()
 * @text: where they go, one a line: "offline memory33"
 * @size: bytes at @text; what does not fit is dropped
 *
 * Return: @text, which is empty if there was nothing.
 */
char *uevents(int fd, char *text, size_t size)
{
	char event[TEXT_MAX];
	size_t used = 0;

	text[0] = '\0';
	while (next_event(fd, event, sizeof(event)))
		if (used < size)
			used += snprintf(text + used, size - used, "%s\n",
					 event);
	return text;
}

/**
 * uevent_wait() - wait for an event, dropping those before it
 * @fd: from uevent_open()
 * @event: how the event starts: "add memory33", or "add" for any block
 * @seconds: how long to wait at most
 *
 * Return: 0, or -ETIMEDOUT.
 */
int uevent_wait(int fd, const char *event, int seconds)
{
	struct pollfd queue = { .fd = fd, .events = POLLIN };
	double end = now() + seconds;
	char seen[TEXT_MAX];

	while (now() < end) {
		while (next_event(fd, seen, sizeof(seen)))
			if (!strncmp(seen, event, strlen(event)))
				return 0;
		poll(&queue, 1, (end - now()) * 1000 + 1);
	}
	return -ETIMEDOUT;
}

/**
 * uevent_among() - look for an event of any device, dropping what is queued
 * @fd: from uevent_open()
 * @event: the event, as "change@/devices/system/container/ACPI0004:00"
 * @more: a word that it must come with, as "EVENT=offline", or NULL
 *
 * Return: true if it was in the queue.
 */
bool uevent_among(int fd, const char *event, const char *more)
{
	char message[4096];
	bool found = false;
	ssize_t len;

	while ((len = recv(fd, message, sizeof(message) - 1, 0)) > 0) {
		message[len] = '\0';
		if (!strcmp(message, event) &&
		    (!more || memmem(message, len, more, strlen(more))))
			found = true;
	}
	return found;
}
