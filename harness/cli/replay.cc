// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs programs step by step and shows each operation with what came out.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "command_line.h"
#include "commands.h"
#include "end_report.h"
#include "errno_names.h"
#include "finding.h"
#include "finding_name.h"
#include "isolation.h"
#include "json_output.h"
#include "leak_check.h"
#include "lockstep.h"
#include "outcome.h"
#include "picture.h"
#include "program_file.h"
#include "program_text.h"
#include "shared_memory.h"
#include "terminal.h"
#include "text.h"
#include "verbs.h"

namespace tidemark::cli {
namespace {

using session::Json;
using session::print_json;

// A program that takes longer hangs: slow is not wrong, and those with many operations are.
unsigned most_seconds(const Program& program) {
  return kMostSeconds + static_cast<unsigned>(program.operations.size() / 500);
}

// What a fuzzer's has, and room for a large bitmap: on both sides, with the marks it is of.
std::size_t most_memory_mib(const Program& program) {
  return kMostMemoryMib + 6 * program.setup.bitmap_words / ((1u << 20) / 8);
}

struct ReplayOptions {
  std::vector<std::string> paths;
  std::string subject;  // empty: each its own
  bool quiet = false;
  bool json = false;
  bool state = false;
};

std::string range_text(const Step& step) {
  if (!step.size) return fmt::format("{:#x}, 0 bytes", step.first);
  return fmt::format("{:#x}-{:#x}", step.first, step.first + step.size - 1);
}

// The words that the user finds in the bitmap.
WordRuns words_of(const Executor& executor,
                  std::size_t most = std::numeric_limits<std::size_t>::max()) {
  return stored_words(executor.world().bitmaps[0], executor.bitmap_first(), most);
}

bool answered(const Operation& operation, const Step& step) {
  const bool bitmap = operation.verb == Verb::query ||
                      (operation.verb == Verb::unmap && (operation.flags & kWithBitmap) != 0);
  return bitmap && operation.when == When::now && step.result == 0;
}

// Where the program has its bitmap, if that is not where bitmaps are, in whole words.
std::optional<std::uint64_t> elsewhere(const Executor& executor) {
  const std::uint64_t data = executor.bitmap_data();
  if (data % 8 == 0 && executor.world().bitmaps[0].contains(data)) return std::nullopt;
  return data;
}

// What an answer has in the bitmap; a few words of it.
std::string answer_text(const Executor& executor) {
  constexpr std::size_t kShown = 8;
  if (const auto data = elsewhere(executor)) return "   stored at " + hex(*data);
  const auto words = words_of(executor, kShown);
  std::string text = words.empty() ? "   clean" : "   dirty";
  for (std::size_t i = 0; i < words.size() && i < kShown; ++i) text += " " + print(words[i]);
  return words.size() > kShown ? text + " ..." : text;
}

void print_step(std::size_t index, const Operation& operation, Lockstep& lockstep) {
  const Step& step = lockstep.steps()[0];
  std::string line = fmt::format("{:4}  {:<40} => ", index + 1, print(operation));
  line += operation.when == When::now ? result_text(step.result) : "(waits for its window)";
  if (operation.when == When::now && has_range(operation.verb))
    line += "   [" + range_text(step) + "]";
  if (answered(operation, step)) line += answer_text(lockstep.actual());
  fmt::print("{}\n", line);
  for (const Step& inner : lockstep.steps().subspan(1)) {
    fmt::print("        {}: {} => {}{}\n", inner.depth ? "in its window" : "at the destination",
               name(inner.verb), result_text(inner.result),
               has_range(inner.verb) ? "   [" + range_text(inner) + "]" : "");
  }
}

// Addresses, sizes and words are strings: most readers of JSON have no numbers above 2^53.
Json step_json(const Operation& operation, Lockstep& lockstep) {
  Json steps = Json::array();
  for (const Step& step : lockstep.steps()) {
    Json item = {{"verb", name(step.verb)}, {"result", step.result}};
    if (has_range(step.verb)) item["first"] = hex(step.first), item["size"] = hex(step.size);
    steps.push_back(item);
  }
  Json item = {{"operation", print(operation)}, {"steps", steps}};
  if (!answered(operation, lockstep.steps()[0])) return item;
  if (const auto data = elsewhere(lockstep.actual())) {
    item["stored_at"] = hex(*data);
  } else {
    item["words"] = Json::array();
    for (const WordRun& run : words_of(lockstep.actual()))
      item["words"].push_back({static_cast<std::int64_t>(run.first),  // below 0: in the guard
                               static_cast<std::int64_t>(run.last), hex(run.word)});
  }
  return item;
}

// Ordinary names as they are.
std::string shown(const std::string& path) {
  const std::string quoted = quoted_path(path);
  return quoted == "'" + path + "'" ? path : quoted;
}

// As a finding of it is called, where only the signature counts.
std::string name_by_signature(const UnderTest& tested, const NamedProgram& named,
                              const Signature& signature) {
  return tested.finding_name(named.before.empty() ? name_of_end(tested, signature, named.program)
                                                  : name_after_others(signature, named.program));
}

// The same, and for what the states say as well.
Naming naming_in_replay(const UnderTest& tested, Lockstep& lockstep, const NamedProgram& named,
                        const Mismatch& found) {
  if (!named.before.empty()) return {name_by_signature(tested, named, found.signature)};
  Naming naming = naming_of(lockstep, named.program, found);
  naming.name = tested.finding_name(naming.name);
  return naming;
}

Json mismatch_json(const Mismatch& mismatch, const Naming& naming, const Program& program) {
  Json pages = Json::array();
  for (const std::uint64_t page : mismatch.pages) pages.push_back(hex(page));
  Json json = {{"name", naming.name},
               {"signature", print(mismatch.signature)},
               {"step", std::min(mismatch.operation + 1, program.operations.size())},
               {"expected", mismatch.expected},
               {"actual", mismatch.actual},
               {"pages", pages}};
  for (const std::uint64_t page : mismatch.also_reported)
    json["also_reported"].push_back(hex(page));
  if (naming.cause) json["cause"] = naming.cause->operation + 1;
  return json;
}

// In the form in which it can be expected.
void add_state(const Operation& operation, Lockstep& lockstep, const ReplayOptions& options,
               Json& json) {
  const std::string state = print(shown_by(lockstep.actual(), operation, lockstep.steps()[0]));
  if (options.json)
    json["operations"].back()["state"] = state;
  else
    fmt::print("        {}\n", state);
}

// Shown to the user step by step; nothing if it agrees.
std::optional<Mismatch> run_steps(Lockstep& lockstep, const NamedProgram& named,
                                  const ReplayOptions& options, Json& json, StepAt& at) {
  const Program& program = named.program;
  at.begin_program();
  lockstep.begin(program.setup);
  // The container is no operation, and so has no number.
  if (!options.json && !options.quiet)
    fmt::print("{}\n      {}", shown(named.path), print(Program{program.setup, {}, {}}));
  std::optional<Mismatch> found;
  for (std::size_t i = 0; i < program.operations.size() && !found; ++i) {
    const bool expects = i < program.expectations.size() && !program.expectations[i].empty();
    at.step = i + 1;
    found = lockstep.step(program.operations[i], expects ? &program.expectations[i] : nullptr);
    if (options.json)
      json["operations"].push_back(step_json(program.operations[i], lockstep));
    else if (!options.quiet)
      print_step(i, program.operations[i], lockstep);
    if (options.state && program.operations[i].when == When::now)
      add_state(program.operations[i], lockstep, options, json);
    flush_output();  // the next may end the process
  }
  const bool whole = !found;
  const std::vector<std::size_t> waiting = lockstep.actual().waiting();
  if (whole) at.step = program.operations.size() + 1;
  if (whole) found = lockstep.end();
  for (const std::size_t number : waiting) {
    if (options.json)
      json["operations"][number]["ran"] = false;
    else if (!options.quiet)
      fmt::print("{:4}  {}: its window {}\n", number + 1, print(program.operations[number]),
                 whole ? "never came" : "had not come yet");
  }
  if (const std::uint64_t times = lockstep.actual().left_out_in_windows()) {
    if (options.json)
      json["left_out_in_windows"] = times;
    else
      fmt::print("{} operations in windows did not run: a program gets {}\n", times,
                 Executor::kMostInWindows);
  }
  return found;
}

// What is known does not end a program, unless it is asked for alone.
std::string picture_of(const UnderTest& tested, Lockstep& lockstep, const NamedProgram& named,
                       const Mismatch& found) {
  if (found.known.empty())
    return picture_text(draw(lockstep, found, subject_label(tested.subject)), has_colour());
  const auto alone = tested.counting(print(found.signature)).lockstep();
  const auto again = alone->run(named.program);
  return again ? picture_text(draw(*alone, *again, subject_label(tested.subject)), has_colour())
               : "";
}

// Exits the process, with a report on standard error, if a program that agrees leaks memory.
int replay(const UnderTest& tested, const NamedProgram& named, const ReplayOptions& options,
           StepAt& at) {
  Json json = {{"file", named.path}, {"operations", Json::array()}};
  LeakCheck leaks;
  auto made = tested.lockstep();
  Lockstep& lockstep = *made;
  for (const Program& program : named.before) lockstep.run(program, &at);
  if (!named.before.empty() && !options.json && !options.quiet)
    fmt::print("after the {} of its before.trace:\n", named.before.size());
  const auto found = run_steps(lockstep, named, options, json, at);
  if (!found) {
    made.reset();
    if (leaks.finds_any()) std::_Exit(1);
  }
  const Outcome outcome =
      outcome_of(found ? found->signature : Signature(), found && !found->known.empty());
  if (options.json) {
    json["verdict"] = word(outcome);
    if (found)
      json["mismatch"] =
          mismatch_json(*found, naming_in_replay(tested, lockstep, named, *found), named.program);
    print_json(json);
  } else if (found) {
    const std::string picture = options.quiet ? "" : picture_of(tested, lockstep, named, *found);
    const Naming naming = naming_in_replay(tested, lockstep, named, *found);
    fmt::print("{}: {}: {}\n", shown(named.path), word(outcome), naming.name);
    if (!options.quiet) fmt::print("{}", report_of(*found, naming, named.program));
    if (!picture.empty()) fmt::print("\n{}", picture);
  } else {
    fmt::print("{}: {}\n", shown(named.path), word(outcome));
  }
  return is_finding(outcome) ? kFound : kFine;
}

// Says on standard error which step runs, once, if one takes long.
class LongStep {
 public:
  LongStep(const NamedProgram& named, const StepAt& at) : named_(named), at_(at) {}

