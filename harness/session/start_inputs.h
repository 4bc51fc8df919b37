// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing run starts from, looked through before it starts: inputs on which a
// process dies would end each process that fuzzes.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "found.h"
#include "met_results.h"
#include "mismatch.h"
#include "registry.h"

namespace tidemark::session {

struct DeadlyInput {
  std::filesystem::path path;
  Signature signature;  // how; none: it ends, and takes as long as would end a process that fuzzes
};

// Those of `inputs` on which the lockstep of `tested` dies, or takes more than `seconds` or than 2
// s of a processor. They run in children, one after the other in the same one for as long as it
// lives, so that it costs little more than to run them, and a fork for each that is bad. After one
// that hangs, or eats all memory, nothing more is looked at: each may take seconds. Of those that
// leak memory only the first counts. None if an interrupt comes in between. `watch` is told a few
// times a second which of them is run. What they came to, as far as they ran, is in `met`.
std::vector<DeadlyInput> deadly_inputs(const UnderTest& tested,
                                       const std::vector<std::filesystem::path>& inputs,
                                       unsigned seconds, MetResults& met,
                                       const std::function<void(std::size_t)>& watch = {});

struct StartFolders {
  std::filesystem::path seeds, corpus;  // the inputs; seeds are links
  std::filesystem::path artifacts;      // of what is looked into
  std::filesystem::path aside;          // inputs of the corpus that end each process
};

// What these inputs show by themselves is given to `found`, once for each way to end; and none that
// ends each process, or takes long, stays: links go, files are put aside. `out` is told how many
// that are, and each 10 s how far it is, behind `anew`, which ends a line that stands there
// already. `results` is what they came to (met_results.h). Did any end its process, or leak? Throws
// std::system_error.
bool file_deadly(const UnderTest& tested, const StartFolders& folders, unsigned seconds,
                 Found& found, std::vector<std::string>& results, std::FILE* out,
                 std::string_view anew);

// Makes `folder` anew, with a file of its own for each below `seeds`, so that one on which the
// target dies can be left out: processes that start anew would all die on it. A NAME.trace is text,
// and there as bytes; one that has none is passed over, which is said. False, and said on standard
// error, if one is no program. Throws std::system_error.
bool take_seeds(const std::filesystem::path& seeds, const std::filesystem::path& folder);
// Takes what has these very bytes out of each of the folders. Throws std::system_error.
void leave_out(const std::string& input, const std::vector<std::filesystem::path>& folders);

// The target as it is now, in a folder of its own, which is made anew: a build that goes on
// meanwhile puts another program there, which processes that start later would be of. If there is
// no room for it, the target itself.
std::filesystem::path kept_target(const std::filesystem::path& target,
                                  const std::filesystem::path& folder);

}  // namespace tidemark::session
