// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Fuzzing as a user sees it, whatever becomes of the processes and the disk; and
// merging, which the same target does.
#ifdef TIDEMARK_LYING_FUZZER
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "command.h"
#include "finding.h"
#include "json_text.h"
#include "parsed.h"
#include "program_bytes.h"
#include "progress.h"
#include "temporary_folder.h"
#include "wait_until.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

constexpr const char* kFiles[] = {"input",       "program.trace",    "report.txt",
                                  "report.html", "environment.json", "count"};

std::string bytes_of(const std::string& text) {
  const auto bytes = encode(fuzzable(parsed(text))).value();
  return {bytes.begin(), bytes.end()};
}

const std::string& lost() {
  static const std::string bytes =
      bytes_of("container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n");
  return bytes;
}

class CliFuzz : public testing::Test {
 protected:
  const fs::path& path() const { return folder_.path; }
  Command fuzz(unsigned seconds, const Words& more = {},
               const std::string& target = TIDEMARK_LYING_FUZZER) const {
    Words words = {"fuzz", "--target", target, "--seeds",   TIDEMARK_SEED_CORPUS,   "--jobs",
                   "1",    "--work",   "work", "--seconds", std::to_string(seconds)};
    words.insert(words.end(), more.begin(), more.end());
    return tidemark_command(words).in(path());
  }
  // An input on which an earlier run ended, but which it could not look at.
  void leave(const std::string& name, const std::string& bytes) const {
    write_content(path() / "work" / "artifacts" / name, bytes);
  }
  // A finding that an earlier run did not get to file.
  void drop_lost() const {
    const fs::path drops = path() / "work" / "drops";
    fs::create_directories(drops);
    write_content(path() / "input", lost());
    const Ended ended = Command({TIDEMARK_LYING_FUZZER, "input"})
                            .lying("loses-a-page")
                            .with("TIDEMARK_DROPS", drops)
                            .in(path())
                            .run();
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(entries_in(drops), 1u);
  }
  std::set<std::string> findings() const {
    std::set<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(path() / "findings", none))
      names.insert(entry.path().filename());
    return names;
  }
  void expect_complete(const std::string& finding) const {
    for (const char* file : kFiles)
      EXPECT_TRUE(fs::exists(path() / "findings" / finding / file)) << finding << "/" << file;
  }

  fs::path progress() const { return path() / "work" / "worker-0" / "progress"; }
  // By the only process that fuzzes.
  std::uint64_t programs_run() const {
    const std::string bytes = content(progress());
    Counters counters;
    if (bytes.size() == sizeof(Progress)) std::memcpy(&counters, bytes.data(), sizeof(counters));
    return counters.programs;
  }

  const TemporaryFolder folder_;
};

std::set<std::string> announced_in(const std::string& out) {
  std::set<std::string> names;
  static const std::regex line("found(?: again)?: (\\S+)\n");
  for (std::sregex_iterator it(out.begin(), out.end(), line), end; it != end; ++it)
    names.insert((*it)[1]);
  return names;
}

TEST_F(CliFuzz, FindsNothingWhereNothingIsWrong) {
  const Ended ended = fuzz(3).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("nothing found"), std::string::npos) << ended.out;
  EXPECT_TRUE(findings().empty());
}

TEST_F(CliFuzz, FilesWhatItFindsAndShowsIt) {
  const Ended ended = fuzz(5).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  const auto announced = announced_in(ended.out);
  EXPECT_FALSE(announced.empty()) << ended.out;
  EXPECT_EQ(announced, findings());
  for (const std::string& name : announced) expect_complete(name);
  EXPECT_NE(ended.out.find("  tracker   "), std::string::npos) << ended.out;
  EXPECT_EQ(ended.out.find('\x1b'), std::string::npos);
}

TEST_F(CliFuzz, HasColourOnATerminal) {
  leave("crash-1", lost());
  const Command command = fuzz(1).lying("loses-a-page").on_terminal();
  EXPECT_NE(command.run().out.find("\x1b[1;31m#\x1b[0m"), std::string::npos);
}

