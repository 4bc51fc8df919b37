// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reducer on programs of which it is known what they need.
#include <algorithm>
#include <random>
#include <set>

#include "diagnosis.h"
#include "finding_name.h"
#include "liar.h"
#include "program_text.h"
#include "reducer.h"
#include "shrink.h"
#include "support.h"

namespace tidemark {
namespace {

// Operations that do nothing and can be told apart.
Operation marked(std::uint64_t number) {
  Operation operation;
  operation.verb = Verb::extension;
  operation.number = number;
  return operation;
}

// Fails if all of `needed` are there, in any order; shows at the last of them.
struct Needs {
  std::vector<std::uint64_t> needed;
  Judgement operator()(const Program& program) const {
    std::size_t last = 0;
    for (const std::uint64_t number : needed) {
      const auto found = std::ranges::find_if(program.operations, [number](const Operation& o) {
        return o.verb == Verb::extension && o.number == number;
      });
      if (found == program.operations.end()) return {};
      last = std::max(last, static_cast<std::size_t>(found - program.operations.begin()));
    }
    return {named("needs"), last, {}};
  }
};

Program numbered(std::size_t count) {
  Program program;
  for (std::size_t i = 0; i < count; ++i) program.operations.push_back(marked(i));
  return program;
}

TEST(Reduce, KeepsWhatIsNeededAndNothingElse) {
  const Needs needs{{3, 17, 90}};
  const Reduction reduction = reduce(numbered(200), needs, {.simplify_values = false});
  EXPECT_EQ(reduction.signature, named("needs"));
  ASSERT_EQ(reduction.program.operations.size(), 3u);
  EXPECT_EQ(reduction.program.operations[0].number, 3u);
  EXPECT_EQ(reduction.program.operations[1].number, 17u);
  EXPECT_EQ(reduction.program.operations[2].number, 90u);
}

TEST(Reduce, DoesTheSameEveryTime) {
  const Needs needs{{1, 50, 99}};
  const Reduction a = reduce(numbered(100), needs), b = reduce(numbered(100), needs);
  EXPECT_EQ(a.program, b.program);
  EXPECT_EQ(a.runs, b.runs);
}

TEST(Reduce, StopsAtTheLimitWithWhatItHas) {
  const Needs needs{{1, 50, 99}};
  const Reduction reduction = reduce(numbered(100), needs, {.runs = 5});
  EXPECT_LE(reduction.runs, 5u);
  EXPECT_EQ(needs(reduction.program).signature, named("needs"));
}

// What fails otherwise is another bug: never the result, but not forgotten.
TEST(Reduce, KeepsOtherFailuresAsLeads) {
  const Judge judge = [](const Program& program) -> Judgement {
    const Judgement wanted = Needs{{5, 60}}(program);
    if (wanted.signature) return wanted;
    Judgement other = Needs{{60}}(program);
    if (other.signature) other.signature = named("other");
    return other;
  };
  const Reduction reduction = reduce(numbered(100), judge, {.simplify_values = false});
  EXPECT_EQ(reduction.signature, named("needs"));
  EXPECT_EQ(reduction.program.operations.size(), 2u);
  ASSERT_EQ(reduction.leads.size(), 1u);
  EXPECT_EQ(reduction.leads[0].first, named("other"));
  EXPECT_EQ(judge(reduction.leads[0].second).signature, named("other"));
}

// Each step down is for good: else it would go on until the limit.
TEST(Reduce, ComesToAnEndWhateverTheSetup) {
  Program program = numbered(20);
  program.setup = {ContainerType::v1, RangeRule::any, 4, 100};
  const Judge anything = [](const Program& candidate) -> Judgement {
    return candidate.setup.entries == 4 ? Needs{{7}}(candidate) : Judgement{};
  };
  const Reduction reduction = reduce(program, anything);
  EXPECT_LT(reduction.runs, 100u);
  decltype(program.setup) expected;
  expected.entries = 4;
  EXPECT_EQ(reduction.program.setup, expected);
}

std::size_t median_runs(std::size_t operations, std::size_t needed) {
  std::mt19937_64 random(42);
  std::vector<std::size_t> runs;
  for (int round = 0; round < 21; ++round) {
    Needs needs;
    while (needs.needed.size() < needed) {
      const std::uint64_t number = random() % operations;
      if (!std::ranges::count(needs.needed, number)) needs.needed.push_back(number);
    }
    const Reduction reduction = reduce(numbered(operations), needs, {.simplify_values = false});
    EXPECT_EQ(reduction.program.operations.size(), needed);
    runs.push_back(reduction.runs_to_minimal);
  }
  std::ranges::sort(runs);
  return runs[runs.size() / 2];
}

// Without any address or kind to go by.
TEST(Reduce, NeedsFewRuns) {
  EXPECT_LE(median_runs(500, 3), 60u);
  EXPECT_LE(median_runs(500, 8), 130u);
}

// An absolute program means what the symbolic one meant.
TEST(Reduce, AbsoluteAddressesKeepTheMeaning) {
  const Program program = program_of(
      "container v2\nattach g0 emulated\nmap 3p 2p rw\nmap m0.end+1p 1p rw\nstart\n"
      "write m0+5 2\nwrite m1.end-1 1\nquery 0p 8p\n");
  const Program absolute = with_absolute_addresses(program);
  EXPECT_EQ(print(absolute),
            "container v2\nattach g0 emulated\nmap 3p 2p rw\nmap 6p 1p rw\nstart\n"
            "write 6p+5 2\nwrite 4p+4095 1\nquery 0p 8p\n");
}

TEST(Reduce, PacksPagesInTheirOrder) {
  EXPECT_EQ(print(packed(
                program_of("container v2\nmap 7p 64p rw\nmap 100p 1p rw\nstart\nwrite 70p+4095 2\n"
                           "write 2^63+9p 1\nquery 0p 200p\n"),
                1)),
            "container v2\nmap 1p 2p rw\nmap 5p 1p rw\nstart\nwrite 2p+4095 2\n"
            "write 8p 1\nquery 0p 7p\n");
}

TEST(Reduce, PacksPagesSoThatBitsStayWhereTheyAre) {
  const Program program = program_of(
      "container v2\nmap 1p 16777217p rw\nstart\nwrite 70001p 1\nwrite 16777217p 1\n"
      "query 1p 16777217p\n");
  EXPECT_EQ(print(packed(program, 64)),
            "container v2\nmap 0p 65p rw\nstart\nwrite 48p 1\nwrite 64p 1\nquery 0p 65p\n");
  EXPECT_EQ(packed(packed(program, 64), 64), packed(program, 64));
}

TEST(Reduce, NarrowsWhatLiesBetweenTwoRanges) {
  const Program program = program_of(
      "container v2\nmap 0p 9000p rw\nstart\nwrite 8000p+4095 2\nquery 8000p 1p\n"
      "query 0p 9000p\nquery m0 1p\n");
  EXPECT_EQ(print(narrowed(program, 8000, 7000)),
            "container v2\nmap 0p 2000p rw\nstart\nwrite 1000p+4095 2\nquery 1000p 1p\n"
            "query 0p 2000p\nquery m0 1p\n");
  EXPECT_EQ(borders_of(program), (std::set<std::uint64_t>{0, 8000, 8001, 8002, 9000}));
}

// Fails if what is left of a bitmap's second level is lost once a word of it was emptied: two
// pages that follow each other, in two words that are not below the first of that level.
Judgement loses_a_summary(const Program& program) {
  const auto pages = [](const Quantity& quantity) { return quantity.pages; };
  const auto is_byte = [](const Operation& o) {
    return o.verb == Verb::write && o.size.bytes == 1;
  };
  const auto count = program.operations.size();
  if (count < 5) return {};
  const Operation &map = program.operations[0], &kept = program.operations[count - 4],
                  &emptied = program.operations[count - 3], &first = program.operations[count - 2],
                  &all = program.operations[count - 1];
  const std::int64_t page = pages(emptied.address);
  const bool shape = map.verb == Verb::map && is_byte(kept) && is_byte(emptied) &&
                     first.verb == Verb::query && all.verb == Verb::query;
  const bool fails = shape && pages(map.address) == 0 && pages(kept.address) == page + 1 &&
                     pages(first.address) == page && pages(first.size) == 1 &&
                     pages(all.address) == 0 && pages(all.size) == pages(map.size) &&
                     pages(map.size) > page + 1 && page % 64 == 63 && page / 4096 > 0;
  return fails ? Judgement{named("summary"), count - 1, {}} : Judgement{};
}

// No single number of them can become smaller.
TEST(Reduce, MovesNumbersThatHangTogether) {
  for (const char* const size : {"32768p", "32705p"}) {
    const std::string all(size);
    const Reduction reduction =
        reduce(program_of("container v2\nmap 0p " + all +
                          " rw\nstart\nwrite 32704p 1\nwrite 32703p 1\nquery 32703p 1p\nquery 0p " +
                          all + "\n"),
               loses_a_summary);
    EXPECT_EQ(print(reduction.program),
              "container v2\nmap 0p 4161p rw\nwrite 4160p 1\nwrite 4159p 1\nquery 4159p 1p\n"
              "query 0p 4161p\n");
    EXPECT_LT(reduction.runs, 250u) << size;
  }
}

// Whatever is there: each step is the logarithm.
TEST(Reduce, NarrowsInFewRuns) {
  const auto with_size = [](const Program& program) -> Judgement {
    const bool fails = !program.operations.empty() && program.operations[0].size.pages > 1000000;
    return fails ? Judgement{named("large"), 0, {}} : Judgement{};
  };
  const Reduction reduction = reduce(program_of("container v2\nmap 0p 7000000p rw\n"), with_size);
  EXPECT_EQ(reduction.program.operations[0].size.pages, 1000001);
  EXPECT_LT(reduction.runs, 120u);
}

TEST(Reduce, TakesTwoFaultsOrBentFieldsForTwo) {
  const Operation query =
      program_of("query 0p 1p argsz=48 pgsize=64 fault=arg-read+1 fault=bitmap-write+2")
          .operations[0];
  std::vector<std::string> simpler_ones;
  for (const Operation& simple : simpler(query)) simpler_ones.push_back(print(simple));
  for (const char* const line :
       {"query 0p 1p argsz=48 pgsize=64", "query 0p 1p argsz=48 pgsize=64 fault=arg-read+1",
        "query 0p 1p argsz=48 pgsize=64 fault=bitmap-write+2",
        "query 0p 1p argsz=48 pgsize=64 fault=arg-read+0 fault=bitmap-write+2",
        "query 0p 1p argsz=48 pgsize=64 fault=arg-read+1 fault=bitmap-write+1",
        "query 0p 1p fault=arg-read+1 fault=bitmap-write+2",
        "query 0p 1p argsz=48 fault=arg-read+1 fault=bitmap-write+2",
        "query 0p 1p pgsize=64 fault=arg-read+1 fault=bitmap-write+2"})
    EXPECT_EQ(std::ranges::count(simpler_ones, line), 1) << line;
}

TEST(Reduce, PacksNothingThatWrapsOrIsRelative) {
  const Program program = program_of(
      "container v2\nmap 2^64-2p 3p rw\nquery m0 1p\nquery 5p m0.size\nquery 5p 0\n"
      "unmap 0 0 all\n");
  for (const Program& same : packings(program)) EXPECT_EQ(same, program);
}

constexpr std::string_view kLong =
    "container v2\nattach g0 emulated\nenroll d0\nmap 10p 8p rw\nmap 100p 4p rw\nstart\n"
    "info\nwrite 100p 4096\nextension 1\nwrite 12p 1\nread 100p 8\nquery 100p 4p\n"
    "pin d0 101p 2p rw\nwrite 15p+4095 2\nunpin d0 101p 2p\nquery 10p 8p\nquery 100p 4p\n";

TEST(Diagnosis, OfALostPageIsFiveLines) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const auto diagnosis = diagnose(lockstep, program_of(kLong));
  ASSERT_TRUE(diagnosis.has_value());
  EXPECT_EQ(diagnosis->name, "lockstep.query.missing-dirty");
  EXPECT_EQ(print(diagnosis->program),
            "container v2\nmap 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n");
  EXPECT_EQ(signature_of(diagnosis->program, lying<Lie::loses_a_page>),
            "lockstep.query.missing-dirty");
}

TEST(Diagnosis, OfAPageThatIsFarAwayIsAsNearAsItCanBe) {
  Lockstep lockstep(lying<Lie::loses_far_pages>, make_reference);
  const auto diagnosis = diagnose(
      lockstep, program_of("container v2\nmap 0p 32768p rw\nstart\nwrite 32704p 1\nwrite 32703p 1\n"
                           "query 32703p 1p\nquery 0p 32768p\n"));
  ASSERT_TRUE(diagnosis.has_value());
  EXPECT_EQ(print(diagnosis->program),
            "container v2\nmap 0p 4801p rw\nstart\nwrite 4800p 1\nquery 0p 4801p\n");
}

template <Lie lie>
std::string name_of(std::string_view text) {
  Lockstep lockstep(lying<lie>, make_reference);
  const auto diagnosis = diagnose(lockstep, program_of(text));
  return diagnosis ? diagnosis->name : "";
}

// Whichever way the page became dirty, and was asked for.
TEST(Diagnosis, OneBugHasOneNameHoweverItShows) {
  for (const std::string shown : {
           "map 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p",
           "attach g0 emulated\nenroll d0\nmap 9p 70p rw\nstart\npin d0 75p 1p rw\nquery 9p 70p",
           "attach g0 hardware=0\nstart\nmap 0p 4p rw\nquery 0p 4p",
           "start\nmap 700000p 600000p rw\nwrite 1200000p 1",
           "attach g0 emulated\nenroll d0\nmap 0p 2p rw\nstart\nwrite 1p 1\npin d0 0p 1p rw\n"
           "window d0: query 0p 2p\nunmap 0p 2p",
       })
    EXPECT_EQ(name_of<Lie::loses_a_page>(shown), "lockstep.query.missing-dirty") << shown;
}

// What made the pages dirty that lie behind a range is chance.
TEST(FindingName, OfWhatLiesBeyondSaysNoMore) {
  const Program program =
      program_of("attach g0 hardware=0\nmap 0p 65p rw\nmap 65p 1p rw\nstart\nquery 0p 65p\n");
  for (const std::string where : {"tail", "beyond"}) {
    const std::string seen = "lockstep.query.extra-dirty." + where;
    EXPECT_EQ(name_of(parse_signature(seen), program),
              where == "beyond" ? seen : seen + ".hardware");
  }
}

TEST(FindingName, SaysWhichLimitWasMet) {
  for (const char* name : {"hang", "hang.v1", "hang.pin", "after-others.hang.v1"})
    EXPECT_EQ(limit_met_in(name), Kind::hang) << name;
  for (const char* name : {"out-of-memory", "out-of-memory.v1", "after-others.out-of-memory.v1"})
    EXPECT_EQ(limit_met_in(name), Kind::out_of_memory) << name;
  for (const char* name : {"", "hangs", "AddressSanitizer.SEGV.page_changed", "died.abort.hang",
                           "lockstep.query.missing-dirty.change"})
    EXPECT_EQ(limit_met_in(name), Kind::none) << name;
}

// What is filed is what is diagnosed again when it is kept.
TEST(Diagnosis, OfADiagnosedProgramIsTheSame) {
  const Program program =
      program_of(std::string(kLong) + "pin d0 10p 1p rw\nquery 12p 1p\nunmap 10p 8p bitmap\n");
  for (const SubjectFactory make :
       {lying<Lie::loses_a_page>, lying<Lie::adds_a_page>, lying<Lie::hides_marks>,
        lying<Lie::wrong_errno>, lying<Lie::calls_back_twice>}) {
    Lockstep lockstep(make, make_reference);
    const auto first = diagnose(lockstep, program);
    ASSERT_TRUE(first.has_value());
    const auto again = diagnose(lockstep, first->program);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->name, first->name);
    EXPECT_EQ(print(again->program), print(first->program));
  }
}

