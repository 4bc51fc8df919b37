// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A recorded call as C: the call itself, what makes it unusual, and what it has
// to leave in memory. For export_c_writer.cc.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "export_record.h"

namespace tidemark {

// The ioctl's struct as the user laid it out.
template <class Argument>
Argument argument_of(const RecordedCall& call) {
  Argument argument;
  std::memcpy(&argument, call.before.data() + ArgumentArea::kGuard, sizeof(argument));
  return argument;
}

// A comment on a line of its own.
std::string note_text(const std::string& text);
// Small numbers as people write them.
std::string number_text(std::uint64_t number);
// "A | B | 0x100"
std::string flags_text(std::uint64_t flags,
                       std::initializer_list<std::pair<std::uint64_t, const char*>> names);

// The words of the smallest bitmap that there is room for.
inline constexpr std::uint64_t kLeastBitmapWords = 8192;
// From the start of the bitmap's area, that a call can store; at most kBitmapWordsMax.
std::uint64_t bitmap_words(const Recorded& recorded);

// What a successful unmap returned.
std::uint64_t unmapped_bytes(const RecordedCall& call);

// An expression; empty if VFIO or the kernel's file layer answers the command.
// For verbs that are ioctls of the container.
std::string user_call(const Recorded& recorded);

// Statements before and after a call.
struct Circumstances {
  std::string before, after;
};
Circumstances circumstances(const Recorded& recorded);

// The page of user memory that cannot be used while it runs, if one matters.
std::optional<std::uint64_t> faulting_page(const Recorded& recorded);

// Statements that check the argument and the bitmap.
std::string output_text(const Recorded& recorded);

}  // namespace tidemark
