// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <system_error>

#include "dedup.h"
#include "program_file.h"
#include "subprocess.h"
#include "text.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t kRemembered = 64 * 1024;  // bytes of output
constexpr int kPipeBytes = 1 << 20;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// What stands behind `marker` on its line, or nothing.
std::string after(const std::string& text, const std::string& marker) {
  const auto at = text.rfind(marker);
  if (at == std::string::npos) return {};
  const auto from = at + marker.size();
  return text.substr(from, text.find('\n', from) - from);
}

// In the child: the program that `words` call, in the folder `in`, its output to `output`.
[[noreturn]] void become(std::vector<std::string>& words, const std::filesystem::path& in,
                         int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before that
  setpgid(0, 0);                        // the terminal's interrupt is for us, who pass it on
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  // Freed bitmaps of 256 MiB need not be remembered for long.
  setenv("ASAN_OPTIONS", "quarantine_size_mb=16", 0);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  if (chdir(in.c_str()) == 0) execv(pointers[0], pointers.data());
  std::perror(words[0].c_str());
  _exit(127);
}

}  // namespace

std::size_t files_in(const std::filesystem::path& folder) {
  std::error_code none;
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder, none),
                                                std::filesystem::directory_iterator()));
}

Worker::Worker(const std::filesystem::path& target, const std::filesystem::path& folder,
               const std::filesystem::path& artifacts, const std::filesystem::path& known,
               const std::vector<std::string>& arguments, const std::filesystem::path& in) {
  std::filesystem::create_directories(folder);
  // Written, not only made that long: on a full disk, using it would be fatal.
  const std::filesystem::path counters = std::filesystem::absolute(folder) / "counters";
  std::filesystem::remove(counters);
  std::ofstream file(counters, std::ios::binary);
  file << std::string(sizeof(Counters), '\0');
  file.close();
  counters_ = file ? map_counters(counters.c_str()) : nullptr;
  if (!counters_) fail(("cannot make " + quoted_path(counters.string())).c_str());

  std::vector<std::string> words = {target, "-artifact_prefix=" + artifacts.string() + "/"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  // So that it need not wait while we look into what another has found.
  fcntl(pipe_ends[0], F_SETPIPE_SZ, kPipeBytes);
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ == 0) {
    setenv(kCountersVariable, counters.c_str(), 1);
    setenv(kKnownVariable, known.c_str(), 1);
    become(words, in, pipe_ends[1], parent);
  }
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
  if (process_ < 0) fail("cannot start a process");
}

Worker::~Worker() {
  munmap(counters_, sizeof(*counters_));
  if (output_ >= 0) close(output_);
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
}

bool Worker::read_output() {
  char buffer[16384];
  const ssize_t bytes = read(output_, buffer, sizeof(buffer));
  if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (bytes <= 0) {
    close(output_);
    output_ = -1;
    return false;
  }
  partial_.append(buffer, static_cast<std::size_t>(bytes));
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
    take_line(partial_.substr(0, end));
    partial_.erase(0, end + 1);
  }
  return true;
}

void Worker::take_line(const std::string& line) {
  said_ += line + "\n";
  if (said_.size() > 2 * kRemembered) said_.erase(0, said_.size() - kRemembered);
  const auto at = line.find(" cov: ");
  if (at != std::string::npos && line[0] == '#')
    coverage_ = std::strtoull(line.c_str() + at + 6, nullptr, 10);
}

void Worker::stop(int signal) {
  if (process_ > 0) kill(process_, signal);
}

bool Worker::was_starved() const {
  const std::chrono::duration<double> life = std::chrono::steady_clock::now() - started_;
  return seconds_without_core(process_) > life.count() / 2;
}

End Worker::finish() {
  siginfo_t ignored = {};
  waitid(P_PID, static_cast<id_t>(process_), &ignored, WEXITED | WNOWAIT);
  End end;
  end.starved = was_starved();
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  take_line(partial_);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  constexpr int kInterrupted = 72;  // libFuzzer's exit code after SIGINT
  if (code == 0 || code == kInterrupted) return end;
  end.input = after(said_, "Test unit written to ");
  end.crashed = !end.input.empty();
  end.failed = !end.crashed;
  return end;
}

}  // namespace tidemark::cli
