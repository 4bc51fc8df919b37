// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Every program of the corpus does what it says: one test a file.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "factories.h"
#include "files.h"
#include "lockstep.h"
#include "program_bytes.h"
#include "program_file.h"
#include "support.h"

namespace tidemark {
namespace {

using Path = std::filesystem::path;

void expect_runs(const Program& program, const char* form) {
  Lockstep lockstep(make_tracker, make_reference);
  if (const auto mismatch = lockstep.run(program)) {
    ADD_FAILURE() << form << ": " << print(mismatch->signature) << "\n"
                  << describe(*mismatch, program);
  }
}

class CorpusTest : public testing::Test {
 public:
  CorpusTest(Path path, bool is_seed) : path_(std::move(path)), is_seed_(is_seed) {}

  void TestBody() override {
    begins_with_a_comment();
    const auto loaded = load_program(path_.string(), Form::text);
    const auto* message = std::get_if<std::string>(&loaded);
    ASSERT_EQ(message, nullptr) << *message;
    const Program& program = std::get<LoadedProgram>(loaded).program;
    expect_runs(program, "text");
    as_bytes(program);
  }

 private:
  void begins_with_a_comment() {
    std::ifstream file(path_);
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line.substr(0, 2), "# ") << "the first line says what the program shows";
  }

  // The bytes do the same: they run, and the text's expectations hold for them. What was found
  // may have numbers that bytes cannot say.
  void as_bytes(const Program& program) {
    const auto bytes = encode(program);
    if (!bytes && !is_seed_) return;
    ASSERT_TRUE(bytes.has_value()) << why_no_bytes(program);
    Program decoded = decode(*bytes);
    decoded.expectations = program.expectations;
    EXPECT_EQ(decoded, program);
    expect_runs(decoded, "bytes");
  }

  const Path path_;
  const bool is_seed_;
};

std::vector<Path> programs_in(const Path& folder) {
  std::vector<Path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".trace") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// "pins-are-counted.trace" becomes pins_are_counted.
std::string test_name(const Path& path) {
  std::string name = path.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

int register_folder(const char* suite, const Path& folder, bool of_seeds) {
  const std::vector<Path> paths = programs_in(folder);
  for (const Path& path : paths) {
    testing::RegisterTest(suite, test_name(path).c_str(), nullptr, nullptr, path.c_str(), 1,
                          [=]() -> testing::Test* { return new CorpusTest(path, of_seeds); });
  }
  return static_cast<int>(paths.size());
}

const Path kCorpus = TIDEMARK_CORPUS_DIR;
const int seeds = register_folder("Seed", kCorpus / "seeds", true);
const int regressions = register_folder("Regression", kCorpus / "regressions", false);

// Not a wrong folder, for instance.
TEST(Corpus, HasSeeds) { EXPECT_GT(seeds, 100); }

std::vector<Path> bugs() {
  std::vector<Path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus / "bugs")) {
    if (entry.path().extension() == ".patch") paths.push_back(entry.path());
  }
  return paths;
}

// Whose name is the bug's: the benches look for it there.
TEST(Corpus, HasARegressionForEachBug) {
  EXPECT_GT(bugs().size(), 50U);
  for (const Path& bug : bugs()) {
    const Path name = bug.stem().concat(".trace");
    EXPECT_TRUE(std::filesystem::exists(kCorpus / "regressions" / name)) << name;
  }
  EXPECT_GE(regressions, static_cast<int>(bugs().size()));
}

// What stands in the patch before the diff, by entry: "Shows" and so on.
std::map<std::string, std::string> entries_of(const Path& bug) {
  std::map<std::string, std::string> entries;
  std::ifstream file(bug);
  std::string line, name;
  while (std::getline(file, line) && !line.starts_with("--- ")) {
    const bool more = line.starts_with("  ");
    if (!more) name = line.substr(0, line.find(':'));
    EXPECT_EQ(entries.contains(name), more) << bug << ": " << line;
    entries[name] += more ? line.substr(1) : line.substr(std::min(line.size(), name.size() + 1));
  }
  return entries;
}

TEST(Corpus, HasTheSameEntriesInEachBugAndAProgramThatTheTrackerPasses) {
  for (const Path& bug : bugs()) {
    std::map<std::string, std::string> entries = entries_of(bug);
    EXPECT_EQ(entries.size(), 4U) << bug;
    for (const char* const name : {"Bug", "Seen", "Effect", "Shows"}) {
      EXPECT_NE(entries[name], "") << bug << ": " << name;
    }
    std::string program = entries["Shows"];
    std::ranges::replace(program, ';', '\n');
    // Of hundreds of operations, the name of a file.
    if (const auto at = program.find("corpus/"); at != std::string::npos)
      program = read_file(kCorpus.parent_path() / program.substr(at));
    EXPECT_TRUE(runs(program)) << bug;
  }
}

}  // namespace
}  // namespace tidemark
