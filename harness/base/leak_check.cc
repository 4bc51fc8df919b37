// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "leak_check.h"

#include <atomic>
#include <cstddef>

extern "C" {
int __lsan_do_recoverable_leak_check() __attribute__((weak));
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*)) __attribute__((weak));
}

namespace tidemark {
namespace {

std::atomic<long> blocks = 0;  // allocated, and not freed, since the hooks are there

void count_blocks() {
  if (!__sanitizer_install_malloc_and_free_hooks) return;
  static const int once =
      __sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) { ++blocks; },
                                                [](const volatile void* block) {
                                                  if (block) --blocks;
                                                });
  static_cast<void>(once);
}

}  // namespace

LeakCheck::LeakCheck() {
  count_blocks();
  blocks_ = blocks;
}

bool LeakCheck::finds_any() {
  const long before = blocks_;
  blocks_ = blocks;
  if (blocks_ <= before || !__lsan_do_recoverable_leak_check) return false;
  return __lsan_do_recoverable_leak_check() != 0;
}

}  // namespace tidemark
