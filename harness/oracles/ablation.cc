// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ablation.h"

#include <algorithm>

#include "verbs.h"

namespace tidemark {

LeftOut::LeftOut(const char* names) : names_(names ? names : "") {}

bool LeftOut::has(std::string_view name) const {
  for (std::string_view rest = names_; !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == name) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

Program without(const LeftOut& left_out, const Program& program) {
  if (left_out.empty()) return program;
  Program result;
  result.setup = program.setup;
  for (Operation operation : program.operations) {
    if (left_out.has(name(operation.verb))) continue;
    if (operation.when != When::now && left_out.has("windows")) continue;
    if (left_out.has("faults")) operation.fault = operation.other_fault = {};
    if (left_out.has("bends")) operation.bend = operation.other_bend = {};
    if (operation.verb == Verb::attach && left_out.has("hardware")) {
      operation.flags &= ~kHardware;
      operation.own = {};
    }
    result.operations.push_back(operation);
  }
  return result;
}

}  // namespace tidemark
