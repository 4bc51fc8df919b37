// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "progress.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace tidemark {

Counters* map_counters(const char* path) {
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return nullptr;
  void* memory = MAP_FAILED;
  if (ftruncate(file, sizeof(Counters)) == 0)
    memory = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Counters*>(memory);
}

Counters& own_counters() {
  static Counters fallback;
  static Counters* const counters = [] {
    const char* path = std::getenv(kCountersVariable);
    Counters* mapped = path ? map_counters(path) : nullptr;
    return mapped ? mapped : &fallback;
  }();
  return *counters;
}

std::uint64_t read_counter(const std::uint64_t& counter) {
  return std::atomic_ref(const_cast<std::uint64_t&>(counter)).load(std::memory_order_relaxed);
}

void add_to_counter(std::uint64_t& counter, std::uint64_t amount) {
  // There is one writer: no need for a locked instruction.
  std::atomic_ref(counter).store(counter + amount, std::memory_order_relaxed);
}

}  // namespace tidemark
