// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A libFuzzer process that is watched: what it says, how far it is, how it ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "counters.h"

namespace tidemark::cli {

// What a fuzzing process died of.
struct Crash {
  std::string signature;             // "lockstep.query.missing-dirty", "AddressSanitizer...."
  std::string report;                // what it printed before that
  std::filesystem::path input;       // the bytes that did it; empty if it left none
};

class Worker {
 public:
  // `folder` is this worker's own; made if need be. Ends with this process.
  // Throws std::system_error if it cannot be started.
  Worker(const std::filesystem::path& target, const std::filesystem::path& folder,
         const std::vector<std::string>& arguments);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int output() const { return output_; }  // to poll; -1 once it was closed
  // Takes in what it printed; false once there will be no more.
  bool read_output();
  void interrupt();
  // Waits for its end. A crash, or nothing; `failed` if it ended otherwise than
  // by running out of time.
  std::optional<Crash> finish(bool& failed);

  std::uint64_t programs() const { return read_counter(counters_->programs); }
  std::uint64_t operations() const { return read_counter(counters_->operations); }
  std::uint64_t coverage() const { return coverage_; }      // as libFuzzer counts it
  const std::string& said() const { return said_; }         // the last of what it printed

 private:
  void take_line(const std::string& line);

  pid_t process_ = -1;
  int output_ = -1;
  Counters* counters_ = nullptr;
  std::filesystem::path artifacts_;
  std::uint64_t coverage_ = 0;
  std::string partial_;  // of a line
  std::string said_;
};

}  // namespace tidemark::cli
