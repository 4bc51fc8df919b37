// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sarif.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <regex>
#include <sstream>

#include "report_lines.h"
#include "text.h"

namespace tidemark::cli {
namespace {

using session::Json;

// Services want it named; nobody fetches it.
constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

struct ContractRule {
  std::string id, says, where;
};

// "N1, a page that may have been written is reported: docs/contract.md#n1"
std::optional<ContractRule> contract_rule(const std::string& report) {
  const std::string line = said_in(report, "rule");
  const auto id = line.find(", "), where = line.rfind(": ");
  if (id == std::string::npos || where == std::string::npos || where < id) return std::nullopt;
  return ContractRule{line.substr(0, id), line.substr(id + 2, where - id - 2),
                      line.substr(where + 2)};
}

// Of what ends a process, or a kernel says of itself: the name without its function.
ContractRule rule_of(const FiledFinding& finding) {
  if (auto rule = contract_rule(finding.report)) return *rule;
  const std::string kind = finding.name.substr(0, finding.name.rfind('.'));
  return {kind, "the tracker ends, or says that something is wrong", "docs/contract.md"};
}

// Lines of programs that are no operations: comments, and the container.
bool is_operation(const std::string& line) {
  return !line.empty() && line[0] != '#' && !line.starts_with("container");
}

// Which line of the program is its step number `step`; the last if there is no such.
std::size_t line_of(const std::string& program, std::size_t step) {
  std::istringstream lines(program);
  std::size_t number = 0, last = 1;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!is_operation(line)) continue;
    last = number;
    if (--step == 0) break;
  }
  return last;
}

Json place(const std::string& file, std::size_t line) {
  return {{"physicalLocation",
           {{"artifactLocation", {{"uri", file}}}, {"region", {{"startLine", line}}}}}};
}

// The places that a stack goes through in the tracker, the innermost first.
std::optional<Json> place_in_tracker(const std::string& report) {
  static const std::regex kPlace("(?:^|/)(impl/(?!os_user/)[A-Za-z0-9_/]+\\.[ch]):(\\d+)");
  std::smatch found;
  if (!std::regex_search(report, found, kPlace)) return std::nullopt;
  return place(found[1], std::strtoul(found[2].str().c_str(), nullptr, 10));
}

std::string message_of(const FiledFinding& finding) {
  std::string text = finding.name;
  if (const std::string step = said_in(finding.report, "step"); !step.empty())
    text += fmt::format(", at step {}", step);
  for (const char* word : {"expected", "actual"})
    if (const std::string said = said_in(finding.report, word); !said.empty())
      text += fmt::format("; {}: {}", word, said);
  return text;
}

Json result_of(const FiledFinding& finding, std::size_t rule, const Now& now) {
  const bool gone = now.word == kGone;
  const std::size_t step = std::strtoul(said_in(finding.report, "step").c_str(), nullptr, 10);
  Json result = {{"ruleId", rule_of(finding).id},
                 {"ruleIndex", rule},
                 {"kind", gone ? "pass" : "fail"},
                 {"level", gone ? "none" : "error"},
                 {"message", {{"text", message_of(finding)}}},
                 {"properties", {{"now", now.word}}},
                 {"partialFingerprints", {{"name/v1", finding.name}}},
                 {"occurrenceCount", std::max<std::size_t>(finding.count, 1)}};
  const std::filesystem::path program = program_in(finding.folder);
  // Relative where it can be: services know no other place than the checkout.
  const Json of_program = place(uri_path(std::filesystem::proximate(program).generic_string()),
                                line_of(finding.program, step));
  if (const auto in_tracker = place_in_tracker(finding.report)) {
    result["locations"] = Json::array({*in_tracker});
    result["relatedLocations"] = Json::array({of_program});
  } else {
    result["locations"] = Json::array({of_program});
  }
  if (!now.detail.empty())
    result["properties"][now.word == kNotJudged ? "why" : "shows"] = now.detail;
  return result;
}

}  // namespace

Json sarif_of(std::span<const FiledFinding> findings, std::span<const Now> now) {
  Json rules = Json::array(), results = Json::array();
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const FiledFinding& finding = findings[i];
    const ContractRule rule = rule_of(finding);
    const auto is_it = [&rule](const Json& other) { return other["id"] == rule.id; };
    const auto its = std::ranges::find_if(rules, is_it);
    const auto index = static_cast<std::size_t>(its - rules.begin());
    if (its == rules.end())
      rules.push_back({{"id", rule.id},
                       {"shortDescription", {{"text", rule.says}}},
                       {"help", {{"text", rule.where}}}});
    results.push_back(result_of(finding, index, now[i]));
  }
  const Json driver = {{"name", "tidemark"}, {"rules", rules}};
  const Json run = {{"tool", {{"driver", driver}}}, {"results", results}};
  return {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
}

}  // namespace tidemark::cli
