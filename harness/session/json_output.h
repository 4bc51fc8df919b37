// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// JSON as text, and on standard output an object a line.
#pragma once

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace tidemark::session {

// Members in the order in which they were written. What is no UTF-8 is replaced.
using Json = nlohmann::ordered_json;

inline std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}
// Of seconds, as many digits as anybody reads.
inline double tenths(double seconds) { return std::round(seconds * 10) / 10; }
inline void print_json(const Json& json) { fmt::print("{}", json_text(json)); }

}  // namespace tidemark::session
