// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An engine that learns nothing: mutated seeds, one after the other, until one
// fails or the time is up. What the others are measured against. Understands
// those of libFuzzer's options that it needs.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "files.h"
#include "mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Options {
  std::uint64_t seed = 1, runs = ~std::uint64_t{0};
  double seconds = 1e9;
  std::string prefix = "./";
  std::vector<Bytes> seeds;
};

Bytes current;
std::string artifact;

// The process is about to end: only what is safe in a signal handler.
void write_artifact() {
  std::FILE* file = std::fopen(artifact.c_str(), "wb");
  if (!file) return;
  std::fwrite(current.data(), 1, current.size(), file);
  std::fclose(file);
  std::fprintf(stderr, "Test unit written to %s\n", artifact.c_str());
}

void take_folder(const std::string& folder, std::vector<Bytes>& seeds) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string content = tidemark::read_file(entry.path());
    seeds.emplace_back(content.begin(), content.end());
  }
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    const std::string value = word.substr(std::min(equals, word.size() - 1) + 1);
    if (word.starts_with("-seed=")) options.seed = std::strtoull(value.c_str(), nullptr, 10);
    if (word.starts_with("-runs=")) options.runs = std::strtoull(value.c_str(), nullptr, 10);
    if (word.starts_with("-max_total_time=")) options.seconds = std::strtod(value.c_str(), nullptr);
    if (word.starts_with("-artifact_prefix=")) options.prefix = value;
    if (word[0] != '-') take_folder(word, options.seeds);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  artifact = options.prefix + "crash-" + std::to_string(options.seed);
  signal(SIGABRT, [](int) {
    write_artifact();
    _exit(77);
  });
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(write_artifact);

  tidemark::Mutator mutator(options.seed);
  std::mt19937_64 random(options.seed);
  const auto started = std::chrono::steady_clock::now();
  const auto seconds = [&started] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  for (std::uint64_t run = 0; run < options.runs; ++run) {
    if (run % 256 == 0 && seconds() > options.seconds) break;
    current.clear();
    if (!options.seeds.empty()) current = options.seeds[random() % options.seeds.size()];
    // As many times as it takes to build a program from nothing.
    for (std::size_t times = 1 + random() % (options.seeds.empty() ? 16 : 4); times--;)
      mutator.mutate(current, tidemark::kMaxProgramBytes);
    LLVMFuzzerTestOneInput(current.data(), current.size());
  }
  return 0;
}
