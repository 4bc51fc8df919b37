// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is compared of states: mappings, pins, marks, and the user's memory.
#include <algorithm>

#include "lockstep.h"
#include "program_bytes.h"
#include "text.h"

namespace tidemark {
namespace {

// Runs of pages as "0x1000-0x3fff 0x8000-0x8fff".
std::string runs_text(const std::vector<State::Run>& runs) {
  ShortText text(" ");
  for (const State::Run& run : runs)
    if (!text.add(hex(run.first * kPageBytes) + "-" + hex(run.end * kPageBytes - 1))) break;
  return text.take("none");
}

std::string mappings_text(const std::vector<State::Mapping>& mappings) {
  ShortText text(", ");
  for (const State::Mapping& mapping : mappings)
    if (!text.add(hex(mapping.first) + "-" + hex(mapping.last) + " at " + hex(mapping.vaddr) +
                  " rights " + std::to_string(mapping.rights)))
      break;
  return text.take("none");
}

// "2 pins at 0x0, 1 pin at 0x3000".
std::string pins_text(const std::vector<State::Pin>& pins) {
  ShortText text(", ");
  for (const State::Pin& pin : pins)
    if (!text.add(std::to_string(pin.count) + (pin.count == 1 ? " pin at " : " pins at ") +
                  hex(pin.iova)))
      break;
  return text.take("none");
}

// The tracker shows its marks word by word: 2^31 of them take seconds under
// sanitizers, and one such program in a corpus would be most of what a fuzzer does. So
// who has little room for a bitmap does without: queries and the migration still see them.
bool has_too_many_marks(const State& state, const Setup& setup) {
  constexpr std::uint64_t kMostPages = std::uint64_t{1} << 24;
  std::uint64_t pages = 0;
  for (const State::Run& run : state.marks) pages += run.end - run.first;
  return setup.bitmap_words <= kFuzzedBitmapWords && pages > kMostPages;
}

}  // namespace

// 2^31 dirty pages take seconds under sanitizers: once, at the end, is enough.
bool Lockstep::takes_long_to_inspect() {
  constexpr std::uint64_t kBytes = std::uint64_t{1} << 36;
  return std::ranges::any_of(expected_.mappings().by_age(), [](const auto& mapping) {
    return mapping.second.last - mapping.second.first >= kBytes;
  });
}

// What they show, their users' memory, and the host of the actual one. A difference that
// does not count hides none of what comes after it.
std::optional<Mismatch> Lockstep::compare_states() {
  expected_.subject().inspect(expected_state_);
  const bool shown =
      actual_.subject().shows_state() && !has_too_many_marks(expected_state_, expected_.setup());
  if (shown) {
    inspect_actual();
    if (auto found = compare_shown(); counts(found)) return found;
    if (auto found = compare_locks(operation_before()); counts(found)) return found;
  }
  if (auto found = compare_memory(); counts(found)) return found;
  if (!shown) return std::nullopt;
  auto found = compare_host();
  return counts(found) ? std::move(found) : std::nullopt;
}

void Lockstep::inspect_actual() {
  actual_.subject().inspect(actual_state_);
  atomicity_.looked("visit", actual_.subject().lock_use());
}

std::optional<Mismatch> Lockstep::compare_host() {
  const auto discrepancy = actual_.subject().audit(actual_state_);
  if (!discrepancy) return std::nullopt;
  Mismatch found = state_mismatch(discrepancy->in_iommu ? Kind::iommu : Kind::pinned_memory);
  found.expected = discrepancy->expected;
  found.actual = discrepancy->actual;
  return found;
}

Mismatch Lockstep::state_mismatch(Kind kind) const {
  Mismatch found;
  found.signature.kind = kind;
  found.operation = operation_before();
  return found;
}

std::optional<Mismatch> Lockstep::compare_shown() const {
  const State &a = actual_state_, &e = expected_state_;
  if (a == e) return std::nullopt;
  Mismatch found;
  if (a.mappings != e.mappings) {
    found = state_mismatch(Kind::mappings);
    found.expected = mappings_text(e.mappings);
    found.actual = mappings_text(a.mappings);
  } else if (a.pins != e.pins) {
    found = state_mismatch(Kind::pins);
    found.expected = pins_text(e.pins);
    found.actual = pins_text(a.pins);
  } else {
    std::vector<std::uint64_t> missing =
        State::pages_only_in(e.marks, a.marks, Mismatch::kMaxPages);
    found = state_mismatch(missing.empty() ? Kind::extra_marks : Kind::missing_marks);
    found.pages = missing.empty() ? State::pages_only_in(a.marks, e.marks, Mismatch::kMaxPages)
                                  : std::move(missing);
    found.expected = "marks " + runs_text(e.marks);
    found.actual = runs_text(a.marks);
  }
  return found;
}

// Both users' memory, as far as it has changed since it was last compared.
std::optional<Mismatch> Lockstep::compare_memory() {
  const auto differing = actual_.differing_page(expected_);
  if (!differing) return std::nullopt;
  Mismatch found = state_mismatch(Kind::memory);
  found.expected = "the same bytes in both users' memory";
  found.actual = "others, in the page at " + hex(*differing * kPageBytes);
  found.user_page = *differing * kPageBytes;
  return found;
}

// Did the operation run out of memory in a pin? None does in a window (Executor::arm).
bool Lockstep::starved_pin() const {
  return steps_[0].verb == Verb::pin && steps_[0].allocation_failed;
}

void Lockstep::show_where_memory_ended() {
  inspect_actual();
  expected_.subject().learn_where_memory_ended(actual_state_);
}

// D23: did it go without memory for marks?
bool Lockstep::may_have_spare_marks() {
  return steps_[0].went_without && actual_.setup().store != StoreKind::bitmap &&
         actual_.subject().shows_state();
}

// What a pin and a write name, or a START: any page.
void Lockstep::show_spare_marks() {
  const Step& step = steps_[0];
  const bool ranged = step.verb == Verb::pin || step.verb == Verb::write;
  const std::uint64_t last = step.first + (step.size - 1);
  const bool whole = !ranged || last < step.first;
  inspect_actual();
  expected_.subject().learn_spare_marks(actual_state_, whole ? 0 : step.first,
                                        whole ? ~std::uint64_t{0} : last);
}

// At once, so that it is said of this operation and not of a later one.
std::optional<Mismatch> Lockstep::compare_marks_of_starved_pin() {
  const std::uint64_t first = steps_[0].first / kPageBytes;
  const std::uint64_t end = std::min(first + steps_[0].size / kPageBytes, std::uint64_t{1} << 52);
  const auto named = [&](std::vector<State::Run> runs) {
    std::erase_if(runs, [&](const State::Run& r) { return r.end <= first || r.first >= end; });
    for (State::Run& run : runs) run = {std::max(run.first, first), std::min(run.end, end)};
    return runs;
  };
  expected_.subject().inspect(expected_state_);
  const auto actual = named(actual_state_.marks), expected = named(expected_state_.marks);
  if (actual == expected) return std::nullopt;
  std::vector<std::uint64_t> missing = State::pages_only_in(expected, actual, Mismatch::kMaxPages);
  Mismatch found = mismatch(missing.empty() ? Kind::extra_marks : Kind::missing_marks);
  found.pages = missing.empty() ? State::pages_only_in(actual, expected, Mismatch::kMaxPages)
                                : std::move(missing);
  found.expected = "marks " + runs_text(expected);
  found.actual = runs_text(actual);
  return found;
}

}  // namespace tidemark
