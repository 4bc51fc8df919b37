// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The program behind ./tidemark, which builds it and then calls it.
#include <fmt/core.h>
#include <signal.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "commands.h"

namespace {

// Files that cannot be read or written end here; what is wrong with a program
// is a verdict and no error.
int run(const tidemark::cli::Action& action) {
  try {
    const int code = action();
    // A disk that is full shows no earlier.
    if (std::fflush(stdout) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot write standard output");
    return code;
  } catch (const std::system_error& error) {
    fmt::print(stderr, "tidemark: {}\n", error.what());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "tidemark: out of memory\n");
  }
  return tidemark::cli::kCouldNot;
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = tidemark::cli;
  // A file that may not grow is an error of write(), as a full disk is.
  signal(SIGXFSZ, SIG_IGN);
  CLI::App app("tidemark: a dirty-page tracker for VFIO, fuzzed against its reference");
  app.name("./tidemark");
  app.require_subcommand(1);
  cli::Action action;
  cli::add_fuzz(app, action);
  cli::add_export(app, action);
  cli::add_replay(app, action);
  cli::add_show(app, action);
  cli::add_minimise(app, action);
  cli::add_keep(app, action);
  cli::add_merge(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::kFine : cli::kCouldNot;
  }
  return run(action);
}
