// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program for an IOMMU's page table and its dirty marks: a value, as text and as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::iommufd {

inline constexpr std::uint64_t kPage = 4096;  // bytes
inline constexpr std::size_t kMostOperations = 20;

// The last byte of a range of so many bytes, which is one at least and does not wrap.
inline std::uint64_t last_of(std::uint64_t first, std::uint64_t bytes) { return first + bytes - 1; }

enum class Verb : std::uint8_t { map, unmap, write, track, query };
inline constexpr std::size_t kVerbs = 5;

// Where another verb has no use for a field, it is what it is here.
struct Operation {
  Verb verb = Verb::map;
  std::uint64_t iova = 0, bytes = 0;
  // map: whether the device may write; host memory is in runs of `run_bytes`, a power of two from
  // a page on, or in one (0); the mapping begins `run_offset` bytes into the first, whole pages.
  bool writable = true;
  std::uint64_t run_bytes = 0, run_offset = 0;
  bool on = true;  // track
  // query: a bit is for so many bytes; the bitmap begins at this byte of the user's memory; that
  // page of it, the one in which it begins being 0, cannot be pinned (none: -1).
  std::uint64_t page_bytes = kPage, at = 0;
  bool no_clear = false;
  int missing = -1;

  bool operator==(const Operation&) const = default;
};

inline constexpr std::string_view kFormats[] = {"amd-v1", "vtd-ss"};

struct Program {
  std::size_t format = 0;  // in kFormats
  std::vector<Operation> operations;

  bool operator==(const Program&) const = default;
};

// What is no program, with the line.
struct BadProgram : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// "4K", "2M", "0x1000", "12"; multiples of K, M, G, T or P where that is shorter.
std::string size_text(std::uint64_t bytes);
std::string print(const Operation& operation);
std::string print(const Program& program);
// Throws BadProgram. A '#' begins a comment; "table FORMAT" is the first line.
Program parse(std::string_view text);

// A byte for the format, then kRecordBytes an operation. Every byte string is a program: what is
// no value is brought into its range, and what is behind kMostOperations is left out.
inline constexpr std::size_t kRecordBytes = 40;
inline constexpr std::size_t kMostBytes = 1 + kMostOperations * kRecordBytes;
Program decode(std::span<const std::uint8_t> bytes);
// Exact for what decode() gives.
std::vector<std::uint8_t> encode(const Program& program);
// With what decode() would make of the values.
Operation in_range(Operation operation);

}  // namespace tidemark::iommufd
