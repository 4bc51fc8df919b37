// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// QEMU's trace events from 2.6 on, as its log, syslog and ftrace backends print them and
// as simpletrace.py does ("name=0x1"), and its messages on standard error.
#include "log_rules.h"

namespace tidemark {
namespace {

constexpr LogRule kQemuRules[] = {
    {LogKind::map, "vfio_listener_region_add_ram ", "region_add [ram] %F - %L ["},
    {LogKind::map, "vfio_listener_region_add_ram ", "%*iova_start=%F iova_end=%L "},
    {LogKind::unmap, "vfio_listener_region_del ", "region_del %F - %L"},
    {LogKind::unmap, "vfio_listener_region_del ", "%*start=%F end=%L"},
    {LogKind::map, "vfio_iommu_map_notify ", "iommu MAP @ %F - %L"},
    {LogKind::map, "vfio_iommu_map_notify ", "iommu map @ %F - %L"},
    {LogKind::map, "vfio_iommu_map_notify ", "%*op=MAP iova_start=%F iova_end=%L"},
    {LogKind::unmap, "vfio_iommu_map_notify ", "iommu UNMAP @ %F - %L"},
    {LogKind::unmap, "vfio_iommu_map_notify ", "iommu unmap @ %F - %L"},
    {LogKind::unmap, "vfio_iommu_map_notify ", "%*op=UNMAP iova_start=%F iova_end=%L"},
    {LogKind::unmap_again, "vfio_legacy_dma_unmap_overflow_workaround", ""},
    {LogKind::unmap_again, "vfio_dma_unmap_overflow_workaround", ""},

    {LogKind::map_result, "iommufd_backend_map_dma ", "%*iova=%F size=%S addr=%*readonly=%W (%R)"},
    {LogKind::map_result, "iommufd_backend_map_dma ", "%*iova=%F size=%S %*readonly=%W ret=%R"},
    {LogKind::unmap_result, "iommufd_backend_unmap_dma ", "%*iova=%F size=%S (%R)"},
    {LogKind::unmap_result, "iommufd_backend_unmap_dma ", "%*iova=%F size=%S ret=%R"},

    {LogKind::query, "vfio_get_dirty_bitmap ", "%*iova=%F size= %S %*dirty_pages=%N"},
    {LogKind::query, "vfio_get_dirty_bitmap ", "%*iova=%F size= %S "},
    {LogKind::query, "vfio_container_query_dirty_bitmap ", "%*iova=%F size= %S %*dirty_pages=%N"},
    {LogKind::query_failed, "Failed to get dirty bitmap for iova: ", "%F size: %S err: %R"},
    {LogKind::query_failed, "Failed to get dirty bitmap for iova: ", "%F size: %S: %M"},
    {LogKind::start_failed, "Failed to set dirty tracking flag 0x1", " errno: %R"},
    {LogKind::start_failed, "Failed to set dirty tracking flag 0x1", ": %M"},
    {LogKind::stop_failed, "Failed to set dirty tracking flag 0x2", " errno: %R"},
    {LogKind::stop_failed, "Failed to set dirty tracking flag 0x2", ": %M"},
    {LogKind::device_tracking, "vfio_device_dirty_tracking_start ", ""},
    {LogKind::migration_over, "vfio_save_cleanup ", ""},

    {LogKind::map_result, "vfio_container_dma_map(", "%*, %F, %S, %*) = %R"},
    {LogKind::map_result, "vfio_dma_map(", "%*, %F, %S, %*) = %R"},
    {LogKind::unmap_result, "vfio_container_dma_unmap(", "%*, %F, %S) = %R"},
    {LogKind::unmap_result, "vfio_dma_unmap(", "%*, %F, %S) = %R"},
    {LogKind::map_result, "VFIO_MAP_DMA: ", "%R"},
    {LogKind::map_result, "VFIO_MAP_DMA failed: ", "%M"},
    {LogKind::map_result, "VFIO_MAP_DMA failed: ", "%R"},
    {LogKind::unmap_result, "VFIO_UNMAP_DMA: ", "%R"},
    {LogKind::unmap_result, "VFIO_UNMAP_DMA failed: ", "%M"},
    {LogKind::unmap_result, "VFIO_UNMAP_DMA failed: ", "%R"},
    {LogKind::unmap_result, "VFIO_UNMAP_DMA with DIRTY_BITMAP : ", "%M"},

    {LogKind::attach, "vfio_attach_device ", "%*) group %G"},
    {LogKind::attach, "vfio_attach_device ", "%*group_id=%G"},
    {LogKind::attach, "vfio_realize ", "%*) group %G"},
    {LogKind::attach, "vfio_realize ", "%*group_id=%G"},
    {LogKind::detach, "vfio_detach_device ", "%*) group %G"},
    {LogKind::detach, "vfio_detach_device ", "%*group_id=%G"},
    {LogKind::mediated, "vfio_mdev ", "%*is_mdev 1"},
    {LogKind::mediated, "vfio_mdev ", "%*is_mdev=0x1"},

    {LogKind::not_mapped, "vfio_known_safe_misalignment ", "Region \"%*\" iova=%F"},
    {LogKind::not_mapped, "vfio_known_safe_misalignment ", "%*name=%* iova=%F"},
    {LogKind::not_mapped, "vfio_listener_region_add_no_dma_map ", "Region \"%*\" %F size=%S "},
    {LogKind::not_mapped, "vfio_listener_region_add_no_dma_map ", "%*name=%* iova=%F size=%S"},
    {LogKind::not_mapped, "vfio_listener_region_add_bad_offset_alignment ", "Region \"%*\" @%F,"},
    {LogKind::not_mapped, "received unaligned region ", "%* iova=%F"},
    {LogKind::not_mapped, "can't map guest IOVA region ", "%F..%L"},

    {LogKind::irrelevant, "vfio_listener_region_skip ", ""},
    {LogKind::irrelevant, "vfio_listener_region_add_skip ", ""},
    {LogKind::irrelevant, "vfio_listener_region_del_skip ", ""},
    {LogKind::irrelevant, "vfio_listener_region_add_iommu ", ""},
    {LogKind::irrelevant, "vfio_listener_region_del_iommu ", ""},
    {LogKind::irrelevant, "vfio_iommu_map_dirty_notify ", ""},
    {LogKind::irrelevant, "vfio_device_dirty_tracking_update ", ""},
    {LogKind::irrelevant, "vfio_mdev ", ""},
};

}  // namespace

std::span<const LogRule> qemu_rules() { return kQemuRules; }

}  // namespace tidemark
