// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the kernel's AML debugger
 *
 * It takes a command a line, answers in plain text, and asks for the next one
 * with a prompt. So a test can evaluate what is in the ACPI namespace, and
 * raise a notification as the firmware does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mhp.h"

#define DEBUGGER	DEBUG_DIR "/acpi/acpidbg"
#define PROMPT		"\n- "

static bool ends_with(const char *text, size_t len, const char *end)
{
	const size_t end_len = strlen(end);

	return len >= end_len && !memcmp(text + len - end_len, end, end_len);
}

static char *read_answer(int fd)
{
	size_t len = 0, room = 0;
	char *text = NULL;
	ssize_t ret;

	do {
		room += 4096;
		text = realloc(text, room + 1);
		if (!text)
			abort();
		ret = read(fd, text + len, room - len);
		if (ret <= 0) {
			free(text);
			return NULL;
		}
		len += ret;
	} while (!ends_with(text, len, PROMPT));
	text[len] = '\0';
	return text;
}

static int open_once(void)
{
	int fd = open(DEBUGGER, O_RDWR | O_CLOEXEC);
	char *greeting;

	if (fd < 0)
		return -errno;
	greeting = read_answer(fd);
	if (!greeting) {
		close(fd);
		return -EIO;
	}
	free(greeting);
	return fd;
}

/**
 * aml_open() - open the AML debugger
 *
 * There is one at a time. It is closed with close(). Its thread gives up when
 * it runs before the file is open to it, so there is more than one try.
 *
 * Return: file descriptor, or -errno.
 */
int aml_open(void)
{
	unsigned int tries;
	int fd = -EIO;

	for (tries = 0; fd == -EIO && tries < 10; tries++)
		fd = open_once();
	return fd;
}

/**
 * aml_command() - have the AML debugger carry out a command
 * @fd: from aml_open()
 * @fmt: the command
 *
 * Return: what it printed, to be freed, or NULL.
 */
char *aml_command(int fd, const char *fmt, ...)
{
	char command[TEXT_MAX];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(command, sizeof(command) - 1, fmt, args);
	va_end(args);
	command[len++] = '\n';
	if (write(fd, command, len) != len)
		return NULL;
	return read_answer(fd);
}

/**
 * aml_run() - run a method of the ACPI namespace
 * @fd: from aml_open()
 * @fmt: its path, and its arguments in hexadecimal
 *
 * Return: 0 or -EIO.
 */
int aml_run(int fd, const char *fmt, ...)
{
	char method[TEXT_MAX], *answer;
	va_list args;
	int ret = -EIO;

	va_start(args, fmt);
	vsnprintf(method, sizeof(method), fmt, args);
	va_end(args);
	answer = aml_command(fd, "execute %s", method);
	if (answer && strstr(answer, " returned object "))
		ret = 0;
	if (answer && strstr(answer, "No object was returned"))
		ret = 0;
	free(answer);
	return ret;
}

/**
 * aml_number() - evaluate an integer of the ACPI namespace
 * @fd: from aml_open()
 * @fmt: its path
 *
 * Return: its value, or -EIO.
 */
long long aml_number(int fd, const char *fmt, ...)
{
	static const char type[] = "[Integer] = ";
	char object[TEXT_MAX], *answer, *value;
	long long number = -EIO;
	va_list args;

	va_start(args, fmt);
	vsnprintf(object, sizeof(object), fmt, args);
	va_end(args);
	answer = aml_command(fd, "execute %s", object);
	value = answer ? strstr(answer, type) : NULL;
	if (value)
		number = strtoull(value + strlen(type), NULL, 16);
	free(answer);
	return number;
}

/**
 * aml_notify() - raise a notification
 * @fd: from aml_open()
 * @device: path of the device that it is for
 * @value: what is notified: 0 a bus check, 1 a device check, 3 an eject request
 *
 * Return: 0 once it is on its way, or -EIO.
 */
int aml_notify(int fd, const char *device, unsigned int value)
{
	char *answer = aml_command(fd, "notify %s %x", device, value);
	int ret = answer ? 0 : -EIO;

	free(answer);
	return ret;
}
