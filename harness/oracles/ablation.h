// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs without some of what can be in them: to find out what it is worth.
#pragma once

#include <string_view>

#include "program.h"

namespace tidemark {

// What an experiment leaves out, by name: oracles, operations ("pin"), and
// "windows", "faults", "bends", "hardware".
class LeftOut {
 public:
  // Names with commas between them; nothing and a null pointer leave out nothing.
  explicit LeftOut(const char* names);

  bool has(std::string_view name) const;
  bool empty() const { return names_.empty(); }

 private:
  std::string_view names_;
};
inline constexpr const char* kLeftOutVariable = "TIDEMARK_LEAVE_OUT";

// The program without operations of these kinds, and those that stay without
// faults, bends, or hardware. Expectations go by place, and go.
Program without(const LeftOut& left_out, const Program& program);

}  // namespace tidemark
