// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as reproducers that stand alone.
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "commands.h"
#include "export_c.h"
#include "export_gtest.h"
#include "export_record.h"
#include "files.h"
#include "finding.h"
#include "program_file.h"
#include "program_text.h"
#include "text.h"

namespace tidemark::cli {
namespace {

struct ExportOptions {
  std::string path, output, hardware;
};
using Exporter = std::optional<std::string> (*)(const Program&, const ExportOrigin&);

// The comments with which a text begins: they say what it shows.
std::vector<std::string> leading_comments(const std::string& path) {
  constexpr std::size_t kMostLines = 20, kMostBytes = 4096;
  const std::string content = read_file(path, kMostBytes);
  std::vector<std::string> comments;
  for (std::size_t at = 0; at < content.size() && content[at] == '#';) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    const std::size_t begin = std::min(content.find_first_not_of("# \t", at), end);
    std::string line = content.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && comments.size() < kMostLines) comments.push_back(line);
    at = end + 1;
  }
  return comments;
}

// `words` stand behind hardware= in an attach. False if they cannot.
bool set_hardware(Program& program, const std::string& words) {
  const auto read = parse("attach g0 hardware=" + words + "\n");
  const auto* kind = std::get_if<Program>(&read);
  if (!kind || kind->operations.size() != 1) return false;
  for (Operation& operation : program.operations)
    if (operation.verb == Verb::attach && (operation.flags & kHardware) != 0) {
      operation.hardware = kind->operations[0].hardware;
      operation.own = kind->operations[0].own;
    }
  return true;
}

int run(const ExportOptions& options, Exporter exporter) {
  auto programs = load_all({options.path});
  if (programs.empty()) return kCouldNot;
  if (!options.hardware.empty() && !set_hardware(programs[0].program, options.hardware))
    return complain("no hardware is like " + quote(options.hardware));
  const ExportOrigin origin = {std::filesystem::path(options.path).filename().string(),
                               leading_comments(program_in(options.path).string())};
  const auto text = exporter(programs[0].program, origin);
  if (text && options.output.empty()) fmt::print("{}", *text);
  if (text && !options.output.empty()) write_file(options.output, *text);
  if (text) return kFine;
  return complain(fmt::format(
      "{} is too long: at most {} operations, {} with those in callbacks, and {} words "
      "of bitmaps; reduce it first",
      quoted_path(options.path), kMaxRecordedOperations, kMaxRecordedCalls, kMaxRecordedWords));
}

CLI::App* add_form(CLI::App& parent, Action& action, const char* name, const char* description,
                   Exporter exporter, std::shared_ptr<ExportOptions> options) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->add_option("FILE", options->path, kProgram)->required();
  command->add_option("-o,--output", options->output, "Where to, instead of standard output");
  on_call(*command, action, options,
          [exporter](const ExportOptions& given) { return run(given, exporter); });
  return command;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("export", "Turn a program into a file that stands alone");
  command->require_subcommand(1);
  const auto options = std::make_shared<ExportOptions>();
  add_form(*command, action, "c", "C: the same ioctls on /dev/vfio/vfio", export_c, options)
      ->add_option("--hardware", options->hardware,
                   "What all hardware is like instead, as behind hardware= in a program");
  add_form(
      *command, action, "gtest", "A GoogleTest case",
      [](const Program& program, const ExportOrigin& origin) {
        return std::optional(export_gtest(program, origin));
      },
      options);
  command->footer("Exit code: 0 done, 2 FILE is no program, or the result cannot be written.");
}

}  // namespace tidemark::cli
