// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "comparison.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "crash.h"

namespace tidemark {
namespace {

constexpr unsigned kSeconds = 20;

std::string report_of(const Mismatch& mismatch) {
  return "expected  " + mismatch.expected + "\nactual    " + mismatch.actual + "\n";
}

// The innermost function of type1 in a sanitizer's stack trace: "in NAME FILE:...".
std::string function_in_type1(const std::string& said) {
  const auto file = said.find("/vfio_iommu_type1.c:");
  if (file == std::string::npos) return {};
  const auto line = said.rfind('\n', file) + 1;
  const auto name = said.find(" in ", line);
  if (name == std::string::npos || name > file) return {};
  return said.substr(name + 4, said.find(' ', name + 4) - name - 4);
}

LinuxSubject& linux_of(Lockstep& lockstep) {
  return dynamic_cast<LinuxSubject&>(lockstep.actual().subject());
}

}  // namespace

// True if the program must end here.
bool Comparison::judge(const Difference& difference, Verdict& verdict) {
  const Expected* expected = find_expected(version_, difference);
  if (expected && expected->goes_on) {
    if (std::ranges::find(verdict.passed, expected) == verdict.passed.end())
      verdict.passed.push_back(expected);
    return false;
  }
  verdict.signature = difference.signature;
  verdict.expected = expected;
  verdict.operation = difference.index;
  if (difference.mismatch) verdict.report = report_of(*difference.mismatch);
  return true;
}

bool Comparison::judge_warnings(const Program& program, std::size_t operation, Verdict& verdict) {
  for (const std::string& function : linux_of(lockstep_).take_warnings())
    if (judge({program, operation, "linux.warn." + function, nullptr, &lockstep_, &history_},
              verdict))
      return true;
  return false;
}

Verdict Comparison::run(const Program& program) {
  Verdict verdict;
  std::size_t i = 0;
  const auto difference = [&](const std::string& signature, const Mismatch* found) {
    return Difference{program, i, signature, found, &lockstep_, &history_};
  };
  lockstep_.tolerate([&](const Mismatch& found) {
    if (i < program.operations.size()) history_.note(program.operations[i], lockstep_);
    // A warning comes before what follows from it. What is left after the release
    // comes from a subject that is gone.
    if (found.signature != "lockstep.release.leak" && judge_warnings(program, i, verdict))
      return false;
    return !judge(difference(found.signature, &found), verdict);
  });
  history_.begin();
  try {
    lockstep_.begin(program.setup);
    for (; i < program.operations.size(); ++i) {
      const Operation& operation = program.operations[i];
      history_.before(lockstep_);
      if (lockstep_.step(operation, nullptr)) return verdict;
      history_.settle(operation, lockstep_);
      if (judge_warnings(program, i, verdict)) return verdict;
    }
    lockstep_.end();
  } catch (const LinuxStopped& stopped) {
    judge(difference(stopped.signature, nullptr), verdict);
  }
  return verdict;
}

Verdict Comparison::run_apart(const LinuxVersion& version, const Program& program) {
  const Ending ending = tidemark::run_apart(
      [&] {
        Comparison comparison(version, version.make);
        const Verdict verdict = comparison.run(program);
        for (const Expected* entry : verdict.passed)
          std::fprintf(stderr, "passed: %s\n", entry->name);
        if (verdict.signature.empty()) return;
        std::fprintf(stderr, "operation: %zu\nentry: %s\n%s", verdict.operation,
                     verdict.expected ? verdict.expected->name : "", verdict.report.c_str());
        std::fprintf(stderr, "Assertion failure: %s\n", verdict.signature.c_str());
        _Exit(1);
      },
      kSeconds);
  Verdict verdict;
  const auto entry_named = [](const std::string& name) -> const Expected* {
    for (const Expected& entry : expected_differences())
      if (name == entry.name) return &entry;
    return nullptr;
  };
  const std::string& said = ending.said;
  for (std::size_t at = 0; (at = said.find("passed: ", at)) != std::string::npos; at += 8)
    verdict.passed.push_back(entry_named(said.substr(at + 8, said.find('\n', at) - at - 8)));
  if (ending.fine) return verdict;
  verdict.signature = signature_of(ending);
  verdict.operation = program.operations.size();
  if (const auto at = said.find("operation: "); at != std::string::npos) {
    verdict.operation = std::strtoull(said.c_str() + at + 11, nullptr, 10);
    const auto entry = said.find("entry: ") + 7;
    const auto line_end = said.find('\n', entry);
    verdict.expected = entry_named(said.substr(entry, line_end - entry));
    verdict.report = said.substr(line_end + 1, said.find("Assertion failure") - line_end - 1);
    return verdict;
  }
  // Which operation it was is not known.
  verdict.report = symbolized(said);
  const std::string function = function_in_type1(verdict.report);
  if (!function.empty()) verdict.signature += "." + function;
  verdict.expected = find_expected(
      version, {program, verdict.operation, verdict.signature, nullptr, nullptr, nullptr});
  return verdict;
}

}  // namespace tidemark
