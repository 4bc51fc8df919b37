// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// AFL++ as the engine of a session: what its instances are called with, and what they leave in
// their folders, which is put where libFuzzer's processes put it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "afl_stats.h"

namespace tidemark::session {

struct AflInstance {
  std::filesystem::path target;   // that AFL++'s compiler has made
  std::filesystem::path mutator;  // the library of fuzz/afl_mutator.h
  std::size_t number = 0, of = 1;
  double seconds = 1;    // after which it ends by itself
  unsigned timeout = 0;  // seconds after which a program hangs
  // For a bench: its random seed; it ends on the first crash, or after about so many programs.
  std::optional<unsigned> seed = {};
  std::optional<std::uint64_t> programs = {};
};

// All instances of a session. Those of one folder share what they find.
class Afl {
 public:
  // `work` is the session's folder. What instances find goes to `corpus`, what their target
  // crashes or hangs on to `artifacts`, by the names that libFuzzer would give it.
  Afl(const std::filesystem::path& work, const std::filesystem::path& corpus,
      const std::filesystem::path& artifacts);

  // Before any is started: copies of all files in `folders` are what they begin with, as afl-fuzz
  // follows no links; if there is none, an empty program. What is left of an earlier session goes;
  // take_all() saves what is of use. Throws std::system_error if that cannot be written.
  void begin(const std::vector<std::filesystem::path>& folders);
  // What an instance is called with.
  std::vector<std::string> words(const AflInstance& instance) const;
  // What an instance has found since it was last asked for that is copied to the corpus; what was
  // crashed or hung on is moved to the artifacts: these. Cost: that of looking into three folders.
  std::vector<std::filesystem::path> take(std::size_t number);
  // The same of all that there are, also of those of an earlier session.
  std::vector<std::filesystem::path> take_all();
  // Inputs as of the last take(); coverage is of the last minute, and 0 in the first one.
  AflStats stats(std::size_t number) const;

 private:
  std::vector<std::filesystem::path> take_from(const std::filesystem::path& instance);
  std::size_t take_inputs(const std::filesystem::path& queue);

  const std::filesystem::path inputs_, instances_, corpus_, artifacts_;
  std::set<std::filesystem::path> taken_;                // to the corpus
  std::map<std::filesystem::path, std::size_t> queued_;  // inputs of an instance
};

// Is there an afl-fuzz to be started?
bool has_afl_fuzz();

}  // namespace tidemark::session
