// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Findings in their folders, and the pictures in them.
#include "finding.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "check.h"
#include "isolation.h"
#include "json_text.h"
#include "liar.h"
#include "parsed.h"
#include "picture.h"
#include "program_text.h"
#include "support.h"
#include "temporary_folder.h"
#include "text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLost =
    "container v2\nattach g0 emulated\nmap 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n";

Finding finding_of(std::string_view text) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const std::vector<std::uint8_t> input(text.begin(), text.end());
  return make_finding(the_tracker(), lockstep, diagnose(lockstep, program_of(text)).value(), input);
}

TEST(Finding, IsAFolderThatAStrangerUnderstands) {
  const TemporaryFolder folder;
  FindingStore store(folder.path / "findings");
  const auto filed = store.file(finding_of(kLost));
  EXPECT_TRUE(filed.is_new);
  EXPECT_EQ(filed.folder.filename(), "lockstep.query.missing-dirty");
  EXPECT_EQ(content(filed.folder / "input"), kLost);
  const std::string report = content(filed.folder / "report.txt");
  for (const char* part : {"\nwrite 0p 1\n", "expected  words 0:0x1", "actual    words 0:0x0",
                           "tracker   .", "reference #", "replay  ./tidemark replay"})
    EXPECT_NE(report.find(part), std::string::npos) << part << " in\n" << report;
  const auto program = std::get<Program>(parse(content(filed.folder / "program.trace")));
  EXPECT_EQ(signature_of(program, lying<Lie::loses_a_page>), "lockstep.query.missing-dirty");
  EXPECT_NE(content(filed.folder / "report.html").find("<svg"), std::string::npos);
  EXPECT_NE(content(filed.folder / "environment.json").find("\"commit\""), std::string::npos);
  EXPECT_EQ(content(filed.folder / "count"), "1\n");
}

TEST(Finding, ProgramsBeforeItAreOneText) {
  std::vector<Program> programs = {parsed("container v1\nattach g0 emulated\nstop"),
                                   parsed("container v2 rule=any"), parsed("start")};
  const std::string text = text_of_all(programs);
  const auto again = programs_of(text);
  ASSERT_TRUE(again) << text;
  ASSERT_EQ(again->size(), 3u);
  EXPECT_EQ(text_of_all(*again), text);
  EXPECT_EQ((*again)[1].setup.rule, RangeRule::any);
  EXPECT_TRUE(programs_of("")->empty());
  EXPECT_FALSE(programs_of("container v2\ncontainer v9\n"));
}

TEST(Finding, AgainOnlyCountsAndKeepsTheShorterProgram) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  Finding longer = finding_of(kLost);
  longer.program->operations.push_back(longer.program->operations.back());
  const fs::path program_file = folder.path.filename() / longer.name / "program.trace";
  const std::string long_text = trace_text(longer, program_file);
  store.file(longer);
  const auto again = store.file(longer);
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.count, 2u);
  EXPECT_FALSE(again.instead_of);
  EXPECT_EQ(content(again.folder / "program.trace"), long_text);
  const Finding shorter = finding_of(kLost);
  const auto third = store.file(shorter);
  EXPECT_EQ(third.count, 3u);
  EXPECT_EQ(third.instead_of, longer.program->operations.size());
  EXPECT_EQ(content(third.folder / "program.trace"), trace_text(shorter, program_file));
  const std::string of = "it took the place of a program of " +
                         how_many(longer.program->operations.size(), "operation");
  for (const char* report : {"report.txt", "report.html"})
    EXPECT_NE(content(third.folder / report).find(of), std::string::npos) << report;
  EXPECT_EQ(store.names(), std::vector<std::string>{shorter.name});
}

// A process that was killed while it wrote leaves nothing to trip over.
TEST(Finding, WhatWasNotFinishedIsClearedByTheNextOne) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  const fs::path finding = store.file(finding_of(kLost)).folder;
  write_content(folder.path / ".unfinished-lockstep.x123" / "input", "half");
  write_content(finding / ".unfinished-count123", "1");
  EXPECT_EQ(store.names().size(), 1u);
  store.file(finding_of(kLost));
  EXPECT_EQ(entries_in(folder.path), 1u);
  EXPECT_EQ(entries_in(finding), 6u);
}

