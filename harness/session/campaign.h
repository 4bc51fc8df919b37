// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A run that may go on for weeks: sessions in turns, of one subject or of several, in a folder from
// which it goes on after whatever ended it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "session.h"

namespace tidemark::session {

struct CampaignOptions {
  struct Subject {
    UnderTest tested;
    std::filesystem::path target;  // its fuzz target
  };
  std::vector<Subject> subjects;      // at least one
  std::vector<std::string> left_out;  // of those that were asked for, why: for the notes
  std::vector<std::string> results;   // that there may be (met_results.h); the page has the rest
  // Of the run alone. Each subject has a folder below it.
  std::filesystem::path folder;
  std::optional<unsigned> seconds;  // how long it fuzzes; nothing: until an interrupt comes
  // What all sessions have in common: their subject, its target, folder and time are set here.
  Options session;

  unsigned turn_seconds = 600;
  unsigned stalled_seconds = 24 * 60 * 60;  // of fuzzing without anything new
};

// Each turn is for the subject whose last is longest ago. Where there is no room on a disk it waits
// until there is. Failed: another run has the folder, no subject ran a program, or as session.h's
// run(), which it calls. Throws std::system_error if a file cannot be read or written for
// another reason.
Outcome run_campaign(const CampaignOptions& options);

}  // namespace tidemark::session
