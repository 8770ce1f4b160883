// SPDX-License-Identifier: GPL-2.0
/*
 * The files of the memory blocks read, byte for byte, as programs expect them.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/harness.h"
#include "lib/mhp.h"

FIXTURE(files) {
	struct blocks blocks;
};

FIXTURE_SETUP(files)
{
	blocks_all(&self->blocks);
	ASSERT_LT(0, self->blocks.nr);
}

FIXTURE_TEARDOWN(files)
{
}

static int mode_of(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -errno : (int)(status.st_mode & 07777);
}

TEST_F(files, block_size_is_hex_without_prefix)
{
	char text[TEXT_MAX], expected[TEXT_MAX];

	ASSERT_LT(0, get_text(text, sizeof(text),
			      MEMORY_DIR "/block_size_bytes"));
	snprintf(expected, sizeof(expected), "%lx\n", block_bytes());
	EXPECT_STREQ(expected, text);
	EXPECT_EQ(0, block_bytes() & (block_bytes() - 1));
}

TEST_F(files, phys_index_is_the_id_in_hex)
{
	char text[TEXT_MAX], expected[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		ASSERT_LT(0, get_text(text, sizeof(text),
				      MEMORY_DIR "/memory%u/phys_index",
				      self->blocks.id[i]));
		snprintf(expected, sizeof(expected), "%08x\n",
			 self->blocks.id[i]);
		EXPECT_STREQ(expected, text);
	}
}

TEST_F(files, end_phys_index_has_the_form_of_phys_index)
{
	char first[TEXT_MAX], last[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		ASSERT_EQ(8, block_get(self->blocks.id[i], "phys_index", first,
				       sizeof(first)));
		ASSERT_EQ(8, block_get(self->blocks.id[i], "end_phys_index",
				       last, sizeof(last)));
		EXPECT_LE(strtoul(first, NULL, 16), strtoul(last, NULL, 16));
	}
}

TEST_F(files, state_is_one_of_its_words_and_fits_online)
{
	char state[TEXT_MAX], online[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		ASSERT_LT(0, get_text(state, sizeof(state),
				      MEMORY_DIR "/memory%u/state",
				      self->blocks.id[i]));
		ASSERT_LT(0, get_text(online, sizeof(online),
				      MEMORY_DIR "/memory%u/online",
				      self->blocks.id[i]));
		EXPECT_STREQ(online[0] == '1' ? "online\n" : "offline\n", state);
		EXPECT_STREQ(state[1] == 'n' ? "1\n" : "0\n", online);
	}
}

TEST_F(files, removable_is_0_or_1)
{
	char text[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		ASSERT_EQ(2, get_text(text, sizeof(text),
				      MEMORY_DIR "/memory%u/removable",
				      self->blocks.id[i]));
		EXPECT_TRUE(!strcmp(text, "0\n") || !strcmp(text, "1\n"));
	}
}

TEST_F(files, phys_device_is_a_number)
{
	char text[TEXT_MAX], expected[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < self->blocks.nr; i++) {
		ASSERT_LT(0, get_text(text, sizeof(text),
				      MEMORY_DIR "/memory%u/phys_device",
				      self->blocks.id[i]));
		snprintf(expected, sizeof(expected), "%d\n", atoi(text));
		EXPECT_STREQ(expected, text);
	}
}

TEST_F(files, valid_zones_of_an_online_block_is_one_word)
{
	static const char * const zones[] = {
		"DMA", "DMA32", "Normal", "Movable", "none",
	};
	char text[TEXT_MAX];
	unsigned int i, j;

	for (i = 0; i < self->blocks.nr; i++) {
		bool known = false;

		if (!block_online(self->blocks.id[i]))
			continue;
		ASSERT_LT(0, block_get(self->blocks.id[i], "valid_zones", text,
				       sizeof(text)));
		for (j = 0; j < ARRAY_SIZE(zones); j++)
			known |= !strcmp(text, zones[j]);
		EXPECT_TRUE(known) {
			TH_LOG("memory%u: \"%s\"", self->blocks.id[i], text);
		}
	}
}

TEST_F(files, node_links_go_both_ways)
{
	char path[TEXT_MAX];
	struct stat block, link;
	unsigned int i;
	int node;

	for (i = 0; i < self->blocks.nr; i++) {
		node = block_node(self->blocks.id[i]);
		ASSERT_LE(0, node);
		snprintf(path, sizeof(path), MEMORY_DIR "/memory%u",
			 self->blocks.id[i]);
		ASSERT_EQ(0, stat(path, &block));
		snprintf(path, sizeof(path), NODE_DIR "/node%d/memory%u", node,
			 self->blocks.id[i]);
		ASSERT_EQ(0, stat(path, &link));
		EXPECT_EQ(block.st_ino, link.st_ino);
	}
}

TEST_F(files, modes_are_those_that_agents_expect)
{
	static const struct {
		const char *path;
		int mode;
	} files[] = {
		{ MEMORY_DIR "/block_size_bytes", 0444 },
		{ MEMORY_DIR "/auto_online_blocks", 0644 },
		{ MEMORY_DIR "/probe", 0200 },
		{ MEMORY_DIR "/soft_offline_page", 0200 },
		{ MEMORY_DIR "/hard_offline_page", 0200 },
		{ MEMORY_DIR "/state", 0644 },
		{ MEMORY_DIR "/memory0/state", 0644 },
		{ MEMORY_DIR "/memory0/online", 0644 },
		{ MEMORY_DIR "/memory0/phys_index", 0444 },
		{ MEMORY_DIR "/memory0/phys_device", 0444 },
		{ MEMORY_DIR "/memory0/removable", 0444 },
		{ MEMORY_DIR "/memory0/blockers", 0444 },
		{ MEMORY_DIR "/memory0/valid_zones", 0444 },
		{ MEMORY_DIR "/memory0/uevent", 0644 },
		{ PARAM_DIR "/online_policy", 0644 },
		{ PARAM_DIR "/auto_movable_ratio", 0644 },
		{ PARAM_DIR "/auto_movable_numa_aware", 0644 },
		{ PARAM_DIR "/offline_timeout", 0644 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(files[i].mode, mode_of(files[i].path)) {
			TH_LOG("%s", files[i].path);
		}
	}
}

TEST_F(files, every_file_can_be_read_in_small_pieces)
{
	char whole[TEXT_MAX], pieces[TEXT_MAX], path[TEXT_MAX];
	size_t len = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/state",
		 self->blocks.id[0]);
	ASSERT_LT(0, get_text(whole, sizeof(whole), "%s", path));
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	while ((got = read(fd, pieces + len, 3)) > 0)
		len += got;
	close(fd);
	ASSERT_EQ(0, got);
	pieces[len] = '\0';
	EXPECT_STREQ(whole, pieces);
}

TEST_HARNESS_MAIN
