// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzer corpora into one that covers the same with as few inputs as possible. The choosing is
// libFuzzer's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tidemark::session {

struct MergeOrder {
  std::filesystem::path target;                // the fuzz target
  std::vector<std::filesystem::path> folders;  // all that is below; *.trace are programs as text
  std::filesystem::path known = "known";       // names that are no failure (dedup.h)
  // Called some times a second with the number of inputs and the places that those reach which
  // were run so far. False: it is enough, and nothing is merged.
  std::function<bool(std::size_t inputs, std::uint64_t coverage)> go_on;
};

struct Merged {
  std::size_t inputs = 0;                     // that there were
  std::vector<std::string> passed_over = {};  // texts that have no byte form, and why
  // Bytes by the name that libFuzzer gives them: those to keep, and those that fail.
  std::map<std::string, std::string> chosen = {}, failing = {};
  std::string problem = {};  // in words, if it came to nothing
};

// Reads the folders, and changes nothing there. Whom the environment names is the subject. Throws
// std::system_error if a file cannot be read, or what libFuzzer writes for itself does not fit.
// Cost: that of running each input some times; memory for those that are kept.
Merged merge_corpora(const MergeOrder& order);

}  // namespace tidemark::session
