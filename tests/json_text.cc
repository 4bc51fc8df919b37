// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "json_text.h"

#include <nlohmann/json.hpp>

namespace tidemark {

bool is_json(const std::string& text) { return nlohmann::json::accept(text); }

std::optional<std::string> string_in_json(const std::string& text, const std::string& name) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return std::nullopt;
  return json[name].get<std::string>();
}

}  // namespace tidemark
