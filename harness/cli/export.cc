// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as reproducers that stand alone.
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "commands.h"
#include "export_c.h"
#include "export_gtest.h"
#include "export_record.h"
#include "program_file.h"
#include "text.h"

namespace tidemark::cli {
namespace {

struct Options {
  std::string path, output;
};
using Exporter = std::optional<std::string> (*)(const Program&, const ExportOrigin&);

// The comments with which a text begins: they say what it shows.
std::vector<std::string> leading_comments(const std::string& path) {
  constexpr std::size_t kMostLines = 20, kMostBytes = 4096;
  std::string content(kMostBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
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

int write_out(const std::string& text, const std::string& output) {
  if (output.empty()) {
    fmt::print("{}", text);
    return kFine;
  }
  // As it is, not by a new file of that name: it may be a device.
  errno = 0;
  std::FILE* file = std::fopen(output.c_str(), "wb");
  bool good = file && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file) good = std::fclose(file) == 0 && good;
  if (good) return kFine;
  return complain(fmt::format("cannot write {}: {}", quoted_path(output), std::strerror(errno)));
}

int run(const Options& options, Exporter exporter) {
  const auto programs = load_all({options.path});
  if (programs.empty()) return kCouldNot;
  const ExportOrigin origin = {std::filesystem::path(options.path).filename().string(),
                               leading_comments(options.path)};
  const auto text = exporter(programs[0].program, origin);
  if (text) return write_out(*text, options.output);
  return complain(fmt::format(
      "{} is too long: at most {} operations, {} with those in callbacks, and {} words "
      "of bitmaps; reduce it first",
      quoted_path(options.path), kMaxRecordedOperations, kMaxRecordedCalls, kMaxRecordedWords));
}

void add_form(CLI::App& parent, Action& action, const char* name, const char* description,
              Exporter exporter) {
  CLI::App* command = parent.add_subcommand(name, description);
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, "A program: text, or bytes from a fuzzer")->required();
  command->add_option("-o,--output", options->output, "Where to, instead of standard output");
  command->callback([options, &action, exporter] {
    action = [options, exporter] { return run(*options, exporter); };
  });
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("export", "Turn a program into a file that stands alone");
  command->require_subcommand(1);
  add_form(*command, action, "c", "C: the same ioctls on /dev/vfio/vfio", export_c);
  add_form(*command, action, "gtest", "A GoogleTest case",
           [](const Program& program, const ExportOrigin& origin) {
             return std::optional(export_gtest(program, origin));
           });
  command->footer("Exit code: 0 done, 2 FILE is no program, or the result cannot be written.");
}

}  // namespace tidemark::cli
