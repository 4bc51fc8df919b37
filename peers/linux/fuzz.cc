// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs random programs, made from seeds, on each version of Linux and on the
// reference, and ends at the first difference that is not expected:
//
//   linux_fuzz RUNS RANDOM_SEED PROGRAM...
//
// With --collect FOLDER first it writes a small program for each expected
// difference that it meets and that has none in the folder yet.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <list>

#include "comparison.h"
#include "mutator.h"
#include "operation_bytes.h"
#include "operation_text.h"
#include "program_file.h"
#include "reduce.h"

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace tidemark {
namespace {

const Program* running = nullptr;

void say_what_ran() {
  if (running) std::printf("died in\n\n%s\n", print(*running).c_str());
  std::fflush(stdout);
}

using Bytes = std::vector<std::uint8_t>;
bool shows(const Verdict& verdict, const Expected& entry) {
  return verdict.expected == &entry ||
         std::ranges::find(verdict.passed, &entry) != verdict.passed.end();
}

// With the same verdict: unexpected, or explained by the entry.
Program reduced(const LinuxVersion& version, const Program& program, const Expected* entry) {
  Comparison comparison(version);
  const auto judge = [&](const Program& candidate) {
    const Verdict verdict = comparison.run(candidate);
    // Where it went on it is not known since when.
    if (entry && entry->goes_on)
      return Judgement{shows(verdict, *entry) ? entry->name : "", candidate.operations.size(), {}};
    if (entry) return Judgement{shows(verdict, *entry) ? entry->name : "", verdict.operation, {}};
    return Judgement{verdict.expected ? "" : verdict.signature, verdict.operation, {}};
  };
  return reduce(program, judge).program;
}

void report(const LinuxVersion& version, const Program& program) {
  const Program small = reduced(version, program, nullptr);
  const Verdict verdict = Comparison(version).run(small);
  std::printf("%s: %s\n\n%s\nstep %zu\n%s", version.name, verdict.signature.c_str(),
              print(small).c_str(), verdict.operation + 1, verdict.report.c_str());
}

void collect(const std::filesystem::path& folder, const LinuxVersion& version,
             const Program& program, const Verdict& verdict) {
  for (const Expected& entry : expected_differences()) {
    const auto path = folder / (std::string(entry.name) + ".trace");
    if (!shows(verdict, entry) || std::filesystem::exists(path)) continue;
    std::ofstream file(path);
    file << "# " << entry.rule << ": " << entry.reason << ".\n"
         << print(reduced(version, program, &entry));
  }
}

int run(unsigned long runs, std::uint64_t seed, const std::vector<Bytes>& seeds,
        const std::filesystem::path& folder) {
  std::list<Comparison> comparisons;
  for (const LinuxVersion& version : linux_versions()) comparisons.emplace_back(version);
  Mutator mutator(seed);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_what_ran);
  for (unsigned long i = 0; i < runs; ++i) {
    Bytes bytes = seeds[i % seeds.size()];
    for (unsigned edits = 0; edits <= i % 4; ++edits) mutator.mutate(bytes, kMaxProgramBytes);
    const Program program = decode(bytes);
    running = &program;
    const LinuxVersion* version = linux_versions().data();
    for (Comparison& comparison : comparisons) {
      const Verdict verdict = comparison.run(program);
      if (!verdict.signature.empty() && !verdict.expected) {
        std::printf("run %lu\n", i);
        report(*version, program);
        return 1;
      }
      if (!folder.empty()) collect(folder, *version, program, verdict);
      ++version;
    }
  }
  std::printf("%lu programs, nothing unexpected\n", runs);
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int count, char** arguments) {
  using namespace tidemark;
  std::filesystem::path folder;
  if (count > 2 && !std::strcmp(arguments[1], "--collect")) {
    folder = arguments[2];
    count -= 2;
    arguments += 2;
  }
  if (count < 4) return 2;
  std::vector<Bytes> seeds;
  for (int i = 3; i < count; ++i) {
    const auto loaded = load_program(arguments[i], Form::text);
    if (!std::holds_alternative<Program>(loaded)) return 2;
    if (auto bytes = encode(std::get<Program>(loaded))) seeds.push_back(std::move(*bytes));
  }
  return run(std::strtoul(arguments[1], nullptr, 10), std::strtoull(arguments[2], nullptr, 10),
             seeds, folder);
}
