// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diagnose_input.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "end_report.h"
#include "endless.h"
#include "finding_name.h"
#include "known_ends.h"
#include "plain_form.h"
#include "program_text.h"
#include "shared_memory.h"
#include "shared_text.h"

namespace tidemark {
namespace {

constexpr unsigned kDiagnosisSeconds = 60;
constexpr std::size_t kCrashRuns = 3000;
// What is reached by then is filed. In a hurry, what hangs takes a tenth of a second for each step
// nearer, and what does not next to nothing.
constexpr std::chrono::seconds kPlainTime(40), kSlowTime(30), kSketchTime(8);

ReductionLimits limits_of(std::chrono::seconds time, const Watch& watch = {}) {
  return {.runs = kCrashRuns, .until = std::chrono::steady_clock::now() + time, .watch = watch};
}

// With `only_long`, another that dies at once is none of it.
Reduction reduce_in_a_hurry(const UnderTest& tested, const Program& program,
                            const ReductionLimits& limits, bool only_long) {
  const Judge judge = [&tested, only_long](const Program& candidate) {
    const Shared<StepAt> at;
    const ChildEnd end = end_of_child([&] { tested.lockstep()->run(candidate, &*at); },
                                      kChildMilliseconds, 2 * kChildProcessorMilliseconds);
    const bool ends = end == ChildEnd::took_long || (end == ChildEnd::died && !only_long);
    const Kind kind = ends ? Kind::hang : Kind::none;
    return Judgement{{.kind = kind}, operation_at(*at, {&candidate, 1}), {}, ends};
  };
  return limits.simplify_values ? reduce_to_plain_form(program, judge, limits)
                                : reduce(program, judge, limits);
}

// How long a small program is looked at before it is said to hang.
using SecondsFor = std::function<unsigned(const Reduction&)>;

// The same, if what came out of it ends as it should within `seconds`. Which of two limits it meets
// first is chance.
std::optional<Reduction> reduce_in_a_hurry_to(const Signature& signature, const UnderTest& tested,
                                              const Program& program, const ReductionLimits& limits,
                                              const SecondsFor& seconds) {
  Reduction reduction = reduce_in_a_hurry(tested, program, limits, signature.kind == Kind::hang);
  if (!reduction.signature) return std::nullopt;
  reduction.signature = judge_apart(tested, reduction.program, seconds(reduction)).signature;
  if (!has_no_end(reduction.signature.kind)) return std::nullopt;
  return reduction;
}

Judge judge_within(const UnderTest& tested, unsigned seconds) {
  return [&tested, seconds](const Program& candidate) {
    return judge_apart(tested, candidate, seconds);
  };
}

Reduction reduce_crash(const UnderTest& tested, const Program& program, const Signature& signature,
                       unsigned seconds, const SecondsFor& enough, const Watch& watch) {
  const bool hangs = signature.kind == Kind::hang;
  if (has_no_end(signature.kind))
    if (auto hurried =
            reduce_in_a_hurry_to(signature, tested, program, limits_of(kPlainTime, watch), enough))
      return *std::move(hurried);
  Reduction reduction = reduce_to_plain_form(
      program, judge_within(tested, hangs ? std::min(seconds, kHangSeconds) : seconds),
      limits_of(has_no_end(signature.kind) ? kSlowTime : kPlainTime, watch));
  // It may have become one that is only slow, or have been one.
  const auto ends = [&](const Program& one) {
    return judge_apart(tested, one, seconds).signature != signature;
  };
  if (hangs && ends(reduction.program)) {
    reduction.program = program;
    if (ends(program)) reduction.signature = {};
  }
  return reduction;
}

// Only its operations are made few, which takes a tenth of the runs. Nothing if it then ends
// otherwise.
std::optional<Reduction> reduce_operations(const UnderTest& tested, const Program& program,
                                           const Signature& signature, unsigned seconds,
                                           const Watch& watch) {
  ReductionLimits limits = limits_of(has_no_end(signature.kind) ? kSketchTime : kPlainTime, watch);
  limits.simplify_values = false;
  if (has_no_end(signature.kind))
    return reduce_in_a_hurry_to(signature, tested, program, limits, [seconds](const Reduction&) {
      return std::min(seconds, kHangSeconds);
    });
  Reduction few = reduce(program, judge_within(tested, seconds), limits);
  if (!few.signature) return std::nullopt;  // not every time
  return few;
}

// Of the last of them, which is run once more with the others before it.
std::string report_of_end(const UnderTest& tested, const std::string& name,
                          const Signature& signature, std::span<const Program> programs,
                          unsigned seconds) {
  const Shared<StepAt> at;
  // What hangs was seen to take longer.
  const unsigned enough = signature.kind == Kind::hang ? std::min(seconds, kHangSeconds) : seconds;
  const Ending ending = run_programs_apart(tested, programs, enough, &*at);
  const std::string lines =
      lines_of_end({signature, ending, seconds, *at, programs.size()}, programs.back(), name);
  const std::string words = last_words(ending, tested);
  return lines + (words.empty() ? "" : "\n" + words);
}

Diagnosed found_crash(const UnderTest& tested, Reduction reduction, const std::string& name,
                      std::span<const std::uint8_t> input, unsigned seconds) {
  Diagnosed result;
  result.runs = reduction.runs;
  result.leads = std::move(reduction.leads);
  result.finding.subject = tested.subject;
  result.finding.name = name;
  result.finding.input.assign(input.begin(), input.end());
  result.finding.program = reduction.program;
  result.finding.report =
      report_of_end(tested, name, reduction.signature, {&reduction.program, 1}, seconds);
  return result;
}

// The name, and the operations in their order, are those of one that is named.
bool is_named(const std::string& name, const Reduction& few, const NamedPrograms& named) {
  const auto like = named.find(name);
  return like != named.end() && is_like(few.program, like->second) &&
         is_like(like->second, few.program);
}

struct Apart {
  bool came_back = false;
  std::optional<Diagnosed> found = {};
};

// diagnose_finding() in a child. Smaller programs may take it down though this one does not: then
// it is done again, around them.
Apart diagnose_apart(const UnderTest& tested, const UnderTest& counting, const Program& program,
                     std::span<const std::uint8_t> input) {
  constexpr std::size_t kMostDeadly = 30;
  const Shared<std::size_t> now;
  NumberedRuns numbers{&*now, {}};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kDiagnosisSeconds);
  for (std::size_t times = 0; times <= kMostDeadly; ++times) {
    SharedText said;
    const Ending ending = run_guarded(
        [&] {
          const auto lockstep = counting.lockstep();
          if (const auto found = diagnose_finding(tested, *lockstep, program, input, &numbers))
            said.become(written(*found));
        },
        kDiagnosisSeconds);
    if (ending.fine) {
      const auto text = said.text();
      return {true, text ? read_diagnosed(*text) : std::nullopt};
    }
    if (ending.timed_out || std::chrono::steady_clock::now() > deadline) break;
    if (!numbers.deadly.insert(*now).second) break;  // not in a run of a program
  }
  return {};
}

// What goes wrong in it before it ends its process is how it comes to that.
std::optional<Diagnosed> diagnose_before_end(const UnderTest& tested, const Reduction& reduction,
                                             std::span<const std::uint8_t> input) {
  const Shared<bool> differs;
  run_guarded(
      [&] {
        const auto lockstep = tested.lockstep();
        lockstep->compare_every_state(true);
        *differs = lockstep->run(reduction.program).has_value();
      },
      kHangSeconds);
  if (!*differs) return std::nullopt;
  auto found = diagnose_apart(tested, tested, reduction.program, input).found;
  if (found) {
    found->finding.report +=
        "then      where more follows, the process ends: " + print(reduction.signature) + "\n";
    found->runs += reduction.runs;
  }
  return found;
}

std::optional<Diagnosed> diagnose_crash(const UnderTest& tested, const Signature& signature,
                                        const Program& program, std::span<const std::uint8_t> input,
                                        unsigned seconds, const NamedPrograms& named,
                                        const Watch& watch, const Tell& tell) {
  std::map<std::string, std::string> names;  // by program: one that has no end takes its time
  const auto name = [&](const Reduction& small) -> const std::string& {
    std::string& known = names[print(small.signature) + "\n" + print(small.program)];
    if (known.empty())
      known = tested.finding_name(name_of_end(tested, small.signature, small.program));
    return known;
  };
  bool told = false;
  // What hangs and has a name is not news, for which it need not be looked at for the whole time.
  const SecondsFor enough = [&](const Reduction& small) {
    if (signature.kind != Kind::hang) return seconds;
    if (named.contains(name(small))) return std::min(seconds, kHangSeconds);
    // A busy machine may take minutes for that time.
    if (tell && !std::exchange(told, true))
      tell(found_crash(tested, small, name(small), input, std::min(seconds, kHangSeconds)));
    return seconds;
  };
  const auto found = [&](Reduction small) {
    const unsigned seen = enough(small);
    const std::string& its_name = name(small);
    return found_crash(tested, std::move(small), its_name, input, seen);
  };
  std::optional<Reduction> few;
  if (!named.empty()) {
    few = reduce_operations(tested, program, signature, seconds, watch);
    if (few && is_named(name(*few), *few, named)) return found(*std::move(few));
  }
  Reduction reduction =
      reduce_crash(tested, few ? few->program : program, signature, seconds, enough, watch);
  if (!reduction.signature) return std::nullopt;  // not every time
  if (auto before_end = diagnose_before_end(tested, reduction, input)) return before_end;
  return found(std::move(reduction));
}

}  // namespace

