// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program from logs.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "imported_log.h"

namespace tidemark {

// Reads the files as one log, in their order. Of a record, which knows containers, the program is
// that of number `container`, from 1, or if that is 0 of the one with the most operations. Or why
// there is no program: a file is no text, no line is known, there is no such container, or there is
// not room for all mappings. Throws std::system_error if
// a file cannot be read. Linear in their length; memory is bounded.
std::variant<ImportedLog, std::string> import_logs(const std::vector<std::string>& paths,
                                                   std::size_t container = 0);

}  // namespace tidemark
