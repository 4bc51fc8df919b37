// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The harness's alarms: one lie for each, which must be caught under its name.
#include "liar.h"

#include <ostream>
#include <string>

#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

// Some of everything. Nothing is wrong with it.
constexpr const char* kProgram = R"(
    attach g0 emulated
    enroll d0
    map 0p 200p rw
    start
    pin d0 3p 2p rw
    pin d0 3p 1p rw
    write 70p 8
    read 70p 8
    info
    query 0p 200p
    write 5p 8
    dma d0 4p 8
    map 300p 4p rw
    unmap 300p 4p
    query 7p 8p
)";

// Ends in an unmap with a window.
constexpr const char* kWindowProgram = R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    map 8p 8p rw
    start
    pin d0 1p 2p rw
    window d0: pin d0 9p 1p rw
    window d0: query 0p 16p
    unmap 0p 8p bitmap
)";

// One of its windows' operations is turned down.
constexpr const char* kRejectedInWindow = R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    start
    pin d0 1p 2p rw
    window d0: query 3p 8p
    unmap 0p 8p
)";

// No window, so that nothing but the callbacks themselves can be seen of them.
constexpr const char* kCallbacks = R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    pin d0 1p 2p rw
    unmap 0p 8p
)";

// A pin that runs out of memory at its third page, so that its marks are open.
constexpr const char* kFailedPin = R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    start
    write 1p 8
    pin d0 0p 4p rw fail-alloc=2
    map 8p 8p rw
)";

// It names a page that is not mapped.
constexpr const char* kFailedPinPastTheEnd = R"(
    attach g0 emulated
    enroll d0
    map 0p 8p rw
    start
    write 7p 8
    pin d0 6p 4p rw fail-alloc=0
)";

struct LiarCase {
  const char* name;
  SubjectFactory actual;
  const char* program;
  const char* signature;
};

void PrintTo(const LiarCase& c, std::ostream* out) { *out << c.name; }

