// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: disks
 *
 * A machine may have disks that the host made for it: one for file systems,
 * one that takes its time with each request, and one to swap to. Nothing on
 * them outlives a test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "mhp.h"

static int run_quietly(const char *command, const char *disk)
{
	char line[2 * TEXT_MAX];

	if (!file_exists("%s", disk))
		return -ENODEV;
	snprintf(line, sizeof(line), "%s %s >/dev/null 2>&1", command, disk);
	return system(line) ? -EIO : 0;
}

/**
 * disk_mount() - make a file system, and mount it
 * @disk: the disk
 * @options: for mke2fs, such as "-t ext4"
 * @where: the directory to make and to mount it at
 *
 * Return: 0 or -errno: -ENODEV if there is no such disk, -EIO if no file system
 * can be made.
 */
int disk_mount(const char *disk, const char *options, const char *where)
{
	char command[TEXT_MAX];
	int err;

	/* With its path, or the shell takes what it has itself of that name. */
	snprintf(command, sizeof(command), "/usr/bin/mke2fs -q -F %s", options);
	err = run_quietly(command, disk);
	if (err)
		return err;
	mkdir(where, 0700);
	return mount(disk, where, "ext4", MS_NOATIME, NULL) ? -errno : 0;
}

/**
 * disk_unmount() - undo disk_mount()
 * @where: the directory
 *
 * Return: 0 or -errno.
 */
int disk_unmount(const char *where)
{
	return umount(where) || rmdir(where) ? -errno : 0;
}

/**
 * swap_start() - make swap space, and use it
 * @disk: the disk
 *
 * Return: 0 or -errno: -ENODEV if there is no such disk.
 */
int swap_start(const char *disk)
{
	int err = run_quietly("mkswap", disk);

	if (err)
		return err;
	return swapon(disk, 0) ? -errno : 0;
}

/**
 * swap_stop() - read back what was swapped out, and use the disk no more
 * @disk: the disk
 *
 * Return: 0 or -errno.
 */
int swap_stop(const char *disk)
{
	return swapoff(disk) ? -errno : 0;
}
