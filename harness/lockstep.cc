// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lockstep.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cinttypes>
#include <cstring>

#include "operation_text.h"

namespace tidemark {
namespace {

constexpr std::size_t kMaxPages = 16;

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
  return text;
}

bool has_bitmap(Verb verb) { return verb == Verb::query || verb == Verb::unmap; }

bool has_argument(Verb verb) {
  return verb == Verb::map || verb == Verb::start || verb == Verb::stop || verb == Verb::info ||
         verb == Verb::ioctl || has_bitmap(verb);
}

std::string words_text(const BitmapArea& bitmap) {
  if (bitmap.touched().empty()) return "no word stored";
  std::string text = "words";
  for (const std::int64_t index : bitmap.touched()) {
    if (text.size() > 400) return text + " ...";
    text += " " + std::to_string(index) + ":" + hex(bitmap.word(index));
  }
  return text;
}

// Runs of pages as "0x1000-0x3fff 0x8000-0x8fff".
std::string runs_text(const std::vector<State::Run>& runs) {
  std::string text;
  for (const State::Run& run : runs) {
    if (text.size() > 400) return text + " ...";
    text += (text.empty() ? "" : " ") + hex(run.first * kPageBytes) + "-" +
            hex(run.end * kPageBytes - 1);
  }
  return text.empty() ? "none" : text;
}

std::string mappings_text(const std::vector<State::Mapping>& mappings) {
  std::string text;
  for (const State::Mapping& mapping : mappings) {
    if (text.size() > 400) return text + " ...";
    text += (text.empty() ? "" : ", ") + hex(mapping.first) + "-" + hex(mapping.last) + " at " +
            hex(mapping.vaddr) + " rights " + std::to_string(mapping.rights);
  }
  return text.empty() ? "none" : text;
}

std::string pins_text(const std::vector<State::Pin>& pins) {
  std::string text;
  for (const State::Pin& pin : pins) {
    if (text.size() > 400) return text + " ...";
    text += (text.empty() ? "" : " ") + hex(pin.iova) + "x" + std::to_string(pin.count);
  }
  return text.empty() ? "none" : text;
}

bool marked(const std::vector<State::Run>& runs, std::uint64_t page) {
  return std::any_of(runs.begin(), runs.end(),
                     [page](const State::Run& run) { return page >= run.first && page < run.end; });
}

// The first page of each run that has one in `a` but not in `b`.
void pages_only_in(const std::vector<State::Run>& a, const std::vector<State::Run>& b,
                   std::vector<std::uint64_t>& pages) {
  for (const State::Run& run : a) {
    for (std::uint64_t page = run.first; page < run.end && page < run.first + 4096; ++page) {
      if (pages.size() >= kMaxPages) return;
      if (!marked(b, page)) pages.push_back(page * kPageBytes);
    }
  }
}

// For signatures: "success", "EINVAL".
std::string result_word(std::int64_t result) {
  return result >= 0 ? "success" : result_text(result).substr(1);
}

// Where bits are lost says much about how.
const char* place_in_bitmap(std::uint64_t bit, std::uint64_t bits) {
  if (bit == 0) return "first";
  if (bit + 1 == bits) return "last";
  if (bit % 64 == 0 || bit % 64 == 63) return "word-edge";
  return bit / 64 == bits / 64 ? "tail" : "inside";
}

struct SizeField {
  const char* name;
  std::uint64_t expected, actual;
};

}  // namespace

std::string result_text(std::int64_t result) {
  if (result >= 0) return std::to_string(result);
  switch (-result) {
    case EPERM:
      return "-EPERM";
    case E2BIG:
      return "-E2BIG";
    case ENOMEM:
      return "-ENOMEM";
    case EACCES:
      return "-EACCES";
    case EFAULT:
      return "-EFAULT";
    case EBUSY:
      return "-EBUSY";
    case EEXIST:
      return "-EEXIST";
    case EINVAL:
      return "-EINVAL";
    case ENOTTY:
      return "-ENOTTY";
    case ENOSPC:
      return "-ENOSPC";
    default:
      return std::to_string(result);
  }
}

