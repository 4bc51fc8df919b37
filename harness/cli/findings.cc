// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Lists what was found, for people and for what reads results of checks.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "commands.h"
#include "files.h"
#include "finding.h"
#include "finding_now.h"
#include "json_output.h"
#include "report_lines.h"
#include "sarif.h"
#include "text.h"

namespace tidemark::cli {
namespace {

using session::Json;

struct FindingsOptions {
  std::string folder = "findings", sarif;
  bool json = false, remove_gone = false;
};

void print_line(const FiledFinding& finding, const Now& now) {
  std::string detail = now.detail;
  if (!detail.empty()) detail = now.word == kStillThere ? " (" + detail + ")" : ": " + detail;
  fmt::print("  {:>4} x  {:<11}  {}{}\n", finding.count, now.word, finding.name, detail);
}

Json json_of(const FiledFinding& finding, const Now& now) {
  Json json = {
      {"name", finding.name},       {"now", now.word},        {"folder", finding.folder.string()},
      {"subject", finding.subject}, {"count", finding.count}, {"program", finding.program}};
  if (const std::string blamed = blamed_in(finding.name, finding.report); !blamed.empty())
    json["blames"] = blamed;
  for (const char* word : {"step", "expected", "actual", "rule"})
    if (const std::string said = said_in(finding.report, word); !said.empty()) json[word] = said;
  if (!now.detail.empty()) json[now.word == kNotJudged ? "why" : "shows"] = now.detail;
  return json;
}

// Files that are not of a finding stay, and then so does its folder.
void remove_if_gone(const FiledFinding& finding, const Now& now) {
  if (now.word != kGone) return;
  FindingStore::remove(finding.folder);
  if (std::filesystem::exists(finding.folder))
    fmt::print(stderr, "tidemark: {} has files that are not of a finding, and stays\n",
               quoted_path(finding.folder.string()));
}

// Below the list.
void print_end(const FindingsOptions& options, const std::vector<Now>& now,
               const std::map<std::string, std::string>& reports) {
  const auto gone = std::ranges::count(now, kGone, &Now::word);
  if (now.empty()) {
    fmt::print("nothing in {}\n", quoted_path(options.folder));
    return;
  }
  fmt::print("{}", probably_one_bug(reports));
  if (!reports.empty())
    fmt::print("each is a folder in {}: begin with report.txt\n", quoted_path(options.folder));
  if (gone && options.remove_gone)
    fmt::print("removed: {}, gone\n", gone);
  else if (gone)
    fmt::print("to remove what is gone: ./tidemark findings --remove-gone\n");
}

int list(const FindingsOptions& options) {
  const auto findings = FindingStore(options.folder).all();
  std::vector<Now> now;
  std::map<std::string, std::string> reports;  // of all but what is gone
  for (const FiledFinding& finding : findings) {
    now.push_back(now_of(finding));
    if (now.back().word != kGone) reports[finding.name] = finding.report;
    if (options.json)
      session::print_json(json_of(finding, now.back()));
    else
      print_line(finding, now.back());
    flush_output();  // of many it takes a while
  }
  if (!options.sarif.empty())
    write_file(options.sarif, session::json_text(sarif_of(findings, now), 2));
  if (options.remove_gone)
    for (std::size_t i = 0; i < findings.size(); ++i) remove_if_gone(findings[i], now[i]);
  if (!options.json) print_end(options, now, reports);
  return reports.empty() ? kFine : kFound;
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
  command->add_flag("--remove-gone", options->remove_gone,
                    "Remove the folders of those that are gone, and of no others");
  command->footer(
      "Each is replayed, for 10 s at most, and is still there; gone; another, under a name that\n"
      "is said; or not judged: it showed only once, or what it was found in is not here. Several\n"
      "that blame the same operation for the same rule are probably one bug.\n"
      "A result of the log is at the line of the tracker that a stack leads to, or else at the\n"
      "step of its program that goes wrong, and has the contract's rule that is broken; what is\n"
      "gone has passed.\n"
      "Exit code: 0 there is nothing, or all of it is gone; 1 there is something, 2 it cannot be\n"
      "read or written.");
  on_call(*command, action, options, list);
}

}  // namespace tidemark::cli
