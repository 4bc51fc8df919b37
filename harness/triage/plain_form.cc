// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "plain_form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "normal_form.h"
#include "shrink.h"

namespace tidemark {
namespace {

class PlainForm {
 public:
  PlainForm(const Judge& judge, const ReductionLimits& limits) : judge_(judge), limits_(limits) {}

  Reduction run(const Program& program) {
    best_ = reduce(program, judge_, limits_);
    if (!best_.signature) return std::move(best_);
    show_in_a_query();
    for (int rounds = 0; rounds < kMostRounds && make_plainer(); ++rounds) shrink();
    return std::move(best_);
  }

 private:
  static constexpr int kMostRounds = 6;

  bool take(const std::optional<Program>& candidate) {
    if (!candidate || *candidate == best_.program || limits_.are_met(best_.runs)) return false;
    ++best_.runs;
    const Judgement judgement = judge_alike(*candidate);
    if (limits_.watch) limits_.watch(best_.program.operations.size(), best_.runs);
    if (judgement.signature != best_.signature) return false;
    best_.program = *candidate;
    if (judgement.operation < candidate->operations.size())
      best_.program.operations.resize(judgement.operation + 1);
    return true;
  }

  // What shows only behind the last operation, as in the queries that end a migration, mostly does
  // so where a user asks; from then on nothing else counts. One run, whatever the limits: the name
  // follows from it.
  void show_in_a_query() {
    const auto& operations = best_.program.operations;
    const auto map = std::find_if(operations.rbegin(), operations.rend(),
                                  [](const Operation& o) { return o.verb == Verb::map; });
    if (best_.operation < operations.size() || map == operations.rend()) return;
    Program candidate = best_.program;
    Operation query;
    query.verb = Verb::query;
    query.address = map->address;
    query.size = map->size;
    candidate.operations.push_back(query);
    ++best_.runs;
    const Judgement judgement = judge_(candidate);
    if (judgement.signature != best_.signature ||
        judgement.operation + 1 != candidate.operations.size())
      return;
    best_.program = std::move(candidate);
    in_operations_ = true;
  }

  Judgement judge_alike(const Program& program) const {
    Judgement judgement = judge_(program);
    if (in_operations_ && judgement.operation >= program.operations.size()) judgement = {};
    return judgement;
  }

  void shrink() {
    if (limits_.are_met(best_.runs)) return;
    ReductionLimits rest = limits_;
    rest.runs -= best_.runs;
    rest.watch = [this](std::size_t operations, std::size_t runs) {
      if (limits_.watch) limits_.watch(operations, best_.runs + runs);
    };
    const Judge alike = [this](const Program& one) { return judge_alike(one); };
    Reduction smaller = reduce(best_.program, alike, rest);
    best_.runs += smaller.runs;
    best_.leads.insert(best_.leads.end(), smaller.leads.begin(), smaller.leads.end());
    // What does not show each time did so before.
    if (smaller.signature == best_.signature) best_.program = std::move(smaller.program);
  }

  // True if it became another program.
  bool make_plainer() {
    bool changed = take(without_last_twist(best_.program));
    changed |= take(without_windows(best_.program));
    changed |= take(with_query_for_switch(best_.program));
    changed |= take(with_query_for_unmap(best_.program));
    changed |= take(with_whole_pages(best_.program));
    changed |= take_last_page();
    changed |= move_all_up(best_.program,
                           [this](const std::optional<Program>& moved) { return take(moved); });
    return changed;
  }

  // All that has to do with pages on one that the last operation is about, and that a plain write
  // makes dirty.
  bool take_last_page() {
    if (best_.program.operations.empty()) return false;
    const auto range = page_range(best_.program.operations.back());
    if (!range) return false;
    const std::uint64_t page = (range->end - 1) * kPageBytes;
    const bool moved = take(on_one_page(best_.program, page));
    return take(with_writes_instead(best_.program, std::array{page})) || moved;
  }

  const Judge& judge_;
  const ReductionLimits& limits_;
  Reduction best_;
  bool in_operations_ = false;  // it has to show before the program's end
};

}  // namespace

Reduction reduce_to_plain_form(const Program& program, const Judge& judge,
                               const ReductionLimits& limits) {
  return PlainForm(judge, limits).run(program);
}

}  // namespace tidemark
