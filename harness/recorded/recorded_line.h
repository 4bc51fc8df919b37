// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A line of the recorder's log, as docs/recorder.md has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "program.h"

namespace tidemark {

enum class RecordedVerb : std::uint8_t {
  api_version,
  extension,
  set_iommu,
  info,
  map,
  unmap,
  dirty,
  ioctl,
  join,
  leave,
  close,
};

// A process, or another program in its place, from here on.
struct RecordBegins {
  std::uint64_t version = 0;
  std::uint64_t process = 0;
};
inline constexpr std::uint64_t kRecordVersion = 1;

struct RecordedLine {
  std::string_view time;  // as it stands there
  std::uint64_t begin_ns = 0, taken_ns = 0;
  std::uint64_t process = 0, thread = 0, number = 0;
  std::string_view object;  // "c4242.1", "g31"
  RecordedVerb verb = RecordedVerb::close;
  std::uint64_t argument = 0;        // of extension, set-iommu and ioctl
  std::string_view container, kind;  // of join
  bool readable = true;              // the argument; if not, none of these is there
  std::uint64_t argsz = 0, flags = 0, vaddr = 0, iova = 0, size = 0;
  bool vaddr_is_iova = false, vaddr_wraps = false, bitmap_in_kernel = false;
  bool has_bitmap = false;  // and so these
  std::uint64_t pgsize = 0, bitmap_size = 0;

  std::int64_t result = 0;                     // or -errno
  std::optional<std::uint64_t> unmapped = {};  // bytes
  std::string bytes = {};                      // of GET_INFO's struct
  // Stored, of a bitmap: nothing if that is not known. If it was used before, it is no more
  // than which bits came; `more` words are left out.
  std::optional<WordRuns> words = {};
  bool used = false;
  std::uint64_t more = 0;
};

// What is in a line, whose text it refers to; nothing if it is none of the recorder's, or has not
// all that it should have.
std::optional<std::variant<RecordBegins, RecordedLine>> recorded_line(std::string_view text);

}  // namespace tidemark
