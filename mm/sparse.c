// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Sections
 *
 * Physical memory is looked at in sections, the smallest pieces that come and
 * go as System RAM. Each has a struct mem_section, which says where the memory
 * map of its pages lies, and has a usage map: the types of its pageblocks and,
 * where the memory map is virtually contiguous, which of its sub-sections
 * exist. With SPARSEMEM_EXTREME the structs come in pages of their own, roots,
 * which are allocated when they are needed and stay.
 *
 * section_mem_map is an address and flags in one word. The address is where
 * the struct page of page frame 0 would be if the map of this section went on
 * to there; so the page frame number alone leads to a page. Such an address has
 * PFN_SECTION_SHIFT bits that are zero, room for the flags.
 *
 * At boot the sections of all memory are marked first, then the memory maps are
 * allocated node by node, in one piece for each run of sections. Between the
 * two the address is not there yet, and the node takes its place.
 *
 * Later, sections come and go under mem_hotplug_lock, and parts of sections if
 * they are device memory. A part is marked after its map is there, and unmarked
 * before the map goes. Boot sections have a map for the whole section, whatever
 * is there; it goes with the last part.
 */

#include <linux/bitmap.h>
#include <linux/bootmem_info.h>
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <asm/dma.h>

#include "internal.h"
#include "section_geometry.h"

#ifdef CONFIG_SPARSEMEM_EXTREME
struct mem_section **mem_section;
#else
struct mem_section mem_section[NR_SECTION_ROOTS][SECTIONS_PER_ROOT]
	____cacheline_internodealigned_in_smp;
#endif
EXPORT_SYMBOL(mem_section);

/* Grows only. Where walks over all sections may end. */
unsigned long __highest_present_section_nr;

static_assert((sizeof(struct mem_section) &
	       (sizeof(struct mem_section) - 1)) == 0,
	      "struct mem_section must have a power of two as its size");
static_assert(SECTION_MAP_LAST_BIT <= PFN_SECTION_SHIFT,
	      "the flags of a section do not fit below the address of its map");
static_assert(SECTION_HOLDS_BUDDY_BLOCKS(SECTION_SIZE_BITS, PAGE_SHIFT,
					 MAX_PAGE_ORDER),
	      "a section is smaller than the largest buddy block");
static_assert(SECTION_HOLDS_SUBSECTIONS(SECTION_SIZE_BITS, SUBSECTION_SHIFT),
	      "a section is smaller than a sub-section");
static_assert(FLAGS_HOLD(BITS_PER_LONG, SECTIONS_WIDTH, NODES_WIDTH,
			 ZONES_WIDTH, LRU_GEN_WIDTH + LAST_CPUPID_WIDTH +
			 KASAN_TAG_WIDTH + NR_PAGEFLAGS),
	      "section, node and zone do not fit into the flags of a page");

/* Some architectures find out about the width of an address when they boot. */
static struct section_geometry this_geometry(void)
{
	return (struct section_geometry) {
		.page_shift = PAGE_SHIFT,
		.section_bits = SECTION_SIZE_BITS,
		.subsection_bits = SUBSECTION_SHIFT,
		.address_bits = MAX_PHYSMEM_BITS,
		.max_order = MAX_PAGE_ORDER,
		.page_struct_bytes = sizeof(struct page),
		.word_bits = BITS_PER_LONG,
		.node_bits = NODES_WIDTH,
		.zone_bits = ZONES_WIDTH,
		.flag_bits = LRU_GEN_WIDTH + LAST_CPUPID_WIDTH + KASAN_TAG_WIDTH +
			     NR_PAGEFLAGS,
		.section_in_flags = SECTIONS_WIDTH,
	};
}

/* The node of a section, if the flags of a page have no room for it. */
#ifdef NODE_NOT_IN_PAGE_FLAGS
#if MAX_NUMNODES <= 256
static u8 section_node[NR_MEM_SECTIONS] __cacheline_aligned;
#else
static u16 section_node[NR_MEM_SECTIONS] __cacheline_aligned;
#endif

