// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A difference between Linux and the reference as it is met, and what it is about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lockstep.h"
#include "taint.h"

namespace tidemark {

struct Difference {
  const Program& program;
  std::size_t index;  // of the operation; their number: after the last
  const std::string& signature;
  const Mismatch* mismatch;  // null if Linux warned, stopped or died
  Lockstep* lockstep;        // null if the process died
  const History* history;    // likewise

  // An empty one after the last.
  const Operation& operation() const;
  bool is(const char* other) const { return signature == other; }
  bool begins(const char* part) const { return signature.starts_with(part); }
};

inline constexpr const char* kWindow = "lockstep.unmap.window.";

// Marks: reported, kept, or missed by the migration.
bool about_marks(const Difference& d);
bool is_missing(const Difference& d);
// Seen in the states, be it at once, for a pin that ran out of memory: pages of 4 KiB.
bool is_of_the_state(const Difference& d);
bool has_large_marks(const Difference& d);
// Those to be explained: that marks are rounded to large pages is known.
std::vector<std::uint64_t> pages_of(const Difference& d);

bool in_window(const Difference& d);
// Of the operations in a window that have an argument, the last one, if any: its argument
// and bitmap are in the places of all the others'.
const Step* last_with_argument(const Difference& d);
// What queries in a window stored is only known to differ. Their arguments are as they
// should be, if they can still be seen.
bool output_in_window(const Difference& d);

// Somewhere in the program, since the outcome does not say what a window's operation was.
bool any_operation(const Difference& d, bool (*holds)(const Operation&));
// "pin.result.EINVAL-instead-of-E2BIG", be it of the operation itself or of one like
// it in a window.
bool is_of(const Difference& d, std::string_view what, bool (*holds)(const Operation&));

}  // namespace tidemark
