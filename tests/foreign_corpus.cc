// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "foreign_corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <variant>

#include "foreign.h"
#include "program_file.h"
#include "subject_features.h"

namespace tidemark {
namespace fs = std::filesystem;

UnderTest loaded(const std::string& path) {
  std::string why;
  const auto tested = load_library(path, why);
  EXPECT_TRUE(tested) << why;
  return tested.value();
}

std::vector<Program> corpus() {
  std::vector<fs::path> paths;
  for (const char* folder : {"seeds", "regressions"})
    for (const auto& entry : fs::directory_iterator(fs::path(TIDEMARK_CORPUS_DIR) / folder))
      if (entry.path().extension() == ".trace") paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<Program> programs;
  for (const fs::path& path : paths)
    programs.push_back(std::get<LoadedProgram>(load_program(path.string(), Form::text)).program);
  return programs;
}

std::vector<Program> corpus_for(const UnderTest& tested) {
  std::vector<Program> programs;
  for (const Program& program : corpus()) programs.push_back(fitted(program, tested.features));
  return programs;
}

void expect_right(const UnderTest& tested) {
  const auto lockstep = tested.lockstep();
  for (const Program& program : corpus_for(tested)) {
    const auto found = lockstep->run(program);
    EXPECT_FALSE(found) << print(found->signature) << "\n" << describe(*found, program);
  }
}

}  // namespace tidemark
