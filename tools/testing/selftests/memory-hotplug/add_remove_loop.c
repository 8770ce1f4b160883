// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that comes, is used and goes, many times over, leaves nothing behind:
 * no page, no slab object, no resource, no piece of the direct map.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define BLOCKS		2
/* What the allocators may keep in their caches from one look to the next. */
#define TOLERANCE_KB	256
/* A kernel that checks itself keeps what was freed for some time. */
#define CHECKING_KB	32768

FIXTURE(loop) {
	struct blocks blocks;
	unsigned int id;
};

FIXTURE_SETUP(loop)
{
	blocks_spare(&self->blocks);
	if (self->blocks.nr < BLOCKS)
		SKIP(return, "no spare memory: boot with mem=");
	blocks_first(&self->blocks, BLOCKS);
	self->id = self->blocks.id[0];
	ASSERT_EQ(self->id + BLOCKS - 1, self->blocks.id[BLOCKS - 1]);
	ASSERT_EQ(0, module_load("mhp_range", ""));
}

FIXTURE_TEARDOWN(loop)
{
	if (self->id)
		EXPECT_EQ(0, module_unload("mhp_range"));
}

/* Touches a good part of the blocks, so that there is something to move. */
static int use_memory(int node)
{
	size_t size = 32UL << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (memory == MAP_FAILED)
		return -errno;
	err = place_on_node(memory, size, node);
	if (!err)
		memset(memory, 1, size);
	munmap(memory, size);
	return err;
}

static int one_round(const struct blocks *blocks, const char *on)
{
	unsigned int first = blocks->id[0];
	int err;

	err = range_change("add", first, blocks->nr);
	if (err)
		return err;
	err = blocks_put(blocks, "state", on);
	if (err)
		return err;
	if (block_node(first) != block_node(0))
		err = use_memory(block_node(first));
	if (err)
		return err;
	err = blocks_offline(blocks);
	if (err)
		return err;
	return range_change("remove", first, blocks->nr);
}

struct account {
	long long free;
	long long slab;
	long long tables;
	long long vmalloc;
	long long percpu;
	long long direct[3];
};

static void take_account(struct account *account)
{
	sync();
	put_text("3", "/proc/sys/vm/drop_caches");
	put_text("1", "/proc/sys/vm/compact_memory");
	put_text("1", "/proc/sys/vm/stat_refresh");
	*account = (struct account){
		.free = node_free_pages(0) * 4,
		.slab = get_field("/proc/meminfo", "SUnreclaim:"),
		.tables = get_field("/proc/meminfo", "PageTables:"),
		.vmalloc = get_field("/proc/meminfo", "VmallocUsed:"),
		.percpu = get_field("/proc/meminfo", "Percpu:"),
		.direct = {
			get_field("/proc/meminfo", "DirectMap4k:"),
			get_field("/proc/meminfo", "DirectMap2M:"),
			get_field("/proc/meminfo", "DirectMap1G:"),
		},
	};
	printf("# kB: free %lld, slab %lld, page tables %lld, vmalloc %lld,",
	       account->free, account->slab, account->tables, account->vmalloc);
	printf(" percpu %lld, direct map %lld %lld %lld\n", account->percpu,
	       account->direct[0], account->direct[1], account->direct[2]);
}

FIXTURE_VARIANT(loop) {
	const char *on;
	unsigned int rounds;
};

FIXTURE_VARIANT_ADD(loop, movable) {
	.on = "online_movable", .rounds = 100,
};

FIXTURE_VARIANT_ADD(loop, kernel) {
	.on = "online_kernel", .rounds = 10,
};

/* Modules that come and go change how the memory is mapped that they get. */
static char *all_mappings(unsigned int first_block)
{
	char *direct = page_tables(DIRECT_MAP, block_pfn(first_block) * 4096);
	char *map = page_tables(MEMORY_MAP, 0);
	char *all = NULL;

	if (asprintf(&all, "%s%s", direct ?: "", map ?: "") < 0)
		abort();
	free(direct);
	free(map);
	return all;
}

TEST_F(loop, many_rounds_leave_nothing)
{
	const long long tolerance = file_exists(DEBUG_DIR "/kmemleak") ?
				    CHECKING_KB : TOLERANCE_KB;
	struct account before, after;
	struct snapshot *shot;
	char *mapped, *still;
	unsigned int i;

	/* What is only made once is made now. */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, one_round(&self->blocks, variant->on));
	take_account(&before);
	mapped = all_mappings(self->id);
	shot = snapshot_take();
	for (i = 0; i < variant->rounds; i++) {
		ASSERT_EQ(0, one_round(&self->blocks, variant->on)) {
			TH_LOG("round %u", i);
		}
	}
	take_account(&after);

	EXPECT_GE(tolerance, before.free - after.free);
	EXPECT_GE(tolerance, after.slab - before.slab);
	EXPECT_EQ(before.vmalloc, after.vmalloc);
	EXPECT_EQ(before.percpu, after.percpu);
	EXPECT_EQ(before.direct[0], after.direct[0]);
	EXPECT_EQ(before.direct[1], after.direct[1]);
	EXPECT_EQ(before.direct[2], after.direct[2]);
	still = all_mappings(self->id);
	EXPECT_STREQ(mapped, still);
	free(mapped);
	free(still);
	EXPECT_EQ(0, snapshot_changes(shot));
	snapshot_free(shot);
}

TEST_F(loop, the_blocks_of_an_existing_name_are_new)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, range_change("add", self->id, BLOCKS));
		EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
		EXPECT_TRUE(block_reads(self->id, "valid_zones",
					"Normal Movable"));
		ASSERT_EQ(0, block_put(self->id, "state", variant->on));
		ASSERT_EQ(0, block_put(self->id, "state", "offline"));
		ASSERT_EQ(0, range_change("remove", self->id, BLOCKS));
	}
}

TEST_HARNESS_MAIN
