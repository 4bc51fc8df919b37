// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What lines of logs look like, as tables, one for each project that writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

enum class LogKind : std::uint8_t {
  map,              // a range is mapped; what came of it is said later, or never
  map_result,       // of the range that it names, or else of the last one mapped
  unmap,            // a range is unmapped
  unmap_result,     // in the same way
  query,            // dirty pages of a range were asked for; how many there were
  query_failed,     // with an error
  start,            // tracking begins
  stop,             // it ends
  start_failed,     // with an error
  stop_failed,      // with an error
  attach,           // a device, of a group that has a number
  detach,           // a device, of a group that has a number
  mediated,         // a device behind no IOMMU of its own
  container_type,   // by VFIO's number
  device_tracking,  // from here on devices are asked what is dirty, and not the container
  migration_over,   // so is tracking
  not_mapped,       // a range that should have been mapped, for which VFIO was not called
  unmap_again,      // the last unmap had EINVAL, and comes again, a page shorter
  irrelevant,       // known, and no call of VFIO's
};

// What a line says. A rule's pattern tells which of these are there.
struct LogFields {
  std::uint64_t first = 0, size = 0;           // bytes; size 0: none
  bool has_range = false;                      // `first` was there
  bool whole_space = false;                    // the range is all of the 2^64 bytes; `size` is 0
  std::optional<std::uint64_t> count = {};     // of dirty pages
  std::optional<std::int64_t> result = {};     // 0 or -errno
  std::optional<std::uint64_t> unmapped = {};  // bytes
  std::optional<unsigned> rights = {};         // bit 0: read, bit 1: write
  std::uint64_t number = 0;                    // of a group, of a container's type
};

// A line has `anchor` where a word begins, and behind it what `pattern` says. In that a space
// stands for any blanks or none, all else for itself, but for:
//   %F %L %E %S  the range's first byte, its last, the one behind it, its size: hexadecimal,
//                0x or not; (nil) is 0
//   %D %U        its size, and how much of it was unmapped: decimal
//   %N           how many pages were dirty
//   %R %M        an error's number, or 0, with any sign; its text, as strerror() has it
//   %P %W        rights, bit 0 to read and bit 1 to write; 1 if only to read
//   %0 %e        no text: the result is 0, or -EEXIST
//   %G           another number
//   %*           any text, as short as can be
struct LogRule {
  LogKind kind;
  std::string_view anchor;
  std::string_view pattern;
};

// Who writes such lines.
enum class LogWriter : std::uint8_t { qemu, vfio_user, dpdk };
inline constexpr std::size_t kLogWriters = 3;

struct LogFormat {
  LogWriter writer;
  std::string_view name;
  std::span<const LogRule> rules;  // of those that fit in one place the first counts
};

std::span<const LogRule> qemu_rules();
std::span<const LogRule> vfio_user_rules();
std::span<const LogRule> dpdk_rules();
std::span<const LogFormat> log_formats();

// What was found in a line.
struct LogEvent {
  LogKind kind = LogKind::irrelevant;
  LogWriter writer = LogWriter::qemu;
  LogFields fields;
  std::string time;  // as in the log: digits and what stands between them
};

// Takes the first event off the front of `line`, and all before it.
std::optional<LogEvent> take_event(std::string_view& line);

}  // namespace tidemark
