// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reducer.h"

#include <algorithm>
#include <set>

#include "executor.h"
#include "factories.h"
#include "shrink.h"
#include "verbs.h"

namespace tidemark {
namespace {

// What the reference says that each operation does, for finding out which
// belong together. The reference, because it survives any program.
struct Trace {
  struct Entry {
    std::int64_t result = 0;
    std::uint64_t first = 0, last = 0;  // range, bytes
    std::uint64_t vaddr = 0;
  };
  std::vector<Entry> entries;
};

Trace trace(const Program& program) {
  Trace result;
  Executor machine;
  machine.reset(program.setup, make_reference);
  for (const Operation& operation : program.operations) {
    Trace::Entry entry;
    entry.vaddr = machine.resolve_vaddr(operation.vaddr);
    const Step step = machine.run(operation)[0];
    entry.result = step.result;
    entry.first = step.first;
    entry.last = step.first + step.size - 1;
    result.entries.push_back(entry);
  }
  machine.release();
  return result;
}

class Reducer {
 public:
  Reducer(const Program& program, const Judge& judge, const ReductionLimits& limits)
      : judge_(judge), limits_(limits) {
    best_.setup = program.setup;
    best_.operations = program.operations;
  }

  Reduction run() {
    Judgement first = judge_(best_);
    ++result_.runs;
    result_.signature = first.signature;
    accept(best_, std::move(first));
    try_program(with_absolute_addresses(best_));
    drop_unrelated();
    drop_verbs();
    drop_blocks();
    drop_singles();
    result_.runs_to_minimal = result_.runs;
    if (limits_.simplify_values) simplify();
    result_.program = best_;
    result_.operation = judgement_.operation;
    return std::move(result_);
  }

 private:
  void accept(Program program, Judgement judgement) {
    // What comes after the mismatch cannot have caused it.
    if (judgement.operation < program.operations.size())
      program.operations.resize(judgement.operation + 1);
    best_ = std::move(program);
    judgement_ = std::move(judgement);
  }

  bool try_program(Program candidate) {
    if (candidate == best_ || limits_.are_met(result_.runs)) return false;
    ++result_.runs;
    Judgement judgement = judge_(candidate);
    if (limits_.watch) limits_.watch(size(), result_.runs);
    if (judgement.signature == result_.signature) {
      accept(std::move(candidate), std::move(judgement));
      return true;
    }
    if (judgement.signature && leads_.insert(judgement.signature).second)
      result_.leads.emplace_back(judgement.signature, std::move(candidate));
    return false;
  }

  // Without the operations for which `gone` holds.
  template <class Gone>
  bool try_without(Gone gone) {
    Program candidate;
    candidate.setup = best_.setup;
    for (std::size_t i = 0; i < best_.operations.size(); ++i)
      if (!gone(i)) candidate.operations.push_back(best_.operations[i]);
    return candidate.operations.size() < best_.operations.size() &&
           try_program(std::move(candidate));
  }

  std::size_t size() const { return best_.operations.size(); }

  // Operations that have nothing to do with the pages in question, by address;
  // and, first, those among them that fail and so should change nothing.
  void drop_unrelated() {
    if (size() < 4) return;
    const Trace seen = trace(best_);
    const std::size_t failing = size() - 1;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> about;
    for (const std::uint64_t page : judgement_.pages)
      about.emplace_back(page, page + kPageBytes - 1);
    if (about.empty()) about.emplace_back(seen.entries[failing].first, seen.entries[failing].last);
    const auto unrelated = [&](std::size_t i) {
      const Operation& operation = best_.operations[i];
      if (i == failing || operation.when != When::now || !fields_of(operation.verb).address)
        return false;
      return std::ranges::none_of(about, [&](const auto& range) {
        return seen.entries[i].first <= range.second && range.first <= seen.entries[i].last;
      });
    };
    const auto fails = [&](std::size_t i) { return i != failing && seen.entries[i].result < 0; };
    if (try_without([&](std::size_t i) { return unrelated(i) || fails(i); })) return;
    if (!try_without(unrelated)) try_without(fails);
  }

  // All operations of one kind at once, those first that rarely matter.
  void drop_verbs() {
    static constexpr Verb kOrder[] = {
        Verb::info,   Verb::extension, Verb::ioctl, Verb::read,    Verb::memlock, Verb::withdraw,
        Verb::mlock,  Verb::exec,      Verb::exit,  Verb::migrate, Verb::dma,     Verb::unpin,
        Verb::unmap,  Verb::detach,    Verb::stop,  Verb::write,   Verb::query,   Verb::pin,
        Verb::enroll, Verb::attach,    Verb::start};
    try_without(
        [&](std::size_t i) { return i + 1 < size() && best_.operations[i].when != When::now; });
    for (const Verb verb : kOrder) {
      if (size() < 6) return;
      const auto count = std::ranges::count_if(
          best_.operations, [verb](const Operation& o) { return o.verb == verb; });
      if (count < 2) continue;
      try_without(
          [&](std::size_t i) { return i + 1 < size() && best_.operations[i].verb == verb; });
    }
  }

