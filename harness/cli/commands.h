// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The sub-commands, one file each. Each adds itself to the command line; what
// it returns becomes the exit code, and kCouldNot if it throws.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command_line.h"
#include "program.h"
#include "registry.h"

namespace tidemark::cli {

// Set by the sub-command that was named; runs once the command line is parsed.
using Action = std::function<int()>;

// When `command` is named, that is `run` with its options.
template <class Options, class Run>
void on_call(CLI::App& command, Action& action, std::shared_ptr<Options> options, Run run) {
  command.callback([=, &action] { action = [=] { return run(*options); }; });
}

void add_replay(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_fuzz(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_minimise(CLI::App& app, Action& action);
void add_keep(CLI::App& app, Action& action);
void add_merge(CLI::App& app, Action& action);
void add_findings(CLI::App& app, Action& action);
void add_import(CLI::App& app, Action& action);
void add_record(CLI::App& app, Action& action);

// Loads all files or none: messages for those that are no programs go to
// standard error, and the result is empty. So do notes on what was loaded otherwise
// than its user may think.
struct NamedProgram {
  std::string path;  // as it was given: a file, or a finding's folder
  Program program;
  std::string subject;  // in which it was found, if it is a finding; else the tracker
  // What has to run before it in the same process, if it is a finding that takes that.
  std::vector<Program> before = {};
};
std::vector<NamedProgram> load_all(const std::vector<std::string>& paths);

// What every command says of its FILE.
inline constexpr const char* kProgram =
    "A program: text, bytes from a fuzzer, or a finding's folder";
// The option --subject; without it, `subject` stays as it is: empty for programs that say
// themselves where they were found.
void add_subject(CLI::App& command, std::string& subject);
// What `name` stands for. If nothing, standard error says what there is; else, once, what of
// the contract it has not.
std::optional<UnderTest> subject_or_complain(const std::string& name);
// If not, standard error says what the subject would have to have.
bool can_run(const UnderTest& tested, const NamedProgram& named);

// Behind that a program does nothing wrong, if it has expectations: these do not count there.
std::string unless_expected(const Program& program);

// "tidemark: `what`" on standard error. Returns kCouldNot.
int complain(const std::string& what);

}  // namespace tidemark::cli