Mismatch Lockstep::mismatch(std::string_view what) const {
  Mismatch result;
  result.signature = "lockstep." + std::string(name(verb_)) + "." + std::string(what);
  result.operation = index_;
  return result;
}

void Lockstep::begin(const Setup& setup) {
  actual_.reset(setup, make_actual_);
  expected_.reset(setup, make_expected_);
  index_ = 0;
}

std::optional<Mismatch> Lockstep::run(const Program& program) {
  begin(program.setup);
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const bool expects = i < program.expectations.size() && !program.expectations[i].empty();
    if (auto found = step(program.operations[i], expects ? &program.expectations[i] : nullptr))
      return found;
  }
  return end();
}

std::optional<Mismatch> Lockstep::step(const Operation& operation, const Expectation* expectation) {
  verb_ = operation.verb;
  steps_ = actual_.run(operation);
  const auto expected = expected_.run(operation, steps_);
  operations_ += steps_.size();
  if (auto found = compare(operation, expected)) return found;
  if (auto found = settle_marks(steps_)) return found;
  if (auto found = compare_sizes()) return found;
  if (expectation) {
    if (auto found = check_expectation(*expectation, actual_, steps_[0], "tracker")) return found;
    if (auto found = check_expectation(*expectation, expected_, expected[0], "reference"))
      return found;
  }
  ++index_;
  return index_ % kStateInterval == 0 ? compare_states() : std::nullopt;
}

std::optional<Mismatch> Lockstep::compare(const Operation& operation,
                                          std::span<const Step> expected) {
  for (std::size_t i = 0; i < std::max(steps_.size(), expected.size()); ++i) {
    if (i >= steps_.size() || i >= expected.size()) {
      Mismatch found = mismatch("callbacks");
      found.expected = std::to_string(expected.size() - 1) + " operations in its window";
      found.actual = std::to_string(steps_.size() - 1);
      return found;
    }
    const Step &a = steps_[i], &e = expected[i];
    const std::string where = i ? "window." + std::string(name(a.verb)) + "." : "";
    if (a.result != e.result) {
      Mismatch found = mismatch(where + "result." + result_word(a.result) + "-instead-of-" +
                                result_word(e.result));
      found.expected =
          (i ? std::string(name(a.verb)) + " in the window: " : "") + result_text(e.result);
      found.actual = result_text(a.result);
      return found;
    }
    if (a.verb != e.verb || a.first != e.first || a.size != e.size || a.digest != e.digest) {
      Mismatch found = mismatch(where + "output");
      found.expected = "the reference's bytes";
      found.actual = "other bytes";
      return found;
    }
  }
  if (actual_.callbacks() != expected_.callbacks()) {
    Mismatch found = mismatch("callbacks");
    found.expected = "the reference's callbacks";
    found.actual = "other devices, ranges or order";
    return found;
  }
  if (operation.when != When::now) return std::nullopt;
  if (has_argument(operation.verb))
    if (auto found = compare_argument(operation, steps_[0])) return found;
  if (has_bitmap(operation.verb)) return compare_bitmap(operation, steps_[0]);
  return std::nullopt;
}

// D7: what a failed GET_INFO wrote is open; any other failure writes nothing here.
std::optional<Mismatch> Lockstep::compare_argument(const Operation& operation, const Step& step) {
  const auto& a = actual_.world().arguments[0].bytes;
  const auto& e = expected_.world().arguments[0].bytes;
  if (a == e || (operation.verb == Verb::info && step.result < 0)) return std::nullopt;
  const auto at = std::mismatch(a.begin(), a.end(), e.begin());
  const auto offset = at.first - a.begin() - static_cast<std::ptrdiff_t>(ArgumentArea::kGuard);
  Mismatch found = mismatch("argument");
  found.expected = "byte " + std::to_string(offset) + " of the argument: " + hex(*at.second);
  found.actual = hex(*at.first);
  return found;
}

