// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// compile_seeds OUTDIR FILE...: writes each text program as OUTDIR/NAME, in the
// bytes that the fuzz targets read. Exit status 2 if one cannot be.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "files.h"
#include "program_file.h"

namespace tidemark {
namespace {

// Nothing on success, else what is wrong, with the file's name.
std::string compile(const std::string& path, const std::filesystem::path& folder) {
  const auto loaded = load_as_bytes(path);
  if (const auto* message = std::get_if<std::string>(&loaded)) return *message;
  const std::filesystem::path target = folder / std::filesystem::path(path).stem();
  write_file(target, characters(std::get<std::vector<std::uint8_t>>(loaded)), Survives::process);
  return "";
}

int compile_all(const std::string& folder, const std::vector<std::string>& paths) {
  std::filesystem::create_directories(folder);
  int status = 0;
  for (const std::string& path : paths) {
    const std::string message = compile(path, folder);
    if (message.empty()) continue;
    std::fprintf(stderr, "%s\n", message.c_str());
    status = 2;
  }
  return status;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: compile_seeds OUTDIR FILE...\n");
    return 2;
  }
  try {
    return tidemark::compile_all(argv[1], {argv + 2, argv + argc});
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
