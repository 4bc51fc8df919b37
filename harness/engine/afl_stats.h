// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What an instance of afl-fuzz says of itself in its folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::session {

// Of the file fuzzer_stats, by the names of AFL++ 4.
struct AflStats {
  std::uint64_t corpus_count = 0;                  // inputs
  std::uint64_t edges_found = 0, total_edges = 0;  // places that were reached, of how many
};

// Nothing if one of them is not there, or is no number: what is no such file, or a part of one.
std::optional<AflStats> parse_afl_stats(std::string_view text);

// Is that the name of an input, in queue/, crashes/ or hangs/? README.txt and what begins with a
// dot are none.
bool is_afl_input(std::string_view file_name);
// Of those in queue/, did this instance find it? Others it began with, or has from another one.
bool is_afl_own(std::string_view file_name);

}  // namespace tidemark::session