std::optional<Mismatch> Lockstep::compare_bitmap(const Operation& operation, const Step& step) {
  const BitmapArea& a = actual_.world().bitmaps[0];
  const BitmapArea& e = expected_.world().bitmaps[0];
  const auto words = static_cast<std::int64_t>(
      std::min<std::uint64_t>(actual_.bitmap_words(), BitmapArea::kWords + BitmapArea::kGuard));
  const auto report = [&](std::string_view what, std::vector<std::uint64_t> pages) {
    Mismatch result = mismatch(what);
    result.expected = words_text(e);
    result.actual = words_text(a);
    result.pages = std::move(pages);
    return result;
  };

  // N2, and D7: a failed copy may have stored some of the range's words.
  const bool asked = operation.verb == Verb::query || operation.flags & kWithBitmap ||
                     operation.bend.field == Field::flags;
  const bool open = step.result == -EFAULT && asked;
  for (const std::int64_t index : a.touched())
    if (index < 0 || index >= words || (step.result < 0 && !open)) return report("outside", {});
  if (step.result < 0) return std::nullopt;
  if (std::ranges::equal(a.touched(), e.touched()) &&
      std::ranges::all_of(e.touched(), [&](std::int64_t i) { return a.word(i) == e.word(i); }))
    return std::nullopt;

  bool missing = false, extra = false;
  std::vector<std::uint64_t> pages;
  for (std::int64_t index = 0; index < words && pages.size() < kMaxPages; ++index) {
    const std::uint64_t is = a.written(index) ? a.word(index) : 0;
    const std::uint64_t should = e.written(index) ? e.word(index) : 0;
    missing |= (should & ~is) != 0;
    extra |= (is & ~should) != 0;
    for (std::uint64_t bits = is ^ should; bits && pages.size() < kMaxPages; bits &= bits - 1) {
      const auto bit = static_cast<std::uint64_t>(index) * 64 +
                       static_cast<std::uint64_t>(std::countr_zero(bits));
      pages.push_back(step.first + bit * expected_.page_bytes());
    }
  }
  Mismatch found = report(missing ? "missing-dirty"
                          : extra ? "extra-dirty"
                                  : "stored-words",
                          std::move(pages));
  if (!found.pages.empty())
    found.where = place_in_bitmap((found.pages[0] - step.first) / expected_.page_bytes(),
                                  step.size / expected_.page_bytes());
  return found;
}

std::optional<Mismatch> Lockstep::compare_sizes() {
  const Sizes a = actual_.subject().sizes(), e = expected_.subject().sizes();
  if (a == e) return std::nullopt;
  const SizeField fields[] = {
      {"page-sizes", e.page_sizes, a.page_sizes},
      {"pinned-pages", e.pinned_pages, a.pinned_pages},
      {"locked-pages", e.locked_pages, a.locked_pages},
      {"mappings", e.mappings, a.mappings},
      {"dma-available", e.dma_available, a.dma_available},
      {"tracking", e.tracking, a.tracking},
  };
  for (const SizeField& field : fields) {
    if (field.expected == field.actual) continue;
    Mismatch found = mismatch(std::string("size.") + field.name);
    found.expected = std::string(field.name) + " " + hex(field.expected);
    found.actual = hex(field.actual);
    return found;
  }
  return std::nullopt;
}

std::optional<Mismatch> Lockstep::compare_states() {
  actual_.subject().inspect(actual_state_);
  expected_.subject().inspect(expected_state_);
  const State &a = actual_state_, &e = expected_state_;
  if (a == e) return std::nullopt;

  Mismatch found;
  found.operation = index_ ? index_ - 1 : 0;
  if (a.mappings != e.mappings) {
    found.signature = "lockstep.state.mappings";
    found.expected = mappings_text(e.mappings);
    found.actual = mappings_text(a.mappings);
  } else if (a.pins != e.pins) {
    found.signature = "lockstep.state.pins";
    found.expected = pins_text(e.pins);
    found.actual = pins_text(a.pins);
  } else {
    pages_only_in(e.marks, a.marks, found.pages);
    found.signature =
        found.pages.empty() ? "lockstep.state.extra-marks" : "lockstep.state.missing-marks";
    if (found.pages.empty()) pages_only_in(a.marks, e.marks, found.pages);
    found.expected = "marks " + runs_text(e.marks);
    found.actual = runs_text(a.marks);
  }
  return found;
}

