// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "mismatch.h"
#include "text.h"

namespace tidemark::bench {
namespace {

using Column = std::string;  // "libfuzzer, seeds"

// Of one bug in one column.
struct Cell {
  std::vector<const Trial*> trials;

  std::size_t missed() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(trials, [](const Trial* t) { return !t->found; }));
  }
  // A trial that missed took longer than any that did not.
  std::vector<double> sorted_seconds() const {
    std::vector<double> seconds;
    for (const Trial* t : trials) seconds.push_back(t->found ? t->seconds : INFINITY);
    std::ranges::sort(seconds);
    return seconds;
  }
  double median() const { return sorted_seconds()[trials.size() / 2]; }
  double worst() const { return sorted_seconds().back(); }
  std::uint64_t median_programs() const {
    std::vector<std::uint64_t> programs;
    for (const Trial* t : trials) programs.push_back(t->programs);
    std::ranges::sort(programs);
    return programs[programs.size() / 2];
  }
};

Column column_of(const Trial& trial) {
  return trial.engine + ", " + trial.start +
         (trial.left_out.empty() ? "" : ", without " + trial.left_out);
}

struct Grid {
  std::set<Column> columns;
  std::map<std::string, std::map<Column, Cell>> bugs;
};

Grid grid_of(const std::vector<Trial>& trials) {
  Grid grid;
  for (const Trial& trial : trials) {
    const Column column = column_of(trial);
    grid.columns.insert(column);
    grid.bugs[trial.bug][column].trials.push_back(&trial);
  }
  return grid;
}

std::string seconds_text(double seconds) {
  return std::isinf(seconds) ? "-" : fmt::format("{:.2f}", seconds);
}

// Who saw the bug in its trials, each once.
std::string oracles(const std::map<Column, Cell>& cells) {
  std::set<std::string> all;
  for (const auto& [column, cell] : cells)
    for (const Trial* trial : cell.trials)
      if (trial->found) all.insert(std::string(name(trial->seen_as.oracle())));
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

std::size_t operations(const std::map<Column, Cell>& cells) {
  std::size_t fewest = 0;
  for (const auto& [column, cell] : cells)
    for (const Trial* trial : cell.trials)
      if (trial->operations && (!fewest || trial->operations < fewest)) fewest = trial->operations;
  return fewest;
}

std::string line_of(const std::string& bug, const Grid& grid) {
  const auto& cells = grid.bugs.at(bug);
  std::string line = fmt::format("| {} |", bug);
  for (const Column& column : grid.columns) {
    const auto found = cells.find(column);
    if (found == cells.end()) {
      line += " | | |";
      continue;
    }
    const Cell& cell = found->second;
    line += fmt::format(" {} | {} | {} |", seconds_text(cell.median()), seconds_text(cell.worst()),
                        cell.missed() ? fmt::format("{} missed", cell.missed())
                                      : fmt::format("{}", cell.median_programs()));
  }
  return line + fmt::format(" {} | {} |\n", operations(cells), oracles(cells));
}

// Over the bugs, of one column.
std::string summary_of(const Column& column, const Grid& grid) {
  std::vector<double> medians, worsts;
  std::size_t missed = 0, trials = 0;
  for (const auto& [bug, cells] : grid.bugs) {
    const auto found = cells.find(column);
    if (found == cells.end()) continue;
    medians.push_back(found->second.median());
    worsts.push_back(found->second.worst());
    missed += found->second.missed();
    trials += found->second.trials.size();
  }
  std::ranges::sort(medians);
  const auto all = static_cast<std::size_t>(
      std::ranges::count_if(worsts, [](double s) { return !std::isinf(s); }));
  return fmt::format(
      "{}: {} of {} bugs found in all trials, {} of {} trials missed; median over the "
      "bugs "
      "{} s, worst trial {} s\n",
      column, all, medians.size(), missed, trials, seconds_text(medians[medians.size() / 2]),
      seconds_text(*std::ranges::max_element(worsts)));
}

// Does it matter who found a bug? Of those that were reduced more than once.
std::string sameness_of(const Grid& grid) {
  std::size_t same = 0, all = 0;
  for (const auto& [bug, cells] : grid.bugs) {
    std::multiset<std::string_view> programs;
    for (const auto& [column, cell] : cells)
      for (const Trial* trial : cell.trials)
        if (!trial->reduced.empty()) programs.insert(trial->reduced);
    if (programs.size() < 2) continue;
    ++all;
    same += programs.count(*programs.begin()) == programs.size();
  }
  return all ? fmt::format("{} of {} bugs always came to the same reduced program\n", same, all)
             : std::string();
}

constexpr double kWidth = 720, kHeight = 360, kMargin = 48;
constexpr double kFirst = 0.05;  // seconds, at the left edge

double x_of(double seconds, double last) {
  const double share = std::log(std::max(seconds, kFirst) / kFirst) / std::log(last / kFirst);
  return kMargin + share * (kWidth - 2 * kMargin);
}

double y_of(std::size_t bugs, std::size_t all) {
  return kHeight - kMargin -
         static_cast<double>(bugs) / static_cast<double>(all) * (kHeight - 2 * kMargin);
}

std::string curve(const Column& column, const Grid& grid, double last, const char* colour) {
  std::vector<double> medians;
  for (const auto& [bug, cells] : grid.bugs)
    if (const auto found = cells.find(column); found != cells.end())
      if (const double median = found->second.median(); !std::isinf(median))
        medians.push_back(median);
  std::ranges::sort(medians);
  std::string path = fmt::format("M{:.1f} {:.1f}", x_of(kFirst, last), y_of(0, 1));
  for (std::size_t i = 0; i < medians.size(); ++i)
    path += fmt::format(" H{:.1f} V{:.1f}", x_of(medians[i], last), y_of(i + 1, grid.bugs.size()));
  path += fmt::format(" H{:.1f}", x_of(last, last));
  return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path,
                     colour);
}