// What is unfinished may be another process's, who is still at it.
TEST(Finding, WhatAnotherProcessIsWritingStays) {
  const TemporaryFolder folder;
  const fs::path unfinished = folder.path / ".unfinished-lockstep.x123";
  write_content(unfinished / "input", "half");
  const int other = open(folder.path.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  std::atomic<bool> filed = false;
  std::thread thread([&] {
    FindingStore(folder.path).file(finding_of(kLost));
    filed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(filed);
  EXPECT_TRUE(fs::exists(unfinished));
  close(other);
  thread.join();
  EXPECT_FALSE(fs::exists(unfinished));
}

// Runs `what` in a child and kills it after `microseconds`, unless it is 0.
int in_child(useconds_t microseconds, const std::function<void()>& what) {
  const pid_t child = fork();
  if (child == 0) {
    what();
    _exit(0);
  }
  if (microseconds) {
    usleep(microseconds);
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Finding, TheFolderIsWholeWheneverAProcessIsKilled) {
  const Finding finding = finding_of(kLost);
  const TemporaryFolder folder;
  std::mt19937 random(5);
  std::size_t seen = 0;
  // How long it takes to file one depends on the machine: it gets longer until some are filed.
  useconds_t longest = 10'000;
  for (int i = 0; i < 60 || seen == 0; ++i) {
    ASSERT_LT(i, 1000);
    if (seen == 0) longest += longest / 10;
    longest = std::min<useconds_t>(longest, 1'000'000);
    std::uniform_int_distribution<useconds_t> moment(1, longest);
    in_child(moment(random), [&] {
      FindingStore store(folder.path);
      for (int number = 0;; ++number) {
        Finding next = finding;  // new ones and known ones, longer and shorter ones
        next.name = "bug-" + std::to_string(number % 2 ? number : number + 100 * i);
        next.program->operations.resize(finding.program->operations.size() -
                                        static_cast<std::size_t>(number % 3));
        store.file(next);
      }
    });
    FindingStore store(folder.path);
    for (const std::string& name : store.names()) {
      const fs::path found = folder.path / name;
      for (const char* file :
           {"input", "program.trace", "report.txt", "report.html", "environment.json", "count"})
        EXPECT_FALSE(content(found / file).empty()) << found / file;
      EXPECT_TRUE(std::holds_alternative<Program>(parse(content(found / "program.trace"))));
      seen += store.count(name);
    }
  }
  FindingStore(folder.path).file(finding);
  for (const auto& entry : fs::directory_iterator(folder.path))
    EXPECT_NE(entry.path().filename().string()[0], '.') << entry.path();
}

TEST(Finding, TwoProcessesMayFileInOneFolder) {
  constexpr int kTimes = 20;
  const Finding finding = finding_of(kLost);
  const TemporaryFolder folder;
  const auto file = [&] {
    FindingStore store(folder.path);
    for (int i = 0; i < kTimes; ++i) store.file(finding);
  };
  std::thread other([&] { EXPECT_EQ(in_child(0, file), 0); });
  EXPECT_EQ(in_child(0, file), 0);
  other.join();
  EXPECT_EQ(FindingStore(folder.path).count(finding.name), 2u * kTimes);
}

// As good as a full disk: files may not grow.
TEST(Finding, AFullDiskChangesNothing) {
  const TemporaryFolder folder;
  const Finding finding = finding_of(kLost);
  FindingStore store(folder.path);
  const fs::path filed = store.file(finding).folder;
  const auto file_with_limit = [&](rlim_t bytes) {
    return in_child(0, [&] {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit = {bytes, bytes};
      setrlimit(RLIMIT_FSIZE, &limit);
      for (const std::string& name : {finding.name, std::string("new")}) {
        Finding next = finding;
        next.name = name;
        next.program->operations.pop_back();  // shorter: all files would be replaced
        try {
          FindingStore(folder.path).file(next);
          _exit(1);
        } catch (const std::system_error& error) {
          if (error.code() != std::errc::file_too_large) _exit(2);
        }
      }
    });
  };
  const std::string report = content(filed / "report.txt");
  for (const rlim_t bytes : {0u, 10u, 300u, 700u})
    EXPECT_EQ(file_with_limit(bytes), 0) << bytes << " bytes";
  EXPECT_EQ(content(filed / "report.txt"), report);
  EXPECT_EQ(content(filed / "count"), "1\n");
  EXPECT_EQ(entries_in(filed), 6u);
  EXPECT_EQ(entries_in(folder.path), 1u) << "what was not finished would be in the way";
}

TEST(Finding, AFolderThatWasClearedByHandIsFilledAgain) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  const Finding finding = finding_of(kLost);
  fs::create_directory(store.folder_of(finding.name));
  EXPECT_EQ(store.file(finding).count, 1u);
  EXPECT_EQ(store.names(), std::vector<std::string>{finding.name});
}

TEST(Finding, RemovesOnlyWhatIsOfTheFinding) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  const fs::path finding = store.file(finding_of(kLost)).folder;
  write_content(finding / "notes", "mine");
  FindingStore::remove(finding);
  EXPECT_EQ(entries_in(finding), 1u);
  fs::remove(finding / "notes");
  FindingStore::remove(finding);
  EXPECT_FALSE(fs::exists(finding));
}

TEST(Finding, NamesOfFoldersAreHarmless) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  EXPECT_EQ(store.folder_of("../../etc/x y<b>").parent_path(), folder.path);
  EXPECT_EQ(store.folder_of("..").filename(), "_..");
}

// Whatever a stranger or a crashing process can bring in.
TEST(Finding, HtmlIsEscaped) {
  const std::string evil = "<script>alert(1)</script>\"'&<!--\x1b[31m\xff";
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  Finding finding = finding_of(kLost);
  finding.report = evil;
  finding.name = evil;
  finding.picture.dirty_is = evil;
  const std::string html = content(store.file(finding).folder / "report.html");
  for (const char* harm : {"<script", "<!--", "\x1b", "\xff"})
    EXPECT_EQ(html.find(harm), std::string::npos) << harm;
  // The picture is there twice, for a wide screen and a narrow one.
  EXPECT_EQ(html.find("<svg", html.find("<svg") + 1), html.rfind("<svg"));
  EXPECT_NE(html.find("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"), std::string::npos);
}

TEST(Finding, TheCommandInTheReportIsOneForAShell) {
  const TemporaryFolder folder;
  FindingStore store(folder.path / "a'b $(touch pwned)");
  const std::string report = content(store.file(finding_of(kLost)).folder / "report.txt");
  EXPECT_NE(report.find("replay 'a'\\''b $(touch pwned)/lockstep.query.missing-dirty/"
                        "program.trace'\n"),
            std::string::npos)
      << report;
}

TEST(Finding, AFolderThatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  write_file(folder.path / "file", "");
  FindingStore store(folder.path / "file" / "findings");
  try {
    store.file(finding_of(kLost));
    FAIL() << "it was filed";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("file"), std::string::npos);
  }
}