/**
 * page_to_nid() - the node of a page
 * @page: the page
 *
 * Context: Any context.
 * Return: The node that its section was added to.
 */
int page_to_nid(const struct page *page)
{
	return section_node[page_to_section(page)];
}
EXPORT_SYMBOL(page_to_nid);

static void note_node(unsigned long section_nr, int nid)
{
	section_node[section_nr] = nid;
}
#else
static void note_node(unsigned long section_nr, int nid)
{
}
#endif

static void mark_present(unsigned long section_nr)
{
	__nr_to_section(section_nr)->section_mem_map |= SECTION_MARKED_PRESENT;
	if (section_nr > __highest_present_section_nr)
		__highest_present_section_nr = section_nr;
}

static void set_map(unsigned long section_nr, struct page *map,
		    unsigned long flags)
{
	const struct section_geometry geometry = this_geometry();
	struct mem_section *section = __nr_to_section(section_nr);
	const unsigned long address = geometry_encode_map(&geometry,
							  (unsigned long)map,
							  section_nr);

	VM_WARN_ON_ONCE(address & ~SECTION_MAP_MASK);
	section->section_mem_map = (section->section_mem_map &
				    ~SECTION_MAP_MASK) |
				   address | flags | SECTION_HAS_MEM_MAP;
}

#ifdef CONFIG_SPARSEMEM_EXTREME
static void *__ref alloc_root(size_t size, int nid)
{
	if (slab_is_available())
		return kzalloc_node(size, GFP_KERNEL, nid);
	return memblock_alloc_node(size, SMP_CACHE_BYTES, nid);
}

/* A section may have a struct already because of its neighbours. */
static int __meminit have_root(unsigned long section_nr, int nid)
{
	struct mem_section **root =
		&mem_section[SECTION_NR_TO_ROOT(section_nr)];

	if (!*root)
		*root = alloc_root(SECTIONS_PER_ROOT *
				   sizeof(struct mem_section), nid);
	return *root ? 0 : -ENOMEM;
}

static void __init alloc_roots(void)
{
	const size_t size = NR_SECTION_ROOTS * sizeof(*mem_section);

	if (mem_section)
		return;
	mem_section = memblock_alloc(size, 1 << INTERNODE_CACHE_SHIFT);
	if (!mem_section)
		panic("sparse: no %zu bytes for the array of sections\n", size);
}
#else
static int have_root(unsigned long section_nr, int nid)
{
	return 0;
}

static void __init alloc_roots(void)
{
}
#endif

/**
 * mem_section_usage_size() - bytes that the usage map of a section takes
 *
 * Context: Any context, after set_pageblock_order().
 * Return: The size of a struct mem_section_usage with all of its array.
 */
size_t mem_section_usage_size(void)
{
	return sizeof(struct mem_section_usage) +
	       BITS_TO_LONGS(SECTION_BLOCKFLAGS_BITS) * sizeof(unsigned long);
}

/* Boot: which sections there are */

/* A section that two nodes share belongs to the one that comes first. */
static void __init mark_boot_section(unsigned long section_nr, int nid)
{
	struct mem_section *section;

	if (have_root(section_nr, nid))
		panic("sparse: no memory for section %lu\n", section_nr);
	section = __nr_to_section(section_nr);
	if (section->section_mem_map)
		return;
	section->section_mem_map = (unsigned long)nid << SECTION_NID_SHIFT |
				   SECTION_IS_ONLINE;
	mark_present(section_nr);
	note_node(section_nr, nid);
}

static int __init boot_section_nid(unsigned long section_nr)
{
	return __nr_to_section(section_nr)->section_mem_map >>
	       SECTION_NID_SHIFT;
}

static void __init mark_boot_range(unsigned long start_pfn,
				   unsigned long end_pfn, int nid)
{
	const unsigned long limit = (PHYSMEM_END >> PAGE_SHIFT) + 1;
	unsigned long section_nr;

	WARN_ONCE(end_pfn > limit,
		  "sparse: page frames %#lx-%#lx are not all below %#lx\n",
		  start_pfn, end_pfn, limit);
	end_pfn = min(end_pfn, limit);
	for (section_nr = pfn_to_section_nr(start_pfn);
	     section_nr_to_pfn(section_nr) < end_pfn; section_nr++)
		mark_boot_section(section_nr, nid);
}

