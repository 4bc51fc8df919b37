// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux on the command line: fuzzed, replayed and reduced as the tracker is.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <regex>
#include <set>
#include <sstream>

#include "command.h"
#include "known_differences.h"
#include "program_bytes.h"
#include "registry.h"
#include "temporary_folder.h"
#include "test_support.h"
#include "wait_until.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const fs::path kFolder = TIDEMARK_KNOWN_DIFFERENCES_DIR;

class LinuxCli : public testing::TestWithParam<LinuxVersion> {
 protected:
  std::string subject() const { return GetParam().name; }
  Ended run(const Words& words) const { return tidemark_command(words).in(folder_.path).run(); }

  const TemporaryFolder folder_;
};

Ended table(const Words& more) {
  Words words = {LINUX_TABLE};
  words.insert(words.end(), more.begin(), more.end());
  return Command(words).run();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LinuxTable, AFullDiskIsExitCodeTwo) {
  const Ended ended = Command({LINUX_TABLE}).output_to("/dev/full").run();
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(has(ended.err, "cannot write standard output")) << ended.err;
}

#ifdef LINUX_LIBFUZZER
// The names of entries with that of the subject before them.
std::set<std::string> names(const LinuxVersion& version) {
  std::set<std::string> result;
  for (const KnownDifference& entry : known_differences())
    if (version.has(entry)) result.insert(version.name + "." + entry.name);
  return result;
}

// Findings with all that is in them, so far.
std::size_t filed(const fs::path& folder) {
  if (!fs::exists(folder)) return 0;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST_P(LinuxCli, WhatIsKnownIsFoundReducedAndFiledUnderItsName) {
  constexpr std::size_t kEnough = 11;
  Command::Running fuzzing(tidemark_command({"fuzz", "--subject", subject(), "--known", "--target",
                                             LINUX_LIBFUZZER, "--seeds", TIDEMARK_SEED_CORPUS,
                                             "--jobs", "1", "--work", "work", "--seconds", "200"})
                               .in(folder_.path));
  for (int tries = 0; tries < 2000 && filed(folder_.path / "findings") < kEnough; ++tries)
    usleep(100'000);
  fuzzing.kill(SIGINT);
  const Ended ended = fuzzing.wait();
  EXPECT_EQ(ended.code, 1) << ended.err;
  const std::set<std::string> known = names(GetParam());
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path / "findings")) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(known.contains(name)) << name;
    const std::string replay = "./tidemark replay --subject " + subject() + " findings/" + name;
    EXPECT_TRUE(has(content(entry.path() / "report.txt"), replay)) << name;
    EXPECT_TRUE(has(content(entry.path() / "environment.json"),
                    "\"origin\": \"linux-source-" + subject().substr(6) + " "))
        << name;
    const Ended replayed =
        run({"replay", "--subject", subject(), "findings/" + name + "/program.trace"});
    EXPECT_EQ(replayed.code, 0) << name;
    EXPECT_TRUE(has(replayed.out, ": known: " + subject() + ".")) << replayed.out;
    ++found;
  }
  EXPECT_GE(found, kEnough) << ended.out;
}

// If what is known counts, it fails on Linux alone.
TEST_P(LinuxCli, MergeRunsItsInputsOnTheSubject) {
  const std::vector<std::uint8_t> bytes =
      encode(fuzzable(trace(kFolder / "odd-offset.trace"))).value();
  write_content(folder_.path / "in/x", std::string(bytes.begin(), bytes.end()));
  const auto merge = [&](const std::string& on) {
    return tidemark_command({"merge", "--subject", on, "--target", LINUX_LIBFUZZER, "--output",
                             "out-" + on, "in"})
        .with(kWithKnownVariable, "")
        .in(folder_.path)
        .run()
        .code;
  };
  EXPECT_EQ(merge(subject()), 1);
  EXPECT_TRUE(fs::exists(folder_.path / ("out-" + subject() + "-failing")));
  EXPECT_EQ(merge("tracker"), 0);
}

// Of `--subject all` none that is here is left out, and each comes to run programs.
TEST(LinuxTurns, AreForEachSubject) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path / "seeds");
  std::set<fs::path> seeds;
  for (const auto& entry : fs::directory_iterator(TIDEMARK_SEED_CORPUS)) seeds.insert(entry.path());
  for (const fs::path& seed : seeds | std::views::take(10))
    fs::copy(seed, folder.path / "seeds" / seed.filename());
  Command::Running running(
      tidemark_command({"fuzz", "--subject", "all", "--forever", "--turn-seconds", "1", "--target",
                        LINUX_LIBFUZZER, "--peers-target", LINUX_LIBFUZZER, "--seeds", "seeds",
                        "--jobs", "1", "--work", "work"})
          .in(folder.path));
  const std::set<std::string> all = {"tracker", "tracker-kernel", "linux-6.1", "linux-6.12"};
  wait_until([&] {
    const std::string metrics = content(folder.path / "work" / "metrics.prom");
    return std::ranges::all_of(all, [&metrics](const std::string& name) {
      return std::regex_search(
          metrics, std::regex("tidemark_programs_total\\{subject=\"" + name + "\"\\} [1-9]"));
    });
  });
  running.kill(SIGINT);
  const Ended ended = running.wait(60);
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_FALSE(has(ended.err, "left out")) << ended.err;
}
#endif

