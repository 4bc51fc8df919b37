// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs that would end the fuzzing process, as one of this run has. To start the next process
// takes as long as a thousand programs, and what hangs takes seconds before that, so such a program
// runs in a child first, or not at all.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "program.h"

namespace tidemark {

// Names the file with the programs that ended a process, as small as is known, in the environment
// of a fuzzing process. Text, each with its container (text_of_all()). It may change at any time.
inline constexpr const char* kDeadlyVariable = "TIDEMARK_DEADLY";

// For how many milliseconds a fuzzing process is careful: it runs programs in a child first, and
// goes on for as long after one that takes long there. In the environment; 0 without.
inline constexpr const char* kCarefulVariable = "TIDEMARK_CAREFUL_MS";

// What became of a child.
enum class ChildEnd : std::uint8_t { none, died, took_long };

// What became of programs that are like one that ended a process.
struct EndTally {
  std::uint64_t shape = 0;  // which; 0: none yet
  std::uint64_t like = 0, tried = 0, ended = 0;
  // What tries have taken, the last that ended, and processes that ended though it was known.
  std::uint64_t tried_ns = 0, end_ns = 0, ran_ns = 0;
};

// A file beside that of the programs, mapped by all processes of a run that fuzz, so that the next
// knows what the last has learnt. All zeros at first.
struct EndsTally {
  static constexpr std::size_t kEnds = 32;
  std::uint64_t fuzzed_ns = 0;  // all processes together
  EndTally ends[kEnds];
};
std::filesystem::path tally_of(const std::filesystem::path& deadly);

// A guess by what a program is made of, and how often that was right: a program is like one that
// ended a process if the container is of its type, and all of its operations are there, in that
// order, with whatever arguments. Nothing is hidden for good, but what it costs to look is bounded:
// tries in a child, and one such program in kRunAnyway that runs in the process itself, in case
// that it ends otherwise. Where many programs hang, each otherwise, there is no such guess yet: a
// process that is careful loses a tenth of a second to each, and not itself.
class KnownEnds {
 public:
  // Where all tries ended, of those after so many one in so many is tried still.
  static constexpr std::uint64_t kSure = 16, kTriedOfSure = 16;
  static constexpr std::uint64_t kRunAnyway = 256;
  // What these may cost, in hundredths of the time that was fuzzed, for all ends together. What is
  // tried and does not end runs after that: where some do not, it is worth more.
  static constexpr std::uint64_t kTries = 1, kTriesInDoubt = 5, kRuns = 2;
  // What the end of a process is taken to cost: to start the next, and first to hang.
  static constexpr std::chrono::nanoseconds kEnd = std::chrono::seconds(2),
                                            kLongEnd = std::chrono::seconds(8);
  // What takes a child as long hangs, or eats memory.
  static constexpr std::chrono::nanoseconds kLong = std::chrono::milliseconds(50);
  // How long after the first that is worth looking into another is; then twice as long.
  static constexpr std::chrono::nanoseconds kWorthItAgain = std::chrono::milliseconds(500);
  // The file is looked at with one call in so many.
  static constexpr std::uint64_t kLookEvery = 64;

  using Clock = std::function<std::chrono::nanoseconds()>;  // since whenever
  static std::chrono::nanoseconds steady_now();

  // Of that file, which need not be there yet; without a name, nothing is left out. Where there is
  // no tally beside it, this process counts alone.
  explicit KnownEnds(std::filesystem::path file, Clock now = steady_now,
                     std::chrono::milliseconds careful = {});
  KnownEnds(const KnownEnds&) = delete;
  KnownEnds& operator=(const KnownEnds&) = delete;

  // Is `program`, which would run next, left out? `ends` runs it in a child, and says what became
  // of that; it is not always called. Cost: the operations of `program` times the ends, but for
  // what `ends` takes.
  bool leaves_out(const Program& program, const std::function<ChildEnd()>& ends);
  // Was the last that was left out like none, and is it worth looking into? The longer the process
  // lives, the fewer are.
  bool found_another() const { return found_another_; }

 private:
  struct End {
    Program reduced;
    EndTally* tally;
    // Of programs that have its operations in another order: how many there were, how many of them
    // a child ran, and how many of those took long.
    std::uint64_t alike = 0, alike_tried = 0, alike_long = 0;
    bool leaves_out_alike();
  };
  void look_again();
  EndTally& tally_for(const Program& reduced);
  void pass_time();
  bool may_cost(std::uint64_t so_far_ns, std::uint64_t more_ns, std::uint64_t hundredths) const;
  bool may_end_the_process(EndTally& of);
  bool tries(EndTally& of, const std::function<ChildEnd()>& ends);
  bool takes_long_in_a_child(const Program& program, const std::function<ChildEnd()>& ends);

  const std::filesystem::path file_;
  const Clock now_;
  std::filesystem::file_time_type written_ = {};  // the file that was read
  EndsTally own_;
  EndsTally* tally_ = &own_;
  std::vector<End> ends_;
  const std::chrono::nanoseconds careful_;
  std::chrono::nanoseconds careful_until_, next_worth_it_{}, worth_it_again_ = kWorthItAgain;
  bool found_another_ = false;
  std::uint64_t calls_ = 0;
  std::chrono::nanoseconds last_;    // call
  EndTally* may_end_of_ = nullptr;   // what runs now in this process
  std::uint64_t would_cost_ns_ = 0;  // and what is charged for that until it has lived
};

// The name of the environment's file; empty if there is none. And how long to be careful.
std::filesystem::path deadly_by_environment();
std::chrono::milliseconds careful_by_environment();

// As above: has `program` all that `reduced` is made of?
bool is_like(const Program& program, const Program& reduced);

// What takes a child as long is likely not to end: most programs take less than a millisecond.
inline constexpr unsigned kChildMilliseconds = 500;

// The same of a processor.
inline constexpr unsigned kChildProcessorMilliseconds = 25;

// In a child of a process that an engine drives: does `run` end it, or take longer than
// `milliseconds`, or `processor` of a processor's? What the child prints is lost, and no handler
// of the engine's runs in it. None, if there can be no child.
ChildEnd end_of_child(const std::function<void()>& run, unsigned milliseconds = kChildMilliseconds,
                      unsigned processor = kChildProcessorMilliseconds);

}  // namespace tidemark
