// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: what keeps a memory block online, in words
 *
 * The words for each kind of blocker, and what can be done about it, are a
 * table. What nobody can do anything about stays as long as the machine runs.
 */
#include <string.h>

#include "memhp.h"

/**
 * struct remedy - a kind of blocker for people
 * @kind: the kernel's word for it
 * @what: what it is
 * @how: how to get rid of it; NULL if that can not be done
 */
struct remedy {
	const char *kind;
	const char *what;
	const char *how;
};

static const struct remedy remedies[] = {
	{ "slab", "objects of the kernel, such as inodes, dentries and sockets",
	  "some go with: echo 2 > /proc/sys/vm/drop_caches" },
	{ "pagetable", "page tables of processes",
	  "they go when the processes end" },
	{ "kernel", "other memory that the kernel allocated for itself",
	  "it goes when its user gives it back; with page_owner=on,\n"
	  "/sys/kernel/debug/page_owner tells who that is" },
	{ "reserved", "taken at boot: the kernel, its tables, the firmware's",
	  NULL },
	{ "pinned", "memory of a program that a device reads or writes",
	  "stop the program, or take the device away from it" },
	{ "secret", "memory that the kernel must not copy, of memfd_secret()\n"
	  "or a confidential guest",
	  "stop the program or the guest" },
	{ "hugepage", "huge pages of a size that can not be moved",
	  "shrink their pool in /sys/kernel/mm/hugepages" },
	{ "poisoned", "huge pages with a hardware error in them",
	  "they go when the program that uses them ends" },
	{ "offline", "taken by the driver of a balloon or of virtio-mem",
	  "let the host give the memory back to this machine" },
	{ "cma", "set aside at boot for contiguous allocations",
	  "boot with another cma= on the command line" },
	{ "hole", "addresses that are no memory", NULL },
	{ "zones", "the block is in more than one zone or node",
	  "boot with sizes in kernelcore= or movablecore= that are multiples\n"
	  "of the size of a block" },
};

static const struct remedy unknown = {
	.what = "a kind that this program does not know",
	.how = "the kernel's documentation tells more",
};

static const struct remedy *remedy_for(const char *kind)
{
	size_t i;

	for (i = 0; i < sizeof(remedies) / sizeof(*remedies); i++) {
		if (!strcmp(remedies[i].kind, kind))
			return &remedies[i];
	}
	return &unknown;
}

/* Each line of a text below the first word of the line above. */
static void put_indented(const char *text)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("      %.*s\n", (int)len, text);
	}
}

static void put_blocker(const struct memhp_machine *machine,
			const struct memhp_blocker *blocker)
{
	const struct remedy *remedy = remedy_for(blocker->kind);
	char size[WORD_SIZE];

	memhp_size_text(size, sizeof(size), blocker->pages * machine->page_bytes);
	printf("\n  %s: %llu page%s (%s), the first at pfn 0x%llx\n",
	       blocker->kind, blocker->pages, blocker->pages == 1 ? "" : "s",
	       size, blocker->first_pfn);
	put_indented(remedy->what);
	put_indented(remedy->how ? remedy->how :
		     "nothing can be done: the block stays");
}

static bool stays(const struct memhp_block *block)
{
	unsigned int i;

	for (i = 0; i < block->nr_blockers; i++) {
		if (!remedy_for(block->blockers[i].kind)->how)
			return true;
	}
	return false;
}

static void put_place(const struct memhp_machine *machine,
		      const struct memhp_block *block)
{
	unsigned long long start = memhp_address(machine, block->id);
	char size[WORD_SIZE];

	memhp_size_text(size, sizeof(size), machine->block_bytes);
	printf("memory%u: %s at 0x%llx-0x%llx", block->id, size, start,
	       start + machine->block_bytes - 1);
	if (block->node != NO_NODE)
		printf(", node %d", block->node);
	if (block->state == STATE_ONLINE && block->zones[0])
		printf(", zone %s", block->zones);
	putchar('\n');
}

static void put_use(const struct memhp_block *block)
{
	static const char * const owners[] = {
		[OWNER_UNKNOWN]	= "It is online.",
		[OWNER_HOTPLUG]	= "It is online, for movable memory only (hotplug).",
		[OWNER_PINNED]	= "It is online, for memory of the kernel, too (pinned).",
	};
	char percent[WORD_SIZE];

	fputs(owners[block->owner], stdout);
	if (memhp_use_text(percent, sizeof(percent), &block->use))
		printf(" %s of it is in use.", percent);
	putchar('\n');
}

static void put_request(const struct memhp_block *block, const char *word)
{
	printf("\n      echo %s > " MEMORY_DIR "/memory%u/state\n", word,
	       block->id);
}

static void why_offline(const struct memhp_block *block)
{
	puts("It is offline. Nobody uses it, and nothing holds it. To use it:");
	put_request(block, "online");
	if (block->zones[0])
		printf("\nZones that it can go to: %s.\n", block->zones);
}

static void why_not_held(const struct memhp_block *block)
{
	puts("Nothing is seen that would keep it from going offline:");
	put_request(block, "offline");
	puts("\nIf that fails, somebody holds a page, or a driver objects: see dmesg.");
}

static void why_held(const struct memhp_machine *machine,
		     const struct memhp_block *block)
{
	unsigned int i;

	if (block->source == SOURCE_NONE) {
		puts("It can not go offline now. This kernel does not say why.");
		return;
	}
	if (block->source == SOURCE_FLAGS)
		puts("By their flags, these pages keep it from going offline. Free pages on the\n"
		     "list of a CPU look like the kernel's.");
	else
		puts("It can not go offline now. What holds it:");
	for (i = 0; i < block->nr_blockers; i++)
		put_blocker(machine, &block->blockers[i]);
	if (stays(block))
		return;
	puts("\nWhen that is gone:");
	put_request(block, "offline");
}

/**
 * memhp_why() - say on standard output what holds a block
 * @machine: the machine
 * @block: the block
 */
void memhp_why(const struct memhp_machine *machine,
	       const struct memhp_block *block)
{
	put_place(machine, block);
	switch (block->state) {
	case STATE_OFFLINE:
		why_offline(block);
		return;
	case STATE_GOING_OFFLINE:
		puts("It is going offline now. What lives in it is being moved.");
		return;
	case STATE_OTHER:
		printf("Its state is '%s', which this program does not know.\n",
		       block->state_word);
		return;
	case STATE_ONLINE:
		break;
	}
	put_use(block);
	if (memhp_held(block))
		why_held(machine, block);
	else
		why_not_held(block);
}
