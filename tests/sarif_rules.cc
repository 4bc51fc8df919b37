// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sarif_rules.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string_view>

namespace tidemark {
namespace {

using Json = nlohmann::json;

struct Member {
  std::string_view name, type;  // "x[]" is an array of x
  bool required = false;
};

// Sections 3.13 to 3.49 of the standard.
const std::map<std::string_view, std::vector<Member>> kObjects = {
    {"log", {{"version", "version", true}, {"runs", "run[]", true}, {"$schema", "absolute URI"}}},
    {"run", {{"tool", "tool", true}, {"results", "result[]"}}},
    {"tool", {{"driver", "driver", true}}},
    {"driver", {{"name", "string", true}, {"rules", "rule[]"}}},
    {"rule", {{"id", "string", true}, {"shortDescription", "text"}, {"help", "text"}}},
    {"text", {{"text", "string", true}}},
    {"result",
     {{"message", "text", true},
      {"ruleId", "string"},
      {"ruleIndex", "index"},
      {"kind", "kind"},
      {"level", "level"},
      {"locations", "location[]"},
      {"relatedLocations", "location[]"},
      {"partialFingerprints", "strings"},
      {"occurrenceCount", "from one"},
      {"properties", "properties"}}},
    {"location", {{"physicalLocation", "physicalLocation"}}},
    {"physicalLocation", {{"artifactLocation", "artifactLocation", true}, {"region", "region"}}},
    {"artifactLocation", {{"uri", "URI", true}}},
    {"region", {{"startLine", "from one", true}}},
};

bool is_one_of(const Json& value, const std::set<std::string>& words) {
  return value.is_string() && words.contains(value.get<std::string>());
}

bool matches(const Json& value, const char* pattern) {
  return value.is_string() && std::regex_match(value.get<std::string>(), std::regex(pattern));
}

bool is_number_from(const Json& value, std::int64_t least) {
  return value.is_number_integer() && value.get<std::int64_t>() >= least;
}

// The characters of RFC 3986. What has no scheme has no colon before its first slash, and is not
// absolute: then it would be of somebody's machine.
#define URI_CHARACTER "(?:[A-Za-z0-9._~!$&'()*+,;=@/?#-]|%[0-9A-Fa-f]{2})"

const std::map<std::string_view, std::function<bool(const Json&)>> kValues = {
    {"string", [](const Json& v) { return v.is_string() && !v.get<std::string>().empty(); }},
    {"version", [](const Json& v) { return v == "2.1.0"; }},
    {"URI", [](const Json& v) { return matches(v, "(?!/)" URI_CHARACTER "+"); }},
    {"absolute URI",
     [](const Json& v) { return matches(v, "[a-z][a-z0-9+.-]*://" URI_CHARACTER "+"); }},
    {"kind",
     [](const Json& v) {
       return is_one_of(v, {"notApplicable", "pass", "fail", "review", "open", "informational"});
     }},
    {"level",
     [](const Json& v) {
       return is_one_of(v, {"none", "note", "warning", "error"});
     }},
    {"index", [](const Json& v) { return is_number_from(v, -1); }},
    {"from one", [](const Json& v) { return is_number_from(v, 1); }},
    {"properties", [](const Json& v) { return v.is_object(); }},
    {"strings",
     [](const Json& v) {
       return v.is_object() &&
              std::ranges::all_of(v, [](const Json& one) { return one.is_string(); });
     }},
};

class Check {
 public:
  void look(const std::string& where, const Json& value, std::string_view type) {
    if (type.ends_with("[]")) return look_at_all(where, value, type.substr(0, type.size() - 2));
    if (const auto is_it = kValues.find(type); is_it != kValues.end()) {
      if (!is_it->second(value)) add(where, "is no " + std::string(type));
      return;
    }
    if (!value.is_object()) return add(where, "is no object");
    const std::vector<Member>& members = kObjects.at(type);
    for (const Member& member : members) {
      if (value.contains(member.name))
        look(where + "." + std::string(member.name), value[member.name], member.type);
      else if (member.required)
        add(where, "has no " + std::string(member.name));
    }
    for (const auto& [name, its] : value.items())
      if (std::ranges::find(members, name, &Member::name) == members.end())
        add(where, "has a member " + name);
  }

  // Between a result and the rules of its run.
  void look_at_result(const std::string& where, const Json& result, const Json& rules) {
    const std::string kind = result.value("kind", "fail"), level = result.value("level", "warning");
    if (kind != "fail" && level != "none") add(where, "is of kind " + kind + ", at level " + level);
    const std::int64_t index = result.value("ruleIndex", std::int64_t{-1});
    if (index < 0) return;
    if (static_cast<std::size_t>(index) >= rules.size())
      add(where, "has an index of no rule");
    else if (rules[static_cast<std::size_t>(index)].value("id", "") != result.value("ruleId", ""))
      add(where, "has the index of another rule");
  }

  void look_at_rules(const std::string& where, const Json& rules) {
    std::set<std::string> ids;
    for (const Json& rule : rules)
      if (!ids.insert(rule.value("id", "")).second) add(where, "has an id twice");
  }

  std::vector<std::string> problems;

 private:
  void add(const std::string& where, const std::string& what) {
    problems.push_back(where + ": " + what);
  }
  void look_at_all(const std::string& where, const Json& value, std::string_view type) {
    if (!value.is_array()) return add(where, "is no array");
    for (std::size_t i = 0; i < value.size(); ++i)
      look(where + "[" + std::to_string(i) + "]", value[i], type);
  }
};

}  // namespace

std::vector<std::string> sarif_problems(const std::string& text) {
  const Json log = Json::parse(text, nullptr, false);
  Check check;
  check.look("log", log, "log");
  if (!check.problems.empty()) return check.problems;
  for (const Json& run : log["runs"]) {
    const Json rules = run["tool"]["driver"].value("rules", Json::array());
    check.look_at_rules("rules", rules);
    const Json results = run.value("results", Json::array());
    for (std::size_t i = 0; i < results.size(); ++i)
      check.look_at_result("results[" + std::to_string(i) + "]", results[i], rules);
  }
  return check.problems;
}

}  // namespace tidemark
