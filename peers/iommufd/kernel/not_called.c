// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What io_pagetable.c names for what is not done here: files and DMA buffers as memory, access by
 * the kernel, domains that come when there are mappings. Never called; if so, seen.
 */
_Noreturn void iommufd_stop(const char *what, const char *where);

#define NOT_CALLED(name)                        \
	void name(void);                        \
	void name(void)                         \
	{                                       \
		iommufd_stop("bug", __func__); \
	}

NOT_CALLED(dma_buf_get)
NOT_CALLED(dma_buf_put)
NOT_CALLED(fget)
NOT_CALLED(fput)
NOT_CALLED(interval_tree_double_span_iter_first)
NOT_CALLED(interval_tree_double_span_iter_next)
NOT_CALLED(iommu_get_resv_regions)
NOT_CALLED(iommu_put_resv_regions)
NOT_CALLED(iommufd_access_notify_unmap)
NOT_CALLED(iopt_alloc_dmabuf_pages)
NOT_CALLED(iopt_alloc_file_pages)
NOT_CALLED(iopt_alloc_pages)
NOT_CALLED(iopt_alloc_user_pages)
NOT_CALLED(iopt_area_fill_domain)
NOT_CALLED(iopt_area_unfill_domain)
NOT_CALLED(iopt_area_unmap_domain)
NOT_CALLED(iopt_dmabuf_track_all_domains)
NOT_CALLED(iopt_dmabuf_track_domain)
NOT_CALLED(iopt_dmabuf_untrack_all_domains)
NOT_CALLED(iopt_dmabuf_untrack_domain)
NOT_CALLED(xa_alloc)
