// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A libFuzzer process that is watched: what it says, how far it is, how it ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "progress.h"
#include "subprocess.h"

namespace tidemark::cli {

// How many inputs a corpus has; 0 for a folder that cannot be read.
std::size_t files_in(const std::filesystem::path& folder);

// How a fuzzing process ended.
struct End {
  bool crashed = false;         // on an input, which is in the artifacts
  bool failed = false;          // otherwise than by running out of time
  bool starved = false;         // it spent most of its life waiting for a core
  std::filesystem::path input;  // the bytes that did it, if it crashed
};

class Worker {
 public:
  // `folder` is this worker's own; made if need be. Inputs on which it crashes
  // stay in `artifacts`. Signatures in the file `known` are passed over. It runs
  // in the folder `in`, from which all other relative paths count. Ends with this
  // process. Throws std::system_error if it cannot be started.
  Worker(const std::filesystem::path& target, const std::filesystem::path& folder,
         const std::filesystem::path& artifacts, const std::filesystem::path& known,
         const std::vector<std::string>& arguments, const std::filesystem::path& in = ".");
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int output() const { return child_->output(); }  // to poll; -1 once it was closed
  // Takes in what it printed; false once there will be no more.
  bool read_output();
  void stop(int signal) const { child_->kill(signal); }
  // Waits for its end.
  End finish();

  std::uint64_t programs() const { return read_counter(counters_->programs); }
  std::uint64_t operations() const { return read_counter(counters_->operations); }
  std::uint64_t coverage() const { return coverage_; }  // as libFuzzer counts it
  const std::string& said() const { return said_; }     // the last of what it printed

 private:
  void take_line(const std::string& line);
  bool was_starved() const;

  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Counters* counters_ = nullptr;
  std::optional<Child> child_;
  std::uint64_t coverage_ = 0;
  std::string partial_;  // of a line
  std::string said_;
};

}  // namespace tidemark::cli
