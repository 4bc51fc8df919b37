// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs that go on for weeks, in seconds: what ends them, what they go on from, what they show.
#ifdef TIDEMARK_LYING_FUZZER
#include <gtest/gtest.h>
#include <sha1.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <regex>

#include "command.h"
#include "run_state.h"
#include "temporary_folder.h"
#include "wait_until.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

class CliForever : public testing::Test {
 protected:
  CliForever() {
    // A few of the seeds: to run all of them takes a second each time.
    fs::create_directory(path() / "seeds");
    unsigned count = 0;
    for (const auto& entry : fs::directory_iterator(TIDEMARK_SEED_CORPUS))
      if (count++ < 30) fs::copy(entry.path(), path() / "seeds" / entry.path().filename());
  }
  const fs::path& path() const { return folder_.path; }
  fs::path work() const { return path() / "work"; }
  Command command(const Words& more) const {
    Words words = {"fuzz",   "--target", TIDEMARK_LYING_FUZZER, "--seeds", "seeds", "--jobs", "1",
                   "--work", "work"};
    words.insert(words.end(), more.begin(), more.end());
    return tidemark_command(words).in(path());
  }
  Command forever(const Words& more = {}) const {
    Words words = {"--forever", "--turn-seconds", "3"};
    words.insert(words.end(), more.begin(), more.end());
    return command(words);
  }
  status::RunState state() const {
    return status::read_run_state(content(work() / "status.json")).value_or(status::RunState());
  }
  status::SubjectState tracker() const { return state().subjects["tracker"]; }
  // A run that is interrupted then.
  Ended run_until(const std::function<bool()>& is_so, const Words& more = {}) const {
    Command::Running running(forever(more));
    wait_until(is_so);
    running.kill(SIGINT);
    return running.wait(400);  // since it began, and wait_until() may have taken most of that
  }
  std::size_t folders_of_findings() const {
    std::error_code none;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(path() / "findings", none))
      count += entry.is_directory();
    return count;
  }

  const TemporaryFolder folder_;
};

std::size_t times_in(const std::string& text, const std::string& line) {
  std::size_t times = 0;
  for (auto at = text.find(line); at != std::string::npos; at = text.find(line, at + 1)) ++times;
  return times;
}

TEST_F(CliForever, GoesOnAfterAKill) {
  std::string out;
  status::RunState before;
  for (unsigned i = 0; i < 2; ++i) {
    Command::Running running(forever().lying("loses-a-page"));
    wait_until([&] {
      return !state().findings.empty() && tracker().turns > before.subjects["tracker"].turns &&
             tracker().programs > before.subjects["tracker"].programs;
    });
    const status::RunState seen = state();
    running.kill(SIGKILL);
    const Ended ended = running.wait();
    EXPECT_EQ(ended.code, -SIGKILL) << ended.err;
    out += ended.out;
    EXPECT_EQ(state().starts, i + 1);
    EXPECT_EQ(state().begun, seen.begun);
    for (const auto& [name, finding] : before.findings) {
      EXPECT_EQ(seen.findings.at(name).first, finding.first) << name;
      EXPECT_GE(seen.findings.at(name).count, finding.count) << name;
    }
    before = seen;
  }
  EXPECT_GE(before.subjects["tracker"].programs, tracker().turns);
  for (const auto& [name, finding] : before.findings) {
    EXPECT_EQ(times_in(out, ": " + name + "\n"), 1u) << "said once: " << out;
    EXPECT_TRUE(fs::exists(path() / "findings" / name / "report.txt"));
  }
  EXPECT_NE(out.find("it goes on after "), std::string::npos) << out;
}

