// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "isolation.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "check.h"
#include "diagnosis.h"
#include "leak_check.h"
#include "shared_memory.h"

namespace tidemark {
namespace {

constexpr unsigned kSymbolizerSeconds = 20;
constexpr const char* kOutOfMemory = "out-of-memory";  // the signature, printed
// What a child says of a program that does something wrong, but lets it live.
constexpr const char* kMismatch = "Mismatch: ";
// Of a check that failed, as fail() has it.
constexpr const char* kAssertion = "Assertion failure: ";
// And of one in which somebody called exit(); a stack comes after it.
constexpr const char* kExit = "Ended by exit()";
// What it says of its memory, if that is too much: a line.
constexpr const char* kMemory = "it had ";

struct Address {
  std::string module, offset;
  auto operator<=>(const Address&) const = default;
};

struct Name {
  std::string function, place;  // place: file:line:column
};
// Of an address: the functions that are inlined there, the innermost first, and the
// one that they are inlined in. Empty where nothing can name it.
using Names = std::vector<Name>;

// "    #3 0x55d0c0ffee  (/folder/program+0xffee) (BuildId: ...)"
struct Frame {
  std::string head;  // what comes before the module
  Address address;
};

std::optional<Frame> frame_of(const std::string& line) {
  const auto number = line.find_first_not_of(' ');
  if (number == std::string::npos || line[number] != '#') return std::nullopt;
  const auto open = line.find('('), plus = line.rfind("+0x");
  if (open == std::string::npos || plus == std::string::npos || plus < open) return std::nullopt;
  const auto close = line.find(')', plus);
  return Frame{line.substr(0, open),
               {line.substr(open + 1, plus - open - 1), line.substr(plus + 1, close - plus - 1)}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string own_program() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).string();
}
// As it was when we began: a build that goes on meanwhile puts another program there.
const std::string kOwnProgram = own_program();

// The file that has the names of a module.
std::string object_of(const std::string& module) {
  const std::string path = module.substr(0, module.find(" (deleted)"));
  return path == kOwnProgram ? "/proc/" + std::to_string(getpid()) + "/exe" : path;
}

std::string ask_symbolizer(const std::string& module, const std::vector<std::string>& offsets) {
  const char* own = std::getenv("ASAN_SYMBOLIZER_PATH");
  std::vector<std::string> words = {own ? own : "llvm-symbolizer-19", "--obj=" + object_of(module)};
  words.insert(words.end(), offsets.begin(), offsets.end());
  const Ending ending = run_program(words, kSymbolizerSeconds);
  return ending.fine ? ending.said : std::string();
}

// Names those of `addresses` in one module that are not in `names`.
void name_all(const std::string& module, const std::vector<std::string>& offsets,
              std::map<Address, Names>& names) {
  const std::vector<std::string> lines = lines_of(ask_symbolizer(module, offsets));
  // For each address pairs of lines, function and place, then an empty one.
  std::size_t at = 0;
  for (const std::string& offset : offsets) {
    Names& chain = names[{module, offset}];
    for (; at + 1 < lines.size() && !lines[at].empty(); at += 2)
      if (lines[at] != "??") chain.push_back({lines[at], lines[at + 1]});
    ++at;
  }
}

// A child has its parent's addresses, and each is asked for only once.
const std::map<Address, Names>& names_in(const std::string& said) {
  static std::map<Address, Names> names;
  std::map<std::string, std::vector<std::string>> unknown;
  for (const std::string& line : lines_of(said))
    if (const auto frame = frame_of(line); frame && !names.contains(frame->address)) {
      names[frame->address];  // each once: stacks share frames, and recursion repeats them
      unknown[frame->address.module].push_back(frame->address.offset);
    }
  for (const auto& [module, offsets] : unknown) name_all(module, offsets, names);
  return names;
}

bool is_of_harness(const std::string& place) {
  return place.find("/harness/") != std::string::npos;
}

// Is a function, of that name, of the subject's? `sources` as in registry.h.
bool is_of(std::string_view sources, const Frame& frame, const Name& name) {
  return frame.address.module == sources || name.place.find(sources) != std::string::npos;
}

std::string function_in(std::string_view sources, const std::string& said) {
  const auto& names = names_in(said);
  for (const std::string& line : lines_of(said)) {
    const auto frame = frame_of(line);
    if (!frame) continue;
    for (const Name& name : names.at(frame->address))
      if (is_of(sources, *frame, name)) return name.function;
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

std::string symbolized(const std::string& said, std::string_view sources) {
  const auto& names = names_in(said);
  std::string result;
  // In a stack: a function of the subject's came, and then who called it.
  bool in_subject = false, behind_it = false;
  for (const std::string& line : lines_of(said)) {
    const auto frame = frame_of(line);
    if (!frame) in_subject = behind_it = false;
    if (!frame || names.at(frame->address).empty()) {
      if (!behind_it) result += line + "\n";
      continue;
    }
    for (const Name& name : names.at(frame->address)) {
      const bool of_subject = is_of(sources, *frame, name);
      behind_it = behind_it || (in_subject && !of_subject && is_of_harness(name.place));
      in_subject |= of_subject;
      if (!behind_it) result += frame->head + "in " + name.function + " " + name.place + "\n";
    }
  }
  return result;
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
  std::vector<std::string> calls = lines_of(symbolized(ending.said, sources));
  std::erase_if(calls, [](const std::string& line) { return !line.starts_with("    #"); });
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
