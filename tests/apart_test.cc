// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Children with a time limit, on a core that others want as well.
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "subprocess.h"

namespace tidemark {
namespace {

void stay_on_first_core() {
  cpu_set_t allowed, first;
  CPU_ZERO(&first);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) _exit(1);
  int core = 0;
  while (!CPU_ISSET(core, &allowed)) ++core;
  CPU_SET(core, &first);
  if (sched_setaffinity(0, sizeof(first), &first) != 0) _exit(1);
}

void compute(double seconds) {
  while (static_cast<double>(std::clock()) / CLOCKS_PER_SEC < seconds) {
  }
}

// Processes that keep the first core busy.
class Crowd {
 public:
  explicit Crowd(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const pid_t process = fork();
      if (process > 0) processes_.push_back(process);
      if (process != 0) continue;
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      stay_on_first_core();
      compute(60);
      _exit(0);
    }
  }
  ~Crowd() {
    for (const pid_t process : processes_) {
      kill(process, SIGKILL);
      waitpid(process, nullptr, 0);
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::vector<pid_t> processes_;
};

TEST(Apart, WaitingForACoreTakesNoneOfTheTime) {
  const Crowd crowd(9);
  const auto started = std::chrono::steady_clock::now();
  const Ending ending = run_apart(
      [] {
        stay_on_first_core();
        compute(0.3);
      },
      1);
  const std::chrono::duration<double> past = std::chrono::steady_clock::now() - started;
  EXPECT_TRUE(ending.fine);
  EXPECT_GT(past.count(), 1) << "nobody kept it waiting";
}

// As long as one of ours has not been waited for, its time is known.
TEST(Apart, TimeWithoutACoreIsKnownOfWhoHasEnded) {
  const Crowd crowd(3);
  Child child(
      [] {
        stay_on_first_core();
        compute(0.1);
      },
      Heard::errors);
  child.wait_for_end();
  EXPECT_GT(child.seconds_without_core(), 0.1);
  EXPECT_EQ(child.wait(), 0);
}

TEST(Apart, SaysHowAChildEnded) {
  EXPECT_EQ(run_apart([] {}, 60).code, 0);
  EXPECT_EQ(run_apart([] { _exit(101); }, 60).code, 101);
  EXPECT_EQ(run_apart([] { raise(SIGTERM); }, 60).code, -1);
  const Ending threw = run_apart([] { throw std::runtime_error("not caught"); }, 60);
  EXPECT_NE(threw.code, 0) << "it ran on: " << threw.said;
  const Ending hung = run_apart([] { pause(); }, 1);
  EXPECT_TRUE(hung.timed_out);
  EXPECT_EQ(hung.code, -1);
  EXPECT_NE(hung.said.find("    #0 "), std::string::npos) << "no stack: " << hung.said;
}

// Whatever it makes of the question where it is.
TEST(Apart, AChildThatDoesNotAnswerIsKilled) {
  const Ending hung = run_apart(
      [] {
        signal(SIGABRT, SIG_IGN);
        for (;;) pause();
      },
      1);
  EXPECT_TRUE(hung.timed_out);
  EXPECT_EQ(hung.said, "");
}

TEST(Apart, OfAProgramAllIsHeard) {
  const Ending ending = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"}, 60);
  EXPECT_EQ(ending.said, "out\nerr\n");
  EXPECT_EQ(ending.code, 3);
  EXPECT_FALSE(ending.fine);
}

TEST(Apart, AProgramThatCannotBeRunIsNamed) {
  const Ending ending = run_program({"./no such program", "x"}, 60);
  EXPECT_EQ(ending.said, "./no such program: No such file or directory\n");
  EXPECT_EQ(ending.code, 127);
}

TEST(Apart, WhatIsSaidIsCutButReadToItsEnd) {
  const Ending ending = run_program({"sh", "-c", "yes | head -c 1000000"}, 60);
  EXPECT_TRUE(ending.fine);
  EXPECT_GE(ending.said.size(), 64u * 1024);
  EXPECT_LT(ending.said.size(), 128u * 1024);
}

TEST(Apart, AChildIsReadWhileItRuns) {
  Child child([] { become_program({"sh", "-c", "echo one; exec sleep 60"}); }, Heard::all);
  std::string said;
  while (said != "one\n") ASSERT_TRUE(child.read_output(said)) << said;
  child.kill(SIGKILL);
  while (child.read_output(said)) {
  }
  EXPECT_EQ(child.output(), -1);
  EXPECT_EQ(child.wait(), -1);
}

// Nobody would stop it any more. Both can write to what we read.
TEST(Apart, AChildEndsWithItsParent) {
  Child parent(
      [] {
        const Child child(
            [] {
              std::puts("up");
              std::fflush(stdout);
              sleep(60);
            },
            Heard::errors);
        sleep(60);
      },
      Heard::all);
  std::string said;
  while (said != "up\n") ASSERT_TRUE(parent.read_output(said));
  parent.kill(SIGKILL);
  pollfd file = {parent.output(), POLLIN, 0};
  ASSERT_EQ(poll(&file, 1, 30'000), 1) << "it lives on";
  EXPECT_FALSE(parent.read_output(said));
}

}  // namespace
}  // namespace tidemark
