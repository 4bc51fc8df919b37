// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From a finding to a test that stays: a text program in corpus/regressions.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "commands.h"
#include "filing.h"
#include "operation_bytes.h"
#include "operation_text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string finding, name, corpus;
};

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= 100 && name[0] != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

int complain(const std::string& what) {
  fmt::print(stderr, "tidemark: {}\n", what);
  return kCouldNot;
}

int keep(const Options& options) {
  const fs::path finding = fs::path(options.finding).lexically_normal();
  if (!good_name(options.name))
    return complain(
        fmt::format("'{}' is no name for a test: letters a-z, digits and '-'", options.name));
  const fs::path target = fs::path(options.corpus) / "regressions" / (options.name + ".trace");
  if (fs::exists(target)) return complain(fmt::format("'{}' is there already", target.string()));
  const bool folder = fs::is_directory(finding);
  const fs::path source = !folder                                 ? finding
                          : fs::exists(finding / "program.trace") ? finding / "program.trace"
                                                                  : finding / "input";
  const auto programs = load_all({source.string()});
  if (programs.empty()) return kCouldNot;

  // Reduced once more, by today's reducer. What is mended already is kept as it is.
  const auto diagnosed = diagnose_any(programs[0].program, {});
  const Program& program = diagnosed ? *diagnosed->finding.program : programs[0].program;
  if (!encode(program))
    return complain("the program has numbers that have no byte form: no fuzzer can start from it");
  const std::string what =
      diagnosed ? diagnosed->finding.signature : "was found as " + finding.filename().string();
  write_file(target, "# " + what + "\n" + print(program));
  if (folder) fs::remove_all(finding);
  fmt::print("{}\n{}\n", target.string(),
             diagnosed ? "fails now; a test for it runs with ./tidemark test"
                       : "agrees now: what it found is mended; a test keeps it so");
  return kFine;
}

}  // namespace

void add_keep(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("keep", "Turn a finding into a regression test in corpus/regressions");
  auto options = std::make_shared<Options>();
  command->add_option("FINDING", options->finding, "A folder in findings, or a program")
      ->required()
      ->check(CLI::ExistingPath);
  command->add_option("NAME", options->name, "The behaviour, as in pinned-page-stays-dirty")
      ->required();
  command->add_option("--corpus", options->corpus, "The folder corpus")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->callback([options, &action] {
    action = [options] {
      try {
        return keep(*options);
      } catch (const std::system_error& error) {
        return complain(error.what());
      }
    };
  });
}

}  // namespace tidemark::cli
