// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Trackers that are not linked in: shared libraries with what <tidemark/subject.h> asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry.h"

namespace tidemark {

// Is that a path, and no name of a subject? It has a slash, or ends with ".so"; and is none of
// those whose name has a path in it, "linux:DIR".
bool is_library(std::string_view subject);

// Loads it, for as long as the process lives; again costs no more than to look. Nothing if it
// cannot be used: `why` says why not, in a line.
std::optional<UnderTest> load_library(std::string_view path, std::string& why);

}  // namespace tidemark
