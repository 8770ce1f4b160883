// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: modules
 *
 * The test modules lie in test_modules/ beside the program that uses them.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mhp.h"

/**
 * module_load() - load a test module
 * @name: its name, without .ko
 * @options: its parameters, or ""
 *
 * A module that is still loaded from a run which was cut short is unloaded
 * first.
 *
 * Return: 0 or -errno.
 */
int module_load(const char *name, const char *options)
{
	char self[PATH_MAX] = "", path[2 * PATH_MAX];
	int fd, err = 0;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/test_modules/%s.ko", dirname(self),
		 name);
	module_unload(name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, options, 0))
		err = -errno;
	close(fd);
	return err;
}

/**
 * module_unload() - unload a module
 * @name: its name, without .ko
 *
 * Return: 0 or -errno.
 */
int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}
