// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What SARIF 2.1.0 asks of a log, as far as ours has it.
#pragma once

#include <string>
#include <vector>

namespace tidemark {

// A line for each rule that `text` breaks, "runs[0].tool: ..."; none if it is a log: that members
// which have to be there are, that each is of its type, that URIs are, that a rule's index and its
// id are of one rule, and what a result's kind and level may be together. A member that SARIF has,
// and this does not know, is a line as well.
std::vector<std::string> sarif_problems(const std::string& text);

}  // namespace tidemark