// What is found in another subject has its name, and is replayed on it.
TEST(Findings, SayWhatTheyWereFoundIn) {
  const TemporaryFolder folder;
  UnderTest other = the_tracker();
  other.subject = "other-1";
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const auto diagnosis = diagnose(lockstep, program_of(kLost)).value();
  const auto filed = FindingStore(folder.path).file(make_finding(other, lockstep, diagnosis, {}));
  EXPECT_EQ(filed.folder.filename(), "other-1." + diagnosis.name);
  const std::string report = content(filed.folder / "report.txt");
  const std::string command = "./tidemark replay --subject other-1 " +
                              (folder.path.filename() / filed.folder.filename()).string() +
                              "/program.trace\n";
  EXPECT_NE(report.find("\nreplay  " + command), std::string::npos) << report;
  EXPECT_NE(report.find("\n  other-1   "), std::string::npos) << report;
  EXPECT_NE(content(filed.folder / "program.trace").find("\n# " + command), std::string::npos);
  EXPECT_TRUE(
      content(filed.folder / "environment.json").starts_with("{\n  \"subject\": \"other-1\""));
}

TEST(Finding, TheEnvironmentIsJsonWhateverTheSubject) {
  const TemporaryFolder folder;
  FindingStore store(folder.path);
  Finding finding = finding_of(kLost);
  const auto written = [&](const std::string& subject) {
    finding.subject = subject;
    finding.name = "x" + std::to_string(entries_in(folder.path));
    return content(store.file(finding).folder / "environment.json");
  };
  for (const std::string subject : {"a\"b", "\\", "a\nb\x01", "\xc3\xa4", "</script>"})
    EXPECT_EQ(string_in_json(written(subject), "subject"), subject);
  EXPECT_EQ(string_in_json(written("\xff!"), "subject"), "\xef\xbf\xbd!");
  const std::string usual = written(std::string(kTracker));
  for (const char* name : {"commit", "compiler", "options"})
    EXPECT_NE(string_in_json(usual, name).value_or(""), "") << name;
  EXPECT_FALSE(string_in_json(usual, "origin").has_value());
}

