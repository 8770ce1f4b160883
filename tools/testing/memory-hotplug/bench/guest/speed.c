// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: how long the kernel takes for what programs do all the time
 *
 *	speed fork COUNT	start a child that ends at once, and wait for it
 *	speed fault MIB		touch that much new memory, and give it back
 *	speed run COMMAND...	run a command that succeeds
 *
 * Prints nanoseconds.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096
#define CHUNK	(16ul << 20)

static unsigned long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

static void do_fork(unsigned long count)
{
	while (count--) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid)
			_exit(0);
		if (waitpid(pid, NULL, 0) != pid)
			err(1, "waitpid");
	}
}

static void do_fault(unsigned long mib)
{
	for (unsigned long i = 0; i < (mib << 20) / CHUNK; i++) {
		char *memory = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			err(1, "mmap");
		madvise(memory, CHUNK, MADV_NOHUGEPAGE);
		for (size_t j = 0; j < CHUNK; j += PAGE)
			memory[j] = 1;
		munmap(memory, CHUNK);
	}
}

static const struct {
	const char *name;
	void (*work)(unsigned long amount);
} loops[] = {
	{ "fork", do_fork },
	{ "fault", do_fault },
};

static void run(char **command)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s failed", command[0]);
}

int main(int argc, char **argv)
{
	unsigned long started = now_ns();

	if (argc > 2 && !strcmp(argv[1], "run")) {
		run(argv + 2);
		printf("%lu\n", now_ns() - started);
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < sizeof(loops) / sizeof(*loops); i++)
		if (!strcmp(argv[1], loops[i].name)) {
			loops[i].work(strtoul(argv[2], NULL, 10));
			printf("%lu\n", now_ns() - started);
			return 0;
		}
	fputs("usage: speed fork COUNT | fault MIB | run COMMAND...\n",
	      stderr);
	return 1;
}
