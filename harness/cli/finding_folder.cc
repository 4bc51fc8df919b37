// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_folder.h"

#include <nlohmann/json.hpp>

#include "files.h"
#include "registry.h"

namespace tidemark::cli {

namespace fs = std::filesystem;

fs::path program_in(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  return path / (fs::exists(path / "program.trace") ? "program.trace" : "input");
}

std::string subject_in(const fs::path& path) {
  const std::string text = read_if_there(path / "environment.json").value_or("");
  const auto environment = nlohmann::json::parse(text, nullptr, false);
  if (!environment.is_object()) return std::string(kTracker);
  const auto subject = environment.find("subject");
  return subject != environment.end() && subject->is_string() ? subject->get<std::string>()
                                                              : std::string(kTracker);
}

}  // namespace tidemark::cli
