// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// One bug has few names: what is chance in how a program shows it is in none, and who does not
// come back from smaller programs is diagnosed all the same.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "diagnose_input.h"
#include "diagnosis.h"
#include "finding_name.h"
#include "liar.h"
#include "parsed.h"

namespace tidemark {
namespace {

UnderTest under_test(SubjectFactory make) {
  UnderTest tested;
  tested.subject = kTracker;
  tested.sources = "/impl/";
  tested.make = [make](std::string_view) {
    return std::make_unique<Lockstep>(make, make_reference);
  };
  return tested;
}

template <Lie lie>
std::string name_of(const std::string& text) {
  Lockstep lockstep(lying<lie>, make_reference);
  const auto diagnosis = diagnose(lockstep, parsed(text));
  return diagnosis ? diagnosis->name : "";
}

// It dies with any container but one that takes five mappings, and so in most smaller programs.
std::unique_ptr<Subject> dies_of_other_limits(const Setup& setup, World& world) {
  if (setup.entries != 5) std::abort();
  return lying<Lie::loses_a_page>(setup, world);
}

TEST(OneName, WhatDiesInSmallerProgramsIsDiagnosedAroundThem) {
  const auto found =
      diagnose_any(under_test(dies_of_other_limits), parsed("container v2 entries=5\n"
                                                            "map 3p 4p rw\n"
                                                            "start\n"
                                                            "info\n"
                                                            "write 5p 1\n"
                                                            "query 3p 4p\n"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.name, "lockstep.query.missing-dirty.entries");
  EXPECT_EQ(print(*found->finding.program),
            "container v2 entries=5\n"
            "map 0p 1p rw\n"
            "start\n"
            "write 0p 1\n"
            "query 0p 1p\n");
  EXPECT_NE(found->finding.report.find("expected  words 0:0x1\n"), std::string::npos)
      << found->finding.report;
}

TEST(OneName, ADiagnosisGoesAroundARunByItsNumber) {
  const Program program = parsed("container v2\nmap 3p 4p rw\nstart\nwrite 5p 1\nquery 3p 4p\n");
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  std::size_t now = 0;
  NumberedRuns numbers{&now, {}};
  const auto whole = diagnose(lockstep, program, &numbers);
  ASSERT_TRUE(whole);
  EXPECT_EQ(now, whole->runs);
  for (std::size_t deadly = 1; deadly <= whole->runs; ++deadly) {
    numbers.deadly = {deadly};
    const auto around = diagnose(lockstep, program, &numbers);
    ASSERT_TRUE(around) << deadly;
    EXPECT_TRUE(around->name.starts_with("lockstep.query.missing-dirty")) << deadly;
  }
  numbers.deadly = {1, whole->runs + 1, whole->runs + 2};
  for (std::size_t deadly = 1; deadly <= 3 * whole->runs; ++deadly) numbers.deadly.insert(deadly);
  EXPECT_FALSE(diagnose(lockstep, program, &numbers));
}

// It takes a mark to die, and that mark is wrong before, though nobody asks.
std::unique_ptr<Subject> hides_marks_and_dies(const Setup& setup, World& world) {
  auto honest = make_tracker(setup, world);
  const auto dies_of_marks = [tracker = honest.get()] {
    State state;
    tracker->inspect(state);
    if (!state.marks.empty()) std::abort();
  };
  return make_liar(Lie::hides_marks, std::move(honest), world, dies_of_marks);
}

TEST(OneName, WhatGoesWrongBeforeAProcessEndsIsWhatItIsAbout) {
  const auto found = diagnose_any(under_test(hides_marks_and_dies),
                                  parsed("container v2\nmap 0p 1p rw\nstart\nwrite 0p 1\n"
                                         "unmap 0p 1p\n"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->finding.name, "lockstep.after-write.missing-marks");
  EXPECT_NE(
      found->finding.report.find("then      where more follows, the process ends: died.abort"),
      std::string::npos)
      << found->finding.report;
}

std::unique_ptr<Subject> dies_of_unmaps(const Setup& setup, World& world) {
  return make_liar(Lie::none, make_tracker(setup, world), world, [] { std::abort(); });
}

TEST(OneName, WhatDiesOfItselfIsNamedForThat) {
  const auto found = diagnose_any(under_test(dies_of_unmaps), parsed("container v2\nmap 0p 1p rw\n"
                                                                     "unmap 0p 1p\n"));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->finding.name.starts_with("died.abort")) << found->finding.name;
  EXPECT_EQ(found->finding.report.find("\nthen "), std::string::npos) << found->finding.report;
}

// Which call marks, or asks, is chance where something else is unusual.
TEST(OneName, OfOneOfManyIsForWhatTheyDo) {
  const std::string setup =
      "container v2 store=sparse\nattach g0 emulated\nenroll d0\n"
      "map 0p 1p rw\nstart\n";
  const auto named = [](const char* signature, const std::string& text) {
    return tidemark::name_of(parse_signature(signature), parsed(text));
  };
  EXPECT_EQ(named("lockstep.after-pin.missing-dirty", setup + "pin d0 0p 1p rw\n"),
            "lockstep.marking.missing-dirty.store_sparse");
  EXPECT_EQ(named("lockstep.after-write.missing-dirty", setup + "write 0p 1\n"),
            "lockstep.marking.missing-dirty.store_sparse");
  EXPECT_EQ(named("lockstep.after-query.missing-dirty", setup + "query 0p 1p\n"),
            "lockstep.after-query.missing-dirty.store_sparse");
  EXPECT_EQ(named("lockstep.after-write.extra-dirty",
                  "container v2 store=ranges\nmap 0p 1p rw\nstart\nwrite 0p 1\n"),
            "lockstep.marking.extra-dirty.store_ranges");
  const std::string pinned =
      "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nstart\n"
      "pin d0 0p 1p rw\n";
  for (const auto& [verb, last] :
       {std::pair("unpin", "unpin d0 0p 1p\n"), std::pair("unmap", "unmap 0p 1p\n"),
        std::pair("detach", "detach g0\n")})
    EXPECT_EQ(
        named(("lockstep.after-" + std::string(verb) + ".missing-dirty").c_str(), pinned + last),
        "lockstep.unpinning.missing-dirty.pin");
  EXPECT_EQ(named("lockstep.after-write.missing-dirty", "map 0p 1p rw\nstart\nwrite 0p 1\n"),
            "lockstep.after-write.missing-dirty");
  EXPECT_EQ(named("cost.detach.too-much-memory",
                  "container v2 store=sparse\n"
                  "attach g0 emulated\ndetach g0\n"),
            "cost.unpinning.too-much-memory.store_sparse");
}

TEST(OneName, NamesOfManyAreRead) {
  for (const std::string name :
       {"lockstep.marking.missing-dirty", "lockstep.unpinning.extra-marks"}) {
    EXPECT_EQ(print(parse_signature(name)), name);
    EXPECT_NE(parse_signature(name).kind, Kind::named) << name;
  }
}

TEST(OneName, WhatASanitizerSawInAFunctionHasNoMore) {
  const Program program = parsed("attach g0 hardware=0\nmap 0p 1p rw\nstart\nquery 0p 1p\n");
  EXPECT_EQ(tidemark::name_of(parse_signature("AddressSanitizer.SEGV.page_changed"), program),
            "AddressSanitizer.SEGV.page_changed");
  EXPECT_EQ(tidemark::name_of(parse_signature("AddressSanitizer.leak"), program),
            "AddressSanitizer.leak.hardware");
}

// Whatever it failed of.
TEST(OneName, OfWhatAFailedCallLeftIsThatItFailed) {
  EXPECT_EQ(name_of<Lie::wrong_mappings>("query 0p 1p\n"), "lockstep.query.size.mappings.failed");
}

}  // namespace
}  // namespace tidemark
