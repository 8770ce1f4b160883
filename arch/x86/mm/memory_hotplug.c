// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Kernel page tables of memory that comes and goes
 *
 * Memory that arrives needs two mappings: the direct map, and that of its
 * memory map. Both go away with it, and so do the page tables that are empty
 * then. A page table entry maps as much as the CPU can and the range fills. An
 * entry of 1 GiB of which only a part leaves is split for the rest.
 *
 * Nothing here is as urgent as to sleep less: each entry is looked up from the
 * top. What a CPU may still have in its TLB, pages of the memory map and page
 * tables, is collected, and freed after one flush for the whole range.
 *
 * The tables of the topmost level are copied into every mm and stay, and what
 * they lead to as well.
 */

#include <linux/bootmem_info.h>
#include <linux/gfp.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/pgalloc.h>
#include <linux/pgtable.h>
#include <linux/spinlock.h>

#include <asm/paravirt.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#include "mm_internal.h"

/* As much as memory is worth waiting for, but no process. */
static void *new_table(void)
{
	return (void *)__get_free_page(GFP_KERNEL | __GFP_ZERO |
				       __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

/* An entry that is not present maps nothing, and may still have an address. */
static bool pmd_is_table(pmd_t pmd)
{
	return pmd_present(pmd) && !pmd_leaf(pmd);
}

static bool pud_is_table(pud_t pud)
{
	return pud_present(pud) && !pud_leaf(pud);
}

/* Populating */

static p4d_t *p4d_in(pgd_t *pgd, unsigned long address)
{
	void *table;

	if (pgd_none(*pgd)) {
		table = new_table();
		if (!table)
			return NULL;
		spin_lock(&init_mm.page_table_lock);
		pgd_populate(&init_mm, pgd, table);
		spin_unlock(&init_mm.page_table_lock);
		arch_sync_kernel_mappings(address, address);
	}
	return p4d_offset(pgd, address);
}

static pud_t *pud_in(p4d_t *p4d, unsigned long address)
{
	void *table;

	if (p4d_none(*p4d)) {
		table = new_table();
		if (!table)
			return NULL;
		spin_lock(&init_mm.page_table_lock);
		p4d_populate(&init_mm, p4d, table);
		spin_unlock(&init_mm.page_table_lock);
		arch_sync_kernel_mappings(address, address);
	}
	return pud_offset(p4d, address);
}

static pmd_t *pmd_in(pud_t *pud, unsigned long address)
{
	void *table;

	if (pud_none(*pud)) {
		table = new_table();
		if (!table)
			return NULL;
		spin_lock(&init_mm.page_table_lock);
		pud_populate(&init_mm, pud, table);
		spin_unlock(&init_mm.page_table_lock);
	}
	return pmd_offset(pud, address);
}

static pte_t *pte_in(pmd_t *pmd, unsigned long address)
{
	void *table;

	if (pmd_none(*pmd)) {
		table = new_table();
		if (!table)
			return NULL;
		spin_lock(&init_mm.page_table_lock);
		pmd_populate_kernel(&init_mm, pmd, table);
		spin_unlock(&init_mm.page_table_lock);
	}
	return pte_offset_kernel(pmd, address);
}

/**
 * struct direct_map - a range of the direct map on its way
 * @address: the virtual address that comes next
 * @end: virtual address of the end
 * @prot: protection of small pages
 * @strange: the first address that somebody else had mapped before, or 0
 */
struct direct_map {
	unsigned long address;
	unsigned long end;
	pgprot_t prot;
	unsigned long strange;
};

static bool fills(const struct direct_map *map, unsigned long size)
{
	return IS_ALIGNED(map->address, size) && map->end - map->address >= size;
}

static unsigned long pfn_of(const struct direct_map *map)
{
	return PHYS_PFN(__pa(map->address));
}

static pgprot_t large(pgprot_t prot)
{
	return __pgprot(pgprot_val(prot) | _PAGE_PSE);
}

static void proceed(struct direct_map *map, unsigned long size)
{
	map->address = ALIGN_DOWN(map->address, size) + size;
}

static void keep_entry(struct direct_map *map, unsigned long size)
{
	if (!map->strange)
		map->strange = map->address;
	proceed(map, size);
}

static int map_pte(struct direct_map *map, pmd_t *pmd)
{
	pte_t *pte = pte_in(pmd, map->address);

	if (!pte)
		return -ENOMEM;
	if (!pte_none(*pte)) {
		keep_entry(map, PAGE_SIZE);
		return 0;
	}
	set_pte(pte, pfn_pte(pfn_of(map), map->prot));
	update_page_count(PG_LEVEL_4K, 1);
	proceed(map, PAGE_SIZE);
	return 0;
}

static int map_pmd(struct direct_map *map, pud_t *pud)
{
	pmd_t *pmd = pmd_in(pud, map->address);

	if (!pmd)
		return -ENOMEM;
	if (!pmd_none(*pmd) && !pmd_is_table(*pmd)) {
		keep_entry(map, PMD_SIZE);
		return 0;
	}
	if (!pmd_none(*pmd) || !boot_cpu_has(X86_FEATURE_PSE) ||
	    debug_pagealloc_enabled() || !fills(map, PMD_SIZE))
		return map_pte(map, pmd);

	set_pmd(pmd, pfn_pmd(pfn_of(map), large(map->prot)));
	update_page_count(PG_LEVEL_2M, 1);
	proceed(map, PMD_SIZE);
	return 0;
}

static int map_pud(struct direct_map *map, p4d_t *p4d)
{
	pud_t *pud = pud_in(p4d, map->address);

	if (!pud)
		return -ENOMEM;
	if (!pud_none(*pud) && !pud_is_table(*pud)) {
		keep_entry(map, PUD_SIZE);
		return 0;
	}
	if (!pud_none(*pud) || !direct_gbpages || !fills(map, PUD_SIZE))
		return map_pmd(map, pud);

	set_pud(pud, pfn_pud(pfn_of(map), large(map->prot)));
	update_page_count(PG_LEVEL_1G, 1);
	proceed(map, PUD_SIZE);
	return 0;
}

static int map_next(struct direct_map *map)
{
	p4d_t *p4d = p4d_in(pgd_offset_k(map->address), map->address);

	return p4d ? map_pud(map, p4d) : -ENOMEM;
}

static int populate(struct direct_map *map)
{
	int error = 0;

	while (!error && map->address < map->end) {
		error = map_next(map);
		cond_resched();
	}
	return error;
}

/* Tearing down */

/**
 * struct discarded - what is freed after the TLB flush
 * @pages: page tables, and pages of the memory map that are as small
 * @maps: pages of the memory map of PMD_SIZE
 * @later: somebody else flushes, at the end of a larger operation
 *
 * Whoever tears down holds mem_hotplug_lock for writing, which protects it.
 */
struct discarded {
	struct list_head pages;
	struct list_head maps;
	bool later;
};

static struct discarded discarded = {
	.pages = LIST_HEAD_INIT(discarded.pages),
	.maps = LIST_HEAD_INIT(discarded.maps),
};

static void discard(struct list_head *list, struct page *page)
{
	list_add(&page->lru, list);
}

/* The map of compound device memory has pages that are used many times. */
static void discard_map_page(struct page *page)
{
	if (PageReserved(page) || !page_ref_add_unless(page, -1, 1))
		discard(&discarded.pages, page);
}

/* A page from boot is shared by sections if it says so. */
static void free_boot_page(struct page *page)
{
	if (page->index == SECTION_INFO || page->index == MIX_SECTION_INFO)
		put_page_bootmem(page);
	else
		free_reserved_page(page);
}

static void free_all(struct list_head *list, unsigned int order)
{
	struct page *page, *next;
	unsigned long i;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		if (!PageReserved(page)) {
			__free_pages(page, order);
			continue;
		}
		for (i = 0; i < 1UL << order; i++)
			free_boot_page(page + i);
	}
}

static void flush_and_free(void)
{
	if (discarded.later)
		return;
	flush_tlb_all();
	free_all(&discarded.pages, 0);
	free_all(&discarded.maps, PMD_SHIFT - PAGE_SHIFT);
}

/**
 * struct teardown - a range of kernel mappings on its way out
 * @address: the virtual address that comes next
 * @end: virtual address of the end
 * @is_memmap: the range is memory map, and goes with the memory that it lies on
 * @altmap: the memory that is left alone, because it was nobody's before, or NULL
 */
struct teardown {
	unsigned long address;
	unsigned long end;
	bool is_memmap;
	struct vmem_altmap *altmap;
};

static void skip(struct teardown *range, unsigned long size)
{
	range->address = ALIGN_DOWN(range->address, size) + size;
}

static bool takes_all(const struct teardown *range, unsigned long size)
{
	return IS_ALIGNED(range->address, size) &&
	       range->end - range->address >= size;
}

static void count_out(const struct teardown *range, int level)
{
	if (!range->is_memmap)
		update_page_count(level, -1);
}

static void clear_pte(struct teardown *range, pmd_t *pmd)
{
	pte_t *pte = pte_offset_kernel(pmd, range->address);

	if (!pte_none(*pte)) {
		if (range->is_memmap)
			discard_map_page(pte_page(*pte));
		pte_clear(&init_mm, range->address, pte);
		count_out(range, PG_LEVEL_4K);
	}
	skip(range, PAGE_SIZE);
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP
static void discard_map(struct teardown *range, struct page *page)
{
	if (range->altmap)
		vmem_altmap_free(range->altmap, PMD_SIZE / PAGE_SIZE);
	else if (range->is_memmap)
		discard(&discarded.maps, page);
}

/* The map of a part of a section may share its page with other parts. */
static bool last_user_leaves(const struct teardown *range)
{
	const unsigned long end = min(range->end,
				      ALIGN_DOWN(range->address, PMD_SIZE) +
				      PMD_SIZE);

	return takes_all(range, PMD_SIZE) ||
	       (range->is_memmap &&
		vmemmap_pmd_is_unused(range->address, end));
}
#else
static void discard_map(struct teardown *range, struct page *page)
{
}

static bool last_user_leaves(const struct teardown *range)
{
	return takes_all(range, PMD_SIZE);
}
#endif

static void clear_pmd(struct teardown *range, pud_t *pud)
{
	pmd_t *pmd = pmd_offset(pud, range->address);

	if (pmd_is_table(*pmd)) {
		clear_pte(range, pmd);
		return;
	}
	if (!pmd_none(*pmd) && last_user_leaves(range)) {
		discard_map(range, pmd_page(*pmd));
		pmd_clear(pmd);
		count_out(range, PG_LEVEL_2M);
	}
	skip(range, PMD_SIZE);
}

/*
 * A part of what the entry maps stays and is in use. It maps to the same place
 * before and after, so that nobody needs to wait for the TLB flush.
 */
static void split_pud(pud_t *pud)
{
	const pgprot_t prot = __pgprot(pud_flags(*pud));
	unsigned long pfn = pud_pfn(*pud);
	pmd_t *table = (pmd_t *)__get_free_page(GFP_KERNEL | __GFP_NOFAIL);
	bool is_split = false;
	unsigned int i;

	for (i = 0; i < PTRS_PER_PMD; i++, pfn += PTRS_PER_PTE)
		set_pmd(&table[i], pfn_pmd(pfn, prot));
	spin_lock(&pgd_lock);
	if (!pud_is_table(*pud)) {
		pud_populate(&init_mm, pud, table);
		is_split = true;
	}
	spin_unlock(&pgd_lock);
	if (!is_split) {
		free_page((unsigned long)table);
		return;
	}
	update_page_count(PG_LEVEL_1G, -1);
	update_page_count(PG_LEVEL_2M, PTRS_PER_PMD);
}

static void clear_pud(struct teardown *range, p4d_t *p4d)
{
	pud_t *pud = pud_offset(p4d, range->address);

	if (pud_none(*pud)) {
		skip(range, PUD_SIZE);
		return;
	}
	if (!pud_is_table(*pud) && takes_all(range, PUD_SIZE)) {
		pud_clear(pud);
		count_out(range, PG_LEVEL_1G);
		skip(range, PUD_SIZE);
		return;
	}
	if (!pud_is_table(*pud))
		split_pud(pud);
	clear_pmd(range, pud);
}

static void clear_next(struct teardown *range)
{
	pgd_t *pgd = pgd_offset_k(range->address);
	p4d_t *p4d;

	if (pgd_none(*pgd)) {
		skip(range, PGDIR_SIZE);
		return;
	}
	p4d = p4d_offset(pgd, range->address);
	if (p4d_none(*p4d))
		skip(range, P4D_SIZE);
	else
		clear_pud(range, p4d);
}

/* Whoever adds to a table does so under page_table_lock. */
static bool is_empty(const void *table)
{
	return !memchr_inv(table, 0, PAGE_SIZE);
}

static void drop_pte_table(pmd_t *pmd)
{
	struct page *table = pmd_page(*pmd);
	bool empty;

	spin_lock(&init_mm.page_table_lock);
	empty = is_empty(page_address(table));
	if (empty)
		pmd_clear(pmd);
	spin_unlock(&init_mm.page_table_lock);
	if (!empty)
		return;
	paravirt_release_pte(page_to_pfn(table));
	discard(&discarded.pages, table);
}

static void drop_pmd_table(pud_t *pud)
{
	struct page *table = pud_page(*pud);
	bool empty;

	spin_lock(&init_mm.page_table_lock);
	empty = is_empty(page_address(table));
	if (empty)
		pud_clear(pud);
	spin_unlock(&init_mm.page_table_lock);
	if (!empty)
		return;
	paravirt_release_pmd(page_to_pfn(table));
	discard(&discarded.pages, table);
}

/* With four levels every mm has its own copy of the entry. */
static void drop_pud_table(p4d_t *p4d)
{
	struct page *table = p4d_page(*p4d);
	bool empty;

	if (!pgtable_l5_enabled())
		return;
	spin_lock(&init_mm.page_table_lock);
	empty = is_empty(page_address(table));
	if (empty)
		p4d_clear(p4d);
	spin_unlock(&init_mm.page_table_lock);
	if (!empty)
		return;
	paravirt_release_pud(page_to_pfn(table));
	discard(&discarded.pages, table);
}

static bool has_left(const struct teardown *range, unsigned long size)
{
	return range->address >= range->end ||
	       IS_ALIGNED(range->address, size);
}

/* Tables that the range has left behind with @address. */
static void drop_empty_tables(const struct teardown *range,
			      unsigned long address)
{
	pgd_t *pgd = pgd_offset_k(address);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!has_left(range, PMD_SIZE) || pgd_none(*pgd))
		return;
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d))
		return;
	pud = pud_offset(p4d, address);
	if (pud_is_table(*pud)) {
		pmd = pmd_offset(pud, address);
		if (pmd_is_table(*pmd))
			drop_pte_table(pmd);
		if (has_left(range, PUD_SIZE))
			drop_pmd_table(pud);
	}
	if (has_left(range, P4D_SIZE))
		drop_pud_table(p4d);
}

