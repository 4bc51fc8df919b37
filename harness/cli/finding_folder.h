// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A finding's folder, wherever a command takes a program.
#pragma once

#include <filesystem>
#include <string>

namespace tidemark::cli {

// The program in a finding's folder; any other path as it is.
std::filesystem::path program_in(const std::filesystem::path& path);

// In which subject a finding's folder says that it was found; the tracker if it does not,
// or is none.
std::string subject_in(const std::filesystem::path& path);

}  // namespace tidemark::cli