  void look_after_a_second() {
    if (said_ || at_.programs != named_.before.size() + 1) return;
    const std::size_t step = at_.step;
    if (std::exchange(seen_, step) != step) return;
    said_ = true;
    std::string text = step_text(step, named_.program);
    if (const auto colon = text.find(": "); colon != std::string::npos) text.replace(colon, 1, ",");
    fmt::print(stderr, "tidemark: {}, is running; it may take {} s\n", text,
               most_seconds(named_.program));
  }

 private:
  const NamedProgram& named_;
  const StepAt& at_;
  std::optional<std::size_t> seen_;
  bool said_ = false;
};

// Of a program that did not get to its verdict.
void print_end(const UnderTest& tested, const NamedProgram& named, const ReplayOptions& options,
               const ProgramEnd& end) {
  const std::string_view verdict = word(outcome_of(end.signature, false));
  const std::string name = name_by_signature(tested, named, end.signature);
  if (!options.json) {
    fmt::print("{}: {}: {}\n{}", shown(named.path), verdict, name,
               options.quiet ? "" : lines_of_end(end, named.program, name));
    return;
  }
  Json json = {{"file", named.path}, {"verdict", verdict}, {"how", name}};
  if (end.at.programs == end.number)
    json["step"] = std::min<std::size_t>(end.at.step, named.program.operations.size());
  print_json(json);
}

// In a child, so that a program that takes the subject down, or never ends, is
// a verdict too.
int replay_apart(const UnderTest& tested, const NamedProgram& named, const ReplayOptions& options) {
  // What says that it got to the end: sanitizers end with less.
  constexpr int kReplayed = 100;
  const Shared<StepAt> at;
  LongStep long_step(named, *at);
  const auto look = [&] {
    if (!options.quiet) long_step.look_after_a_second();
  };
  const unsigned seconds = most_seconds(named.program);
  const Ending ending = run_guarded(
      [&] {
        std::_Exit(kReplayed +
                   run_or_complain([&] { return replay(tested, named, options, *at); }));
      },
      seconds, most_memory_mib(named.program), look);
  const bool replayed = ending.code >= kReplayed;
  // What it says then is why it could not go on, and no report of a sanitizer's.
  if (replayed || !options.quiet) fmt::print(stderr, "{}", last_words(ending, tested));
  if (replayed) return ending.code - kReplayed;
  print_end(tested, named, options,
            {signature_of(ending, tested.sources), ending, seconds, *at, named.before.size() + 1});
  return kFound;
}

int replay_all(const ReplayOptions& options) {
  const auto programs = load_all(options.paths);
  std::vector<UnderTest> subjects;
  for (const NamedProgram& named : programs) {
    const auto tested =
        subject_or_complain(options.subject.empty() ? named.subject : options.subject);
    if (!tested || !can_run(*tested, named)) return kCouldNot;
    if (options.state && !tested->features.has(Feature::state))
      return complain(subject_label(tested->subject) + " cannot show its state: no --state");
    subjects.push_back(tested->counting(kAllKnown));
  }
  int code = programs.empty() ? kCouldNot : kFine;
  for (std::size_t i = 0; i < programs.size(); ++i)
    code = std::max(code, replay_apart(subjects[i], programs[i], options));
  return code;
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("replay", "Run programs and show each operation with its result");
  auto options = std::make_shared<ReplayOptions>();
  add_subject(*command, options->subject);
  command->add_option("FILE", options->paths, kProgram)->required();
  auto* quiet = command->add_flag("--quiet", options->quiet, "Only the verdict, a line for each");
  command->add_flag("--json", options->json, "One JSON object a file")->excludes(quiet);
  command
      ->add_flag("--state", options->state,
                 "Also the state after each operation, as it can be expected")
      ->excludes(quiet);
  command->footer(
      "Steps are counted from 1, here as in reports, without the line of the container.\n"
      "Verdicts: agrees; known (the subject is known to differ in this); diverges; crashes;\n"
      "hangs (for 20 s of a processor, and one more for each 500 operations). More than a "
      "gigabyte\n"
      "of memory, and six times what its bitmaps may take, is a crash.\n"
      "Exit code: 0 all agree or are known, 1 one is anything else, 2 one is no program, or\n"
      "needs what its subject has not (and none is run).");
  on_call(*command, action, options, replay_all);
}

}  // namespace tidemark::cli
