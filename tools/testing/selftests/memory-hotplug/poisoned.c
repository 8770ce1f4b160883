// SPDX-License-Identifier: GPL-2.0
/*
 * Pages with hardware errors: they do not keep a block online, they keep it
 * from going online again, and they are forgotten when their DIMM is gone.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define DIMM_SIZE	"256M"
#define NODE		1

FIXTURE(poisoned) {
	struct blocks blocks;
	unsigned int id;
	long long corrupted;
	char *page;
};

static long long corrupted(void)
{
	return get_field("/proc/meminfo", "HardwareCorrupted:");
}

FIXTURE_SETUP(poisoned)
{
	struct blocks before;

	if (!file_exists(MEMORY_DIR "/hard_offline_page"))
		SKIP(return, "no memory failure handling");
	if (!firmware_present())
		SKIP(return, "nobody to plug a DIMM");
	blocks_hotplugged(&before);
	ASSERT_EQ(0, blocks_offline(&before));
	blocks_all(&before);
	self->corrupted = corrupted();
	ASSERT_EQ(0, firmware_plug("p", DIMM_SIZE, NODE));
	hotplug_settle();
	blocks_all(&self->blocks);
	blocks_but(&self->blocks, &before);
	ASSERT_LT(0, self->blocks.nr);
	self->id = self->blocks.id[0];
	ASSERT_EQ(0, block_put(self->id, "state", "online_movable"));
	self->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	ASSERT_EQ(0, place_on_node(self->page, 4096, NODE));
	memset(self->page, 0x5a, 4096);
	ASSERT_EQ(self->id, pfn_block(user_pfn(self->page)));
}

FIXTURE_TEARDOWN(poisoned)
{
	if (!self->page)
		return;
	EXPECT_EQ(0, firmware_unplug("p"));
	EXPECT_EQ(0, firmware_wait("gone", "p", 60));
	EXPECT_EQ(self->corrupted, corrupted());
}

static int put_address(const char *file, const char *page)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%lx", user_pfn(page) * 4096);
	return put_text(text, MEMORY_DIR "/%s", file);
}

TEST_F(poisoned, a_block_with_a_bad_page_leaves_and_does_not_come_back)
{
	ASSERT_EQ(0, put_address("hard_offline_page", self->page));
	EXPECT_EQ(self->corrupted + 4, corrupted());
	munmap(self->page, 4096);
	EXPECT_TRUE(block_reads(self->id, "removable", "1"));
	ASSERT_EQ(0, block_put(self->id, "state", "offline"));
	EXPECT_EQ(-EHWPOISON, block_put(self->id, "state", "online"));
	EXPECT_EQ(-EHWPOISON, block_put(self->id, "online", "1"));
	EXPECT_EQ(-EHWPOISON, change_blocks("online_movable", &self->blocks));
	EXPECT_TRUE(blocks_read(&self->blocks, "state", "offline"));
	EXPECT_EQ(self->corrupted + 4, corrupted());
}

TEST_F(poisoned, a_bad_page_in_use_does_not_keep_the_block)
{
	ASSERT_EQ(0, put_address("hard_offline_page", self->page));
	ASSERT_EQ(0, block_put(self->id, "state", "offline"));
}

/*
 * A file in memory keeps it, for reads to fail instead of returning something
 * else, and that is so when its memory is gone for good.
 */
TEST_F(poisoned, a_bad_page_of_a_file)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	char *page, byte;

	ASSERT_EQ(0, ftruncate(fd, 4096));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, place_on_node(page, 4096, NODE));
	*page = 1;
	ASSERT_TRUE(blocks_have(&self->blocks, pfn_block(user_pfn(page))));
	ASSERT_EQ(0, put_address("hard_offline_page", page));
	munmap(page, 4096);
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(0, dimm_unplug("p"));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(EIO, errno);
	close(fd);
	ASSERT_EQ(0, firmware_plug("p", DIMM_SIZE, NODE));
}

/* Taken out of service in time: the content moves, and nobody notices. */
TEST_F(poisoned, a_page_that_is_retired_softly)
{
	unsigned long pfn = user_pfn(self->page);
	unsigned int i;

	ASSERT_EQ(0, put_address("soft_offline_page", self->page));
	EXPECT_NE(pfn, user_pfn(self->page));
	for (i = 0; i < 4096; i++)
		ASSERT_EQ(0x5a, self->page[i]);
	EXPECT_EQ(self->corrupted + 4, corrupted());
	ASSERT_EQ(0, block_put(self->id, "state", "offline"));
	for (i = 0; i < 4096; i++)
		ASSERT_EQ(0x5a, self->page[i]);
}

TEST_F(poisoned, addresses_that_are_not_online)
{
	char text[32];

	ASSERT_EQ(0, block_put(self->id, "state", "offline"));
	snprintf(text, sizeof(text), "0x%lx", self->id * block_bytes());
	EXPECT_GT(0, put_text(text, MEMORY_DIR "/soft_offline_page"));
	EXPECT_GT(0, put_text(text, MEMORY_DIR "/hard_offline_page"));
	EXPECT_EQ(self->corrupted, corrupted());
}

TEST_HARNESS_MAIN
