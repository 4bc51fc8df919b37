// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Points in time, and spans of it, as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark {

// Seconds since 1970, in UTC.
std::int64_t unix_now();
// "2026-11-28 19:56" in UTC; `format` is one of strftime()'s.
std::string utc_text(std::int64_t seconds, const char* format = "%Y-%m-%d %H:%M");

// "45 s", "12 min", "3.5 h", "12.0 days"; what is below 0 counts as 0.
std::string span_text(double seconds);

}  // namespace tidemark
