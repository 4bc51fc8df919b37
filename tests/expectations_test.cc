// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a program expects, at once and in windows.
#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "liar.h"
#include "program_text.h"
#include "support.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

// What it says if it is not met, and of which operation, from 1.
std::string unmet(std::string_view text) {
  Lockstep lockstep(make_tracker, make_reference);
  const auto found = lockstep.run(program_of(text));
  if (!found) return "";
  return std::to_string(found->operation + 1) + ": " + print(found->signature) + ": " +
         found->expected + ", not " + found->actual;
}

constexpr const char* kWindow = R"(
  attach g0 emulated
  enroll d0
  map 0p 2p rw
  start
  pin d0 0p 1p rw
)";

std::string in_window(const std::string& text) { return std::string(kWindow) + text; }

TEST(AnExpectation, OfAWindowIsHeldAgainstWhatComesOfItThere) {
  EXPECT_EQ(unmet(in_window("window d0: query 0p 2p => 0 words 0:0x1\nunmap 0p 2p")), "");
  EXPECT_EQ(unmet(in_window("window d0: query 0p 2p => 0 words 0:0x2\nunmap 0p 2p")),
            "6: lockstep.query.expectation.tracker: 0 words 0:0x2, not 0 words 0:0x1");
  EXPECT_EQ(unmet(in_window("window d0: stop => -EINVAL\nunmap 0p 2p")),
            "6: lockstep.stop.expectation.tracker: -EINVAL, not 0");
}

// Not what the operation before it left in the user's memory.
TEST(AnExpectation, OfAWindowThatNeverComesIsNotMet) {
  EXPECT_EQ(unmet("attach g0 emulated\nmap 0p 2p rw\nstart\nwrite 0p 1\nquery 0p 2p\n"
                  "window d3: query 1p 1p => 0 words 0:0x1"),
            "6: lockstep.query.expectation.no-window: 0 words 0:0x1, not nothing: its window never "
            "came, so that it has not run");
  EXPECT_EQ(unmet(in_window("window d3: stop\nunmap 0p 2p")), "") << "nothing is expected";
}

TEST(AnExpectation, OfEachWindowIsOfAllOfThem) {
  const std::string two = "map 8p 1p rw\npin d0 8p 1p rw\nunmap 0p 2p\nunmap 8p 1p";
  EXPECT_EQ(unmet(in_window("each-window d0: start => 0\n" + two)), "");
  EXPECT_EQ(
      unmet(in_window("each-window d0: unmap 12p 1p => 0 size=0x1000\nmap 12p 1p rw\n" + two)),
      "6: lockstep.unmap.expectation.tracker: 0 size=0x1000, not 0 size=0x0");
  EXPECT_EQ(
      unmet(in_window("each-window d1: start => 0\n" + two)),
      "6: lockstep.start.expectation.no-window: 0, not nothing: its window never came, so that "
      "it has not run");
}

// Both return the same wrong errno: nothing but the expectation can tell.
TEST(AnExpectation, OfAWindowIsCheckedOnBothSubjects) {
  const Program program = program_of(in_window("window d0: query 0p 1p => -EINVAL\nunmap 0p 2p"));
  EXPECT_EQ(signature_of(program, make_tracker), "");
  EXPECT_EQ(signature_of(program, lying<Lie::wrong_errno>, lying<Lie::wrong_errno, make_reference>),
            "lockstep.query.expectation.tracker");
}

constexpr const char* kState = R"(
  attach g0 emulated
  enroll d0
  map 0p 8p rw => page-sizes=0xfffffffffffff000 mappings=1 dma-available=65534 tracking=0
  start => 0 marks=none tracking=1
  pin d0 1p 2p rw => 2 pinned-pages=2 locked-pages=2 marks=0x1000-0x2fff pins=0x1000:1,0x2000:1
  pin d0 2p 1p r => 1 pins=0x1000:1,0x2000:2
  write 6p 1 => 0 marks=0x1000-0x2fff,0x6000-0x6fff callbacks=none warnings=none
  unmap 0p 8p => 0 size=0x8000 pins=none callbacks=d0:0x0-0x7fff
)";

TEST(AnExpectation, IsOfTheStateAsWell) { EXPECT_EQ(unmet(kState), ""); }

TEST(AnExpectation, OfAnyPartOfTheStateIsChecked) {
  const std::string text = kState;
  for (const std::string part :
       {"warnings=none", "page-sizes=0xfffffffffffff000", "mappings=1", "dma-available=65534",
        "tracking=0", "tracking=1", "pinned-pages=2", "locked-pages=2",
        "marks=0x1000-0x2fff,0x6000-0x6fff", "pins=0x1000:1,0x2000:2", "callbacks=d0:0x0-0x7fff",
        "marks=none", "pins=none", "callbacks=none"}) {
    std::string wrong = text;
    const std::string name = part.substr(0, part.find('=') + 1);
    const std::string other = name == "marks="       ? "0x0-0xfff"
                              : name == "pins="      ? "0x0:7"
                              : name == "callbacks=" ? "d1:0x0-0xfff"
                              : name == "warnings="  ? "tidemark_mapping_unmap"
                                                     : "77";
    wrong.replace(wrong.find(part), part.size(), name + other);
    EXPECT_NE(unmet(wrong).find(".expectation.tracker: "), std::string::npos) << wrong;
  }
}

constexpr const char* kInfo = R"(
  info => 0 argsz=192 flags=0x3 iova_pgsizes=0xfffffffffffff000 cap_offset=24 capabilities=migration:24,dma-avail:56 iova_ranges=none migration_flags=0x0 pgsize_bitmap=0x1000 max_dirty_bitmap_size=0x10000000 dma_avail=65535
  attach g0 hardware=5
  map 0p 1p rw
  info => capabilities=migration:24,dma-avail:56,iova-range:68 dma_avail=65534 iova_ranges=0x0-0xfedfffff,0xfef00000-0x7fffffffff iova_pgsizes=0x40201000
)";

