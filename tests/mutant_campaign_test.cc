// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What counts as a mutant's death, and what all of them come to.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "build_commands.h"
#include "campaign.h"
#include "files.h"
#include "summary.h"
#include "verdict_text.h"

namespace tidemark::mutants {
namespace {

using std::string;

Ending ended(const string& said) { return {.code = 1, .said = said}; }

TEST(AMutantsDeath, IsWhatTheFuzzTargetSays) {
  EXPECT_EQ(
      cause_of_death(ended("x\nAssertion failure: lockstep.query.bytes\n==1== ERROR: libFuzzer"
                           ": deadly signal\n")),
      "lockstep.query.bytes");
  EXPECT_EQ(cause_of_death(ended("==1==ERROR: AddressSanitizer: heap-use-after-free on\n")),
            "AddressSanitizer.heap-use-after-free");
  EXPECT_EQ(cause_of_death(ended("==1== ERROR: libFuzzer: out-of-memory (used: 2Gb)\n")),
            "libFuzzer: out-of-memory (used: 2Gb)");
  EXPECT_EQ(cause_of_death(ended("WARNING: ThreadSanitizer: data race (pid=12)\n")), "data race");
  EXPECT_EQ(cause_of_death({.timed_out = true, .said = ""}), "hang");
}

// As when the machine is out of memory, or the disk full.
TEST(AMutantsDeath, IsNoneIfTheFuzzTargetEndsInSilence) {
  EXPECT_EQ(cause_of_death(ended("")), "");
  EXPECT_EQ(cause_of_death(ended("Running: a\nExecuted a in 0 ms\n")), "");
}

constexpr const char* kPassed = "[ RUN      ] R1.A\n[       OK ] R1.A (0 ms)\n";

TEST(AMutantsDeath, IsTheTestThatFailed) {
  EXPECT_EQ(failed_test(ended(string(kPassed) + "[ RUN      ] R2.B\n[  FAILED  ] R2.B (1 ms)\n"
                                                "[  FAILED  ] 1 test, listed below:\n")),
            "R2.B");
  EXPECT_EQ(failed_test(ended(string(kPassed) + "[ RUN      ] R2.B\n")), "R2.B: died");
  EXPECT_EQ(failed_test(ended("[ RUN      ] R2.B\nAssertion failure: lock.not-held.f\n")),
            "R2.B: lock.not-held.f");
  EXPECT_EQ(failed_test({.timed_out = true, .said = "[ RUN      ] R2.B\n"}), "R2.B: hang");
  EXPECT_EQ(failed_test(ended(string(kPassed) + "[  PASSED  ] 1 test.\n")), "behind the last test");
}

TEST(AMutantsDeath, IsNoneIfTheTestsPassOrDoNotRun) {
  EXPECT_EQ(failed_test({.fine = true, .code = 0, .said = kPassed}), "");
  EXPECT_THROW(failed_test(ended("tests: cannot execute\n")), std::runtime_error);
}

TEST(AMutantsDeath, IsAHangThatSaysNothing) {
  const TemporaryFolder folder;
  const Ending hangs =
      run_with_log({"sh", "-c", "echo one; echo two >&2; exec sleep 60"}, folder.path / "log", 1);
  EXPECT_TRUE(hangs.timed_out);
  EXPECT_EQ(hangs.said, "one\ntwo\n");
  const Ending ends = run_with_log({"sh", "-c", "exit 3"}, folder.path / "log", 60);
  EXPECT_FALSE(ends.timed_out);
  EXPECT_EQ(ends.code, 3);
}

TEST(AVerdict, IsReadAsItIsPrinted) {
  const Verdict read = parse_verdict(print({Fate::killed_by_tests, "R2.B\nmore", 1.5}));
  EXPECT_EQ(read.fate, Fate::killed_by_tests);
  EXPECT_EQ(read.by, "R2.B\nmore");
  EXPECT_EQ(read.seconds, 1.5);
  for (const char* text : {"", "1", "9 1\n", "x 1\n", "1 x\n"})
    EXPECT_THROW(parse_verdict(text), std::runtime_error) << text;
}

TEST(ABuildCommand, IsChangedByWholeWords) {
  EXPECT_EQ(with_word("cc -o a.o -MF a.o.d a.o", "a.o", "b"), "cc -o b -MF a.o.d b");
  EXPECT_THROW(with_word("cc -o a.o", "a", "b"), std::invalid_argument);
}

std::vector<Mutant> many(std::size_t count) {
  std::vector<Mutant> mutants;
  for (std::size_t i = 0; i < count; ++i)
    mutants.push_back({.file = "a.c", .edits = {{i, 0, ""}}, .id = std::to_string(i)});
  return mutants;
}

std::vector<string> ids(const std::vector<Mutant>& mutants) {
  std::vector<string> all;
  for (const Mutant& mutant : mutants) all.push_back(mutant.id);
  return all;
}

TEST(ASampleOfMutants, IsTheSameForTheSameSeed) {
  EXPECT_EQ(ids(sample(many(100), 10, 1)), ids(sample(many(100), 10, 1)));
  EXPECT_NE(ids(sample(many(100), 10, 1)), ids(sample(many(100), 10, 2)));
  EXPECT_EQ(ids(sample(many(100), 10, 1)).size(), 10u);
  EXPECT_EQ(ids(sample(many(5), 10, 1)), ids(many(5)));
}

TEST(ASampleOfMutants, StaysWhenOthersGo) {
  const auto before = ids(sample(many(100), 10, 1));
  std::vector<Mutant> fewer = many(100);
  std::erase_if(fewer, [&](const Mutant& m) { return m.id == before[3]; });
  const auto after = ids(sample(fewer, 10, 1));
  EXPECT_EQ(std::ranges::count_if(
                before, [&](const string& id) { return std::ranges::count(after, id) > 0; }),
            9);
}

std::vector<Result> waiting(std::size_t count) {
  std::vector<Result> results;
  for (const Mutant& mutant : many(count)) results.push_back({mutant});
  return results;
}

bool never() { return false; }
bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

TEST(ACampaign, JudgesEachOnce) {
  std::size_t shown = 0;
  const auto judge = [](const Mutant& mutant) {
    return Verdict{mutant.id == "3" ? Fate::survived : Fate::killed_by_seeds, "of " + mutant.id};
  };
  const auto [results, failure] =
      run_campaign(waiting(7), 3, judge, never, [&shown](const Result&) { ++shown; });
  EXPECT_EQ(failure, "");
  EXPECT_EQ(shown, 7u);
  std::vector<string> seen;
  for (const Result& result : results) {
    seen.push_back(result.mutant.id);
    EXPECT_EQ(result.verdict.by, "of " + result.mutant.id);
    EXPECT_EQ(is_survivor(result), result.mutant.id == "3");
  }
  std::ranges::sort(seen);
  EXPECT_EQ(seen, ids(many(7)));
}

TEST(ACampaign, KeepsWhatItHasIfOneCannotBeJudged) {
  const auto fails = [](const Mutant& mutant) -> Verdict {
    if (mutant.id == "1") throw std::runtime_error("no compiler");
    return {};
  };
  const auto [results, failure] = run_campaign(waiting(3), 1, fails, never, [](const Result&) {});
  EXPECT_EQ(results.size(), 1u);
  EXPECT_NE(failure.find("no compiler"), string::npos) << failure;
  const auto dies = [](const Mutant&) -> Verdict { std::_Exit(0); };
  EXPECT_NE(run_campaign(waiting(2), 1, dies, never, [](const Result&) {}).failure, "");
}

TEST(ACampaign, JudgesOneAgainWhoseProcessWasKilled) {
  const TemporaryFolder folder;
  const auto judge = [&](const Mutant& mutant) {
    const auto mark = folder.path / mutant.id;
    if (!std::filesystem::exists(mark)) {
      write_file(mark, "", Survives::process);
      raise(SIGKILL);
    }
    return Verdict{Fate::survived};
  };
  const auto [results, failure] = run_campaign(waiting(3), 2, judge, never, [](const Result&) {});
  EXPECT_EQ(failure, "");
  EXPECT_EQ(results.size(), 3u);
}

TEST(ACampaign, LeavesNoChildrenWhenInterrupted) {
  const auto slow = [](const Mutant& mutant) {
    // With a child of its own, as a compiler has.
    if (mutant.id != "0" && fork() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      std::_Exit(0);
    }
    if (mutant.id != "0") std::this_thread::sleep_for(std::chrono::seconds(60));
    return Verdict{Fate::survived};
  };
  bool interrupted = false;
  const auto [results, failure] = run_campaign(
      waiting(5), 2, slow, [&] { return interrupted; },
      [&](const Result&) {
        // The second has been begun with it.
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        interrupted = true;
      });
  EXPECT_EQ(results.size(), 1u);
  EXPECT_FALSE(has_children());
}

Result result(Mutation kind, Fate fate, const string& reason = "") {
  return {.mutant = {.file = "a.c", .function = "f", .kind = kind, .id = "0123abcd"},
          .diff = "the diff\n",
          .reason = reason,
          .verdict = {fate, "R1.A", 2}};
}

const std::vector<Result> kResults = {
    result(Mutation::comparison, Fate::killed_by_seeds),
    result(Mutation::comparison, Fate::killed_by_fuzzing),
    result(Mutation::comparison, Fate::equivalent),
    result(Mutation::lock, Fate::killed_by_tests),
    result(Mutation::lock, Fate::survived),
    result(Mutation::lock, Fate::survived, "it does the same"),
    result(Mutation::lock, Fate::no_program),
};

TEST(ASummaryOfMutants, CountsEachOnce) {
  const string text = table(kResults, {});
  EXPECT_NE(text.find("| comparison | 3 | 1 | 0 | 1 | 1 | 0 | 0 | 6 |\n"
                      "| lock | 3 | 0 | 1 | 0 | 0 | 1 | 1 | 8 |\n"
                      "| all | 6 | 1 | 1 | 1 | 1 | 1 | 1 | 14 |\n"),
            string::npos)
      << text;
  EXPECT_NE(text.find("Of 4 that are not equivalent, 2 (50.0 %) died of the seeds or 20 s of "
                      "fuzzing, and 3 (75.0 %) with the tests.\n1 more do not compile.\n"),
            string::npos)
      << text;
}

TEST(ASummaryOfMutants, ShowsSurvivors) {
  EXPECT_EQ(survivors(kResults), "survived: 0123abcd a.c:0 f, lock\nthe diff\n\n");
}

TEST(ASummaryOfMutants, ShowsWhatIsListedAndDead) {
  const Result wrong = result(Mutation::lock, Fate::killed_by_tests, "it does the same");
  EXPECT_TRUE(is_wrongly_listed(wrong));
  EXPECT_FALSE(is_wrongly_listed(result(Mutation::lock, Fate::equivalent, "it does the same")));
  EXPECT_FALSE(is_survivor(wrong));
  EXPECT_NE(survivors(std::vector{wrong}).find("listed as equivalent, but killed by tests"),
            string::npos);
}

TEST(ASummaryOfMutants, IsForProgramsToo) {
  const string text = json(kResults);
  EXPECT_NE(text.find("\"fate\": \"survived\""), string::npos);
  EXPECT_NE(text.find("\"id\": \"0123abcd\""), string::npos);
}

}  // namespace
}  // namespace tidemark::mutants
