// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "live_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace tidemark::session {

namespace {

struct Column {
  std::string_view heading;
  std::size_t width;
  unsigned needs;  // columns of a terminal that shows it
};
// 79 columns, with a space between two.
constexpr std::array kColumns = {Column{"time", 8, 0},       Column{"programs/s", 11, 42},
                                 Column{"corpus", 7, 61},    Column{"coverage", 13, 0},
                                 Column{"last new", 10, 53}, Column{"memory", 9, 80},
                                 Column{"restarts", 8, 70},  Column{"found", 6, 0}};

std::string row(const std::array<std::string, kColumns.size()>& cells, unsigned columns) {
  std::string text;
  for (std::size_t i = 0; i < kColumns.size(); ++i)
    if (columns >= kColumns[i].needs)
      text += fmt::format("{}{:>{}}", text.empty() ? "" : " ", cells[i], kColumns[i].width);
  return text;
}

}  // namespace

std::string heading(unsigned columns) {
  std::array<std::string, kColumns.size()> cells;
  std::ranges::transform(kColumns, cells.begin(), &Column::heading);
  return row(cells, columns);
}

std::string line(const Live& live, unsigned columns) {
  return row(
      {fmt::format("{:.0f} s", live.seconds), fmt::format("{:.0f}", live.programs_per_second),
       std::to_string(live.corpus), fmt::format("{} of {}", live.coverage, live.most_coverage),
       fmt::format("{:.0f} s", live.last_new), fmt::format("{} MiB", live.memory_mib),
       std::to_string(live.restarts),
       std::to_string(live.found) + (live.in_work ? fmt::format("+{}", live.in_work) : "")},
      columns);
}

Json json_of(const Live& live) {
  return {{"seconds", tenths(live.seconds)},
          {"programs_per_second", std::llround(live.programs_per_second)},
          {"corpus", live.corpus},
          {"coverage", live.coverage},
          {"most_coverage", live.most_coverage},
          {"seconds_since_new_coverage", tenths(live.last_new)},
          {"memory_mib", live.memory_mib},
          {"restarts", live.restarts},
          {"found", live.found},
          {"in_work", live.in_work}};
}

}  // namespace tidemark::session
