// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * iommufd's core, as it is, and what drives it: one IO address space with one domain. What
 * drivers/iommu/iommufd/pages.c is for, host memory, is here: runs that the harness chooses.
 */
#include "io_pagetable.c"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "inside.h"

/* Looks at a table, far more than any call takes that ends: the harness maps few entries. */
#define MOST_STEPS 4000

struct iommufd_table {
	struct io_pagetable iopt;
	struct hardware hardware;
	const struct iommufd_driver *driver;
	struct iommu_domain *domain;
	/* Of the mapping that is being made. */
	u64 run_bytes, run_offset;
};

static struct iommufd_table *now; /* the only one there is */
static jmp_buf outside;
static struct iommufd_end end;
static const char *warning;
static unsigned long steps;
/* Of the call that runs; none: negative. */
static volatile sig_atomic_t ticks = -1;

/* --- What ends a call --- */

void iommufd_stop(const char *what, const char *where)
{
	ticks = -1;
	end = (struct iommufd_end){what, where};
	longjmp(outside, 1);
}

void iommufd_step(const char *where)
{
	if (++steps > MOST_STEPS)
		iommufd_stop("hang", where);
}

void iommufd_peer_bug(const char *function)
{
	iommufd_stop("bug", function);
}

void iommufd_peer_warn(const char *function)
{
	warning = function;
}

static struct iommufd_end core_ended(void)
{
	return end;
}

static const char *core_warned(void)
{
	const char *was = warning;

	warning = NULL;
	return was;
}

/*
 * For loops in which nothing counts: a call that takes four ticks of a quarter of a second of the
 * processor does not come to an end. A handler may leave by a jump, as the kernel's code holds
 * nothing of this process's, but for an allocation, which takes no time.
 */
static void tick(int signal)
{
	(void)signal;
	if (ticks >= 0 && ++ticks > 4)
		iommufd_stop("hang", "a loop");
}

static void begin_ticking(void)
{
	const struct itimerval quarter = {{0, 250000}, {0, 250000}};
	const struct sigaction action = {.sa_handler = tick, .sa_flags = SA_NODEFER | SA_RESTART};

	sigaction(SIGVTALRM, &action, NULL);
	setitimer(ITIMER_VIRTUAL, &quarter, NULL);
}

/* What a call returns that did not: nobody asks for it. */
#define GUARDED(call)                                  \
	({                                             \
		int result = -EIO;                     \
		steps = 0;                             \
		if (!setjmp(outside)) {                \
			ticks = 0;                     \
			result = (call);               \
			ticks = -1;                    \
		}                                      \
		result;                                \
	})

/* --- Host memory, in the place of pages.c --- */

/*
 * Runs are apart: the n-th lies at n times twice its size. Memory in one run has the iova's own
 * alignment, and leaves room for what is behind it below 2^52.
 */
static u64 run_phys(const struct iommufd_table *table, u64 n, u64 iova)
{
	if (!table->run_bytes)
		return (1ull << 50) + (iova & ((1ull << 50) - 1));
	return (1ull << 40) + 2 * n * table->run_bytes;
}

int iopt_area_fill_domains(struct iopt_area *area, struct iopt_pages *pages)
{
	struct iommufd_table *table = now;
	const int prot = IOMMU_CACHE | area->iommu_prot;
	u64 iova = iopt_area_iova(area), left = iopt_area_length(area), skip = table->run_offset;
	struct iommu_iotlb_gather gather;

	(void)pages;
	for (u64 n = 0; left; ++n) {
		const u64 bytes = table->run_bytes ? min(left, table->run_bytes - skip) : left;
		const int error = table->driver->map(table->domain, iova,
						     run_phys(table, n, iova) + skip, bytes, prot);

		if (error) {
			const u64 done = iova - iopt_area_iova(area);

			iommu_iotlb_gather_init(&gather);
			if (done)
				table->driver->unmap(table->domain, iopt_area_iova(area), done,
						     &gather);
			iommu_iotlb_sync(table->domain, &gather);
			return error;
		}
		iova += bytes;
		left -= bytes;
		skip = 0;
	}
	return 0;
}

void iopt_area_unfill_domains(struct iopt_area *area, struct iopt_pages *pages)
{
	struct iommufd_table *table = now;
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	(void)pages;
	iommu_iotlb_gather_init(&gather);
	unmapped = table->driver->unmap(table->domain, iopt_area_iova(area),
					iopt_area_length(area), &gather);
	iommu_iotlb_sync(table->domain, &gather);
	WARN_ON(unmapped != iopt_area_length(area));
}

void iopt_release_pages(struct kref *kref)
{
	kfree(container_of(kref, struct iopt_pages, kref));
}

/* --- Calls --- */

