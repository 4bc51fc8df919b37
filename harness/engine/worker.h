// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A process of an engine that is watched: what it says, how far it is, how it ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "progress.h"
#include "subprocess.h"

namespace tidemark::session {

// How many inputs a corpus has; 0 for a folder that cannot be read.
std::size_t files_in(const std::filesystem::path& folder);

// Processes that start from now on look for no leaks: what is known to leak would end each at once,
// or in the end, whatever it does.
void look_for_no_more_leaks();

// How a fuzzing process ended.
struct WorkerEnd {
  bool crashed = false;         // on an input, which is in the artifacts
  bool failed = false;          // otherwise, and not for want of time or by an interrupt
  bool took_long = false;       // by its limit of a processor's time
  bool starved = false;         // it may be slow alone: it had that limit, or mostly no core
  std::filesystem::path input;  // the bytes that did it, if it crashed
  std::string how;              // "exit code 0", "signal 9 (Killed)"
};

class Worker {
 public:
  struct Places {
    std::filesystem::path folder;     // this worker's own; made if need be
    std::filesystem::path artifacts;  // where inputs stay on which it crashes
    std::filesystem::path known;      // the file of names that are passed over (dedup.h)
    // Where it drops what it finds (drop.h); it crashes on that if there is none.
    std::filesystem::path drops = {};
    // The file of programs that end a process (known_ends.h); without it, none is left out.
    std::filesystem::path deadly = {};
    // Where it hands over what takes long in a child (handed_over.h), and how long it runs what it
    // has not seen in one first.
    std::filesystem::path handed_over = {};
    std::chrono::milliseconds processor = {};  // what a program may take; 0: anything
    std::chrono::milliseconds careful = {};
    // It runs in this folder, from which all other relative paths count.
    std::filesystem::path in = ".";
  };
  // libFuzzer in `target`. Ends with this process. Throws std::system_error if it cannot be
  // started.
  Worker(const std::filesystem::path& target, const Places& places,
         const std::vector<std::string>& arguments);
  // The same of another engine, as `words` call it. It is for the caller to look for what it finds.
  Worker(const Places& places, const std::vector<std::string>& words);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int output() const { return child_->output(); }  // to poll; -1 once it was closed
  // Takes in what it printed; false once there will be no more.
  bool read_output();
  void stop(int signal) const { child_->kill(signal); }
  // At once, with processes that it has started.
  void stop_all() const { child_->kill_group(); }
  // Of its life so far, without those that it waited for a core; up to finish().
  double seconds() const;
  // Of a core that it had so far; up to finish().
  double processor_seconds() const { return child_->seconds_with_core(); }
  // Of those of seconds(), the ones since a program last ended: since this was asked for the
  // first time after that.
  double seconds_without_program();
  // Waits for its end.
  WorkerEnd finish();

  std::uint64_t programs() const { return read_counter(progress_->counters.programs); }
  Counters counters() const { return read_counters(progress_->counters); }
  // Of one that has ended: the inputs that it ran last, the oldest first.
  std::vector<std::vector<std::uint8_t>> recent_inputs() const {
    return inputs_in(progress_->recent);
  }
  // Of one that has ended: the step of the last of them that it was at (step_at.h), if it ran any.
  std::optional<std::size_t> step() const {
    return progress_->at.programs ? std::optional<std::size_t>(progress_->at.step) : std::nullopt;
  }
  // When libFuzzer last said something, at least each second: places that were reached, of how
  // many; inputs in its corpus; its resident memory.
  std::uint64_t coverage() const { return coverage_; }
  std::uint64_t most_coverage() const { return most_coverage_; }
  std::uint64_t corpus() const { return corpus_; }
  std::uint64_t memory_mib() const { return memory_mib_; }
  // So that its memory is what it has now.
  void look_at_memory();
  // The same figures of an engine that says so elsewhere than in what it prints.
  void note(std::uint64_t coverage, std::uint64_t most_coverage, std::uint64_t corpus);

  const std::string& said() const { return said_; }  // the last of what it printed

 private:
  void take_line(const std::string& line);
  double lifetime() const;
  bool was_starved() const;

  std::filesystem::path input_that_took_long() const;

  const std::filesystem::path artifacts_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Progress* progress_ = nullptr;
  std::optional<Child> child_;
  std::uint64_t programs_ = 0;  // when they were last looked at
  double moved_ = 0;            // seconds(), when there were last more than before
  std::uint64_t coverage_ = 0, most_coverage_ = 0, corpus_ = 0, memory_mib_ = 0;
  std::string partial_;  // of a line
  std::string said_;
};

}  // namespace tidemark::session
