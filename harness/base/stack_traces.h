// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Stack traces that a sanitizer printed without names: symbolized by llvm-symbolizer.
//
// It is the environment's ASAN_SYMBOLIZER_PATH, as for the sanitizers themselves, or the one of
// LLVM 19; without it nothing has a name. Cost: tens of milliseconds for addresses that were not
// asked for before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// A function is of `sources` if its file has that in its path, and is not in a folder os_user/ (the
// kernel's functions, in user space), or if it is in the library of that path.
//
// `said` with function, file and line in the place of addresses, and without the bytes of
// AddressSanitizer's shadow memory. A stack that goes through functions of `sources` ends where the
// harness called the outermost; where they call it, and it calls them again, that is one line.
std::string symbolized(const std::string& said, std::string_view sources);

// The innermost function of `sources` in the first stack that has one; empty if none does.
std::string function_in(std::string_view sources, const std::string& said);

// Of each stack the functions of `sources`, the outermost first.
std::vector<std::vector<std::string>> calls_in(std::string_view sources, const std::string& said);

}  // namespace tidemark