// A line that wraps cannot be written anew.
TEST_F(CliFuzz, ItsFiguresFitTheTerminal) {
  const std::string out = fuzz(2).on_terminal(60).run().out;
  unsigned figures = 0;
  for (std::size_t at = 0, end = 0; at < out.size(); at = end + 1) {
    end = std::min(out.find_first_of("\r\n", at), out.size());
    std::string shown = out.substr(at, end - at);
    if (shown.starts_with("\x1b[K")) shown.erase(0, 3);
    static const std::regex line(" +[0-9]+ s +[0-9]+ +[0-9]+ of [0-9]+ +[0-9]+ s +[0-9]+");
    if (!std::regex_match(shown, line) && shown.find("programs/s") == std::string::npos) continue;
    EXPECT_LT(shown.size(), 60u) << shown;
    ++figures;
  }
  EXPECT_GE(figures, 2u) << out;
}

// libFuzzer would have to read its corpus and go through it all again.
TEST_F(CliFuzz, AFindingEndsNoProcess) {
  const fs::path target = path() / "target";
  write_content(target,
                "#!/bin/sh\necho started >> started\nexec " TIDEMARK_LYING_FUZZER " \"$@\"\n");
  fs::permissions(target, fs::perms::owner_all);
  const Ended ended = fuzz(5, {}, target).lying("wrong-errno").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_GT(announced_in(ended.out).size(), 1u) << ended.out;
  EXPECT_EQ(content(path() / "started"), "started\n");
}

// What it had dropped, but not announced, is all there, and no process that could find it
// again.
TEST_F(CliFuzz, FilesWhatAKilledRunHadNotFiled) {
  const fs::path drops = path() / "work" / "drops";
  drop_lost();
  write_content(drops / ".unfinished-1-000000", "name");
  const Ended ended = fuzz(1).run();
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const std::string name = "lockstep.query.missing-dirty";
  EXPECT_EQ(announced_in(ended.out), std::set<std::string>{name});
  EXPECT_EQ(findings(), std::set<std::string>{name});
  expect_complete(name);
  const auto heading = ended.out.find("programs/s");
  EXPECT_NE(heading, std::string::npos);
  EXPECT_EQ(heading, ended.out.rfind("programs/s")) << "once is enough: " << ended.out;
  EXPECT_EQ(content(path() / "findings" / name / "input"), lost());
  EXPECT_NE(ended.out.find("  tracker   "), std::string::npos) << ended.out;
  EXPECT_TRUE(fs::is_empty(drops));
}

TEST_F(CliFuzz, ADropThatIsNoneIsSaid) {
  write_content(path() / "work" / "drops" / "1-000000", "name 3\nodd\n");
  const Ended ended = fuzz(1).run();
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_NE(ended.err.find("1-000000' is no finding"), std::string::npos) << ended.err;
  EXPECT_TRUE(fs::is_empty(path() / "work" / "drops"));
}

// A run that is killed loses nothing that it has announced, and the next one
// begins as ever.
TEST_F(CliFuzz, MayBeKilledAtAnyMoment) {
  constexpr int kTimes = 30;
  std::mt19937 random(7);
  std::set<std::string> announced;
  for (int i = 0; i < kTimes; ++i) {
    leave("crash-" + std::to_string(i), lost());  // something to announce at once
    Command::Running running(fuzz(60).lying("loses-a-page"));
    usleep(std::uniform_int_distribution<useconds_t>(0, 1'500'000)(random));
    running.kill(SIGKILL);
    const Ended ended = running.wait();
    EXPECT_EQ(ended.code, -SIGKILL) << "it ended by itself: " << ended.out << ended.err;
    EXPECT_EQ(ended.err, "");
    announced.merge(announced_in(ended.out));
    for (const std::string& name : announced) expect_complete(name);
  }
  EXPECT_FALSE(announced.empty()) << "all were killed too early";
  const Ended last = fuzz(3).lying("loses-a-page").run();
  EXPECT_EQ(last.code, 1) << last.err;
  announced.merge(announced_in(last.out));
  EXPECT_EQ(announced, findings()) << "nothing lost, nothing half-written left";
  EXPECT_TRUE(fs::is_empty(path() / "work" / "drops"));
  EXPECT_TRUE(fs::is_empty(path() / "work" / "artifacts"));
}

