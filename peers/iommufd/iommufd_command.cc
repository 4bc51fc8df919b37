// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark iommufd: what comes of programs on iommufd of kernel trees, one line for each program
// and tree; without programs, what is known to differ. Fuzzing is the fuzz target's.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include "command_line.h"
#include "files.h"
#include "judge.h"
#include "text.h"

namespace tidemark::iommufd {
namespace {

struct Options {
  std::vector<std::string> paths, subjects;
  bool verbose = false, reduce = false;
  unsigned seconds = 0;
  std::string fuzzer, corpus;  // where the wrapper has them
};

// Text begins with a letter or with a comment, a fuzzer's bytes with a format's number.
Program load(const std::string& path) {
  const std::string content = read_file(path);
  if (!content.empty() && static_cast<unsigned char>(content[0]) < 9) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(content.data());
    return decode({bytes, content.size()});
  }
  return parse(content);
}

void print_known(const Judge& judge) {
  for (std::size_t format = 0; format < std::size(kFormats); ++format) {
    if (!judge.tree().format(format)) continue;
    std::printf("%s, %s:\n\n", judge.tree().name().c_str(), std::string(kFormats[format]).c_str());
    for (const KnownDefect& defect : known_defects()) {
      if (!judge.quirks(format).has(defect.quirk)) continue;
      std::printf("  %s (%s)\n    %s\n", defect.name, defect.rule, defect.reason);
    }
    std::printf("\n");
  }
  std::printf("docs/linux-findings/iommufd.md tells of each.\n");
}

void print_reduced(const Judge& judge, const Program& program, const Judge::Judgement& judgement) {
  if (judgement.difference) {
    const Program small = judge.reduce(program, *judgement.difference);
    const Difference difference = *judge.judge(small).difference;
    std::printf("\n%s", report(small, difference, rule_of(difference)).c_str());
    return;
  }
  for (const KnownDefect& defect : known_defects()) {
    if (!judgement.known.has(defect.quirk)) continue;
    const Program small = judge.reduce(program, defect.quirk);
    if (const auto difference = judge.against_contract(small))
      std::printf("\n%s: %s\n\n%s", defect.name, defect.reason,
                  report(small, *difference, defect.rule).c_str());
  }
}

// Is it a finding?
bool print_line(const std::string& path, const Program& program, const Judge& judge,
                const Options& options) {
  std::string steps;
  const auto judgement =
      judge.judge(program, [&](const Operation& operation, const std::string& result) {
        steps += "  " + print(operation) + ": " + result + "\n";
      });
  std::string line = path + "\t" + judge.tree().name() + "\t" +
                     std::string(word(judgement.outcome)) + "\t" +
                     (judgement.difference ? judgement.difference->signature() : "");
  for (const KnownDefect& defect : known_defects())
    if (judgement.known.has(defect.quirk)) line += std::string(" (") + defect.name + ")";
  std::printf("%s\n", line.c_str());
  if (options.verbose) {
    std::printf("%s", steps.c_str());
    if (judgement.difference)
      std::printf("\n%s",
                  report(program, *judgement.difference, rule_of(*judgement.difference)).c_str());
    else if (const auto difference = judge.against_contract(program))
      std::printf("\nby the contract alone:\n\n%s",
                  report(program, *difference, rule_of(*difference)).c_str());
  }
  if (options.reduce) print_reduced(judge, program, judgement);
  return judgement.outcome == Outcome::diverges;
}

[[noreturn]] void fuzz(const Options& options) {
  setenv(kSubjectVariable, options.subjects[0].c_str(), 1);
  const std::string time = "-max_total_time=" + decimal(options.seconds);
  const std::string size = "-max_len=" + decimal(kMostBytes);
  const std::string ends = "-artifact_prefix=" + options.corpus + "/";
  execl(options.fuzzer.c_str(), options.fuzzer.c_str(), time.c_str(), size.c_str(), ends.c_str(),
        "-timeout=20", "-error_exitcode=1", "-timeout_exitcode=1", "-verbosity=0",
        options.corpus.c_str(), static_cast<char*>(nullptr));
  throw std::system_error(errno, std::generic_category(), options.fuzzer);
}

int run(Options options) {
  if (options.subjects.empty()) options.subjects.emplace_back(kDefaultSubject);
  try {
    if (options.seconds != 0) fuzz(options);
    std::vector<std::unique_ptr<KernelTree>> trees;
    std::vector<Judge> judges;
    for (const std::string& subject : options.subjects)
      judges.emplace_back(*trees.emplace_back(tree_named(subject)));
    if (options.paths.empty())
      for (const Judge& judge : judges) print_known(judge);
    std::vector<Program> programs;
    for (const std::string& path : options.paths) {
      try {
        programs.push_back(load(path));
      } catch (const BadProgram& bad) {
        throw BadProgram(quoted_path(path) + ": " + bad.what());
      }
      for (const auto& tree : trees)
        if (!tree->format(programs.back().format))
          throw BadProgram(quoted_path(path) + ": " + tree->name() + " has no table " +
                           std::string(kFormats[programs.back().format]));
    }
    bool found = false;
    for (std::size_t i = 0; i < programs.size(); ++i)
      for (const Judge& judge : judges)
        found |= print_line(options.paths[i], programs[i], judge, options);
    return found ? cli::kFound : cli::kFine;
  } catch (const BadProgram& bad) {
    std::fprintf(stderr, "tidemark: %s\n", bad.what());
  } catch (const BadTree& bad) {
    std::fprintf(stderr, "tidemark: %s\n", bad.what());
  }
  return cli::kCouldNot;
}

}  // namespace
}  // namespace tidemark::iommufd

int main(int argc, char** argv) {
  tidemark::iommufd::Options options;
  CLI::App app(
      "What programs do on the page tables of Linux's iommufd, and their dirty marks; without\n"
      "programs, what is known to differ");
  app.name("./tidemark iommufd");
  app.add_option("FILE", options.paths, "Programs: text, or bytes from a fuzzer");
  app.add_option("--subject", options.subjects,
                 "linux-6.12, which is meant if none is, or linux:DIR")
      ->allow_extra_args(false);
  app.add_option("--fuzz", options.seconds, "Fuzz for so many seconds, and run no programs")
      ->check(CLI::Range(1, 1000000));
  app.add_flag("--reduce", options.reduce,
               "Also print the smallest program that does the same, and what came");
  app.add_flag("-v,--verbose", options.verbose, "Show each operation, and what came");
  app.add_option("--fuzzer", options.fuzzer)->group("");
  app.add_option("--corpus", options.corpus)->group("");
  app.footer(
      "linux:DIR is a kernel's sources, from 6.12 on: a folder or a .tar.xz. How programs are\n"
      "written, and what is expected of them: peers/iommufd/README.md.\n"
      "A line for each program and tree: agrees, known or diverges; how it does; and in\n"
      "parentheses what is known.\n"
      "Exit code: 0 all agree or are known, 1 one diverges, 2 one is no program (and none is "
      "run).");
  return tidemark::cli::main_of(app, argc, argv,
                                [&options] { return tidemark::iommufd::run(options); });
}
