// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which fields of an Operation go with which verb; how verbs and totals are called.
#pragma once

#include <cstdint>
#include <string_view>

#include "program.h"

namespace tidemark {

// "map", "unmap", ...
std::string_view name(Verb verb);
// "page-sizes", "pinned-pages", ...
std::string_view name(Total total);

// Which fields a verb uses; the others stay at their defaults. Decided here
// alone: bytes, text and whoever edits operations ask here. Besides these,
// `window_device` goes with a `when` other than now, and `hardware` and `own` with
// attach's kHardware.
struct VerbFields {
  bool device = false;  // `id` is a device (dma: unless kHardware is set)
  bool group = false;   // `id` is a group (dma: if kHardware is set)
  bool address = false;
  bool size = false;
  bool vaddr = false;
  bool number = false;
  bool by = false;             // `process` makes the call
  bool kernel_thread = false;  // so may a thread of the kernel
  bool process = false;        // `process` is what it is about
  std::uint16_t flags = 0;     // of Flag, those that it may have
  std::uint8_t bends = 0;      // bit 1 << Field for each field that can be bent
  std::uint16_t faults = 0;    // bit 1 << FaultKind for each fault that it can have
};
const VerbFields& fields_of(Verb verb);

// Moves bytes, not pages: plain numbers are meant as bytes.
bool is_transfer(Verb verb);
// Counts pages of locked memory.
bool counts_locked(Verb verb);
// Can have a bitmap in the user's memory; has a struct there. Ioctls, both.
bool has_bitmap(Verb verb);
bool has_argument(Verb verb);
// Is about the addresses `address` and `size` give.
bool has_range(Verb verb);
// Returns a value or an error.
bool returns_result(Verb verb);

// Where the operation usually stands: groups, devices, mappings, START, all else.
int usual_place(const Operation& operation);
// Does the operation only set up what any program needs, before START? Attaching
// a hardware group does, but it is worth mentioning.
bool sets_up(const Operation& operation);

inline constexpr std::uint8_t kMaxIndex = 15;     // of Quantity::index
inline constexpr std::uint8_t kMaxHardware = 15;  // of Operation::hardware; decode() gives 0 to 7

}  // namespace tidemark
