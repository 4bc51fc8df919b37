// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The subjects that programs can be tried on, by name: the tracker, those of peers/ that
// are linked in, and libraries of somebody else's, by path.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ablation.h"
#include "lockstep.h"
#include "subject_features.h"

namespace tidemark {

inline constexpr std::string_view kTracker = "tracker";
inline constexpr std::string_view kAllKnown = "all";

// A subject, and how it is judged.
struct UnderTest {
  std::string_view subject;  // of a library, the absolute path
  // What the paths of its sources have in common, or the library that they are in: crashes
  // are named for its functions.
  std::string_view sources;
  // A lockstep with it. Of the differences that it is known for, these count as
  // mismatches: none, kAllKnown, or the one of this name.
  std::function<std::unique_ptr<Lockstep>(std::string_view known)> make;
  // Where its sources are from, if not from here: "linux-source-6.1 6.1.140-1".
  std::string_view origin = {};
  std::string known = {};  // what make() gets here
  Features features = Features::all();

  std::unique_ptr<Lockstep> lockstep(const LeftOut& left_out = LeftOut(nullptr)) const;
  UnderTest counting(std::string_view known_differences) const;

  // Of a finding: the tracker's have the names that they have, others begin with the
  // subject's label.
  std::string finding_name(const std::string& name) const;
};

// What findings are named with: "tracker", "linux-6.1"; of a library, its file without ".so"; of
// "linux:DIR", the folder; of two with a comma, "A-against-B".
std::string subject_label(std::string_view subject);

// For command lines: " --subject linux-6.1"; empty for the tracker.
std::string subject_option(std::string_view subject);

// As the environment says: which subject, and with a second variable, of any value,
// that all known differences count. For fuzzing processes.
inline constexpr const char* kSubjectVariable = "TIDEMARK_SUBJECT";
inline constexpr const char* kWithKnownVariable = "TIDEMARK_WITH_KNOWN";
// A subject that is not here ends the process.
UnderTest under_test_by_environment();

// With this variable, of any value, a fuzzed program runs with each of the tracker's stores: one
// program for each, its own first. Without it there is only that.
inline constexpr const char* kAllStoresVariable = "TIDEMARK_ALL_STORES";
std::vector<Program> programs_by_environment(const Program& program);

// Nothing if none of that name is here, or it is a library that cannot be used; `why`, if
// given, is then in words. No known difference counts. A library stays loaded.
std::optional<UnderTest> find_under_test(std::string_view subject, std::string* why = nullptr);
UnderTest the_tracker();

// Those beside the tracker. Defined in the folder of peers that is linked in, or
// as none.
std::span<const UnderTest> peers();
// Those that are too many to be listed: "linux:DIR", "linux:DIR,linux-6.12". Nothing if it is
// none; if it would be one that cannot be used, `why` is in words.
std::optional<UnderTest> find_peer(std::string_view subject, std::string& why);

}  // namespace tidemark
