// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program as a C file that stands alone: the same ioctls on a real kernel, with
// what has to come out. Driver-side operations go through the emulated device of
// docs/emulated-device.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "program.h"

namespace tidemark {

// Where a program is from. May hold any bytes.
struct ExportOrigin {
  std::string name;                   // of the file, without its folder
  std::vector<std::string> comments;  // lines
};

// Deterministic. What comes out is the reference's, and expectations of the
// program are not looked at (but see record()). Nothing if the program is longer
// than record()'s limits.
std::optional<std::string> export_c(const Program& program, const ExportOrigin& origin);

}  // namespace tidemark
