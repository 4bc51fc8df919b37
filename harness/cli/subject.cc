// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <fmt/core.h>

#include <set>

#include "commands.h"
#include "program_file.h"
#include "subject_features.h"
#include "text.h"

namespace tidemark::cli {
namespace {

void say_what_it_lacks(const UnderTest& tested) {
  static std::set<std::string, std::less<>> said;
  const Features lacks = Features::all() - tested.features;
  if (lacks.empty() || !said.emplace(tested.subject).second) return;
  complain(fmt::format("{} has not, and so is not tried for: {}", subject_label(tested.subject),
                       names(lacks)));
}

}  // namespace

void add_subject(CLI::App& command, std::string& subject) {
  command
      .add_option("--subject", subject,
                  "What runs beside the reference: tracker, linux-6.1, ..., linux:DIR (of a\n"
                  "kernel tree), two of these with a comma, ./LIBRARY.so")
      ->default_str(subject.empty() ? "a finding's, or tracker" : subject);
}

std::optional<UnderTest> subject_or_complain(const std::string& name) {
  std::string why;
  if (auto found = find_under_test(name, &why)) {
    say_what_it_lacks(*found);
    return found;
  }
  const bool by_name = name.find('/') == std::string::npos;
  complain(why + (by_name && peers().empty() ? "; ./tidemark linux --setup adds Linux's own" : ""));
  return std::nullopt;
}

bool can_run(const UnderTest& tested, const NamedProgram& named) {
  Features needs = needed_by(named.program);
  for (const Program& program : named.before) needs = needs | needed_by(program);
  needs = needs - tested.features;
  if (needs.empty()) return true;
  complain(fmt::format("{} needs what {} has not: {}", quoted_path(named.path),
                       subject_label(tested.subject), names(needs)));
  return false;
}

}  // namespace tidemark::cli