static void tear_down(struct teardown *range)
{
	unsigned long address;

	while (range->address < range->end) {
		address = range->address;
		clear_next(range);
		drop_empty_tables(range, address);
		cond_resched();
	}
}

static void unmap_range(unsigned long start, unsigned long end)
{
	struct teardown range = {
		.address = start,
		.end = end,
	};

	tear_down(&range);
	flush_and_free();
}

/**
 * arch_maps_memmap_large() - can a memory map lie on the memory it describes
 *
 * Context: Any context.
 * Return: true if the CPU has large pages, which vmemmap_populate() asks for.
 */
bool arch_maps_memmap_large(void)
{
	return boot_cpu_has(X86_FEATURE_PSE);
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP
/**
 * vmemmap_free() - unmap a part of the memory map and free what it lies on
 * @start: virtual address of its first page
 * @end: virtual address of the end of its last page
 * @altmap: set if it lies on the memory it describes, which is not freed
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 */
void vmemmap_free(unsigned long start, unsigned long end,
		  struct vmem_altmap *altmap)
{
	struct teardown range = {
		.address = start,
		.end = end,
		.is_memmap = true,
		.altmap = altmap,
	};

	tear_down(&range);
	flush_and_free();
}
#endif

/* The end of memory */

/* Without what was added since. */
static unsigned long boot_max_pfn;

static void set_end_of_memory(unsigned long end_pfn)
{
	max_pfn = end_pfn;
	max_low_pfn = end_pfn;
	high_memory = (void *)__va(PFN_PHYS(end_pfn) - 1) + 1;
}

static void grow_memory(unsigned long end_pfn)
{
	if (!boot_max_pfn)
		boot_max_pfn = max_pfn;
	if (end_pfn > max_pfn)
		set_end_of_memory(end_pfn);
}

static int note_end(unsigned long start_pfn, unsigned long nr_pages, void *end)
{
	*(unsigned long *)end = start_pfn + nr_pages;
	return 0;
}

/* Memory below is still in the resource tree, in ascending order. */
static void shrink_memory(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long end = boot_max_pfn;

	if (end_pfn != max_pfn || start_pfn < boot_max_pfn)
		return;
	walk_system_ram_range(boot_max_pfn, start_pfn - boot_max_pfn, &end,
			      note_end);
	set_end_of_memory(end);
}

/**
 * add_pages() - add page frames, without a direct mapping
 * @nid: node of the memory
 * @start_pfn: first page frame
 * @nr_pages: number of pages
 * @params: how to map them
 *
 * The end of memory moves for System RAM only: a device that must reach it
 * does not need to reach the memory of another device.
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: 0; -ERANGE beyond what can be addressed; what __add_pages() returns.
 * After an error nothing was added.
 */
int add_pages(int nid, unsigned long start_pfn, unsigned long nr_pages,
	      struct mhp_params *params)
{
	int error;

	if (PFN_PHYS(start_pfn + nr_pages) - 1 > PHYSMEM_END)
		return -ERANGE;
	error = __add_pages(nid, start_pfn, nr_pages, params);
	if (!error && !params->pgmap)
		grow_memory(start_pfn + nr_pages);
	return error;
}

/**
 * arch_add_memory() - map memory and add its page frames
 * @nid: node of the memory
 * @start: physical address in bytes
 * @size: size in bytes
 * @params: how to map it
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing.
 * Return: 0; -ENOMEM; what add_pages() returns. After an error nothing was
 * added, and nothing is mapped that was not mapped before, up to the first
 * address that was.
 */
int arch_add_memory(int nid, u64 start, u64 size, struct mhp_params *params)
{
	const unsigned long address = (unsigned long)__va(start);
	struct direct_map map = {
		.address = address,
		.end = address + size,
		.prot = params->pgprot,
	};
	int error;

	error = populate(&map);
	if (!error)
		error = add_pages(nid, PHYS_PFN(start), PHYS_PFN(size), params);
	if (!error)
		add_pfn_range_mapped(PHYS_PFN(start), PHYS_PFN(start + size));
	else
		unmap_range(address, map.strange ?: map.end);
	return error;
}

/**
 * arch_remove_memory() - reverse of arch_add_memory()
 * @start: physical address in bytes
 * @size: size in bytes
 * @altmap: where the memory map came from, or NULL
 * @pgmap: the device that the range belongs to, or NULL
 *
 * Context: Process context, may sleep. Caller holds mem_hotplug_lock for
 * writing; none of the pages is in a zone any more.
 */
void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap,
			struct dev_pagemap *pgmap)
{
	const unsigned long address = (unsigned long)__va(start);

	discarded.later = true;
	__remove_pages(PHYS_PFN(start), PHYS_PFN(size), altmap, pgmap);
	discarded.later = false;
	unmap_range(address, address + size);
	if (!pgmap)
		shrink_memory(PHYS_PFN(start), PHYS_PFN(start + size));
}
