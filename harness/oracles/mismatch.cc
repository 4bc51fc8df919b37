// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mismatch.h"

#include <algorithm>

#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

std::string list(const std::vector<std::uint64_t>& pages) {
  std::string text;
  for (const std::uint64_t page : pages) text += (text.empty() ? "" : " ") + hex(page);
  return text + (pages.size() == Mismatch::kMaxPages ? " ..." : "");
}

}  // namespace

std::string step_text(std::size_t step, const Program& program) {
  const std::size_t count = program.operations.size();
  const std::string text =
      "step " + std::to_string(std::min(step, count)) + " of " + std::to_string(count);
  if (step == 0) return text + ", before the first";
  return text + (step > count ? ", after the last" : ": " + print(program.operations[step - 1]));
}

std::string describe(const Mismatch& mismatch, const Program& program) {
  std::string text = step_text(mismatch.operation + 1, program);
  text += "\nexpected  " + mismatch.expected + "\nactual    " + mismatch.actual + "\n";
  if (mismatch.signature.kind == Kind::tracker_expectation ||
      mismatch.signature.kind == Kind::reference_expectation)
    text += "by        the program itself, in what it has behind =>\n";
  if (!mismatch.known.empty()) text += "known     " + mismatch.known + "\n";
  if (!mismatch.pages.empty()) text += "iova      " + list(mismatch.pages) + "\n";
  if (!mismatch.also_reported.empty())
    text += "also      reported, and not dirty: " + list(mismatch.also_reported) + "\n";
  return text;
}

}  // namespace tidemark