const LiarCase kLiarCases[] = {
    {"WrongErrno", lying<Lie::wrong_errno>, kProgram,
     "lockstep.query.result.EFAULT-instead-of-EINVAL"},
    {"RefusesReads", lying<Lie::refuses_reads>, kProgram,
     "lockstep.read.result.EPERM-instead-of-success"},

    {"LosesAPage", lying<Lie::loses_a_page>, kProgram, "lockstep.query.missing-dirty"},
    {"AddsAPage", lying<Lie::adds_a_page>, kWindowProgram, "lockstep.unmap.window.query.output"},
    {"AddsAPageToAQuery", lying<Lie::adds_a_page>, "map 0p 9p rw\nstart\nquery 0p 9p",
     "lockstep.query.extra-dirty"},
    {"StoresACleanWord", lying<Lie::stores_a_clean_word>, kProgram, "lockstep.query.stored-words"},
    {"WritesAfterTheBitmap", lying<Lie::writes_after_the_bitmap>, kProgram,
     "lockstep.query.outside"},
    {"WritesBeforeTheBitmap", lying<Lie::writes_before_the_bitmap>, kProgram,
     "lockstep.query.outside"},
    {"StoresWhenRejected", lying<Lie::stores_when_rejected>, kProgram,
     "lockstep.query.extra-dirty"},

    {"WritesItsInputs", lying<Lie::writes_its_inputs>, kProgram, "lockstep.query.argument"},
    {"WritesBeforeTheArgument", lying<Lie::writes_before_the_argument>, kProgram,
     "lockstep.query.argument"},
    {"WritesAfterTheArgument", lying<Lie::writes_after_the_argument>, kProgram,
     "lockstep.query.argument"},
    {"WrongUnmappedSize", lying<Lie::wrong_unmapped_size>, kProgram, "lockstep.unmap.argument"},
    {"WrongInfo", lying<Lie::wrong_info>, kProgram, "lockstep.info.argument"},

    {"ReadsOtherBytes", lying<Lie::reads_other_bytes>, kProgram, "lockstep.read.output"},
    {"WritesOtherBytes", lying<Lie::writes_other_bytes>, kProgram, "lockstep.read.output"},
    {"CorruptsMemory", lying<Lie::corrupts_memory>, kProgram, "lockstep.state.memory"},
    {"WrongPfn", lying<Lie::wrong_pfn>, kProgram, "lockstep.pin.output"},
    {"OnePfnTooMany", lying<Lie::one_pfn_too_many>, kProgram, "lockstep.pin.output"},
    {"OnePfnTooManyOfAFailedPin", lying<Lie::one_pfn_too_many>,
     "attach g0 emulated\nenroll d0\nmap 0p 2p rw\npin d0 0p 3p rw", "lockstep.pin.output"},

    {"WrongPageSizes", lying<Lie::wrong_page_sizes>, "attach g0 hardware=0",
     "lockstep.attach.size.page-sizes"},
    {"WrongPinnedPages", lying<Lie::wrong_pinned_pages>, kProgram,
     "lockstep.attach.size.pinned-pages"},
    {"WrongLockedPages", lying<Lie::wrong_locked_pages>, kProgram,
     "lockstep.attach.size.locked-pages"},
    {"OtherProcessPays", lying<Lie::other_process_pays>, kProgram,
     "lockstep.pin.size.locked-pages"},
    {"WrongMappings", lying<Lie::wrong_mappings>, kProgram, "lockstep.attach.size.mappings"},
    {"WrongDmaAvailable", lying<Lie::wrong_dma_available>, kProgram,
     "lockstep.attach.size.dma-available"},
    {"WrongTracking", lying<Lie::wrong_tracking>, kProgram, "lockstep.attach.size.tracking"},

    {"MovesAMapping", lying<Lie::moves_a_mapping>, kProgram, "lockstep.state.mappings"},
    {"CountsAPinTwice", lying<Lie::counts_a_pin_twice>, kProgram, "lockstep.state.pins"},
    {"HidesAPin", lying<Lie::hides_a_pin>, kProgram, "lockstep.state.pins"},
    {"HidesMarks", lying<Lie::hides_marks>, kProgram, "lockstep.state.missing-marks"},
    {"ShowsMoreMarks", lying<Lie::shows_more_marks>, kProgram, "lockstep.state.extra-marks"},
    {"HidesMarksOfAFailedPin", lying<Lie::hides_marks>, kFailedPin, "lockstep.pin.missing-marks"},
    {"ShowsMoreMarksOfAFailedPin", lying<Lie::shows_more_marks>, kFailedPinPastTheEnd,
     "lockstep.pin.extra-marks"},

    {"HasOtherRightsToPins", lying<Lie::has_other_rights>, kProgram,
     "lockstep.state.pinned-memory"},
    {"HasOtherRightsInTheIommu", lying<Lie::has_other_rights>, "attach g0 hardware=0\nmap 0p 3p r",
     "lockstep.state.iommu"},

    {"CallsBackTwice", lying<Lie::calls_back_twice>, kWindowProgram, "lockstep.unmap.callbacks"},
    {"CallsBackTwiceWithoutAWindow", lying<Lie::calls_back_twice>, kCallbacks,
     "lockstep.unmap.callbacks"},
    {"CallsBackForLess", lying<Lie::calls_back_for_less>, kCallbacks, "lockstep.unmap.callbacks"},
    {"RefusesInWindows", lying<Lie::refuses_in_windows>, kWindowProgram,
     "lockstep.unmap.window.pin.result.EBUSY-instead-of-success"},
    {"LosesAPageInWindows", lying<Lie::loses_a_page_in_windows>, kWindowProgram,
     "lockstep.unmap.window.query.output"},

    {"StoresWhenRejectedInWindows", lying<Lie::stores_when_rejected>, kRejectedInWindow,
     "lockstep.unmap.window.query.output"},
    {"WritesItsInputsWhenRejectedInWindows", lying<Lie::writes_its_inputs_when_rejected>,
     kRejectedInWindow, "lockstep.unmap.window.query.output"},

    {"TakesNoLock", lying<Lie::takes_no_lock>, kProgram, "atomicity.attach.no-lock"},
    {"TakesNoLockWhenCounted", lying<Lie::takes_no_lock>, "memlock 5", "atomicity.stats.no-lock"},
    {"TakesNoLockWhenVisited", lying<Lie::takes_no_lock>, "container v2",
     "atomicity.visit.no-lock"},
    {"LetsTheLockGo", lying<Lie::lets_the_lock_go>, kProgram, "atomicity.attach.lets-go"},
    {"KeepsTheLock", lying<Lie::keeps_the_lock>, kProgram, "atomicity.attach.keeps-lock"},
    {"WorksWithoutTheLock", lying<Lie::works_without_the_lock>, kProgram,
     "atomicity.attach.outside-lock"},

    {"Leaks", lying<Lie::leaks>, kProgram, "lockstep.release.leak"},
    {"LeaksAtTheSource", lying<Lie::leaks>, "migrate", "lockstep.release.leak"},
};

