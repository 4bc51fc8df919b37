// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "environment.h"

#include <nlohmann/json.hpp>

#include "build_info.h"
#include "registry.h"

namespace tidemark {

std::string environment_json(const std::string& subject) {
  using Json = nlohmann::ordered_json;
  Json json = {{"subject", subject}};
  const auto tested = find_under_test(subject);
  if (tested && !tested->origin.empty()) json["origin"] = tested->origin;
  json["commit"] = kBuildInfo.commit;
  json["compiler"] = kBuildInfo.compiler;
  json["options"] = kBuildInfo.options;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string subject_in_json(const std::string& text) {
  const auto environment = nlohmann::json::parse(text, nullptr, false);
  if (!environment.is_object()) return std::string(kTracker);
  const auto subject = environment.find("subject");
  return subject != environment.end() && subject->is_string() ? subject->get<std::string>()
                                                              : std::string(kTracker);
}

}  // namespace tidemark
