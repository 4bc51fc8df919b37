// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <fmt/core.h>

#include "commands.h"
#include "program_file.h"
#include "text.h"

namespace tidemark::cli {

void add_subject(CLI::App& command, std::string& subject) {
  command
      .add_option("--subject", subject, "What runs beside the reference: tracker, linux-6.1, ...")
      ->default_str(subject.empty() ? "a finding's, or tracker" : subject);
}

std::optional<UnderTest> subject_or_complain(const std::string& name) {
  if (auto found = find_under_test(name)) return found;
  std::string names(kTracker);
  for (const UnderTest& peer : peers()) names += ", " + std::string(peer.subject);
  complain(fmt::format("there is no subject {}, only: {}{}", quoted_path(name), names,
                       peers().empty() ? "; ./tidemark linux --setup adds Linux's own" : ""));
  return std::nullopt;
}

}  // namespace tidemark::cli
