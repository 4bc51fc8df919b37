// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reporter.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "check.h"
#include "program_text.h"

namespace tidemark {
namespace {

void hand_over(Diagnosed found, const char* folder) {
  found.leads.resize(std::min(found.leads.size(), kMostLeads));
  try {
    drop(found, folder);
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "tidemark: %s\n", error.what());
    std::_Exit(EXIT_FAILURE);
  }
  note_reported(found.finding.name);
  std::fprintf(stderr, "dropped: %s\n", found.finding.name.c_str());
}

}  // namespace

void Reporter::failed(const Program& program, const Mismatch& mismatch,
                      std::span<const std::uint8_t> input) {
  auto found = look_into(program, mismatch, input);
  if (!found || is_reported(found->finding.name)) return;
  const char* folder = std::getenv(kDropsVariable);
  if (!folder)
    fail(found->finding.name, kSeenAs + print(mismatch.signature) + "\n" +
                                  print(*found->finding.program) + found->finding.report);
  // There may be more behind what looks alike: the first of these are named again.
  lookalikes_.found_another(mismatch.signature);
  hand_over(std::move(*found), folder);
}

// Nothing if it is not worth one.
std::optional<Diagnosed> Reporter::look_into(const Program& program, const Mismatch& mismatch,
                                             std::span<const std::uint8_t> input) {
  const Signature& seen_as = mismatch.signature;
  const bool known = !mismatch.known.empty();
  if (known && is_reported(tested_.finding_name(print(seen_as)))) return std::nullopt;
  if (!lookalikes_.worth_naming(seen_as)) return std::nullopt;
  // If it is a difference that is known, then no other must hide it.
  const auto alone = known ? tested_.counting(print(seen_as)).lockstep() : nullptr;
  auto found = diagnose_finding(tested_, known ? *alone : lockstep_, program, input);
  check(found.has_value(), "lockstep.verdict-changes");
  lookalikes_.named(seen_as, found->runs);
  return found;
}

}  // namespace tidemark
