// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// DPDK's environment layer, and SPDK's, which maps with it. Their own messages name no
// range but SPDK's registrations, which are of the host's addresses; many people add one
// line before the ioctl that does, and those are read as well.
#include "log_rules.h"

namespace tidemark {
namespace {

constexpr LogRule kDpdkRules[] = {
    {LogKind::map, "Registering VM memory for vtophys translation - ", "%F len:%S"},
    {LogKind::map_result, "Cannot set up DMA mapping, error ", "%R"},
    {LogKind::map_result, "Cannot update DMA mapping, error ", "%R"},
    {LogKind::map_result, "Cannot set up DMA remapping, error ", "%R"},
    {LogKind::map_result, "cannot set up DMA remapping, error ", "%R"},
    {LogKind::map_result, "Memory segment is already mapped", "%e"},
    {LogKind::map_result, "dma_map ", "vaddr: %*, iova: %F, size: %S, ret: 0%0"},
    {LogKind::map_result, "dma_map ", "vaddr: %*, iova: %F, size: %S, ret%*-1%*EEXIST%e"},
    {LogKind::map, "dma_map ", "vaddr: %*, iova: %F, size: %S,"},
    {LogKind::unmap_result, "dma_unmap ", "iova: %F, size: %U, ret: 0%0"},
    {LogKind::unmap_result, "Cannot clear DMA mapping, error ", "%R"},
    {LogKind::unmap_result, "Cannot unmap DMA memory, error ", "%R"},
    {LogKind::unmap_result, "Cannot clear DMA remapping, error ", "%R"},
    {LogKind::unmap_result, "cannot clear DMA remapping, error ", "%R"},
    {LogKind::unmap_result, "Unexpected size ", "%U of DMA remapping cleared instead of %D"},
    {LogKind::unmap_result, "unexpected size ", "%U of DMA remapping cleared instead of %D"},
    {LogKind::container_type, "using IOMMU type ", "%G"},
    {LogKind::container_type, "Using IOMMU type ", "%G"},
    {LogKind::irrelevant, "DMA remapping failed, error ", ""},
};

}  // namespace

std::span<const LogRule> dpdk_rules() { return kDpdkRules; }

}  // namespace tidemark