class ALiar : public testing::TestWithParam<LiarCase> {};

TEST_P(ALiar, IsCaught) {
  const LiarCase& c = GetParam();
  EXPECT_EQ(signature_of(program_of(c.program), c.actual), c.signature);
}

INSTANTIATE_TEST_SUITE_P(For, ALiar, testing::ValuesIn(kLiarCases),
                         [](const auto& made) { return std::string(made.param.name); });

// The lie is what is caught, not the decorator.
TEST(AnHonestDecorator, IsNotCaught) {
  for (const char* program : {kProgram, kWindowProgram, kCallbacks, kFailedPin}) {
    EXPECT_TRUE(runs(program, lying<Lie::none>));
    EXPECT_TRUE(runs(program, lying<Lie::none>, lying<Lie::none, make_reference>));
    EXPECT_TRUE(runs(program, lying<Lie::none, make_reference>));
  }
}

// Both subjects lose the same page: only the migration can see it.
TEST(AConspiracy, IsCaughtByTheMigration) {
  const Program program = program_of("map 0p 9p rw\nstart\nwrite 5p 8\nquery 0p 9p");
  EXPECT_EQ(signature_of(program, make_tracker), "");
  EXPECT_EQ(
      signature_of(program, lying<Lie::loses_a_page>, lying<Lie::loses_a_page, make_reference>),
      "migration.lost-page");
}

struct Migrations {
  const char* program;
  const char* signature;
  std::size_t operation;
};

// A migration that is given up has lost nothing; the next one begins from nothing, and so does
// one from where the last one went.
TEST(AConspiracy, IsCaughtByTheMigrationThatLosesThePage) {
  const std::string begin = "map 0p 9p rw\nstart\n";
  for (const Migrations& m : {
           Migrations{"write 5p 8\nquery 0p 9p\nstop", "", 0},
           Migrations{"write 5p 8\nquery 0p 9p\nstop\nstart", "", 0},
           Migrations{"write 5p 8\nquery 0p 9p\nstop\nstart\nwrite 6p 8\nquery 0p 9p",
                      "migration.lost-page", 8},
           Migrations{"query 0p 9p\nstop\nwrite 3p 8\nstart\nwrite 3p 8\nquery 0p 9p",
                      "migration.lost-page", 8},
           Migrations{"write 5p 8\nquery 0p 9p\nmigrate\nstop", "migration.lost-page", 4},
           Migrations{"write 5p 8\nquery 0p 9p\nstop\nmigrate\nstart\nquery 0p 9p", "", 0},
           Migrations{"migrate\nwrite 5p 8\nquery 0p 9p", "", 0},
           Migrations{"migrate\nstart\nwrite 5p 8\nquery 0p 9p\nmigrate\nstop",
                      "migration.lost-page", 6},
           Migrations{"migrate\nstart\nmigrate\nwrite 4p 8\nstart\nwrite 5p 8\nquery 0p 9p",
                      "migration.lost-page", 9},
       }) {
    const Program program = program_of(begin + m.program);
    EXPECT_EQ(signature_of(program, make_tracker), "") << m.program;
    Lockstep lockstep(lying<Lie::loses_a_page>, lying<Lie::loses_a_page, make_reference>);
    const auto mismatch = lockstep.run(program);
    EXPECT_EQ(mismatch ? print(mismatch->signature) : "", m.signature) << m.program;
    if (mismatch) {
      EXPECT_EQ(mismatch->operation, m.operation) << m.program;
    }
  }
}

