// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Figures over time as a small SVG picture, with axes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::status {

struct Line {
  struct At {
    std::int64_t time = 0;  // seconds since 1970
    double value = 0;       // 0 or more
  };
  std::vector<At> points;  // the oldest first
};

// How many lines have a colour of their own; more begin with the first again.
inline constexpr std::size_t kLineColours = 5;

// An <svg> element, `title` its name for who cannot see it. Line n has the class "line n" of
// line_chart_style(). The axis of values begins at 0, that of time at the first point.
std::string line_chart(std::string_view title, const std::vector<Line>& lines);

// CSS for the page that it is in: of its parts, and for the colour of line n, "--line-n".
std::string_view line_chart_style();

}  // namespace tidemark::status