std::string axes(std::size_t bugs, double last) {
  std::string text;
  for (double tick = 0.1; tick <= last; tick *= 10)
    text += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#ddd\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4:g} s</text>\n",
        x_of(tick, last), kMargin, kHeight - kMargin, kHeight - kMargin + 18, tick);
  for (const std::size_t count : {std::size_t{0}, bugs / 2, bugs})
    text += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/>"
        "<text x=\"{3}\" y=\"{2:.1f}\" text-anchor=\"end\">{4}</text>\n",
        kMargin, kWidth - kMargin, y_of(count, bugs), kMargin - 6, count);
  return text;
}

}  // namespace

std::string table(const std::vector<Trial>& trials) {
  const Grid grid = grid_of(trials);
  std::string head = "| bug |", rule = "|---|";
  for (const Column& column : grid.columns) {
    head += fmt::format(" {}: median s | worst s | median programs |", column);
    rule += "---:|---:|---:|";
  }
  std::string text = head + " operations | caught by |\n" + rule + "---:|---|\n";
  for (const auto& [bug, cells] : grid.bugs) text += line_of(bug, grid);
  text += "\n";
  for (const Column& column : grid.columns) text += summary_of(column, grid);
  return text + sameness_of(grid);
}

std::string json(const std::vector<Trial>& trials) {
  nlohmann::json all = nlohmann::json::array();
  for (const Trial& t : trials)
    all.push_back({{"bug", t.bug},
                   {"engine", t.engine},
                   {"start", t.start},
                   {"left_out", t.left_out},
                   {"trial", t.number},
                   {"found", t.found},
                   {"programs", t.programs},
                   {"seconds", t.seconds},
                   {"signature", t.name},
                   {"seen_as", print(t.seen_as)},
                   {"oracle", t.found ? name(t.seen_as.oracle()) : std::string_view()},
                   {"operations", t.operations},
                   {"reduced", t.reduced}});
  return all.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string plot(const std::vector<Trial>& trials) {
  static constexpr const char* kColours[] = {"#0b6", "#06c", "#c30", "#909", "#c80", "#666"};
  const Grid grid = grid_of(trials);
  double last = 10 * kFirst;
  for (const Trial& trial : trials) last = std::max(last, trial.seconds);
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{}\" y=\"20\">bugs found in the median trial, over seconds of one core</text>\n{}",
      kWidth, kHeight, kMargin, axes(grid.bugs.size(), last));
  std::size_t number = 0;
  for (const Column& column : grid.columns) {
    const char* colour = kColours[number % std::size(kColours)];
    text += curve(column, grid, last, colour);
    text += fmt::format("<text x=\"{}\" y=\"{}\" fill=\"{}\">{}</text>\n", kWidth - 230,
                        kHeight - kMargin - 20 - 18 * static_cast<double>(number), colour,
                        html_text(column));
    ++number;
  }
  return text + "</svg>\n";
}

}  // namespace tidemark::bench
