// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What may take the process down, or never end, done in a child.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tidemark {

// What of a child's output comes to its parent; the rest goes where the parent's goes.
enum class Heard { errors, all };

// A child that is watched while it runs. It ends with this process at the latest, or
// with this object.
class Child {
 public:
  // The child does `what`, and ends with 0 if that returns. Throws std::system_error if
  // there can be no child.
  Child(const std::function<void()>& what, Heard heard);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int output() const { return output_; }  // to poll; -1 once nobody can write to it
  // Adds what it has printed to `said`, and waits if that is nothing. False once
  // there will be no more.
  bool read_output(std::string& said);
  void kill(int signal) const;
  // And all of the group that it leads, if it has made itself the leader of one.
  void kill_group() const;
  // Seconds that it, and what it has started, were ready to run while others did. 0 where the
  // kernel does not say; known up to wait().
  double seconds_without_core() const;
  // Seconds that these had a core, and who had been waited for, with the same limits.
  double seconds_with_core() const;
  // Resident memory now, in MiB, of the one that has most; 0 if the kernel does not say, or at end.
  std::uint64_t memory_mib() const;
  // Waits until it has ended, and leaves it to be asked.
  void wait_for_end() const;
  // Waits for its end: what it ended with, or -1 if a signal ended it.
  int wait();
  // Which signal that was; 0 if none. Known from wait() on.
  int ended_by() const { return ended_by_; }

 private:
  pid_t process_ = -1;
  int output_ = -1;
  int ended_by_ = 0;
};

// Makes this process another program, found as execvp() finds it; what it is called
// with is `words`, the first its name. If it cannot be run, says so and ends with 127.
[[noreturn]] void become_program(const std::vector<std::string>& words);

// How a child ended.
struct Ending {
  bool fine = false;       // it returned
  bool timed_out = false;  // and was killed
  int code = -1;           // what it ended with; -1 if a signal ended it, or it was killed
  // On standard error; at most 64 KiB. With AddressSanitizer, of one that is killed because its
  // time is up also where it was, as a stack.
  std::string said;
};

// Runs `what` in a child with a time limit, in which the time that the child was
// kept waiting for a core does not count. `each_second`, if there is one, is called here meanwhile,
// after each second without a word on standard error. Throws std::system_error if there can
// be no child.
Ending run_apart(const std::function<void()>& what, unsigned seconds,
                 const std::function<void()>& each_second = {});

// The same of another program, as become_program() runs it; what it prints goes to
// `said`, too.
Ending run_program(const std::vector<std::string>& words, unsigned seconds,
                   const std::function<void()>& each_second = {});

}  // namespace tidemark
