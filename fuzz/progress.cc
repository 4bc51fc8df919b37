// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "progress.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

namespace tidemark {

Progress* map_progress(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return nullptr;
  void* memory = MAP_FAILED;
  if (ftruncate(file, sizeof(Progress)) == 0)
    memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Progress*>(memory);
}

Progress& own_progress() {
  static Progress fallback;
  static Progress* const progress = [] {
    const char* path = std::getenv(kProgressVariable);
    Progress* mapped = path ? map_progress(path) : nullptr;
    return mapped ? mapped : &fallback;
  }();
  return *progress;
}

void note_input(RecentInputs& recent, const std::uint8_t* data, std::size_t size) {
  RecentInputs::Input& input = recent.inputs[recent.begun % RecentInputs::kInputs];
  input.size = static_cast<std::uint32_t>(std::min(size, RecentInputs::kMostBytes));
  std::copy_n(data, input.size, input.bytes);
  add_to_counter(recent.begun, 1);
}

std::vector<std::vector<std::uint8_t>> inputs_in(const RecentInputs& recent) {
  std::vector<std::vector<std::uint8_t>> inputs;
  const std::uint64_t end = read_counter(recent.begun);
  for (std::uint64_t i = end - std::min<std::uint64_t>(end, RecentInputs::kInputs); i < end; ++i) {
    const RecentInputs::Input& input = recent.inputs[i % RecentInputs::kInputs];
    inputs.emplace_back(input.bytes,
                        input.bytes + std::min<std::size_t>(input.size, RecentInputs::kMostBytes));
  }
  return inputs;
}

std::uint64_t read_counter(const std::uint64_t& counter) {
  return std::atomic_ref(const_cast<std::uint64_t&>(counter)).load(std::memory_order_relaxed);
}

Counters read_counters(const Counters& counters) {
  return {read_counter(counters.programs), read_counter(counters.operations),
          read_counter(counters.left_out)};
}

Counters& Counters::operator+=(const Counters& more) {
  programs += more.programs;
  operations += more.operations;
  left_out += more.left_out;
  return *this;
}

void add_to_counter(std::uint64_t& counter, std::uint64_t amount) {
  // There is one writer: no need for a locked instruction.
  std::atomic_ref(counter).store(counter + amount, std::memory_order_relaxed);
}

}  // namespace tidemark
