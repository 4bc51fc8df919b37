// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Property: on every program, iommufd of the tree that the environment names does what the
// reference with the tree's known quirks does. What does not is made small and told, once a
// signature; so is what is known, once a quirk. Programs that end the process are libFuzzer's.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

#include "judge.h"
#include "mutator.h"

namespace {

using namespace tidemark::iommufd;

// One in so many programs is also asked what it leaves behind.
constexpr std::uint64_t kThorough = 8;

struct Fuzzing {
  std::unique_ptr<KernelTree> tree = tree_named(subject());
  Judge judge{*tree};
  std::map<std::string, std::uint64_t> found;  // by name: how often
  std::uint64_t programs = 0;

  static std::string subject() {
    const char* name = std::getenv(kSubjectVariable);
    return name ? name : std::string(kDefaultSubject);
  }
  // libFuzzer says that all is well, as no input has ended the process.
  ~Fuzzing() {
    bool any = false;
    std::printf("%llu programs\n", static_cast<unsigned long long>(programs));
    for (const auto& [name, count] : found) {
      std::printf("%s: %llu\n", name.c_str(), static_cast<unsigned long long>(count));
      any = any || !name.starts_with("known: ");
    }
    std::fflush(stdout);
    if (any) std::_Exit(1);
  }
  bool is_new(const std::string& name) { return ++found[name] == 1; }
  void run(Program program);
};

void Fuzzing::run(Program program) {
  if (!tree->format(program.format)) program.format = 0;
  const bool thorough = ++programs % kThorough == 0;
  const Judge::Judgement judgement =
      thorough ? judge.judge(program) : judge.judge_in_a_hurry(program);
  if (judgement.difference) {
    const std::string name = judgement.difference->signature();
    if (!is_new(name)) return;
    const Program small = judge.reduce(program, *judgement.difference);
    const Difference difference = *judge.judge(small).difference;
    std::printf("found: %s, after %llu programs\n\n%s\n", name.c_str(),
                static_cast<unsigned long long>(programs),
                report(small, difference, rule_of(difference)).c_str());
  }
  for (const KnownDefect& defect : known_defects()) {
    if (judgement.difference || !judgement.known.has(defect.quirk)) continue;
    if (!is_new(std::string("known: ") + defect.name)) continue;
    const Program small = judge.reduce(program, defect.quirk);
    std::printf("known: %s, after %llu programs\n\n", defect.name,
                static_cast<unsigned long long>(programs));
    if (const auto difference = judge.against_contract(small))
      std::printf("%s\n", report(small, *difference, defect.rule).c_str());
  }
  std::fflush(stdout);
}

Fuzzing& fuzzing() {
  static Fuzzing all;
  return all;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// A program allocates some hundred small objects: where each was is not worth a third of the time,
// and the frame that did it is enough.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=1:quarantine_size_mb=4";
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  try {
    fuzzing();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemark: %s\n", error.what());
    std::exit(2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzzing().run(decode({data, size}));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 8 == 0 || max_size < kMostBytes) return LLVMFuzzerMutate(data, size, max_size);
  Mutator mutator(seed);
  Program program = decode({data, size});
  if (program.operations.empty())
    program = mutator.make();
  else
    mutator.vary(program);
  const std::vector<std::uint8_t> bytes = encode(program);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
