// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From what was typed to an exit code, for every program of ours that people call.
#pragma once

#include <fmt/core.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <new>
#include <system_error>

namespace tidemark::cli {

inline constexpr int kFine = 0;      // agree; nothing found
inline constexpr int kFound = 1;     // diverge; something found
inline constexpr int kCouldNot = 2;  // bad input; could not run

// ./tidemark gives this option itself: help does not ask the user for it.
inline void by_wrapper(CLI::Option* option) { option->required()->group(""); }

// A disk that is full shows no earlier.
inline void flush_output() {
  const bool failed_before = std::ferror(stdout);  // nobody kept its errno
  if (std::fflush(stdout) != 0 || failed_before)
    throw std::system_error(failed_before ? EIO : errno, std::generic_category(),
                            "cannot write standard output");
}

// Files that cannot be read or written end here; what is wrong with a program
// is a verdict and no error.
inline int run_or_complain(const std::function<int()>& action) {
  try {
    const int code = action();
    flush_output();
    return code;
  } catch (const std::system_error& error) {
    fmt::print(stderr, "tidemark: {}\n", error.what());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "tidemark: out of memory\n");
  }
  return kCouldNot;
}

// Parses the command line, then runs `action`, whose result is the exit code.
inline int main_of(CLI::App& app, int argc, char** argv, const std::function<int()>& action) {
  // A file that may not grow is an error of write(), as a full disk is.
  signal(SIGXFSZ, SIG_IGN);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return run_or_complain([&] { return app.exit(error) == 0 ? kFine : kCouldNot; });
  }
  return run_or_complain(action);
}

}  // namespace tidemark::cli
