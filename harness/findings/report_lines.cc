// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "report_lines.h"

#include <sstream>
#include <vector>

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

std::string blamed_in(const std::string& report) {
  // "step 6: query 0p 1p (missing-marks)"
  std::istringstream cause(said_in(report, "cause"));
  std::string step, number, verb;
  if (!(cause >> step >> number >> verb)) return {};
  if (verb.ends_with("window")) cause >> verb;
  const std::string rule = said_in(report, "rule");
  return verb + ", " + rule.substr(0, rule.find(','));
}

std::string probably_one_bug(const std::map<std::string, std::string>& reports) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& [name, report] : reports)
    if (const std::string blamed = blamed_in(report); !blamed.empty())
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
