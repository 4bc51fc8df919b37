// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Children with a time limit, on a core that others want as well.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
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
  const pid_t process = fork();
  if (process == 0) {
    stay_on_first_core();
    compute(0.1);
    _exit(0);
  }
  siginfo_t ignored = {};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(process), &ignored, WEXITED | WNOWAIT), 0);
  EXPECT_GT(seconds_without_core(process), 0.1);
  waitpid(process, nullptr, 0);
}

}  // namespace
}  // namespace tidemark
