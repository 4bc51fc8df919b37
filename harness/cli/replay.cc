// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Runs programs step by step and shows each operation with what came out.
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "lockstep.h"
#include "operation_text.h"

namespace tidemark::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> paths;
  bool quiet = false;
  bool json = false;
};

bool has_range(Verb verb) {
  switch (verb) {
    case Verb::map:
    case Verb::unmap:
    case Verb::query:
    case Verb::pin:
    case Verb::unpin:
    case Verb::write:
    case Verb::read:
    case Verb::dma:
      return true;
    default:
      return false;
  }
}

std::string range_text(const Step& step) {
  if (!step.size) return fmt::format("{:#x}, 0 bytes", step.first);
  return fmt::format("{:#x}-{:#x}", step.first, step.first + step.size - 1);
}

// The words that the user finds in the bitmap.
std::vector<std::pair<std::int64_t, std::uint64_t>> words_of(const Machine& machine) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> words;
  const BitmapArea& bitmap = machine.world().bitmaps[0];
  for (const std::int64_t index : bitmap.touched()) words.emplace_back(index, bitmap.word(index));
  return words;
}

bool answered(const Operation& operation, const Step& step) {
  const bool bitmap = operation.verb == Verb::query ||
                      (operation.verb == Verb::unmap && (operation.flags & kWithBitmap) != 0);
  return bitmap && operation.when == When::now && step.result == 0;
}

void print_step(std::size_t index, const Operation& operation, Lockstep& lockstep) {
  const Step& step = lockstep.steps()[0];
  std::string line = fmt::format("{:4}  {:<40} => ", index + 1, print(operation));
  line += operation.when == When::now ? result_text(step.result) : "(waits for its window)";
  if (operation.when == When::now && has_range(operation.verb))
    line += "   [" + range_text(step) + "]";
  if (answered(operation, step)) {
    const auto words = words_of(lockstep.actual());
    line += words.empty() ? "   clean" : "   dirty";
    for (std::size_t i = 0; i < words.size() && i < 8; ++i)
      line += fmt::format(" {}:{:#x}", words[i].first, words[i].second);
    if (words.size() > 8) line += " ...";
  }
  fmt::print("{}\n", line);
  for (const Step& inner : lockstep.steps().subspan(1)) {
    fmt::print("        in its window: {} => {}{}\n", name(inner.verb), result_text(inner.result),
               has_range(inner.verb) ? "   [" + range_text(inner) + "]" : "");
  }
}

Json step_json(const Operation& operation, Lockstep& lockstep) {
  Json steps = Json::array();
  for (const Step& step : lockstep.steps()) {
    Json item = {{"verb", name(step.verb)}, {"result", step.result}};
    if (has_range(step.verb)) item["first"] = step.first, item["size"] = step.size;
    steps.push_back(item);
  }
  Json item = {{"operation", print(operation)}, {"steps", steps}};
  if (answered(operation, lockstep.steps()[0])) {
    item["words"] = Json::array();
    for (const auto& [index, word] : words_of(lockstep.actual()))
      item["words"].push_back({index, word});
  }
  return item;
}

Json mismatch_json(const Mismatch& mismatch) {
  return {{"signature", mismatch.signature},
          {"operation", mismatch.operation},
          {"expected", mismatch.expected},
          {"actual", mismatch.actual},
          {"pages", mismatch.pages}};
}

int replay(const NamedProgram& named, const Options& options) {
  const Program& program = named.program;
  Lockstep lockstep;
  lockstep.begin(program.setup);
  if (!options.json && !options.quiet) fmt::print("{}\n", named.path);
  Json json = {{"file", named.path}, {"operations", Json::array()}};
  std::optional<Mismatch> found;
  for (std::size_t i = 0; i < program.operations.size() && !found; ++i) {
    const bool expects = i < program.expectations.size() && !program.expectations[i].empty();
    found = lockstep.step(program.operations[i], expects ? &program.expectations[i] : nullptr);
    if (options.json)
      json["operations"].push_back(step_json(program.operations[i], lockstep));
    else if (!options.quiet)
      print_step(i, program.operations[i], lockstep);
  }
  if (!found) found = lockstep.end();

  if (options.json) {
    json["verdict"] = found ? "diverge" : "agree";
    if (found) json["mismatch"] = mismatch_json(*found);
    fmt::print("{}\n", json.dump(-1, ' ', true, Json::error_handler_t::replace));
  } else if (found) {
    fmt::print("{}: diverges: {}\n{}", named.path, found->signature, describe(*found, program));
  } else {
    fmt::print("{}: agrees\n", named.path);
  }
  return found ? kFound : kFine;
}

// In a child, so that a program that takes the tracker down is a verdict too.
int replay_apart(const NamedProgram& named, const Options& options) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const int code = replay(named, options);
    std::fflush(nullptr);
    _exit(code);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    fmt::print(stderr, "tidemark: cannot start a process: {}\n", std::strerror(errno));
    return kCouldNot;
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const std::string how = fmt::format("signal {}", WTERMSIG(status));
  if (options.json)
    fmt::print("{}\n", Json{{"file", named.path}, {"verdict", "crash"}, {"how", how}}.dump(
                           -1, ' ', true, Json::error_handler_t::replace));
  else
    fmt::print("{}: crashes: {}\n", named.path, how);
  return kFound;
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("replay", "Run programs and show each operation with its result");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->paths, "Programs: text, or bytes from a fuzzer")->required();
  auto* quiet = command->add_flag("--quiet", options->quiet, "Only the verdict");
  command->add_flag("--json", options->json, "One JSON object a file")->excludes(quiet);
  command->footer("Exit code: 0 all agree, 1 one diverges, 2 one is no program (and none is run).");
  command->callback([options, &action] {
    action = [options] {
      const auto programs = load_all(options->paths);
      int code = programs.empty() ? kCouldNot : kFine;
      for (const NamedProgram& named : programs)
        code = std::max(code, replay_apart(named, *options));
      return code;
    };
  });
}

}  // namespace tidemark::cli
