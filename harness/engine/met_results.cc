// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "met_results.h"

#include <algorithm>
#include <sstream>

#include "verbs.h"

namespace tidemark::session {
namespace {

constexpr const char* kWindow = "window ";

void note(const Step& step, MetResults& results) {
  auto& of_verb = results.met[step.depth > 0][static_cast<std::size_t>(step.verb)];
  if (step.result >= 0) {
    of_verb[0] = true;
    return;
  }
  const auto error = std::ranges::find(kErrorNames, -step.result, &ErrorName::number);
  if (error != std::end(kErrorNames))
    of_verb[1 + static_cast<std::size_t>(error - std::begin(kErrorNames))] = true;
}

}  // namespace

void run_noting(Lockstep& lockstep, const Program& program, MetResults& results) {
  lockstep.begin(program.setup);
  for (const Operation& operation : program.operations) {
    const bool differs = lockstep.step(operation, nullptr).has_value();
    // One that waits for its window has not returned: it is among the steps of another.
    if (operation.when == When::now)
      for (const Step& step : lockstep.steps()) note(step, results);
    if (differs) return;
  }
  lockstep.end();
}

std::vector<std::string> result_names(const MetResults& results) {
  std::vector<std::string> names;
  for (const bool in_window : {false, true})
    for (unsigned verb = 0; verb < kVerbs; ++verb)
      for (std::size_t i = 0; i <= std::size(kErrorNames); ++i) {
        if (!results.met[in_window][verb][i]) continue;
        const std::string result = i ? "-" + std::string(kErrorNames[i - 1].name) : "0";
        names.push_back((in_window ? kWindow : "") + std::string(name(static_cast<Verb>(verb))) +
                        " " + result);
      }
  return names;
}

std::vector<std::string> results_in_list(std::string_view list) {
  std::vector<std::string> names;
  std::istringstream lines{std::string(list)};
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (line.starts_with('#') || colon == std::string::npos) continue;
    std::istringstream results(line.substr(colon + 1));
    for (std::string result; results >> result;)
      names.push_back(line.substr(0, colon) + " " + result);
  }
  return names;
}

}  // namespace tidemark::session
