// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "picture.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "program_file.h"
#include "text.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kColumns = 64;
// Pixels; an address is written below every kSvgTick-th page.
constexpr int kSvgCell = 16, kSvgRow = 20, kSvgLeft = 96, kSvgLeast = 560, kSvgColumn = 290;
constexpr std::size_t kSvgTick = 8;

template <class... Arguments>
std::string format(const char* how, Arguments... arguments) {
  char text[512];
  std::snprintf(text, sizeof(text), how, arguments...);
  return text;
}

bool reported(const BitmapArea& bitmap, std::uint64_t bit) {
  const auto index = static_cast<std::int64_t>(bit / 64);
  return bitmap.has_word(index) && bitmap.written(index) &&
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

bool differs(const Picture::Column& column) { return column.subject != column.reference; }

// A strip of the picture: its name and a cell for each page.
struct Strip {
  std::string name;
  std::string cells;
};

std::vector<Strip> strips(const Picture& picture) {
  std::vector<Strip> result = {
      {"mapping", ""}, {"pins", ""}, {picture.subject, ""}, {"reference", ""}, {"", ""}};
  for (const Picture::Column& column : picture.columns) {
    result[0].cells += column.mapping;
    result[1].cells += !column.pins      ? '.'
                       : column.pins > 9 ? '+'
                                         : static_cast<char>('0' + column.pins);
    result[2].cells += column.subject ? '#' : '.';
    result[3].cells += column.reference ? '#' : '.';
    result[4].cells += differs(column) ? '^' : column.in_range ? '-' : ' ';
  }
  return result;
}

std::string colour_of(const Picture::Column& column, char cell) {
  if (differs(column)) return "\x1b[1;31m";
  if (cell == '#') return "\x1b[33m";
  if (cell >= 'A' && cell <= 'Z') return "\x1b[36m";
  return cell >= '0' && cell <= '9' ? "\x1b[32m" : "\x1b[2m";
}

// What is dirty, as both sides say it.
struct Dirtiness {
  Executor &tracker, &reference;
  const State &tracker_state, &reference_state;
  const Step& step;
  bool bits;  // of the bitmap; otherwise marks

  void draw(std::uint64_t page_bytes, std::uint64_t at, Picture::Column& column) const {
    if (bits) {
      const std::uint64_t bit = (at - step.first) / page_bytes;
      column.subject = column.in_range && reported(tracker.world().bitmaps[0], bit);
      column.reference = column.in_range && reported(reference.world().bitmaps[0], bit);
    } else {
      column.subject = marked(tracker_state, at, at + (page_bytes - 1));
      column.reference = marked(reference_state, at, at + (page_bytes - 1));
    }
  }
};

bool overlaps(const Step& step, std::uint64_t first, std::uint64_t last) {
  return step.size && last >= step.first && first <= step.first + (step.size - 1);
}

// How a cell looks, as a class of kPictureStyle.
std::string_view class_of(const Picture::Column& column, bool filled, bool wrong) {
  if (wrong) return filled ? "w" : "m";
  if (filled) return "d";
  return column.mapping != '.' ? "p" : "u";
}

// Of what is drawn; also in the page that it is in, which has no classes of these names.
constexpr std::string_view kPictureStyle =
    "<style>.tm text{fill:#1f2328}.tm .u{fill:#f6f8fa;stroke:#d0d7de}"
    ".tm .p{fill:#ddf0ff;stroke:#a5c8e4}.tm .d{fill:#e69f00;stroke:#a87400}"
    ".tm .w{fill:#c62828;stroke:#7f1313}.tm .m{fill:#fff;stroke:#c62828;stroke-width:2}"
    ".tm .on{fill:#fff}.tm .at{fill:#59636e}"
    "@media(prefers-color-scheme:dark){.tm text{fill:#e6edf3}.tm .u{fill:#161b22;stroke:#3d444d}"
    ".tm .p{fill:#17364f;stroke:#33658a}.tm .d{fill:#b87f00;stroke:#e6b450}"
    ".tm .w{fill:#d32f2f;stroke:#ff8a80}.tm .m{fill:#0d1117;stroke:#ff6b6b}"
    ".tm .at{fill:#9198a1}}</style>\n";

std::string svg_cell(int x, int y, std::string_view how, std::string_view text) {
  std::string svg = format("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
                           std::string(how).c_str(), x + 1, y + 1, kSvgCell - 2, kSvgRow - 4);
  if (!text.empty())
    svg += format("<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                  how == "w" ? "on" : "", x + kSvgCell / 2, y + 13, std::string(text).c_str());
  return svg;
}

std::string svg_text(int x, int y, const std::string& how, const std::string& text) {
  return format("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", how.c_str(), x, y,
                html_text(text).c_str());
}

// From `y` down.
std::string svg_strip(const Picture& picture, const Strip& strip, bool of_dirt, int y) {
  std::string svg = svg_text(4, y + 14, "", strip.name);
  int x = kSvgLeft;
  for (std::size_t i = 0; i < strip.cells.size(); ++i, x += kSvgCell) {
    const Picture::Column& column = picture.columns[i];
    const char cell = strip.cells[i];
    const bool wrong = of_dirt && differs(column);
    // Who sees no colours sees the sign.
    const std::string text = wrong ? "!" : !of_dirt && cell != '.' ? std::string(1, cell) : "";
    svg += svg_cell(x, y, class_of(column, cell == '#', wrong), text);
  }
  return svg;
}

// Where every eighth page is.
std::string svg_addresses(const Picture& picture, int y) {
  std::string svg;
  for (std::size_t i = 0; i < picture.columns.size(); i += kSvgTick)
    svg += svg_text(kSvgLeft + static_cast<int>(i) * kSvgCell + 1, y + 12, "at",
                    format("%#" PRIx64, picture.first + i * picture.page_bytes));
  return svg;
}

// Two to a line, so that it is no wider than a small picture.
std::string svg_legend(const Picture& picture, int y) {
  struct Entry {
    std::string_view how, sign;
    std::string text;
  };
  const Entry entries[] = {
      {"p", "A", "mapped; A is the lowest mapping"},
      {"p", "1", "pins of the page"},
      {"d", "", picture.dirty_is},
      {"u", "", "not mapped"},
      {"w", "!", picture.dirty_is + ", by one side alone"},
      {"m", "!", "and by the other not"},
  };
  std::string svg;
  for (std::size_t i = 0; i < std::size(entries); ++i) {
    const int x = i % 2 ? kSvgColumn : 4, at = y + static_cast<int>(i / 2) * kSvgRow;
    svg += svg_cell(x, at, entries[i].how, entries[i].sign) +
           svg_text(x + kSvgCell + 6, at + 14, "", entries[i].text);
  }
  return svg;
}

}  // namespace

Picture draw(Lockstep& lockstep, const Mismatch& mismatch, std::string_view subject) {
  Picture picture;
  picture.subject = subject;
  if (mismatch.pages.empty() || lockstep.steps().empty()) return picture;
  Executor &actual = lockstep.actual(), &expected = lockstep.expected();
  const Step& step = lockstep.steps()[0];
  State actual_state, expected_state;
  actual.subject().inspect(actual_state);
  expected.subject().inspect(expected_state);
  const Dirtiness dirtiness = {actual,         expected, actual_state,
                               expected_state, step,     mismatch.in_bitmap};
  picture.page_bytes = dirtiness.bits ? expected.page_bytes() : kPageBytes;
  picture.dirty_is = dirtiness.bits ? "reported dirty" : "marked";

  const std::uint64_t page = mismatch.pages[0] / picture.page_bytes;
  picture.first = (page - std::min(page, kColumns / 4)) * picture.page_bytes;
  for (std::uint64_t i = 0; i < kColumns; ++i) {
    const std::uint64_t at = picture.first + i * picture.page_bytes;
    if (at < picture.first) break;  // the top of the address space
    Picture::Column column;
    draw_mappings(expected_state, picture.page_bytes, at, column);
    column.in_range = overlaps(step, at, at + (picture.page_bytes - 1));
    dirtiness.draw(picture.page_bytes, at, column);
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
  const auto rows = strips(picture);
  std::size_t width = 0;
  for (const Strip& strip : rows) width = std::max(width, strip.name.size());
  for (const Strip& strip : rows) {
    text += "  " + strip.name + std::string(width + 1 - strip.name.size(), ' ');
    const std::size_t cells = strip.cells.find_last_not_of(' ') + 1;
    for (std::size_t i = 0; i < cells; ++i) {
      if (colour) text += colour_of(picture.columns[i], strip.cells[i]);
      text += strip.cells[i];
      if (colour) text += "\x1b[0m";
    }
    text += "\n";
  }
  return text;
}

std::string picture_svg(const Picture& picture) {
  if (picture.columns.empty()) return {};
  const auto rows = strips(picture);
  const int width =
      std::max(kSvgLeast, kSvgLeft + kSvgCell * static_cast<int>(picture.columns.size()) + 80);
  // Behind the heading four strips, their addresses, and three lines of legend.
  constexpr int kTop = 28, kAddresses = kTop + 4 * kSvgRow, kLegend = kAddresses + 28;
  std::string svg = format(
      "<svg class=\"tm\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
      "width=\"%d\" font-family=\"ui-monospace,monospace\" font-size=\"12\" role=\"img\" "
      "aria-label=\"the pages around the difference\">\n",
      width, kLegend + 3 * kSvgRow, width);
  svg += kPictureStyle;
  svg += svg_text(
      4, 16, "",
      format("pages of %" PRIu64 " KiB; filled: ", picture.page_bytes / 1024) + picture.dirty_is);
  // The last strip is the line that points; here colours do that.
  for (std::size_t row = 0; row + 1 < rows.size(); ++row)
    svg += svg_strip(picture, rows[row], row >= 2, kTop + static_cast<int>(row) * kSvgRow);
  return svg + svg_addresses(picture, kAddresses) + svg_legend(picture, kLegend) + "</svg>\n";
}

}  // namespace tidemark
