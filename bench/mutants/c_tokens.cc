// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "c_tokens.h"

#include <algorithm>

namespace tidemark::mutants {
namespace {

// Longer ones first: the first that fits is the token.
constexpr std::string_view kPunctuation[] = {"<<=", ">>=", "...", "->", "++", "--", "<<", ">>",
                                             "<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=",
                                             "*=",  "/=",  "%=",  "&=", "|=", "^=", "##"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view source) : source_(source) {}

  Tokens read() {
    while (at_ < source_.size())
      if (!skipped()) take();
    return std::move(tokens_);
  }

 private:
  bool sees(std::string_view what) const { return source_.substr(at_).starts_with(what); }

  bool skipped() {
    const char c = source_[at_];
    if (c == '\n') line_has_token_ = false;
    if (is_space(c) || sees("\\\n"))
      ++at_;
    else if (sees("/*") || sees("//"))
      skip_comment();
    else if (c == '#' && !line_has_token_)
      skip_directive();
    else
      return false;
    return true;
  }

  void skip_comment() {
    const bool block = source_[at_ + 1] == '*';
    const auto end = source_.find(block ? "*/" : "\n", at_ + 2);
    at_ = end == std::string_view::npos ? source_.size() : end + (block ? 2 : 0);
  }

  // Up to the end of its line; a comment in it may go on for more of them.
  void skip_directive() {
    while (at_ < source_.size() && source_[at_] != '\n') {
      if (sees("\\\n"))
        at_ += 2;
      else if (sees("/*"))
        skip_comment();
      else
        ++at_;
    }
  }

  void take() {
    line_has_token_ = true;
    const char c = source_[at_];
    if (begins_word(c))
      add(TokenKind::word, length_while([](char d) { return begins_word(d) || is_digit(d); }));
    else if (is_digit(c))
      add(TokenKind::number,
          length_while([](char d) { return begins_word(d) || is_digit(d) || d == '.'; }));
    else if (c == '"' || c == '\'')
      add(TokenKind::text, quoted_length(c));
    else
      add(TokenKind::punctuation, punctuation_length());
  }

  std::size_t length_while(bool (*belongs)(char)) const {
    const auto rest = source_.substr(at_);
    return static_cast<std::size_t>(std::ranges::find_if_not(rest, belongs) - rest.begin());
  }

  std::size_t quoted_length(char quote) const {
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote && source_[end] != '\n')
      end += source_[end] == '\\' ? 2 : 1;
    return std::min(end + 1, source_.size()) - at_;
  }

  std::size_t punctuation_length() const {
    for (const std::string_view longer : kPunctuation)
      if (sees(longer)) return longer.size();
    return 1;
  }

  void add(TokenKind kind, std::size_t length) {
    tokens_.push_back({kind, at_, source_.substr(at_, length)});
    at_ += length;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  bool line_has_token_ = false;
  Tokens tokens_;
};

}  // namespace

Tokens c_tokens(std::string_view source) { return Tokenizer(source).read(); }

}  // namespace tidemark::mutants
