// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Whether what we write is JSON, as others read it.
#pragma once

#include <optional>
#include <string>

namespace tidemark {

bool is_json(const std::string& text);
// The string `name` of the object that `text` is; nothing if it has none, or is none.
std::optional<std::string> string_in_json(const std::string& text, const std::string& name);

}  // namespace tidemark
