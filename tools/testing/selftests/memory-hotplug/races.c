// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever programs and the kernel do to memory while it is evacuated, they see
 * what they would have seen without: a child does one thing over and over and
 * verifies its memory, while blocks go and come. Each offline works, or ends with
 * EBUSY and all blocks are as they were.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define PAGE		4096UL
#define MEGABYTE	1048576UL
#define HUGE		(2 * MEGABYTE)
#define SIZE		(8 * MEGABYTE)
#define PART		(2 * MEGABYTE)
#define ROUNDS		4
#define STEPS		2	/* in each round, at least */
#define PATIENCE	60	/* seconds */
#define SEED		7
#define OTHER_SEED	8

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define CPU		"/sys/devices/system/cpu/cpu1/online"
#define BALANCING	"/proc/sys/kernel/numa_balancing"

/**
 * struct arena - what a child works on
 * @node: where memory comes from if it can
 * @memory: SIZE bytes with the words of SEED, aligned to a huge page
 * @steps: how many it has done; the parent sees that
 * @stop: the parent is done
 */
struct arena {
	int node;
	char *memory;
	atomic_ulong steps;
	atomic_bool stop;
};

static char *map_memory(size_t size, int flags)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_ANONYMOUS | flags, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static char *map_filled(size_t size)
{
	char *memory = map_memory(size, MAP_PRIVATE);

	if (memory)
		words_fill(memory, size, SEED, 0);
	return memory;
}

static bool all_zero(const char *memory, size_t size)
{
	return !memory[0] && !memcmp(memory, memory + 1, size - 1);
}

static bool arena_right(const struct arena *arena)
{
	return !words_damage(arena->memory, SIZE, SEED, 0);
}

static bool child_ended_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* Each step returns whether all was as it had to be. */

/* What parent and child write is their own from then on. */
static bool fork_and_write(struct arena *arena)
{
	pid_t pid = fork();
	bool right;

	if (!pid) {
		words_fill(arena->memory, PART, OTHER_SEED, 0);
		right = !words_damage(arena->memory, PART, OTHER_SEED, 0) &&
			!words_damage(arena->memory + PART, SIZE - PART, SEED,
				      PART);
		_exit(right ? 0 : 1);
	}
	words_fill(arena->memory + PART, PART, SEED, PART);
	return child_ended_well(pid) && arena_right(arena);
}

static bool exit_with_memory(struct arena *arena)
{
	pid_t pid = fork();

	if (!pid)
		_exit(map_filled(2 * PART) ? 0 : 1);
	return child_ended_well(pid) && arena_right(arena);
}

static bool map_and_unmap(struct arena *arena)
{
	char *memory = map_filled(2 * PART);
	bool right;

	if (!memory)
		return false;
	munmap(memory, PART + PAGE);
	right = !words_damage(memory + PART + PAGE, PART - PAGE, SEED,
			      PART + PAGE);
	munmap(memory + PART + PAGE, PART - PAGE);
	return right;
}

static bool move_mapping(struct arena *arena)
{
	char *there = map_memory(SIZE + HUGE, MAP_PRIVATE | MAP_NORESERVE);
	char *aligned, *here = arena->memory;

	if (!there)
		return false;
	aligned = there + HUGE - (unsigned long)there % HUGE;
	arena->memory = mremap(here, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       aligned);
	if (arena->memory == MAP_FAILED || !arena_right(arena))
		return false;
	/* And back, a page away: huge pages have to be taken apart for that. */
	if (mremap(aligned, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, here) ==
	    MAP_FAILED || words_damage(here, PAGE, SEED, 0) ||
	    mremap(here, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, aligned) ==
	    MAP_FAILED)
		return false;
	munmap(there, aligned - there);
	munmap(aligned + SIZE, HUGE - (aligned - there));
	return true;
}

static bool truncate_file(struct arena *arena)
{
	static char page[PAGE];
	int fd = memfd_create("races", MFD_CLOEXEC);
	bool right;

	right = !ftruncate(fd, PART) && !file_fill(fd, PART, SEED) &&
		!ftruncate(fd, PART / 2) && !ftruncate(fd, PART) &&
		!file_damage(fd, PART / 2, SEED) &&
		pread(fd, page, PAGE, PART / 2) == PAGE &&
		all_zero(page, PAGE);
	close(fd);
	return right;
}

static bool drop(struct arena *arena)
{
	bool right;

	madvise(arena->memory, PART, MADV_DONTNEED);
	right = all_zero(arena->memory, PART);
	words_fill(arena->memory, PART, SEED, 0);
	return right && arena_right(arena);
}

/* Until it is written again it may be lost, page by page, and not after that. */
static bool drop_later(struct arena *arena)
{
	bool right = true;
	size_t at;

	madvise(arena->memory, PART, MADV_FREE);
	words_fill(arena->memory, PART / 2, SEED, 0);
	for (at = PART / 2; at < PART; at += PAGE)
		right &= !words_damage(arena->memory + at, PAGE, SEED, at) ||
			 all_zero(arena->memory + at, PAGE);
	right &= !words_damage(arena->memory, PART / 2, SEED, 0);
	words_fill(arena->memory + PART / 2, PART / 2, SEED, PART / 2);
	return right && arena_right(arena);
}

static bool age(struct arena *arena)
{
	madvise(arena->memory, SIZE, MADV_COLD);
	return arena_right(arena);
}

static bool swap_out(struct arena *arena)
{
	madvise(arena->memory, SIZE, MADV_PAGEOUT);
	return arena_right(arena);
}

static bool swap_on_and_off(struct arena *arena)
{
	madvise(arena->memory, SIZE, MADV_PAGEOUT);
	return !swap_stop(SWAP_DISK) && !swap_start(SWAP_DISK) &&
	       arena_right(arena);
}

