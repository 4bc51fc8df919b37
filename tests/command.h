// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The program behind ./tidemark, called as a user calls it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tidemark {

struct Ended {
  int code = 0;  // of exit(); the signal's number, negative, if it was killed
  std::string out, err;
  double seconds = 0;
  long peak_kib = 0;  // resident memory
};

class Command {
 public:
  explicit Command(std::vector<std::string> words) : words_(std::move(words)) {}

  Command& in(const std::filesystem::path& folder) { return folder_ = folder, *this; }
  // Of those of lying/tracker.cc.
  Command& lying(const std::string& lie) { return with("TIDEMARK_LIE", lie); }
  Command& with(const std::string& variable, const std::string& value);
  // Files may not grow beyond so many bytes: a disk that is full.
  Command& disk(long bytes) { return disk_bytes_ = bytes, *this; }
  Command& output_to(const std::string& path) { return output_ = path, *this; }
  // Standard output is a terminal; what arrives there is `out`.
  Command& on_terminal(unsigned short columns = 80) { return terminal_ = columns, *this; }

  // Killed after that time; the tests take that as a failure.
  Ended run(double seconds = 300) const;

  // For a run that is disturbed: the same in its parts.
  class Running {
   public:
    explicit Running(const Command& command);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void kill(int signal) const;
    // Files may grow again, in what it starts from now on as well.
    void make_room() const;
    Ended wait(double seconds = 300);

   private:
    struct Stream {
      int file = -1;
      std::string text;
      void read();  // what is there by now
    };
    pid_t process_ = -1;
    Stream out_, err_;
    double began_ = 0;
  };

 private:
  [[noreturn]] void become(int out, int err) const;

  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::filesystem::path folder_ = ".";
  std::string output_;
  long disk_bytes_ = -1;
  unsigned short terminal_ = 0;  // its columns; 0: it is none
};

// ./tidemark ARGUMENT..., honest unless it is told to lie.
Command tidemark_command(std::vector<std::string> arguments);

}  // namespace tidemark
