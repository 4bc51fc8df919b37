// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the tests of this folder share: programs from files.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

#include "known_differences.h"
#include "program_file.h"

namespace tidemark {

inline std::vector<std::filesystem::path> traces_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".trace") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// An empty program, and a failure, if it cannot be read.
inline Program trace(const std::filesystem::path& path) {
  auto loaded = load_program(path.string(), Form::text);
  if (const auto* message = std::get_if<std::string>(&loaded)) {
    ADD_FAILURE() << *message;
    return {};
  }
  return std::get<LoadedProgram>(std::move(loaded)).program;
}

// "linux-6.1" becomes linux_6_1.
inline std::string version_name(const testing::TestParamInfo<LinuxVersion>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

}  // namespace tidemark