/* Boot: their maps */

/**
 * struct section_run - sections of one node, with no others between them
 * @nid: the node
 * @first: number of the first section
 * @end: number after that of the last one
 * @nr: how many there are, which leaves out holes
 */
struct section_run {
	int nid;
	unsigned long first;
	unsigned long end;
	unsigned long nr;
};

static bool __init next_run(struct section_run *run)
{
	unsigned long section_nr = next_present_section_nr(run->end - 1);

	if (section_nr == -1UL)
		return false;
	run->nid = boot_section_nid(section_nr);
	run->first = section_nr;
	run->nr = 0;
	while (section_nr != -1UL && boot_section_nid(section_nr) == run->nid) {
		run->end = section_nr + 1;
		run->nr++;
		section_nr = next_present_section_nr(section_nr);
	}
	return true;
}

/*
 * Maps of a run are cut from one piece of memory, so that they are mapped with
 * large pages and lie together. What is not used goes back to memblock.
 */
static struct {
	void *next;
	void *end;
} map_buffer __meminitdata;

static void __meminit give_back(void *start, void *end)
{
	if (start < end)
		memblock_free(start, end - start);
}

/**
 * sparse_buffer_alloc() - take memory that was set aside for memory maps
 * @size: in bytes; the memory is aligned to it
 *
 * Context: Boot. Later there is none.
 * Return: The memory, not cleared; NULL if there is none.
 */
void *__meminit sparse_buffer_alloc(unsigned long size)
{
	void *start, *begin = map_buffer.next;

	if (!begin)
		return NULL;
	start = (void *)roundup((unsigned long)begin, size);
	if (start + size > map_buffer.end)
		return NULL;
	give_back(begin, start);
	map_buffer.next = start + size;
	return start;
}

static unsigned long __init section_map_size(void)
{
	const unsigned long size = PAGES_PER_SECTION * sizeof(struct page);

	return IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) ? ALIGN(size, PMD_SIZE) :
						      PAGE_ALIGN(size);
}

static void __init fill_map_buffer(const struct section_run *run)
{
	const unsigned long size = run->nr * section_map_size();

	map_buffer.next = memmap_alloc(size, section_map_size(),
				       __pa(MAX_DMA_ADDRESS), run->nid, true);
	map_buffer.end = map_buffer.next ? map_buffer.next + size : NULL;
}

