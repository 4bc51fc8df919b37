// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A container with one mapping, as of a guest whose memory is flat, on a machine that copies
// as fast as memcpy().
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "os_machine.h"
#include "tidemark.h"

namespace tidemark::bench {

class Guest {
 public:
  // Not tracking. Ends the program if it cannot be made.
  Guest(tidemark_store store, std::uint64_t pages);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  std::uint64_t pages() const { return pages_; }
  void start();
  void stop();

  // Single pages, of `one_in` each one on average, at random; 1: all.
  void dirty(std::uint64_t one_in);
  // So many pages, in runs of 8, evenly over all; for as long as the guest is.
  void pin(std::uint64_t pages);
  // All of it. The bitmap is the same each time, and is not zeroed.
  void query();

  // Of marks, that was asked for since start(), which is to be called once.
  std::uint64_t mark_bytes() const { return call_.nr_bytes - bytes_at_start_; }

 private:
  void ioctl(unsigned command, void* argument);
  void write(std::uint64_t page, std::uint64_t pages);

  std::uint64_t pages_;
  os_machine machine_ = {};
  os_process process_ = {};
  os_call call_ = {};
  std::uint64_t bytes_at_start_ = 0;
  tidemark_container* container_ = nullptr;
  tidemark_device device_ = {};
  std::vector<std::uint64_t> bitmap_;
  std::mt19937_64 random_{1};
};

}  // namespace tidemark::bench
