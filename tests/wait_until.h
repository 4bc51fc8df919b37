// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For tests of what other processes do in their own time.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>

namespace tidemark {

// Looks again and again; a test that waits for five minutes in vain has failed.
inline void wait_until(const std::function<bool()>& is_so) {
  bool so = is_so();
  for (int i = 0; i < 6000 && !so; ++i) {
    usleep(50'000);
    so = is_so();
  }
  EXPECT_TRUE(so);
}

}  // namespace tidemark
