// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lockstep.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cinttypes>
#include <cstring>

#include "errno_names.h"
#include "program_text.h"
#include "text.h"
#include "total_text.h"
#include "verbs.h"

namespace tidemark {
namespace {

std::string words_text(const BitmapArea& bitmap) {
  if (bitmap.touched().empty()) return "no word stored";
  constexpr std::size_t kMost = 100;  // more than a text that is cut has room for
  ShortText text(" ");
  for (const WordRun& run : stored_words(bitmap, 0, kMost)) {
    // Stray words before the bitmap have negative numbers.
    const auto first = static_cast<std::int64_t>(run.first);
    const auto last = static_cast<std::int64_t>(run.last);
    if (!text.add(std::to_string(first) + (first == last ? "" : "-" + std::to_string(last)) + ":" +
                  hex(run.word)))
      break;
  }
  return "words " + text.take("");
}

std::string callbacks_text(std::span<const CallbackMade> callbacks) {
  ShortText text(" ");
  for (const CallbackMade& made : callbacks)
    if (!text.add(print(made))) break;
  return text.take("no callback");
}

// The pages of `page_bytes` from `address` on of which the bit is set.
void add_pages(std::vector<std::uint64_t>& pages, std::uint64_t address, std::uint64_t bits,
               std::uint64_t page_bytes) {
  for (; bits && pages.size() < Mismatch::kMaxPages; bits &= bits - 1)
    pages.push_back(address + static_cast<std::uint64_t>(std::countr_zero(bits)) * page_bytes);
}

// Where bits are lost says much about how, if there are enough of them.
Place place_in_bitmap(std::uint64_t bit, std::uint64_t bits) {
  if (bit >= bits) return Place::beyond;
  if (bits <= 64) return Place::none;
  if (bit == 0) return Place::first;
  if (bit + 1 == bits) return Place::last;
  if (bit % 64 == 0 || bit % 64 == 63) return Place::word_edge;
  return bit / 64 == bits / 64 ? Place::tail : Place::inside;
}

std::string how_often(unsigned times) {
  if (times < 2) return times ? "once" : "never";
  return times == 2 ? "twice" : std::to_string(times) + " times";
}

}  // namespace

Mismatch Lockstep::mismatch(Kind kind) const {
  Mismatch result;
  result.signature = {.kind = kind, .verb = verb_};
  result.operation = index_;
  return result;
}

Mismatch Lockstep::about_page(Kind kind, std::uint64_t page, const char* expected,
                              const char* actual) const {
  Mismatch found;
  found.signature.kind = kind;
  found.operation = index_;
  found.expected = expected;
  found.actual = actual;
  found.pages = {page};
  return found;
}

void Lockstep::begin(const Setup& setup) {
  actual_.reset(setup, make_actual_);
  expected_.reset(setup, make_expected_);
  migration_.reset();
  atomicity_.reset(setup);
  precision_.reset();
  costs_.reset();
  of_actual_.reset();
  of_expected_.reset();
  index_ = compared_ = 0;
}

std::optional<Mismatch> Lockstep::run(const Program& program, StepAt* at) {
  if (at) at->begin_program();
  begin(program.setup);
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    if (at) at->step = i + 1;
    const bool expects = i < program.expectations.size() && !program.expectations[i].empty();
    if (auto found = step(program.operations[i], expects ? &program.expectations[i] : nullptr))
      return found;
  }
  if (at) at->step = program.operations.size() + 1;
  return end();
}

std::optional<Mismatch> Lockstep::step(const Operation& operation, const Expectation* expectation) {
  const bool migrates = operation.verb == Verb::migrate && operation.when == When::now;
  if (migrates)
    if (auto found = come_to_the_end()) return found;
  verb_ = operation.verb;
  tolerated_ = false;
  steps_ = actual_.run(operation);
  const bool starved = starved_pin();
  if (starved) show_where_memory_ended();
  const auto expected = expected_.run(operation, steps_);
  if (may_have_spare_marks()) show_spare_marks();
  operations_ += steps_.size();
  if (auto found = compare(operation, expected); counts(found)) return found;
  if (migrates)
    if (auto found = compare_left(actual_.left_at_source(), expected_.left_at_source()))
      return found;
  if (starved)
    if (auto found = compare_marks_of_starved_pin(); counts(found)) return found;
  if (auto found = compare_sizes(); counts(found)) return found;
  if (auto found = compare_locks(index_); counts(found)) return found;
  const std::size_t number = index_++;
  if (expectation) {
    // So that what is expected of the state does not count where it is known to differ.
    if (expectation->is_of_state())
      if (auto found = compare_states()) return found;
    of_actual_.expect(number, operation, steps_[0], *expectation);
    of_expected_.expect(number, operation, expected[0], *expectation);
  }
  if (auto found = compare_expectations(); counts(found)) return found;
  // Before what it cost: a call that does the wrong thing may cost what it likes.
  if (state_is_due())
    if (auto found = compare_states()) return found;
  if (auto found = compare_costs(number); counts(found)) return found;
  auto found = reported_again(number);
  return counts(found) ? std::move(found) : std::nullopt;
}

