// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: memory blocks as the flags of their pages show them
 *
 * /proc/kpageflags has 64 bits for each page. They tell free memory from memory
 * in use, so how full a block is; and most memory that can be moved from most
 * that can not. The kernel's own pages have no flags, though, and neither have
 * free pages that wait on the list of a CPU. The kernel knows better, in the
 * file blockers of a block; flags stand in where there is no such file, or
 * where kernels with it and without it are to be compared.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kernel-page-flags.h>
#include <string.h>
#include <unistd.h>

#include "memhp.h"

/* Shown for those who know the kernel, and in no header of user space. */
#define KPF_RESERVED	32
#define KPF_OWNER_PRIVATE	37

#define BIT(nr)		(1ULL << (nr))

/* Flags that are read at once */
#define CHUNK		4096

enum page_use {
	PAGE_ABSENT,
	PAGE_FREE,
	PAGE_MOVABLE,
	PAGE_STAYS,
};

/**
 * struct page_kind - what a page is whose flags have one of some bits
 * @bits: the bits; 0 fits every page
 * @use: what that means for its block
 * @blocker: what the page is called that keeps its block online
 */
struct page_kind {
	uint64_t bits;
	enum page_use use;
	const char *blocker;
};

enum {
	KIND_HOLE,
	KIND_FREE,
	KIND_RESERVED,
	KIND_OFFLINE,
	KIND_SLAB,
	KIND_PAGETABLE,
	KIND_MOVABLE,
	KIND_OWN_MAP,
	KIND_KERNEL,
	NR_KINDS
};

/*
 * The first that fits counts: other flags have other meanings in slab pages.
 * The flag of an owner is on its own in the memory map of a block that lies on
 * that block. It is nobody's memory, and leaves with the block.
 */
static const struct page_kind page_kinds[NR_KINDS] = {
	[KIND_HOLE]	= { BIT(KPF_NOPAGE), PAGE_ABSENT, "hole" },
	[KIND_FREE]	= { BIT(KPF_BUDDY), PAGE_FREE, NULL },
	[KIND_RESERVED]	= { BIT(KPF_RESERVED), PAGE_STAYS, "reserved" },
	[KIND_OFFLINE]	= { BIT(KPF_OFFLINE), PAGE_STAYS, "offline" },
	[KIND_SLAB]	= { BIT(KPF_SLAB), PAGE_STAYS, "slab" },
	[KIND_PAGETABLE] = { BIT(KPF_PGTABLE), PAGE_STAYS, "pagetable" },
	[KIND_MOVABLE]	= { BIT(KPF_LRU) | BIT(KPF_ANON) | BIT(KPF_MMAP) |
			    BIT(KPF_HUGE) | BIT(KPF_THP) |
			    BIT(KPF_SWAPCACHE) | BIT(KPF_UPTODATE) |
			    BIT(KPF_HWPOISON), PAGE_MOVABLE, NULL },
	[KIND_OWN_MAP]	= { BIT(KPF_OWNER_PRIVATE), PAGE_ABSENT, NULL },
	[KIND_KERNEL]	= { 0, PAGE_STAYS, "kernel" },
};

/**
 * struct look - what the pages of a block are
 * @count: pages of each kind
 * @first: the first page of each kind, counted from the start of the block
 * @nr: pages so far
 */
struct look {
	unsigned long long count[NR_KINDS];
	unsigned long long first[NR_KINDS];
	unsigned long long nr;
};

static unsigned int kind_of(uint64_t flags)
{
	unsigned int kind = 0;

	while (page_kinds[kind].bits && !(page_kinds[kind].bits & flags))
		kind++;
	return kind;
}

static void count_page(struct look *look, uint64_t flags)
{
	unsigned int kind = kind_of(flags);

	if (!look->count[kind]++)
		look->first[kind] = look->nr;
	look->nr++;
}

/* Pages behind the end of the file are none. */
static int look_at_pages(int fd, unsigned long long pfn, unsigned long long nr,
			 struct look *look)
{
	uint64_t flags[CHUNK];
	size_t wanted, i;
	ssize_t len;

	while (look->nr < nr) {
		wanted = nr - look->nr < CHUNK ? nr - look->nr : CHUNK;
		len = pread(fd, flags, wanted * sizeof(*flags),
			    (pfn + look->nr) * sizeof(*flags));
		if (len < 0)
			return errno;
		for (i = len / sizeof(*flags); i < wanted; i++)
			flags[i] = BIT(KPF_NOPAGE);
		for (i = 0; i < wanted; i++)
			count_page(look, flags[i]);
	}
	return 0;
}

/* What has no flags there is not the kernel's: it is on its way to a list. */
static void expect_movable(struct look *look)
{
	look->count[KIND_MOVABLE] += look->count[KIND_KERNEL];
	look->count[KIND_KERNEL] = 0;
}

static void take_blockers(struct memhp_block *block, const struct look *look,
			  unsigned long long start_pfn)
{
	struct memhp_blocker *blocker;
	unsigned int kind;

	block->source = SOURCE_FLAGS;
	block->nr_blockers = 0;
	for (kind = 0; kind < NR_KINDS; kind++) {
		if (!page_kinds[kind].blocker || !look->count[kind])
			continue;
		blocker = &block->blockers[block->nr_blockers++];
		snprintf(blocker->kind, sizeof(blocker->kind), "%s",
			 page_kinds[kind].blocker);
		blocker->pages = look->count[kind];
		blocker->first_pfn = start_pfn + look->first[kind];
	}
}

static struct memhp_use use_of(const struct look *look)
{
	struct memhp_use use = { .known = true };
	unsigned int kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		if (page_kinds[kind].use != PAGE_ABSENT)
			use.pages += look->count[kind];
		if (page_kinds[kind].use >= PAGE_MOVABLE)
			use.used += look->count[kind];
		if (page_kinds[kind].use == PAGE_STAYS)
			use.kernel += look->count[kind];
	}
	return use;
}

static int look_at_block(const struct memhp_machine *machine, int fd,
			 struct memhp_block *block, bool flags_only)
{
	unsigned long long pages = memhp_block_pages(machine);
	struct look look = { };
	int error = look_at_pages(fd, block->id * pages, pages, &look);

	if (error)
		return error;
	if (!strcmp(block->zones, "Movable"))
		expect_movable(&look);
	block->use = use_of(&look);
	if (flags_only || block->source == SOURCE_NONE)
		take_blockers(block, &look, block->id * pages);
	return 0;
}

/**
 * memhp_read_pages() - find out how full blocks are, and what holds them
 * @machine: its blocks that are not offline get their use, and blockers where
 *	     the kernel does not tell them; if the flags can not be read,
 *	     @machine->pages_error says why
 * @flags_only: pass over what the kernel tells
 */
void memhp_read_pages(struct memhp_machine *machine, bool flags_only)
{
	char path[PATH_MAX];
	size_t i;
	int fd;

	memhp_path(machine, PAGE_FLAGS, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		machine->pages_error = errno;
		return;
	}
	for (i = 0; i < machine->nr && !machine->pages_error; i++) {
		if (machine->blocks[i].state == STATE_OFFLINE)
			continue;
		machine->pages_error = look_at_block(machine, fd,
						     &machine->blocks[i],
						     flags_only);
	}
	close(fd);
}
