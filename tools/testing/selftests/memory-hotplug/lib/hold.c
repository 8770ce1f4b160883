// SPDX-License-Identifier: GPL-2.0
/*
 * DOC: pages that stand in the way
 *
 * The module mhp_pages takes pages of any kind out of a memory block.
 */
#include <stdio.h>

#include "mhp.h"

/**
 * take_page() - take a page in a block, and keep it
 * @kind: kernel, slab or offline
 * @block: the block, online and on a node of its own
 *
 * Return: 0 or -errno.
 */
int take_page(const char *kind, unsigned int block)
{
	char request[TEXT_MAX];

	snprintf(request, sizeof(request), "%s 0x%lx 0x%lx", kind,
		 block_pfn(block), block_pages());
	return put_text(request, PAGES_DIR "/hold");
}

/**
 * release_pages() - give back every page that is held
 *
 * Return: 0 or -errno.
 */
int release_pages(void)
{
	return put_text("all", PAGES_DIR "/release");
}

/**
 * held_pfn() - where the page is that was taken
 *
 * Return: the first page frame of what is held, the first that was taken if
 * there are several; 0 if nothing is.
 */
unsigned long held_pfn(void)
{
	char text[TEXT_MAX], kind[16];
	unsigned long pfn;

	if (get_text(text, sizeof(text), PAGES_DIR "/hold") <= 0 ||
	    sscanf(text, "%15s %lx", kind, &pfn) != 2)
		return 0;
	return pfn;
}
