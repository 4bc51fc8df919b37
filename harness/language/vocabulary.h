// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The words of the text view (program_text.h), shared by printing and parsing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "program.h"
#include "verbs.h"

namespace tidemark::words {

// In the order of the enums.
inline constexpr std::array<std::string_view, 7> kBendNames = {
    "", "argsz=", "flags=", "pgsize=", "bitmap_size=", "bitmap=", "arg="};
inline constexpr std::array<std::string_view, 9> kFaultNames = {"",
                                                                "fail-alloc=",
                                                                "fault=arg-read+",
                                                                "fault=arg-write+",
                                                                "fault=bitmap-read+",
                                                                "fault=bitmap-write+",
                                                                "fault=memory+",
                                                                "fault=iommu+",
                                                                "fault=interrupt+"};
inline constexpr std::array<std::string_view, kInfoFields> kInfoNames = {
    "argsz",           "flags",         "iova_pgsizes",          "cap_offset",
    "migration_flags", "pgsize_bitmap", "max_dirty_bitmap_size", "dma_avail"};
// By their ids; there is none with 0.
inline constexpr std::array<std::string_view, 4> kCapabilityNames = {"", "iova-range", "migration",
                                                                     "dma-avail"};
inline constexpr std::array<std::string_view, 4> kRightsNames = {"none", "r", "w", "rw"};
inline constexpr std::array<std::string_view, 3> kRuleNames = {"exact", "whole", "any"};
inline constexpr std::array<std::string_view, kStores> kStoreNames = {"bitmap", "sparse", "ranges",
                                                                      "pinned"};
inline constexpr std::array<std::string_view, 2> kTypeNames = {"v1", "v2"};

inline constexpr std::string_view kKernelName = "kernel";

struct FlagWord {
  std::string_view word;
  std::uint16_t flag;
};
inline constexpr FlagWord kFlagWords[] = {{"bitmap", kWithBitmap},
                                          {"all", kAll},
                                          {"used-buffer", kUsedBuffer},
                                          {"keep", kKeep},
                                          {"ipc-lock", kIpcLock}};

inline constexpr std::uint16_t kRights = kReadable | kWritable;
inline constexpr std::uint64_t kMax16 = std::numeric_limits<std::uint16_t>::max();
inline constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();

template <typename Enum>
constexpr std::size_t at(Enum value) {
  return static_cast<std::size_t>(value);
}

// The position of `word` in `names`, or their number.
template <typename Names>
std::size_t find_word(const Names& names, std::string_view word) {
  std::size_t i = 0;
  while (i < names.size() && (names[i].empty() || names[i] != word)) ++i;
  return i;
}

inline bool has(unsigned mask, std::size_t bit) { return (mask >> bit & 1) != 0; }

inline bool has_rights(const VerbFields& fields) { return (fields.flags & kRights) != 0; }

}  // namespace tidemark::words
