// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Where the owner of a page wants it
 *
 * When the node of a page has no room for it, the page goes where its owner
 * would get memory today: to the nodes of the memory policy of the mapping or
 * of the file, or of the task if those have none; then to others that the cpuset
 * of the task allows. The first owner that is found decides for all who share a
 * page.
 *
 * It is a wish. An owner whose nodes are full, or who is busy changing its
 * mappings, does not keep memory from leaving.
 */

#include <linux/cpuset.h>
#include <linux/mempolicy.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/nodemask.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/rmap.h>
#include <linux/sched/task.h>
#include <linux/shmem_fs.h>

#include "../internal.h"
#include "internal.h"

static void apply_policy(const struct mempolicy *policy, struct mhp_wish *wish)
{
	if (policy->mode != MPOL_DEFAULT && policy->mode != MPOL_LOCAL)
		nodes_and(wish->wanted, wish->wanted, policy->nodes);
}

#ifdef CONFIG_MEMCG
static void apply_task(struct task_struct *task, bool policy,
		       struct mhp_wish *wish)
{
	const nodemask_t allowed = cpuset_mems_allowed(task);

	nodes_and(wish->allowed, wish->allowed, allowed);
	task_lock(task);
	if (policy && task->mempolicy)
		apply_policy(task->mempolicy, wish);
	task_unlock(task);
}

static void apply_owner(struct mm_struct *mm, bool policy,
			struct mhp_wish *wish)
{
	struct task_struct *task;

	rcu_read_lock();
	task = rcu_dereference(mm->owner);
	if (task)
		apply_task(task, policy, wish);
	rcu_read_unlock();
}
#else
/* Nobody knows the tasks of an address space then. */
static void apply_owner(struct mm_struct *mm, bool policy,
			struct mhp_wish *wish)
{
}
#endif

/* Returns false if the file has no policy for the folio. */
static bool apply_file(struct folio *folio, struct mhp_wish *wish)
{
	struct mempolicy *policy = NULL;

#ifdef CONFIG_SHMEM
	if (shmem_mapping(folio->mapping))
		policy = mpol_shared_policy_lookup(&SHMEM_I(folio->mapping->host)->policy,
						   folio->index);
#endif
	if (!policy)
		return false;
	apply_policy(policy, wish);
	mpol_cond_put(policy);
	return true;
}

/* Returns false, to end the walk, if the owner could be asked. */
static bool apply_mapping(struct folio *folio, struct vm_area_struct *vma,
			  unsigned long address, void *wish)
{
	struct mm_struct *mm = vma->vm_mm;

	if (!mmap_read_trylock(mm))
		return true;
	if (vma->vm_policy)
		apply_policy(vma->vm_policy, wish);
	apply_owner(mm, !vma->vm_policy, wish);
	mmap_read_unlock(mm);
	return false;
}

static void apply_any(struct folio *folio, struct mhp_wish *wish)
{
	struct rmap_walk_control walk = {
		.rmap_one = apply_mapping,
		.arg = wish,
		.anon_lock = folio_lock_anon_vma_read,
		.try_lock = true,
	};

	if (folio->mapping && !folio_test_anon(folio) &&
	    apply_file(folio, wish))
		return;
	if (folio_mapped(folio))
		rmap_walk(folio, &walk);
}

/**
 * mhp_ask_owner() - where does the owner of a folio want its memory
 * @folio: the folio, isolated
 * @wish: filled in
 *
 * Waits for no lock of the owner's.
 *
 * Context: Process context, may sleep. Caller holds no lock of a page or a
 * mapping.
 * Return: true if some nodes with memory are better than others.
 */
bool mhp_ask_owner(struct folio *folio, struct mhp_wish *wish)
{
	wish->wanted = node_states[N_MEMORY];
	wish->allowed = node_states[N_MEMORY];
	if (__folio_test_movable(folio) || !folio_trylock(folio))
		return false;
	apply_any(folio, wish);
	folio_unlock(folio);
	nodes_and(wish->wanted, wish->wanted, wish->allowed);
	return !nodes_equal(wish->wanted, node_states[N_MEMORY]);
}