std::optional<Mismatch> Lockstep::reported_again(std::size_t operation) {
  const auto again = precision_.take();
  if (!again || !is_precise()) return std::nullopt;
  Mismatch found = about_page(Kind::reported_again, *again,
                              "a page is reported once, if nobody could have written it since",
                              "it is reported again");
  found.operation = operation;
  return found;
}

bool Lockstep::state_is_due() {
  constexpr std::size_t kMappingsAnOperation = 64;
  const std::size_t since = index_ - compared_;
  const bool due = every_state_ || (since >= kStateInterval &&
                                    since * kMappingsAnOperation >= expected_.mappings().size());
  if (!due || takes_long_to_inspect()) return false;
  compared_ = index_;
  return true;
}

std::optional<Mismatch> Lockstep::compare(const Operation& operation,
                                          std::span<const Step> expected) {
  // First, because windows are only the same if the callbacks are.
  if (!std::ranges::equal(actual_.callbacks(), expected_.callbacks())) {
    Mismatch found = mismatch(Kind::callbacks);
    found.expected = callbacks_text(expected_.callbacks());
    found.actual = callbacks_text(actual_.callbacks());
    return found;
  }
  for (std::size_t i = 0; i < std::min(steps_.size(), expected.size()); ++i)
    if (auto found = compare_step(i, expected[i])) return found;
  if (steps_.size() != expected.size()) {
    Mismatch found = mismatch(Kind::callbacks);
    found.expected = std::to_string(expected.size() - 1) + " operations in its window";
    found.actual = std::to_string(steps_.size() - 1);
    return found;
  }
  if (operation.when != When::now) return std::nullopt;
  if (has_argument(operation.verb))
    if (auto found = compare_argument(operation, steps_[0])) return found;
  if (has_bitmap(operation.verb)) return compare_bitmap(operation, steps_[0]);
  return std::nullopt;
}

// The first step is the operation's own, the others are those in its window.
std::optional<Mismatch> Lockstep::compare_step(std::size_t number, const Step& e) {
  const Step& a = steps_[number];
  // Which of them ran out of memory is no difference.
  const bool same_output =
      a.verb == e.verb && a.first == e.first && a.size == e.size && a.digest == e.digest;
  if (a.result == e.result && same_output && a.clean_words == e.clean_words) return std::nullopt;
  Mismatch found = mismatch(same_output ? Kind::stored_words : Kind::output);
  if (a.result != e.result) found.signature = returned(verb_, a.result, e.result);
  if (number) found.signature.verb = a.verb;
  if (a.depth) found.signature.moment = Moment::window;
  if (a.result == e.result) {
    found.expected = same_output ? "the words that the reference stored" : "the reference's bytes";
    found.actual = same_output ? "others, without a bit" : "other bytes";
    return found;
  }
  found.expected =
      (number ? std::string(name(a.verb)) + (a.depth ? " in the window: " : ": ") : "") +
      result_text(e.result);
  found.actual = result_text(a.result);
  return found;
}

// D7: what a failed GET_INFO wrote is open; any other failure writes nothing here.
std::optional<Mismatch> Lockstep::compare_argument(const Operation& operation, const Step& step) {
  const auto& a = actual_.world().arguments[0].bytes;
  const auto& e = expected_.world().arguments[0].bytes;
  if (a == e || (operation.verb == Verb::info && step.result < 0)) return std::nullopt;
  const auto at = std::mismatch(a.begin(), a.end(), e.begin());
  const auto offset = at.first - a.begin() - static_cast<std::ptrdiff_t>(ArgumentArea::kGuard);
  Mismatch found = mismatch(Kind::argument);
  found.expected = "byte " + std::to_string(offset) + " of the argument: " + hex(*at.second);
  found.actual = hex(*at.first);
  return found;
}

// D7: a failed copy may have stored some of the range's words, but what fails otherwise none.
bool Lockstep::stored_in_vain(const Operation& operation, const Step& step) const {
  const bool stores = operation.verb == Verb::query || operation.flags & kWithBitmap ||
                      operation.bent(Field::flags);
  return step.result < 0 && (step.result != -EFAULT || !stores) &&
         !actual_.world().bitmaps[0].touched().empty();
}

