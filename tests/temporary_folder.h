// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What tests do with files in a folder of their own.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "files.h"

namespace tidemark {

inline std::string content(const std::filesystem::path& path) {
  return read_if_there(path).value_or("");
}

inline void write_content(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

inline std::size_t entries_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace tidemark