TEST(AConspiracy, AgainstMemoryIsCaughtByTheMigration) {
  EXPECT_EQ(signature_of(program_of(kProgram), lying<Lie::corrupts_memory>,
                         lying<Lie::corrupts_memory, make_reference>),
            "migration.lost-page");
}

// The last queries are of mappings for which there is not room enough in the bitmap ...
TEST(AConspiracy, IsCaughtInALargeMapping) {
  for (const std::string rule : {"exact", "whole", "any"}) {
    const Program program = program_of("container v2 rule=" + rule + R"(
      map 0p 1048576p rw
      start
      write m0+700000p 8
      write m0+700100p 8
    )");
    EXPECT_EQ(signature_of(program, make_tracker), "");
    EXPECT_EQ(
        signature_of(program, lying<Lie::loses_a_page>, lying<Lie::loses_a_page, make_reference>),
        "migration.lost-page")
        << rule;
  }
}

// ... not even for all that is dirty, if the query may not be cut into pieces ...
TEST(AConspiracy, IsCaughtInPiecesOfALargeMapping) {
  const Program program = program_of(R"(
    container v2 rule=any
    map 5p 1048576p rw
    start
    write m0+70p 8
    write m0.end-8 8
  )");
  EXPECT_EQ(signature_of(program, make_tracker), "");
  EXPECT_EQ(
      signature_of(program, lying<Lie::loses_a_page>, lying<Lie::loses_a_page, make_reference>),
      "migration.lost-page");
}

// Where only a word has no room, it is stored in the guard, and counts.
TEST(ACopy, HasWhatAWordBeyondTheUsersRoomReports) {
  EXPECT_TRUE(
      runs("container v2 room=8192\nmap 0p 524289p rw\nstart\nwrite 524288p 1\nwrite 0p 1"));
}

// ... or that the container's pages do not fit any more.
TEST(AConspiracy, IsCaughtInAMappingSmallerThanAPage) {
  for (const std::string setup : {"rule=exact\nattach g2 emulated", "rule=exact",
                                  "rule=exact\nattach g2 hardware=1\nattach g3 hardware=1",
                                  "rule=whole\nmap 510p 4p rw", "rule=any"}) {
    const Program program = program_of("container v2 " + setup + R"(
      attach g0 hardware=0
      map 0p 2p rw
      start
      attach g1 hardware=4 => 0
      write 0p 8
    )");
    EXPECT_EQ(signature_of(program, make_tracker), "");
    EXPECT_EQ(
        signature_of(program, lying<Lie::loses_a_page>, lying<Lie::loses_a_page, make_reference>),
        "migration.lost-page")
        << setup;
  }
}