// N2.
bool Lockstep::stored_outside() const {
  const WordRange asked = words_asked();
  // Where the reference stored, too, a call in a window was told to.
  const BitmapArea& expected = expected_.world().bitmaps[0];
  return !std::ranges::all_of(actual_.world().bitmaps[0].touched(), [&](std::int64_t index) {
    return (index >= asked.first && index < asked.end) || expected.written(index);
  });
}

// Which words of the area the bitmap of the range lies in, be it in all of their bytes.
Lockstep::WordRange Lockstep::words_asked() const {
  constexpr std::int64_t kFirst = -BitmapArea::kGuard;
  const std::int64_t end = actual_.world().bitmaps[0].words() + BitmapArea::kGuard;
  const std::int64_t before = actual_.bitmap_first();  // of its words; behind, if it is negative
  const auto words = static_cast<std::int64_t>(actual_.bitmap_words());
  const bool aligned = actual_.bitmap_data() % 8 == 0;
  const WordRange range = {std::max(kFirst, -before),
                           std::min(end, words - before + (aligned ? 0 : 1))};
  return range.first < range.end ? range : WordRange{0, 0};
}

std::optional<Mismatch> Lockstep::compare_bitmap(const Operation& operation, const Step& step) {
  const BitmapArea& a = actual_.world().bitmaps[0];
  const BitmapArea& e = expected_.world().bitmaps[0];
  const auto report = [&](Kind kind) {
    Mismatch result = mismatch(kind);
    result.expected = words_text(e);
    result.actual = words_text(a);
    return result;
  };
  if (stored_outside()) return report(Kind::outside);
  if (stored_in_vain(operation, step)) {
    const auto has_bits = [&a](std::int64_t index) { return a.word(index) != 0; };
    return report(std::ranges::any_of(a.touched(), has_bits) ? Kind::extra_dirty
                                                             : Kind::stored_words);
  }
  if (step.result < 0) return std::nullopt;
  if (a.touched() == e.touched() &&
      std::ranges::all_of(e.touched(), [&](std::int64_t i) { return a.word(i) == e.word(i); }))
    return std::nullopt;

  Mismatch found = report(Kind::stored_words);
  const std::uint64_t page = found.page_bytes = expected_.page_bytes();
  std::vector<std::uint64_t>& extra = found.also_reported;
  const WordRange asked = words_asked();
  for (std::int64_t index = asked.first;
       index < asked.end && found.pages.size() < Mismatch::kMaxPages; ++index) {
    const std::uint64_t is = a.written(index) ? a.word(index) : 0;
    const std::uint64_t should = e.written(index) ? e.word(index) : 0;
    // The first bits of the first word are not the bitmap's if that is not aligned.
    const auto word = static_cast<std::uint64_t>(actual_.bitmap_first() + index);
    const std::uint64_t before = actual_.bitmap_data() % 8 * 8;
    const std::uint64_t of_bitmap = word ? ~std::uint64_t{0} : ~std::uint64_t{0} << before;
    const std::uint64_t at = step.first + (word * 64 - before) * page;
    add_pages(found.pages, at, should & ~is & of_bitmap, page);
    add_pages(extra, at, is & ~should & of_bitmap, page);
  }
  // Those that are missing are what it is about.
  if (!found.pages.empty() || !extra.empty())
    found.signature.kind = found.pages.empty() ? Kind::extra_dirty : Kind::missing_dirty;
  if (found.pages.empty()) found.pages.swap(extra);
  found.in_bitmap = true;
  if (!found.pages.empty())
    found.where = place_in_bitmap((found.pages[0] - step.first) / page, step.size / page);
  return found;
}

std::optional<Mismatch> Lockstep::compare_locks(std::size_t operation) {
  const auto breach = atomicity_.take();
  if (!breach) return std::nullopt;
  const LockUse& use = breach->use;
  const std::string entry(breach->entry);
  Mismatch found;
  found.signature = {.kind = breach->kind, .what = entry};
  found.operation = operation;
  found.expected = entry + " takes the lock " + how_often(breach->due) +
                   (use.callbacks ? ", for it called back" : "") + " and does nothing without it";
  found.actual = "takes it " + how_often(use.takes);
  if (use.kept) found.actual += " and returns with it";
  if (use.unlocked) found.actual += " and uses memory without it " + how_often(use.unlocked);
  return found;
}

