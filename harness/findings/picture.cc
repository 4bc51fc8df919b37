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
constexpr int kSvgCell = 16, kSvgRow = 20, kSvgLeft = 76, kSvgLeast = 348, kSvgColumn = 290;
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

bool overlaps(const std::optional<IovaRange>& range, std::uint64_t first, std::uint64_t last) {
  return range && last >= range->first && first <= range->last;
}

std::optional<IovaRange> range_of(const Step& step) {
  if (!step.size) return std::nullopt;
  return IovaRange{step.first, step.first + (step.size - 1)};
}

// How much of the mapping with that page is outside of the picture.
void note_what_is_left_out(const State& state, std::uint64_t page, Picture& picture) {
  const auto mapping = std::ranges::find_if(state.mappings, [page](const auto& one) {
    return one.first <= page + (kPageBytes - 1) && page <= one.last;
  });
  if (mapping == state.mappings.end()) return;
  const std::uint64_t last = picture.first + (picture.columns.size() * picture.page_bytes - 1);
  if (mapping->first < picture.first)
    picture.pages_before = (picture.first - mapping->first) / picture.page_bytes;
  if (mapping->last > last)
    picture.pages_behind = (mapping->last - last + (picture.page_bytes - 1)) / picture.page_bytes;
}

// So many columns of it, with the first that differs in their middle.
Picture cropped(const Picture& picture, std::size_t most) {
  if (picture.columns.size() <= most) return picture;
  const auto at = std::ranges::find_if(picture.columns, differs);
  const auto index =
      at == picture.columns.end() ? 0 : static_cast<std::size_t>(at - picture.columns.begin());
  const std::size_t from =
      std::min(index - std::min(index, most / 2), picture.columns.size() - most);
  Picture result = picture;
  result.first += from * picture.page_bytes;
  result.columns.assign(picture.columns.begin() + static_cast<std::ptrdiff_t>(from),
                        picture.columns.begin() + static_cast<std::ptrdiff_t>(from + most));
  const char mapping = picture.columns[index].mapping;
  const auto of_mapping = [mapping](const Picture::Column& column) {
    return mapping != '.' && column.mapping == mapping;
  };
  const auto outside = [&](std::size_t begin, std::size_t end) {
    return static_cast<std::uint64_t>(
        std::count_if(picture.columns.begin() + static_cast<std::ptrdiff_t>(begin),
                      picture.columns.begin() + static_cast<std::ptrdiff_t>(end), of_mapping));
  };
  result.pages_before += outside(0, from);
  result.pages_behind += outside(from + most, picture.columns.size());
  return result;
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
    ".tm .on{fill:#fff}.tm .at{fill:#59636e}.tm .c{fill:#0969da;stroke:#0550ae}"
    "@media(prefers-color-scheme:dark){.tm text{fill:#e6edf3}.tm .u{fill:#161b22;stroke:#3d444d}"
    ".tm .p{fill:#17364f;stroke:#33658a}.tm .d{fill:#b87f00;stroke:#e6b450}"
    ".tm .w{fill:#d32f2f;stroke:#ff8a80}.tm .m{fill:#0d1117;stroke:#ff6b6b}"
    ".tm .at{fill:#9198a1}.tm .c{fill:#4493f8;stroke:#79c0ff}}</style>\n";

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
  // Not where the last one would be cut off.
  for (std::size_t i = 0; i < picture.columns.size() && (!i || i + 5 < picture.columns.size());
       i += kSvgTick)
    svg += svg_text(kSvgLeft + static_cast<int>(i) * kSvgCell + 1, y + 12, "at",
                    format("%#" PRIx64, picture.first + i * picture.page_bytes));
  return svg;
}

// The range of the step that is the cause, as a bar below the strips.
std::string svg_cause(const Picture& picture, int y) {
  std::string svg = svg_text(4, y + 11, "", "cause");
  for (std::size_t i = 0; i < picture.columns.size(); ++i)
    if (picture.columns[i].of_cause)
      svg += format("<rect class=\"c\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"4\"/>\n",
                    kSvgLeft + static_cast<int>(i) * kSvgCell + 1, y + 5, kSvgCell - 2);
  return svg;
}

// What of the mapping is not drawn, a line for each side.
std::vector<std::string> left_out(const Picture& picture) {
  std::vector<std::string> lines;
  const auto add = [&lines](std::uint64_t pages, const char* where) {
    if (pages)
      lines.push_back(decimal(pages) + (pages == 1 ? " page" : " pages") +
                      " more of this mapping " + where);
  };
  add(picture.pages_before, "to the left");
  add(picture.pages_behind, "to the right");
  return lines;
}

struct LegendEntry {
  std::string_view how, sign;
  std::string text;
};

