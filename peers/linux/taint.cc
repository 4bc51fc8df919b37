// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "taint.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>

#include "linux_subject.h"
#include "verbs.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kTop = ~std::uint64_t{0};

LinuxSubject& linux_of(Lockstep& lockstep) {
  return static_cast<LinuxSubject&>(lockstep.actual().subject());
}

// What an operation that begins at `step` tells Linux; its flags may be bent.
bool has_flag(const Operation& operation, Flag flag, std::uint64_t linux_flag) {
  if (operation.bend.field == Field::flags) return operation.bend.value & linux_flag;
  return operation.flags & flag;
}

bool unmaps_all(const Operation& operation) {
  return has_flag(operation, kAll, VFIO_DMA_UNMAP_FLAG_ALL);
}

// Of what ran in a window the flags are not known.
bool may_report(const Operation& operation, const Step& step) {
  if (!has_bitmap(step.verb)) return false;
  if (step.depth) return true;
  if (cannot_read_argument(operation)) return false;
  if (step.verb == Verb::unmap)
    return has_flag(operation, kWithBitmap, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP);
  return operation.bend.field != Field::flags ||
         operation.bend.value == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
}

bool touches(const Step& step, const LiveMapping& mapping) {
  return step.first <= mapping.last &&
         step.first + std::min(step.size, kTop - step.first) >= mapping.first;
}

// The last byte of what rw moves.
std::uint64_t last_of_transfer(const Step& step) {
  return step.first + std::min(step.size - 1, kTop - step.first);
}

bool inside(const LiveMapping& mapping, const Step& step) {
  return mapping.first >= step.first && mapping.first - step.first < step.size;
}

bool odd_offset(const LiveMapping& mapping, const Step& step, std::uint64_t page_bytes) {
  return (mapping.first - step.first) / page_bytes % 64 != 0;
}

}  // namespace

bool cannot_read_argument(const Operation& operation) {
  constexpr unsigned kWords = 6;  // of a query's argument, and of an unmap's with a bitmap
  return operation.fault.kind == FaultKind::arg_read && operation.fault.index < kWords;
}

void Taint::begin() {
  suspects_.clear();
  half_gone_.clear();
  mappings_.clear();
  non_pinned_groups_ = 0;
  tracking_ = mapped_at_the_top_ = names_the_top_ = false;
}

void Taint::before(Lockstep& lockstep) {
  const auto mappings = lockstep.actual().mappings();
  mappings_.assign(mappings.begin(), mappings.end());
  non_pinned_groups_ = linux_of(lockstep).non_pinned_groups();
  tracking_ = linux_of(lockstep).tracking();
  names_the_top_ = false;
}

void Taint::add(Cause cause, const LiveMapping& mapping, std::uint64_t first, std::uint64_t last) {
  for (const Suspect& known : suspects_)
    if (known.cause == cause && known.mapping == mapping.first && known.first == first &&
        known.last == last)
      return;
  suspects_.push_back({cause, mapping.first, first, last});
}

bool Taint::names_the_top(std::span<const Step> steps) {
  return std::ranges::any_of(steps,
                             [](const Step& s) { return s.size && s.first + s.size <= s.first; });
}

void Taint::note_step(const Step& step, bool reports, std::uint64_t page_bytes) {
  const bool ran = step.result == 0 || step.result == -EFAULT;
  for (const LiveMapping& mapping : mappings_) {
    // What a shift leaves behind the last bit shows up to two words further on,
    // and what the user's buffer had, before the first bit.
    const std::uint64_t before = mapping.first - std::min(64 * page_bytes, mapping.first);
    const std::uint64_t beyond = mapping.last + 128 * page_bytes;
    if (reports && ran && inside(mapping, step)) {
      if (step.result == -EFAULT) add(Cause::failed_copy, mapping, mapping.first, beyond);
      if (odd_offset(mapping, step, page_bytes)) add(Cause::odd_offset, mapping, before, beyond);
    }
    // The pages around its bytes are reported as large ones.
    if (step.verb == Verb::write && step.result == -EFAULT && touches(step, mapping))
      add(Cause::failed_write, mapping,
          std::max(step.first, mapping.first) / page_bytes * page_bytes,
          std::min(last_of_transfer(step), mapping.last) | (page_bytes - 1));
  }
}

