// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

// Naming addresses in each child would take longer than all else: that is done
// once, where it is of use (isolation.h).
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  // An end with the stack of who came to it is one that can be named.
  return "symbolize=0:quarantine_size_mb=16:handle_abort=1:handle_sigill=1:handle_sigtrap=1";
}
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));
extern "C" __attribute__((visibility("default"))) const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() {
  return "symbolize=0:print_stacktrace=1:report_error_type=1";
}

namespace tidemark {
namespace {

constexpr std::size_t kMostSaid = 64 * 1024;

// Its time is up. AddressSanitizer answers with the stack, which says where the child was.
void end_late(Child& child, Ending& ending) {
  constexpr int kMilliseconds = 1000;
  ending.timed_out = true;
  child.kill(SIGABRT);
  pollfd file = {child.output(), POLLIN, 0};
  while (ending.said.size() < kMostSaid && poll(&file, 1, kMilliseconds) > 0 &&
         child.read_output(ending.said)) {
  }
  child.kill(SIGKILL);
}

// Reads what a child says until it ends, or its time is up.
Ending watch(Child& child, unsigned seconds, const std::function<void()>& each_second = {}) {
  Ending ending;
  const auto started = std::chrono::steady_clock::now();
  const auto left = [&] {
    const std::chrono::duration<double> past = std::chrono::steady_clock::now() - started;
    return seconds - (past.count() - child.seconds_without_core());
  };
  for (;;) {
    pollfd file = {child.output(), POLLIN, 0};
    const double wait = each_second ? std::min(left(), 1.0) : left();
    const int ready = wait > 0 ? poll(&file, 1, static_cast<int>(wait * 1000) + 1) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && left() > 0) {
      if (each_second) each_second();
      continue;
    }
    if (ready == 0) {
      end_late(child, ending);
      break;
    }
    std::string said;
    if (!child.read_output(said)) break;
    if (ending.said.size() < kMostSaid) ending.said += said;
  }
  const int code = child.wait();
  ending.code = ending.timed_out ? -1 : code;
  ending.fine = ending.code == 0;
  return ending;
}

}  // namespace

Child::Child(const std::function<void()>& what, Heard heard) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before that
    for (const int signal_number : {SIGINT, SIGTERM}) signal(signal_number, SIG_DFL);
    // A fuzzing process would write its own input down as the one that did it.
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(nullptr);
    dup2(ends[1], STDERR_FILENO);
    if (heard == Heard::all) dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    // What is thrown must not go on in a copy of our caller.
    [&what]() noexcept { what(); }();
    _exit(0);
  }
  close(ends[1]);
  output_ = ends[0];
  if (process_ > 0) return;
  close(output_);
  throw std::system_error(errno, std::generic_category(), "fork");
}

Child::~Child() {
  if (output_ >= 0) close(output_);
  if (process_ < 0) return;
  kill(SIGKILL);
  wait();
}

bool Child::read_output(std::string& said) {
  char buffer[16384];
  const ssize_t bytes = read(output_, buffer, sizeof(buffer));
  if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (bytes > 0) {
    said.append(buffer, static_cast<std::size_t>(bytes));
    return true;
  }
  close(std::exchange(output_, -1));
  return false;
}

void Child::kill(int signal_number) const {
  if (process_ > 0) ::kill(process_, signal_number);
}

void Child::kill_group() const {
  if (process_ > 0) ::kill(-process_, SIGKILL);
}

namespace {

struct Schedule {
  double ran = 0, waited = 0;  // seconds
};

Schedule schedule_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/schedstat");
  Schedule nanoseconds;
  if (!(file >> nanoseconds.ran >> nanoseconds.waited)) return {};
  return {nanoseconds.ran / 1e9, nanoseconds.waited / 1e9};
}

// And all that it has started, and these.
std::vector<pid_t> with_those_below(pid_t process) {
  std::vector<pid_t> processes = {process};
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const std::string number = std::to_string(processes[i]);
    std::string path = "/proc/" + number;
    path += "/task/" + number;
    path += "/children";
    std::ifstream file(path);
    for (pid_t below = 0; file >> below;) processes.push_back(below);
  }
  return processes;
}

std::uint64_t memory_mib_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::uint64_t size = 0, resident = 0;
  if (!(file >> size >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) >> 20;
}

// Of those that it has waited for.
double seconds_of_ended(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  // Its name, in brackets, may have any characters. cutime is field 16, cstime 17.
  std::istringstream fields(text.substr(std::min(text.rfind(')'), text.size())));
  std::string other;
  for (int field = 2; field < 16; ++field) fields >> other;
  double user = 0, system = 0;  // in ticks
  if (!(fields >> user >> system)) return 0;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

double Child::seconds_without_core() const {
  double seconds = 0;
  for (const pid_t process : with_those_below(process_)) seconds += schedule_of(process).waited;
  return seconds;
}

double Child::seconds_with_core() const {
  double seconds = 0;
  for (const pid_t process : with_those_below(process_))
    seconds += schedule_of(process).ran + seconds_of_ended(process);
  return seconds;
}

std::uint64_t Child::memory_mib() const {
  std::uint64_t most = 0;
  for (const pid_t process : with_those_below(process_))
    most = std::max(most, memory_mib_of(process));
  return most;
}

void Child::wait_for_end() const {
  siginfo_t ignored = {};
  while (waitid(P_PID, static_cast<id_t>(process_), &ignored, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
}

int Child::wait() {
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  ended_by_ = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void become_program(const std::vector<std::string>& words) {
  std::vector<std::string> own = words;
  std::vector<char*> pointers;
  for (std::string& word : own) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  std::perror(pointers[0]);
  _exit(127);
}

Ending run_apart(const std::function<void()>& what, unsigned seconds,
                 const std::function<void()>& each_second) {
  Child child(what, Heard::errors);
  return watch(child, seconds, each_second);
}

Ending run_program(const std::vector<std::string>& words, unsigned seconds,
                   const std::function<void()>& each_second) {
  Child child([&words] { become_program(words); }, Heard::all);
  return watch(child, seconds, each_second);
}

}  // namespace tidemark
