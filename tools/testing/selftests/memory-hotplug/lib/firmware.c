// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: the firmware
 *
 * Inside the machines of the host's test program there is a command
 * "firmware", through which the guest asks its host to plug and unplug DIMMs.
 * Where there is none, the tests that need it are skipped.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "mhp.h"

/* A debug kernel under emulation takes its time. */
#define ANSWER_SECONDS	60

/* Runs a command, keeping the first line it prints if @text is wanted. */
static int run(const char *command, char *text, size_t size)
{
	FILE *output;
	char rest[TEXT_MAX];
	int status;

	fflush(stdout);
	output = popen(command, "re");
	if (!output)
		return -errno;
	if (text && !fgets(text, size, output))
		text[0] = '\0';
	while (fgets(rest, sizeof(rest), output))
		;
	status = pclose(output);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int tell(const char *fmt, ...) __printf(1, 2);

static int tell(const char *fmt, ...)
{
	char command[TEXT_MAX] = "firmware ";
	size_t len = strlen(command);
	va_list args;

	va_start(args, fmt);
	vsnprintf(command + len, sizeof(command) - len, fmt, args);
	va_end(args);
	return run(command, NULL, 0);
}

/**
 * firmware_present() - is there somebody to play the firmware
 *
 * Return: true if there is.
 */
bool firmware_present(void)
{
	return !run("command -v firmware", NULL, 0);
}

/**
 * firmware_plug() - hot-plug a DIMM
 * @dimm: a name for it
 * @size: its size, as "512M"
 * @node: the node it belongs to
 *
 * Return: 0 once the kernel has taken it in, or -EIO.
 */
int firmware_plug(const char *dimm, const char *size, int node)
{
	int err = tell("plug %s %s node=%d", dimm, size, node);

	if (!err)
		err = tell("wait added %s %d", dimm, ANSWER_SECONDS);
	return err;
}

/**
 * firmware_unplug() - ask the kernel to let a DIMM go
 * @dimm: its name
 *
 * Return: 0 once the firmware has asked, or -EIO.
 */
int firmware_unplug(const char *dimm)
{
	return tell("unplug %s", dimm);
}

/**
 * firmware_balloon() - have the balloon take memory away
 * @size: what it leaves, as "512M"
 *
 * Return: 0 once the kernel has been told, or -EIO.
 */
int firmware_balloon(const char *size)
{
	return tell("balloon %s", size);
}

/**
 * firmware_wait() - wait for the kernel's answer to the firmware
 * @outcome: "gone" or "refused"
 * @dimm: the DIMM that was to go
 * @seconds: how long to wait at most
 *
 * Return: 0, or -EIO if the answer was another one or did not come.
 */
int firmware_wait(const char *outcome, const char *dimm, int seconds)
{
	return tell("wait %s %s %d", outcome, dimm, seconds);
}

/**
 * firmware_ost() - what the kernel has reported about a DIMM
 * @dimm: its name
 * @text: where the reports go: "EVENT:STATUS ...", oldest first
 * @size: bytes at @text
 *
 * Return: 0 or -errno.
 */
int firmware_ost(const char *dimm, char *text, size_t size)
{
	char command[TEXT_MAX];

	snprintf(command, sizeof(command), "firmware ost %s", dimm);
	return run(command, text, size);
}

/**
 * hotplug_settle() - wait until the kernel has finished with a hotplug event
 *
 * An ACPI event holds the lock of all hotplug from its beginning to its end,
 * and so does this write that asks for a CPU's present state.
 */
void hotplug_settle(void)
{
	put_text("1", "/sys/devices/system/cpu/cpu1/online");
}

/**
 * dimm_plug() - hot-plug a DIMM and find its memory
 * @dimm: a name for it
 * @size: its size, as "512M"
 * @node: the node it belongs to
 * @arrived: the blocks that came with it
 *
 * Return: 0 or -EIO.
 */
int dimm_plug(const char *dimm, const char *size, int node,
	      struct blocks *arrived)
{
	struct blocks before;
	int err;

	blocks_all(&before);
	err = firmware_plug(dimm, size, node);
	hotplug_settle();
	blocks_all(arrived);
	blocks_but(arrived, &before);
	return err;
}

/**
 * dimm_unplug() - ask for a DIMM and wait until it is gone
 * @dimm: its name
 *
 * Return: 0, or -EIO if it stayed.
 */
int dimm_unplug(const char *dimm)
{
	int err = firmware_unplug(dimm);

	if (!err)
		err = firmware_wait("gone", dimm, ANSWER_SECONDS);
	hotplug_settle();
	return err;
}
