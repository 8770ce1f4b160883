// SPDX-License-Identifier: GPL-2.0
/*
 * Programs write and read back while their memory comes and goes: not a word
 * that they were told is written may be lost.
 *
 * Each writer is a thread with records of its own: it writes the next
 * generation of one, then reads back another. The ways differ in who touches
 * the pages: the program itself, the kernel for it, or a disk.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include <linux/io_uring.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define RECORD		4096UL
#define RECORDS		1024UL
#define EACH_BYTES	(RECORDS * RECORD)
#define ROUNDS		6
#define TRIES		20
#define MOUNT		"/run/writers"

struct writer;

/**
 * struct way - how records are written and read
 * @name: for a reader
 * @in_file: they are in a file, or in memory only
 * @mapped: the file, or the memory, is mapped and accessed in place
 * @flags: to open the file with
 * @put: write a record from the buffer; 0 or -errno
 * @get: read a record into the buffer; 0 or -errno
 */
struct way {
	const char *name;
	bool in_file;
	bool mapped;
	int flags;
	int (*put)(struct writer *writer, unsigned int record);
	int (*get)(struct writer *writer, unsigned int record);
};

/**
 * struct writer - a thread and what it has written
 * @thread: the thread
 * @number: which of the writers
 * @node: where it takes its memory from if it can
 * @way: how it writes
 * @fd: the file, or -1
 * @memory: the mapping, or NULL
 * @buffer: what is written or was read
 * @ring: for ways that need one
 * @generation: of each record, 0 for one that was never written
 * @records: how many were written
 * @failed: how often a way did not work
 * @wrong: how many words were not as written
 */
struct writer {
	pthread_t thread;
	unsigned int number;
	int node;
	const struct way *way;
	int fd;
	char *memory;
	char *buffer;
	struct ring ring;
	unsigned int generation[RECORDS];
	atomic_ulong records;
	atomic_ulong failed;
	atomic_ulong wrong;
};

static atomic_bool stop;

static int store(struct writer *writer, unsigned int record)
{
	memcpy(writer->memory + record * RECORD, writer->buffer, RECORD);
	return 0;
}

static int load(struct writer *writer, unsigned int record)
{
	memcpy(writer->buffer, writer->memory + record * RECORD, RECORD);
	return 0;
}

static int write_call(struct writer *writer, unsigned int record)
{
	return pwrite(writer->fd, writer->buffer, RECORD, record * RECORD) ==
	       RECORD ? 0 : -EIO;
}

static int read_call(struct writer *writer, unsigned int record)
{
	return pread(writer->fd, writer->buffer, RECORD, record * RECORD) ==
	       RECORD ? 0 : -EIO;
}

static int ring_write(struct writer *writer, unsigned int record)
{
	return ring_transfer(&writer->ring, IORING_OP_WRITE, writer->fd,
			     writer->buffer, RECORD, record * RECORD);
}

static int ring_read(struct writer *writer, unsigned int record)
{
	return ring_transfer(&writer->ring, IORING_OP_READ, writer->fd,
			     writer->buffer, RECORD, record * RECORD);
}

static int fixed_write(struct writer *writer, unsigned int record)
{
	return ring_transfer(&writer->ring, IORING_OP_WRITE_FIXED, writer->fd,
			     writer->buffer, RECORD, record * RECORD);
}

static int fixed_read(struct writer *writer, unsigned int record)
{
	return ring_transfer(&writer->ring, IORING_OP_READ_FIXED, writer->fd,
			     writer->buffer, RECORD, record * RECORD);
}

static const struct way ways[] = {
	{ "stores", false, true, 0, store, load },
	{ "stores to a file", true, true, 0, store, load },
	{ "write()", true, false, 0, write_call, read_call },
	{ "direct I/O", true, false, O_DIRECT, write_call, read_call },
	{ "io_uring", true, false, 0, ring_write, ring_read },
	{ "io_uring, direct", true, false, O_DIRECT, ring_write, ring_read },
	{ "io_uring, fixed", true, false, O_DIRECT, fixed_write, fixed_read },
};

