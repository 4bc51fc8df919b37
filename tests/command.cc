// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "command.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <utility>

namespace tidemark {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A file would count for the limit of how large files may get.
std::pair<int, int> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {ends[0], ends[1]};
}

}  // namespace

Command& Command::with(const std::string& variable, const std::string& value) {
  variables_.emplace_back(variable, value);
  return *this;
}

Ended Command::run(double seconds) const { return Running(*this).wait(seconds); }

void Command::become(int out, int err) const {
  if (!terminal_)
    dup2(output_.empty() ? out : open(output_.c_str(), O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  for (const char* inherited : {"NO_COLOR", "TIDEMARK_LIE", "TIDEMARK_REPORTED"})
    unsetenv(inherited);
  setenv("TERM", "xterm", 1);
  for (const auto& [variable, value] : variables_) setenv(variable.c_str(), value.c_str(), 1);
  if (disk_bytes_ >= 0) {
    rlimit limit = {};
    getrlimit(RLIMIT_FSIZE, &limit);  // the most there may be stays
    limit.rlim_cur = static_cast<rlim_t>(disk_bytes_);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::vector<char*> pointers;
  for (const std::string& word : words_) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  if (chdir(folder_.c_str()) == 0) execv(pointers[0], pointers.data());
  std::perror(pointers[0]);
  _exit(127);
}

Command::Running::Running(const Command& command) : began_(now()) {
  const auto [out, out_end] = make_pipe();
  const auto [err, err_end] = make_pipe();
  out_.file = out;
  err_.file = err;
  int terminal = -1;
  const winsize size = {.ws_row = 24, .ws_col = command.terminal_, .ws_xpixel = 0, .ws_ypixel = 0};
  process_ = command.terminal_ ? forkpty(&terminal, nullptr, nullptr, &size) : fork();
  if (process_ == 0) command.become(out_end, err_end);
  close(out_end);
  close(err_end);
  if (terminal >= 0) close(std::exchange(out_.file, terminal));
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
}

Command::Running::~Running() {
  close(out_.file);
  close(err_.file);
  if (process_ < 0) return;
  kill(SIGKILL);
  waitpid(process_, nullptr, 0);
}

void Command::Running::kill(int signal) const { ::kill(process_, signal); }

void Command::Running::make_room() const {
  rlimit limit = {};
  prlimit(process_, RLIMIT_FSIZE, nullptr, &limit);
  limit.rlim_cur = limit.rlim_max;
  prlimit(process_, RLIMIT_FSIZE, &limit, nullptr);
}

void Command::Running::Stream::read() {
  pollfd ready = {file, POLLIN, 0};
  char buffer[4096];
  while (poll(&ready, 1, 0) > 0) {
    const ssize_t bytes = ::read(file, buffer, sizeof(buffer));
    if (bytes <= 0) return;  // nobody has the other end any more
    text.append(buffer, static_cast<std::size_t>(bytes));
  }
}

Ended Command::Running::wait(double seconds) {
  int status = 0;
  rusage usage = {};
  while (wait4(process_, &status, WNOHANG, &usage) == 0) {
    out_.read();
    err_.read();
    if (now() > began_ + seconds) kill(SIGKILL);
    usleep(5000);
  }
  process_ = -1;
  out_.read();
  err_.read();
  Ended ended;
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  ended.out = out_.text;
  ended.err = err_.text;
  ended.seconds = now() - began_;
  ended.peak_kib = usage.ru_maxrss;
  return ended;
}

Command tidemark_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TIDEMARK_LYING_PROGRAM);
  return Command(std::move(arguments));
}

}  // namespace tidemark
