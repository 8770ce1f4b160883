// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that may have memory of one node only, by their policy or by their
 * cpuset, while the memory of that node leaves and returns. The node is the
 * last one of the machine, which has no memory at boot.
 */
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <linux/mempolicy.h>

#include "lib/harness.h"
#include "lib/mhp.h"

#define NODE		1
#define DIMM_SIZE	"256M"
#define PATIENCE	60
#define PROGRAM_BYTES	(16UL << 20)

static int bind_to(int node, unsigned int flags)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND | flags, &mask,
		    8 * sizeof(mask)))
		return -errno;
	return 0;
}

static unsigned long bound_to(void)
{
	unsigned long mask = 0;
	int mode;

	if (syscall(SYS_get_mempolicy, &mode, &mask, 8 * sizeof(mask), NULL,
		    0) || (mode & ~MPOL_MODE_FLAGS) != MPOL_BIND)
		return 0;
	return mask;
}

/**
 * struct program - what a child that uses memory of the node says about itself
 * @asked: posted by the test: look, and report
 * @reported: posted by the child: the rest is filled in
 * @ended: set before the last question
 * @damage: bytes of its memory that have changed
 * @bound_to: nodes of its policy
 * @node_of_pattern: where its memory is
 * @node_of_new_page: where it gets memory from now
 *
 * It is a child, because what the test itself asks for must not depend on the
 * node that leaves. It is reached through memory, because a pipe takes pages
 * that can not be moved, and the node may have none of those. Between two
 * questions the child waits, and needs no memory.
 */
struct program {
	sem_t asked;
	sem_t reported;
	bool ended;
	size_t damage;
	unsigned long bound_to;
	int node_of_pattern;
	int node_of_new_page;
	pid_t pid;
};

static void run_program(struct program *program)
{
	struct pattern pattern;

	if (pattern_create(&pattern, PATTERN_ANON, PROGRAM_BYTES, -1))
		_exit(1);
	while (!sem_wait(&program->asked) && !program->ended) {
		program->damage = pattern_damage(&pattern);
		program->bound_to = bound_to();
		program->node_of_pattern =
			block_node(pfn_block(user_pfn(pattern.memory)));
		program->node_of_new_page = block_node(touched_block(-1));
		sem_post(&program->reported);
	}
	_exit(0);
}

/* prepare() is called in the child, before it takes any memory. */
static struct program *program_start(int (*prepare)(const void *),
				     const void *how)
{
	struct program *program;

	program = mmap(NULL, sizeof(*program), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (program == MAP_FAILED)
		return NULL;
	sem_init(&program->asked, 1, 0);
	sem_init(&program->reported, 1, 0);
	program->pid = fork();
	if (!program->pid) {
		if (prepare(how))
			_exit(2);
		run_program(program);
	}
	return program;
}

static bool program_looks(struct program *program)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE;
	sem_post(&program->asked);
	return !sem_timedwait(&program->reported, &end);
}

/* Returns what waitpid() says about it. */
static int program_end(struct program *program)
{
	int status = -1;

	program->ended = true;
	sem_post(&program->asked);
	waitpid(program->pid, &status, 0);
	munmap(program, sizeof(*program));
	return status;
}

static bool machine_fits(void)
{
	return firmware_present() && nodes_read("possible", "0-1") &&
	       nodes_read("has_memory", "0");
}

FIXTURE(bound) {
	struct blocks blocks;
	struct program *program;
};

FIXTURE_VARIANT(bound) {
	unsigned int flags;
	unsigned long bound_to_meanwhile;
	int node_after_return;
};

/* Who named nodes as they are seen keeps what the binding was changed to. */
FIXTURE_VARIANT_ADD(bound, to_what_is_allowed) {
	.bound_to_meanwhile = 1UL << 0, .node_after_return = 0,
};

FIXTURE_VARIANT_ADD(bound, to_the_node_itself) {
	.flags = MPOL_F_STATIC_NODES,
	.bound_to_meanwhile = 1UL << NODE, .node_after_return = NODE,
};

static int bind_program(const void *flags)
{
	return bind_to(NODE, *(const unsigned int *)flags);
}

FIXTURE_SETUP(bound)
{
	if (!machine_fits())
		SKIP(return, "no firmware, or no possible node without memory");
	EXPECT_EQ(-EINVAL, bind_to(NODE, variant->flags));
	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	self->program = program_start(bind_program, &variant->flags);
	ASSERT_NE(NULL, self->program);
	ASSERT_TRUE(program_looks(self->program));
	ASSERT_EQ(1UL << NODE, self->program->bound_to);
	ASSERT_EQ(NODE, self->program->node_of_pattern);
	ASSERT_EQ(NODE, self->program->node_of_new_page);
}

FIXTURE_TEARDOWN(bound)
{
	if (!self->program)
		return;
	EXPECT_EQ(0, program_end(self->program));
	if (block_exists(self->blocks.id[0]))
		EXPECT_EQ(0, dimm_unplug("n"));
}

/* It goes on with the memory that is left. */
TEST_F(bound, a_program_outlives_its_node)
{
	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_TRUE(nodes_read("has_memory", "0"));
	EXPECT_EQ(-EINVAL, bind_to(NODE, variant->flags));
	ASSERT_TRUE(program_looks(self->program));
	EXPECT_EQ(0, self->program->damage);
	EXPECT_EQ(variant->bound_to_meanwhile, self->program->bound_to);
	EXPECT_EQ(0, self->program->node_of_pattern);
	EXPECT_EQ(0, self->program->node_of_new_page);

	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	ASSERT_TRUE(program_looks(self->program));
	EXPECT_EQ(0, self->program->damage);
	EXPECT_EQ(1UL << variant->node_after_return, self->program->bound_to);
	EXPECT_EQ(variant->node_after_return, self->program->node_of_new_page);
}

