// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Which rule of the contract a failure breaks, for whoever reads of it first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signature.h"

namespace tidemark {

struct Rule {
  std::string_view id;    // "N1", as in docs/contract.md
  std::string_view says;  // in a few words
};

// The one to look up first. Of what hangs, or takes too much memory, it is that of the operation
// in `signature`. Nothing where a process ends otherwise, or a kernel says something of itself, and
// where only what the program expects is not so.
std::optional<Rule> broken_rule(const Signature& signature);

// A line of a report, with where to look it up; empty if there is no rule.
std::string rule_line(const Signature& signature);

}  // namespace tidemark
