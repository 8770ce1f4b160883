// SPDX-License-Identifier: GPL-2.0
/*
 * Which node memory moves to when its own leaves: one that its owner may use, by
 * the policy of the mapping, of the file or of the task, or by its cpuset. There
 * are two other nodes, so that one of them is the wrong one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/mempolicy.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NODE		2	/* without memory at boot */
#define DIMM_SIZE	"256M"
#define SIZE		(8UL << 20)
#define PAGE		4096UL
#define SEED		5

/* What the child says when it ends. */
enum { ALL_THERE, ELSEWHERE, DAMAGED, NOT_READY };

struct owner {
	char *memory;
	int fd;
};

/**
 * struct kind - memory, and what its owner wants
 * @other: the node that it may be on as well
 * @mapping: flags for mmap()
 * @unmapped: it is in a file, and mapped nowhere meanwhile
 * @wish: says where it may be
 */
struct kind {
	int other;
	int mapping;
	bool unmapped;
	int (*wish)(struct owner *owner, int other);
};

static unsigned long both(int other)
{
	return 1UL << NODE | 1UL << other;
}

static int no_wish(struct owner *owner, int other)
{
	return 0;
}

static int wish_of_mapping(struct owner *owner, int other)
{
	const unsigned long nodes = both(other);

	return syscall(SYS_mbind, owner->memory, SIZE, MPOL_BIND, &nodes,
		       8 * sizeof(nodes), 0);
}

static int wish_of_task(struct owner *owner, int other)
{
	const unsigned long nodes = both(other);

	return syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes));
}

FIXTURE(owner) {
	struct blocks dimm;
	char root[64];
	char inside[TEXT_MAX];
	pid_t pid;
	int go;
};

FIXTURE_VARIANT(owner) {
	struct kind kind;
	const char *cpuset;
};

FIXTURE_VARIANT_ADD(owner, mapping_wants_the_first) {
	.kind = {
		.other = 0,
		.mapping = MAP_PRIVATE | MAP_ANONYMOUS,
		.wish = wish_of_mapping,
	},
};

FIXTURE_VARIANT_ADD(owner, mapping_wants_the_second) {
	.kind = {
		.other = 1,
		.mapping = MAP_PRIVATE | MAP_ANONYMOUS,
		.wish = wish_of_mapping,
	},
};

FIXTURE_VARIANT_ADD(owner, file_wants_the_first) {
	.kind = {
		.other = 0,
		.mapping = MAP_SHARED,
		.wish = wish_of_mapping,
		.unmapped = true,
	},
};

FIXTURE_VARIANT_ADD(owner, file_wants_the_second) {
	.kind = {
		.other = 1,
		.mapping = MAP_SHARED,
		.wish = wish_of_mapping,
		.unmapped = true,
	},
};

FIXTURE_VARIANT_ADD(owner, task_wants_the_first) {
	.kind = {
		.other = 0,
		.mapping = MAP_PRIVATE | MAP_ANONYMOUS,
		.wish = wish_of_task,
	},
};

FIXTURE_VARIANT_ADD(owner, task_wants_the_second) {
	.kind = {
		.other = 1,
		.mapping = MAP_PRIVATE | MAP_ANONYMOUS,
		.wish = wish_of_task,
	},
};

FIXTURE_VARIANT_ADD(owner, cpuset_has_the_first) {
	.kind = {
		.other = 0,
		.mapping = MAP_SHARED,
		.wish = no_wish,
	},
	.cpuset = "0,2",
};

FIXTURE_VARIANT_ADD(owner, cpuset_has_the_second) {
	.kind = {
		.other = 1,
		.mapping = MAP_SHARED,
		.wish = no_wish,
	},
	.cpuset = "1-2",
};

static bool machine_fits(void)
{
	return firmware_present() && nodes_read("possible", "0-2") &&
	       nodes_read("has_memory", "0-1");
}

/* The file stays, and with it what it wants, when nobody has it mapped. */
static char *map_again(const struct owner *owner, int flags)
{
	return mmap(owner->memory, SIZE, PROT_READ | PROT_WRITE,
		    flags | MAP_FIXED, owner->fd, 0);
}

static int take_memory(struct owner *owner, const struct kind *kind)
{
	owner->fd = memfd_create("owner", MFD_CLOEXEC);
	if (ftruncate(owner->fd, SIZE))
		return -errno;
	owner->memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			     kind->mapping, owner->fd, 0);
	if (owner->memory == MAP_FAILED ||
	    madvise(owner->memory, SIZE, MADV_NOHUGEPAGE) ||
	    place_on_node(owner->memory, SIZE, NODE))
		return -errno;
	words_fill(owner->memory, SIZE, SEED, 0);
	return place_on_node(owner->memory, SIZE, -1) ?:
	       kind->wish(owner, kind->other);
}

/* Never returns. It is told to look when the other end of @go is closed. */
static void be_owner(const struct kind *kind, const char *cgroup,
		     const struct blocks *there, const struct blocks *wanted,
		     int ready, int go)
{
	struct owner owner;
	char byte = 0;

	if ((*cgroup && put_text("0", "%s/cgroup.procs", cgroup)) ||
	    take_memory(&owner, kind) ||
	    pages_within(owner.memory, SIZE, there) != SIZE / PAGE ||
	    (kind->unmapped && munmap(owner.memory, SIZE)) ||
	    write(ready, &byte, 1) != 1)
		_exit(NOT_READY);
	if (read(go, &byte, 1))
		_exit(NOT_READY);
	if (kind->unmapped)
		owner.memory = map_again(&owner, kind->mapping);
	if (words_damage(owner.memory, SIZE, SEED, 0))
		_exit(DAMAGED);
	_exit(pages_within(owner.memory, SIZE, wanted) == SIZE / PAGE ?
	      ALL_THERE : ELSEWHERE);
}

static int make_cpuset(char *root, size_t size, char *inside,
		       const char *nodes)
{
	snprintf(root, size, "/tmp/cgroup-XXXXXX");
	if (!mkdtemp(root) || mount("none", root, "cgroup2", 0, NULL))
		return -errno;
	snprintf(inside, TEXT_MAX, "%s/inside", root);
	return put_text("+cpuset +memory", "%s/cgroup.subtree_control", root) ?:
	       mkdir(inside, 0700) ?: put_text(nodes, "%s/cpuset.mems", inside);
}

FIXTURE_SETUP(owner)
{
	struct blocks all, wanted;
	int ready[2], go[2];
	char byte;

	if (!machine_fits())
		SKIP(return, "no firmware, or no node without memory beside two others");
	blocks_all(&all);
	blocks_on_node(&wanted, &all, variant->kind.other);
	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->dimm));
	ASSERT_EQ(0, blocks_put(&self->dimm, "state", "online_movable"));
	if (variant->cpuset)
		ASSERT_EQ(0, make_cpuset(self->root, sizeof(self->root),
					 self->inside, variant->cpuset));
	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(go));
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		close(go[1]);
		be_owner(&variant->kind, self->inside, &self->dimm, &wanted, ready[1],
			 go[0]);
	}
	close(ready[1]);
	close(go[0]);
	self->go = go[1];
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	close(ready[0]);
}

FIXTURE_TEARDOWN(owner)
{
	if (!*self->root)
		return;
	EXPECT_EQ(0, rmdir(self->inside));
	EXPECT_EQ(0, umount(self->root));
	EXPECT_EQ(0, rmdir(self->root));
}

TEST_F(owner, gets_its_memory_on_a_node_of_its_own)
{
	int status;

	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_EQ(0, close(self->go));
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ALL_THERE, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