static int map_pages(struct iommufd_table *table, const struct iommufd_map *map)
{
	struct iopt_pages *pages = kzalloc(sizeof(*pages), GFP_KERNEL);
	struct iopt_pages_list *element = kzalloc(sizeof(*element), GFP_KERNEL);
	unsigned long iova = map->first;
	LIST_HEAD(list);
	int error;

	kref_init(&pages->kref);
	pages->npages = DIV_ROUND_UP(map->bytes, PAGE_SIZE);
	pages->writable = map->writable;
	element->pages = pages;
	element->length = map->bytes;
	list_add(&element->next, &list);
	table->run_bytes = map->run_bytes;
	table->run_offset = map->run_offset;
	error = iopt_map_pages(&table->iopt, &list, map->bytes, &iova,
			       IOMMU_READ | (map->writable ? IOMMU_WRITE : 0), 0);
	iopt_free_pages_list(&list);
	return error;
}

static int core_map(struct iommufd_table *table, const struct iommufd_map *map)
{
	return GUARDED(map_pages(table, map));
}

static int unmap_range(struct iommufd_table *table, u64 first, u64 bytes)
{
	unsigned long unmapped = 0;
	const int error = iopt_unmap_iova(&table->iopt, first, bytes, &unmapped);

	/* As the ioctl. */
	return error ? error : unmapped ? 0 : -ENOENT;
}

static int core_unmap(struct iommufd_table *table, uint64_t first, uint64_t bytes)
{
	return GUARDED(unmap_range(table, first, bytes));
}

static int core_track(struct iommufd_table *table, bool on)
{
	return GUARDED(iopt_set_dirty_tracking(&table->iopt, table->domain, on));
}

static int core_query(struct iommufd_table *table, const struct iommufd_query *query)
{
	struct iommu_hwpt_get_dirty_bitmap bitmap = {
		.size = sizeof(bitmap),
		.iova = query->first,
		.length = query->bytes,
		.page_size = query->page_bytes,
		.data = (uintptr_t)iommufd_memory_user() + query->data,
	};
	const unsigned long flags = query->no_clear ? IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR : 0;

	iommufd_memory_missing(query->missing);
	return GUARDED(iopt_read_and_clear_dirty_data(&table->iopt, table->domain, flags, &bitmap));
}

static bool core_write(struct iommufd_table *table, uint64_t iova)
{
	unsigned int levels;
	void *top;

	table->driver->root(table->domain, &top, &levels);
	return hardware_write(&table->hardware, top, levels, iova);
}

static size_t core_look(struct iommufd_table *table, uint64_t iova, uint64_t last,
			struct iommufd_entry *entries, size_t most)
{
	unsigned int levels;
	void *top;

	table->driver->root(table->domain, &top, &levels);
	return hardware_look(&table->hardware, top, levels, iova, last, entries, most);
}

static struct iommufd_table *core_open(size_t format)
{
	struct iommufd_table *table;

	iommufd_memory_begin();
	end = (struct iommufd_end){};
	warning = NULL;
	steps = 0;
	if (setjmp(outside))
		return NULL;
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	now = table;
	table->driver = iommufd_drivers[format];
	table->hardware.format = table->driver->walk;
	table->domain = table->driver->alloc(&table->hardware);
	iopt_init_table(&table->iopt);
	if (iopt_table_add_domain(&table->iopt, table->domain))
		iommufd_stop("bug", __func__);
	return table;
}

static void take_down(struct iommufd_table *table)
{
	unsigned long unmapped;

	iopt_unmap_all(&table->iopt, &unmapped);
	iopt_table_remove_domain(&table->iopt, table->domain);
	iopt_destroy_table(&table->iopt);
	table->driver->free(table->domain);
	kfree(table);
}

static size_t core_close(struct iommufd_table *table)
{
	(void)GUARDED((take_down(table), 0));
	return iommufd_memory_left();
}

static void core_abandon(struct iommufd_table *table)
{
	(void)table;
	iommufd_memory_begin();
}

static struct iommufd_format formats[4];
struct iommufd_kernel iommufd_kernel __attribute__((visibility("default"))) = {
	.abi = IOMMUFD_KERNEL_ABI,
	.formats = formats,
	.open = core_open,
	.close = core_close,
	.abandon = core_abandon,
	.ended = core_ended,
	.warned = core_warned,
	.map = core_map,
	.unmap = core_unmap,
	.track = core_track,
	.query = core_query,
	.write = core_write,
	.look = core_look,
	.user = iommufd_memory_user,
	.touched = iommufd_memory_touched,
	.forget = iommufd_memory_forget,
};

/* What the domains of each format say of themselves. */
__attribute__((constructor)) static void ask_formats(void)
{
	begin_ticking();
	for (size_t i = 0; i < iommufd_nr_drivers && i < ARRAY_SIZE(formats); ++i) {
		struct iommufd_table *table = core_open(i);

		formats[i] = (struct iommufd_format){iommufd_drivers[i]->name,
						     table->domain->pgsize_bitmap,
						     table->domain->geometry.aperture_end};
		core_close(table);
		++iommufd_kernel.nr_formats;
	}
}
