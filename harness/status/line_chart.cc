// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "line_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "text.h"
#include "unix_time.h"

namespace tidemark::status {
namespace {

// In units of the picture, which on a phone are pixels.
constexpr double kWidth = 360, kHeight = 190, kLeft = 48, kRight = 14, kTop = 10, kBottom = 24;
constexpr int kTimeTicks = 4;
constexpr double kMostSteps = 5;

template <class... Values>
std::string format(const char* how, Values... values) {
  char text[256];
  std::snprintf(text, sizeof(text), how, values...);
  return text;
}

// 1, 2 or 5 times a power of ten, so that few of it reach `most`.
double step_for(double most) {
  const double least = std::max(most, 1.0) / kMostSteps;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double times : {1.0, 2.0, 5.0})
    if (power * times >= least) return std::max(power * times, 1.0);
  return power * 10;
}

// "1500", "20 k", "3 M": of a tick.
std::string number_text(double value, double step) {
  if (value == 0) return "0";
  if (step >= 1e6) return format("%.0f M", value / 1e6);
  if (step >= 1e3) return format("%.0f k", value / 1e3);
  return format("%.0f", value);
}

struct Scale {
  bool is_empty = true;
  std::int64_t from = 0, to = 1;
  double step = 1, most = 1;

  double x(std::int64_t time) const {
    return kLeft + (kWidth - kLeft - kRight) * static_cast<double>(time - from) /
                       static_cast<double>(to - from);
  }
  double y(double value) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * value / most;
  }
};

Scale scale_of(const std::vector<Line>& lines) {
  Scale scale;
  double most = 0;
  for (const Line& line : lines)
    for (const auto& [time, value] : line.points) {
      scale.from = scale.is_empty ? time : std::min(scale.from, time);
      scale.to = scale.is_empty ? time : std::max(scale.to, time);
      most = std::max(most, value);
      scale.is_empty = false;
    }
  scale.to = std::max(scale.to, scale.from + 1);
  scale.step = step_for(most);
  scale.most = scale.step * std::max(1.0, std::ceil(most / scale.step));
  return scale;
}

std::string value_axis(const Scale& scale) {
  std::string svg;
  for (double value = 0; value <= scale.most; value += scale.step) {
    const double y = scale.y(value);
    svg += format("<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", kLeft, y, kWidth - kRight);
    svg += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", kLeft - 5, y + 4) +
           number_text(value, scale.step) + "</text>\n";
  }
  return svg;
}

// Days if it is about these, else the time of day. Of a few seconds there are fewer.
std::string time_axis(const Scale& scale) {
  if (scale.is_empty) return {};
  constexpr std::int64_t kDay = 24 * 60 * 60;
  const std::int64_t span = scale.to - scale.from;
  const char* const how = span > 3 * kDay ? "%b %d" : span > 20 * 60 ? "%H:%M" : "%H:%M:%S";
  std::string svg;
  for (int i = 0; i < kTimeTicks; ++i) {
    const std::int64_t time = scale.from + span * i / (kTimeTicks - 1);
    if (i > 0 && time == scale.from) continue;
    const char* const anchor = i == 0 ? "start" : i == kTimeTicks - 1 ? "end" : "middle";
    svg += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", scale.x(time), kHeight - 6,
                  anchor) +
           utc_text(time, how) + "</text>\n";
  }
  return svg;
}

std::string line_path(const Scale& scale, const Line& line, std::size_t number) {
  if (line.points.empty()) return {};
  std::string path;
  for (const auto& [time, value] : line.points)
    path += format("%c%.1f %.1f", path.empty() ? 'M' : 'L', scale.x(time), scale.y(value));
  // A single point is a dot, by the round ends of lines.
  if (line.points.size() == 1) path += "h0";
  return format("<path class=\"line\" style=\"stroke:var(--line-%zu)\" d=\"",
                number % kLineColours) +
         path + "\"/>\n";
}

}  // namespace

std::string line_chart(std::string_view title, const std::vector<Line>& lines) {
  const Scale scale = scale_of(lines);
  std::string svg = format(
                        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" "
                        "viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                        kWidth, kHeight) +
                    html_text(title) + "\">\n" + value_axis(scale) + time_axis(scale);
  for (std::size_t i = 0; i < lines.size(); ++i) svg += line_path(scale, lines[i], i);
  return svg + "</svg>\n";
}

std::string_view line_chart_style() {
  return ":root{--line-0:#0072b2;--line-1:#c04e00;--line-2:#00805c;--line-3:#a3498a;"
         "--line-4:#806000}"
         "@media(prefers-color-scheme:dark){:root{--line-0:#58b3e8;--line-1:#ff9355;"
         "--line-2:#3ccf9f;--line-3:#e59ac8;--line-4:#e0b840}}"
         ".chart{width:100%;max-width:100%}.chart text{font:11px system-ui,sans-serif;"
         "fill:var(--faint)}.chart .grid{stroke:var(--line);fill:none}"
         ".chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}";
}

}  // namespace tidemark::status
