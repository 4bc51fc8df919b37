// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Prints what comes of programs on each version of Linux: one line for each
// program and version, and with -v what was expected and what came; with -a each
// in a child and as it is, without the care that ends it before memory errors.
// Without programs: what is known to differ.
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "comparison.h"
#include "program_file.h"

namespace {

void print_known() {
  for (const tidemark::Expected& entry : tidemark::expected_differences()) {
    std::printf("%s (%s;", entry.name, entry.rule);
    for (const tidemark::LinuxVersion& version : tidemark::linux_versions())
      if (entry.versions & version.bit) std::printf(" %s", version.name);
    std::printf(")\n  %s\n  ./tidemark linux -v peers/linux/expected/%s.trace\n\n", entry.reason,
                entry.name);
  }
}

}  // namespace

int main(int count, char** arguments) {
  using namespace tidemark;
  if (count == 1) print_known();
  bool verbose = false, apart = false;
  int unexplained = 0;
  for (int i = 1; i < count; ++i) {
    if (!std::strcmp(arguments[i], "-v")) {
      verbose = true;
      continue;
    }
    if (!std::strcmp(arguments[i], "-a")) {
      apart = true;
      continue;
    }
    const auto loaded = load_program(arguments[i], Form::text);
    if (const auto* message = std::get_if<std::string>(&loaded)) {
      std::fprintf(stderr, "%s\n", message->c_str());
      return 2;
    }
    const auto& program = std::get<Program>(loaded);
    for (const LinuxVersion& version : linux_versions()) {
      const Verdict verdict =
          apart ? Comparison::run_apart(version, program) : Comparison(version).run(program);
      std::string passed;
      for (const Expected* entry : verdict.passed) passed += std::string(" (") + entry->name + ")";
      const bool same = verdict.signature.empty();
      unexplained += !same && !verdict.expected;
      std::printf("%s\t%s\t%s\t%s%s\n", std::filesystem::path(arguments[i]).stem().c_str(),
                  version.name, same ? "same" : verdict.signature.c_str(),
                  same               ? ""
                  : verdict.expected ? verdict.expected->name
                                     : "NOT EXPECTED",
                  passed.c_str());
      if (verbose && !same)
        std::printf("operation %zu\n%s", verdict.operation + 1, verdict.report.c_str());
    }
  }
  return unexplained ? 1 : 0;
}