static void __init empty_map_buffer(void)
{
	give_back(map_buffer.next, map_buffer.end);
	map_buffer.next = NULL;
	map_buffer.end = NULL;
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP
/**
 * vmemmap_alloc_block() - memory for the memory map and what maps it
 * @size: in bytes, a power of two, at least a page
 * @node: where it should be
 *
 * Who adds memory is told if there is none, and has something smaller to ask
 * for or tells the reader of the log; so this says nothing.
 *
 * Context: Boot, or process context; may sleep.
 * Return: The memory, not cleared, aligned to its size; NULL if there is none.
 */
void __ref *vmemmap_alloc_block(unsigned long size, int node)
{
	const gfp_t flags = GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	struct page *page;

	if (!slab_is_available())
		return memblock_alloc_try_nid_raw(size, size,
						  __pa(MAX_DMA_ADDRESS),
						  MEMBLOCK_ALLOC_ACCESSIBLE,
						  node);
	page = alloc_pages_node(node, flags, get_order(size));
	return page ? page_address(page) : NULL;
}
#else
/**
 * __populate_section_memmap() - allocate the memory map of a boot section
 * @pfn: first page frame of the section
 * @nr_pages: pages of the section
 * @nid: its node
 * @altmap: NULL
 * @pgmap: NULL
 *
 * Context: Boot. Panics without memory.
 * Return: The map, not initialised.
 */
struct page *__init __populate_section_memmap(unsigned long pfn,
					      unsigned long nr_pages, int nid,
					      struct vmem_altmap *altmap,
					      struct dev_pagemap *pgmap)
{
	const unsigned long size = section_map_size();
	struct page *map = sparse_buffer_alloc(size);

	if (!map)
		map = memmap_alloc(size, size, __pa(MAX_DMA_ADDRESS), nid,
				   false);
	if (!map)
		panic("sparse: no %lu bytes for the map of section %lu\n", size,
		      pfn_to_section_nr(pfn));
	return map;
}
#endif

#ifdef CONFIG_NUMA
static phys_addr_t __init node_data_address(int nid)
{
	return __pa(NODE_DATA(nid));
}
#else
static phys_addr_t __init node_data_address(int nid)
{
	return __pa_symbol(&contig_page_data);
}
#endif

/*
 * Usage maps of boot sections stay until the machine stops. Beside the data of
 * their node, which stay as well, they keep no further section from leaving.
 */
static void *__init alloc_usage_maps(const struct section_run *run)
{
	const size_t size = run->nr * mem_section_usage_size();
	const phys_addr_t section_size = 1UL << PA_SECTION_SHIFT;
	phys_addr_t start;
	void *maps = NULL;

	if (IS_ENABLED(CONFIG_MEMORY_HOTREMOVE)) {
		start = ALIGN_DOWN(node_data_address(run->nid), section_size);
		maps = memblock_alloc_try_nid(size, SMP_CACHE_BYTES, start,
					      start + section_size,
					      early_pfn_to_nid(PHYS_PFN(start)));
	}
	return maps ?: memblock_alloc_node(size, SMP_CACHE_BYTES, run->nid);
}

static long plain_map_pages(unsigned long nr_pages)
{
	return PFN_UP(nr_pages * sizeof(struct page));
}

static bool __init map_boot_section(unsigned long section_nr, int nid,
				    struct mem_section_usage *usage)
{
	struct page *map;

	map = __populate_section_memmap(section_nr_to_pfn(section_nr),
					PAGES_PER_SECTION, nid, NULL, NULL);
	if (!map)
		return false;
	memmap_boot_pages_add(plain_map_pages(PAGES_PER_SECTION));
	__nr_to_section(section_nr)->usage = usage;
	set_map(section_nr, map, SECTION_IS_EARLY);
	return true;
}

/* Memory without a map is memory that the machine does not have. */
static void __init forget_sections(const struct section_run *run,
				   unsigned long section_nr)
{
	pr_err("sparse: no memory for the maps of sections %lu-%lu of node %d, which are not used\n",
	       section_nr, run->end - 1, run->nid);
	for (; section_nr < run->end; section_nr++)
		if (present_section_nr(section_nr))
			__nr_to_section(section_nr)->section_mem_map = 0;
}

static void __init map_run(const struct section_run *run)
{
	void *usage = alloc_usage_maps(run);
	unsigned long section_nr;

	if (!usage) {
		forget_sections(run, run->first);
		return;
	}
	fill_map_buffer(run);
	for (section_nr = run->first; section_nr < run->end; section_nr++) {
		if (!present_section_nr(section_nr))
			continue;
		if (!map_boot_section(section_nr, run->nid, usage)) {
			forget_sections(run, section_nr);
			break;
		}
		usage += mem_section_usage_size();
	}
	empty_map_buffer();
}

/**
 * vmemmap_populate_print_last() - say what is left to say of mapping the map
 *
 * Architectures that tell where they mapped it define their own.
 */
void __weak __meminit vmemmap_populate_print_last(void)
{
}

/**
 * sparse_init() - give all memory that memblock knows sections and their maps
 *
 * Context: Boot, once, after memblock and the nodes are complete.
 */
void __init sparse_init(void)
{
	struct section_run run = { };
	unsigned long start, end;
	int i, nid;

	alloc_roots();
	for_each_mem_pfn_range(i, MAX_NUMNODES, &start, &end, &nid)
		mark_boot_range(start, end, nid);

	/* Usage maps depend on it */
	set_pageblock_order();
	while (next_run(&run))
		map_run(&run);
	vmemmap_populate_print_last();
}

/* Sub-sections */

#ifdef CONFIG_SPARSEMEM_VMEMMAP
/**
 * sparse_init_subsection_map() - mark the sub-sections of boot memory
 * @pfn: first page frame
 * @nr_pages: number of pages; a sub-section that they touch is marked
 *
 * Context: Boot, after sparse_init().
 */
void __init sparse_init_subsection_map(unsigned long pfn,
				       unsigned long nr_pages)
{
	const unsigned long end_pfn = pfn + nr_pages;
	unsigned long first, last;

	for (; pfn < end_pfn; pfn = SECTION_ALIGN_UP(pfn + 1)) {
		first = subsection_map_index(pfn);
		last = subsection_map_index(min(end_pfn,
						SECTION_ALIGN_UP(pfn + 1)) - 1);
		bitmap_set(__pfn_to_section(pfn)->usage->subsection_map, first,
			   last - first + 1);
	}
}
#endif

#ifdef CONFIG_MEMORY_HOTPLUG

/**
 * sparse_decode_mem_map() - the memory map of a section
 * @coded_mem_map: section_mem_map of its struct mem_section
 * @pnum: its number
 *
 * Context: Any context.
 * Return: The struct page of its first page frame.
 */
struct page *sparse_decode_mem_map(unsigned long coded_mem_map,
				   unsigned long pnum)
{
	const struct section_geometry geometry = this_geometry();
	const u64 coded = coded_mem_map & SECTION_MAP_MASK;

	return (struct page *)(unsigned long)geometry_decode_map(&geometry, coded,
								 pnum);
}

/**
 * online_mem_sections() - mark sections as online
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one
 *
 * Context: Process context. Caller holds mem_hotplug_lock for writing.
 */
void online_mem_sections(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION)
		__pfn_to_section(pfn)->section_mem_map |= SECTION_IS_ONLINE;
}

