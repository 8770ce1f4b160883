// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: io_uring
 *
 * One request at a time, by the system calls themselves: what is tested is the
 * memory that the kernel reads and writes, not the queues.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "mhp.h"

#define ENTRIES		4

static void *map_ring(int fd, size_t size, off_t what)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, fd, what);

	return memory == MAP_FAILED ? NULL : memory;
}

static void find_queues(struct ring *ring, const struct io_uring_params *params)
{
	char *base = ring->rings;

	ring->tail = (unsigned int *)(base + params->sq_off.tail);
	ring->mask = (unsigned int *)(base + params->sq_off.ring_mask);
	ring->array = (unsigned int *)(base + params->sq_off.array);
	ring->done_head = (unsigned int *)(base + params->cq_off.head);
	ring->done_tail = (unsigned int *)(base + params->cq_off.tail);
	ring->done_mask = (unsigned int *)(base + params->cq_off.ring_mask);
	ring->done = base + params->cq_off.cqes;
}

/**
 * ring_create() - set up io_uring
 * @ring: what to set up; to be given to ring_destroy() in any case
 *
 * Return: 0 or -errno: -ENOSYS if the kernel has none.
 */
int ring_create(struct ring *ring)
{
	struct io_uring_params params = { 0 };
	size_t wanted, done;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring->fd < 0)
		return -errno;
	wanted = params.sq_off.array +
		 params.sq_entries * sizeof(unsigned int);
	done = params.cq_off.cqes +
	       params.cq_entries * sizeof(struct io_uring_cqe);
	ring->rings_size = wanted > done ? wanted : done;
	ring->requests_size = params.sq_entries * sizeof(struct io_uring_sqe);
	ring->rings = map_ring(ring->fd, ring->rings_size, IORING_OFF_SQ_RING);
	ring->requests = map_ring(ring->fd, ring->requests_size,
				  IORING_OFF_SQES);
	if (!ring->rings || !ring->requests)
		return -ENOMEM;
	find_queues(ring, &params);
	return 0;
}

/**
 * ring_destroy() - undo ring_create()
 * @ring: the ring, may be half set up
 */
void ring_destroy(struct ring *ring)
{
	if (ring->rings)
		munmap(ring->rings, ring->rings_size);
	if (ring->requests)
		munmap(ring->requests, ring->requests_size);
	if (ring->fd > 0)
		close(ring->fd);
}

/**
 * ring_register() - let the kernel keep a buffer of the caller for fixed I/O
 * @ring: the ring
 * @buffer: the buffer
 * @size: its bytes
 *
 * The kernel pins its pages for long.
 *
 * Return: 0 or -errno.
 */
int ring_register(struct ring *ring, void *buffer, size_t size)
{
	struct iovec range = { .iov_base = buffer, .iov_len = size };

	if (syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS,
		    &range, 1))
		return -errno;
	return 0;
}

/**
 * ring_unregister() - undo ring_register()
 * @ring: the ring
 *
 * Return: 0 or -errno.
 */
int ring_unregister(struct ring *ring)
{
	if (syscall(SYS_io_uring_register, ring->fd,
		    IORING_UNREGISTER_BUFFERS, NULL, 0))
		return -errno;
	return 0;
}

static void put_request(struct ring *ring, const struct io_uring_sqe *request)
{
	const unsigned int tail = *ring->tail;
	const unsigned int slot = tail & *ring->mask;
	struct io_uring_sqe *requests = ring->requests;

	requests[slot] = *request;
	ring->array[slot] = slot;
	__atomic_store_n(ring->tail, tail + 1, __ATOMIC_RELEASE);
}

static int take_answer(struct ring *ring)
{
	const struct io_uring_cqe *answers = ring->done;
	const unsigned int head = *ring->done_head;
	int answer;

	if (head == __atomic_load_n(ring->done_tail, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	answer = answers[head & *ring->done_mask].res;
	__atomic_store_n(ring->done_head, head + 1, __ATOMIC_RELEASE);
	return answer;
}

/**
 * ring_transfer() - read or write, and wait for the end of it
 * @ring: the ring
 * @opcode: IORING_OP_READ, IORING_OP_WRITE, or one of these with _FIXED
 * @fd: the file
 * @buffer: where the bytes are or go, in the registered buffer if it is fixed
 * @size: how many
 * @at: where in the file
 *
 * Return: 0 or -errno (-EIO if not all was read or written).
 */
int ring_transfer(struct ring *ring, unsigned int opcode, int fd, void *buffer,
		  size_t size, off_t at)
{
	const struct io_uring_sqe request = {
		.opcode = opcode, .fd = fd, .off = at,
		.addr = (uintptr_t)buffer, .len = size,
	};
	int answer;

	put_request(ring, &request);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		return -errno;
	answer = take_answer(ring);
	if (answer < 0)
		return answer;
	return (size_t)answer == size ? 0 : -EIO;
}
