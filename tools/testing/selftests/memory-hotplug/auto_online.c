// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of memory that arrives: auto_online_blocks decides, which
 * memhp_default_state= sets, and movable_node and the online policy choose
 * the zone.
 */
#include "lib/harness.h"
#include "lib/mhp.h"

#define DIMM_SIZE	"256M"
#define DIMM_BYTES	(256UL << 20)

static bool boot_option(const char *name, char *value, size_t size)
{
	char text[4096], *word, *save;
	size_t len = strlen(name);

	value[0] = '\0';
	if (get_text(text, sizeof(text), "/proc/cmdline") <= 0)
		return false;
	for (word = strtok_r(text, "\n ", &save); word;
	     word = strtok_r(NULL, "\n ", &save)) {
		if (strncmp(word, name, len) ||
		    (word[len] && word[len] != '='))
			continue;
		snprintf(value, size, "%s", word[len] ? word + len + 1 : "");
		return true;
	}
	return false;
}

/* The zone that a word leads to where nothing is around; "" for none. */
static const char *zone_of(const char *word)
{
	char value[TEXT_MAX];

	if (!strcmp(word, "offline"))
		return "";
	if (!strcmp(word, "online_movable"))
		return "Movable";
	if (!strcmp(word, "online") &&
	    boot_option("movable_node", value, sizeof(value)))
		return "Movable";
	return "Normal";
}

FIXTURE(boot) {
	struct blocks blocks;
};

FIXTURE_SETUP(boot)
{
	blocks_hotplugged(&self->blocks);
}

FIXTURE_TEARDOWN(boot)
{
}

TEST_F(boot, the_boot_option_is_the_default)
{
	static const char * const words[] = {
		"offline", "online", "online_kernel", "online_movable",
	};
	const char *expected = "offline";
	char text[TEXT_MAX], value[TEXT_MAX];
	unsigned int i;

	boot_option("memhp_default_state", value, sizeof(value));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(value, words[i]))
			expected = words[i];
	snprintf(value, sizeof(value), "%s\n", expected);
	ASSERT_LT(0, get_text(text, sizeof(text),
			      MEMORY_DIR "/auto_online_blocks"));
	EXPECT_STREQ(value, text);
}

TEST_F(boot, it_holds_for_memory_found_while_booting)
{
	char word[TEXT_MAX];
	const char *zone;

	if (!self->blocks.nr)
		SKIP(return, "no hot-plugged memory");
	ASSERT_LT(0, get_text(word, sizeof(word),
			      MEMORY_DIR "/auto_online_blocks"));
	word[strcspn(word, "\n")] = '\0';
	zone = zone_of(word);
	EXPECT_TRUE(zone[0] ?
		    blocks_read(&self->blocks, "valid_zones", zone) :
		    blocks_read(&self->blocks, "state", "offline"));
}

FIXTURE(arrival) {
	struct blocks before;
	char word[TEXT_MAX];
	char policy[TEXT_MAX];
	char ratio[TEXT_MAX];
	char numa[TEXT_MAX];
	bool ready;
};

FIXTURE_SETUP(arrival)
{
	if (!firmware_present())
		SKIP(return, "nobody to plug a DIMM");
	blocks_all(&self->before);
	ASSERT_LT(0, get_text(self->word, sizeof(self->word),
			      MEMORY_DIR "/auto_online_blocks"));
	ASSERT_LT(0, get_text(self->policy, sizeof(self->policy),
			      PARAM_DIR "/online_policy"));
	ASSERT_LT(0, get_text(self->ratio, sizeof(self->ratio),
			      PARAM_DIR "/auto_movable_ratio"));
	ASSERT_LT(0, get_text(self->numa, sizeof(self->numa),
			      PARAM_DIR "/auto_movable_numa_aware"));
	self->ready = true;
}

FIXTURE_TEARDOWN(arrival)
{
	if (!self->ready)
		return;
	EXPECT_EQ(0, put_text(self->word, MEMORY_DIR "/auto_online_blocks"));
	EXPECT_EQ(0, put_text(self->policy, PARAM_DIR "/online_policy"));
	EXPECT_EQ(0, put_text(self->ratio, PARAM_DIR "/auto_movable_ratio"));
	EXPECT_EQ(0, put_text(self->numa,
			      PARAM_DIR "/auto_movable_numa_aware"));
}

/* Plugs a DIMM, has a look at its blocks, and takes it out again. */
static bool arrives_in(const struct blocks *before, int node, const char *zone)
{
	struct blocks arrived;
	bool right;

	if (firmware_plug("arrival", DIMM_SIZE, node))
		return false;
	hotplug_settle();
	blocks_all(&arrived);
	blocks_but(&arrived, before);
	right = arrived.nr == DIMM_BYTES / block_bytes();
	if (zone[0])
		right &= blocks_read(&arrived, "valid_zones", zone);
	else
		right &= blocks_read(&arrived, "state", "offline");
	return !firmware_unplug("arrival") &&
	       !firmware_wait("gone", "arrival", 60) && right;
}

