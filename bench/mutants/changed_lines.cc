// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "changed_lines.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "files.h"
#include "subprocess.h"
#include "text.h"

namespace tidemark::mutants {
namespace {

constexpr unsigned kGitSeconds = 60;

// Takes `what` off the front of `text`; false if it does not begin so.
bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return number;
}

struct Range {
  std::size_t first = 0, count = 1;
};

std::optional<Range> take_range(std::string_view& text) {
  Range range;
  const auto first = take_number(text);
  if (!first) return std::nullopt;
  range.first = *first;
  if (!take(text, ",")) return range;
  const auto count = take_number(text);
  if (!count) return std::nullopt;
  range.count = *count;
  return range;
}

class DiffReader {
 public:
  explicit DiffReader(std::string_view diff) : rest_(diff) {}

  ChangedLines read() {
    while (!rest_.empty()) {
      std::string_view line = take_line();
      if (take(line, "+++ "))
        file_ = file_in_impl(line);
      else if (line.starts_with("@@ "))
        read_hunk(line);
    }
    return std::move(changed_);
  }

 private:
  std::string_view take_line() {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  static std::string file_in_impl(std::string_view path) {
    path = path.substr(0, path.find('\t'));
    if (!take(path, "b/impl/") || path.find('/') != std::string_view::npos) return {};
    return std::string(path);
  }

  [[noreturn]] static void complain(std::string_view line) {
    throw std::invalid_argument("not a diff: " + quote(line));
  }

  // "@@ -1,2 +3,4 @@ ..." and the lines of both sides.
  void read_hunk(const std::string_view head) {
    std::string_view text = head;
    if (!take(text, "@@ -")) complain(head);
    const auto before = take_range(text);
    if (!before || !take(text, " +")) complain(head);
    const auto after = take_range(text);
    if (!after || !take(text, " @@")) complain(head);
    std::size_t gone = before->count, left = after->count, line = after->first;
    while (gone || left) {
      if (rest_.empty()) complain(head);
      const std::string_view body = take_line();
      const char sign = body.empty() ? ' ' : body[0];  // editors strip a blank at the end
      if (sign == '\\') continue;                      // no newline at the end
      const bool was = sign == ' ' || sign == '-', is = sign == ' ' || sign == '+';
      if ((!was && !is) || (was && !gone) || (is && !left)) complain(head);
      if (sign == '+' && !file_.empty()) changed_[file_].insert(line);
      gone -= was;
      left -= is;
      line += is;
    }
  }

  std::string_view rest_;
  std::string file_;  // in impl/, or nothing
  ChangedLines changed_;
};

}  // namespace

ChangedLines read_diff(std::string_view diff) { return DiffReader(diff).read(); }

ChangedLines changed_since(const std::filesystem::path& root, const std::string& revision) {
  // What a user has configured must not change the form. In a file, as only the
  // beginning of what a program says is kept.
  const TemporaryFolder folder;
  const auto file = folder.path / "diff";
  const Ending ending =
      run_program({"git", "-C", root, "diff", "--output=" + file.string(), "--no-ext-diff",
                   "--no-textconv", "--no-color", "--no-renames", "--src-prefix=a/",
                   "--dst-prefix=b/", "-U0", "--end-of-options", revision, "--", "impl"},
                  kGitSeconds);
  if (!ending.fine)
    throw std::invalid_argument("git cannot compare with " + quote(revision) + ":\n" + ending.said);
  return read_diff(read_file(file));
}

}  // namespace tidemark::mutants