/**
 * offline_mem_sections() - reverse of online_mem_sections()
 * @start_pfn: first page frame
 * @end_pfn: page frame after the last one
 *
 * Context: Process context. Caller holds mem_hotplug_lock for writing.
 */
void offline_mem_sections(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn += PAGES_PER_SECTION)
		__pfn_to_section(pfn)->section_mem_map &= ~SECTION_IS_ONLINE;
}

/*
 * The two forms of the memory map. Virtually contiguous: parts of a section
 * come and go. One for each section: only whole sections do.
 */
#ifdef CONFIG_SPARSEMEM_VMEMMAP
static unsigned int nr_subsections(unsigned long nr_pages)
{
	return nr_pages >> PFN_SUBSECTION_SHIFT;
}

static int check_absent(struct mem_section *section, unsigned long pfn,
			unsigned long nr_pages)
{
	const unsigned int first = subsection_map_index(pfn);
	const unsigned int end = first + nr_subsections(nr_pages);

	if (first == end)
		return -EINVAL;
	return find_next_bit(section->usage->subsection_map, end, first) < end ?
	       -EEXIST : 0;
}

static void mark_part(struct mem_section *section, unsigned long pfn,
		      unsigned long nr_pages)
{
	bitmap_set(section->usage->subsection_map, subsection_map_index(pfn),
		   nr_subsections(nr_pages));
}

/* Returns false if not all of it was there. */
static bool unmark_part(struct mem_section *section, unsigned long pfn,
			unsigned long nr_pages)
{
	const unsigned int first = subsection_map_index(pfn);
	const unsigned int end = first + nr_subsections(nr_pages);
	unsigned long *parts = section->usage->subsection_map;

	if (find_next_zero_bit(parts, end, first) < end)
		return false;
	bitmap_clear(parts, first, end - first);
	return true;
}

static bool has_parts(const struct mem_section *section)
{
	return !bitmap_empty(section->usage->subsection_map,
			     SUBSECTIONS_PER_SECTION);
}

/*
 * Tail pages of the maps of compound device pages share their memory, and only
 * the first pages of a compound page's map count.
 */
static long map_pages(unsigned long pfn, unsigned long nr_pages,
		      struct vmem_altmap *altmap, struct dev_pagemap *pgmap)
{
	unsigned long compound;

