// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "replayed.h"

#include <string_view>

#include "signature.h"
#include "subprocess.h"

namespace tidemark::session {
namespace {

std::string line_at(std::string_view text, std::size_t at) {
  return std::string(text.substr(at, text.find('\n', at) - at));
}

// From "FILE: crashes: SIGNATURE", on a line.
std::optional<Replayed> verdict_in(std::string_view said) {
  for (const tidemark::Outcome outcome :
       {tidemark::Outcome::diverges, tidemark::Outcome::crashes, tidemark::Outcome::hangs,
        tidemark::Outcome::known, tidemark::Outcome::agrees}) {
    const std::string verdict =
        ": " + std::string(word(outcome)) + (outcome == tidemark::Outcome::agrees ? "\n" : ": ");
    const auto at = said.find(verdict);
    if (at == std::string_view::npos) continue;
    return Replayed{outcome,
                    outcome == tidemark::Outcome::agrees ? "" : line_at(said, at + verdict.size())};
  }
  return std::nullopt;
}

}  // namespace

Replayed replayed(const std::filesystem::path& program, const std::string& subject,
                  const std::filesystem::path& file, unsigned seconds,
                  const std::function<void()>& each_second) {
  const Ending ending = run_program(
      {program, "replay", "--quiet", "--subject", subject, "--", file}, seconds, each_second);
  if (ending.timed_out) return {tidemark::Outcome::hangs, print(Signature{.kind = Kind::hang})};
  if (const auto found = verdict_in(ending.said)) return *found;
  constexpr std::string_view kBefore = "tidemark: ";
  const std::string why = line_at(ending.said, 0);
  return {std::nullopt, why.starts_with(kBefore) ? why.substr(kBefore.size()) : why};
}

}  // namespace tidemark::session
