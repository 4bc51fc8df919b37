// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How the build makes the programs that try the tracker, done again with other objects.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "subprocess.h"

namespace tidemark::mutants {

// Of the tracker's sources, by their name.
using Objects = std::map<std::string, std::filesystem::path>;

class BuildCommands {
 public:
  // Asks Ninja how `build`, a build folder with all programs made, compiles `sources`
  // (of impl/, by name) and links. Throws std::invalid_argument, with Ninja's words, if it
  // does not know.
  BuildCommands(const std::filesystem::path& build, const std::vector<std::string>& sources);

  std::vector<std::string> sources() const;

  // With AddressSanitizer, UndefinedBehaviorSanitizer and coverage feedback, for link().
  Ending compile(const std::string& source, const std::filesystem::path& file,
                 const std::filesystem::path& object) const;
  // Without, and with no trace of where what stood: objects that differ do so in what
  // they do.
  Ending compile_plain(const std::string& source, const std::filesystem::path& file,
                       const std::filesystem::path& object) const;
  // With ThreadSanitizer, for link_race_tests().
  Ending compile_for_races(const std::string& source, const std::filesystem::path& file,
                           const std::filesystem::path& object) const;

  // These make `program`, with `objects` in the place of the tracker's own.
  Ending link_fuzzer(const Objects& objects, const std::filesystem::path& program) const;
  Ending link_tests(const Objects& objects, const std::filesystem::path& program) const;
  Ending link_race_tests(const Objects& objects, const std::filesystem::path& program) const;

 private:
  Ending run(const std::string& command) const;
  Ending link(const std::string& command, const std::string& usual, const Objects& objects,
              const std::filesystem::path& program) const;

  std::filesystem::path build_;
  std::map<std::string, std::string> compile_, compile_for_races_;  // by source
  std::string link_fuzzer_, link_tests_, link_race_tests_;
};

// `command` with each word `from` replaced. Throws std::invalid_argument if none is there.
std::string with_word(const std::string& command, const std::string& from, const std::string& to);

}  // namespace tidemark::mutants
