/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __MM_MEMORY_HOTPLUG_USER_PAGE_H
#define __MM_MEMORY_HOTPLUG_USER_PAGE_H

/* What a look at a page without a lock tells of its user. */

#include <linux/mm.h>

/**
 * page_is_for_user() - does a page in use belong to user space
 * @page: the page
 *
 * If it does, it can be moved. Seen without a lock. Its list may be missing
 * while it is on its way from one to another, and its mapping after it was cut
 * off from its file. Only the first page of a compound page has a mapping, the
 * others poison. What is being read is locked, and from swap has no mapping
 * yet. The kernel's own pages that user space may map can have the mapping of a
 * file, but nobody reads them from there.
 *
 * Context: Any context.
 * Return: true if it does, as far as the page tells.
 */
static inline bool page_is_for_user(const struct page *page)
{
	const struct folio *folio = page_folio(page);
	/* It may be freed meanwhile, and allocated as a part of another one. */
	const unsigned long flags = READ_ONCE(folio->flags);

	if (PageLRU(page))
		return true;
	if (page_has_type(&folio->page))
		return false;
	return flags & BIT(PG_uptodate) ||
	       (flags & BIT(PG_locked) &&
		(folio->mapping || flags & BIT(PG_swapbacked)));
}

#endif /* __MM_MEMORY_HOTPLUG_USER_PAGE_H */
