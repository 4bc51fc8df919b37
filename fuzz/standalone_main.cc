// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs a fuzz target on the files given, and on all files in the folders given; to
// have run none is an error. For builds without a fuzzing engine.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Paths = std::vector<std::filesystem::path>;

// A path that does not exist stays in, and is then reported as unreadable.
Paths files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  Paths files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// As large as the file and not a byte more, so that AddressSanitizer sees the end.
std::optional<std::vector<std::uint8_t>> content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || std::filesystem::is_directory(path)) return std::nullopt;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return std::nullopt;
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& path : files_of(argv[i])) {
      const auto bytes = content_of(path);
      if (!bytes) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        return 2;
      }
      std::fprintf(stderr, "running %s\n", path.c_str());
      LLVMFuzzerTestOneInput(bytes->data(), bytes->size());
      ++inputs;
    }
  }
  std::printf("ran %zu inputs\n", inputs);
  return inputs == 0 ? 2 : 0;
}