std::optional<Program> sketch_of_end(const UnderTest& tested, const Program& program) {
  ReductionLimits limits = limits_of(kSketchTime);
  limits.simplify_values = false;
  const Reduction reduction = reduce_in_a_hurry(tested, program, limits, false);
  if (!reduction.signature) return std::nullopt;
  return reduction.program;
}

std::optional<Diagnosed> diagnose_as(const UnderTest& tested, const Judgement& judgement,
                                     const Program& program, std::span<const std::uint8_t> input,
                                     unsigned seconds, const NamedPrograms& named,
                                     const Watch& watch, const Tell& tell) {
  if (!judgement.crashed) {
    // If it is a difference that is known, then no other must hide it.
    const UnderTest counting = tested.counting(print(judgement.signature));
    auto apart = diagnose_apart(tested, counting, program, input);
    if (apart.came_back) return std::move(apart.found);
  }
  return diagnose_crash(tested, judgement.signature, program, input, seconds, named, watch, tell);
}

std::optional<Diagnosed> diagnose_any(const UnderTest& tested, const Program& program,
                                      const Watch& watch) {
  const Judgement judgement = judge_apart(tested, program);
  if (!judgement.signature) return std::nullopt;
  return diagnose_as(tested, judgement, program, {}, kMostSeconds, {}, watch);
}

