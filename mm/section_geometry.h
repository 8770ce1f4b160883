/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_SECTION_GEOMETRY_H
#define __MM_SECTION_GEOMETRY_H

/*
 * The arithmetic of sections, for any machine. mm/sparse.c uses it with the
 * numbers of the machine that it is built for; its tests use others, too.
 */

#include <linux/types.h>

/**
 * struct section_geometry - the numbers that sections follow from
 * @page_shift: log2 of the size of a page, in bytes
 * @section_bits: log2 of the size of a section, in bytes
 * @subsection_bits: log2 of the size of a sub-section, in bytes; 0 without any
 * @address_bits: width of a physical address
 * @max_order: log2 of the size of the largest buddy block, in pages
 * @page_struct_bytes: size of a struct page
 * @word_bits: width of the flags word of a page
 * @node_bits: bits of the node in the flags word
 * @zone_bits: bits of the zone there
 * @flag_bits: bits of all else there
 * @section_in_flags: the number of the section is there, too
 */
struct section_geometry {
	unsigned int page_shift;
	unsigned int section_bits;
	unsigned int subsection_bits;
	unsigned int address_bits;
	unsigned int max_order;
	unsigned int page_struct_bytes;
	unsigned int word_bits;
	unsigned int node_bits;
	unsigned int zone_bits;
	unsigned int flag_bits;
	bool section_in_flags;
};

static inline unsigned int
geometry_pfn_shift(const struct section_geometry *geometry)
{
	return geometry->section_bits - geometry->page_shift;
}

static inline u64 geometry_nr_sections(const struct section_geometry *geometry)
{
	return 1ULL << (geometry->address_bits - geometry->section_bits);
}

static inline u64 geometry_section(const struct section_geometry *geometry,
				   u64 pfn)
{
	return pfn >> geometry_pfn_shift(geometry);
}

static inline u64 geometry_pfn(const struct section_geometry *geometry,
			       u64 section_nr)
{
	return section_nr << geometry_pfn_shift(geometry);
}

/* Addresses wrap around at the width of a word. */
static inline u64 geometry_word(const struct section_geometry *geometry,
				u64 address)
{
	return geometry->word_bits < 64 ?
	       address & ((1ULL << geometry->word_bits) - 1) : address;
}

/*
 * The map of a section is kept as the address that the struct page of page
 * frame 0 would have, so that the page frame number alone leads to a page.
 */
static inline u64 geometry_encode_map(const struct section_geometry *geometry,
				      u64 map, u64 section_nr)
{
	return geometry_word(geometry, map - geometry_pfn(geometry, section_nr) *
				       geometry->page_struct_bytes);
}

static inline u64 geometry_decode_map(const struct section_geometry *geometry,
				      u64 coded, u64 section_nr)
{
	return geometry_word(geometry, coded + geometry_pfn(geometry, section_nr) *
				       geometry->page_struct_bytes);
}

/* What must hold. Macros, because the compiler checks it for this machine. */
#define SECTION_HOLDS_BUDDY_BLOCKS(section_bits, page_shift, max_order) \
	((section_bits) >= (page_shift) + (max_order))
#define SECTION_HOLDS_SUBSECTIONS(section_bits, subsection_bits) \
	((section_bits) >= (subsection_bits))
#define FLAGS_HOLD(word_bits, section_width, node_bits, zone_bits, flag_bits) \
	((section_width) + (node_bits) + (zone_bits) + (flag_bits) <= (word_bits))

static inline const char *
geometry_fault(const struct section_geometry *geometry)
{
	const unsigned int section_width = geometry->section_in_flags ?
		geometry->address_bits - geometry->section_bits : 0;

	if (!SECTION_HOLDS_BUDDY_BLOCKS(geometry->section_bits,
					geometry->page_shift,
					geometry->max_order))
		return "a section is smaller than the largest buddy block";
	if (!SECTION_HOLDS_SUBSECTIONS(geometry->section_bits,
				       geometry->subsection_bits))
		return "a section is smaller than a sub-section";
	if (!FLAGS_HOLD(geometry->word_bits, section_width, geometry->node_bits,
			geometry->zone_bits, geometry->flag_bits))
		return "section, node and zone do not fit into the flags of a page";
	return NULL;
}

#endif /* __MM_SECTION_GEOMETRY_H */
