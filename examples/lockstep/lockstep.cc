// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A harness of its own: runs a program's text on the tracker and on the reference, and prints
// what comes of it. Exit code: 0 they agree, 1 they do not, 2 it could not run.
#include "lockstep.h"

#include <cstdio>
#include <optional>
#include <string>
#include <variant>

#include "factories.h"
#include "program_file.h"

namespace {

// One line, and of a mismatch all that is to be seen of it.
std::string verdict(const std::optional<tidemark::Mismatch>& mismatch,
                    const tidemark::Program& program) {
  if (!mismatch) return "agrees\n";
  return "diverges: " + tidemark::print(mismatch->signature) + "\n" +
         tidemark::describe(*mismatch, program);
}

int run(const char* path) {
  const auto loaded = tidemark::load_program(path);
  if (const auto* why = std::get_if<std::string>(&loaded)) {
    std::fprintf(stderr, "%s\n", why->c_str());
    return 2;
  }
  const auto& program = std::get<tidemark::LoadedProgram>(loaded).program;
  // A subject of your own goes in the place of make_tracker: a class that is a Subject.
  tidemark::Lockstep lockstep(tidemark::make_tracker, tidemark::make_reference);
  const auto mismatch = lockstep.run(program);
  if (std::fputs(verdict(mismatch, program).c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    std::perror("standard output");
    return 2;
  }
  return mismatch ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) return run(argv[1]);
  std::fputs("Usage: lockstep FILE\n", stderr);
  return 2;
}
