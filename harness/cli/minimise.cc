// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "commands.h"
#include "filing.h"
#include "operation_text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

// "x.trace" and "crash-12ab" become "x.min.trace" and "crash-12ab.min.trace".
fs::path beside(const fs::path& input) {
  fs::path result = input;
  if (result.extension() == ".trace") result.replace_extension();
  result += ".min.trace";
  return result;
}

int minimise(const std::string& path) {
  const auto programs = load_all({path});
  if (programs.empty()) return kCouldNot;
  const Program& program = programs[0].program;
  const auto diagnosed = diagnose_any(program, {});
  if (!diagnosed) {
    fmt::print(stderr, "tidemark: '{}' does nothing wrong: there is nothing to reduce\n", path);
    return kCouldNot;
  }
  const Finding& finding = diagnosed->finding;
  const fs::path result = beside(path);
  write_file(result, trace_text(finding));
  fmt::print(
      "{}\nbefore  {} operations\nafter   {} operations, in {} runs\n\n{}\n{}\nwritten to {}\n",
      finding.signature, program.operations.size(), finding.program->operations.size(),
      diagnosed->runs, print(*finding.program), finding.report, result.string());
  for (std::size_t i = 0; i < diagnosed->leads.size(); ++i) {
    const auto& [signature, lead] = diagnosed->leads[i];
    const fs::path file = fs::path(result).replace_extension(fmt::format("lead-{}.trace", i + 1));
    write_file(file, "# " + signature + "\n" + print(lead));
    fmt::print("on the way, another failure: {}, in {}\n", signature, file.string());
  }
  return kFine;
}

}  // namespace

void add_minimise(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("minimise", "Make a failing program as small as can be");
  auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "A program that fails: text, or bytes from a fuzzer")
      ->required();
  command->footer("The result is written beside FILE, as FILE.min.trace.");
  command->callback([path, &action] {
    action = [path] {
      try {
        return minimise(*path);
      } catch (const std::system_error& error) {
        fmt::print(stderr, "tidemark: {}\n", error.what());
        return kCouldNot;
      }
    };
  });
}

}  // namespace tidemark::cli
