// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program from text that is known to be good.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "program_text.h"

namespace tidemark {

inline Program parsed(const std::string& text) {
  const auto result = parse(text);
  if (const auto* error = std::get_if<ParseError>(&result)) {
    ADD_FAILURE() << "line " << error->line << ": " << error->message << " in\n" << text;
    return {};
  }
  return std::get<Program>(result);
}

}  // namespace tidemark