TEST_F(CliFuzz, GoesOnWhereAKilledRunStopped) {
  leave("crash-1", lost());
  leave("crash-half", lost().substr(0, 20));
  leave("no name of libFuzzer's", "");
  const Ended ended = fuzz(1).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(findings().contains("lockstep.query.missing-dirty")) << ended.out;
  EXPECT_TRUE(fs::is_empty(path() / "work" / "artifacts"));
}

TEST_F(CliFuzz, EndsWhenInterrupted) {
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove_all(path() / "work");
    Command::Running running(fuzz(600));
    wait_until([this] { return programs_run() > 0; });
    running.kill(signal);
    const Ended ended = running.wait();
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    EXPECT_NE(ended.out.find("interrupted, 600 s were asked for"), std::string::npos) << ended.out;
  }
}

TEST_F(CliFuzz, WhoInterruptsBeforeTheFirstProgramHasSeenNothing) {
  const fs::path target = path() / "target";
  write_content(target, "#!/bin/sh\nexec sleep 600\n");
  fs::permissions(target, fs::perms::owner_all);
  Command::Running running(fuzz(600, {}, target));
  wait_until([this] { return fs::exists(progress()); });
  running.kill(SIGINT);
  const Ended ended = running.wait();
  EXPECT_EQ(ended.code, 2) << ended.out;
  EXPECT_NE(ended.err.find("ran no program before it was interrupted"), std::string::npos)
      << ended.err;
}

TEST_F(CliFuzz, TwoRunsDoNotShareTheirWork) {
  const Command::Running first(fuzz(600));
  usleep(1'000'000);
  const Ended second = fuzz(1).run();
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("another run is using 'work'"), std::string::npos) << second.err;
  first.kill(SIGKILL);
}

TEST_F(CliFuzz, AFullDiskLosesNothingAnnounced) {
  leave("crash-1", lost());
  const Ended full = fuzz(5).lying("loses-a-page").disk(1500).run();
  EXPECT_EQ(full.code, 2);
  EXPECT_NE(full.err.find("cannot write '"), std::string::npos) << full.err;
  EXPECT_NE(full.err.find("File too large"), std::string::npos) << full.err;
  EXPECT_TRUE(announced_in(full.out).empty()) << full.out;
  EXPECT_TRUE(findings().empty());
  const Ended again = fuzz(1).lying("loses-a-page").run();
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(findings().contains("lockstep.query.missing-dirty")) << again.out;
}

// Too full for the fuzzing process.
TEST_F(CliFuzz, ADiskTooFullForADropIsSaid) {
  const Ended full = fuzz(10).lying("loses-a-page").disk(400).run();
  EXPECT_EQ(full.code, 2) << full.out;
  EXPECT_NE(full.err.find("cannot write '"), std::string::npos) << full.err;
  EXPECT_NE(full.err.find("File too large"), std::string::npos) << full.err;
  EXPECT_TRUE(announced_in(full.out).empty()) << full.out;
  EXPECT_TRUE(fs::is_empty(path() / "work" / "drops"));
  EXPECT_EQ(fuzz(5).lying("loses-a-page").run().code, 1);
}

// Too full for what becomes of a drop.
TEST_F(CliFuzz, AFullDiskLosesNoDrop) {
  drop_lost();
  const Ended full = fuzz(1).disk(1500).run();
  EXPECT_EQ(full.code, 2);
  EXPECT_NE(full.err.find("File too large"), std::string::npos) << full.err;
  EXPECT_TRUE(announced_in(full.out).empty()) << full.out;
  EXPECT_TRUE(findings().empty());
  EXPECT_EQ(fuzz(1).run().code, 1);
  EXPECT_EQ(findings(), std::set<std::string>{"lockstep.query.missing-dirty"});
}

