// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "verdict_text.h"

#include <fmt/core.h>

#include <sstream>
#include <stdexcept>

namespace tidemark::mutants {

std::string print(const Verdict& verdict) {
  return fmt::format("{} {}\n{}", static_cast<unsigned>(verdict.fate), verdict.seconds, verdict.by);
}

Verdict parse_verdict(const std::string& text) {
  std::istringstream stream(text);
  unsigned fate = 0;
  Verdict verdict;
  stream >> fate >> verdict.seconds;
  if (!stream || stream.get() != '\n' || fate > static_cast<unsigned>(Fate::survived))
    throw std::runtime_error("no verdict: " + text);
  verdict.fate = static_cast<Fate>(fate);
  verdict.by = text.substr(text.find('\n') + 1);
  return verdict;
}

}  // namespace tidemark::mutants
