// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Text for people and for what reads it: numbers, strings in which nothing means more
// than itself, lists that do not get long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark {

template <typename Number>
std::string decimal(Number value) {
  return std::to_string(value);
}

// "1 run", "2 runs": of a noun that takes an s.
std::string how_many(std::uint64_t count, std::string_view noun);

// "0x2f"
std::string hex(std::uint64_t value);

// How many bytes the first character of `text` (not empty) has; 0 if it begins with no
// UTF-8, or with a control character other than tab, line feed and carriage return.
std::size_t character_length(std::string_view text);

// How many characters have to be put in, left out or replaced to make one of the other. Cost: the
// product of their lengths.
std::size_t edits_between(std::string_view a, std::string_view b);

// Strings from strangers, for a reader each. Any bytes may be given; linear in them.

// A word for a message: in quotes, with everything but printable ASCII as \xNN, and
// cut at 60 bytes.
std::string quote(std::string_view word);
// A path for a message: in quotes, on one line, whole; what is no printable
// character as \xNN, so that no name can steer a terminal or feign a line.
std::string quoted_path(std::string_view path);
// A word for a POSIX shell, which reads these very bytes (but no NUL: no shell does).
std::string shell_word(std::string_view word);
// For HTML and SVG: it can open no element and end no attribute. What is no text
// there becomes U+FFFD.
std::string html_text(std::string_view text);
// A path as a reference of a URI (RFC 3986), which has these very bytes: what is no letter, no
// digit and none of /._-~ as %XX. So a relative one has no colon that could end a scheme.
std::string uri_path(std::string_view path);
// For a comment in C or C++. Printable ASCII that neither ends a comment, be it of a
// block or a line, nor begins one, nor means something else in one; the rest as
// <NN>, and cut at 200 bytes.
std::string comment_text(std::string_view text);
// In double quotes, as C and C++ read it.
std::string string_literal(std::string_view text);

// A list in words that ends in "..." when it gets long.
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