TEST_F(CliFuzz, WhatIsNoFuzzTargetIsExitCodeTwo) {
  write_content(path() / "text", "hello");
  for (const char* target : {"/bin/true", "/bin/false", "text", "none", "/"}) {
    Words words = {"fuzz",   "--target", target,      "--seeds", TIDEMARK_SEED_CORPUS,
                   "--work", "w",        "--seconds", "1"};
    const Ended ended = tidemark_command(words).in(path()).run();
    EXPECT_EQ(ended.code, 2) << target << ended.out;
    EXPECT_NE(ended.err, "") << target;
  }
}

// --- Findings that no comparison makes ---

// What somebody has at hand is text.
TEST_F(CliFuzz, ASeedIsWhatItsNameSays) {
  const fs::path seeds = path() / "mine";
  fs::create_directories(seeds);
  write_content(seeds / "lost.trace",
                "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\n"
                "query 0p 4p\n");
  write_content(seeds / "large.trace", "container v2\nmap 0p 4801p rw\n");
  const Ended ended = fuzz(1, {"--seeds", seeds}).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(findings(), std::set<std::string>{"lockstep.query.missing-dirty"});
  EXPECT_NE(ended.err.find("large.trace"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("fuzzing does not start from 1 of 2 seeds\n"), std::string::npos)
      << ended.err;
  write_content(seeds / "wrong.trace", "container v2\nmop 0p 1p rw\n");
  const Ended refused = fuzz(1, {"--seeds", seeds}).run();
  EXPECT_EQ(refused.code, 2) << refused.out;
  EXPECT_NE(refused.err.find("wrong.trace"), std::string::npos) << refused.err;
}

// On v1 programs the tracker dies. Those are among the seeds, so that processes
// that start anew would never get past them.
TEST_F(CliFuzz, GetsPastSeedsThatTakeTheProcessDown) {
  const Ended ended = fuzz(20).lying("dies").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_TRUE(findings().contains("died.abort.v1")) << ended.out;
  // They are filed once, and it goes on without them.
  std::smatch left_out;
  ASSERT_TRUE(std::regex_search(
      ended.out, left_out,
      std::regex("(\\d+) of \\d+ inputs to start from \\(seeds, .*end the process")))
      << ended.out;
  EXPECT_GT(std::stoul(left_out[1]), 1u);
  std::smatch programs;
  ASSERT_TRUE(std::regex_search(ended.out, programs, std::regex("\n(\\d+) programs,")));
  EXPECT_GT(std::stoul(programs[1]), entries_in(TIDEMARK_SEED_CORPUS)) << ended.out;
}

// Different ways to end have different names.
TEST_F(CliFuzz, AnEndIsNamedForItsKind) {
  for (const auto& [lie, name] : {std::pair("exits", "died.exit.v1"),
                                  {"frees-twice", "AddressSanitizer.double-free.v1"},
                                  {"traps", "died.trap.v1"},
                                  {"dies", "died.abort.v1"}}) {
    fs::remove_all(path() / "work");
    fs::remove_all(path() / "findings");
    const Ended ended = fuzz(1).lying(lie).run();
    EXPECT_EQ(ended.code, 1) << lie << ended.err;
    EXPECT_EQ(findings(), std::set<std::string>{name}) << ended.out;
    // For the processes that would start next.
    EXPECT_EQ(content(path() / "work" / "deadly"), "container v1\n") << lie;
  }
}

// What is like a finding ends a child instead, whatever the end.
TEST_F(CliFuzz, AnEndThatIsKnownIsLeftToAChild) {
  write_content(path() / "deadly", "container v1\n");
  write_content(path() / "input", bytes_of("container v1\nmap 0p 1p rw\n"));
  for (const char* lie : {"exits", "frees-twice", "traps", "dies", "is-killed", "hangs"}) {
    const Command command = Command({TIDEMARK_LYING_FUZZER, "-timeout=20", "input"})
                                .lying(lie)
                                .with("TIDEMARK_DEADLY", "deadly")
                                .in(path());
    const Ended ended = command.run(15);
    EXPECT_EQ(ended.code, 0) << lie << ended.err;
    EXPECT_EQ(ended.err.find("ERROR"), std::string::npos) << lie << ended.err;
  }
  EXPECT_EQ(entries_in(path()), 2u) << "nothing takes the child's input for a finding";
  const Ended alone = Command({TIDEMARK_LYING_FUZZER, "input"}).lying("dies").in(path()).run();
  EXPECT_NE(alone.code, 0);
}

// Of the last line of JSON; throws if none has it.
unsigned long restarts_in(const std::string& out) {
  std::smatch last;
  std::regex_search(out, last, std::regex("[^]*\"restarts\":(\\d+)"));
  return std::stoul(last[1]);
}

// It would end each process again, whatever that runs: one finding, and on it goes.
TEST_F(CliFuzz, ALeakIsFoundOnceAndStopsNobody) {
  const Ended ended = fuzz(10, {"--json"}).lying("leaks-memory").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  const std::string name = "AddressSanitizer.leak.v1";
  EXPECT_EQ(findings(), std::set<std::string>{name}) << ended.out << ended.err;
  // None for the leak itself, but a fast machine fills the memory of one or the other.
  EXPECT_LE(restarts_in(ended.out), 2u) << ended.out;
  const auto figures = ended.out.find("programs_per_second");
  EXPECT_EQ(figures, ended.out.rfind("programs_per_second")) << "the last come once: " << ended.out;
  EXPECT_NE(ended.err.find("0 of "), std::string::npos) << "nothing is left out: " << ended.err;

  const std::string folder = "findings/" + name;
  const std::string report = content(path() / folder / "report.txt");
  EXPECT_NE(report.find("leak_memory"), std::string::npos) << report;
  const Ended replayed =
      tidemark_command({"replay", folder}).in(path()).lying("leaks-memory").run();
  EXPECT_EQ(replayed.code, 1) << replayed.err;
  EXPECT_NE(replayed.out.find(": crashes: " + name.substr(0, 21)), std::string::npos)
      << replayed.out;
  EXPECT_EQ(replayed.out.find("agrees"), std::string::npos) << replayed.out;
}

// Without a word, or by somebody else: it is said how, and another takes its place.
TEST_F(CliFuzz, AProcessThatEndsByItselfIsNoticedAndReplaced) {
  for (const auto& [lie, how] : {std::pair("fuzzer:vanishes", "with exit code 0"),
                                 {"fuzzer:is-killed", "with signal 9 (Killed)"}}) {
    const Ended ended = fuzz(12, {"--json"}).lying(lie).run();
    EXPECT_EQ(ended.code, 2) << lie << ended.out;
    EXPECT_NE(ended.err.find(std::string("a fuzzing process ended by itself, ") + how),
              std::string::npos)
        << ended.err;
    EXPECT_NE(ended.err.find("nothing found"), std::string::npos) << ended.err;
    EXPECT_GE(restarts_in(ended.out), 2u) << ended.out;
    EXPECT_GT(ended.seconds, 10) << "it was to go on";
  }
}

TEST_F(CliFuzz, ABuildThatGoesOnMeanwhileChangesNothing) {
  const fs::path target = path() / "fuzzer";
  fs::copy_file(TIDEMARK_LYING_FUZZER, target);
  const Command command = fuzz(9, {"--json"}, target).lying("fuzzer:vanishes");
  Command::Running running(command);
  for (int i = 0; i < 200 && !fs::exists(path() / "work" / "target" / "fuzzer"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  write_content(path() / "fuzzer.new", "no program");
  fs::rename(path() / "fuzzer.new", target);
  const Ended ended = running.wait();
  EXPECT_NE(ended.err.find("a fuzzing process ended by itself, with exit code 0"),
            std::string::npos)
      << ended.err;
  // Of the other program none would.
  const std::regex otherwise("ended by itself, with (?!exit code 0\\b)");
  EXPECT_FALSE(std::regex_search(ended.err, otherwise)) << ended.err;
  EXPECT_EQ(ended.err.find("cannot"), std::string::npos) << ended.err;
}

// It is found with what has to run before it, and replayed with that.
TEST_F(CliFuzz, WhatShowsOnlyAfterOthersIsFoundWithThem) {
  const Ended ended = fuzz(12).lying("remembers").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  const auto names = findings();
  const auto found = std::ranges::find_if(
      names, [](const std::string& name) { return name.starts_with("after-others."); });
  ASSERT_NE(found, names.end()) << ended.out;
  const fs::path folder = path() / "findings" / *found;
  expect_complete(*found);
  const auto before = programs_of(content(folder / "before.trace"));
  ASSERT_TRUE(before) << content(folder / "before.trace");
  ASSERT_EQ(before->size(), 1u) << content(folder / "before.trace");
  EXPECT_EQ((*before)[0].setup.type, ContainerType::v1);
  EXPECT_TRUE((*before)[0].operations.empty()) << content(folder / "before.trace");
  const auto replay = [&](const fs::path& what) {
    return tidemark_command({"replay", what}).in(path()).lying("remembers").run();
  };
  const Ended together = replay(folder);
  EXPECT_EQ(together.code, 1) << together.out;
  EXPECT_NE(together.out.find(": crashes: "), std::string::npos) << together.out;
  EXPECT_EQ(replay(folder / "program.trace").code, 0);
}

// Lines of JSON, and nothing else, are on standard output.
TEST_F(CliFuzz, HowFarItIsComesAsJson) {
  const Ended ended = fuzz(3, {"--json"}).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  std::istringstream lines(ended.out);
  std::set<std::string> found;
  unsigned figures = 0;
  for (std::string line; std::getline(lines, line);) {
    ASSERT_TRUE(is_json(line)) << line;
    if (const auto name = string_in_json(line, "found"))
      found.insert(*name);
    else
      figures += line.find("\"programs_per_second\":") != std::string::npos;
  }
  EXPECT_EQ(found, findings());
  EXPECT_GE(figures, 1u);
}

// While a hang is named, which takes minutes, the others fuzz on, and the end comes when it
// was to.
TEST_F(CliFuzz, NamingDoesNotStopTheRun) {
  leave("timeout-1", bytes_of("container v1\nstop\n"));
  const Command command = fuzz(4).lying("hangs");
  Command::Running running(command);
  std::this_thread::sleep_for(std::chrono::seconds(6));
  running.kill(SIGINT);
  const Ended ended = running.wait(30);
  EXPECT_LT(ended.seconds, 12) << "an interrupt ends it at once";
  EXPECT_TRUE(fs::exists(path() / "work" / "artifacts" / "timeout-1")) << "for the next run";
  const auto ends = programs_of(content(path() / "work" / "deadly"));
  ASSERT_TRUE(ends && ends->size() == 1) << "so that no other hangs";
  EXPECT_EQ((*ends)[0].setup.type, ContainerType::v1);
  EXPECT_TRUE((*ends)[0].operations.empty());
  EXPECT_NE(ended.out.find("naming what was found: 1 to go, "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("not looked into; the next run will do that"), std::string::npos)
      << ended.out;
}

TEST_F(CliFuzz, AHangIsNamedAndReduced) {
  leave("timeout-1", bytes_of("container v1\nstop\n"));
  const Ended ended = fuzz(1, {"--timeout", "1"}).lying("hangs").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(findings(), std::set<std::string>{"hang.v1"}) << ended.out;
  const std::string program = content(path() / "findings" / "hang.v1" / "program.trace");
  EXPECT_EQ(program.find("stop"), std::string::npos) << program;
  const std::string report = content(path() / "findings" / "hang.v1" / "report.txt");
  EXPECT_NE(report.find("\nstep 0 of 0, before the first\n"
                        "actual    it did not end within 1 s\n"
                        "means     hang: it does not end\n"),
            std::string::npos)
      << report;
  EXPECT_NE(report.find("\n\nwhere it was when its time was up:\n"), std::string::npos) << report;
  EXPECT_NE(report.find("in tidemark::(anonymous namespace)::hang() "), std::string::npos)
      << report;
}

// Not by the clock, in which a busy machine is slow: and the session knows what it ran.
TEST_F(CliFuzz, AProcessHasALimitOfProcessorTime) {
  write_content(path() / "input", bytes_of("container v1\nmap 0p 1p rw\n"));
  const Command command = Command({TIDEMARK_LYING_FUZZER, "-timeout=20", "input"})
                              .lying("spins")
                              .with("TIDEMARK_PROCESSOR_MS", "100")
                              .in(path());
  EXPECT_EQ(command.run(15).code, -SIGPROF);
  EXPECT_EQ(Command({TIDEMARK_LYING_FUZZER, "input"})
                .with("TIDEMARK_PROCESSOR_MS", "100")
                .in(path())
                .run()
                .code,
            0);
}

// Where much hangs, one process is lost at most before the others know better.
TEST_F(CliFuzz, WhatHangsIsFoundOnceAndStopsNobody) {
  const Ended ended = fuzz(4, {"--json", "--timeout", "2"}).lying("spins").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(findings(), std::set<std::string>{"hang.v1"}) << ended.out << ended.err;
  EXPECT_LE(restarts_in(ended.out), 2u) << ended.out;
  EXPECT_EQ(content(path() / "findings" / "hang.v1" / "program.trace").find("\nstop"),
            std::string::npos);
}

TEST_F(CliFuzz, WantOfMemoryIsNamedAndReduced) {
  leave("oom-1", bytes_of("container v1\nattach g0 emulated\nstop\n"));
  const Ended ended = fuzz(1).lying("eats-memory").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_TRUE(findings().contains("out-of-memory.v1")) << ended.out;
  const std::string report = content(path() / "findings" / "out-of-memory.v1" / "report.txt");
  EXPECT_NE(report.find("\n\nwhere it was when it had too much memory:\n    #0 "),
            std::string::npos)
      << report;
}

// They hang, and eat memory, in the fuzzing process alone.
TEST_F(CliFuzz, WhatShowsOnlyInTheFuzzingProcessIsNamedForThat) {
  EXPECT_EQ(fuzz(4, {"--timeout", "1"}).lying("fuzzer:hangs").run().code, 1);
  EXPECT_EQ(findings(), std::set<std::string>{"hang.not-reproduced"});
  const Ended ended = fuzz(4).lying("fuzzer:eats-memory").run();
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_EQ(findings(),
            (std::set<std::string>{"hang.not-reproduced", "out-of-memory.not-reproduced"}));
  const std::string report =
      content(path() / "findings" / "out-of-memory.not-reproduced" / "report.txt");
  EXPECT_NE(report.find("out-of-memory"), std::string::npos) << report;
}

// --- merge ---

Command merge(const fs::path& folder, const Words& more) {
  Words words = {"merge", "--target", TIDEMARK_LYING_FUZZER};
  words.insert(words.end(), more.begin(), more.end());
  return tidemark_command(words).in(folder);
}

// Not the features, "ft:": which indirect calls fall together there depends on where the
// loader puts the program.
std::string covered_by(const fs::path& corpus) {
  const Ended ended = Command({TIDEMARK_LYING_FUZZER, "-runs=0", corpus.string()}).run();
  std::smatch coverage;
  std::regex_search(ended.err, coverage, std::regex("INITED (cov: \\d+) ft: \\d+"));
  return coverage[1];
}

TEST_F(CliFuzz, AMergedCorpusIsSmallerAndCoversTheSame) {
  const fs::path seeds = TIDEMARK_SEED_CORPUS;
  fs::copy(seeds, path() / "again");
  const Ended ended = merge(path(), {"--output", "out", seeds, "again"}).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(covered_by(seeds), "");
  EXPECT_EQ(covered_by(path() / "out"), covered_by(seeds));
  EXPECT_LT(entries_in(path() / "out"), entries_in(seeds));
  EXPECT_EQ(merge(path(), {"--output", "out", seeds}).run().code, 2) << "it is not empty";
}

TEST_F(CliFuzz, NothingMergesToNothing) {
  fs::create_directory(path() / "empty");
  const Ended ended = merge(path(), {"--output", "out", "empty"}).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "0 inputs in, 0 out, in 'out'\n");
  EXPECT_EQ(merge(path(), {"--output", "out", "none"}).run().code, 2);
}

// libFuzzer hands its arguments to a shell.
TEST_F(CliFuzz, MergeTakesFoldersOfAnyNameAndFilesOfAnyKind) {
  for (const char* name : {"a;touch pwned", "$(touch pwned)", "with space", "-dash", "quote'"}) {
    write_content(path() / name / "text", "map map map");
    write_content(path() / name / "new\nline", std::string(100, '\xff'));
    write_content(path() / name / "large", "");
    fs::resize_file(path() / name / "large", 100'000'000);
    write_content(path() / name / "lost", lost());
    const Ended ended = merge(path(), {"--output", std::string("out ") + name, "--", name}).run();
    EXPECT_EQ(ended.code, 0) << name << ended.err;
    EXPECT_GT(entries_in(path() / (std::string("out ") + name)), 0u) << ended.out;
  }
  EXPECT_FALSE(fs::exists(path() / "pwned"));
}

// What is text by its name goes in as the bytes that it means.
TEST_F(CliFuzz, MergeTakesTextsAsPrograms) {
  write_content(path() / "in" / "lost.trace",
                "attach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n");
  const Ended ended = merge(path(), {"--output", "out", "in"}).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  for (const char* text : {"map map map", "start # \xff"}) {
    write_content(path() / "in" / "bad.trace", text);
    const Ended refused = merge(path(), {"--output", "none", "in"}).run();
    EXPECT_EQ(refused.code, 2) << refused.err;
    EXPECT_NE(refused.err.find("bad.trace'"), std::string::npos) << refused.err;
    EXPECT_EQ(entries_in(path() / "none"), 0u);
  }
}

TEST_F(CliFuzz, MergePassesOverTextsThatHaveNoBytes) {
  write_content(path() / "in" / "odd.trace", "map 0x12345 1p rw");
  const Ended ended = merge(path(), {"--output", "out", "in"}).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.err.find("odd.trace': operation 1, 'map 0x12345 1p rw', has no byte form for: "
                           "address: passed over\n"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(ended.out, "0 inputs in, 0 out, in 'out'\n");
}

// libFuzzer does not look whether what it writes arrives.
TEST_F(CliFuzz, WhatCannotBeWrittenIsNotMerged) {
  const fs::path seeds = TIDEMARK_SEED_CORPUS;
  for (const long bytes : {200, 8'000}) {  // what it writes, and what it writes for itself
    const Ended ended = merge(path(), {"--output", "out", seeds}).disk(bytes).run();
    EXPECT_EQ(ended.code, 2) << ended.out;
    EXPECT_NE(ended.err.find("cannot write '"), std::string::npos) << ended.err;
    EXPECT_EQ(entries_in(path() / "out"), 0u);
  }
}

TEST_F(CliFuzz, MergeSetsAsideWhatFails) {
  write_content(path() / "in" / "lost", lost());
  write_content(path() / "in" / "fine", bytes_of("start\n"));
  const Ended ended = merge(path(), {"--output", "out/", "in"}).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(entries_in(path() / "out"), 1u);
  ASSERT_TRUE(fs::exists(path() / "out-failing")) << ended.out;
  EXPECT_EQ(content(fs::directory_iterator(path() / "out-failing")->path()), lost());
}

}  // namespace
}  // namespace tidemark
#endif