TEST_F(bound, a_program_stays_on_its_node_while_it_has_memory)
{
	struct blocks more;

	ASSERT_EQ(0, dimm_plug("m", DIMM_SIZE, NODE, &more));
	ASSERT_EQ(0, blocks_put(&more, "state", "online_movable"));
	ASSERT_EQ(0, dimm_unplug("n"));
	ASSERT_TRUE(program_looks(self->program));
	EXPECT_EQ(0, self->program->damage);
	EXPECT_EQ(1UL << NODE, self->program->bound_to);
	EXPECT_EQ(NODE, self->program->node_of_pattern);
	EXPECT_EQ(NODE, self->program->node_of_new_page);
	ASSERT_EQ(0, dimm_unplug("m"));
}

/*
 * Who insists on memory of a node that has none to give any more is killed, as
 * always when memory runs out, and does not keep the node from leaving.
 */
TEST_F(bound, a_program_that_wants_more_all_the_time_is_killed)
{
	pid_t greedy = fork();
	int status;

	ASSERT_LE(0, greedy);
	if (!greedy) {
		put_text("1000", "/proc/self/oom_score_adj");
		if (bind_to(NODE, variant->flags))
			_exit(1);
		while (touched_block(-1))
			;
		_exit(0);
	}
	EXPECT_EQ(0, dimm_unplug("n"));
	kill(greedy, SIGTERM);
	ASSERT_EQ(greedy, waitpid(greedy, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

FIXTURE(cpuset) {
	struct blocks blocks;
	struct program *program;
	char root[64];
	char inside[TEXT_MAX];
};

static bool cpuset_reads(const char *cgroup, const char *file, const char *list)
{
	char text[TEXT_MAX] = "";

	get_text(text, sizeof(text), "%s/%s", cgroup, file);
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, list))
		return true;
	printf("# %s reads %s\n", file, text);
	return false;
}

static bool statistics_have(const char *cgroup, const char *node)
{
	char path[TEXT_MAX + 32], *text;
	bool found;

	snprintf(path, sizeof(path), "%s/memory.numa_stat", cgroup);
	text = get_whole_file(path);
	found = strstr(text, node);
	free(text);
	return found;
}

static int enter_cgroup(const void *cgroup)
{
	return put_text("0", "%s/cgroup.procs", (const char *)cgroup);
}

FIXTURE_SETUP(cpuset)
{
	if (!machine_fits())
		SKIP(return, "no firmware, or no possible node without memory");
	snprintf(self->root, sizeof(self->root), "/tmp/cgroup-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->root));
	ASSERT_EQ(0, mount("none", self->root, "cgroup2", 0, NULL));
	ASSERT_EQ(0, put_text("+cpuset +memory", "%s/cgroup.subtree_control",
			      self->root));
	snprintf(self->inside, sizeof(self->inside), "%s/inside", self->root);
	ASSERT_EQ(0, mkdir(self->inside, 0700));
	EXPECT_TRUE(cpuset_reads(self->root, "cpuset.mems.effective", "0"));
	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	EXPECT_TRUE(cpuset_reads(self->root, "cpuset.mems.effective", "0"));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	EXPECT_TRUE(cpuset_reads(self->root, "cpuset.mems.effective", "0-1"));
	ASSERT_EQ(0, put_text("1", "%s/cpuset.mems", self->inside));
	self->program = program_start(enter_cgroup, self->inside);
	ASSERT_NE(NULL, self->program);
}

FIXTURE_TEARDOWN(cpuset)
{
	if (!self->program)
		return;
	EXPECT_EQ(0, program_end(self->program));
	if (block_exists(self->blocks.id[0]))
		EXPECT_EQ(0, dimm_unplug("n"));
	EXPECT_TRUE(cpuset_reads(self->root, "cpuset.mems.effective", "0"));
	EXPECT_EQ(0, rmdir(self->inside));
	EXPECT_EQ(0, umount(self->root));
	EXPECT_EQ(0, rmdir(self->root));
}

TEST_F(cpuset, the_node_is_in_it_while_it_has_memory)
{
	EXPECT_TRUE(cpuset_reads(self->inside, "cpuset.mems.effective", "1"));
	ASSERT_TRUE(program_looks(self->program));
	EXPECT_EQ(NODE, self->program->node_of_pattern);
	EXPECT_EQ(NODE, self->program->node_of_new_page);
	EXPECT_TRUE(statistics_have(self->inside, " N1="));

	ASSERT_EQ(0, dimm_unplug("n"));
	EXPECT_TRUE(cpuset_reads(self->inside, "cpuset.mems", "1"));
	EXPECT_TRUE(cpuset_reads(self->inside, "cpuset.mems.effective", "0"));
	EXPECT_TRUE(cpuset_reads(self->root, "cpuset.mems.effective", "0"));
	ASSERT_TRUE(program_looks(self->program));
	EXPECT_EQ(0, self->program->damage);
	EXPECT_EQ(0, self->program->node_of_pattern);
	EXPECT_EQ(0, self->program->node_of_new_page);
	EXPECT_FALSE(statistics_have(self->inside, " N1="));

	ASSERT_EQ(0, dimm_plug("n", DIMM_SIZE, NODE, &self->blocks));
	ASSERT_EQ(0, blocks_put(&self->blocks, "state", "online_movable"));
	EXPECT_TRUE(cpuset_reads(self->inside, "cpuset.mems.effective", "1"));
	ASSERT_TRUE(program_looks(self->program));
	EXPECT_EQ(0, self->program->damage);
	EXPECT_EQ(NODE, self->program->node_of_new_page);
}

TEST_HARNESS_MAIN
