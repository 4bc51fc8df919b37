// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known_ends.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "files.h"
#include "finding.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace tidemark {
namespace {

bool is_like(const Program& program, const Program& reduced) {
  if (program.setup.type != reduced.setup.type) return false;
  auto next = reduced.operations.begin();
  for (const Operation& operation : program.operations)
    if (next != reduced.operations.end() && operation.verb == next->verb) ++next;
  return next == reduced.operations.end();
}

// What an engine has put there would take the child for the process that it drives, and keep
// the input as a finding.
void forget_the_engine() {
  for (const int number : {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGXFSZ})
    signal(number, SIG_DFL);
  constexpr auto kEnd = [] { std::_Exit(1); };
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(kEnd);
  std::atexit(kEnd);  // before those that were told earlier
}

[[noreturn]] void be_the_child(const std::function<void()>& run, unsigned milliseconds) {
  forget_the_engine();
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (const int file : {STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, file);
  // SIGALRM ends it.
  const itimerval limit = {{}, {milliseconds / 1000, milliseconds % 1000 * 1000}};
  setitimer(ITIMER_REAL, &limit, nullptr);
  run();
  std::_Exit(0);
}

}  // namespace

KnownEnds::KnownEnds(std::span<const Program> reduced) {
  for (const Program& program : reduced) ends_.push_back({program});
}

bool KnownEnds::leaves_out(const Program& program, const std::function<bool()>& ends) {
  const auto end = std::ranges::find_if(
      ends_, [&program](const End& one) { return is_like(program, one.reduced); });
  if (end == ends_.end() || ++end->like % kRunAnyway == 0) return false;
  const bool is_sure = end->tried >= kSure && end->ended == end->tried;
  if (is_sure && end->like % kTriedOfSure != 0) return true;
  if (end->tried >= kMostTries * (end->ended + 1)) return false;
  ++end->tried;
  const bool ended = ends();
  end->ended += ended;
  return ended;
}

KnownEnds known_ends_by_environment() {
  const char* path = std::getenv(kDeadlyVariable);
  const auto text = path ? read_if_there(path) : std::nullopt;
  return KnownEnds(text ? programs_of(*text).value_or(std::vector<Program>())
                        : std::vector<Program>());
}

bool ends_a_child(const std::function<void()>& run, unsigned milliseconds) {
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) be_the_child(run, milliseconds);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

}  // namespace tidemark
