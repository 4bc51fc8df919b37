// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A list in words that ends in "..." when it gets long.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tidemark {

class ShortText {
 public:
  explicit ShortText(std::string_view between) : between_(between) {}

  // False, and the list ends, if it is long already.
  bool add(const std::string& item) {
    if (text_.size() > kMost) {
      text_ += " ...";
      return false;
    }
    text_ += text_.empty() ? item : std::string(between_) + item;
    return true;
  }
  // The list, or `nothing` if that is what is in it.
  std::string take(std::string_view nothing) {
    return text_.empty() ? std::string(nothing) : std::move(text_);
  }

 private:
  static constexpr std::size_t kMost = 400;  // characters
  std::string_view between_;
  std::string text_;
};

}  // namespace tidemark
