// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The command line, with whatever a stranger may give it.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "cli_fixture.h"
#include "command.h"
#include "json_text.h"
#include "program_bytes.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// Each way to give the program a file.
std::vector<Words> uses_of(const std::string& file) {
  return {{"replay", "--", file},
          {"replay", "--json", "--", file},
          {"show", "--", file},
          {"minimise", "--", file},
          {"export", "c", "--", file},
          {"export", "gtest", "--", file},
          {"keep", "--corpus", ".", "--", file, "a-name"}};
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class Cli : public CliFixture {};

TEST_F(Cli, ExitCodesAreAsDocumented) {
  file("lost", kLost);
  EXPECT_EQ(run({"replay", "lost"}).code, 0);
  EXPECT_EQ(tidemark_command({"replay", "lost"}).in(path()).lying("loses-a-page").run().code, 1);
  EXPECT_EQ(tidemark_command({"minimise", "lost"}).in(path()).lying("loses-a-page").run().code, 0);
  for (const Words& words : std::vector<Words>{{},
                                               {"frobnicate"},
                                               {"replay"},
                                               {"replay", "--loud", "lost"},
                                               {"replay", "--quiet", "--json", "lost"},
                                               {"export", "lost"},
                                               {"export", "rust", "lost"},
                                               {"keep", "lost"},
                                               {"merge"},
                                               {"fuzz", "--seconds", "soon"}}) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2) << joined(words);
    EXPECT_NE(ended.err, "") << joined(words);
  }
  for (const char* command : {"replay", "show", "minimise", "keep", "export", "merge", "fuzz"}) {
    const Ended ended = run({command, "--help"});
    EXPECT_EQ(ended.code, 0) << command;
    EXPECT_NE(ended.out.find("Exit code:"), std::string::npos) << command;
  }
}

// Linux is not linked into this program.
TEST_F(Cli, ASubjectThatIsNotHereIsRefusedAndSaysHowToGetIt) {
  file("lost", kLost);
  for (const Words& words : std::vector<Words>{
           {"replay", "lost"}, {"minimise", "lost"}, {"fuzz", "--target", "x", "--seeds", "."}}) {
    Words more = words;
    more.insert(more.begin() + 1, {"--subject", "linux-6.1"});
    expect_refused(run(more),
                   "there is no subject 'linux-6.1', only linux:DIR, ./LIBRARY.so, and: tracker; "
                   "./tidemark linux --setup");
  }
  EXPECT_EQ(run({"replay", "--subject", "tracker", "lost"}).code, 0);
}

// The program that runs elsewhere is the one whose tracker lies only when told.
TEST_F(Cli, TheRealProgramAgreesWithItself) {
  file("lost", kLost);
  EXPECT_EQ(Command({TIDEMARK_PROGRAM, "replay", "lost"}).in(path()).run().code, 0);
}

