// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "unix_time.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <ctime>

namespace tidemark {

std::int64_t unix_now() { return std::time(nullptr); }

std::string utc_text(std::int64_t seconds, const char* format) {
  const std::time_t time = seconds;
  std::tm parts = {};
  char text[64];
  if (!gmtime_r(&time, &parts)) return "?";
  return {text, std::strftime(text, sizeof(text), format, &parts)};
}

std::string span_text(double seconds) {
  constexpr double kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  char text[32];
  seconds = std::max(seconds, 0.0);
  if (seconds < 2 * kMinute)
    std::snprintf(text, sizeof(text), "%.0f s", seconds);
  else if (seconds < 2 * kHour)
    std::snprintf(text, sizeof(text), "%.0f min", seconds / kMinute);
  else if (seconds < 3 * kDay)
    std::snprintf(text, sizeof(text), "%.1f h", seconds / kHour);
  else
    std::snprintf(text, sizeof(text), "%.1f days", seconds / kDay);
  return text;
}

}  // namespace tidemark
