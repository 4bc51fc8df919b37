// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mismatch.h"

#include <algorithm>

#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

// How many pages from index `from` on are neighbours, each of the one before.
std::size_t length_of_run(const std::vector<std::uint64_t>& pages, std::size_t from,
                          std::uint64_t page_bytes) {
  std::size_t to = from + 1;
  while (to < pages.size() && pages[to] == pages[to - 1] + page_bytes) ++to;
  return to - from;
}

// Two neighbours are as short by themselves.
std::string list(const std::vector<std::uint64_t>& pages, std::uint64_t page_bytes) {
  std::string text;
  for (std::size_t i = 0; i < pages.size();) {
    const std::size_t length = length_of_run(pages, i, page_bytes);
    text += (text.empty() ? "" : " ") + hex(pages[i]);
    if (length > 2)
      text += "-" + hex(pages[i + length - 1] + (page_bytes - 1)) + " (" + std::to_string(length) +
              " pages)";
    i += length > 2 ? length : 1;
  }
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
  if (!mismatch.pages.empty())
    text += "iova      " + list(mismatch.pages, mismatch.page_bytes) + "\n";
  if (!mismatch.also_reported.empty())
    text +=
        "also      reported, and not dirty: " + list(mismatch.also_reported, mismatch.page_bytes) +
        "\n";
  return text;
}

}  // namespace tidemark
