// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What the tests share: programs as text, and a tracker without any harness
// around it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "factories.h"
#include "lockstep.h"
#include "os_machine.h"
#include "tidemark.h"

namespace tidemark {

// The program that `text` is (program_text.h). A test whose text is wrong fails.
Program program_of(std::string_view text);

// Does the program do on both subjects what its expectations say, and the same
// on both beyond that? If not, the message is the mismatch, described.
testing::AssertionResult runs(const Program& program, SubjectFactory actual = make_tracker,
                              SubjectFactory expected = make_reference);
testing::AssertionResult runs(std::string_view text, SubjectFactory actual = make_tracker,
                              SubjectFactory expected = make_reference);

// The signature of what comes out of it; empty if all is well.
std::string signature_of(const Program& program, SubjectFactory actual,
                         SubjectFactory expected = make_reference);

// All operations of a program on one executor. The last one's steps stay valid.
void run_all(Executor& executor, std::string_view text, SubjectFactory make);

// A tracker called through tidemark.h alone. Its user memory is this process's:
// a user address is a pointer. Pins need no memory behind them.
class BareTracker {
 public:
  explicit BareTracker(tidemark_range_rule rule = TIDEMARK_RANGE_WHOLE,
                       std::uint32_t entries = 65535);
  ~BareTracker();
  BareTracker(const BareTracker&) = delete;
  BareTracker& operator=(const BareTracker&) = delete;

  // Each thread, before it makes any other call.
  void enter() { os_current = &machine; }

  long map(std::uint64_t page, std::uint64_t pages, const void* memory);
  long unmap(std::uint64_t page, std::uint64_t pages);
  long start();
  long stop();
  // `words` becomes the bitmap.
  long query(std::uint64_t page, std::uint64_t pages, std::vector<std::uint64_t>& words);
  // The same; the words are large enough, and clean ones keep their value.
  long query_into(std::uint64_t page, std::uint64_t pages, std::vector<std::uint64_t>& words);
  // The same through an unmap.
  long unmap(std::uint64_t page, std::uint64_t pages, std::vector<std::uint64_t>& words);
  int attach(const void* id);  // an emulated group
  // A hardware group that maps whatever it is told to.
  static tidemark_group_info hardware_group(std::uint64_t pgsizes, tidemark_iova_range aperture);
  int attach_hardware(const void* id, std::uint64_t pgsizes,
                      tidemark_iova_range aperture = {0, ~__u64{0}});
  int pin(const void* id, std::uint64_t page, int pages);
  void unpin(std::uint64_t page, int pages);
  int write(std::uint64_t page, std::uint64_t value);  // 8 bytes at its start
  tidemark_stats stats();

  os_process process = {};
  os_machine machine = {};
  tidemark_container* container = nullptr;
};

}  // namespace tidemark