std::optional<Diagnosed> diagnose_after(const UnderTest& tested, std::vector<Program> before,
                                        const Program& program, std::span<const std::uint8_t> input,
                                        unsigned seconds) {
  constexpr std::size_t kRunsAProgram = 60;
  std::vector<Program> all = std::move(before);
  all.push_back(program);
  std::size_t runs = 0;
  const auto judge_all = [&](const std::vector<Program>& programs) {
    ++runs;
    return judge_last_apart(tested, programs, seconds);
  };
  const Signature signature = judge_all(all).signature;
  if (!signature) return std::nullopt;
  // As few as can be, in larger steps first. The last stays.
  for (std::size_t step = all.size() / 2; step > 0; step /= 2)
    for (std::size_t at = 0; at + step < all.size();) {
      std::vector<Program> fewer = all;
      const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(from, from + static_cast<std::ptrdiff_t>(step));
      if (judge_all(fewer).signature == signature)
        all = std::move(fewer);
      else
        at += step;
    }
  if (all.size() == 1) return std::nullopt;  // it shows alone, but not each time
  for (Program& one : all) {
    const Judge judge = [&](const Program& candidate) {
      std::vector<Program> others = all;
      others[static_cast<std::size_t>(&one - all.data())] = candidate;
      Judgement judgement = judge_all(others);
      // Where it shows is in the last, of which others need not have as many.
      if (&one != &all.back()) judgement.operation = candidate.operations.size();
      return judgement;
    };
    one = reduce(one, judge, {.runs = kRunsAProgram}).program;
  }
  Diagnosed result;
  result.runs = runs;
  Finding& finding = result.finding;
  finding.subject = tested.subject;
  finding.name = tested.finding_name(name_after_others(signature, all.back()));
  finding.input.assign(input.begin(), input.end());
  finding.report = "the program does nothing wrong alone, but " + print(signature) +
                   "\nif those of before.trace ran before it in the same process, " +
                   std::to_string(all.size() - 1) + " of them\n\n" +
                   report_of_end(tested, finding.name, signature, all, seconds);
  finding.program = std::move(all.back());
  all.pop_back();
  finding.before = std::move(all);
  return result;
}

}  // namespace tidemark