TEST(Picture, ShowsThePageThatDiffers) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const auto mismatch = lockstep.run(
      program_of("container v2\nattach g0 emulated\nenroll d0\nmap 1p 3p rw\nmap 5p 1p rw\nstart\n"
                 "pin d0 3p 1p rw\nwrite 2p 1\nquery 0p 8p\n"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(picture_text(draw(lockstep, *mismatch, kTracker), false),
            "pages of 4 KiB from 0 on; # is reported dirty\n"
            "  mapping   .AAA.B..\n"
            "  pins      ...1....\n"
            "  tracker   ...#....\n"
            "  reference ..##....\n"
            "            --^-----\n");
}

// As in the middle of a mapping that is larger than the picture.
TEST(Picture, SaysWhatOfTheMappingItLeavesOut) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  const auto mismatch = lockstep.run(
      program_of("container v2\nmap 10p 200p rw\nstart\nwrite 100p 1\nquery 10p 200p\n"));
  ASSERT_TRUE(mismatch.has_value());
  const Picture picture = draw(lockstep, *mismatch, kTracker, IovaRange{0x64000, 0x65fff});
  EXPECT_EQ(picture.first, 84 * kPageBytes);
  EXPECT_TRUE(picture_text(picture, false)
                  .ends_with("\n  74 pages more of this mapping to the left\n"
                             "  62 pages more of this mapping to the right\n"))
      << picture_text(picture, false);
  for (std::size_t i = 0; i < picture.columns.size(); ++i)
    EXPECT_EQ(picture.columns[i].of_cause, i == 16 || i == 17) << i;
}

TEST(Picture, OfAFindingMarksTheRangeOfItsCause) {
  Lockstep lockstep(lying<Lie::loses_a_page>, make_reference);
  auto diagnosis = diagnose(
      lockstep, program_of("container v2\nmap 0p 2p rw\nstart\nwrite 0p 1\nquery 0p 2p\n"));
  ASSERT_TRUE(diagnosis.has_value());
  diagnosis->cause = diagnosis->mismatch;
  const auto marked = [&](std::size_t operation) {
    diagnosis->cause->operation = operation;
    const auto& columns = make_finding(the_tracker(), lockstep, *diagnosis, {}).picture.columns;
    return std::ranges::count_if(columns, [](const auto& column) { return column.of_cause; });
  };
  ASSERT_EQ(diagnosis->program.operations[1].verb, Verb::start);
  EXPECT_EQ(marked(1), 0) << "it has no range";
  EXPECT_EQ(marked(2), 1);
}

TEST(Picture, IsEmptyWhereThereIsNothingToSee) {
  Lockstep lockstep(lying<Lie::wrong_errno>, make_reference);
  const auto mismatch = lockstep.run(program_of("container v2\nquery 0p 8p\n"));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(picture_text(draw(lockstep, *mismatch, kTracker), true), "");
}

std::string how(const Ending& ending) { return print(signature_of(ending)); }

TEST(Apart, WhatTakesTheProcessDownHasASignature) {
  EXPECT_EQ(how(run_apart([] {}, 10)), "");
  EXPECT_EQ(how(run_apart([] { fail("lock.wrong", "why\n"); }, 10)), "lock.wrong");
  EXPECT_EQ(how(run_apart([] { _exit(3); }, 10)), "died");
  const Ending ending = run_apart(
      [] {
        for (;;) pause();
      },
      1);
  EXPECT_TRUE(ending.timed_out);
  EXPECT_EQ(how(ending), "hang");
}

}  // namespace
}  // namespace tidemark
