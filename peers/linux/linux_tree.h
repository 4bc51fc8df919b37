// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Kernel trees as versions of Linux: a maintainer's branch, a tarball. "linux:DIR" is the library
// that scripts/linux_tree.sh has built of that tree's type1.
#pragma once

#include <string>
#include <string_view>

#include "known_differences.h"

namespace tidemark {

inline constexpr std::string_view kTreePrefix = "linux:";

// Which of the known differences it has is asked of it, with their programs: one that a tree has
// mended is not known of it. Those without a quirk, which end a program before memory that is not
// Linux's is touched, are taken to be there. Null if there is no such tree or it has not been
// built: `why` says so, in a line. Cost: some tenths of a second, once in a process.
const LinuxVersion* load_linux_tree(std::string_view subject, std::string& why);

// Any: of Debian's packages by name, or a tree.
const LinuxVersion* find_linux_version(std::string_view subject, std::string& why);

// Which tree it is, in words: "Linux 7.3.4, v7.3-12-g0123abc". Empty if it is not loaded.
std::string_view origin_of_tree(const LinuxVersion& version);

}  // namespace tidemark