TEST_P(LinuxCli, WhatIsFoundInItIsNotKeptForTheTracker) {
  write_content(folder_.path / "x/program.trace", content(kFolder / "odd-offset.trace"));
  write_content(folder_.path / "x/environment.json", "{\"subject\": \"" + subject() + "\"}");
  const Ended ended = run({"keep", "--corpus", ".", "x", "a-name"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(has(ended.err, "was found in " + subject())) << ended.err;
  EXPECT_TRUE(fs::exists(folder_.path / "x/program.trace"));
}

TEST_P(LinuxCli, ReplaySaysWhatIsKnownAndWhy) {
  const Ended ended = run({"replay", "--subject", subject(), kFolder / "odd-offset.trace"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "odd-offset.trace: known: " + subject() + ".odd-offset\n"))
      << ended.out;
  EXPECT_TRUE(has(ended.out, "\nknown     B2: ")) << ended.out;
  EXPECT_TRUE(has(ended.out, "\n  " + subject() + " ")) << "the picture: " << ended.out;
  EXPECT_EQ(run({"replay", kFolder / "odd-offset.trace"}).code, 0) << "the tracker does not";
}

TEST_P(LinuxCli, TwoCommandsGiveOneVerdict) {
  const std::pair<const char*, const char*> programs[] = {
      {"start\nstop\n", "agrees"},
      {"map 0p 1p rw\nstart\nquery 0p 1p\n", "known"},
      {"start => -EINVAL\n", "diverges"},
  };
  for (const auto& [program, verdict] : programs) {
    write_content(folder_.path / "x.trace", program);
    const Ended replayed = run({"replay", "--quiet", "--subject", subject(), "x.trace"});
    const Ended listed = table({(folder_.path / "x.trace").string()});
    EXPECT_TRUE(has(replayed.out, std::string("x.trace: ") + verdict)) << replayed.out;
    EXPECT_TRUE(has(listed.out, "x\t" + subject() + "\t" + verdict + "\t")) << listed.out;
    EXPECT_EQ(replayed.code, verdict == std::string("diverges")) << program;
    EXPECT_EQ(listed.code, replayed.code) << program;
  }
}

// The same are said to have had none by both commands, and it is not Linux's fault.
TEST_P(LinuxCli, WindowsThatNeverCameAreSaid) {
  write_content(folder_.path / "x.trace", "map 0p 1p rw\nwindow d0: stop\nstart\n");
  const std::string came = ": window d0: stop: its window never came\n";
  const Ended replayed = run({"replay", "--subject", subject(), "x.trace"});
  EXPECT_TRUE(has(replayed.out, "   2  window d0: stop: its window never came\n")) << replayed.out;
  EXPECT_EQ(replayed.code, 0);
  EXPECT_TRUE(has(table({(folder_.path / "x.trace").string()}).out, "operation 2" + came));
  EXPECT_TRUE(has(table({"-a", (folder_.path / "x.trace").string()}).out, "operation 2" + came));

  write_content(folder_.path / "x.trace", "map 0p 1p rw\nwindow d0: stop => 0\n");
  const Ended expected = run({"replay", "--subject", subject(), "x.trace"});
  EXPECT_EQ(expected.code, 1);
  EXPECT_TRUE(has(expected.out, ".stop.expectation.no-window")) << expected.out;
  EXPECT_FALSE(has(expected.out, "expectation.tracker")) << expected.out;
  EXPECT_TRUE(has(table({(folder_.path / "x.trace").string()}).out, "operation 2" + came));

  // A program that ends before.
  write_content(folder_.path / "x.trace", "window d0: stop\nmap 0p 1p rw => -EINVAL\n");
  EXPECT_TRUE(has(run({"replay", "--subject", subject(), "x.trace"}).out,
                  "   1  window d0: stop: its window had not come yet\n"));
  EXPECT_TRUE(has(table({(folder_.path / "x.trace").string()}).out,
                  "operation 1: window d0: stop: its window had not come yet\n"));
}

// In the form in which it can be expected; what Linux says beside the contract is known.
TEST_P(LinuxCli, ShowsItsWarningsAndWhatGetInfoSays) {
  const std::string program = "attach g0 emulated\nenroll d0\nmap 0p 1p rw\nunpin d0 4p 1p\ninfo\n";
  write_content(folder_.path / "x.trace", program);
  const Ended shown = run({"replay", "--state", "--subject", subject(), "x.trace"});
  EXPECT_EQ(shown.code, 0) << shown.out;
  EXPECT_TRUE(has(shown.out, " warnings=vfio_iommu_type1_unpin_pages\n")) << shown.out;
  EXPECT_TRUE(has(shown.out, " warnings=none argsz=192 flags=0x3 ")) << shown.out;
  EXPECT_TRUE(has(shown.out, "capabilities=migration:24,dma-avail:56")) << shown.out;

  // The n-th line of what is shown, expected of the n-th operation.
  std::istringstream out(shown.out), in(program);
  std::string expecting, line;
  std::getline(out, line);  // the file's name
  std::getline(out, line);  // the container
  for (std::string operation; std::getline(in, operation);) {
    std::getline(out, line);
    std::getline(out, line);
    expecting += operation + " => " + line.substr(line.find_first_not_of(' ')) + "\n";
  }
  write_content(folder_.path / "x.trace", expecting);
  const Ended again = run({"replay", "--subject", subject(), "x.trace"});
  EXPECT_EQ(again.code, 0) << expecting << again.out;
  expecting.replace(expecting.find("unpin_pages"), 5, "cheer");
  write_content(folder_.path / "x.trace", expecting);
  EXPECT_TRUE(has(run({"replay", "--quiet", "--subject", subject(), "x.trace"}).out, ": known: "));
}

TEST_P(LinuxCli, ReplaysWhateverIsKnown) {
  for (const KnownDifference& entry : known_differences()) {
    if (!GetParam().has(entry)) continue;
    const std::string path = kFolder / (std::string(entry.name) + ".trace");
    const Ended ended = run({"replay", "--subject", subject(), path});
    EXPECT_EQ(ended.code, 0) << entry.name << ended.err;
    EXPECT_TRUE(has(ended.out, ": known: " + subject() + ".")) << ended.out << ended.err;
  }
}

TEST_P(LinuxCli, AKernelThatStopsIsAVerdict) {
  const Ended ended = run({"replay", "--subject", subject(), kFolder / "stubborn-pin.trace"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "\nactual    the kernel stops: bug, vfio_dma_do_unmap\n"))
      << ended.out;
}

TEST_P(LinuxCli, MinimiseKeepsTheEntry) {
  std::string text = content(kFolder / "stubborn-pin.trace");
  write_content(folder_.path / "x", text.insert(text.find("map "), "info\ninfo\nextension 1\n"));
  const Ended ended = run({"minimise", "--subject", subject(), "x"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::string result = content(folder_.path / "x.min.trace");
  EXPECT_TRUE(result.starts_with("# " + subject() +
                                 ".stubborn-pin\n# ./tidemark replay --subject " + subject() +
                                 " x.min.trace\n"))
      << result;
  EXPECT_FALSE(has(result, "info")) << result;
}

INSTANTIATE_TEST_SUITE_P(Linux, LinuxCli,
                         testing::ValuesIn(linux_versions().begin(), linux_versions().end()),
                         version_name);

TEST(LinuxTable, ListsWhatIsKnownWithTheCommandThatShowsIt) {
  const Ended ended = table({});
  EXPECT_EQ(ended.code, 0);
  for (const LinuxVersion& version : linux_versions())
    for (const KnownDifference& entry : known_differences())
      EXPECT_EQ(has(ended.out, "./tidemark replay --subject " + version.name +
                                   " peers/linux/known_differences/" + entry.name + ".trace\n"),
                version.has(entry))
          << entry.name;
  for (const KnownDifference& entry : known_differences())
    if (entry.page && entry.versions & kAllLinux)
      EXPECT_TRUE(has(ended.out, std::string("/") + entry.page + ".md\n"));
}

TEST(LinuxTable, HasALineForEachProgramAndVersion) {
  const std::string path = kFolder / "odd-offset.trace";
  const Ended ended = table({path, path});
  EXPECT_EQ(ended.code, 0) << "it is known";
  EXPECT_EQ(std::ranges::count(ended.out, '\n'), 4) << ended.out;
  EXPECT_TRUE(has(table({"--verbose", path}).out, "\nexpected  ")) << ended.out;
}

// Whether it is foreseen or happens: the same entry.
TEST(LinuxTable, AsItIsAMemoryErrorIsWhatWasForeseen) {
  const std::string path = kFolder / "mapping-gone-in-the-window.trace";
  EXPECT_TRUE(has(table({path}).out, "\tlinux.foreseen.mapping-gone\tmapping-gone-in-the-window"));
#ifdef TIDEMARK_SANITIZED
  EXPECT_TRUE(has(table({"-a", path}).out,
                  "\tAddressSanitizer.heap-use-after-free.vfio_notify_dma_unmap\t"
                  "mapping-gone-in-the-window"));
#endif
}

TEST(LinuxTable, ExitCodesAreAsDocumented) {
  EXPECT_EQ(table({"--help"}).code, 0);
  EXPECT_TRUE(has(table({"--help"}).out, "Exit code:"));
  EXPECT_TRUE(has(table({"none"}).err, "tidemark: 'none': "));
  for (const Words& words : std::vector<Words>{{"none"}, {"--loud"}, {"-x"}, {"/"}}) {
    const Ended ended = table(words);
    EXPECT_EQ(ended.code, 2) << words[0];
    EXPECT_NE(ended.err, "") << words[0];
    EXPECT_EQ(ended.out, "") << words[0];
  }
}

}  // namespace
}  // namespace tidemark