	if (!vmemmap_can_optimize(altmap, pgmap))
		return plain_map_pages(nr_pages);
	compound = 1UL << pgmap->vmemmap_shift;
	if (compound < PAGES_PER_SECTION)
		return DIV_ROUND_UP(nr_pages, compound) * VMEMMAP_RESERVE_NR;
	return IS_ALIGNED(pfn, compound) ? VMEMMAP_RESERVE_NR : 0;
}

static void free_map(unsigned long pfn, unsigned long nr_pages,
		     struct vmem_altmap *altmap)
{
	const unsigned long start = (unsigned long)pfn_to_page(pfn);

	vmemmap_free(start, start + nr_pages * sizeof(struct page), altmap);
}

static struct page *__meminit alloc_map(unsigned long pfn,
					unsigned long nr_pages, int nid,
					struct vmem_altmap *altmap,
					struct dev_pagemap *pgmap)
{
	struct page *map = __populate_section_memmap(pfn, nr_pages, nid, altmap,
						     pgmap);

	if (!map)
		free_map(pfn, nr_pages, altmap);
	return map;
}

static void free_boot_map(unsigned long section_nr)
{
	free_map(section_nr_to_pfn(section_nr), PAGES_PER_SECTION, NULL);
}
#else
static int check_absent(struct mem_section *section, unsigned long pfn,
			unsigned long nr_pages)
{
	return valid_section(section) ? -EEXIST : 0;
}

static void mark_part(struct mem_section *section, unsigned long pfn,
		      unsigned long nr_pages)
{
}

static bool unmark_part(struct mem_section *section, unsigned long pfn,
			unsigned long nr_pages)
{
	return true;
}

static bool has_parts(const struct mem_section *section)
{
	return false;
}

static long map_pages(unsigned long pfn, unsigned long nr_pages,
		      struct vmem_altmap *altmap, struct dev_pagemap *pgmap)
{
	return plain_map_pages(nr_pages);
}

static struct page *alloc_map(unsigned long pfn, unsigned long nr_pages,
			      int nid, struct vmem_altmap *altmap,
			      struct dev_pagemap *pgmap)
{
	return kvmalloc_node(PAGES_PER_SECTION * sizeof(struct page),
			     GFP_KERNEL, nid);
}

static struct page *map_of_section(unsigned long section_nr)
{
	return sparse_decode_mem_map(__nr_to_section(section_nr)->section_mem_map,
				     section_nr);
}

static void free_map(unsigned long pfn, unsigned long nr_pages,
		     struct vmem_altmap *altmap)
{
	kvfree(map_of_section(pfn_to_section_nr(pfn)));
}

/* Pages that sections share are counted, where the architecture does that. */
static void free_boot_page(struct page *page)
{
	if (page->index == SECTION_INFO || page->index == MIX_SECTION_INFO)
		put_page_bootmem(page);
	else
		free_reserved_page(page);
}

/*
 * The pages of a boot map are reserved, and freed when nobody counts on them
 * any more. A map that lies on its own section leaves with it.
 */
static void free_boot_map(unsigned long section_nr)
{
	struct page *page = virt_to_page(map_of_section(section_nr));
	unsigned long i;

	for (i = 0; i < plain_map_pages(PAGES_PER_SECTION); i++)
		if (pfn_to_section_nr(page_to_pfn(page + i)) != section_nr)
			free_boot_page(page + i);
}
#endif /* CONFIG_SPARSEMEM_VMEMMAP */

/* Boot memory may have been added in part; its map is there for the rest. */
static bool map_is_there(struct mem_section *section,
			 unsigned long nr_pages)
{
	return early_section(section) && nr_pages < PAGES_PER_SECTION;
}

static int add_map(struct mem_section *section, int nid, unsigned long pfn,
		   unsigned long nr_pages, struct vmem_altmap *altmap,
		   struct dev_pagemap *pgmap)
{
	const unsigned long section_nr = pfn_to_section_nr(pfn);
	struct page *map;

