// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark linux: what comes of programs on each version of Linux, one line for
// each program and version; without programs, what is known to differ.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "command_line.h"
#include "linux_lockstep.h"
#include "linux_tree.h"
#include "outcome.h"
#include "program_file.h"
#include "program_text.h"

namespace tidemark {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::vector<std::string> subjects;  // none: those of Debian's packages
  bool verbose = false, as_it_is = false;
};

void print_known_in(const LinuxVersion& version, bool defects) {
  std::vector<const KnownDifference*> entries;
  std::set<std::string> pages;
  for (const KnownDifference& entry : known_differences()) {
    if (!version.has(entry) || (entry.page != nullptr) != defects) continue;
    entries.push_back(&entry);
    if (defects) pages.insert(entry.page);
  }
  std::printf("%s, %s: %zu differences", version.name.c_str(), defects ? "defects" : "no defects",
              entries.size());
  if (defects) std::printf(" that are %zu defects, each with a page", pages.size());
  std::printf("\n\n");
  for (const KnownDifference* entry : entries) {
    std::printf("  %s (%s)\n    %s\n", entry->name, entry->rule, entry->reason);
    if (entry->page) std::printf("    docs/linux-findings/%s.md\n", entry->page);
    std::printf("    ./tidemark replay --subject %s peers/linux/known_differences/%s.trace\n",
                version.name.c_str(), entry->name);
  }
  std::printf("\n");
}

// Known of others, and not of this tree: it was asked.
void print_mended(const LinuxVersion& version) {
  if (version.bit) return;
  std::printf("%s has not:\n\n", version.name.c_str());
  for (const KnownDifference& entry : known_differences())
    if (!version.has(entry))
      std::printf("  %s (%s)\n    %s\n", entry.name, entry.rule, entry.reason);
  std::printf("\n");
}

int print_known(std::span<const LinuxVersion* const> versions) {
  for (const LinuxVersion* version : versions) {
    for (const bool defects : {true, false}) print_known_in(*version, defects);
    print_mended(*version);
  }
  std::printf("docs/linux-findings/README.md has all defects, also what no comparison shows.\n");
  return 0;
}

// Does it differ, and is that a finding?
bool print_line(const std::string& path, const LinuxVersion& version, const Program& program,
                const Options& options) {
  const Verdict verdict = options.as_it_is ? LinuxLockstep::run_apart(version, program)
                                           : LinuxLockstep(version).judge(program);
  const bool same = !verdict.signature;
  const bool known = verdict.expected || (same && !verdict.passed.empty());
  const Outcome outcome =
      same && known ? Outcome::known : outcome_of(verdict.signature, verdict.expected);
  const Signature& signature =
      same && known ? verdict.passed[0].shown.signature : verdict.signature;
  std::string line = std::filesystem::path(path).stem().string() + "\t" +
                     subject_label(version.name) + "\t" + std::string(word(outcome)) + "\t" +
                     print(signature) + "\t";
  if (verdict.expected) line += verdict.expected->name;
  for (const auto& [entry, shown] : verdict.passed) line += std::string(" (") + entry->name + ")";
  std::printf("%s\n", line.c_str());
  const bool whole = same || verdict.operation >= program.operations.size();
  for (const std::size_t number : verdict.waiting)
    std::printf("operation %zu: %s: its window %s\n", number + 1,
                print(program.operations[number]).c_str(),
                whole ? "never came" : "had not come yet");
  if (!options.verbose) return is_finding(outcome);
  for (const auto& [entry, shown] : verdict.passed)
    std::printf("operation %zu (%s)\nexpected  %s\nactual    %s\n", shown.operation + 1,
                entry->name, shown.expected.c_str(), shown.actual.c_str());
  if (!same && verdict.operation < program.operations.size())
    std::printf("operation %zu\n%s", verdict.operation + 1, verdict.report.c_str());
  else if (!same)
    std::printf("after the last operation\n%s", verdict.report.c_str());
  return is_finding(outcome);
}

int print_table(const Options& options, std::span<const LinuxVersion* const> versions) {
  std::vector<Program> programs;
  for (const std::string& path : options.paths) {
    auto loaded = load_program(path);
    if (const auto* message = std::get_if<std::string>(&loaded))
      std::fprintf(stderr, "tidemark: %s\n", message->c_str());
    else {
      auto& [program, note] = std::get<LoadedProgram>(loaded);
      if (!note.empty()) std::fprintf(stderr, "tidemark: %s\n", note.c_str());
      programs.push_back(std::move(program));
    }
  }
  if (programs.size() < options.paths.size()) return 2;
  bool found = false;
  for (std::size_t i = 0; i < programs.size(); ++i)
    for (const LinuxVersion* version : versions)
      found |= print_line(options.paths[i], *version, programs[i], options);
  return found ? 1 : 0;
}

int run(const Options& options) {
  std::vector<const LinuxVersion*> versions;
  for (const std::string& subject : options.subjects) {
    std::string why;
    versions.push_back(find_linux_version(subject, why));
    if (versions.back()) continue;
    std::fprintf(stderr, "tidemark: %s\n", why.c_str());
    return 2;
  }
  if (versions.empty())
    for (const LinuxVersion& version : linux_versions()) versions.push_back(&version);
  return options.paths.empty() ? print_known(versions) : print_table(options, versions);
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  tidemark::Options options;
  CLI::App app("What programs do on Linux's own type1; without programs, what is known to differ");
  app.name("./tidemark linux");
  app.add_option("FILE", options.paths, "Programs: text, or bytes from a fuzzer");
  app.add_option("--subject", options.subjects,
                 "linux-6.1, linux-6.12, or linux:DIR; those of Debian if not told")
      ->allow_extra_args(false);
  app.add_flag("-v,--verbose", options.verbose, "Say what was expected, and what came");
  app.add_flag("-a,--as-it-is", options.as_it_is,
               "Each in a child, without the care that ends it before a memory error");
  app.footer(
      "./tidemark linux --setup installs Linux's sources, and does nothing else; with --newest, "
      "it\n"
      "also brings the newest that Debian has, of whatever release, for --subject linux:FILE.\n"
      "A tree, linux:DIR, is asked which of the differences it has, and which are mended there.\n"
      "A line for each program and version: verdict (as of ./tidemark replay), signature, which "
      "known\n"
      "difference it is, and in parentheses those that it went on after. Below it, operations "
      "whose\n"
      "window never came.\n"
      "Exit code: 0 all agree or are known, 1 one is anything else, 2 one is no program (and none "
      "is\n"
      "run).");
  return tidemark::cli::main_of(app, argc, argv, [&options] { return tidemark::run(options); });
}
