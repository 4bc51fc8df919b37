// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "apart.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <regex>
#include <system_error>

#include "check.h"
#include "diagnosis.h"

// The sanitizers' own, if this program was built with them. A child has the
// parent's addresses, and the parent asks only once for each.
extern "C" __attribute__((weak)) void __sanitizer_symbolize_pc(void* pc, const char* format,
                                                               char* buffer, std::size_t size);
// Naming addresses in each child would take longer than all else.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "symbolize=0:quarantine_size_mb=16"; }

namespace tidemark {
namespace {

constexpr std::size_t kMostSaid = 64 * 1024;

std::string name_of(std::uint64_t pc, const char* format) {
  static std::map<std::pair<std::uint64_t, std::string>, std::string> names;
  auto [entry, is_new] = names.try_emplace({pc, format});
  if (is_new && __sanitizer_symbolize_pc) {
    char name[512] = "";
    // Return addresses point behind the call.
    __sanitizer_symbolize_pc(reinterpret_cast<void*>(pc - 1), format, name, sizeof(name));
    entry->second = name;
  }
  return entry->second;
}

const std::regex& frame() {
  static const std::regex pattern(R"(#\d+ 0x([0-9a-f]+) )");
  return pattern;
}

// The innermost function of the first stack trace that lies in impl/.
std::string function_in_impl(const std::string& said) {
  for (std::sregex_iterator it(said.begin(), said.end(), frame()), end; it != end; ++it) {
    const std::uint64_t pc = std::stoull((*it)[1], nullptr, 16);
    if (name_of(pc, "%s").find("/impl/") != std::string::npos) return name_of(pc, "%f");
  }
  return {};
}

// The word behind `marker`, up to one of `ends`.
std::string word_after(const std::string& said, const std::string& marker, const char* ends) {
  const auto at = said.find(marker);
  if (at == std::string::npos) return {};
  const auto from = at + marker.size();
  return said.substr(from, said.find_first_of(ends, from) - from);
}

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
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd file = {ends[0], POLLIN, 0};
    const int ready = left.count() > 0 ? poll(&file, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
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

std::string signature_of(const Ending& ending) {
  if (ending.fine) return {};
  if (ending.timed_out) return "hang";
  std::string signature = word_after(ending.said, "Assertion failure: ", "\n");
  if (!signature.empty()) return signature;
  std::string kind = word_after(ending.said, "ERROR: AddressSanitizer: ", " \n");
  if (!kind.empty()) {
    const std::string function = function_in_impl(ending.said);
    return "AddressSanitizer." + kind + (function.empty() ? "" : "." + function);
  }
  const std::string where = word_after(ending.said, "SUMMARY: UndefinedBehaviorSanitizer: ", "\n");
  if (where.empty()) return "died";
  // "undefined-behavior /folder/file.c:27:43"
  const std::string place = where.substr(where.find_last_of(" /") + 1);
  return "UndefinedBehaviorSanitizer." + place.substr(0, place.find_last_of(':'));
}

std::string symbolized(const std::string& said) {
  std::string result;
  std::size_t done = 0;
  for (std::sregex_iterator it(said.begin(), said.end(), frame()), end; it != end; ++it) {
    const auto at = static_cast<std::size_t>(it->position());
    const auto line_end = std::min(said.find('\n', at), said.size());
    const std::string name = name_of(std::stoull((*it)[1], nullptr, 16), "%f in %s:%l");
    if (name.empty()) continue;
    result += said.substr(done, at - done) + it->str() + name;
    done = line_end;
  }
  return result + said.substr(done);
}

Judgement judge_apart(const Program& program) {
  constexpr unsigned kSeconds = 10;
  const Ending ending = run_apart(
      [&program] {
        Lockstep lockstep;
        const Judgement judgement = judge(lockstep, program);
        if (!judgement.signature.empty()) fail(judgement.signature);
      },
      kSeconds);
  // Which operation it was is not known, only that there is none after the last.
  return {signature_of(ending), program.operations.size(), {}};
}

}  // namespace tidemark