// One by one, more would take so long that nothing else is fuzzed: so a fuzzer's programs
// do without, and all others do not.
TEST(MarksOfAGiantMapping, AreComparedUpToTheFuzzersLimit) {
  const auto found = [](const std::string& pages, const std::string& setup = "v2 room=8192") {
    return signature_of(
        program_of("container " + setup + "\nattach g0 hardware=0\nattach g1 emulated\nmap 0p " +
                   pages + " rw\nstart\ndetach g0"),
        lying<Lie::hides_marks>);
  };
  EXPECT_EQ(found("16777216p"), "lockstep.state.missing-marks");
  EXPECT_EQ(found("16777217p"), "");
  EXPECT_EQ(found("16777217p", "v2"), "lockstep.state.missing-marks");
}

// Memory is compared in both directions.
TEST(AReferenceThatLies, AboutMemoryIsCaught) {
  EXPECT_EQ(
      signature_of(program_of(kProgram), make_tracker, lying<Lie::corrupts_memory, make_reference>),
      "lockstep.state.memory");
}

// Both return the same wrong errno: only the program's own expectation can tell.
TEST(AConspiracy, IsCaughtByTheExpectation) {
  const Program program = program_of("query 0p 4p => -EINVAL");
  EXPECT_EQ(signature_of(program, make_tracker), "");
  EXPECT_EQ(signature_of(program, lying<Lie::wrong_errno>, lying<Lie::wrong_errno, make_reference>),
            "lockstep.query.expectation.tracker");
}

TEST(AMismatch, NamesTheStepAndThePages) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const Program program = program_of("map 7p 80p rw\nstart\nwrite 72p 8\nwrite 9p 8\nquery 7p 80p");
  const auto mismatch = lockstep.run(program);
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(mismatch->operation, 4u);
  EXPECT_EQ(mismatch->pages, std::vector<std::uint64_t>{9 * kPageBytes});
  EXPECT_EQ(mismatch->expected, "words 0:0x4 1:0x2");
  EXPECT_EQ(mismatch->actual, "words 0:0x0 1:0x2");
  EXPECT_NE(describe(*mismatch, program).find("step 5 of 5: query"), std::string::npos);
}

TEST(AMismatch, OfACountIsDecimal) {
  Lockstep lockstep(lying<Lie::wrong_pinned_pages>, make_reference);
  const auto mismatch = lockstep.run(program_of("container v2\nattach g0 emulated\n"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(mismatch->expected, "pinned-pages 0");
  EXPECT_EQ(mismatch->actual, "1");
}

TEST(AMismatch, OfPinsCountsThemByPage) {
  Lockstep lockstep(lying<Lie::counts_a_pin_twice>, make_reference);
  const auto mismatch =
      lockstep.run(program_of("attach g0 emulated\nenroll d0\nmap 0p 4p rw\n"
                              "pin d0 0p 1p rw\npin d0 3p 1p rw\n"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(mismatch->expected, "1 pin at 0x0, 1 pin at 0x3000");
  EXPECT_EQ(mismatch->actual, "2 pins at 0x0, 1 pin at 0x3000");
}

// Whole states are compared at intervals, too, not only at the end.
TEST(AMismatch, OfTheStateIsFoundAtTheInterval) {
  std::string text = "map 0p 4p rw\n";
  for (std::size_t i = 1; i < 3 * Lockstep::kStateInterval; ++i) text += "read 0p 8\n";
  Lockstep lockstep(lying<Lie::moves_a_mapping>, make_reference);
  const auto mismatch = lockstep.run(program_of(text));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(print(mismatch->signature), "lockstep.state.mappings");
  EXPECT_EQ(mismatch->operation, Lockstep::kStateInterval - 1);
}

// That of what an operation left is looked at before what is expected of it.
TEST(AMismatch, OfAnExpectedStateNamesTheStepThatLeftIt) {
  Lockstep lockstep(lying<Lie::moves_a_mapping>, make_reference);
  const auto mismatch = lockstep.run(program_of("start\nmap 0p 4p rw => 0 mappings=1\nstop"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(print(mismatch->signature), "lockstep.state.mappings");
  EXPECT_EQ(mismatch->operation, 1u);
}

}  // namespace
}  // namespace tidemark
