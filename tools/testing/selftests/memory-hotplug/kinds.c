// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of page leaves a block that goes offline, and holds afterwards what
 * it held before; or the block is refused, and says why.
 *
 * What in_use.c moves all at once is here by itself, in each state that it can
 * be in: with a copy in swap, dirty, mapped in parts, under I/O.
 */
#include <fcntl.h>
#include <sched.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define PAGE		4096UL
#define MEGABYTE	1048576UL
#define HUGE		(2 * MEGABYTE)
#define SIZE		(8 * MEGABYTE)
#define PAGES		(SIZE / PAGE)
#define SEED		42
#define SHARERS		4
#define PATIENCE	60	/* seconds */

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif

#define MOUNT		"/run/kinds"
#define KSM_DIR		"/sys/kernel/mm/ksm"
#define THP_DIR		"/sys/kernel/mm/transparent_hugepage"
#define MEMINFO		"/proc/meminfo"

FIXTURE(kinds) {
	struct blocks blocks;
	int node;
	struct snapshot *before;
};

FIXTURE_SETUP(kinds)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

FIXTURE_TEARDOWN(kinds)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/*
 * The mapping takes its pages from the node as long as it is filled only: a
 * page that is touched later must not want to come from memory that has left.
 */
static char *map_on(int node, size_t size, int flags, int advice)
{
	char *room, *memory;

	room = mmap(NULL, size + HUGE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return NULL;
	memory = room + HUGE - (unsigned long)room % HUGE;
	if (mmap(memory, size, PROT_READ | PROT_WRITE,
		 flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
	    madvise(memory, size, advice) || place_on_node(memory, size, node))
		return NULL;
	words_fill(memory, size, SEED, 0);
	return place_on_node(memory, size, -1) ? NULL : memory;
}

static char *map_small_pages_on(int node)
{
	return map_on(node, SIZE, MAP_PRIVATE, MADV_NOHUGEPAGE);
}

static bool all_within(const char *memory, size_t size,
		       const struct blocks *blocks)
{
	return pages_within(memory, size, blocks) == size / PAGE;
}

static bool all_moved(const char *memory, size_t size,
		      const struct blocks *blocks)
{
	return !words_damage(memory, size, SEED, 0) &&
	       !pages_within(memory, size, blocks);
}

#define EXPECT_ON_THE_BLOCKS(memory, bytes)				\
	EXPECT_TRUE(all_within(memory, bytes, &self->blocks))

#define EXPECT_TO_LEAVE()						\
	do {								\
		EXPECT_EQ(0, change_blocks("offline", &self->blocks));	\
		EXPECT_TRUE(blocks_read(&self->blocks, "state",		\
					"offline"));			\
	} while (0)

/* What is read, and where: the content, and a place outside of the blocks. */
#define EXPECT_MOVED(memory, bytes)					\
	EXPECT_TRUE(all_moved(memory, bytes, &self->blocks))

/* Anonymous memory, and its copies in swap. */

TEST_F(kinds, anonymous_beside_swap)
{
	char *memory;

	if (swap_start(SWAP_DISK))
		SKIP(return, "no disk to swap to");
	memory = map_small_pages_on(self->node);
	ASSERT_NE(NULL, memory);
	EXPECT_ON_THE_BLOCKS(memory, SIZE);
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	EXPECT_EQ(0, swap_stop(SWAP_DISK));
	EXPECT_EQ(0, words_damage(memory, SIZE, SEED, 0));
	munmap(memory, SIZE);
}

/* Every other page is out, and what is in lies between. */
TEST_F(kinds, anonymous_half_of_it_swapped_out)
{
	char *memory;
	size_t at;

	if (swap_start(SWAP_DISK))
		SKIP(return, "no disk to swap to");
	memory = map_small_pages_on(self->node);
	ASSERT_NE(NULL, memory);
	for (at = 0; at < SIZE; at += 2 * PAGE)
		ASSERT_EQ(0, madvise(memory + at, PAGE, MADV_PAGEOUT));
	EXPECT_GE(PAGES / 2 + PAGES / 8,
		  pages_within(memory, SIZE, &self->blocks));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	munmap(memory, SIZE);
	EXPECT_EQ(0, swap_stop(SWAP_DISK));
}

static void read_each(char *memory, size_t size)
{
	madvise(memory, size, MADV_POPULATE_READ);
}

/* Read back, not written: the page and its copy on the disk are both there. */
TEST_F(kinds, swap_cache)
{
	long long before = get_field(MEMINFO, "SwapCached:");
	char *memory;

	if (swap_start(SWAP_DISK))
		SKIP(return, "no disk to swap to");
	memory = map_small_pages_on(self->node);
	ASSERT_NE(NULL, memory);
	ASSERT_EQ(0, madvise(memory, SIZE, MADV_PAGEOUT));
	EXPECT_GE(PAGES / 8, pages_within(memory, SIZE, &self->blocks));
	ASSERT_EQ(0, place_on_node(memory, SIZE, self->node));
	read_each(memory, SIZE);
	ASSERT_EQ(0, place_on_node(memory, SIZE, -1));
	EXPECT_LT(before + SIZE / 1024 / 2, get_field(MEMINFO, "SwapCached:"));
	EXPECT_LT(PAGES / 2, pages_within(memory, SIZE, &self->blocks));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	/* What is written now must not be undone by the copy on the disk. */
	words_fill(memory, SIZE, SEED, PAGE);
	ASSERT_EQ(0, madvise(memory, SIZE, MADV_PAGEOUT));
	EXPECT_EQ(0, words_damage(memory, SIZE, SEED, PAGE));
	munmap(memory, SIZE);
	EXPECT_EQ(0, swap_stop(SWAP_DISK));
}

/* What the CPUs have on lists of their own and did not count yet. */
static void settle_counters(void)
{
	put_text("1", "/proc/sys/vm/drop_caches");
	put_text("1", "/proc/sys/vm/stat_refresh");
}

/* Locked memory is in no list that reclaim looks at, and it stays so. */
TEST_F(kinds, locked_stays_locked)
{
	char *memory = map_small_pages_on(self->node);
	long long locked, unevictable;

	ASSERT_NE(NULL, memory);
	ASSERT_EQ(0, mlock(memory, SIZE));
	settle_counters();
	locked = get_field(MEMINFO, "Mlocked:");
	unevictable = get_field(MEMINFO, "Unevictable:");
	EXPECT_LE(SIZE / 1024, locked);
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	settle_counters();
	EXPECT_EQ(locked, get_field(MEMINFO, "Mlocked:"));
	EXPECT_EQ(unevictable, get_field(MEMINFO, "Unevictable:"));
	munmap(memory, SIZE);
}

/* Memory of several processes. */

struct sharers {
	pid_t pid[SHARERS];
	int go;
};

/* Children that hold the memory, and look at it when they are told to. */
static int start_sharers(struct sharers *sharers, char *memory, size_t size)
{
	unsigned int i;
	int go[2];
	char byte;

	if (pipe(go))
		return -errno;
	for (i = 0; i < SHARERS; i++) {
		sharers->pid[i] = fork();
		if (sharers->pid[i])
			continue;
		close(go[1]);
		if (read(go[0], &byte, 1))
			_exit(2);
		_exit(words_damage(memory, size, SEED, 0) ? 1 : 0);
	}
	close(go[0]);
	sharers->go = go[1];
	return 0;
}

static bool sharers_content(struct sharers *sharers)
{
	bool content = true;
	unsigned int i;
	int status;

	close(sharers->go);
	for (i = 0; i < SHARERS; i++)
		content &= waitpid(sharers->pid[i], &status, 0) > 0 &&
			   !status;
	return content;
}

FIXTURE(shared) {
	struct blocks blocks;
	int node;
	struct snapshot *before;
};

FIXTURE_VARIANT(shared) {
	int flags;
	int advice;
};

FIXTURE_VARIANT_ADD(shared, until_it_is_written) {
	.flags = MAP_PRIVATE, .advice = MADV_NOHUGEPAGE,
};

FIXTURE_VARIANT_ADD(shared, for_good) {
	.flags = MAP_SHARED, .advice = MADV_NOHUGEPAGE,
};

FIXTURE_VARIANT_ADD(shared, huge_pages_until_they_are_written) {
	.flags = MAP_PRIVATE, .advice = MADV_HUGEPAGE,
};

FIXTURE_SETUP(shared)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

FIXTURE_TEARDOWN(shared)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

TEST_F(shared, all_see_the_same)
{
	struct sharers sharers;
	char *memory;

	memory = map_on(self->node, SIZE, variant->flags, variant->advice);
	ASSERT_NE(NULL, memory);
	EXPECT_ON_THE_BLOCKS(memory, SIZE);
	ASSERT_EQ(0, start_sharers(&sharers, memory, SIZE));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	EXPECT_TRUE(sharers_content(&sharers));
	munmap(memory, SIZE);
}

/* One has it as a huge page, the others in parts: both must follow. */
TEST_F(shared, some_have_given_back_a_part)
{
	struct sharers sharers;
	char *memory;

	memory = map_on(self->node, SIZE, variant->flags, variant->advice);
	ASSERT_NE(NULL, memory);
	ASSERT_EQ(0, start_sharers(&sharers, memory, SIZE));
	ASSERT_EQ(0, munmap(memory + PAGE, PAGE));
	ASSERT_EQ(0, mprotect(memory + HUGE + PAGE, PAGE, PROT_READ));
	EXPECT_TO_LEAVE();
	EXPECT_EQ(0, words_damage(memory, PAGE, SEED, 0));
	EXPECT_EQ(0, words_damage(memory + 2 * PAGE, SIZE - 2 * PAGE, SEED,
				  2 * PAGE));
	EXPECT_TRUE(sharers_content(&sharers));
	munmap(memory, SIZE);
}

/* The kernel finds pages of the same content, and keeps one of them. */

static bool merge_all(size_t pages)
{
	const double end = now() + PATIENCE;

	put_text("10000", KSM_DIR "/pages_to_scan");
	put_text("0", KSM_DIR "/sleep_millisecs");
	put_text("1", KSM_DIR "/run");
	while (get_number(10, KSM_DIR "/pages_sharing") < (long long)pages &&
	       now() < end)
		sched_yield();
	put_text("0", KSM_DIR "/run");
	return now() < end;
}

/* Pages that all have the words of the first one. */
static size_t same_pages_damage(const char *memory, size_t size)
{
	size_t at, bad = 0;

	for (at = 0; at < size; at += PAGE)
		bad += words_damage(memory + at, PAGE, SEED, 0);
	return bad;
}

TEST_F(kinds, merged_by_ksm)
{
	size_t at, size = 4 * MEGABYTE;
	char *memory;

	memory = map_on(self->node, size, MAP_PRIVATE, MADV_NOHUGEPAGE);
	ASSERT_NE(NULL, memory);
	for (at = 0; at < size; at += PAGE)
		words_fill(memory + at, PAGE, SEED, 0);
	ASSERT_EQ(0, madvise(memory, size, MADV_MERGEABLE));
	ASSERT_TRUE(merge_all(size / PAGE / 2));
	EXPECT_LT(size / PAGE / 2, pages_within(memory, size, &self->blocks));
	EXPECT_TO_LEAVE();
	EXPECT_EQ(0, pages_within(memory, size, &self->blocks));
	EXPECT_EQ(0, same_pages_damage(memory, size));
	EXPECT_LE((long long)(size / PAGE / 2),
		  get_number(10, KSM_DIR "/pages_sharing"));
	/* A write takes one out, and only that one. */
	words_fill(memory, PAGE, SEED + 1, 0);
	EXPECT_EQ(0, words_damage(memory, PAGE, SEED + 1, 0));
	EXPECT_EQ(0, same_pages_damage(memory + PAGE, size - PAGE));
	EXPECT_EQ(0, put_text("2", KSM_DIR "/run"));
	EXPECT_EQ(0, put_text("0", KSM_DIR "/run"));
	EXPECT_EQ(0, same_pages_damage(memory + PAGE, size - PAGE));
	munmap(memory, size);
}

/* Transparent huge pages. */

TEST_F(kinds, huge_pages_move_whole_where_one_is_free)
{
	char *memory = map_on(self->node, SIZE, MAP_PRIVATE, MADV_HUGEPAGE);
	long long huge = get_field(MEMINFO, "AnonHugePages:");

	ASSERT_NE(NULL, memory);
	EXPECT_LE(SIZE / 1024, huge);
	EXPECT_ON_THE_BLOCKS(memory, SIZE);
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	EXPECT_EQ(huge, get_field(MEMINFO, "AnonHugePages:"));
	munmap(memory, SIZE);
}

/* The rest is mapped page by page, and what was given back is still there. */
TEST_F(kinds, huge_pages_that_are_mapped_in_parts)
{
	char *memory = map_on(self->node, SIZE, MAP_PRIVATE, MADV_HUGEPAGE);
	size_t at;

	ASSERT_NE(NULL, memory);
	for (at = 0; at < SIZE; at += HUGE)
		ASSERT_EQ(0, munmap(memory + at, HUGE / 2));
	for (at = HUGE / 2; at < SIZE; at += HUGE)
		EXPECT_ON_THE_BLOCKS(memory + at, HUGE / 2);
	EXPECT_TO_LEAVE();
	for (at = HUGE / 2; at < SIZE; at += HUGE) {
		EXPECT_EQ(0, words_damage(memory + at, HUGE / 2, SEED, at));
		EXPECT_EQ(0, pages_within(memory + at, HUGE / 2,
					  &self->blocks));
	}
	munmap(memory, SIZE);
}

TEST_F(kinds, huge_pages_of_shared_memory)
{
	long long huge = get_field(MEMINFO, "ShmemHugePages:");
	char *memory;

	ASSERT_EQ(0, put_text("advise", THP_DIR "/shmem_enabled"));
	memory = map_on(self->node, SIZE, MAP_SHARED, MADV_HUGEPAGE);
	ASSERT_NE(NULL, memory);
	EXPECT_LE(huge + SIZE / 1024, get_field(MEMINFO, "ShmemHugePages:"));
	EXPECT_ON_THE_BLOCKS(memory, SIZE);
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	munmap(memory, SIZE);
	EXPECT_EQ(0, put_text("never", THP_DIR "/shmem_enabled"));
}

/* Huge pages of a pool. */

#define POOL		"/hugepages/hugepages-2048kB/nr_hugepages"

/* None of the pool is free, and it is as large afterwards as it was before. */
TEST_F(kinds, huge_pages_of_a_pool_that_has_none_left)
{
	struct sharers sharers;
	char *memory, text[32];

	snprintf(text, sizeof(text), "%lu", SIZE / HUGE);
	ASSERT_EQ(0, put_text(text, NODE_DIR "/node%d" POOL, self->node));
	memory = map_on(self->node, SIZE, MAP_SHARED | MAP_HUGETLB,
			MADV_NORMAL);
	ASSERT_NE(NULL, memory);
	EXPECT_EQ(0, get_field(MEMINFO, "HugePages_Free:"));
	EXPECT_ON_THE_BLOCKS(memory, SIZE);
	ASSERT_EQ(0, start_sharers(&sharers, memory, SIZE));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	EXPECT_TRUE(sharers_content(&sharers));
	EXPECT_EQ(SIZE / HUGE, get_field(MEMINFO, "HugePages_Total:"));
	EXPECT_EQ(0, get_field(MEMINFO, "HugePages_Free:"));
	EXPECT_EQ(0, get_field(MEMINFO, "HugePages_Surp:"));
	munmap(memory, SIZE);
	EXPECT_EQ(0, put_text("0", "/proc/sys/vm/nr_hugepages"));
	EXPECT_EQ(0, get_field(MEMINFO, "HugePages_Total:"));
}

/* Files on disks. */

FIXTURE(on_disk) {
	struct blocks blocks;
	int node;
	int fd;
	int direct;
	bool mounted;
	struct snapshot *before;
};

FIXTURE_VARIANT(on_disk) {
	const char *disk;
	const char *options;
};

FIXTURE_VARIANT_ADD(on_disk, ext4) {
	.disk = DISK, .options = "-t ext4",
};

/* Each page has four buffers. */
FIXTURE_VARIANT_ADD(on_disk, small_blocks) {
	.disk = DISK, .options = "-t ext4 -b 1024",
};

FIXTURE_VARIANT_ADD(on_disk, ext2) {
	.disk = DISK, .options = "-t ext2 -b 1024",
};

FIXTURE_VARIANT_ADD(on_disk, slow) {
	.disk = SLOW_DISK, .options = "-t ext2 -b 4096 -N 16",
};

FIXTURE_SETUP(on_disk)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	if (!file_exists("%s", variant->disk))
		SKIP(return, "no such disk");
	ASSERT_EQ(0, disk_mount(variant->disk, variant->options, MOUNT));
	self->mounted = true;
	self->fd = open(MOUNT "/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, self->fd);
	self->direct = open(MOUNT "/file", O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->direct);
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
}

FIXTURE_TEARDOWN(on_disk)
{
	if (!self->mounted)
		return;
	close(self->fd);
	close(self->direct);
	EXPECT_EQ(0, disk_unmount(MOUNT));
	if (!self->before)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/*
 * The policy says only where the pages of the file come from: in ZONE_MOVABLE
 * the kernel finds nothing else that it could take.
 */
static int write_on(int node, int fd, size_t size)
{
	int err = allocate_on_node(node);

	err = err ?: file_fill(fd, size, SEED);
	return allocate_on_node(-1) ?: err;
}

static char *map_file(int fd, size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* The whole file goes through the disk: what is on it is what was written. */
#define EXPECT_ON_DISK(bytes)						\
	do {								\
		EXPECT_EQ(0, fsync(self->fd));				\
		EXPECT_EQ(0, file_damage(self->direct, bytes, SEED));	\
	} while (0)

TEST_F(on_disk, clean)
{
	const size_t size = 4 * MEGABYTE;
	char *memory;

	ASSERT_EQ(0, write_on(self->node, self->fd, size));
	ASSERT_EQ(0, fsync(self->fd));
	memory = map_file(self->fd, size);
	ASSERT_NE(NULL, memory);
	read_each(memory, size);
	EXPECT_ON_THE_BLOCKS(memory, size);
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, size);
	EXPECT_ON_DISK(size);
	munmap(memory, size);
}

/* Nobody has it mapped, and nobody has looked at it twice. */
TEST_F(on_disk, clean_and_inactive)
{
	const size_t size = 4 * MEGABYTE;
	const long long unused = node_free_pages(self->node);

	ASSERT_EQ(0, write_on(self->node, self->fd, size));
	ASSERT_EQ(0, fsync(self->fd));
	EXPECT_LE((long long)(size / PAGE),
		  unused - node_free_pages(self->node));
	EXPECT_TO_LEAVE();
	EXPECT_EQ(0, file_damage(self->fd, size, SEED));
	EXPECT_ON_DISK(size);
}

TEST_F(on_disk, dirty)
{
	const size_t size = 4 * MEGABYTE;

	ASSERT_EQ(0, write_on(self->node, self->fd, size));
	EXPECT_TO_LEAVE();
	EXPECT_EQ(0, file_damage(self->fd, size, SEED));
	EXPECT_ON_DISK(size);
}

/* That they are dirty is written in the page table only. */
TEST_F(on_disk, dirty_through_a_mapping)
{
	const size_t size = 4 * MEGABYTE;
	char *memory;

	ASSERT_EQ(0, write_on(self->node, self->fd, size));
	memory = map_file(self->fd, size);
	ASSERT_NE(NULL, memory);
	words_fill(memory, size, SEED + 1, 0);
	ASSERT_EQ(0, fsync(self->fd));
	words_fill(memory, size, SEED, 0);
	EXPECT_ON_THE_BLOCKS(memory, size);
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, size);
	munmap(memory, size);
	EXPECT_ON_DISK(size);
}

/* Every other page, so that each is a request of its own to the disk. */
static int queue_for_disk(int node, int fd, unsigned int pages)
{
	static _Alignas(PAGE) char page[PAGE];
	unsigned int i;
	int err = allocate_on_node(node);

	for (i = 0; !err && i < pages; i++) {
		words_fill(page, PAGE, SEED, 2 * i * PAGE);
		if (pwrite(fd, page, PAGE, 2 * i * PAGE) != PAGE)
			err = -EIO;
	}
	err = allocate_on_node(-1) ?: err;
	if (!err && sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE))
		err = -errno;
	return err;
}

static size_t queued_damage(int fd, unsigned int pages)
{
	static _Alignas(PAGE) char page[PAGE];
	size_t bad = 0;
	unsigned int i;

	for (i = 0; i < pages; i++) {
		if (pread(fd, page, PAGE, 2 * i * PAGE) != PAGE)
			return PAGE;
		bad += words_damage(page, PAGE, SEED, 2 * i * PAGE);
	}
	return bad;
}

/* The disk reads them while the block leaves; it must not read what is next there. */
TEST_F(on_disk, under_writeback)
{
	const unsigned int pages = 128;
	const bool slow = !strcmp(variant->disk, SLOW_DISK);

	ASSERT_EQ(0, queue_for_disk(self->node, self->fd, pages));
	if (slow)
		EXPECT_LT(0, get_field(MEMINFO, "Writeback:"));
	EXPECT_TO_LEAVE();
	EXPECT_EQ(0, queued_damage(self->fd, pages));
	ASSERT_EQ(0, fsync(self->fd));
	EXPECT_EQ(0, queued_damage(self->direct, pages));
}

/* Pages of the kernel that move. */

#define ZRAM		"/sys/block/zram0"
#define ZRAM_BYTES	"32M"

/* Half of each page can be compressed. */
static int fill_half(int fd, size_t size)
{
	static _Alignas(PAGE) char page[PAGE];
	size_t at;

	for (at = 0; at < size; at += PAGE) {
		words_fill(page, PAGE / 2, SEED, at);
		if (pwrite(fd, page, PAGE, at) != PAGE)
			return -EIO;
	}
	return 0;
}

static size_t half_damage(int fd, size_t size)
{
	static _Alignas(PAGE) char page[PAGE];
	size_t at, bad = 0;

	for (at = 0; at < size; at += PAGE) {
		if (pread(fd, page, PAGE, at) != PAGE)
			return size;
		bad += words_damage(page, PAGE / 2, SEED, at);
	}
	return bad;
}

TEST_F(kinds, compressed_memory)
{
	const long long unused = node_free_pages(self->node);
	int fd;

	if (!file_exists(ZRAM))
		SKIP(return, "no zram");
	ASSERT_EQ(0, put_text(ZRAM_BYTES, ZRAM "/disksize"));
	fd = open("/dev/zram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, allocate_on_node(self->node));
	EXPECT_EQ(0, fill_half(fd, SIZE));
	ASSERT_EQ(0, allocate_on_node(-1));
	EXPECT_LE((long long)PAGES / 2, unused - node_free_pages(self->node));
	EXPECT_TRUE(blocks_read(&self->blocks, "removable", "1"));
	EXPECT_TO_LEAVE();
	EXPECT_EQ(0, half_damage(fd, SIZE));
	close(fd);
	EXPECT_EQ(0, put_text("1", ZRAM "/reset"));
}

/* Anonymous memory that is swapped out to such memory, on the blocks themselves. */
TEST_F(kinds, swap_in_compressed_memory)
{
	char *memory;

	if (!file_exists(ZRAM))
		SKIP(return, "no zram");
	ASSERT_EQ(0, put_text(ZRAM_BYTES, ZRAM "/disksize"));
	ASSERT_EQ(0, swap_start("/dev/zram0"));
	memory = map_small_pages_on(self->node);
	ASSERT_NE(NULL, memory);
	ASSERT_EQ(0, allocate_on_node(self->node));
	EXPECT_EQ(0, madvise(memory, SIZE / 2, MADV_PAGEOUT));
	ASSERT_EQ(0, allocate_on_node(-1));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	munmap(memory, SIZE);
	EXPECT_EQ(0, swap_stop("/dev/zram0"));
	EXPECT_EQ(0, put_text("1", ZRAM "/reset"));
}

/* Refused, and why. */

FIXTURE(refused) {
	struct blocks blocks;
	int node;
	struct snapshot *before;
};

FIXTURE_SETUP(refused)
{
	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_kernel"));
}

FIXTURE_TEARDOWN(refused)
{
	if (!self->before)
		return;
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/* A buffer that was registered once is read and written at any time later. */
TEST_F(refused, a_registered_buffer)
{
	char *memory = map_on(self->node, PAGE, MAP_PRIVATE, MADV_NOHUGEPAGE);
	unsigned long count, pfn;
	unsigned int block;
	struct ring ring;

	ASSERT_NE(NULL, memory);
	if (ring_create(&ring))
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, ring_register(&ring, memory, PAGE));
	block = pfn_block(user_pfn(memory));
	ASSERT_TRUE(blocks_have(&self->blocks, block));
	EXPECT_TRUE(block_reads(block, "removable", "0"));
	EXPECT_TRUE(block_blocker(block, "pinned", &count, &pfn));
	EXPECT_EQ(1, count);
	EXPECT_EQ(user_pfn(memory), pfn);
	EXPECT_EQ(-EBUSY, change_blocks("offline", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "valid_zones", "Normal"));
	EXPECT_EQ(pfn, user_pfn(memory));
	EXPECT_EQ(0, ring_unregister(&ring));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, PAGE);
	ring_destroy(&ring);
	munmap(memory, PAGE);
}

/* In ZONE_MOVABLE nothing stays for long: it moves before it is pinned. */
TEST_F(kinds, a_registered_buffer)
{
	char *memory = map_on(self->node, SIZE, MAP_PRIVATE, MADV_NOHUGEPAGE);
	struct ring ring;

	ASSERT_NE(NULL, memory);
	if (ring_create(&ring))
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, ring_register(&ring, memory, SIZE));
	EXPECT_EQ(0, pages_within(memory, SIZE, &self->blocks));
	EXPECT_TO_LEAVE();
	EXPECT_MOVED(memory, SIZE);
	EXPECT_EQ(0, ring_unregister(&ring));
	ring_destroy(&ring);
	munmap(memory, SIZE);
}

TEST_HARNESS_MAIN
