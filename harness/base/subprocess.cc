// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "subprocess.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>

// Naming addresses in each child would take longer than all else: that is done
// once, where it is of use (isolation.h).
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "symbolize=0:quarantine_size_mb=16"; }
extern "C" __attribute__((visibility("default"))) const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() {
  return "symbolize=0:print_stacktrace=1:report_error_type=1";
}

namespace tidemark {
namespace {

constexpr std::size_t kMostSaid = 64 * 1024;

}  // namespace

Ending run_apart(const std::function<void()>& what, unsigned seconds) {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    signal(SIGABRT, SIG_DFL);
    what();
    _exit(0);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    throw std::system_error(errno, std::generic_category(), "fork");
  }

  Ending ending;
  const auto started = std::chrono::steady_clock::now();
  const auto left = [&] {
    const std::chrono::duration<double> past = std::chrono::steady_clock::now() - started;
    return seconds - (past.count() - seconds_without_core(child));
  };
  for (;;) {
    pollfd file = {ends[0], POLLIN, 0};
    const double wait = left();
    const int ready = wait > 0 ? poll(&file, 1, static_cast<int>(wait * 1000) + 1) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && left() > 0) continue;
    if (ready == 0) {
      ending.timed_out = true;
      kill(child, SIGKILL);
      break;
    }
    char buffer[4096];
    const ssize_t bytes = read(ends[0], buffer, sizeof(buffer));
    if (bytes <= 0) break;
    if (ending.said.size() < kMostSaid) ending.said.append(buffer, static_cast<std::size_t>(bytes));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  ending.fine = !ending.timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return ending;
}

double seconds_without_core(pid_t child) {
  std::ifstream file("/proc/" + std::to_string(child) + "/schedstat");
  double ran = 0, waited = 0;  // nanoseconds
  return file >> ran >> waited ? waited / 1e9 : 0;
}

Ending run_program(const std::vector<std::string>& words, unsigned seconds) {
  std::vector<std::string> own = words;
  std::vector<char*> pointers;
  for (std::string& word : own) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return run_apart(
      [&pointers] {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(pointers[0], pointers.data());
        _exit(127);
      },
      seconds);
}

}  // namespace tidemark