// D7: if the write stops at a page that neither has, the errno is the same; but
// only the reference wrote to the mappings before it that Linux has unmapped.
void Taint::note_window(const Operation& operation, std::span<const Step> steps) {
  if (steps.empty() || mappings_in_range(operation, steps.first(1)) < 2) return;
  for (const Step& step : steps.subspan(1))
    for (const LiveMapping& mapping : mappings_)
      if (step.verb == Verb::write && step.result < 0 && touches(step, mapping) &&
          (unmaps_all(operation) || inside(mapping, steps[0])) && !wrote_short(mapping.vaddr))
        half_gone_.push_back(mapping);
}

void Taint::note(const Operation& operation, Lockstep& lockstep) {
  const auto now = lockstep.actual().mappings();
  for (const LiveMapping& mapping : now)
    if (std::ranges::none_of(mappings_, [&](const auto& m) { return m.first == mapping.first; }))
      mappings_.push_back(mapping);
  for (const LiveMapping& mapping : mappings_) mapped_at_the_top_ |= mapping.last == kTop;

  for (const LiveMapping& mapping : lockstep.expected().mappings())
    mapped_at_the_top_ |= mapping.last == kTop;

  bool pinned = false;
  names_the_top_ |= names_the_top(lockstep.steps());
  for (const Step& step : lockstep.steps()) {
    pinned |= step.verb == Verb::pin && step.result >= 0;
    note_step(step, may_report(operation, step), lockstep.actual().page_bytes());
  }
  note_window(operation, lockstep.steps());
  if (pinned && tracking_ && linux_of(lockstep).non_pinned_groups() < non_pinned_groups_)
    for (const LiveMapping& mapping : mappings_)
      add(Cause::promotion, mapping, mapping.first, mapping.last);
}

void Taint::settle(const Operation& operation, Lockstep& lockstep) {
  note(operation, lockstep);
  if (!linux_of(lockstep).tracking()) suspects_.clear();
  const auto now = lockstep.actual().mappings();
  const auto find = [&](std::uint64_t first) {
    return std::ranges::find_if(now, [first](const auto& m) { return m.first == first; });
  };
  std::erase_if(suspects_, [&](const Suspect& s) { return find(s.mapping) == now.end(); });
  if (operation.when != When::now || operation.verb != Verb::query) return;
  const Step& query = lockstep.steps()[0];
  if (!may_report(operation, query)) return;
  std::erase_if(suspects_, [&](const Suspect& s) {
    const LiveMapping& mapping = *find(s.mapping);
    return s.cause != Cause::odd_offset && query.result == 0 && inside(mapping, query) &&
           !odd_offset(mapping, query, lockstep.actual().page_bytes());
  });
}

std::size_t Taint::mappings_in_range(const Operation& unmap, std::span<const Step> steps) const {
  const Step& range = steps[0];
  const auto is_in_range = [&](const LiveMapping& m) {
    return unmaps_all(unmap) || inside(m, range);
  };
  const auto makes_one = [&](const Step& s) {
    return s.depth && s.verb == Verb::map && s.result == 0 &&
           (unmaps_all(unmap) ||
            (s.first <= range.first + (range.size - 1) && s.first + (s.size - 1) >= range.first));
  };
  return static_cast<std::size_t>(std::ranges::count_if(mappings_, is_in_range) +
                                  std::ranges::count_if(steps, makes_one));
}

bool Taint::any(Cause cause) const {
  return std::ranges::any_of(suspects_, [cause](const Suspect& s) { return s.cause == cause; });
}

bool Taint::wrote_short(std::uint64_t user_page) const {
  return std::ranges::any_of(
      half_gone_, [user_page](const LiveMapping& m) { return m.holds(user_page / kPageBytes); });
}

bool Taint::explains(Cause cause, std::span<const std::uint64_t> pages) const {
  const auto covered = [this](std::uint64_t page, const Cause* by) {
    return std::ranges::any_of(suspects_, [&](const Suspect& s) {
      return (!by || s.cause == *by) && page - s.first <= s.last - s.first;
    });
  };
  return std::ranges::all_of(pages, [&](std::uint64_t p) { return covered(p, nullptr); }) &&
         std::ranges::any_of(pages, [&](std::uint64_t p) { return covered(p, &cause); });
}

}  // namespace tidemark
