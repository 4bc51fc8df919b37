// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Groups come and go; with them the page size, the addresses that can be
 * mapped, and who may write unseen.
 */
#include "private.h"

struct group *tidemark_group_find(struct tidemark_container *container, const void *id)
{
	struct group *group;

	lockdep_assert_held(&container->lock);
	list_for_each_entry(group, &container->groups, node) {
		if (group->id == id)
			return group;
	}
	return NULL;
}

void tidemark_group_promote(struct tidemark_container *container, struct group *group)
{
	lockdep_assert_held(&container->lock);
	if (group->pins_only)
		return;
	group->pins_only = true;
	container->nr_unpinned_hardware--;
	/* B12: what it wrote until now is known to nobody. */
	tidemark_tracking_mark_everything(container);
}

/* What all hardware groups support; sizes below a page mean a page (D2). */
static u64 pgsizes_common(struct tidemark_container *container)
{
	const struct group *group;
	u64 pgsizes = ~(u64)0;

	list_for_each_entry(group, &container->groups, node) {
		if (group_is_hardware(group))
			pgsizes &= group->info.pgsizes;
	}
	if (pgsizes & (TIDEMARK_PAGE_BYTES - 1)) {
		pgsizes &= ~(TIDEMARK_PAGE_BYTES - 1);
		pgsizes |= TIDEMARK_PAGE_BYTES;
	}
	return pgsizes;
}

static bool mappings_allowed(struct tidemark_container *container,
			     const struct iova_ranges *allowed)
{
	struct mapping *mapping;

	mappings_for_all(mapping, &container->mappings) {
		if (!tidemark_iova_ranges_allow(allowed, mapping->first, mapping->last))
			return false;
	}
	return true;
}

/* Take mappings back out of the domain of @group, all those before @end. */
static void group_unmap(struct tidemark_container *container, const struct group *group,
			const struct mapping *end)
{
	struct mapping *mapping;

	mappings_for_all(mapping, &container->mappings) {
		if (mapping == end)
			break;
		if (container->nr_hardware > 1)
			tidemark_domain_unshare(mapping, group);
		else
			tidemark_domain_unmap(container, mapping);
	}
}

/* Put every mapping into the domain of @group, which is in the list. */
static int group_map(struct tidemark_container *container, const struct group *group)
{
	struct mapping *mapping;
	int ret;

	mappings_for_all(mapping, &container->mappings) {
		if (container->nr_hardware > 1)
			ret = tidemark_domain_share(container, mapping, group);
		else
			ret = tidemark_domain_map(container, mapping);
		if (ret) {
			group_unmap(container, group, mapping);
			return ret;
		}
	}
	return 0;
}

/* @group is last in the list. 0, or -errno with nothing changed. */
static int attach_hardware(struct tidemark_container *container, struct group *group)
{
	u64 pgsizes = pgsizes_common(container);
	struct iova_ranges allowed;
	int ret;

	if (!pgsizes)
		return -EINVAL;

	ret = tidemark_iova_ranges_make(&allowed, &container->groups);
	if (ret)
		return ret;

	ret = -EINVAL;
	if (!mappings_allowed(container, &allowed))
		goto drop_ranges;

	container->nr_hardware++;
	ret = group_map(container, group);
	if (ret)
		goto uncount;

	tidemark_iova_ranges_drop(&container->iova_ranges);
	container->iova_ranges = allowed;
	container->pgsizes = pgsizes;
	container->nr_unpinned_hardware++;
	return 0;

uncount:
	container->nr_hardware--;
drop_ranges:
	tidemark_iova_ranges_drop(&allowed);
	return ret;
}

static struct group *group_make(const void *id, const struct tidemark_group_info *info)
{
	u32 nr_reserved = info->flags & TIDEMARK_GROUP_HARDWARE ? info->nr_reserved : 0;
	struct group *group;

	group = kzalloc(struct_size(group, reserved, nr_reserved), GFP_KERNEL_ACCOUNT);
	if (!group)
		return NULL;

	group->id = id;
	group->info = *info;
	group->info.nr_reserved = nr_reserved;
	group->info.reserved = group->reserved;
	group->pins_only = !group_is_hardware(group);
	if (nr_reserved)
		memcpy(group->reserved, info->reserved,
		       flex_array_size(group, reserved, nr_reserved));
	return group;
}

int tidemark_group_attach(struct tidemark_container *container, const void *id,
			  const struct tidemark_group_info *info)
{
	struct group *group;
	int ret = -EINVAL;

	mutex_lock(&container->lock);
	if (tidemark_group_find(container, id))
		goto unlock;

	ret = -ENOMEM;
	group = group_make(id, info);
	if (!group)
		goto unlock;

	list_add_tail(&group->node, &container->groups);
	ret = group_is_hardware(group) ? attach_hardware(container, group) : 0;
	if (ret) {
		list_del(&group->node);
		kfree(group);
		goto unlock;
	}
	container->nr_groups++;
unlock:
	mutex_unlock(&container->lock);
	return ret;
}

static void detach_hardware(struct tidemark_container *container, struct group *group)
{
	group_unmap(container, group, NULL);
	container->nr_hardware--;
	if (!group->pins_only) {
		container->nr_unpinned_hardware--;
		tidemark_tracking_mark_everything(container);	/* R6 */
	}
}

void tidemark_group_detach(struct tidemark_container *container, const void *id)
{
	struct group *group;

	mutex_lock(&container->lock);
	group = tidemark_group_find(container, id);
	if (!group)
		goto unlock;

	if (container->nr_groups == 1)
		tidemark_mapping_remove_all(container);
	if (group_is_hardware(group))
		detach_hardware(container, group);
	list_del(&group->node);
	container->nr_groups--;
	if (group_is_hardware(group)) {
		container->pgsizes = pgsizes_common(container);
		tidemark_iova_ranges_refresh(&container->iova_ranges, &container->groups);
	}
	kfree(group);
unlock:
	mutex_unlock(&container->lock);
}
