// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "picture.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace tidemark {
namespace {

constexpr std::uint64_t kColumns = 64;

template <class... Arguments>
std::string format(const char* how, Arguments... arguments) {
  char text[512];
  std::snprintf(text, sizeof(text), how, arguments...);
  return text;
}

bool reported(const BitmapArea& bitmap, std::uint64_t bit) {
  const auto index = static_cast<std::int64_t>(bit / 64);
  return index < BitmapArea::kWords && bitmap.written(index) &&
         (bitmap.word(index) >> bit % 64 & 1) != 0;
}

// Is a page of [first, last] marked?
bool marked(const State& state, std::uint64_t first, std::uint64_t last) {
  return std::ranges::any_of(state.marks, [&](const State::Run& run) {
    return run.first <= last / kPageBytes && first / kPageBytes < run.end;
  });
}

void draw_mappings(const State& state, std::uint64_t page_bytes, std::uint64_t first,
                   Picture::Column& column) {
  const std::uint64_t last = first + (page_bytes - 1);
  for (std::size_t i = 0; i < state.mappings.size(); ++i)
    if (state.mappings[i].first <= last && first <= state.mappings[i].last)
      column.mapping = static_cast<char>('A' + i % 26);
  for (const State::Pin& pin : state.pins)
    if (pin.iova >= first && pin.iova <= last) column.pins += static_cast<unsigned>(pin.count);
}

// A strip of the picture: its name and a cell for each page.
struct Strip {
  std::string name;
  std::string cells;
};

std::vector<Strip> strips(const Picture& picture) {
  std::vector<Strip> result = {
      {"mapping", ""}, {"pins", ""}, {"tracker", ""}, {"reference", ""}, {"", ""}};
  for (const Picture::Column& column : picture.columns) {
    const bool differs = column.tracker != column.reference;
    result[0].cells += column.mapping;
    result[1].cells += !column.pins      ? '.'
                       : column.pins > 9 ? '+'
                                         : static_cast<char>('0' + column.pins);
    result[2].cells += column.tracker ? '#' : '.';
    result[3].cells += column.reference ? '#' : '.';
    result[4].cells += differs ? '^' : column.in_range ? '-' : ' ';
  }
  return result;
}

std::string colour_of(const Picture::Column& column, char cell) {
  if (column.tracker != column.reference) return "\x1b[1;31m";
  if (cell == '#') return "\x1b[33m";
  if (cell >= 'A' && cell <= 'Z') return "\x1b[36m";
  return cell >= '0' && cell <= '9' ? "\x1b[32m" : "\x1b[2m";
}

}  // namespace

Picture draw(Lockstep& lockstep, const Mismatch& mismatch) {
  Picture picture;
  if (mismatch.pages.empty() || lockstep.steps().empty()) return picture;
  Machine &actual = lockstep.actual(), &expected = lockstep.expected();
  const Step& step = lockstep.steps()[0];
  const bool bits = mismatch.signature.ends_with("-dirty");
  picture.page_bytes = bits ? expected.page_bytes() : kPageBytes;
  picture.dirty_is = bits ? "reported dirty" : "marked";

  State actual_state, expected_state;
  actual.subject().inspect(actual_state);
  expected.subject().inspect(expected_state);
  const std::uint64_t page = mismatch.pages[0] / picture.page_bytes;
  const std::uint64_t first = page - std::min(page, kColumns / 4);
  picture.first = first * picture.page_bytes;
  for (std::uint64_t i = 0; i < kColumns; ++i) {
    const std::uint64_t at = picture.first + i * picture.page_bytes;
    if (at < picture.first) break;  // the top of the address space
    Picture::Column column;
    draw_mappings(expected_state, picture.page_bytes, at, column);
    column.in_range = step.size && at + (picture.page_bytes - 1) >= step.first &&
                      at <= step.first + (step.size - 1);
    if (bits) {
      const std::uint64_t bit = (at - step.first) / picture.page_bytes;
      column.tracker = column.in_range && reported(actual.world().bitmaps[0], bit);
      column.reference = column.in_range && reported(expected.world().bitmaps[0], bit);
    } else {
      column.tracker = marked(actual_state, at, at + (picture.page_bytes - 1));
      column.reference = marked(expected_state, at, at + (picture.page_bytes - 1));
    }
    picture.columns.push_back(column);
  }
  // Nothing is to be seen in empty columns at the end.
  while (picture.columns.size() > 8 && picture.columns.back().mapping == '.' &&
         !picture.columns.back().in_range)
    picture.columns.pop_back();
  return picture;
}

std::string picture_text(const Picture& picture, bool colour) {
  if (picture.columns.empty()) return {};
  std::string text = format("pages of %" PRIu64 " KiB from %#" PRIx64 " on; # is %s\n",
                            picture.page_bytes / 1024, picture.first, picture.dirty_is.c_str());
  for (const Strip& strip : strips(picture)) {
    text += format("  %-10s", strip.name.c_str());
    for (std::size_t i = 0; i < strip.cells.size(); ++i) {
      if (colour) text += colour_of(picture.columns[i], strip.cells[i]);
      text += strip.cells[i];
      if (colour) text += "\x1b[0m";
    }
    while (text.back() == ' ') text.pop_back();
    text += "\n";
  }
  return text;
}

std::string picture_svg(const Picture& picture) {
  constexpr int kCell = 14, kRow = 20, kLeft = 90;
  const auto rows = strips(picture);
  const int width = kLeft + kCell * static_cast<int>(picture.columns.size()) + 10;
  std::string svg = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
      "font-family=\"monospace\" font-size=\"12\" role=\"img\">\n",
      width, kRow * 5 + 24);
  svg += format("<text x=\"4\" y=\"14\">pages of %" PRIu64 " KiB from %#" PRIx64
                " on; filled: %s</text>\n",
                picture.page_bytes / 1024, picture.first, picture.dirty_is.c_str());
  for (int row = 0; row < 4; ++row) {
    const Strip& strip = rows[static_cast<std::size_t>(row)];
    const int y = 24 + row * kRow;
    svg += format("<text x=\"4\" y=\"%d\">%s</text>\n", y + 14, strip.name.c_str());
    for (std::size_t i = 0; i < strip.cells.size(); ++i) {
      const Picture::Column& column = picture.columns[i];
      const bool differs = row >= 2 && column.tracker != column.reference;
      const bool filled = strip.cells[i] == '#';
      const char* fill = differs && filled       ? "#c62828"
                         : filled                ? "#ef9a3c"
                         : column.mapping != '.' ? "#e3f2fd"
                                                 : "#fafafa";
      svg +=
          format("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" stroke=\"%s\"/>\n",
                 kLeft + static_cast<int>(i) * kCell, y, kCell, kRow - 2, fill,
                 differs ? "#c62828" : "#cccccc");
      if (row < 2 && strip.cells[i] != '.')
        svg += format("<text x=\"%d\" y=\"%d\">%c</text>\n",
                      kLeft + static_cast<int>(i) * kCell + 3, y + 13, strip.cells[i]);
    }
  }
  return svg + "</svg>\n";
}

}  // namespace tidemark