TEST_F(CliForever, AnInterruptEndsItAndThePageSaysSo) {
  Command::Running running(forever().lying("loses-a-page"));
  wait_until([&] { return !state().findings.empty(); });
  const Ended second = forever().run();
  EXPECT_EQ(second.code, 2) << second.out;
  EXPECT_NE(second.err.find("another run is using 'work'"), std::string::npos) << second.err;
  running.kill(SIGINT);
  const Ended ended = running.wait(60);
  EXPECT_EQ(ended.code, 1) << ended.err;
  const std::string page = content(work() / "index.html"),
                    metrics = content(work() / "metrics.prom");
  EXPECT_NE(page.find("Stopped by an interrupt"), std::string::npos) << page;
  EXPECT_EQ(state().findings.size(), folders_of_findings());
  for (const auto& [name, finding] : state().findings) {
    EXPECT_NE(page.find("<a href=\"../findings/" + name + "/report.html\">" + name + "</a>"),
              std::string::npos)
        << page;
    EXPECT_NE(metrics.find("name=\"" + name + "\"} "), std::string::npos) << metrics;
  }
  EXPECT_NE(page.find("./tidemark replay findings/"), std::string::npos) << page;
  EXPECT_NE(page.find("<svg class=\"tm\""), std::string::npos) << "the picture of a finding";
}

TEST_F(CliForever, WaitsForRoomAndGoesOn) {
  Command::Running running(forever().lying("loses-a-page").disk(1500));
  usleep(2'500'000);
  EXPECT_EQ(folders_of_findings(), 0u);
  running.make_room();
  wait_until([&] { return !state().findings.empty(); });
  EXPECT_GT(folders_of_findings(), 0u);
  EXPECT_TRUE(state().notes.empty()) << "there is room again";
  running.kill(SIGINT);
  const Ended ended = running.wait(60);
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(times_in(ended.err, "it waits until there is room again: cannot write '"), 1u)
      << ended.err;
  EXPECT_NE(ended.err.find("there is room again\n"), std::string::npos) << ended.err;
}

std::string libfuzzer_name(const std::string& bytes) {
  char digits[SHA1_DIGEST_STRING_LENGTH];
  SHA1Data(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), digits);
  return digits;
}

// As a full disk leaves what libFuzzer writes; and what the merge that follows makes of the rest.
TEST_F(CliForever, TheCorpusIsKeptWholeAndSmall) {
  const std::string bytes = content(fs::directory_iterator(path() / "seeds")->path());
  const fs::path corpus = work() / "tracker" / "corpus";
  write_content(corpus / libfuzzer_name(bytes), bytes.substr(0, bytes.size() / 2));
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) write_content(corpus / name, bytes);
  write_content(corpus / "large", std::string(100'000, 'x'));
  status::RunState before;  // the last merge was in 1970
  before.subjects["tracker"].merged = before.subjects["tracker"].merged_inputs = 1;
  write_content(work() / "status.json", status::to_json(before));
  const Ended ended = run_until([this] { return tracker().merged > 1; });
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.err.find("tracker: 1 of 8 files of the corpus were not whole"), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("tracker: 1 of 8 files of the corpus cannot be read as inputs"),
            std::string::npos)
      << ended.err;
  EXPECT_TRUE(fs::exists(work() / "tracker" / "aside" / "large"));
  EXPECT_NE(ended.out.find("merged the corpus of tracker: "), std::string::npos) << ended.out;
  EXPECT_FALSE(fs::exists(corpus / "b")) << "it is the same as another";
  EXPECT_GT(entries_in(corpus), 0u);
  for (const auto& entry : fs::directory_iterator(corpus))
    EXPECT_EQ(entry.path().filename(), libfuzzer_name(content(entry.path())));
}

// It would be another input, and nobody's finding.
TEST_F(CliForever, ATornInputOfAKilledRunIsNoFinding) {
  const fs::path artifacts = work() / "tracker" / "artifacts";
  write_content(artifacts / ("crash-" + libfuzzer_name("the whole of it")), "the wh");
  const Ended ended = run_until([this] { return tracker().programs > 0; });
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_NE(ended.err.find("is not whole, and was taken away"), std::string::npos) << ended.err;
  EXPECT_EQ(folders_of_findings(), 0u);
}

