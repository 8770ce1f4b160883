// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of sparse.c, included at its end. Real sections are only read; what
 * changes is a struct mem_section that no page frame leads to.
 */

#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>

struct example {
	const char *name;
	struct section_geometry geometry;
	u64 nr_sections;
	u64 pages_per_section;
	u64 block_bytes;
};

/*
 * The machines that papers about memory hotplug describe, and this one's kind.
 * The flag words are those of the classic form, with the section in them.
 */
static const struct example examples[] = {
	{
		.name = "x86-64, sections of 128 MiB",
		.geometry = {
			.page_shift = 12, .section_bits = 27,
			.subsection_bits = 21, .address_bits = 46,
			.max_order = 10, .page_struct_bytes = 64,
			.word_bits = 64, .node_bits = 10, .zone_bits = 3,
			.flag_bits = 26, .section_in_flags = true,
		},
		.nr_sections = 1 << 19,
		.pages_per_section = 1 << 15,
		.block_bytes = SZ_2G,
	},
	{
		.name = "PPC64, sections of 16 MiB, pages of 64 KiB",
		.geometry = {
			.page_shift = 16, .section_bits = 24,
			.address_bits = 44, .max_order = 8,
			.page_struct_bytes = 56, .word_bits = 64,
			.node_bits = 4, .zone_bits = 2, .flag_bits = 24,
			.section_in_flags = true,
		},
		.nr_sections = 1 << 20,
		.pages_per_section = 256,
		.block_bytes = SZ_16M,
	},
	{
		.name = "IA64, pages of 16 KiB, buddy blocks of 4 GiB",
		.geometry = {
			.page_shift = 14, .section_bits = 32,
			.address_bits = 50, .max_order = 18,
			.page_struct_bytes = 56, .word_bits = 64,
			.node_bits = 10, .zone_bits = 2, .flag_bits = 24,
			.section_in_flags = true,
		},
		.nr_sections = 1 << 18,
		.pages_per_section = 1 << 18,
		.block_bytes = SZ_4G,
	},
	{
		.name = "i386 with PAE, sections of 512 MiB",
		.geometry = {
			.page_shift = 12, .section_bits = 29,
			.address_bits = 36, .max_order = 10,
			.page_struct_bytes = 32, .word_bits = 32,
			.node_bits = 0, .zone_bits = 2, .flag_bits = 21,
			.section_in_flags = true,
		},
		.nr_sections = 1 << 7,
		.pages_per_section = 1 << 17,
		.block_bytes = SZ_512M,
	},
};