/* Small pages become a huge one, if one is to be had. */
static bool collapse(struct arena *arena)
{
	size_t at;

	for (at = 0; at < SIZE; at += HUGE) {
		madvise(arena->memory + at, PAGE, MADV_DONTNEED);
		words_fill(arena->memory + at, PAGE, SEED, at);
		madvise(arena->memory + at, HUGE, MADV_COLLAPSE);
	}
	return arena_right(arena);
}

static bool compact(struct arena *arena)
{
	return !put_text("1", "/proc/sys/vm/compact_memory") &&
	       arena_right(arena);
}

/* The kernel looks who uses which pages, and moves them there. */
static bool balance(struct arena *arena)
{
	words_fill(arena->memory, PART, SEED, 0);
	return arena_right(arena);
}

static bool move_to_and_fro(struct arena *arena)
{
	move_process(0, 0, arena->node);
	move_process(0, arena->node, 0);
	return arena_right(arena);
}

/* A CPU that is gone has lists of pages, and may be asked to move some. */
static bool change_cpus(struct arena *arena)
{
	return !put_text("0", CPU) && !put_text("1", CPU) &&
	       arena_right(arena);
}

static void work(struct arena *arena, bool (*step)(struct arena *))
{
	while (!arena->stop) {
		if (!step(arena))
			_exit(1);
		arena->steps++;
	}
	_exit(arena_right(arena) ? 0 : 1);
}

static pid_t start(struct arena *arena, bool (*step)(struct arena *))
{
	pid_t pid = fork();
	char *room;

	if (pid)
		return pid;
	if (prefer_node(arena->node))
		_exit(2);
	room = map_memory(SIZE + HUGE, MAP_PRIVATE | MAP_NORESERVE);
	if (!room)
		_exit(2);
	arena->memory = room + HUGE - (unsigned long)room % HUGE;
	words_fill(arena->memory, SIZE, SEED, 0);
	work(arena, step);
	return -1;
}

FIXTURE(races) {
	struct blocks blocks;
	struct arena *arena;
	bool swap;
	struct snapshot *before;
};

/*
 * step: what the child does over and over
 * file: what must be there for that
 * swap: it needs swap
 * balancing: the kernel balances memory between nodes
 */
FIXTURE_VARIANT(races) {
	bool (*step)(struct arena *arena);
	const char *file;
	bool swap;
	bool balancing;
};

FIXTURE_VARIANT_ADD(races, fork) { .step = fork_and_write };
FIXTURE_VARIANT_ADD(races, exit) { .step = exit_with_memory };
FIXTURE_VARIANT_ADD(races, munmap) { .step = map_and_unmap };
FIXTURE_VARIANT_ADD(races, mremap) { .step = move_mapping };
FIXTURE_VARIANT_ADD(races, truncate) { .step = truncate_file };
FIXTURE_VARIANT_ADD(races, dontneed) { .step = drop };
FIXTURE_VARIANT_ADD(races, free) { .step = drop_later, .swap = true };
FIXTURE_VARIANT_ADD(races, cold) { .step = age };
FIXTURE_VARIANT_ADD(races, pageout) { .step = swap_out, .swap = true };
FIXTURE_VARIANT_ADD(races, swapoff) { .step = swap_on_and_off, .swap = true };
FIXTURE_VARIANT_ADD(races, collapse) { .step = collapse };
FIXTURE_VARIANT_ADD(races, compaction) { .step = compact };
FIXTURE_VARIANT_ADD(races, balancing) {
	.step = balance, .file = BALANCING, .balancing = true,
};

FIXTURE_VARIANT_ADD(races, migrate_pages) { .step = move_to_and_fro };
FIXTURE_VARIANT_ADD(races, cpu_hotplug) { .step = change_cpus, .file = CPU };

FIXTURE_SETUP(races)
{
	int node = hotplugged_node(&self->blocks);

	if (node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	if (variant->file && !file_exists("%s", variant->file))
		SKIP(return, "no %s", variant->file);
	if (variant->swap && swap_start(SWAP_DISK))
		SKIP(return, "no disk to swap to");
	self->swap = variant->swap;
	self->arena = (struct arena *)map_memory(PAGE, MAP_SHARED);
	ASSERT_NE(NULL, self->arena);
	self->arena->node = node;
	if (variant->balancing)
		ASSERT_EQ(0, put_text("1", BALANCING));
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

FIXTURE_TEARDOWN(races)
{
	if (!self->before)
		return;
	if (self->swap)
		EXPECT_EQ(0, swap_stop(SWAP_DISK));
	if (variant->balancing)
		EXPECT_EQ(0, put_text("0", BALANCING));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

static bool has_ended(pid_t child)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

static bool wait_for_steps(const struct arena *arena, pid_t child)
{
	const unsigned long end = arena->steps + STEPS;
	const double late = now() + PATIENCE;

	while (arena->steps < end && now() < late && !has_ended(child))
		sched_yield();
	return arena->steps >= end;
}

TEST_F(races, with_evacuation)
{
	unsigned int round, left = 0;
	int err, status;
	pid_t child;

	child = start(self->arena, variant->step);
	ASSERT_LT(0, child);
	for (round = 0; round < ROUNDS; round++) {
		move_process(child, 0, self->arena->node);
		EXPECT_TRUE(wait_for_steps(self->arena, child));
		err = change_blocks("offline", &self->blocks);
		if (err) {
			EXPECT_EQ(-EBUSY, err);
			EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones",
						"Movable"));
			continue;
		}
		left++;
		EXPECT_TRUE(wait_for_steps(self->arena, child));
		ASSERT_EQ(0, blocks_put(&self->blocks, "state",
					"online_movable"));
	}
	EXPECT_LT(0, left);
	self->arena->stop = true;
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
