// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "report_lines.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "kind_meaning.h"
#include "signature.h"

namespace tidemark {

std::string said_in(const std::string& report, const std::string& word) {
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(word + " ")) continue;
    const auto from = line.find_first_not_of(' ', word.size());
    return from == std::string::npos ? "" : line.substr(from);
  }
  return {};
}

namespace {

// "step 6: query 0p 1p (missing-marks)", or of the first line "6 of 6: query 0p 1p": the operation
// and the rule that it breaks, "query, N1".
std::string operation_and_rule(const std::string& step, const std::string& report) {
  const std::string rule = said_in(report, "rule");
  const auto colon = step.find(": ");
  if (colon == std::string::npos || rule.empty()) return {};
  std::istringstream words(step.substr(colon + 2));
  std::string verb, device;
  words >> verb;
  if (verb.ends_with("window")) words >> device >> verb;
  return verb + ", " + rule.substr(0, rule.find(','));
}

// Of a name, "AddressSanitizer.heap-use-after-free.unmap_pass", the function. Of what does not end,
// the operation: which of the functions around a loop it is named for may be chance.
std::string blamed_in_end(std::string_view name, const std::string& report) {
  const auto last = name.rfind('.');
  if (last == std::string_view::npos) return {};
  const std::string_view before = name.substr(0, last);
  const std::string part(name.substr(last + 1));
  if (before == word(Kind::hang) || before == word(Kind::out_of_memory)) {
    const std::string operation = operation_and_rule(said_in(report, "step"), report);
    return "it has no end, " + (operation.empty() ? part : operation);
  }
  const bool of_function = std::ranges::count(before, '.') == 1 && !is_part(part);
  if (of_function && before.starts_with(word(Kind::address))) return "a memory error in " + part;
  return of_function && before.starts_with(word(Kind::undefined)) ? "undefined in " + part : "";
}

// What goes wrong in one store and not in others does so whichever call shows it.
std::string blamed_in_store(std::string_view name) {
  constexpr std::string_view kStore = ".store_";
  const auto at = name.rfind(kStore);
  if (!name.starts_with("lockstep.") || at == std::string_view::npos) return {};
  const std::string store(name.substr(at + kStore.size()));
  name = name.substr(0, at);
  return "the store " + store + ", " + std::string(name.substr(name.rfind('.') + 1));
}

}  // namespace

std::string blamed_in(std::string_view name, const std::string& report) {
  if (std::string end = blamed_in_end(name, report); !end.empty()) return end;
  if (std::string store = blamed_in_store(name); !store.empty()) return store;
  std::string blamed = said_in(report, "cause");
  const bool did_it = name.starts_with("lockstep.") && !name.starts_with("lockstep.after-");
  if (blamed.empty() && did_it) blamed = said_in(report, "step");
  return operation_and_rule(blamed, report);
}

std::string probably_one_bug(const std::map<std::string, std::string>& reports) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& [name, report] : reports)
    if (const std::string blamed = blamed_in(name, report); !blamed.empty())
      names[blamed].push_back(name);
  std::string text;
  for (const auto& [blamed, alike] : names) {
    if (alike.size() < 2) continue;
    text += "probably one bug (" + blamed + "):";
    for (const std::string& name : alike) text += (name == alike[0] ? " " : ", ") + name;
    text += "\n";
  }
  return text;
}

}  // namespace tidemark