TEST(AnExpectation, IsOfWhatGetInfoSays) {
  EXPECT_EQ(unmet(kInfo), "");
  const std::string text = kInfo;
  const auto last = text.rfind("info =>");
  for (const auto& [part, other] : {std::pair<std::string, std::string>("dma_avail=65534", "0"),
                                    {"iova_pgsizes=0x40201000", "0x1000"},
                                    {"iova_ranges=0x0-0xfedfffff,0xfef00000-0x7fffffffff", "none"},
                                    {"capabilities=migration:24,dma-avail:56,iova-range:68",
                                     "migration:24,dma-avail:56,iova-range:72"}}) {
    const std::string name = part.substr(0, part.find('=') + 1);
    std::string wrong = text;
    wrong.replace(wrong.find(part, last), part.size(), name + other);
    EXPECT_EQ(unmet(wrong).find("4: lockstep.info.expectation.tracker: "), 0U) << wrong;
  }
  for (const std::string part : {"argsz=192", "flags=0x3", "cap_offset=24", "migration_flags=0x0",
                                 "pgsize_bitmap=0x1000", "max_dirty_bitmap_size=0x10000000"}) {
    std::string wrong = text;
    wrong.replace(wrong.find(part), part.size(), part.substr(0, part.find('=')) + "=7");
    EXPECT_EQ(unmet(wrong).find("1: lockstep.info.expectation.tracker: "), 0U) << wrong;
  }
}

// Of capabilities that are not there nothing is expected in vain.
TEST(AnExpectation, OfGetInfoWithoutRoomIsOfItsStructAlone) {
  EXPECT_EQ(unmet("info argsz=24 => 0 argsz=68 cap_offset=0 capabilities=none iova_ranges=none"),
            "");
  EXPECT_EQ(unmet("info argsz=24 => 0 dma_avail=65535"),
            "1: lockstep.info.expectation.tracker: 0 dma_avail=65535, not 0");
  EXPECT_EQ(unmet("info argsz=15 => -EINVAL flags=0x3"),
            "1: lockstep.info.expectation.tracker: -EINVAL flags=0x3, not -EINVAL");
}

TEST(AnExpectation, OfGetInfoIsOfWhereItWrote) {
  EXPECT_EQ(unmet("info arg=0x10038 => 0 flags=0x3 dma_avail=65535 argsz=0xa5a5a5a5"), "");
  EXPECT_EQ(unmet(in_window("window d0: info => 0 dma_avail=65534 cap_offset=24\nunmap 0p 2p")),
            "");
  EXPECT_EQ(unmet(in_window("window d0: info => 0 dma_avail=1\nunmap 0p 2p")),
            "6: lockstep.info.expectation.tracker: 0 dma_avail=1, not 0 dma_avail=65534");
}

TEST(AnExpectation, OfWarningsIsHowManyOrWhich) {
  EXPECT_EQ(unmet("start => 0 warnings=0"), "");
  EXPECT_EQ(unmet("start => 0 warnings=2"),
            "1: lockstep.start.expectation.tracker: 0 warnings=2, not 0 warnings=none");
  EXPECT_EQ(unmet("start => warnings=tidemark_tracking_start"),
            "1: lockstep.start.expectation.tracker: warnings=tidemark_tracking_start, not "
            "warnings=none");
}

// However it was typed, what is said of it is easily compared.
TEST(AnExpectation, IsSaidInOneForm) {
  EXPECT_EQ(unmet("map 0p 1p rw => -22 mappings=0x1"),
            "1: lockstep.map.expectation.tracker: -EINVAL mappings=1, not 0 mappings=1");
}

// What is shown after each operation of a program, as expectations of it.
std::string with_what_is_shown(const Program& program) {
  Lockstep lockstep(make_tracker, make_reference);
  lockstep.begin(program.setup);
  Program shown = program;
  shown.expectations.assign(program.operations.size(), {});
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    if (lockstep.step(operation, nullptr)) return "";
    if (operation.when == When::now)
      shown.expectations[i] = shown_by(lockstep.actual(), operation, lockstep.steps()[0]);
  }
  return print(shown);
}

TEST(AnExpectation, CanBeWhatIsShown) {
  std::size_t infos = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TIDEMARK_CORPUS_DIR "/seeds")) {
    if (entry.path().extension() != ".trace") continue;
    const Program program = program_of(content(entry.path()));
    const std::string text = with_what_is_shown(program);
    ASSERT_NE(text, "") << entry.path();
    const auto parsed = parse(text);
    if (!std::holds_alternative<Program>(parsed)) {  // longer than can be expected
      EXPECT_NE(std::get<ParseError>(parsed).message.find("or such as"), std::string::npos)
          << entry.path() << ": " << std::get<ParseError>(parsed).message;
      continue;
    }
    EXPECT_EQ(unmet(text), "") << entry.path();
    EXPECT_EQ(print(std::get<Program>(parsed)), text);
    infos += text.find("capabilities=migration") != std::string::npos;
  }
  EXPECT_GT(infos, 3U);
}

TEST(AnExpectation, DoesNotOutliveItsProgram) {
  Lockstep lockstep(make_tracker, make_reference);
  EXPECT_TRUE(lockstep.run(program_of("window d3: stop => 0")));
  EXPECT_FALSE(lockstep.run(program_of("window d3: stop")));
}

}  // namespace
}  // namespace tidemark
