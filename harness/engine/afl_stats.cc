// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "afl_stats.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tidemark::session {
namespace {

// "edges_found       : 512"
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    // Of a file that is being written, the last line may be a part.
    if (line.size() == text.size()) return std::nullopt;
    text.remove_prefix(line.size() + 1);
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.starts_with(": ")) continue;
    line.remove_prefix(2);
    std::uint64_t value = 0;
    const char *const begin = &*line.begin(), *const end = begin + line.size();
    const auto [at, error] = std::from_chars(begin, end, value);
    if (error != std::errc() || at != end) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<AflStats> parse_afl_stats(std::string_view text) {
  const auto corpus = value_of(text, "corpus_count");
  const auto found = value_of(text, "edges_found"), total = value_of(text, "total_edges");
  if (!corpus || !found || !total) return std::nullopt;
  return AflStats{.corpus_count = *corpus, .edges_found = *found, .total_edges = *total};
}

bool is_afl_input(std::string_view file_name) { return file_name.starts_with("id:"); }

bool is_afl_own(std::string_view file_name) {
  return is_afl_input(file_name) && file_name.find(",orig:") == file_name.npos &&
         file_name.find(",sync:") == file_name.npos;
}

}  // namespace tidemark::session
