// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// JSON on standard output, an object a line.
#pragma once

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace tidemark::session {

// Members in the order in which they were written. What is no UTF-8 is replaced.
using Json = nlohmann::ordered_json;

inline void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace tidemark::session