	if (map_is_there(section, nr_pages)) {
		map = pfn_to_page(pfn);
	} else {
		map = alloc_map(pfn, nr_pages, nid, altmap, pgmap);
		if (!map)
			return -ENOMEM;
		memmap_pages_add(map_pages(pfn, nr_pages, altmap, pgmap));
	}
	if (!altmap || !altmap->inaccessible)
		page_init_poison(map, nr_pages * sizeof(struct page));

	note_node(section_nr, nid);
	mark_present(section_nr);
	set_map(section_nr, map - (pfn - section_nr_to_pfn(section_nr)), 0);
	return 0;
}

/* A usage map from boot shares its page with others, and is kept for later. */
static void drop_usage(struct mem_section *section)
{
	struct mem_section_usage *usage = section->usage;

	if (PageReserved(virt_to_page(usage)))
		return;
	WRITE_ONCE(section->usage, NULL);
	kfree_rcu(usage, rcu);
}

/**
 * sparse_add_section() - let a section, or a part of one, have a memory map
 * @nid: its node
 * @start_pfn: first page frame
 * @nr_pages: number of pages; not beyond the end of the section, and all of it
 *	      unless SPARSEMEM_VMEMMAP, where it is whole sub-sections
 * @altmap: where the memory for the map comes from, or NULL
 * @pgmap: the device that the memory belongs to, or NULL
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: 0; -EINVAL for less than a sub-section; -EEXIST if some of it is
 * there; -ENOMEM. After an error nothing has changed, but the section may have
 * a struct mem_section now.
 */
int __meminit sparse_add_section(int nid, unsigned long start_pfn,
				 unsigned long nr_pages,
				 struct vmem_altmap *altmap,
				 struct dev_pagemap *pgmap)
{
	struct mem_section_usage *usage = NULL;
	struct mem_section *section;
	int error;

	error = have_root(pfn_to_section_nr(start_pfn), nid);
	if (error)
		return error;
	section = __pfn_to_section(start_pfn);
	if (!section->usage) {
		usage = kzalloc(mem_section_usage_size(), GFP_KERNEL);
		if (!usage)
			return -ENOMEM;
		section->usage = usage;
	}

	error = check_absent(section, start_pfn, nr_pages);
	if (!error)
		error = add_map(section, nid, start_pfn, nr_pages, altmap,
				pgmap);
	if (!error)
		mark_part(section, start_pfn, nr_pages);
	else if (usage)
		drop_usage(section);
	return error;
}

/**
 * sparse_remove_section() - reverse of sparse_add_section()
 * @pfn: first page frame
 * @nr_pages: number of pages, as for sparse_add_section()
 * @altmap: where the memory for the map came from, or NULL
 * @pgmap: the device that the memory belongs to, or NULL
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing; no page of it is in a zone.
 */
void sparse_remove_section(unsigned long pfn, unsigned long nr_pages,
			   struct vmem_altmap *altmap,
			   struct dev_pagemap *pgmap)
{
	const unsigned long section_nr = pfn_to_section_nr(pfn);
	struct mem_section *section = __pfn_to_section(pfn);
	bool last;

	if (WARN_ON_ONCE(!valid_section(section)))
		return;
	if (WARN_ONCE(!unmark_part(section, pfn, nr_pages),
		      "sparse: page frames %#lx-%#lx are not all there\n", pfn,
		      pfn + nr_pages))
		return;

	/* Invalid first, so that nobody looks at the usage map any more */
	last = !has_parts(section);
	if (last) {
		section->section_mem_map &= ~SECTION_HAS_MEM_MAP;
		drop_usage(section);
	}
	if (!early_section(section)) {
		memmap_pages_add(-map_pages(pfn, nr_pages, altmap, pgmap));
		free_map(pfn, nr_pages, altmap);
	} else if (last) {
		memmap_boot_pages_add(-plain_map_pages(PAGES_PER_SECTION));
		free_boot_map(section_nr);
	}
	if (last)
		section->section_mem_map = 0;
}

#endif /* CONFIG_MEMORY_HOTPLUG */

#if IS_ENABLED(CONFIG_MEMORY_HOTPLUG_KUNIT_TEST)
#include "memory_hotplug/tests/sparse_kunit.c"
#endif