static void example_name(const struct example *example, char *name)
{
	strscpy(name, example->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(example, examples, example_name);

static void check_section(struct kunit *test, const struct example *example,
			  u64 section_nr)
{
	const struct section_geometry *machine = &example->geometry;
	const u64 pages = example->pages_per_section;
	const u64 first = section_nr * pages;
	const u64 sections_per_block =
		example->block_bytes / (pages << machine->page_shift);

	KUNIT_EXPECT_EQ(test, geometry_pfn(machine, section_nr), first);
	KUNIT_EXPECT_EQ(test, geometry_section(machine, first), section_nr);
	KUNIT_EXPECT_EQ(test, geometry_section(machine, first + pages - 1),
			section_nr);
	KUNIT_EXPECT_EQ(test, geometry_section(machine, first + pages),
			section_nr + 1);
	KUNIT_EXPECT_EQ(test, section_nr / sections_per_block,
			(first << machine->page_shift) / example->block_bytes);
}

/* In: the first, a middle and the last section. Out: numbers fit together. */
static void numbers(struct kunit *test)
{
	const struct example *example = test->param_value;
	const struct section_geometry *machine = &example->geometry;
	const u64 nr = example->nr_sections;

	KUNIT_EXPECT_EQ(test, geometry_nr_sections(machine), nr);
	KUNIT_EXPECT_EQ(test, 1ULL << geometry_pfn_shift(machine),
			example->pages_per_section);
	KUNIT_EXPECT_NULL(test, geometry_fault(machine));
	check_section(test, example, 0);
	check_section(test, example, nr / 2 + 1);
	check_section(test, example, nr - 1);
}

/* In: a map near the top of the address space. Out: the page of each frame. */
static void maps(struct kunit *test)
{
	const struct example *example = test->param_value;
	const struct section_geometry *machine = &example->geometry;
	const u64 last = example->nr_sections - 1;
	const u64 map = geometry_word(machine, -(u64)SZ_16M);
	const u64 coded = geometry_encode_map(machine, map, last);
	const u64 pfn = geometry_pfn(machine, last) + 7;

	KUNIT_EXPECT_EQ(test, geometry_decode_map(machine, coded, last), map);
	KUNIT_EXPECT_EQ(test, geometry_encode_map(machine, map, 0), map);
	KUNIT_EXPECT_EQ(test,
			geometry_word(machine, coded +
					       pfn * machine->page_struct_bytes),
			map + 7 * machine->page_struct_bytes);
}

/* In: numbers that do not fit together. Out: what is wrong with them. */
static void faults(struct kunit *test)
{
	struct section_geometry machine = examples[0].geometry;
	const struct section_geometry here = this_geometry();

	machine.max_order = 16;
	KUNIT_EXPECT_STREQ(test, geometry_fault(&machine),
			   "a section is smaller than the largest buddy block");
	machine.max_order = 10;
	machine.subsection_bits = 28;
	KUNIT_EXPECT_STREQ(test, geometry_fault(&machine),
			   "a section is smaller than a sub-section");
	machine.subsection_bits = 21;
	machine.node_bits = 17;
	KUNIT_EXPECT_STREQ(test, geometry_fault(&machine),
			   "section, node and zone do not fit into the flags of a page");
	machine.node_bits = 16;
	KUNIT_EXPECT_NULL(test, geometry_fault(&machine));
	machine.section_in_flags = false;
	machine.node_bits = 35;
	KUNIT_EXPECT_NULL(test, geometry_fault(&machine));
	KUNIT_EXPECT_NULL(test, geometry_fault(&here));
}

/* In: every section. Out: its number, its pages and its map agree. */
static void map_and_number(struct kunit *test)
{
	unsigned long section_nr = -1, pfn;
	struct mem_section *section;

	get_online_mems();
	while ((section_nr = next_present_section_nr(section_nr)) != -1UL) {
		section = __nr_to_section(section_nr);
		pfn = section_nr_to_pfn(section_nr);
		KUNIT_EXPECT_EQ(test, pfn_to_section_nr(pfn), section_nr);
		KUNIT_EXPECT_EQ(test,
				pfn_to_section_nr(pfn + PAGES_PER_SECTION - 1),
				section_nr);
		KUNIT_EXPECT_LE(test, section_nr, __highest_present_section_nr);
		if (!valid_section(section))
			continue;
		KUNIT_EXPECT_PTR_EQ(test, pfn_to_page(pfn),
				    sparse_decode_mem_map(section->section_mem_map,
							  section_nr));
		KUNIT_EXPECT_EQ(test, page_to_pfn(pfn_to_page(pfn)), pfn);
	}
	put_online_mems();
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP
#define PART		PAGES_PER_SUBSECTION
#define LAST_PART	(PAGES_PER_SECTION - PART)

static void parts(struct kunit *test)
{
	struct mem_section section = { };

	section.usage = kunit_kzalloc(test, mem_section_usage_size(),
				      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, section.usage);
	KUNIT_EXPECT_FALSE(test, has_parts(&section));
	KUNIT_EXPECT_EQ(test, check_absent(&section, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_absent(&section, 0, PART - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_absent(&section, 0, PAGES_PER_SECTION), 0);

	mark_part(&section, LAST_PART, PART);
	KUNIT_EXPECT_TRUE(test, has_parts(&section));
	KUNIT_EXPECT_EQ(test, check_absent(&section, LAST_PART, PART), -EEXIST);
	KUNIT_EXPECT_EQ(test, check_absent(&section, 0, PAGES_PER_SECTION),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, check_absent(&section, 0, LAST_PART), 0);

	KUNIT_EXPECT_FALSE(test, unmark_part(&section, 0, PAGES_PER_SECTION));
	KUNIT_EXPECT_FALSE(test, unmark_part(&section, LAST_PART - PART, PART));
	KUNIT_EXPECT_TRUE(test, has_parts(&section));

	mark_part(&section, 0, LAST_PART);
	KUNIT_EXPECT_TRUE(test, unmark_part(&section, PART, PART));
	KUNIT_EXPECT_EQ(test, check_absent(&section, PART, PART), 0);
	KUNIT_EXPECT_EQ(test, check_absent(&section, 0, PART), -EEXIST);
	mark_part(&section, PART, PART);
	KUNIT_EXPECT_TRUE(test, unmark_part(&section, 0, PAGES_PER_SECTION));
	KUNIT_EXPECT_FALSE(test, has_parts(&section));
}
#endif

static struct kunit_case sparse_cases[] = {
	KUNIT_CASE_PARAM(numbers, example_gen_params),
	KUNIT_CASE_PARAM(maps, example_gen_params),
	KUNIT_CASE(faults),
	KUNIT_CASE(map_and_number),
#ifdef CONFIG_SPARSEMEM_VMEMMAP
	KUNIT_CASE(parts),
#endif
	{}
};

static struct kunit_suite sparse_suite = {
	.name = "sparse",
	.test_cases = sparse_cases,
};

kunit_test_suite(sparse_suite);
