// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Lists what was found, for people and for what reads results of checks.
#include <fmt/core.h>

#include <memory>

#include "commands.h"
#include "files.h"
#include "finding.h"
#include "json_output.h"
#include "report_lines.h"
#include "sarif.h"
#include "text.h"

namespace tidemark::cli {
namespace {

using session::Json;

struct FindingsOptions {
  std::string folder = "findings", sarif;
  bool json = false;
};

void print_line(const FiledFinding& finding) {
  fmt::print("  {:>4} x  {}{}\n", finding.count, finding.name,
             finding.program.empty() ? ", not reduced" : "");
}

Json json_of(const FiledFinding& finding) {
  Json json = {{"name", finding.name},
               {"folder", finding.folder.string()},
               {"subject", finding.subject},
               {"count", finding.count},
               {"program", finding.program}};
  for (const char* word : {"step", "expected", "actual", "rule"})
    if (const std::string said = said_in(finding.report, word); !said.empty()) json[word] = said;
  return json;
}

int list(const FindingsOptions& options) {
  const auto findings = FindingStore(options.folder).all();
  if (!options.sarif.empty()) write_file(options.sarif, session::json_text(sarif_of(findings), 2));
  for (const FiledFinding& finding : findings) {
    if (options.json)
      session::print_json(json_of(finding));
    else
      print_line(finding);
  }
  if (!options.json && findings.empty())
    fmt::print("nothing in {}\n", quoted_path(options.folder));
  else if (!options.json)
    fmt::print("each is a folder in {}: begin with report.txt\n", quoted_path(options.folder));
  return findings.empty() ? kFine : kFound;
}

}  // namespace

void add_findings(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("findings", "List what was found, also for other tools");
  auto options = std::make_shared<FindingsOptions>();
  command
      ->add_option("--findings", options->folder,
                   "Folder of what was found, instead of the checkout's findings")
      ->take_last();
  command->add_flag("--json", options->json, "One JSON object a finding");
  command->add_option("--sarif", options->sarif, "File for a SARIF log (2.1.0) of them");
  command->footer(
      "A result of the log is at the line of the tracker that a stack leads to, or else at the\n"
      "step of its program that goes wrong, and has the contract's rule that is broken.\n"
      "Exit code: 0 there is nothing, 1 there is something, 2 it cannot be read or written.");
  on_call(*command, action, options, list);
}

}  // namespace tidemark::cli
