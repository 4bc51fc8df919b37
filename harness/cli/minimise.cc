// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "commands.h"
#include "diagnose_input.h"
#include "files.h"
#include "program_file.h"
#include "program_text.h"
#include "terminal.h"
#include "text.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

// "x.trace" and "crash-12ab" become "x.min.trace" and "crash-12ab.min.trace" where one stands:
// beside a regression, it would be taken for another. A finding has it in its folder, and they go
// together.
fs::path result_of(const fs::path& input) {
  if (fs::is_directory(input)) return input / kReduced;
  fs::path result = input.filename();
  if (result.extension() == ".trace") result.replace_extension();
  result += ".min.trace";
  return result;
}

// Programs that fail otherwise, met on the way.
void write_leads(const Diagnosed& diagnosed, const fs::path& result) {
  std::size_t number = 0;
  for (const auto& [signature, lead] : diagnosed.leads) {
    const fs::path file =
        fs::path(result).replace_extension(fmt::format("lead-{}.trace", ++number));
    write_file(file, "# " + print(signature) + "\n" + print(lead));
    fmt::print("on the way, another failure: {}, in {}\n", print(signature),
               quoted_path(file.string()));
  }
}

// What ends its process takes seconds, and what hangs more than its limit.
class SaysHowFar {
 public:
  void operator()(std::size_t operations, std::size_t runs) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + kSilence;
    fmt::print(stderr, "tidemark: made small so far: {} after {}{}\n",
               how_many(operations, "operation"), how_many(runs, "run"),
               std::exchange(said_, true)
                   ? ""
                   : fmt::format("; what hangs has {} s of a processor in the end", kMostSeconds));
  }

 private:
  static constexpr std::chrono::seconds kSilence{5};
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + kSilence;
  bool said_ = false;
};

struct MinimiseOptions {
  std::string path, subject, output;
};

// But for what it expects, which counts for nothing here.
bool is_same(Program program, const Program& reduced) {
  program.expectations.clear();
  return print(program) == print(reduced);
}

std::string counts(const Program& program, const Diagnosed& diagnosed, bool same) {
  const std::size_t before = program.operations.size();
  const std::size_t after = diagnosed.finding.program->operations.size();
  const char* note = same             ? "; it was as small already as this can make it"
                     : after > before ? "; one was added that shows a user what is wrong"
                                      : "";
  return fmt::format("before  {}\nafter   {}, in {}{}\n", how_many(before, "operation"),
                     how_many(after, "operation"), how_many(diagnosed.runs, "run"), note);
}

void print_what_is_wrong(const Finding& finding) {
  fmt::print("\n{}\n{}", print(*finding.program), finding.report);
  if (const auto picture = picture_text(finding.picture, has_colour()); !picture.empty())
    fmt::print("\n{}", picture);
}

int minimise(const MinimiseOptions& options) {
  const std::string& path = options.path;
  const auto programs = load_all({path});
  if (programs.empty()) return kCouldNot;
  const auto tested =
      subject_or_complain(options.subject.empty() ? programs[0].subject : options.subject);
  if (!tested || !can_run(*tested, programs[0])) return kCouldNot;
  const Program& program = programs[0].program;
  const auto diagnosed = diagnose_any(tested->counting(kAllKnown), program, SaysHowFar());
  if (!diagnosed)
    return complain(quoted_path(path) + " does nothing wrong: there is nothing to reduce" +
                    unless_expected(program));
  const Finding& finding = diagnosed->finding;
  const fs::path result = options.output.empty() ? result_of(path) : fs::path(options.output);
  const bool same = is_same(program, *finding.program);
  const bool writes = !same || !options.output.empty();
  if (writes) write_file(result, trace_text(finding, result));
  fmt::print("{}\n{}", finding.name, counts(program, *diagnosed, same));
  if (!same) print_what_is_wrong(finding);
  if (writes)
    fmt::print("\nwritten to {}\n", quoted_path(result.string()));
  else
    fmt::print("\nnothing is written: {} is that program, and `replay` says what is wrong\n",
               quoted_path(path));
  write_leads(*diagnosed, result);
  return kFine;
}

}  // namespace

void add_minimise(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("minimise", "Make a failing program as small as can be");
  auto options = std::make_shared<MinimiseOptions>();
  add_subject(*command, options->subject);
  command->add_option("FILE", options->path, kProgram)->required();
  command->add_option("-o,--output", options->output, "Where to, instead of FILE.min.trace");
  command->footer(
      "The result is written into the current folder, as FILE.min.trace; that of a finding into\n"
      "its own, as program.min.trace. If FILE is as small already, that is said, and nothing is\n"
      "written but where --output asks for it. The line that says what container it is, is no\n"
      "operation.\n"
      "Exit code: 0 done, 2 FILE is no program, needs what its subject has not, or does nothing\n"
      "wrong.");
  on_call(*command, action, options, minimise);
}

}  // namespace tidemark::cli
