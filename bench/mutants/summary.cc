// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "equivalents.h"

namespace tidemark::mutants {
namespace {

bool is_dead(const Result& result) {
  const Fate fate = result.verdict.fate;
  return fate == Fate::killed_by_seeds || fate == Fate::killed_by_fuzzing ||
         fate == Fate::killed_by_tests;
}

struct Counts {
  std::size_t mutants = 0, uncompiled = 0, equivalent = 0, listed = 0;
  std::size_t seeds = 0, fuzzing = 0, tests = 0, survived = 0;
  double seconds = 0;

  void add(const Result& result) {
    seconds += result.verdict.seconds;
    const Fate fate = result.verdict.fate;
    if (fate == Fate::no_program) {
      ++uncompiled;
      return;
    }
    ++mutants;
    equivalent += fate == Fate::equivalent;
    seeds += fate == Fate::killed_by_seeds;
    fuzzing += fate == Fate::killed_by_fuzzing;
    tests += fate == Fate::killed_by_tests;
    survived += is_survivor(result);
    listed += fate == Fate::survived && !is_survivor(result);
  }

  std::size_t mortal() const { return mutants - equivalent - listed; }

  std::string line(std::string_view head) const {
    return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {:.0f} |\n", head, mutants,
                       equivalent, listed, seeds, fuzzing, tests, survived, seconds);
  }
};

double percent(std::size_t part, std::size_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 100;
}

std::string effort_text(const Effort& effort) {
  return effort.programs == Effort{}.programs ? fmt::format("{:g} s", effort.seconds)
                                              : fmt::format("{} programs", effort.programs);
}

std::string heading(const Result& result) {
  const Mutant& mutant = result.mutant;
  return fmt::format("{} {}:{} {}, {}", mutant.id, mutant.file, mutant.line, mutant.function,
                     name(mutant.kind));
}

}  // namespace

bool is_survivor(const Result& result) {
  return result.verdict.fate == Fate::survived && result.reason.empty();
}

bool is_wrongly_listed(const Result& result) { return is_dead(result) && !result.reason.empty(); }

std::string table(std::span<const Result> results, const Effort& effort) {
  std::array<Counts, std::size(kMutations)> kinds;
  Counts all;
  for (const Result& result : results) {
    kinds[static_cast<std::size_t>(result.mutant.kind)].add(result);
    all.add(result);
  }
  std::string text =
      "| kind | mutants | trivially equivalent | listed | killed by seeds | by fuzzing | "
      "by tests | survivors | s |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const Mutation kind : kMutations) {
    const Counts& counts = kinds[static_cast<std::size_t>(kind)];
    if (counts.mutants) text += counts.line(name(kind));
  }
  text += all.line("all") + "\n";
  const std::size_t fuzzed = all.seeds + all.fuzzing, killed = fuzzed + all.tests;
  text += fmt::format(
      "Of {} that are not equivalent, {} ({:.1f} %) died of the seeds or {} of fuzzing, "
      "and {} ({:.1f} %) with the tests.\n",
      all.mortal(), fuzzed, percent(fuzzed, all.mortal()), effort_text(effort), killed,
      percent(killed, all.mortal()));
  if (all.uncompiled) text += fmt::format("{} more do not compile.\n", all.uncompiled);
  return text;
}

std::string survivors(std::span<const Result> results) {
  std::string text;
  for (const Result& result : results)
    if (is_survivor(result))
      text += fmt::format("survived: {}\n{}\n", heading(result), result.diff);
  for (const Result& result : results)
    if (is_wrongly_listed(result))
      text +=
          fmt::format("listed as equivalent, but {}: {}\nit died of {}\n{}\n",
                      name(result.verdict.fate), heading(result), result.verdict.by, result.diff);
  return text;
}

std::string json(std::span<const Result> results) {
  nlohmann::json all = nlohmann::json::array();
  for (const Result& result : results) {
    const Mutant& mutant = result.mutant;
    all.push_back({{"id", mutant.id},
                   {"file", mutant.file},
                   {"function", mutant.function},
                   {"line", mutant.line},
                   {"kind", name(mutant.kind)},
                   {"diff", result.diff},
                   {"entry", entry_of(mutant)},
                   {"listed", result.reason},
                   {"fate", name(result.verdict.fate)},
                   {"by", result.verdict.by},
                   {"seconds", result.verdict.seconds}});
  }
  return all.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace tidemark::mutants