TEST_F(arrival, each_word)
{
	static const char * const words[] = {
		"offline", "online", "online_kernel", "online_movable",
	};
	unsigned int i;
	char text[TEXT_MAX];

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		ASSERT_EQ(0, put_text(words[i], MEMORY_DIR
				      "/auto_online_blocks"));
		ASSERT_LT(0, get_text(text, sizeof(text),
				      MEMORY_DIR "/auto_online_blocks"));
		EXPECT_EQ(0, strncmp(words[i], text, strlen(words[i])));
		EXPECT_TRUE(arrives_in(&self->before, 1, zone_of(words[i]))) {
			TH_LOG("%s", words[i]);
		}
	}
}

/* Does an offline block name this zone first, the one that "online" means. */
static bool block_prefers(unsigned int id, const char *zone)
{
	char text[TEXT_MAX];

	if (block_get(id, "valid_zones", text, sizeof(text)) <= 0)
		return false;
	if (!strncmp(text, zone, strlen(zone)))
		return true;
	printf("# memory%u/valid_zones: \"%s\"\n", id, text);
	return false;
}

/*
 * A DIMM goes to Movable as a whole if that keeps the ratio of movable to boot
 * memory, on the machine and, if so set, on its node.
 */
TEST_F(arrival, the_auto_movable_policy)
{
	static const struct {
		const char *ratio;
		const char *numa;
		int node;
		const char *zone;
	} cases[] = {
		{ "301", "Y", 0, "Movable" },
		{ "10", "Y", 0, "Normal" },
		{ "0", "Y", 0, "Normal" },
		{ "301", "Y", 1, "Normal" },
		{ "301", "N", 1, "Movable" },
		{ "10", "N", 1, "Normal" },
	};
	struct blocks blocks;
	unsigned int i, j;

	ASSERT_EQ(0, put_text("offline", MEMORY_DIR "/auto_online_blocks"));
	ASSERT_EQ(0, put_text("auto-movable", PARAM_DIR "/online_policy"));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, put_text(cases[i].ratio,
				      PARAM_DIR "/auto_movable_ratio"));
		ASSERT_EQ(0, put_text(cases[i].numa,
				      PARAM_DIR "/auto_movable_numa_aware"));
		ASSERT_EQ(0, firmware_plug("policy", DIMM_SIZE, cases[i].node));
		hotplug_settle();
		blocks_all(&blocks);
		blocks_but(&blocks, &self->before);
		EXPECT_EQ(DIMM_BYTES / block_bytes(), blocks.nr);
		for (j = 0; j < blocks.nr; j++) {
			EXPECT_TRUE(block_prefers(blocks.id[j],
						  cases[i].zone)) {
				TH_LOG("ratio %s, by node %s, node %d",
				       cases[i].ratio, cases[i].numa,
				       cases[i].node);
			}
		}
		ASSERT_EQ(0, firmware_unplug("policy"));
		ASSERT_EQ(0, firmware_wait("gone", "policy", 60));
	}
}

/* A DIMM that is partly Movable could not be taken out as a whole. */
TEST_F(arrival, the_auto_movable_policy_does_not_mix_a_dimm)
{
	struct blocks blocks;

	ASSERT_EQ(0, put_text("online_movable",
			      MEMORY_DIR "/auto_online_blocks"));
	ASSERT_EQ(0, put_text("auto-movable", PARAM_DIR "/online_policy"));
	ASSERT_EQ(0, put_text("N", PARAM_DIR "/auto_movable_numa_aware"));
	ASSERT_EQ(0, firmware_plug("policy", DIMM_SIZE, 1));
	hotplug_settle();
	blocks_all(&blocks);
	blocks_but(&blocks, &self->before);
	ASSERT_LE(2, blocks.nr);
	EXPECT_TRUE(blocks_read(&blocks, "valid_zones", "Movable"));
	EXPECT_EQ(0, block_put(blocks.id[0], "state", "offline"));
	EXPECT_TRUE(block_prefers(blocks.id[0], "Movable"));
	EXPECT_EQ(0, block_put(blocks.id[0], "state", "online_kernel"));
	EXPECT_EQ(0, block_put(blocks.id[1], "state", "offline"));
	EXPECT_TRUE(block_prefers(blocks.id[1], "Normal"));
	ASSERT_EQ(0, firmware_unplug("policy"));
	ASSERT_EQ(0, firmware_wait("gone", "policy", 60));
}

TEST_HARNESS_MAIN