TEST(Diagnosis, TheVerdictIsTheSame100000Times) {
  Lockstep fails(lying<Lie::loses_a_page>, make_reference);
  const Program program = program_of(
      "container v2\nattach g0 emulated\nenroll d0\nmap 0p 2p rw\nstart\npin d0 0p 1p rw\n"
      "window d0: write 1p 1\nunmap 0p 2p bitmap\nmap 0p 2p rw\nwrite 1p 1\nquery 0p 2p\n");
  const Judgement first = judge(fails, program);
  EXPECT_EQ(print(first.signature), "lockstep.query.missing-dirty");
  for (int round = 0; round < 100000; ++round) {
    const Judgement again = judge(fails, program);
    ASSERT_EQ(again.signature, first.signature) << round;
    ASSERT_EQ(again.pages, first.pages) << round;
  }
}

TEST(Diagnosis, OfWhatAgreesIsNothing) {
  Lockstep lockstep(make_tracker, make_reference);
  EXPECT_FALSE(diagnose(lockstep, program_of(kLong)).has_value());
}

// Marks that are hidden from whoever looks at the state are no lost page, and
// are not called one.
TEST(Diagnosis, TellsBugsApart) {
  Lockstep loses(lying<Lie::loses_a_page>, make_reference),
      adds(lying<Lie::adds_a_page>, make_reference), hides(lying<Lie::hides_marks>, make_reference),
      counts(lying<Lie::wrong_pinned_pages>, make_reference);
  std::vector<std::string> names;
  for (Lockstep* lockstep : {&loses, &adds, &hides, &counts}) {
    const auto diagnosis = diagnose(*lockstep, program_of(std::string(kLong) + "write 11p 1\n"));
    ASSERT_TRUE(diagnosis.has_value()) << names.size();
    names.push_back(diagnosis->name);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << testing::PrintToString(names);
}

}  // namespace
}  // namespace tidemark
