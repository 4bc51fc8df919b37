// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// compile_seeds OUTDIR FILE...: writes each text program as OUTDIR/NAME, in the
// bytes that the fuzz targets read. One that has none is passed over, which is said.
// Exit status 2 if one cannot be read, or written.
#include <cstddef>
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

int compile_all(const std::string& folder, const std::vector<std::string>& paths) {
  std::filesystem::create_directories(folder);
  int status = 0;
  std::size_t passed_over = 0;
  for (const std::string& path : paths) {
    const auto loaded = load_as_bytes(path);
    if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&loaded)) {
      const std::filesystem::path target = folder / std::filesystem::path(path).stem();
      write_file(target, characters(*bytes), Survives::process);
    } else if (const auto* none = std::get_if<NoBytes>(&loaded)) {
      std::fprintf(stderr, "%s\n", none->why.c_str());
      ++passed_over;
    } else {
      std::fprintf(stderr, "%s\n", std::get<std::string>(loaded).c_str());
      status = 2;
    }
  }
  if (passed_over)
    std::fprintf(stderr, "fuzzing does not start from %zu of %zu programs\n", passed_over,
                 paths.size());
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