#define NR_WRITERS	ARRAY_SIZE(ways)

static unsigned long seed_of(const struct writer *writer, unsigned int record)
{
	const unsigned long generation = writer->generation[record];

	return (generation * NR_WRITERS + writer->number) * RECORDS + record;
}

static void put_next(struct writer *writer, unsigned int record)
{
	writer->generation[record]++;
	words_fill(writer->buffer, RECORD, seed_of(writer, record), 0);
	if (writer->way->put(writer, record))
		writer->failed++;
	else
		writer->records++;
}

/* Cleared before, so that what was not read at all does not look right. */
static void get_back(struct writer *writer, unsigned int record)
{
	if (!writer->generation[record])
		return;
	memset(writer->buffer, 0, RECORD);
	if (writer->way->get(writer, record))
		writer->failed++;
	else
		writer->wrong += words_damage(writer->buffer, RECORD,
					      seed_of(writer, record), 0);
}

static void *work(void *arg)
{
	struct writer *writer = arg;
	unsigned int state = writer->number + 1;

	prefer_node(writer->node);
	while (!stop) {
		put_next(writer, rand_r(&state) % RECORDS);
		get_back(writer, rand_r(&state) % RECORDS);
	}
	return NULL;
}

static char *map_on(int node, size_t size, int flags, int fd)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED || place_on_node(memory, size, node))
		return NULL;
	memset(memory, 0, size);
	return place_on_node(memory, size, -1) ? NULL : memory;
}

static int open_file(struct writer *writer)
{
	char path[TEXT_MAX];

	snprintf(path, sizeof(path), MOUNT "/%u", writer->number);
	writer->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC |
			  writer->way->flags, 0600);
	if (writer->fd < 0 || ftruncate(writer->fd, EACH_BYTES))
		return -errno;
	return 0;
}