// Of what the picture shows, and nothing else.
std::vector<LegendEntry> legend(const Picture& picture) {
  const auto any = [&picture](auto holds) { return std::ranges::any_of(picture.columns, holds); };
  using Column = Picture::Column;
  std::vector<LegendEntry> entries;
  if (any([](const Column& column) { return column.mapping != '.'; }))
    entries.push_back({"p", "A", "mapped; A is the lowest mapping"});
  if (any([](const Column& column) { return column.pins > 0; }))
    entries.push_back({"p", "1", "pins of the page"});
  if (any([](const Column& column) { return column.subject && column.reference; }))
    entries.push_back({"d", "", picture.dirty_is});
  if (any([](const Column& column) { return column.mapping == '.'; }))
    entries.push_back({"u", "", "not mapped"});
  if (any(differs)) {
    entries.push_back({"w", "!", picture.dirty_is + ", by one side alone"});
    entries.push_back({"m", "!", "and by the other not"});
  }
  if (any([](const Column& column) { return column.of_cause; }))
    entries.push_back({"c", "", "the range of the step that is the cause"});
  return entries;
}

// Two to a line, where there is room.
std::string svg_legend(const std::vector<LegendEntry>& entries, std::size_t in_a_line, int y) {
  std::string svg;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const int x = i % in_a_line ? kSvgColumn : 4,
              at = y + static_cast<int>(i / in_a_line) * kSvgRow;
    svg += svg_cell(x, at, entries[i].how, entries[i].sign) +
           svg_text(x + kSvgCell + 6, at + 14, "", entries[i].text);
  }
  return svg;
}

}  // namespace

Picture draw(Lockstep& lockstep, const Mismatch& mismatch, std::string_view subject,
             const std::optional<IovaRange>& cause) {
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

  const std::optional<IovaRange> range = range_of(step);
  const std::uint64_t page = mismatch.pages[0] / picture.page_bytes;
  picture.first = (page - std::min(page, kColumns / 4)) * picture.page_bytes;
  for (std::uint64_t i = 0; i < kColumns; ++i) {
    const std::uint64_t at = picture.first + i * picture.page_bytes;
    if (at < picture.first) break;  // the top of the address space
    Picture::Column column;
    draw_mappings(expected_state, picture.page_bytes, at, column);
    column.in_range = overlaps(range, at, at + (picture.page_bytes - 1));
    column.of_cause = overlaps(cause, at, at + (picture.page_bytes - 1));
    dirtiness.draw(picture.page_bytes, at, column);
    picture.columns.push_back(column);
  }
  // Nothing is to be seen in empty columns at the end.
  while (picture.columns.size() > 8 && picture.columns.back().mapping == '.' &&
         !picture.columns.back().in_range)
    picture.columns.pop_back();
  note_what_is_left_out(expected_state, mismatch.pages[0], picture);
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
  for (const std::string& line : left_out(picture)) text += "  " + line + "\n";
  return text;
}

std::string picture_svg(const Picture& whole, std::size_t most_columns) {
  if (whole.columns.empty()) return {};
  const Picture picture = cropped(whole, most_columns);
  const auto columns = static_cast<int>(picture.columns.size());
  const int width = std::max(kSvgLeast, kSvgLeft + kSvgCell * columns + 12);
  std::string svg = svg_text(
      4, 16, "",
      format("pages of %" PRIu64 " KiB; filled: ", picture.page_bytes / 1024) + picture.dirty_is);
  int y = 28;
  // The last strip is the line that points; here colours do that.
  const auto rows = strips(picture);
  for (std::size_t row = 0; row + 1 < rows.size(); ++row, y += kSvgRow)
    svg += svg_strip(picture, rows[row], row >= 2, y);
  const auto entries = legend(picture);
  if (!entries.empty() && entries.back().how == "c") {
    svg += svg_cause(picture, y);
    y += kSvgRow - 4;
  }
  svg += svg_addresses(picture, y);
  y += kSvgRow;
  for (const std::string& line : left_out(picture)) {
    svg += svg_text(4, y + 14, "", line);
    y += kSvgRow;
  }
  y += 8;
  const std::size_t in_a_line = width >= 2 * kSvgColumn ? 2 : 1;
  svg += svg_legend(entries, in_a_line, y);
  y += static_cast<int>((entries.size() + in_a_line - 1) / in_a_line) * kSvgRow;
  return format(
             "<svg class=\"tm\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
             "width=\"%d\" font-family=\"ui-monospace,monospace\" font-size=\"12\" "
             "role=\"img\" aria-label=\"the pages around the difference\">\n",
             width, y, width) +
         std::string(kPictureStyle) + svg + "</svg>\n";
}

}  // namespace tidemark
