// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The list of expected differences is true: each entry still shows, in the
// versions that it names and in no other, and what it foresees does happen.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "dedup.h"
#include "factories.h"
#include "linux_lockstep.h"
#include "parsed.h"
#include "temporary_folder.h"
#include "test_support.h"

namespace tidemark {
namespace {

const std::filesystem::path kFolder = TIDEMARK_KNOWN_DIFFERENCES_DIR;

std::filesystem::path path_of(const KnownDifference& entry) {
  return kFolder / (std::string(entry.name) + ".trace");
}

bool shows(const Verdict& verdict, const KnownDifference& entry) {
  return verdict.expected == &entry ||
         std::ranges::any_of(verdict.passed,
                             [&](const Verdict::Passed& passed) { return passed.entry == &entry; });
}

class KnownDifferenceTest : public testing::TestWithParam<LinuxVersion> {};

TEST_P(KnownDifferenceTest, EveryEntryStillShows) {
  LinuxLockstep comparison(GetParam());
  for (const KnownDifference& entry : known_differences()) {
    const Verdict verdict = comparison.judge(trace(path_of(entry)));
    EXPECT_EQ(shows(verdict, entry), GetParam().has(entry))
        << entry.name << ": " << print(verdict.signature) << "\n"
        << verdict.report;
    EXPECT_TRUE(!verdict.signature || verdict.expected) << entry.name;
  }
}

// Whoever asks for what is known gets it, by name; whoever does not, nothing.
TEST_P(KnownDifferenceTest, AnEntryIsAMismatchForWhoeverAsksForIt) {
  LinuxLockstep unexpected(GetParam()), all(GetParam(), kAllKnown);
  for (const KnownDifference& entry : known_differences()) {
    if (!GetParam().has(entry)) continue;
    const Program program = trace(path_of(entry));
    EXPECT_EQ(unexpected.run(program), std::nullopt) << entry.name;
    const auto any = all.run(program);
    ASSERT_TRUE(any.has_value()) << entry.name;
    EXPECT_NE(any->known, "") << entry.name;
    const auto this_one = LinuxLockstep(GetParam(), entry.name).run(program);
    ASSERT_TRUE(this_one.has_value()) << entry.name;
    EXPECT_EQ(this_one->signature, named(entry.name));
    EXPECT_EQ(this_one->known, std::string(entry.rule) + ": " + entry.reason);
  }
}

// The marks of a pin that ran out of memory are compared at once.
TEST_P(KnownDifferenceTest, MarksOfLargePagesAreKnownOfAPinThatFailed) {
  const Verdict verdict =
      LinuxLockstep(GetParam())
          .judge(parsed("container v2\nattach g0 hardware=4\nenroll d0\nmap 0p 8p rw\nstart\n"
                        "pin d0 0p 2p rw fail-alloc=1\nquery 0p 8p\nquery 0p 8p\n"));
  EXPECT_EQ(print(verdict.signature), "") << verdict.report;
  EXPECT_TRUE(std::ranges::any_of(verdict.passed, [](const Verdict::Passed& passed) {
    return passed.entry->name == std::string("large-pages-marks");
  }));
}

struct Elsewhere {
  const char* what;
  const char* entry;
  unsigned versions;
  const char* program;
};
constexpr Elsewhere kElsewhere[] = {
    {"cannot be stored", "clean-words-are-stored", kAllLinux,
     "map 0p 1p rw\nstart\nquery 0p 1p fault=bitmap-write+0\n"},
    {"in a window", "clean-words-are-stored", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 8p 1p rw\nstart\npin d0 0p 1p rw\n"
     "window d0: unmap 8p 1p bitmap\nunmap 0p 1p\n"},
    {"bits beyond 2^64, where 0 is", "odd-offset", kAllLinux,
     "map 2^64-6p 1p rw\nstart\nunmap 2^64-7p 2p bitmap used-buffer\n"},
    {"in a window", "info-gaps", kLinux612,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p rw\nwindow d0: info\n"
     "unmap 0p 1p\n"},
    {"near the top of the address space", "cut-by-large-pages", kAllLinux,
     "attach g2 hardware=4\nmap 2^64-64p 6p rw\nattach g0 hardware=0\nstart\n"
     "write 2^64-59p 1\n"},
    {"beside bits that wander", "cut-by-large-pages", kAllLinux,
     "attach g0 hardware=1\nmap 16p 1p rw\nattach g1 hardware=6\nstart\n"
     "unmap 0p 32p bitmap used-buffer\n"},
    {"to ask for a large page up to it is to name it", "top-of-the-address-space", kAllLinux,
     "attach g1 hardware=1\nmap 2^64-13p 1p rw\nattach g0 hardware=6\nwrite 2^64-13p 1\nstart\n"},
    {"a tail's bit is reported, and never cleared", "cut-by-large-pages", kAllLinux,
     "attach g0 hardware=1\nmap 0p 24p rw\nattach g1 hardware=6\nenroll d0\npin d0 0p 1p rw\n"
     "pin d1 0p 1p rw\nstart\npin d0 20p 1p rw\nunpin d0 20p 1p\nquery 0p 32p\nquery 0p 32p\n"},
    {"when a pin fails", "cut-by-large-pages", kAllLinux,
     "attach g0 hardware=0\nenroll d0\nmap 0p 2p rw\nattach g1 hardware=4\nstart\nwrite 0p 1p\n"
     "pin d0 0p 1p rw fail-alloc=0\n"},
    {"a START that is written as a query settles nothing", "promotion", kAllLinux,
     "start\nattach g2 hardware=0\nmap 0p 1p rw\nmap 1p 1p rw\nenroll d0\npin d2 1p 1p rw\n"
     "query 0p 1p flags=1\nquery 0p 1p\n"},
    {"a write in the window ends at a page that neither has", "several-mappings", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 36p 1p rw\npin d0 36p 1p rw\n"
     "window d0: write 0p 2p\nunmap 0 0 all\n"},
    {"and so if the flags are bent", "several-mappings", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 36p 1p rw\npin d0 36p 1p rw\n"
     "window d0: write 0p 2p\nunmap 0 0 flags=2\n"},
    {"in a window", "unaligned-pin", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 8p 1p rw\npin d0 0p 1p rw\n"
     "window d0: pin d0 8p+1 1p rw\nunmap 0p 1p\n"},
    {"before its mapping, while nothing is marked", "unaligned-pin", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 16p 1p rw\npin d0 15p+1 1p rw\n"},
    {"and when it is", "negative-bit", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 16p 1p rw\npin d0 15p+1 1p rw\nstart\n"},
    {"beside hardware, it is accounted for ever", "unaligned-pin", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 1 1p rw\nattach g1 hardware=0\n"
     "unpin d0 1 1p\nunmap 0p 1p\n"},
    {"more pins than pages cannot be accounted when hardware leaves", "unaligned-pin", kAllLinux,
     "attach g0 emulated\nattach g1 hardware=0\nenroll d0\nmap 0p 6p rw\nmemlock 0\n"
     "pin d0 0p 6p rw\npin d0 1 1p rw\ndetach g1\nunpin d0 0p 6p\n"},
    {"and are given back all the same, by a process that has locked nothing", "unaligned-pin",
     kAllLinux,
     "attach g0 emulated\nattach g1 hardware=0\nenroll d0\nmap 0p 1p rw by=p1\nmemlock 0 by=p1\n"
     "pin d0 0p 1p rw\npin d0 1 1p rw\ndetach g1\nmlock 1 by=p1\nunpin d0 1 1p\n"
     "mlock 0 by=p1\nunpin d0 0p 1p\n"},
    {"a mapping whose process is gone has no limit to go by", "unaligned-pin", kAllLinux,
     "attach g0 emulated\nattach g1 hardware=0\nenroll d0\nmap 0p 1p rw by=p1\n"
     "pin d0 0p 1p rw\npin d0 1 1p rw\nexec p1\ndetach g1\n"},
    {"the caller's limit counts", "attach-by-another-process", kAllLinux,
     "map 0p 2p rw by=p1\nmemlock 1 by=p2\nattach g0 hardware=0 by=p2\n"},
    {"what the caller has locked counts", "attach-by-another-process", kAllLinux,
     "map 0p 2p rw by=p1\nmemlock 3 by=p2\nmlock 2 by=p2\nattach g0 hardware=0 by=p2\n"},
    {"who is gone pays more each time", "attach-by-another-process", kAllLinux,
     "map 0p 2p rw by=p1\nmemlock 5 by=p1\nexec p1\nattach g1 emulated\n"
     "attach g0 hardware=0\ndetach g0\nattach g0 hardware=0\ndetach g0\n"
     "attach g0 hardware=0\nmemlock 8 by=p1\nattach g0 hardware=0\n"},
    {"who renews an address takes over what is paid for it", "vaddr-flags", kAllLinux,
     "attach g0 hardware=0\nmap 0p 3p rw vaddr=0x100000000000 by=p1\nunmap 0p 3p flags=4\nmemlock "
     "2 by=p2\n"
     "map 0p 3p rw vaddr=0x100000000000 flags=4 by=p2\nmap 0p 3p rw vaddr=0x100000000000 flags=4 "
     "by=p2 ipc-lock\n"},
    {"is told of by its user address", "vaddr-flags", kAllLinux,
     "map 0p 1p rw\nunmap 0p 1p flags=4\nmap 0p 1p rw flags=4\n"},
    {"unpins nothing", "unaligned-pin", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\npin d0 0p 1p rw\nunpin d0 1 1p\n"},
    {"another operation's argument is in the place of GET_INFO's", "info-gaps", kLinux612,
     "attach g0 emulated\nenroll d3\nenroll d0\nmap 0p 1p rw\nwindow d3: info\n"
     "pin d0 0p 1p rw\nwindow d3: query 0p 1p\nunmap 0p 1p\n"},
    {"there is room for all but the gap, so that nothing faults", "info-gaps", kLinux612,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nwindow d0: info argsz=68 fault=arg-write+4\n"
     "pin d0 0p 1p rw\nunmap 0p 1p\n"},
    {"another GET_INFO in the window failed", "info-gaps", kLinux612,
     "attach g0 emulated\nenroll d3\nenroll d0\nmap 0p 1p rw\nwindow d3: info\n"
     "window d3: info fail-alloc=0\npin d0 0p 1p rw\nunmap 0p 1p\n"},
    {"a pin in the same window warns", "vaddr-flags", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 1p 1p rw\npin d0 0p 1p rw\n"
     "window d0: unmap 1p 1p flags=4\nwindow d0: pin d0 1p 1p rw\nunmap 0p 1p\n"},
    {"and so does rw", "vaddr-flags", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nmap 1p 1p rw\npin d0 0p 1p rw\n"
     "window d0: unmap 1p 1p flags=4\nwindow d0: write 1p 1\nunmap 0p 1p\n"},
    {"in a window", "nesting", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nwindow d0: extension 6\n"
     "pin d0 0p 1p rw\nunmap 0p 1p\n"},
    {"in a window", "closed-device", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 513p rw\nwindow d0: pin d1 0p 513p rw\n"
     "pin d0 0p 1p rw\nunmap 0p 513p\n"},
    {"in a window", "clean-words-are-stored", kAllLinux,
     "attach g0 emulated\nenroll d0\nmap 0p 1047837p rw\nstart\nwindow d0: query 0p m0.size\n"
     "pin d0 0p 1p rw\nunmap 0p 1047837p\n"},
    {"in a window", "info-bytes", kLinux612,
     "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nwindow d0: info argsz=17 fault=arg-write+2\n"
     "pin d0 0p 1p rw\nunmap 0p 1p\n"},
    {"in a window", "whole-runs", kAllLinux,
     "attach g0 emulated\nattach g1 hardware=2\nenroll d0\nmap 0p 16p rw\npin d0 0p 1p rw\n"
     "window d0: map 16p 16p rw fault=memory+1\nunmap 0p 16p\n"},
};

// Beside the programs that show each entry alone and at its smallest.
TEST_P(KnownDifferenceTest, AnEntryExplainsWhatItsCauseDoesElsewhere) {
  for (const Elsewhere& elsewhere : kElsewhere) {
    const Verdict verdict =
        LinuxLockstep(GetParam()).judge(parsed("container v2\n" + std::string(elsewhere.program)));
    EXPECT_TRUE(!verdict.signature || verdict.expected)
        << elsewhere.entry << ": " << elsewhere.what << ": " << print(verdict.signature);
    const auto shown = std::ranges::any_of(known_differences(), [&](const KnownDifference& entry) {
      return entry.name == std::string(elsewhere.entry) && shows(verdict, entry);
    });
    EXPECT_EQ(shown, (elsewhere.versions & GetParam().bit) != 0)
        << elsewhere.entry << ": " << elsewhere.what;
  }
}

// What a process has been told is known does not hide what is not.
// Slow is not wrong: only a fuzzer has no time for it.
TEST_P(KnownDifferenceTest, HardwareMappingsOfManyPagesAreCompared) {
  const std::string rest =
      "\nattach g0 hardware=0\nmap 0p 65537p rw\nstart\nquery 0p 65537p\nunmap 0p 65537p => 0";
  const Verdict verdict = LinuxLockstep(GetParam()).judge(parsed("container v2" + rest));
  EXPECT_FALSE(verdict.signature) << verdict.report;
  const Verdict fuzzed = LinuxLockstep(GetParam()).judge(parsed("container v2 room=8192" + rest));
  ASSERT_TRUE(fuzzed.expected) << fuzzed.report;
  EXPECT_STREQ(fuzzed.expected->name, "slow");
}

TEST_P(KnownDifferenceTest, OfWhatAProgramGoesOnAfterTheNewComesFirst) {
  Program program = trace(kFolder / "clean-words-are-stored.trace");
  const Program other = trace(kFolder / "other-extensions.trace");
  program.operations.insert(program.operations.end(), other.operations.begin(),
                            other.operations.end());
  const TemporaryFolder folder;
  LinuxLockstep comparison(GetParam(), kAllKnown);
  const auto signature = [&] { return print(comparison.run(program).value().signature); };
  EXPECT_EQ(signature(), "other-extensions");
  const std::string name = std::string(GetParam().name) + ".other-extensions\n";
  setenv(kReportedVariable, (folder.path / "known").c_str(), 1);
  write_content(folder.path / "known", name);
  EXPECT_EQ(signature(), "clean-words-are-stored");
  write_content(folder.path / "known", name + GetParam().name + ".clean-words-are-stored\n");
  EXPECT_EQ(signature(), "other-extensions");
  unsetenv(kReportedVariable);
}

// With no entry that is meant for it, every difference is a finding.
TEST_P(KnownDifferenceTest, NothingElseIsPassedOver) {
  LinuxVersion unknown = GetParam();
  unknown.known.clear();
  LinuxLockstep comparison(unknown);
  for (const KnownDifference& entry : known_differences()) {
    if (!GetParam().has(entry)) continue;
    const Verdict verdict = comparison.judge(trace(path_of(entry)));
    EXPECT_TRUE(static_cast<bool>(verdict.signature)) << entry.name;
    EXPECT_EQ(verdict.expected, nullptr) << entry.name;
    EXPECT_TRUE(verdict.passed.empty()) << entry.name;
  }
}

struct Foreseen {
  const char* entry;
  const char* comes;  // how the signature begins of what comes if nobody foresees it
};
constexpr Foreseen kForeseen[] = {
#ifdef TIDEMARK_SANITIZED  // without, memory errors need not show
    {"page-size-changed", "AddressSanitizer.heap-buffer-overflow"},
    {"mapping-gone-in-the-window", "AddressSanitizer.heap-use-after-free.vfio_notify_dma_unmap"},
    {"negative-bit", "AddressSanitizer.SEGV"},
    {"stop-in-the-window", "UndefinedBehaviorSanitizer."},
    {"two-gib-pages", "UndefinedBehaviorSanitizer."},
#endif
    {"no-page-size", "lockstep.attach.result.success-instead-of-EINVAL"},
    {"pin-across-mappings", "lockstep.unpin.size.pinned-pages"},
    {"slow", ""},
};

TEST_P(KnownDifferenceTest, WhatIsForeseenHappens) {
  for (const Foreseen& foreseen : kForeseen) {
    const auto path = kFolder / (std::string(foreseen.entry) + ".trace");
    const Verdict verdict = LinuxLockstep::run_apart(GetParam(), trace(path));
    EXPECT_TRUE(print(verdict.signature).starts_with(foreseen.comes))
        << foreseen.entry << ": " << print(verdict.signature);
    EXPECT_EQ(!verdict.signature, *foreseen.comes == 0) << print(verdict.signature);
    if (*foreseen.comes) EXPECT_EQ(verdict.expected->name, std::string(foreseen.entry));
  }
}

INSTANTIATE_TEST_SUITE_P(Linux, KnownDifferenceTest,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

TEST(ExpectedFiles, AreOneForEachEntry) {
  std::set<std::string> names;
  for (const KnownDifference& entry : known_differences()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    std::ifstream file(path_of(entry));
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line.substr(0, 2), "# ") << entry.name << ": the first line says what happens";
  }
  for (const auto& path : traces_in(kFolder))
    EXPECT_TRUE(names.contains(path.stem().string())) << path;
}

// What Linux does wrong, the tracker does not.
TEST(ExpectedFiles, TrackerAndReferenceAgreeOnAll) {
  Lockstep lockstep(make_tracker, make_reference);
  for (const auto& path : traces_in(kFolder)) {
    const auto mismatch = lockstep.run(trace(path));
    EXPECT_FALSE(mismatch.has_value()) << path << ": " << print(mismatch->signature);
  }
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Shown by defects_test.cc and bench.cc: a comparison does not see them.
const std::set<std::string> kNotCompared = {"slow-queries", "uncharged-bitmaps"};

TEST(Findings, EveryDefectHasItsPageAndItsProgramThere) {
  const std::filesystem::path folder = TIDEMARK_FINDINGS_DIR;
  const std::string index = contents(folder / "README.md");
  std::set<std::string> pages = kNotCompared;
  for (const KnownDifference& entry : known_differences()) {
    if (!entry.page) {
      EXPECT_NE(index.find("`" + std::string(entry.name) + "`"), std::string::npos)
          << entry.name << ": the index does not say why it is no defect";
      continue;
    }
    pages.insert(entry.page);
    const std::string program = contents(path_of(entry));
    EXPECT_NE(contents(folder / (std::string(entry.page) + ".md"))
                  .find("\n" + program.substr(program.find('\n') + 1) + "```"),
              std::string::npos)
        << entry.page << " shows another program than " << entry.name;
  }
  pages.insert("iommufd");  // another peer's, for all of it
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().stem().string();
    EXPECT_TRUE(name == "README" || pages.erase(name)) << name << " is of no entry";
    if (name != "README") {
      EXPECT_NE(index.find("(" + name + ".md)"), std::string::npos) << name;
    }
  }
  EXPECT_TRUE(pages.empty()) << *pages.begin() << " has no page";
}

}  // namespace
}  // namespace tidemark
