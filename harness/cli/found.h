// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a fuzzing run has found: named, filed, announced, counted.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <string>

#include "diagnose_input.h"
#include "finding.h"

namespace tidemark::cli {

class Found {
 public:
  // Of what `tested` does wrong. `reported` is the file that tells the fuzzing processes what need
  // not be reported again (dedup.h). What takes longer than `seconds` hangs. Throws
  // std::system_error if it cannot be written.
  Found(const UnderTest& tested, const std::filesystem::path& findings,
        const std::filesystem::path& reported, unsigned seconds);

  // An input on which a fuzzing process ended, and what that printed. Only when
  // the finding is in its folder is it announced, and only then does the input
  // go; it also stays if an interrupt came in between. What took too long in a
  // process that was `starved`, and does not alone, is no finding. True if the
  // input will end the next process, too.
  bool file(const std::filesystem::path& input, const std::string& said, bool starved);
  // Was there an input on which the process died like this?
  bool has_seen(const Signature& death) const { return crashes_.contains(death); }
  // The same as file() for each file in a folder: of processes, or a run, that were killed.
  void file_leftovers(const std::filesystem::path& folder);
  // Files what processes have dropped (drop.h), and takes it away. Cost: that of looking
  // into the folder, if there is none.
  void take_drops(const std::filesystem::path& folder);

  // What failed otherwise while a finding was reduced, and waits to be looked into.
  bool has_leads() const { return !leads_.empty(); }
  // Looks into one, and files it if it is a finding of its own. Cost: a second.
  void file_lead();

  std::size_t size() const { return times_.size(); }
  void print_summary() const;

 private:
  bool is_boring(const Judgement& judgement);
  void announce(const Finding& finding);
  void announce_with_leads(const Diagnosed& found);
  void write_reported() const;

  const UnderTest tested_;
  FindingStore store_;
  const std::filesystem::path findings_, reported_;
  const unsigned seconds_;
  std::map<std::string, std::size_t> times_;  // by name
  // How many there were of a crash, and how many of them were not looked into.
  struct Crashes {
    std::size_t seen = 0, passed_over = 0;
  };
  std::map<Signature, Crashes> crashes_;
  std::size_t fresh_ = 0;
  std::deque<Program> leads_;
};

}  // namespace tidemark::cli
