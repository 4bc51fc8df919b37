// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "hardware_kinds.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr HardwareKind::Range kMsi = {0xfee00000, 0xfeefffff};

constexpr std::array<HardwareKind, kHardwareKinds> kKinds = {{
    {0x40201000, true, {0, kAll}, {}, 0},                              // 4 KiB, 2 MiB, 1 GiB
    {~std::uint64_t{0xfff}, false, {0, kAll}, {kMsi}, 1},              // any power of two
    {0x20010000, true, {0, kAll}, {}, 0},                              // 64 KiB, 512 MiB
    {0x40200000, true, {0, kAll}, {}, 0},                              // 2 MiB, 1 GiB
    {0x40206000, true, {0, kAll}, {}, 0},                              // 8, 16 KiB, 2 MiB, 1 GiB
    {0x40201000, true, {0, (std::uint64_t{1} << 39) - 1}, {kMsi}, 1},  // 39 bits of address
    {0x10400, false, {0, kAll}, {}, 0},                                // 1 KiB (as 4), 64 KiB
    // 16, 64 KiB, 2 MiB, between 64 KiB and 2^48, with two holes
    {0x214000,
     true,
     {0x10000, (std::uint64_t{1} << 48) - 1},
     {HardwareKind::Range{0x100000, 0x1fffff}, kMsi},
     2},
}};

}  // namespace

const HardwareKind& hardware_kind(unsigned number) { return kKinds[number % kHardwareKinds]; }

}  // namespace tidemark