TEST_F(Cli, AnyContentGetsAVerdictOrAMessage) {
  const std::string content[] = {"",
                                 "\n\n\n",
                                 "#",
                                 std::string(5000, '\0'),
                                 std::string(5000, '\xff'),
                                 random_bytes(16, 1),
                                 random_bytes(4000, 2),
                                 random_bytes(100'000, 3),
                                 "map map map\n",
                                 "container v2\nmap 99999999999999999999999p 1p rw\n",
                                 std::string(100'000, 'a'),
                                 std::string("start\n\0stop\n", 12),
                                 "\xef\xbb\xbfstart\n",
                                 "query 0p 4p => 0x\n"};
  for (std::size_t i = 0; i < std::size(content); ++i) {
    file("x", content[i]);
    for (const Words& words : uses_of("x")) {
      const Ended ended = run(words);
      EXPECT_TRUE(ended.code == 0 || ended.code == 2) << i << ": " << joined(words) << ended.code;
      const bool says = ended.code == 2 || content[i].size() > kMaxProgramBytes;
      EXPECT_EQ(lines(ended.err) > 0, says) << i << ": " << joined(words) << ended.err;
      EXPECT_LE(lines(ended.err), 2) << i << ": " << joined(words) << ended.err;
    }
  }
}

TEST_F(Cli, ALargeFileIsRefusedAtOnceAndNotRead) {
  file("small", "start\n");
  file("large", "");
  fs::resize_file(path() / "large", 100'000'000);
  const long usual = run({"show", "small"}).peak_kib;
  for (const Words& words : uses_of("large")) {
    const Ended ended = run(words);
    expect_refused(ended, "'large': larger than 4194304 bytes");
    EXPECT_LT(ended.seconds, 10) << joined(words);
    EXPECT_LT(ended.peak_kib, usual + 30'000) << joined(words);
  }
}

TEST_F(Cli, WhatIsNoReadableFileIsNamed) {
  for (const Words& words : uses_of("none")) EXPECT_EQ(run(words).code, 2) << joined(words);
  expect_refused(run({"replay", "none"}), "'none': No such file or directory");
  expect_refused(run({"show", "."}), "'.' is a folder, and no finding's");
  expect_refused(run({"minimise", "/proc/self/mem"}), "'/proc/self/mem': Input/output error");
}

TEST_F(Cli, NoneIsRunIfOneIsNoProgram) {
  file("good", kLost);
  file("bad", "nonsense\n");
  const Ended ended = run({"replay", "good", "bad"});
  expect_refused(ended, "'bad':1: ");
  EXPECT_EQ(ended.out, "");
}

const Words& strange_names() {
  static const Words names = {"with space",
                              "new\nline",
                              "quote'\"s",
                              "; touch pwned",
                              "$(touch pwned)",
                              "`touch pwned`",
                              "-dash",
                              "--help",
                              "\xc3\xa4\xe2\x82\xac",
                              "\xff\xfe",
                              "esc\x1b[31m",
                              "\302\23331m",
                              "{}",
                              "%s%n",
                              "*/ comment",
                              "<script>alert(1)"};
  return names;
}

// No name feigns a second line, or steers the terminal.
void expect_harmless(const Ended& ended, const std::string& what) {
  for (const std::string* text : {&ended.out, &ended.err})
    for (const char* harm : {"new\nline", "\x1b", "\xc2\x9b"})
      EXPECT_EQ(text->find(harm), std::string::npos) << what << *text;
}

TEST_F(Cli, AnyNameWillDo) {
  for (const std::string& name : strange_names()) {
    file(name, kLost);
    for (const Words& words : uses_of(name)) {
      const bool fails = words[0] == "minimise" || words[0] == "keep";
      Command command = tidemark_command(words).in(path());
      if (fails) command.lying("loses-a-page");
      const Ended ended = command.run();
      EXPECT_EQ(ended.code, 0) << joined(words) << ended.err;
      expect_harmless(ended, joined(words));
      fs::remove(path() / "regressions" / "a-name.trace");
    }
    const std::string result = fs::path(name).filename().string() + ".min.trace";
    EXPECT_TRUE(fs::exists(path() / result)) << name;
    expect_harmless(run({"replay", name + ".none"}), name);
  }
  EXPECT_FALSE(fs::exists(path() / "pwned"));
}

TEST_F(Cli, AVerdictIsOneLineWhateverTheName) {
  for (const std::string& name : strange_names()) {
    file(name, kLost);
    const Ended ended = run({"replay", "--quiet", "--", name});
    EXPECT_EQ(lines(ended.out), 1) << ended.out;
    EXPECT_TRUE(ended.out.ends_with(": agrees\n")) << ended.out;
    const std::string json = run({"replay", "--json", "--", name}).out;
    EXPECT_EQ(lines(json), 1);
    EXPECT_TRUE(is_json(json)) << json;
  }
}

TEST_F(Cli, JsonHasNoNumberThatItsReadersRound) {
  file("x",
       "attach g0 hardware=0\nmap 0xfffffffffffff000 4096 rw\nstart\n"
       "query 0xfffffffffffff000 4096\n");
  const std::string json = run({"replay", "--json", "x"}).out;
  for (const char* part :
       {R"("first":"0xfffffffffffff000","size":"0x1000")", R"("words":[[0,0,"0x1"]])"})
    EXPECT_NE(json.find(part), std::string::npos) << json;
  const std::string lost =
      tidemark_command({"replay", "--json", "lost"}).in(path()).lying("loses-a-page").run().out;
  EXPECT_EQ(lost.find("\"pages\":[0"), std::string::npos) << lost;
}

// What stands behind => is the file's, and no difference between tracker and reference.
TEST_F(Cli, AnExpectationThatFailsIsSaidToBeTheFiles) {
  file("wrong", std::string(kLost) + "query 0p 4p => 0 words 0:0x1\n");
  const Ended replayed = run({"replay", "wrong"});
  EXPECT_EQ(replayed.code, 1);
  EXPECT_NE(replayed.out.find("by        the program itself"), std::string::npos) << replayed.out;
  expect_refused(run({"minimise", "wrong"}), "What it expects behind => does not count here");
}

// Nothing is said of words that are not where they are looked for.
TEST_F(Cli, AnAnswerElsewhereIsNotCalledClean) {
  const std::string dirty = "attach g0 emulated\nmap 0p 1p rw\nstart\nwrite 0p 1\n";
  for (const char* bitmap : {"0x10000", "0x20000001"}) {
    file("far", dirty + "query 0p 1p bitmap=" + bitmap + "\n");
    const std::string text = run({"replay", "far"}).out;
    EXPECT_NE(text.find(std::string("stored at ") + bitmap), std::string::npos) << text;
    EXPECT_EQ(text.find("clean"), std::string::npos) << text;
  }
  file("near", dirty + "query 0p 1p bitmap=0x20000008\n");
  EXPECT_NE(run({"replay", "near"}).out.find("dirty 0:0x1"), std::string::npos);
}

TEST_F(Cli, AReplayNamesTheRuleThatIsBroken) {
  file("lost", kLost);
  const Ended ended = tidemark_command({"replay", "lost"}).in(path()).lying("loses-a-page").run();
  EXPECT_NE(ended.out.find("docs/contract.md#n1"), std::string::npos) << ended.out;
}

// As it is named where findings are listed.
TEST_F(Cli, AFindingsFolderIsAProgram) {
  file("findings/x/program.trace", kLost);
  EXPECT_EQ(run({"show", "findings/x"}).out, run({"show", "findings/x/program.trace"}).out);
  const Ended replayed = run({"replay", "--quiet", "findings/x/"});
  EXPECT_EQ(replayed.out, "findings/x/: agrees\n") << replayed.err;
  EXPECT_EQ(run({"export", "c", "findings/x"}).code, 0);
  const Ended reduced =
      tidemark_command({"minimise", "findings/x/"}).in(path()).lying("loses-a-page").run();
  EXPECT_EQ(reduced.code, 0) << reduced.err;
  EXPECT_TRUE(fs::exists(path() / "findings/x/program.min.trace"));
  // In what it was found, unless it is said.
  file("findings/x/environment.json", R"({"subject": "other"})");
  expect_refused(run({"replay", "findings/x"}), "there is no subject 'other'");
  EXPECT_EQ(run({"replay", "--subject", "tracker", "findings/x"}).code, 0);
  fs::remove(path() / "findings/x/program.trace");
  expect_refused(run({"replay", "--subject", "tracker", "findings/x"}),
                 "'findings/x' is a folder, and no finding's");
}

// What a text begins with goes along as a comment: it must stay one.
TEST_F(Cli, AnExportOfAStrangersCommentsIsStillOneComment) {
  file("x", std::string("# */ #error broke out\n# ?\?/\n# \\\n#error \"\n") + kLost);
  const Ended ended = run({"export", "c", "x"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out.find("\n#error"), std::string::npos);
  EXPECT_EQ(ended.out.find("*/ #error"), std::string::npos);
}

// So that a program runs behind the IOMMU that somebody has.
TEST_F(Cli, AnExportTakesOtherHardwareThanItsPrograms) {
  file("x", "attach g0 emulated\nattach g1 hardware=2\nmap 0p 1p rw\nattach g2 hardware=0\n");
  const Ended ended = run({"export", "c", "--hardware", "5 aperture=0x0-0xfffff", "x"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::string kind = "\"hardware, page sizes 0x40201000, addresses 0x0-0xfffff but ";
  EXPECT_NE(ended.out.find(kind, ended.out.find(kind) + 1), std::string::npos) << ended.out;
  // A page of 4 KiB fits now.
  EXPECT_NE(ended.out.find("map 0p 1p rw => 0 "), std::string::npos) << ended.out;
  EXPECT_EQ(run({"export", "c", "--hardware", "2", "x"}).out.find("map 0p 1p rw => 0 "),
            std::string::npos);
  for (const char* words : {"five", "5 aperture=1", "5\nstart", "5\nmap 0p 1p rw"})
    expect_refused(run({"export", "c", "--hardware", words, "x"}), "no hardware is like '");
}

TEST_F(Cli, AFullDiskIsExitCodeTwo) {
  file("lost", kLost);
  for (const Words& words : std::vector<Words>{{"replay", "lost"},
                                               {"replay", "--json", "lost"},
                                               {"show", "lost"},
                                               {"export", "c", "lost"},
                                               {"export", "gtest", "lost"},
                                               {"replay", "--help"}}) {
    const Ended ended = tidemark_command(words).in(path()).output_to("/dev/full").run();
    EXPECT_EQ(ended.code, 2) << joined(words);
    EXPECT_NE(ended.err.find("No space left on device"), std::string::npos)
        << joined(words) << ended.err;
  }
  const Ended of_many =
      tidemark_command({"replay", "lost", "lost"}).in(path()).output_to("/dev/full").run();
  EXPECT_EQ(of_many.code, 2);
  EXPECT_NE(of_many.err.find("No space left on device"), std::string::npos) << of_many.err;
  expect_refused(run({"export", "c", "-o", "/dev/full", "lost"}), "No space left on device");

  const Ended ended =
      tidemark_command({"minimise", "lost"}).in(path()).lying("loses-a-page").disk(10).run();
  expect_refused(ended, "File too large");
  EXPECT_EQ(content(path() / "lost"), kLost);
  EXPECT_EQ(entries_in(path()), 2u) << "regressions and the input, nothing half-written";
}

// --- What a failing program shows ---

TEST_F(Cli, ReplayShowsThePicture) {
  file("lost", kLost);
  Command replay = tidemark_command({"replay", "lost"}).in(path()).lying("loses-a-page");
  const Ended plain = replay.run();
  EXPECT_EQ(plain.code, 1);
  EXPECT_TRUE(plain.out.starts_with("lost\n      container v2\n   1  attach g0 ")) << plain.out;
  EXPECT_NE(plain.out.find("  reference ..#.....\n            --^-\n"), std::string::npos)
      << plain.out;
  EXPECT_EQ(plain.out.find('\x1b'), std::string::npos);
}

TEST_F(Cli, ThePictureHasColourWhereTheTerminalHas) {
  file("lost", kLost);
  const Command replay =
      tidemark_command({"replay", "lost"}).in(path()).lying("loses-a-page").on_terminal();
  EXPECT_NE(replay.run().out.find("\x1b[1;31m#\x1b[0m"), std::string::npos);
  for (const auto& [variable, value] :
       {std::pair("NO_COLOR", "1"), {"TERM", "dumb"}, {"TERM", ""}}) {
    const Ended ended = Command(replay).with(variable, value).run();
    EXPECT_NE(ended.out.find("reference ..#"), std::string::npos) << variable << ended.out;
    EXPECT_EQ(ended.out.find('\x1b'), std::string::npos) << variable;
  }
  const Ended ended = Command(replay).with("NO_COLOR", "").run();
  EXPECT_NE(ended.out.find('\x1b'), std::string::npos) << "an empty NO_COLOR says nothing";
}

TEST_F(Cli, ACrashIsAVerdict) {
  file("v1", "container v1\nstart\n");
  file("v2", "container v2\nstart\n");
  const Ended ended = tidemark_command({"replay", "v1", "v2"}).in(path()).lying("dies").run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("v1: crashes: "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("v2: agrees"), std::string::npos) << "the next is run all the same";
  // So is an end that looks like none.
  const Ended exits = tidemark_command({"replay", "v1"}).in(path()).lying("exits").run();
  EXPECT_EQ(exits.code, 1) << exits.err;
  EXPECT_NE(exits.out.find("v1: crashes: died.exit"), std::string::npos) << exits.out;
  const Ended json = tidemark_command({"replay", "--json", "v1"}).in(path()).lying("dies").run();
  EXPECT_NE(json.out.find(R"("verdict":"crashes")"), std::string::npos) << json.out;
}

// --- minimise ---

TEST_F(Cli, MinimiseWritesTheResultWhereOneStands) {
  const std::string longer =
      std::string("# <b>why</b>\n") + kLost + "map 10p 4p rw\nquery 10p 4p\nquery 10p 4p\nstop\n";
  file("far/x.trace", longer);
  const Ended ended =
      tidemark_command({"minimise", "far/x.trace"}).in(path()).lying("loses-a-page").run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* part : {"before  9 operations\n", "after   4 operations, in ", " runs\n",
                           "step 4 of 4: query", "means     missing-dirty: ",
                           "expected  words 0:0x1", "reference #", "written to 'x.min.trace'"})
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << " in\n" << ended.out;
  EXPECT_EQ(content(path() / "far" / "x.trace"), longer);
  EXPECT_EQ(entries_in(path() / "far"), 1u) << "in a corpus it would be taken for a test";
  const std::string result = content(path() / "x.min.trace");
  EXPECT_TRUE(
      result.starts_with("# lockstep.query.missing-dirty\n# ./tidemark replay x.min.trace\n"))
      << result;
  const Ended replayed =
      tidemark_command({"replay", "x.min.trace"}).in(path()).lying("loses-a-page").run();
  EXPECT_EQ(replayed.code, 1);
  EXPECT_NE(replayed.out.find(": diverges: lockstep.query.missing-dirty\n"), std::string::npos)
      << replayed.out;
}

TEST_F(Cli, WhatIsSmallAlreadyIsSaidAndNotWritten) {
  file("x", kLost);
  const auto minimise = [&](Words words) {
    words.insert(words.begin(), "minimise");
    return tidemark_command(words).in(path()).lying("loses-a-page").run();
  };
  EXPECT_EQ(minimise({"x", "-o", "small"}).code, 0);
  EXPECT_FALSE(fs::exists(path() / "x.min.trace"));
  const Ended ended = minimise({"small"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("; it was as small already as this can make it\n"), std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("nothing is written: 'small' is that program"), std::string::npos);
  EXPECT_FALSE(fs::exists(path() / "small.min.trace"));
  EXPECT_EQ(minimise({"small", "-o", "again"}).code, 0);
  EXPECT_EQ(run({"show", "again"}).out, run({"show", "small"}).out);
}

TEST_F(Cli, MinimiseHasNothingToDoForAProgramThatPasses) {
  file("lost", kLost);
  expect_refused(run({"minimise", "lost"}), "'lost' does nothing wrong");
  EXPECT_EQ(entries_in(path()), 2u);
}

TEST_F(Cli, MinimiseReducesWhatTakesTheProcessDown) {
  file("x", "container v1\nattach g0 emulated\nmap 0p 4p rw\nunmap 0p 4p\n");
  const Ended ended = tidemark_command({"minimise", "x"}).in(path()).lying("dies").run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("after   0 operations"), std::string::npos) << ended.out;
  EXPECT_NE(content(path() / "x.min.trace").find("container v1"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
