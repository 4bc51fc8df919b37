// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <variant>

#include "commands.h"
#include "finding.h"
#include "program_file.h"
#include "program_text.h"
#include "text.h"

namespace tidemark::cli {

namespace fs = std::filesystem;

std::vector<NamedProgram> load_all(const std::vector<std::string>& paths) {
  std::vector<NamedProgram> programs;
  bool good = true;
  for (const std::string& path : paths) {
    const fs::path file = program_in(path);
    if (fs::is_directory(file)) {
      complain(quoted_path(path) + " is a folder, and no finding's");
      good = false;
      continue;
    }
    auto loaded = load_program(file.string());
    if (const auto* message = std::get_if<std::string>(&loaded)) {
      complain(*message);
      good = false;
    } else {
      auto& [program, note] = std::get<LoadedProgram>(loaded);
      if (!note.empty()) complain(note);
      auto before = programs_before(path);
      if (!before) complain(quoted_path(path) + ": its before.trace has no programs");
      good &= before.has_value();
      programs.push_back({path, std::move(program), subject_in(path),
                          std::move(before).value_or(std::vector<Program>())});
    }
  }
  if (!good) programs.clear();
  return programs;
}

std::string unless_expected(const Program& program) {
  const bool any = std::ranges::any_of(
      program.expectations, [](const auto& expectation) { return !expectation.empty(); });
  return any ? ". What it expects behind => does not count here" : "";
}

int complain(const std::string& what) {
  fmt::print(stderr, "tidemark: {}\n", what);
  return kCouldNot;
}

namespace {

int show(const std::vector<std::string>& paths) {
  const auto programs = load_all(paths);
  for (const NamedProgram& named : programs) fmt::print("{}", print(named.program));
  return programs.empty() ? kCouldNot : kFine;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("show", "Print a program as text");
  auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *paths, kProgram)->required();
  command->footer("Exit code: 0 done, 2 one is no program (and none is shown).");
  on_call(*command, action, paths, show);
}

}  // namespace tidemark::cli