std::optional<Mismatch> Lockstep::compare_costs(std::size_t operation) {
  const auto excess = costs_.take();
  if (!excess) return std::nullopt;
  const std::string entry(excess->entry);
  const char* unit = excess->kind == Kind::too_much_memory ? " bytes" : " steps";
  Mismatch found;
  found.signature = {.kind = excess->kind, .what = entry};
  found.operation = operation;
  found.expected = entry + " costs at most " + std::to_string(excess->most) + unit;
  found.actual = std::to_string(excess->spent);
  return found;
}

std::optional<Mismatch> Lockstep::compare_sizes() {
  if (!actual_.subject().shows_state()) return std::nullopt;
  const Sizes a = actual_.subject().sizes(), e = expected_.subject().sizes();
  atomicity_.looked("stats", actual_.subject().lock_use());
  if (a == e) return std::nullopt;
  const auto actual = totals_of(a), expected = totals_of(e);
  for (std::size_t i = 0; i < kTotals; ++i) {
    if (expected[i] == actual[i]) continue;
    const auto total = static_cast<Total>(i);
    Mismatch found = mismatch(Kind::size);
    found.signature.total = total;
    found.expected = std::string(name(total)) + " " + total_text(total, expected[i]);
    found.actual = total_text(total, actual[i]);
    return found;
  }
  return about_locked_pages(a, e);
}

// All together they have as many locked as they should; which of them has not?
Mismatch Lockstep::about_locked_pages(const Sizes& a, const Sizes& e) const {
  const auto at = std::ranges::mismatch(a.locked_by, e.locked_by);
  Mismatch found = mismatch(Kind::size);
  found.signature.total = Total::locked_pages;
  found.expected = std::string(name(Total::locked_pages)) + " of p" +
                   std::to_string(at.in2 - e.locked_by.begin()) + " " + decimal(*at.in2);
  found.actual = decimal(*at.in1);
  return found;
}

std::optional<Mismatch> Lockstep::unmet(const std::optional<Expectations::Unmet>& unmet,
                                        Kind kind) {
  if (!unmet) return std::nullopt;
  Mismatch found;
  found.signature = {.kind = kind, .verb = unmet->verb};
  found.operation = unmet->operation;
  found.expected = unmet->expected;
  found.actual = unmet->actual;
  return found;
}

// The subject's says more where both go wrong. Where it differs from the reference, and is
// known to, no more is expected of it.
std::optional<Mismatch> Lockstep::compare_expectations() {
  auto found = unmet(of_actual_.take(), Kind::tracker_expectation);
  auto other = unmet(of_expected_.take(), Kind::reference_expectation);
  return found && !tolerated_ ? found : other;
}

std::optional<Mismatch> Lockstep::expected_in_vain() const {
  return unmet(of_actual_.never_ran(), Kind::no_window);
}

// A migration would end now: ask for everything once more, stop, compare.
std::optional<Mismatch> Lockstep::close() {
  std::vector<Operation> closing;
  for (const Operation& operation : migration_.closing_operations()) {
    closing.push_back(operation);
    verb_ = operation.verb;
    const std::uint64_t first_word = migration_.first_word_asked(operation);
    steps_ = actual_.run_from(operation, first_word);
    if (verb_ == Verb::query && steps_[0].result != 0) migration_.refused(steps_[0]);
    operations_ += steps_.size();
    auto found = compare(operation, expected_.run_from(operation, first_word));
    if (!counts(found)) found = compare_locks(index_);
    if (!counts(found)) found = compare_costs(index_);
    if (!counts(found)) continue;
    found->closing = std::move(closing);
    return found;
  }
  const auto lost = migration_.lost_page();
  if (!lost) return std::nullopt;
  return about_page(Kind::lost_page, *lost, "the destination's memory equals the source's",
                    "a page that was written was never reported");
}

// Of a migration, or of the program. What its last queries do is seen in the next states.
std::optional<Mismatch> Lockstep::come_to_the_end() {
  if (auto found = compare_states()) return found;
  auto found = close();
  return counts(found) ? std::move(found) : std::nullopt;
}

std::optional<Mismatch> Lockstep::end() {
  if (auto found = come_to_the_end()) return found;
  if (auto found = expected_in_vain(); counts(found)) return found;
  const std::string left = actual_.release(), due = expected_.release();
  return compare_left(left, due);
}

std::optional<Mismatch> Lockstep::compare_left(const std::string& left, const std::string& due) {
  if (left == due) return std::nullopt;
  const auto text = [](const std::string& lines) {
    return lines.empty() ? "nothing left" : lines.substr(0, lines.size() - 1);
  };
  Mismatch found;
  found.signature.kind = Kind::leak;
  found.operation = index_;
  found.expected = text(due);
  found.actual = text(left);
  return counts(found) ? std::optional(std::move(found)) : std::nullopt;
}

}  // namespace tidemark
