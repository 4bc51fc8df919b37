// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark record, of processes that ask a VFIO which the tracker serves (tests/recorded/).
#include <gtest/gtest.h>

#include <csignal>
#include <regex>

#include "cli_fixture.h"
#include "executor.h"
#include "export_c.h"
#include "factories.h"
#include "support.h"
#include "text.h"
#include "verbs.h"

namespace tidemark {
namespace {

class CliRecord : public CliFixture {
 protected:
  CliRecord() {
    for (unsigned group = 7; group < 60; ++group)
      write_content(path() / (decimal(group) + ".type"), group < 40 ? "unknown\n" : "DMA\n");
  }
  Command record(const Words& words) const {
    Words all = {"record", "--recorder", TIDEMARK_RECORDER, "-o", "made.trace"};
    all.insert(all.end(), words.begin(), words.end());
    return tidemark_command(all)
        .in(path())
        .with("LD_PRELOAD", TIDEMARK_FAKE_VFIO)
        .with("FAKE_VFIO", path());
  }
  std::string made() const { return content(path() / "made.trace"); }

  // What is made agrees, on the tracker and on the reference.
  void expect_agrees(const std::string& program) const {
    EXPECT_TRUE(runs(program)) << program;
    file("again.trace", program);
    const Ended ended = run({"replay", "--quiet", "again.trace"});
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  }
};

TEST_F(CliRecord, what_a_command_asked_becomes_a_program_that_agrees) {
  const Ended ended = record({TIDEMARK_ASKS_VFIO, "session"}).run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "tidemark: 21 operations from 21 lines of a record\n"
            "tidemark: the program is in 'made.trace', its log in '" +
                (path() / "made.trace.log").string() + "'\n");
  EXPECT_NE(made().find("write 0p 2p    # inferred: the next reports it\n"
                        "query 0p 4p => 0 words 0:0x3    # "),
            std::string::npos)
      << made();
  expect_agrees(made());
  // The log makes the same once more.
  EXPECT_EQ(run({"import", "made.trace.log"}).out, made());
}

TEST_F(CliRecord, errors_threads_children_and_other_ways_replay_alike) {
  for (const char* what : {"bad-pointers", "with-child", "other-ways"}) {
    const Ended ended = record({TIDEMARK_ASKS_VFIO, what}).run();
    EXPECT_EQ(ended.code, 0) << what << ended.err;
    expect_agrees(made());
  }
}

// Containers with hardware: all that is mapped is dirty.
TEST_F(CliRecord, hardware_is_what_the_kernel_says) {
  EXPECT_EQ(record({TIDEMARK_ASKS_VFIO, "hardware", "40"}).run().code, 0);
  EXPECT_NE(made().find("\nattach g0 hardware=0 => 0 "), std::string::npos) << made();
  EXPECT_EQ(made().find("\nwrite "), std::string::npos) << made();
  EXPECT_NE(made().find("words 0:0xf "), std::string::npos) << made();
  expect_agrees(made());
}

TEST_F(CliRecord, the_exit_code_is_the_commands) {
  EXPECT_EQ(record({"sh", "-c", "exit 7"}).run().code, 7);
  EXPECT_EQ(record({"sh", "-c", "kill -9 $$"}).run().code, 128 + SIGKILL);
  const Ended ended = record({"sh", "-c", "echo out; echo err >&2", "--", "-o"}).run();
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_TRUE(ended.err.starts_with("err\ntidemark: nothing was recorded: ")) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(path() / "made.trace"));
  EXPECT_FALSE(std::filesystem::exists(path() / "made.trace.log"));
}

TEST_F(CliRecord, what_cannot_be_started_or_written_is_exit_code_2) {
  expect_refused(record({"./no-such-command"}).run(), "'./no-such-command': No such file");
  EXPECT_EQ(record({}).run().code, 2);
  expect_refused(run({"record", "--recorder", TIDEMARK_RECORDER, "-o", "no/x", "touch", "here"}),
                 "no/x");
  EXPECT_FALSE(std::filesystem::exists(path() / "here"));
  expect_refused(run({"record", "--recorder", "none.so", "touch", "here"}), "is not there");
}

TEST_F(CliRecord, a_static_program_loads_no_recorder_and_that_is_said) {
  const Ended ended = record({TIDEMARK_ASKS_VFIO "_static", "nothing"}).run();
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(ended.err.starts_with("tidemark: the recorder was not loaded: ")) << ended.err;
}

