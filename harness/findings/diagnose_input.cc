// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diagnose_input.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "end_report.h"
#include "finding_name.h"
#include "known_ends.h"
#include "shared_memory.h"
#include "shared_text.h"

namespace tidemark {
namespace {

constexpr unsigned kDiagnosisSeconds = 60;
// Each run of what hangs takes all of its time: it gets less of it.
constexpr unsigned kHangSeconds = 2;
constexpr std::size_t kHangRuns = 30, kMemoryRuns = 40, kCrashRuns = 1000;
constexpr std::size_t kHurriedRuns = 100;

// All ends of a process are the same to it.
Reduction reduce_in_a_hurry(const UnderTest& tested, const Program& program, bool simplify) {
  const Judge judge = [&tested](const Program& candidate) {
    const auto run = [&] { tested.lockstep()->run(candidate); };
    const bool ends = ends_a_child(run);
    const Kind kind = ends ? Kind::hang : Kind::none;
    return Judgement{{.kind = kind}, candidate.operations.size(), {}, ends};
  };
  return reduce(program, judge, {.runs = kHurriedRuns, .simplify_values = simplify});
}

bool takes_long(const Signature& signature) {
  return signature.kind == Kind::hang || signature.kind == Kind::out_of_memory;
}

// The same, if what came out of it ends as it should within `seconds`.
std::optional<Reduction> reduce_in_a_hurry_to(const Signature& signature, const UnderTest& tested,
                                              const Program& program, bool simplify,
                                              unsigned seconds) {
  Reduction reduction = reduce_in_a_hurry(tested, program, simplify);
  if (!reduction.signature ||
      judge_apart(tested, reduction.program, seconds).signature != signature)
    return std::nullopt;
  reduction.signature = signature;
  return reduction;
}

Judge judge_within(const UnderTest& tested, unsigned seconds) {
  return [&tested, seconds](const Program& candidate) {
    return judge_apart(tested, candidate, seconds);
  };
}

Reduction reduce_crash(const UnderTest& tested, const Program& program, const Signature& signature,
                       unsigned seconds) {
  const bool hangs = signature.kind == Kind::hang;
  const std::size_t runs = hangs                                   ? kHangRuns
                           : signature.kind == Kind::out_of_memory ? kMemoryRuns
                                                                   : kCrashRuns;
  if (takes_long(signature))
    if (auto hurried = reduce_in_a_hurry_to(signature, tested, program, true, seconds))
      return *std::move(hurried);
  Reduction reduction =
      reduce(program, judge_within(tested, hangs ? std::min(seconds, kHangSeconds) : seconds),
             {.runs = runs});
  // It may have become one that is only slow.
  if (hangs && judge_apart(tested, reduction.program, seconds).signature != signature)
    reduction.program = program;
  return reduction;
}

// Only its operations are made few, which takes a tenth of the runs. Nothing if it then ends
// otherwise.
std::optional<Reduction> reduce_operations(const UnderTest& tested, const Program& program,
                                           const Signature& signature, unsigned seconds) {
  if (takes_long(signature))
    return reduce_in_a_hurry_to(signature, tested, program, false, std::min(seconds, kHangSeconds));
  Reduction few = reduce(program, judge_within(tested, seconds),
                         {.runs = kCrashRuns, .simplify_values = false});
  if (!few.signature) return std::nullopt;  // not every time
  return few;
}

// Of the last of them, which is run once more with the others before it.
std::string report_of_end(const UnderTest& tested, const Signature& signature,
                          std::span<const Program> programs, unsigned seconds) {
  const Shared<StepAt> at;
  // What hangs was seen to take longer.
  const unsigned enough = signature.kind == Kind::hang ? std::min(seconds, kHangSeconds) : seconds;
  const Ending ending = run_programs_apart(tested, programs, enough, &*at);
  const std::string lines =
      lines_of_end({signature, ending, seconds, *at, programs.size()}, programs.back());
  const std::string words = last_words(ending, tested);
  return lines + (words.empty() ? "" : "\n" + words);
}

Diagnosed found_crash(const UnderTest& tested, Reduction reduction,
                      std::span<const std::uint8_t> input, unsigned seconds) {
  Diagnosed result;
  result.runs = reduction.runs;
  result.leads = std::move(reduction.leads);
  result.finding.subject = tested.subject;
  result.finding.name = tested.finding_name(name_of(reduction.signature, reduction.program));
  result.finding.input.assign(input.begin(), input.end());
  result.finding.program = reduction.program;
  result.finding.report =
      report_of_end(tested, reduction.signature, {&reduction.program, 1}, seconds);
  return result;
}

// The name, and the operations in their order, are those of one that is named.
bool is_named(const UnderTest& tested, const Reduction& few, const NamedPrograms& named) {
  const auto like = named.find(tested.finding_name(name_of(few.signature, few.program)));
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
      kDiagnosisSeconds);
  if (!*differs) return std::nullopt;
  auto found = diagnose_apart(tested, tested, reduction.program, input).found;
  if (found) {
    found->finding.report += "then      its process ends: " + print(reduction.signature) + "\n";
    found->runs += reduction.runs;
  }
  return found;
}

std::optional<Diagnosed> diagnose_crash(const UnderTest& tested, const Signature& signature,
                                        const Program& program, std::span<const std::uint8_t> input,
                                        unsigned seconds, const NamedPrograms& named) {
  if (!named.empty()) {
    auto few = reduce_operations(tested, program, signature, seconds);
    if (few && is_named(tested, *few, named))
      return found_crash(tested, *std::move(few), input, seconds);
  }
  Reduction reduction = reduce_crash(tested, program, signature, seconds);
  if (!reduction.signature) return std::nullopt;  // not every time
  if (auto found = diagnose_before_end(tested, reduction, input)) return found;
  return found_crash(tested, std::move(reduction), input, seconds);
}

}  // namespace

std::optional<Program> sketch_of_end(const UnderTest& tested, const Program& program) {
  const Reduction reduction = reduce_in_a_hurry(tested, program, false);
  if (!reduction.signature) return std::nullopt;
  return reduction.program;
}

std::optional<Diagnosed> diagnose_as(const UnderTest& tested, const Judgement& judgement,
                                     const Program& program, std::span<const std::uint8_t> input,
                                     unsigned seconds, const NamedPrograms& named) {
  if (!judgement.crashed) {
    // If it is a difference that is known, then no other must hide it.
    const UnderTest counting = tested.counting(print(judgement.signature));
    auto apart = diagnose_apart(tested, counting, program, input);
    if (apart.came_back) return std::move(apart.found);
  }
  return diagnose_crash(tested, judgement.signature, program, input, seconds, named);
}

std::optional<Diagnosed> diagnose_any(const UnderTest& tested, const Program& program) {
  const Judgement judgement = judge_apart(tested, program);
  if (!judgement.signature) return std::nullopt;
  return diagnose_as(tested, judgement, program, {}, kMostSeconds);
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
      return judge_all(others);
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
                   report_of_end(tested, signature, all, seconds);
  finding.program = std::move(all.back());
  all.pop_back();
  finding.before = std::move(all);
  return result;
}

}  // namespace tidemark