static int prepare(struct writer *writer, unsigned int number, int node)
{
	int err;

	writer->number = number;
	writer->node = node;
	writer->way = &ways[number];
	writer->fd = -1;
	if (writer->way->in_file) {
		err = open_file(writer);
		if (err)
			return err;
	}
	writer->buffer = map_on(node, RECORD, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (writer->way->mapped)
		writer->memory = map_on(node, EACH_BYTES, writer->fd < 0 ?
					MAP_PRIVATE | MAP_ANONYMOUS :
					MAP_SHARED, writer->fd);
	if (!writer->buffer || (writer->way->mapped && !writer->memory))
		return -ENOMEM;
	err = ring_create(&writer->ring);
	if (!err && writer->way->put == fixed_write)
		err = ring_register(&writer->ring, writer->buffer, RECORD);
	return err;
}

static void clean_up(struct writer *writer)
{
	ring_destroy(&writer->ring);
	if (writer->memory)
		munmap(writer->memory, EACH_BYTES);
	if (writer->buffer)
		munmap(writer->buffer, RECORD);
	if (writer->fd >= 0)
		close(writer->fd);
}

FIXTURE(writers) {
	struct blocks blocks;
	int node;
	bool mounted;
	struct writer writer[NR_WRITERS];
	struct snapshot *before;
};

FIXTURE_SETUP(writers)
{
	unsigned int i;

	self->node = hotplugged_node(&self->blocks);
	if (self->node < 0)
		SKIP(return, "no node with hot-plugged memory only");
	if (!file_exists(DISK))
		SKIP(return, "no disk");
	ASSERT_EQ(0, disk_mount(DISK, "-t ext4", MOUNT));
	self->mounted = true;
	self->before = snapshot_take();
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	for (i = 0; i < NR_WRITERS; i++) {
		ASSERT_EQ(0, prepare(&self->writer[i], i, self->node)) {
			TH_LOG("%s", ways[i].name);
		}
	}
}

FIXTURE_TEARDOWN(writers)
{
	unsigned int i;

	if (!self->mounted)
		return;
	for (i = 0; i < NR_WRITERS; i++)
		clean_up(&self->writer[i]);
	EXPECT_EQ(0, disk_unmount(MOUNT));
	EXPECT_EQ(0, blocks_offline(&self->blocks));
	EXPECT_EQ(0, snapshot_changes(self->before));
	snapshot_free(self->before);
}

/* What is only in the page cache comes back to the node when it is read again. */
static void bring_back(const struct writer *writers, int node)
{
	unsigned int i;

	for (i = 0; i < NR_WRITERS; i++) {
		if (writers[i].fd < 0)
			continue;
		fdatasync(writers[i].fd);
		posix_fadvise(writers[i].fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	move_process(0, 0, node);
}

static void wait_for_records(const struct writer *writer, unsigned long more)
{
	const unsigned long end = writer->records + more;

	while (writer->records < end && !writer->failed)
		sched_yield();
}

/*
 * A disk that reads or writes a page holds it, and with so many of them there
 * may be one at any time. Then all blocks are as they were.
 */
static int offline_in_the_end(const struct blocks *blocks)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < TRIES; i++) {
		err = change_blocks("offline", blocks);
		if (err != -EBUSY)
			return err;
		if (!blocks_read(blocks, "valid_zones", "Movable"))
			return -EIO;
	}
	return err;
}

#define EXPECT_ALL_RIGHT()						\
	do {								\
		unsigned int i_;					\
									\
		for (i_ = 0; i_ < NR_WRITERS; i_++) {			\
			const struct writer *writer_ = &self->writer[i_];\
									\
			EXPECT_EQ(0, writer_->failed) {			\
				TH_LOG("%s", writer_->way->name);	\
			}						\
			EXPECT_EQ(0, writer_->wrong) {			\
				TH_LOG("%s", writer_->way->name);	\
			}						\
		}							\
	} while (0)

static void read_all_back(struct writer *writer)
{
	unsigned int record;

	for (record = 0; record < RECORDS; record++)
		get_back(writer, record);
}

/* From the disk itself: what is in the page cache is dropped before. */
static void read_all_from_disk(struct writer *writer)
{
	if (writer->fd < 0)
		return;
	fsync(writer->fd);
	if (writer->memory)
		madvise(writer->memory, EACH_BYTES, MADV_DONTNEED);
	put_text("3", "/proc/sys/vm/drop_caches");
	read_all_back(writer);
}

TEST_F(writers, nothing_is_lost)
{
	long long used = 0;
	unsigned int i, round;

	for (i = 0; i < NR_WRITERS; i++)
		ASSERT_EQ(0, pthread_create(&self->writer[i].thread, NULL,
					    work, &self->writer[i]));
	for (round = 0; round < ROUNDS; round++) {
		bring_back(self->writer, self->node);
		for (i = 0; i < NR_WRITERS; i++)
			wait_for_records(&self->writer[i], 100);
		used += node_pages(self->node, "managed") -
			node_free_pages(self->node);
		EXPECT_EQ(0, offline_in_the_end(&self->blocks));
		for (i = 0; i < NR_WRITERS; i++)
			wait_for_records(&self->writer[i], 20);
		ASSERT_EQ(0, blocks_put(&self->blocks, "state",
					"online_movable"));
	}
	stop = true;
	for (i = 0; i < NR_WRITERS; i++)
		pthread_join(self->writer[i].thread, NULL);
	EXPECT_LT((long long)(ROUNDS * 2 * RECORDS), used);
	EXPECT_ALL_RIGHT();
	for (i = 0; i < NR_WRITERS; i++)
		read_all_back(&self->writer[i]);
	EXPECT_ALL_RIGHT();
	for (i = 0; i < NR_WRITERS; i++)
		read_all_from_disk(&self->writer[i]);
	EXPECT_ALL_RIGHT();
	for (i = 0; i < NR_WRITERS; i++)
		ksft_print_msg("%s: %lu records\n", ways[i].name,
			       self->writer[i].records);
}

TEST_HARNESS_MAIN
