// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <variant>

#include "commands.h"
#include "files.h"
#include "finding.h"
#include "finding_folder.h"
#include "program_file.h"
#include "program_text.h"
#include "text.h"

namespace tidemark::cli {

namespace {

// What a finding's folder says has to run before its program; false with a message if that
// are no programs.
bool load_before(NamedProgram& named) {
  const auto path = std::filesystem::path(named.path) / "before.trace";
  const auto text = read_if_there(path);
  if (!text) return true;
  auto programs = programs_of(*text);
  if (!programs) {
    complain(quoted_path(path.string()) + ": these are no programs");
    return false;
  }
  named.before = std::move(*programs);
  return true;
}

}  // namespace

std::vector<NamedProgram> load_all(const std::vector<std::string>& paths) {
  std::vector<NamedProgram> programs;
  bool good = true;
  for (const std::string& path : paths) {
    auto loaded = load_program(program_in(path).string());
    if (const auto* message = std::get_if<std::string>(&loaded)) {
      complain(*message);
      good = false;
    } else {
      auto& [program, note] = std::get<LoadedProgram>(loaded);
      if (!note.empty()) complain(note);
      programs.push_back({path, std::move(program), subject_in(path)});
      good &= load_before(programs.back());
    }
  }
  if (!good) programs.clear();
  return programs;
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
