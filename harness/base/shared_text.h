// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A text that a child process hands to its parent, in memory that both have.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "check.h"
#include "shared_memory.h"

namespace tidemark {

class SharedText {
 public:
  // In the child, once. A text of more than 64 MiB is a failed check.
  void become(const std::string& text) {
    check(text.size() <= sizeof(memory_->bytes), "shared-text.too-long");
    std::ranges::copy(text, memory_->bytes);
    memory_->size = text.size();
    memory_->is_whole = true;
  }
  // In the parent, once the child has ended; nothing if it did not get to say it.
  std::optional<std::string> text() const {
    if (!memory_->is_whole) return std::nullopt;
    return std::string(memory_->bytes, memory_->size);
  }

 private:
  struct Memory {
    std::size_t size;
    bool is_whole;
    char bytes[std::size_t{64} << 20];
  };
  Shared<Memory> memory_;
};

}  // namespace tidemark
