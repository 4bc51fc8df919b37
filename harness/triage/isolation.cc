// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "isolation.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>
#include <vector>

#include "check.h"
#include "diagnosis.h"
#include "leak_check.h"
#include "shared_memory.h"
#include "stack_traces.h"

namespace tidemark {
namespace {

constexpr const char* kOutOfMemory = "out-of-memory";  // the signature, printed
// What a child says of a program that does something wrong, but lets it live.
constexpr const char* kMismatch = "Mismatch: ";
// Of a check that failed, as fail() has it.
constexpr const char* kAssertion = "Assertion failure: ";
// And of one in which somebody called exit(); a stack comes after it.
constexpr const char* kExit = "Ended by exit()";
// What it says of its memory, if that is too much: a line.
constexpr const char* kMemory = "it had ";

// The word behind `marker`, up to one of `ends`.
std::string word_after(const std::string& said, const std::string& marker, const char* ends) {
  const auto at = said.find(marker);
  if (at == std::string::npos) return {};
  const auto from = at + marker.size();
  return said.substr(from, said.find_first_of(ends, from) - from);
}

extern "C" void __sanitizer_print_stack_trace() __attribute__((weak));

// Nobody else in a child ends it by exit().
void say_who_called_exit() {
  std::fprintf(stderr, "%s\n", kExit);
  if (__sanitizer_print_stack_trace) __sanitizer_print_stack_trace();
  std::_Exit(1);
}

std::size_t memory_mib() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) / 1024;
}

// What fail() says; the stack that comes after it is that of `thread`, which wants the memory.
[[noreturn]] void fail_for_memory(pthread_t thread, std::size_t most_mib) {
  std::fprintf(stderr, "%s%zu MiB of memory, and may have %zu MiB\n%s%s\n", kMemory, memory_mib(),
               most_mib, kAssertion, kOutOfMemory);
  pthread_kill(thread, SIGABRT);
  // It may be where it cannot answer.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  std::_Exit(1);
}

// In a child. No limit of the kernel's counts resident memory, and sanitizers
// reserve terabytes.
void watch_memory(std::size_t most_mib) {
  std::thread([most_mib, thread = pthread_self()] {
    while (memory_mib() <= most_mib) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    fail_for_memory(thread, most_mib);
  }).detach();
}

}  // namespace

Signature signature_of(const Ending& ending, std::string_view sources) {
  if (ending.fine) return {};
  if (ending.timed_out) return {.kind = Kind::hang};
  for (const char* marker : {kMismatch, kAssertion})
    if (const std::string own = word_after(ending.said, marker, "\n"); !own.empty())
      return parse_signature(own);
  if (ending.said.find(kExit) != std::string::npos)
    return {.kind = Kind::died, .what = "exit", .function = function_in(sources, ending.said)};
  if (ending.said.find("ERROR: LeakSanitizer: ") != std::string::npos)
    return {.kind = Kind::address, .what = kLeak, .function = function_in(sources, ending.said)};
  // The first line of a report has a sentence for some kinds, the last a word for each.
  static constexpr std::pair<Kind, const char*> kMarkers[] = {
      {Kind::address, "SUMMARY: AddressSanitizer: "},
      {Kind::address, "ERROR: AddressSanitizer: "},  // of a report that was cut
      {Kind::undefined, "SUMMARY: UndefinedBehaviorSanitizer: "}};
  for (const auto& [kind, marker] : kMarkers) {
    const std::string what = word_after(ending.said, marker, " \n");
    if (what.empty()) continue;
    const std::string function = function_in(sources, ending.said);
    static constexpr std::pair<std::string_view, const char*> kSignals[] = {
        {"ABRT", "abort"}, {"ILL", "trap"}, {"TRAP", "trap"}};
    for (const auto& [signal, own_word] : kSignals)
      if (what == signal) return {.kind = Kind::died, .what = own_word, .function = function};
    return {.kind = kind, .what = what, .function = function};
  }
  return {.kind = Kind::died};
}

bool took_too_much_memory(const Ending& ending) {
  return !ending.timed_out && word_after(ending.said, kAssertion, "\n") == kOutOfMemory;
}

std::string memory_it_had(const Ending& ending) {
  if (!took_too_much_memory(ending)) return {};
  return kMemory + word_after(ending.said, kMemory, "\n");
}

std::string where_it_was(const Ending& ending, std::string_view sources) {
  std::string stack;
  if (!ending.timed_out && !took_too_much_memory(ending)) return stack;
  std::vector<std::string> calls;
  std::istringstream lines(symbolized(ending.said, sources));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("    #")) calls.push_back(line);
  // What the subject calls is chance, and long.
  const auto own = std::ranges::find_if(calls, [sources](const std::string& line) {
    return line.find(sources) != std::string::npos;
  });
  const auto further = own == calls.end() ? 0 : own - calls.begin();
  if (further)
    stack += "    in " + std::to_string(further) + (further == 1 ? " call" : " calls") +
             " further, which are not the subject's, of\n";
  for (auto call = calls.begin() + further; call != calls.end(); ++call) stack += *call + "\n";
  if (stack.empty()) return stack;
  return (ending.timed_out ? "where it was when its time was up:\n"
                           : "where it was when it had too much memory:\n") +
         stack;
}

Ending run_guarded(const std::function<void()>& what, unsigned seconds, std::size_t most_mib,
                   const std::function<void()>& each_second) {
  return run_apart(
      [&what, most_mib] {
        std::atexit(say_who_called_exit);
        watch_memory(most_mib);
        what();
      },
      seconds, each_second);
}

Ending run_programs_apart(const UnderTest& tested, std::span<const Program> programs,
                          unsigned seconds, StepAt* at) {
  return run_guarded(
      [&tested, programs, at] {
        LeakCheck leaks;
        {
          const auto lockstep = tested.lockstep();
          for (const Program& program : programs) {
            const Judgement judgement = judge(*lockstep, program, at);
            if (!judgement.signature) continue;
            std::fprintf(stderr, "%s%s\n", kMismatch, print(judgement.signature).c_str());
            std::_Exit(1);
          }
        }
        if (leaks.finds_any()) std::_Exit(1);
      },
      seconds);
}

std::size_t operation_at(const StepAt& at, std::span<const Program> programs) {
  const std::size_t count = programs.back().operations.size(), step = at.step;
  return at.programs == programs.size() && step > 0 && step <= count ? step - 1 : count;
}

Judgement judge_last_apart(const UnderTest& tested, std::span<const Program> programs,
                           unsigned seconds, StepAt* at) {
  const Shared<StepAt> own;
  StepAt& step = at ? *at : *own;
  step.programs = 0;
  const Ending ending = run_programs_apart(tested, programs, seconds, &step);
  const bool survived = ending.fine || ending.said.find(kMismatch) != std::string::npos;
  return {signature_of(ending, tested.sources), operation_at(step, programs), {}, !survived};
}

}  // namespace tidemark
