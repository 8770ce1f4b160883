/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fallback policies let an allocation do: for KUnit and for the build
 * in user space.
 */
#ifndef __MM_MEMORY_HOTPLUG_TESTS_OWNER_CASES_H
#define __MM_MEMORY_HOTPLUG_TESTS_OWNER_CASES_H

/* A zone of policy_cases has as many free pages in hotplug blocks. */
#define POLICY_FREE	24

/**
 * struct policy_case - an allocation of kernel memory, and what it may do
 * @fallback: the policy
 * @hotplug: the zone has hotplug blocks
 * @claimable: some of them were not meant to leave
 * @alloc_flags: flags of the allocation
 * @may_claim: may it claim a block
 * @usable: do free pages in hotplug blocks count for its watermark
 */
struct policy_case {
	enum owner_fallback fallback;
	bool hotplug;
	bool claimable;
	unsigned int alloc_flags;
	bool may_claim;
	bool usable;
};

static const struct policy_case policy_cases[] = {
	/* At once: whoever comes */
	{ OWNER_CLAIM, true, true, 0, true, true },
	{ OWNER_CLAIM, true, false, 0, true, true },
	{ OWNER_CLAIM, true, false, ALLOC_NON_BLOCK, true, true },
	{ OWNER_CLAIM, false, false, 0, false, false },

	/* After reclaim: who can not reclaim, and who has done so */
	{ OWNER_RECLAIM, true, true, 0, false, false },
	{ OWNER_RECLAIM, true, true, ALLOC_KSWAPD, false, false },
	{ OWNER_RECLAIM, true, true, ALLOC_NON_BLOCK, true, true },
	{ OWNER_RECLAIM, true, true, ALLOC_OOM, true, true },
	{ OWNER_RECLAIM, true, true, ALLOC_NO_WATERMARKS, true, true },
	{ OWNER_RECLAIM, true, true, ALLOC_CLAIM, true, true },
	{ OWNER_RECLAIM, false, false, ALLOC_CLAIM, false, true },

	/* Never what was meant to leave, however urgent it is */
	{ OWNER_STRICT, true, true, 0, false, false },
	{ OWNER_STRICT, true, true, ALLOC_NON_BLOCK, true, true },
	{ OWNER_STRICT, true, true, ALLOC_CLAIM, true, true },
	{ OWNER_STRICT, true, false, 0, false, false },
	{ OWNER_STRICT, true, false, ALLOC_NON_BLOCK, false, false },
	{ OWNER_STRICT, true, false, ALLOC_OOM, false, false },

	/* Movable memory need not claim what it may use */
	{ OWNER_RECLAIM, true, true, ALLOC_CMA, false, true },
	{ OWNER_STRICT, true, false, ALLOC_CMA, false, true },
};

/* Writes what the case says about the blocks into @zone. */
static void policy_case_set(const struct policy_case *c, struct zone *zone)
{
	const unsigned long pages = 1UL << MAX_PAGE_ORDER;

	zone->nr_hotplug = c->hotplug ? pages : 0;
	zone->nr_claimable = c->claimable ? pages : 0;
	zone->nr_free_hotplug = c->hotplug ? POLICY_FREE : 0;
}

/* What is written to the parameter, and what is read from it then */
static const struct {
	const char *word;
	int error;
	const char *reads;
} fallback_cases[] = {
	{ "strict", 0, "strict\n" },
	{ "reclaim\n", 0, "reclaim\n" },
	{ "claim", 0, "claim\n" },
	{ "", -EINVAL, "claim\n" },
	{ "claims", -EINVAL, "claim\n" },
	{ "Strict", -EINVAL, "claim\n" },
	{ "2", -EINVAL, "claim\n" },
};

#endif /* __MM_MEMORY_HOTPLUG_TESTS_OWNER_CASES_H */
