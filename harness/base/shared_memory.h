// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Memory that a process shares with the children that it forks later.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace tidemark {

// A T that is all zeros at first, and takes no room as long as nobody writes there. Throws
// std::system_error if there is no memory.
template <class T>
class Shared {
 public:
  Shared()
      : value_(static_cast<T*>(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
    if (value_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  }
  ~Shared() { munmap(value_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

}  // namespace tidemark
