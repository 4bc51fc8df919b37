// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "build_commands.h"

#include <stdexcept>

#include "text.h"

namespace tidemark::mutants {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFuzzer = "fuzz/lockstep_fuzzer";
constexpr const char* kTests = "tests/tracker_tests";
constexpr const char* kRaceTests = "tests/race_tests";
constexpr unsigned kSeconds = 300;  // for one command of the build

std::string object_of(const std::string& source) {
  return "impl/CMakeFiles/tidemark_impl.dir/" + source + ".o";
}

std::string race_object_of(const std::string& source) {
  return "tests/CMakeFiles/race_tests.dir/__/impl/" + source + ".o";
}

// The command that makes `product`, alone.
std::string command_for(const fs::path& build, const std::string& product) {
  const Ending ending =
      run_program({"ninja", "-C", build, "--quiet", "-t", "commands", "-s", product}, kSeconds);
  if (!ending.fine)
    throw std::invalid_argument("Ninja does not say how to make " + product + ":\n" + ending.said);
  std::string command = ending.said.substr(0, ending.said.find('\n'));
  // CMake's frame for what could come before and after.
  for (const std::string_view frame : {": && ", " && :"})
    if (const auto at = command.find(frame); at != std::string::npos)
      command.erase(at, frame.size());
  return command;
}

// `usual` makes `usual_object`; with another source, which is its last word and has its own
// quotes, and another object. What the compiler says of the headers goes beside that.
std::string compiling(const std::string& usual, const std::string& usual_object,
                      const fs::path& file, const fs::path& object) {
  const std::string command =
      usual.substr(0, usual.rfind(" -c ")) + " -c " + shell_word(file.string());
  return with_word(with_word(command, usual_object, shell_word(object.string())),
                   usual_object + ".d", shell_word(object.string() + ".d"));
}

}  // namespace

std::string with_word(const std::string& command, const std::string& from, const std::string& to) {
  std::string result = " " + command + " ";
  const std::string word = " " + from + " ";
  auto at = result.find(word);
  if (at == std::string::npos)
    throw std::invalid_argument("no " + from + " in the build's command: " + command);
  for (; at != std::string::npos; at = result.find(word, at + to.size() + 1))
    result.replace(at + 1, from.size(), to);
  return result.substr(1, result.size() - 2);
}

BuildCommands::BuildCommands(const fs::path& build, const std::vector<std::string>& sources)
    : build_(fs::absolute(build)),
      link_fuzzer_(command_for(build_, kFuzzer)),
      link_tests_(command_for(build_, kTests)),
      link_race_tests_(command_for(build_, kRaceTests)) {
  for (const std::string& source : sources) {
    compile_[source] = command_for(build_, object_of(source));
    compile_for_races_[source] = command_for(build_, race_object_of(source));
  }
}

std::vector<std::string> BuildCommands::sources() const {
  std::vector<std::string> names;
  for (const auto& [source, command] : compile_) names.push_back(source);
  return names;
}

Ending BuildCommands::run(const std::string& command) const {
  return run_program({"sh", "-c", "cd \"$0\" && exec " + command, build_}, kSeconds);
}

Ending BuildCommands::compile(const std::string& source, const fs::path& file,
                              const fs::path& object) const {
  return run(compiling(compile_.at(source), object_of(source), file, object));
}

Ending BuildCommands::compile_plain(const std::string& source, const fs::path& file,
                                    const fs::path& object) const {
  return run(compiling(compile_.at(source), object_of(source), file, object) +
             " -O2 -g0 -fno-sanitize=all");
}

Ending BuildCommands::compile_for_races(const std::string& source, const fs::path& file,
                                        const fs::path& object) const {
  return run(compiling(compile_for_races_.at(source), race_object_of(source), file, object));
}

// Before the library with the tracker, which then only gives what is not there yet.
Ending BuildCommands::link(const std::string& command, const std::string& usual,
                           const Objects& objects, const fs::path& program) const {
  std::string words = shell_word(program.string());
  for (const auto& [source, object] : objects) words += " " + shell_word(object.string());
  return run(with_word(command, usual, words));
}

Ending BuildCommands::link_fuzzer(const Objects& objects, const fs::path& program) const {
  return link(link_fuzzer_, kFuzzer, objects, program);
}

Ending BuildCommands::link_tests(const Objects& objects, const fs::path& program) const {
  return link(link_tests_, kTests, objects, program);
}

Ending BuildCommands::link_race_tests(const Objects& objects, const fs::path& program) const {
  std::string command = with_word(link_race_tests_, kRaceTests, shell_word(program.string()));
  for (const auto& [source, object] : objects)
    command = with_word(command, race_object_of(source), shell_word(object.string()));
  return run(command);
}

}  // namespace tidemark::mutants