// It is not looked into in each turn anew, and so it would not be learnt again.
TEST_F(CliForever, WhatEndsAProcessIsKnownToTheNextTurn) {
  const fs::path deadly = work() / "tracker" / "deadly";
  const std::string known = "container v1\nstart\n";
  Command::Running running(command({"--forever", "--turn-seconds", "1"}));
  wait_until([&] { return fs::exists(deadly.string() + "-tally"); });
  write_content(deadly, known);
  const auto turn = tracker().turns;
  wait_until([&] { return tracker().turns > turn + 1; });
  running.kill(SIGINT);
  const Ended ended = running.wait(60);
  EXPECT_NE(ended.code, 1) << ended.out;
  EXPECT_EQ(content(deadly), known) << ended.err;
}

TEST_F(CliForever, ThatNothingNewComesIsNoted) {
  const Ended ended = run_until([this] { return state().notes.contains("stalled tracker"); },
                                {"--stalled-seconds", "1"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.err.find("note: tracker: nothing new for "), std::string::npos) << ended.err;
}

// Of those that are here, and until its time is up.
TEST_F(CliForever, AllTakeTurns) {
  const Ended ended = command({"--subject", "all", "--seconds", "4"}).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("turn 1 of tracker"), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("Linux's own type1 is not built"), std::string::npos) << ended.err;
  EXPECT_NE(content(work() / "index.html").find("Ended, as its time was up"), std::string::npos);
}

TEST_F(CliForever, ThatTheCorpusReachedMoreBeforeIsNoted) {
  status::RunState before;
  before.subjects["tracker"].commit = "another";
  before.subjects["tracker"].coverage = 1'000'000;
  write_content(work() / "status.json", status::to_json(before));
  const Ended ended = run_until([this] { return state().notes.contains("sources tracker"); });
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.err.find("and reached 1000000 of those before, another"), std::string::npos)
      << ended.err;
  EXPECT_LT(tracker().coverage, 1'000'000u);
}

// Of those in the list, which of a subject's inputs come to none: here of a few seeds.
TEST_F(CliForever, ThePageSaysWhichResultsNeverCame) {
  write_content(path() / "list", "# 0: any\n\nmap: 0 -ENXIO\nwindow stop: -EIO\n");
  const Ended ended = run_until([this] { return tracker().programs > 0; }, {"--outcomes", "list"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(tracker().results.contains("map 0"));
  EXPECT_FALSE(tracker().results.contains("map -ENXIO"));
  const std::string page = content(work() / "index.html");
  EXPECT_NE(page.find("<ul><li>map: -ENXIO</li>\n<li>window stop: -EIO</li></ul>"),
            std::string::npos)
      << page;
  const Ended without = forever({"--outcomes", "missing"}).run();
  EXPECT_EQ(without.code, 2) << without.out;
  EXPECT_NE(without.err.find("cannot read 'missing'"), std::string::npos) << without.err;
}

TEST_F(CliForever, WhatItCannotGoOnFromStays) {
  for (const char* text :
       {"{}", "no JSON", "{\"version\": 2}", "{\"version\": 1, \"starts\": []}"}) {
    write_content(work() / "status.json", text);
    const Ended ended = forever().run();
    EXPECT_EQ(ended.code, 2) << ended.out;
    EXPECT_NE(ended.err.find("status.json' is not of this version's"), std::string::npos)
        << ended.err;
    EXPECT_EQ(content(work() / "status.json"), text);
  }
}

TEST_F(CliForever, WhatIsNoFuzzTargetEndsIt) {
  const Ended ended =
      tidemark_command({"fuzz", "--target", "/bin/false", "--seeds", "seeds", "--work", "work",
                        "--jobs", "1", "--forever", "--turn-seconds", "1"})
          .in(path())
          .run();
  EXPECT_EQ(ended.code, 2) << ended.out;
  EXPECT_NE(ended.err.find("no subject is left that runs programs"), std::string::npos)
      << ended.err;
}

}  // namespace
}  // namespace tidemark
#endif
