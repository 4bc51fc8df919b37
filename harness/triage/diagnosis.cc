// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "diagnosis.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "check.h"
#include "finding_name.h"
#include "normal_form.h"
#include "program_text.h"
#include "shrink.h"

namespace tidemark {
namespace {

// Whichever operation it is about, and when.
bool same_wrong(const Signature& a, const Signature& b) {
  return std::tie(a.kind, a.actual, a.expected, a.total, a.what, a.function) ==
         std::tie(b.kind, b.actual, b.expected, b.total, b.what, b.function);
}

class Diagnostician {
 public:
  Diagnostician(Lockstep& lockstep, const NumberedRuns* numbers)
      : lockstep_(lockstep), numbers_(numbers) {}

  std::optional<Diagnosis> run(const Program& program) {
    // A subject that is known to differ may do so, if states are watched, before it
    // does what this is about.
    for (const bool watches : {true, false}) {
      watches_states_ = watches;
      mismatch_ = {};
      if (!take(program)) continue;
      make_small();
      if (auto found = named(with_query_that_shows())) return found;
    }
    return std::nullopt;
  }

 private:
  static constexpr int kMostRounds = 6;

  void make_small() {
    show_what_closed();
    // Or else some hundred runs would take minutes.
    if (lockstep_.takes_long_to_inspect() && take_same(with_absolute_addresses(program_)))
      take_packed();
    shrink();
    for (int rounds = 0; rounds < kMostRounds && make_plainer(); ++rounds) shrink();
  }

  // The first difference, be it one of states that nothing would show for a while.
  std::optional<Mismatch> run_watching_states(const Program& program) {
    lockstep_.compare_every_state(watches_states_);
    auto mismatch = run_one(program);
    lockstep_.compare_every_state(false);
    return mismatch;
  }

  std::optional<Mismatch> run_one(const Program& program) {
    return may_run() ? lockstep_.run(program) : std::nullopt;
  }

  // The next one.
  bool may_run() {
    ++runs_;
    if (!numbers_) return true;
    *numbers_->now = runs_;
    return !numbers_->deadly.contains(runs_);
  }

  // From now on it is about this program, if it fails and `wanted` likes how.
  template <class Wanted>
  bool take_if(Program program, Wanted wanted) {
    auto mismatch = run_watching_states(program);
    if (!mismatch) return false;
    Signature kind = without_chance(*mismatch, program);
    // What is known is of one kind and no other.
    if (!mismatch_.known.empty() && kind != kind_) return false;
    if (!wanted(*mismatch, kind)) return false;
    if (mismatch->operation + 1 < program.operations.size())
      program.operations.resize(mismatch->operation + 1);
    program.expectations.clear();
    program_ = std::move(program);
    mismatch_ = std::move(*mismatch);
    kind_ = std::move(kind);
    return true;
  }
  bool take(const Program& program) {
    return take_if(program, [](const Mismatch&, const Signature&) { return true; });
  }
  bool take_same(const std::optional<Program>& program) {
    return program && take_if(*program, [this](const Mismatch&, const Signature& kind) {
             return kind == kind_;
           });
  }

  // The queries that end a migration are not in the program; who reads it should
  // see those that matter.
  void show_what_closed() {
    if (mismatch_.closing.empty()) return;
    Program program = program_;
    program.operations.insert(program.operations.end(), mismatch_.closing.begin(),
                              mismatch_.closing.end());
    take(program);
  }

  void shrink() {
    const Judge judge = [this](const Program& program) -> Judgement {
      auto mismatch = run_watching_states(program);
      if (!mismatch) return {};
      return {without_chance(*mismatch, program), mismatch->operation, std::move(mismatch->pages),
              false};
    };
    Reduction reduction = reduce(program_, judge);
    leads_.insert(leads_.end(), reduction.leads.begin(), reduction.leads.end());
    const bool goes_around = numbers_ && !numbers_->deadly.empty();
    if (!take_same(reduction.program) && !goes_around)
      fail("lockstep.verdict-changes", print(program_));
  }

  // True if it became another program.
  bool make_plainer() {
    bool changed = take_without_twist();
    changed |= take_without_windows();
    changed |= take_with_bitmap_of_unmap();
    changed |= take_query(with_query_for_switch(program_));
    changed |= take_query(with_query_for_unmap(program_));
    changed |= take_packed();
    changed |= take_same(on_last_page());
    changed |= take_same(with_whole_pages(program_));
    changed |= take_same(with_writes_instead(program_, mismatch_.pages)) ||
               take_same(with_writes_instead(program_, reported_pages()));
    changed |= move_all_up(
        program_, [this](const std::optional<Program>& moved) { return take_same(moved); });
    return changed;
  }

  // A fault or a bend may hide what goes wrong without.
  bool take_without_twist() {
    const auto program = without_last_twist(program_);
    return program && take_if(*program, [&](const Mismatch& mismatch, const Signature&) {
             return mismatch.operation + 1 == program->operations.size();
           });
  }

  // In what is too large to look at after each operation, or has no room in the
  // user's bitmap, a bug shows late or as an EFAULT.
  bool take_packed() {
    return std::ranges::any_of(packings(program_), [this](const Program& program) {
      return program != program_ && take(program);
    });
  }

