// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: small files
 *
 * One open(), one read() or write(), and the errno of whichever failed: the
 * kernel's answer reaches the test as it was given.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mhp.h"

static int open_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int read_path(const char *path, char *text, size_t size)
{
	int fd = open_path(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, text, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return len;
}

static int write_path(const char *path, const void *data, size_t len)
{
	int fd = open_path(path, O_WRONLY);
	ssize_t done;

	if (fd < 0)
		return fd;
	done = write(fd, data, len);
	if (done < 0)
		done = -errno;
	close(fd);
	if (done < 0)
		return done;
	return (size_t)done == len ? 0 : -EIO;
}

/**
 * get_text() - read a small file
 * @text: where the content goes, NUL-terminated, newline included
 * @size: bytes at @text
 * @path: format of the file's name, followed by its arguments
 *
 * Return: the number of bytes read, or -errno.
 */
int get_text(char *text, size_t size, const char *path, ...)
{
	char name[TEXT_MAX];
	va_list args;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	return read_path(name, text, size);
}

/**
 * put_text() - write a small file with a single write()
 * @text: what to write, without its NUL; may be empty
 * @path: format of the file's name, followed by its arguments
 *
 * Return: 0, or -errno (-EIO if the kernel took only a part).
 */
int put_text(const char *text, const char *path, ...)
{
	char name[TEXT_MAX];
	va_list args;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	return write_path(name, text, strlen(text));
}

/**
 * put_bytes() - as put_text(), for what is not a string
 * @data: what to write
 * @len: its bytes
 * @path: format of the file's name, followed by its arguments
 *
 * Return: 0, or -errno (-EIO if the kernel took only a part).
 */
int put_bytes(const void *data, size_t len, const char *path, ...)
{
	char name[TEXT_MAX];
	va_list args;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	return write_path(name, data, len);
}

/**
 * get_number() - read a file that holds one number
 * @base: base of the number, 0 to follow its prefix
 * @path: format of the file's name, followed by its arguments
 *
 * Return: the number, or -errno (-EINVAL if it is not one).
 */
long long get_number(int base, const char *path, ...)
{
	char name[TEXT_MAX], text[TEXT_MAX], *end;
	long long value;
	va_list args;
	int len;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	len = read_path(name, text, sizeof(text));
	if (len < 0)
		return len;
	value = strtoll(text, &end, base);
	return end == text ? -EINVAL : value;
}

/**
 * file_exists() - is there such a file
 * @path: format of the file's name, followed by its arguments
 *
 * Return: true if there is.
 */
bool file_exists(const char *path, ...)
{
	char name[TEXT_MAX];
	va_list args;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	return !access(name, F_OK);
}

/**
 * get_whole_file() - read a file of any length
 * @path: the file's name
 *
 * Return: the content, NUL-terminated, to be freed by the caller; NULL with
 * errno set if the file can not be read.
 */
char *get_whole_file(const char *path)
{
	size_t room = 1 << 16, used = 0;
	int fd = open_path(path, O_RDONLY);
	char *text, *more;
	ssize_t len;

	if (fd < 0)
		return NULL;
	text = malloc(room);
	while (text) {
		len = read(fd, text + used, room - used - 1);
		if (len <= 0)
			break;
		used += len;
		if (room - used > 1)
			continue;
		room *= 2;
		more = realloc(text, room);
		if (!more)
			free(text);
		text = more;
	}
	close(fd);
	if (text)
		text[used] = '\0';
	return text;
}

/**
 * get_field() - the number that follows a word in a file of "word number" lines
 * @path: /proc/meminfo, /proc/vmstat or their like
 * @key: the word at the start of its line, a colon included
 *
 * Return: the number, or -ENOENT if the file has no such line.
 */
long long get_field(const char *path, const char *key)
{
	char *text = get_whole_file(path), *line;
	size_t len = strlen(key);
	long long value = -ENOENT;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ' ') {
			value = strtoll(line + len, NULL, 10);
			break;
		}
	}
	free(text);
	return value;
}

/**
 * now() - a clock that only moves forward
 *
 * Return: seconds since some moment in the past.
 */
double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}
