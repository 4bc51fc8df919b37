// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// libvfio-user's log, as it is and behind what SPDK's target puts before each line.
#include "log_rules.h"

namespace tidemark {
namespace {

constexpr LogRule kVfioUserRules[] = {
    {LogKind::map, "adding DMA region ", "[%F, %E) %*prot=%P"},
    {LogKind::map, "adding DMA region ", "[%F, %E) offset=%*flags=%P"},
    {LogKind::map_result, "mapped DMA region iova=", "[%F, %E)%0"},
    {LogKind::map_result, "failed to add DMA region ", "[%F, %E) %*: %M"},
    {LogKind::unmap, "removing DMA region ", "[%F, %E)"},
    {LogKind::unmap, "removing DMA region ", "iova=[%F, %E)"},
    {LogKind::unmap_result, "failed to remove DMA region ", "[%F, %E)%*: %M"},
    {LogKind::start, "dirty pages: started logging", ""},
    {LogKind::stop, "dirty pages: stopped logging", ""},
    {LogKind::query, "dirty pages: get ", "[%F, %E), %N dirty pages"},
    {LogKind::query_failed, "failed to get dirty page bitmap: ", "%M"},

    {LogKind::irrelevant, "new DMA region ", ""},
    {LogKind::irrelevant, "DMA region size ", ""},
    {LogKind::irrelevant, "hit max regions ", ""},
};

}  // namespace

std::span<const LogRule> vfio_user_rules() { return kVfioUserRules; }

}  // namespace tidemark