// R9: the one case in which the contract leaves marks open.
std::optional<Mismatch> Lockstep::settle_marks(std::span<const Step> steps) {
  for (const Step& step : steps) {
    if (step.verb != Verb::pin || !step.allocation_failed || step.result != -ENOMEM) continue;
    actual_.subject().inspect(actual_state_);
    const std::uint64_t first = step.first / kPageBytes;
    const std::uint64_t end = std::min(first + step.size / kPageBytes, std::uint64_t{1} << 52);
    if (expected_.subject().accept_marks(first, end, actual_state_)) continue;
    Mismatch found = mismatch("marks-of-failed-pin");
    found.expected = "its marks, and at most those of the pages that it named";
    found.actual = runs_text(actual_state_.marks);
    return found;
  }
  return std::nullopt;
}

std::optional<Mismatch> Lockstep::check_expectation(const Expectation& expectation,
                                                    Machine& machine, const Step& step,
                                                    const char* who) {
  Expectation got;
  const BitmapArea& bitmap = machine.world().bitmaps[0];
  if (expectation.result) got.result = step.result;
  if (expectation.size) {
    std::uint64_t size = 0;
    std::memcpy(&size, machine.world().arguments[0].bytes.data() + ArgumentArea::kGuard + 16, 8);
    got.size = size;
  }
  if (expectation.words) {
    got.words.emplace();
    for (const std::int64_t index : bitmap.touched())
      got.words->emplace_back(static_cast<std::uint64_t>(index), bitmap.word(index));
  }
  if (got == expectation) return std::nullopt;
  Mismatch found = mismatch(std::string("expectation.") + who);
  found.expected = print(expectation);
  found.actual = print(got);
  return found;
}

// A migration would end now: ask for everything once more, stop, compare.
std::optional<Mismatch> Lockstep::close() {
  for (const Operation& query : actual_.closing_queries()) {
    verb_ = query.verb;
    steps_ = actual_.close(query);
    operations_ += steps_.size();
    if (auto found = compare(query, expected_.close(query))) return found;
  }
  for (Machine* machine : {&actual_, &expected_}) {
    const auto lost = machine->lost_page();
    if (!lost) continue;
    Mismatch found;
    found.signature = machine == &actual_ ? "migration.tracker" : "migration.reference";
    found.operation = index_;
    found.expected = "the destination's memory equals the source's";
    found.actual = "a page that was written was never reported";
    found.pages = {*lost};
    return found;
  }
  return std::nullopt;
}

std::optional<Mismatch> Lockstep::end() {
  if (auto found = compare_states()) return found;
  if (auto found = close()) return found;
  const std::string left = actual_.release() + expected_.release();
  if (left.empty()) return std::nullopt;
  Mismatch found;
  found.signature = "lockstep.release.leak";
  found.operation = index_;
  found.expected = "nothing left";
  found.actual = left.substr(0, left.size() - 1);
  return found;
}

std::string describe(const Mismatch& mismatch, const Program& program) {
  const std::size_t count = program.operations.size();
  std::string text = "step " + std::to_string(std::min(mismatch.operation + 1, count)) + " of " +
                     std::to_string(count);
  text += mismatch.operation < count ? ": " + print(program.operations[mismatch.operation])
                                     : ", after the last";
  text += "\nexpected  " + mismatch.expected + "\nactual    " + mismatch.actual + "\n";
  if (mismatch.pages.empty()) return text;
  text += "pages     ";
  for (const std::uint64_t page : mismatch.pages) text += hex(page) + " ";
  if (mismatch.pages.size() == kMaxPages) text += "...";
  text.back() = '\n';
  return text;
}

}  // namespace tidemark