  // What goes wrong in a window often does so elsewhere.
  bool take_without_windows() {
    const auto program = without_windows(program_);
    if (!program) return false;
    const auto in_window = [](const Operation& o) { return o.when != When::now; };
    const auto moved =
        static_cast<std::size_t>(std::ranges::count_if(program_.operations, in_window));
    const std::size_t last = program->operations.size() - 1;
    return take_if(*program, [&](const Mismatch& mismatch, const Signature& kind) {
      return kind == kind_ || (mismatch.operation < last && mismatch.operation + moved >= last);
    });
  }

  // Of what a query in a window reports no more is known than that it is something else.
  bool take_with_bitmap_of_unmap() {
    if (mismatch_.signature.moment != Moment::window) return false;
    const auto program = with_bitmap_for_query_in_window(program_);
    return program && take_if(*program, [&](const Mismatch& mismatch, const Signature& kind) {
             return mismatch.operation + 1 == program->operations.size() &&
                    (kind.kind == Kind::missing_dirty || kind.kind == Kind::extra_dirty);
           });
  }

  // START, STOP and queries are one ioctl: a query shows what is wrong with it. And an
  // unmap that reports wrongly most likely does as a query would.
  bool take_query(const std::optional<Program>& program) {
    return program && take_if(*program, [&](const Mismatch& mismatch, const Signature& kind) {
             return mismatch.operation + 1 == program->operations.size() && same_wrong(kind, kind_);
           });
  }

  // All that has to do with pages, on the last one that the last operation is about.
  std::optional<Program> on_last_page() {
    if (lockstep_.steps().empty()) return std::nullopt;
    run_watching_states(program_);
    const Step& step = lockstep_.steps()[0];
    Program program = on_one_page(program_, (step.first + (step.size - 1)) & ~(kPageBytes - 1));
    if (program == program_) return std::nullopt;
    return program;
  }

  // What the reference said in the query that failed; nothing if that is much.
  std::vector<std::uint64_t> reported_pages() {
    constexpr std::size_t kMostPages = 4;
    std::vector<std::uint64_t> pages;
    if (kind_.verb != Verb::query || kind_.moment != Moment::call || kind_.closing) return pages;
    run_watching_states(program_);
    const BitmapArea& bitmap = lockstep_.expected().world().bitmaps[0];
    const std::uint64_t first = lockstep_.steps()[0].first;
    for (const std::int64_t index : bitmap.touched())
      for (std::uint64_t bits = bitmap.word(index); bits; bits &= bits - 1) {
        if (pages.size() == kMostPages) return {};
        pages.push_back(first + (static_cast<std::uint64_t>(index) * 64 +
                                 static_cast<std::uint64_t>(std::countr_zero(bits))) *
                                    kPageBytes);
      }
    return pages;
  }

  // As the reference's user had it when the program failed, which ran last.
  std::optional<LiveMapping> mapping_in_question() {
    if (mismatch_.pages.empty()) return std::nullopt;
    const std::uint64_t page = mismatch_.pages[0];
    run_watching_states(program_);
    if (const LiveMapping* mapping = lockstep_.expected().mappings().at(page)) return *mapping;
    // An unmap took it: the page alone.
    return LiveMapping{page, page + kPageBytes - 1, 0, true, true};
  }

  // Marks that are wrong are a lost or an extra page once somebody asks.
  Program with_query_that_shows() {
    if (kind_.kind != Kind::missing_marks && kind_.kind != Kind::extra_marks) return program_;
    const auto mapping = mapping_in_question();
    if (!mapping) return program_;
    const Program candidate = with_query(program_, *mapping);
    const auto shown = run_one(candidate);
    return shown && is_shown_by_query(shown->signature) ? candidate : program_;
  }

  std::optional<Diagnosis> named(const Program& shown) {
    auto mismatch = run_one(shown);
    if (!mismatch) return std::nullopt;
    Diagnosis diagnosis;
    diagnosis.program = shown;
    diagnosis.mismatch = std::move(*mismatch);
    diagnosis.leads = std::move(leads_);
    const bool may_watch = may_run();
    Naming naming = naming_of(lockstep_, shown, diagnosis.mismatch, may_watch);
    diagnosis.runs = runs_;
    diagnosis.name = std::move(naming.name);
    diagnosis.cause = std::move(naming.cause);
    diagnosis.part = std::move(naming.part);
    return diagnosis;
  }

  Lockstep& lockstep_;
  const NumberedRuns* numbers_;
  std::size_t runs_ = 0;
  bool watches_states_ = true;
  Program program_;
  Mismatch mismatch_;
  Signature kind_;  // of mismatch_, without what is chance
  std::vector<std::pair<Signature, Program>> leads_;
};

}  // namespace

Judgement judge(Lockstep& lockstep, const Program& program, StepAt* at) {
  auto mismatch = lockstep.run(program, at);
  if (!mismatch) return {};
  return {std::move(mismatch->signature), mismatch->operation, std::move(mismatch->pages), false};
}

std::optional<Diagnosis> diagnose(Lockstep& lockstep, const Program& program,
                                  const NumberedRuns* numbers) {
  return Diagnostician(lockstep, numbers).run(program);
}

}  // namespace tidemark