  void drop_blocks() {
    for (std::size_t block = size() / 2; block >= 2; block /= 2) {
      for (std::size_t end = size() - std::min<std::size_t>(size(), 1); end >= block;) {
        const std::size_t begin = end - block;
        const bool dropped = try_without([&](std::size_t i) { return i >= begin && i < end; });
        end = std::min(begin, size() - std::min<std::size_t>(size(), 1));
        if (dropped && block > size() / 2) break;
      }
    }
  }

  // From the end to the beginning, until a whole round drops nothing.
  void drop_singles() {
    for (bool dropped = true; dropped;) {
      dropped = false;
      for (std::size_t i = size(); i-- > 0;) {
        if (i >= size()) continue;
        dropped |= try_without([i](std::size_t j) { return j == i; });
      }
    }
  }

  // Two that only make sense together: map and unmap, attach and detach.
  bool drop_pairs() {
    constexpr std::size_t kMost = 16;
    if (size() > kMost) return false;
    for (std::size_t j = size(); j-- > 1;)
      for (std::size_t i = j; i-- > 0;)
        if (try_without([i, j](std::size_t k) { return k == i || k == j; })) return true;
    return false;
  }

  void simplify() {
    for (bool changed = true; changed && !limits_.are_met(result_.runs);) {
      changed = !judgement_.pages.empty() && try_program(on_one_page(best_, judgement_.pages[0]));
      while (drop_pairs()) changed = true;
      changed |= simplify_setup();
      changed |= try_packed() || try_program(moved_down(best_));
      changed |= narrow_gaps();
      for (std::size_t i = size(); i-- > 0;) changed |= simplify_operation(i);
      if (changed) drop_singles();
    }
  }

  bool try_packed() {
    return std::ranges::any_of(packings(best_),
                               [this](const Program& program) { return try_program(program); });
  }

  // What lies between two borders of ranges, where that is more than it need be.
  struct Gap {
    std::uint64_t border, pages;  // the upper one, and how far it is from the one below
  };
  std::vector<Gap> wide_gaps() const {
    std::vector<Gap> gaps;
    std::uint64_t last = 0;
    for (const std::uint64_t border : borders_of(best_)) {
      if (border - last > 1) gaps.push_back({border, border - last});
      last = border;
    }
    return gaps;
  }

  // First by what leaves bits of words where they are, at all levels of a bitmap.
  bool narrow_gaps() {
    bool changed = false;
    for (const std::uint64_t unit : {4096u, 64u, 1u}) {
      constexpr std::size_t kMost = 8;
      for (std::size_t i = 0; i < kMost; ++i) {
        const std::vector<Gap> gaps = wide_gaps();
        if (i >= gaps.size()) break;
        changed |= narrow(gaps[gaps.size() - 1 - i], unit);
      }
    }
    return changed;
  }

  // By as many times `unit` as can be, if less can be wherever more can. Cost: the logarithm.
  bool narrow(const Gap& gap, std::uint64_t unit) {
    const Program wide = best_;
    std::uint64_t works = 0, most = gap.pages / unit;
    while (works < most) {
      const std::uint64_t times = works + (most - works + 1) / 2;
      if (try_program(narrowed(wide, gap.border, times * unit)))
        works = times;
      else
        most = times - 1;
    }
    return works > 0;
  }

  // Greedily: after each success, what is simpler than the new one.
  bool simplify_setup() {
    bool changed = false;
    for (bool again = true; again;) {
      again = false;
      for (const Setup& setup : simpler(best_.setup)) {
        Program candidate = best_;
        candidate.setup = setup;
        again = try_program(std::move(candidate));
        changed |= again;
        if (again) break;
      }
    }
    return changed;
  }

  bool simplify_operation(std::size_t i) {
    bool changed = false;
    for (bool again = true; again;) {
      again = false;
      if (i >= size()) return changed;
      for (const Operation& operation : simpler(best_.operations[i])) {
        Program candidate = best_;
        candidate.operations[i] = operation;
        if (!try_program(std::move(candidate))) continue;
        changed = again = true;
        break;
      }
    }
    return changed;
  }

  const Judge& judge_;
  const ReductionLimits& limits_;
  Program best_;
  Judgement judgement_;
  Reduction result_;
  std::set<Signature> leads_;
};

}  // namespace

Program with_absolute_addresses(const Program& program) {
  const Trace seen = trace(program);
  Program result;
  result.setup = program.setup;
  result.operations = program.operations;
  for (std::size_t i = 0; i < result.operations.size(); ++i) {
    Operation& operation = result.operations[i];
    if (operation.when != When::now) continue;
    const VerbFields& fields = fields_of(operation.verb);
    const Trace::Entry& entry = seen.entries[i];
    if (fields.address) operation.address = plain_quantity(entry.first);
    if (fields.size) operation.size = plain_quantity(entry.last - entry.first + 1);
    if (fields.vaddr && operation.vaddr.base != Base::fresh)
      operation.vaddr = plain_quantity(entry.vaddr);
  }
  return result;
}

Reduction reduce(const Program& program, const Judge& judge, const ReductionLimits& limits) {
  return Reducer(program, judge, limits).run();
}

}  // namespace tidemark
