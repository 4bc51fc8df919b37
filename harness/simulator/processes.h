// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The processes that share a container: which of them calls, how much memory each has
// locked by itself and may lock, and whose memory is gone.
//
// All have the same memory at the same addresses, as those that map one file: what a
// device reaches does not depend on whose page was pinned, what fails and who pays does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "program.h"

namespace tidemark {

// Who makes a call.
struct Caller {
  std::uint8_t process = 0;  // or kKernelThread
  bool ipc_lock = false;     // it has CAP_IPC_LOCK
};

class Processes {
 public:
  // What a process has until it exits or executes another program. Memories are numbered
  // in the order in which they came, and so are tasks, each of which is one process.
  struct Memory {
    std::size_t task = 0;
    std::uint64_t own_pages = 0;  // locked by the process itself
    bool gone = false;
  };

  Processes() { reset(kUnlimited); }
  void reset(std::uint64_t limit_pages);

  // The process gets what the container line says, and other memory.
  void exit(unsigned process);
  // Its limit stays.
  void exec(unsigned process);
  void set_limit(unsigned process, std::uint64_t pages) { limits_[task_of(process)] = pages; }
  void set_own_pages(unsigned process, std::uint64_t pages) {
    memories_[memory_of(process)].own_pages = pages;
  }

  std::size_t memory_of(unsigned process) const { return now_[process]; }
  std::size_t task_of(unsigned process) const { return memories_[now_[process]].task; }
  const Memory& memory(std::size_t number) const { return memories_[number]; }
  // Of locked memory, in pages, of that task.
  std::uint64_t limit_pages(std::size_t task) const { return limits_[task]; }

  Caller caller;
  bool is_kernel_thread() const { return caller.process == kKernelThread; }
  // Not for a thread of the kernel.
  std::size_t callers_memory() const { return now_[caller.process]; }

 private:
  void renew(unsigned process, std::size_t task);

  std::vector<Memory> memories_;
  std::vector<std::uint64_t> limits_;  // by task
  std::array<std::size_t, kProcesses> now_ = {};
  std::uint64_t usual_limit_ = 0;
};

}  // namespace tidemark