// From somebody's kill, and not from a terminal, which tells the command itself.
TEST_F(CliRecord, an_interrupt_is_the_commands_and_the_record_is_whole) {
  Command::Running running(record({TIDEMARK_ASKS_VFIO, "forever"}));
  const auto asked = [&] { return content(path() / "made.trace.log").find("extension 0x9"); };
  for (int i = 0; i < 500 && asked() == std::string::npos; ++i) usleep(20000);
  running.kill(SIGINT);
  const Ended ended = running.wait();
  EXPECT_EQ(ended.code, 128 + SIGINT) << ended.err;
  std::size_t extensions = 0;
  const Program program = program_of(made());
  for (const Operation& operation : program.operations)
    extensions += operation.verb == Verb::extension;
  EXPECT_GT(ended.out.size(), 0u);
  EXPECT_GE(extensions, ended.out.size());
  EXPECT_LE(extensions, ended.out.size() + 1);
  expect_agrees(made());
}

// --- Programs that were exported, run, and recorded ---

// The user's calls, with what the reference makes of them.
std::vector<std::string> calls_of(const Program& program) {
  Executor executor;
  executor.reset(program.setup, make_reference);
  std::vector<std::string> calls;
  for (const Operation& operation : program.operations) {
    const Step& step = executor.run(operation)[0];
    if (!has_argument(operation.verb) && operation.verb != Verb::extension) continue;
    std::string call(name(operation.verb));
    if (has_range(operation.verb)) call += " " + hex(step.first) + " " + hex(step.size);
    calls.push_back(call + " " + decimal(step.result));
  }
  return calls;
}

// GROUP DEVICE of each slot that the exported program asks for, by what it says without any.
std::optional<Words> groups_for(const std::string& usage) {
  static const std::regex slot("GROUP DEVICE [0-9]+: (emulated|hardware=([0-9]+))");
  static const std::regex any("GROUP DEVICE [0-9]+: ");
  Words words;
  unsigned next = 0;
  for (std::sregex_iterator at(usage.begin(), usage.end(), slot), end; at != end; ++at) {
    const bool hardware = (*at)[2].matched;
    words.push_back(decimal(hardware ? 40 + 10 * (next++ % 2) + std::stoul((*at)[2]) : 7 + next++));
    words.emplace_back("a-device");
  }
  const auto all = std::distance(std::sregex_iterator(usage.begin(), usage.end(), any), {});
  if (words.size() != 2 * static_cast<std::size_t>(all)) return std::nullopt;
  return words;
}

class CliRecordExported : public CliRecord, public testing::WithParamInterface<const char*> {};

TEST_P(CliRecordExported, gives_the_program_back) {
  const std::string text = content(std::filesystem::path(TIDEMARK_CORPUS_DIR) / "seeds" /
                                   (std::string(GetParam()) + ".trace"));
  const Program program = program_of(text);
  const auto exported = export_c(program, {"a seed", {}});
  ASSERT_TRUE(exported);
  file("repro.c", *exported);
  const Command compile(
      {"/usr/bin/env", TIDEMARK_CC, "-std=c11", "-pthread", "-o", "repro", "repro.c"});
  ASSERT_EQ(Command(compile).in(path()).run().code, 0);
  const auto groups = groups_for(Command({"./repro"}).in(path()).run().err);
  ASSERT_TRUE(groups);
  Words words = {"./repro"};
  words.insert(words.end(), groups->begin(), groups->end());
  const Ended ended = record(words).run();
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(calls_of(program_of(made())), calls_of(program)) << made();
  EXPECT_TRUE(runs(made())) << made();
}

INSTANTIATE_TEST_SUITE_P(Seed, CliRecordExported,
                         testing::Values("bits-count-from-the-range", "pinned-page-stays-dirty",
                                         "hardware-group-makes-everything-dirty",
                                         "unmap-reports-marks",
                                         "unpinned-page-is-reported-once-more", "unmap-over-holes",
                                         "info-in-buffers-of-all-sizes", "read-only-pin-counts",
                                         "v1-unmap-takes-what-begins-in-the-range",
                                         "last-page-of-the-address-space",
                                         "mappings-do-not-overlap", "wrong-bitmap-size-is-refused"),
                         [](const auto& seed) {
                           std::string name = seed.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace tidemark
