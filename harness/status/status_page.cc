// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "status_page.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "files.h"
#include "finding_page.h"
#include "line_chart.h"
#include "text.h"
#include "unix_time.h"

namespace tidemark::status {
namespace {

namespace fs = std::filesystem;

// Rows of a table become blocks where they would not fit, each cell with its heading.
constexpr std::string_view kStyle =
    ":root{--faint:#59636e}@media(prefers-color-scheme:dark){:root{--faint:#9198a1}}"
    "p{margin:0 0 .5rem}.faint{color:var(--faint)}"
    ".charts{display:grid;max-width:60rem;margin-top:1rem;grid-template-columns:repeat(auto-fit,"
    "minmax(min(100%,"
    "20rem),1fr));"
    "gap:1rem 1.5rem}.charts figcaption{font-size:.9rem}"
    ".legend{margin-top:1rem}.legend span{margin-right:1rem;white-space:nowrap}"
    ".legend i{display:inline-block;width:1.2em;height:.25em;margin-right:.4em;"
    "vertical-align:middle}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:right;padding:.35rem .6rem;border-bottom:1px solid var(--line);"
    "vertical-align:top}th:first-child,td:first-child{text-align:left;padding-left:0;"
    "overflow-wrap:anywhere}th{font-weight:600;color:var(--faint)}"
    "tr.more td{text-align:left;padding:0 0 .6rem}tr.of td{border-bottom:0}"
    "summary{cursor:pointer;padding:.3rem 0}details pre,details figure{margin:0 0 .6rem}"
    "ul{margin:0;padding-left:1.2rem}"
    "@media(max-width:48rem){thead{display:none}table,tbody,tr,td{display:block}"
    "tr{padding:.5rem 0;border-bottom:1px solid var(--line)}tr.of{border-bottom:0;"
    "padding-bottom:0}td,td:first-child{border:0;padding:.1rem 0;text-align:left;display:flex;"
    "justify-content:space-between;gap:1rem}td:first-child{font-weight:600}"
    "td::before{content:attr(data-label);color:var(--faint);font-weight:400}"
    "td:first-child::before{content:none}tr.more td{display:block;padding:0}}";

// With a thin space between thousands, which no reader takes for a point.
std::string grouped(std::uint64_t number) {
  std::string text = decimal(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, "\u202f");
  return text;
}

std::string section(std::string_view heading, const std::string& html) {
  return "<h2>" + std::string(heading) + "</h2>\n" + html;
}

// A table row; the cells are HTML, the first is a heading of its own.
using Cells = std::vector<std::pair<std::string_view, std::string>>;

std::string row(const Cells& cells, std::string_view its_class = {}) {
  std::string html = its_class.empty() ? "<tr>" : "<tr class=\"" + std::string(its_class) + "\">";
  for (const auto& [heading, cell] : cells)
    html += "<td data-label=\"" + std::string(heading) + "\">" + cell + "</td>";
  return html + "</tr>\n";
}

std::string head_row(const Cells& cells) {
  std::string html = "<thead><tr>";
  for (const auto& cell : cells) html += "<th>" + std::string(cell.first) + "</th>";
  return html + "</tr></thead>\n";
}

Cells cells_of(const std::string& name, const SubjectState& subject) {
  const double since = subject.seconds - subject.last_new_seconds;
  return {{"subject", html_text(name)},
          {"fuzzed", span_text(subject.seconds)},
          {"programs", grouped(subject.programs)},
          {"programs/s", grouped(static_cast<std::uint64_t>(subject.programs_per_second))},
          {"coverage", grouped(subject.coverage) + " of " + grouped(subject.most_coverage)},
          {"since the last new", span_text(since)},
          {"corpus", grouped(subject.corpus)},
          {"memory", grouped(subject.memory_bytes >> 20) + " MiB"},
          {"restarts", grouped(subject.restarts)},
          {"sources", html_text(subject.commit)}};
}

std::string figures(const RunState& run) {
  std::string html;
  for (const auto& [name, subject] : run.subjects) {
    const Cells cells = cells_of(name, subject);
    if (html.empty()) html = "<table>\n" + head_row(cells) + "<tbody>\n";
    html += row(cells);
  }
  return html.empty() ? "<p>nothing has run yet</p>\n" : html + "</tbody></table>\n";
}

using Value = std::function<double(const Point& before, const Point& at)>;

std::string chart(const RunState& run, std::string_view title, const Value& value) {
  std::vector<Line> lines;
  for (const auto& [name, subject] : run.subjects) {
    Line& line = lines.emplace_back();
    for (std::size_t i = 1; i < subject.series.size(); ++i)
      line.points.push_back(
          {subject.series[i].time, value(subject.series[i - 1], subject.series[i])});
  }
  return "<figure><figcaption>" + std::string(title) + "</figcaption>\n" +
         line_chart(title, lines) + "</figure>\n";
}

double rate(const Point& before, const Point& at) {
  return static_cast<double>(at.programs - before.programs) /
         std::max(at.seconds - before.seconds, 0.001);
}

std::string legend(const RunState& run) {
  if (run.subjects.size() < 2) return {};
  std::string html = "<p class=\"legend\">";
  std::size_t number = 0;
  for (const auto& [name, subject] : run.subjects)
    html += "<span><i style=\"background:var(--line-" + decimal(number++ % kLineColours) +
            ")\"></i>" + html_text(name) + "</span>";
  return html + "</p>\n";
}

std::string charts(const RunState& run) {
  const auto number = [](std::uint64_t Point::*figure) {
    return [figure](const Point&, const Point& at) { return static_cast<double>(at.*figure); };
  };
  return legend(run) + "<div class=\"charts\">\n" + chart(run, "programs per second", rate) +
         chart(run, "coverage, places reached", number(&Point::coverage)) +
         chart(run, "corpus, inputs", number(&Point::corpus)) +
         chart(run, "findings, names", number(&Point::findings)) +
         "</div>\n<p class=\"faint\">Times are in UTC.</p>\n";
}

// The last line of a report that begins so.
std::string replay_command(const std::string& report) {
  const auto at = report.rfind("\nreplay  ");
  if (at == std::string::npos) return {};
  const auto from = at + 9;
  return report.substr(from, report.find('\n', from) - from);
}

std::string details(const FiledFinding& filed) {
  std::string html;
  if (!filed.program.empty()) html += "<pre>" + html_text(filed.program) + "</pre>\n";
  html += figure_in(read_if_there(filed.folder / "report.html").value_or(""));
  if (const std::string replay = replay_command(filed.report); !replay.empty())
    html += "<pre>" + html_text(replay) + "</pre>\n";
  return "<tr class=\"more\"><td colspan=\"6\"><details><summary>program and replay</summary>\n" +
         html + "</details></td></tr>\n";
}

std::string finding_row(const std::string& name, const SeenFinding& seen, const ShownFinding* shown,
                        const fs::path& folder) {
  std::string title = html_text(name);
  if (shown) {
    const fs::path page = fs::absolute(shown->folder).lexically_normal() / "report.html";
    title = "<a href=\"" + uri_path(page.lexically_proximate(folder).generic_string()) + "\">" +
            title + "</a>";
  }
  const Cells cells = {{"finding", title},
                       {"in", html_text(seen.subject)},
                       {"first seen", utc_text(seen.first)},
                       {"last seen", utc_text(seen.last)},
                       {"programs", grouped(seen.count)},
                       {"sources", html_text(seen.commit)}};
  return row(cells, shown ? "of" : "") + (shown ? shown->details : "");
}

std::string findings_table(const RunState& run, const std::vector<ShownFinding>& findings,
                           const fs::path& folder) {
  if (run.findings.empty()) return "<p>nothing found</p>\n";
  const Cells heads = {{"finding", ""},   {"in", ""},       {"first seen", ""},
                       {"last seen", ""}, {"programs", ""}, {"sources", ""}};
  std::string html = "<table>\n" + head_row(heads) + "<tbody>\n";
  for (const auto& [name, seen] : run.findings) {
    const auto its = std::ranges::find(findings, name, &ShownFinding::name);
    html += finding_row(name, seen, its == findings.end() ? nullptr : &*its, folder);
  }
  return html + "</tbody></table>\n";
}

std::string notes(const RunState& run) {
  std::string html;
  for (const auto& [about, note] : run.notes)
    html += "<li>" + html_text(note.text) + " <span class=\"faint\">(" + utc_text(note.since) +
            ")</span></li>\n";
  for (const auto& [name, subject] : run.subjects)
    for (const auto& [how, times] : subject.deaths)
      html += "<li>" + html_text(name) + ": a fuzzing process ended by itself, with " +
              html_text(how) + ", " + grouped(times) + " x</li>\n";
  return html.empty() ? "<p>none</p>\n" : "<ul>\n" + html + "</ul>\n";
}

// Those of a verb together: "window query: 0 -EINVAL".
std::string never_met(const RunState& run, const SubjectState& subject) {
  std::string html, last;
  for (const std::string& result : run.results) {
    if (subject.results.contains(result)) continue;
    const std::string verb = result.substr(0, result.rfind(' '));
    html += verb == last ? " " : (html.empty() ? "<li>" : "</li>\n<li>") + html_text(verb) + ": ";
    html += html_text(result.substr(result.rfind(' ') + 1));
    last = verb;
  }
  return html.empty() ? html : "<ul>" + html + "</li></ul>\n";
}

// What the inputs of a subject came to when its last turn began.
std::string results_of(const RunState& run, const std::string& name, const SubjectState& subject) {
  if (subject.results.empty())
    return "<p>" + html_text(name) + ": no input was looked at yet</p>\n";
  const std::string never = never_met(run, subject), all = decimal(run.results.size());
  if (never.empty())
    return "<p>" + html_text(name) + ": its inputs came to all of the " + all +
           " results that there may be</p>\n";
  const auto met = std::ranges::count_if(
      run.results, [&](const std::string& result) { return subject.results.contains(result); });
  return "<details><summary>" + html_text(name) +
         ": when its last turn began, its inputs came to " +
         decimal(static_cast<std::uint64_t>(met)) + " of " + all +
         " results that there may be; never to</summary>\n" + never + "</details>\n";
}

std::string never_reached(const RunState& run) {
  std::string html;
  if (!run.results.empty())
    for (const auto& [name, subject] : run.subjects) html += results_of(run, name, subject);
  return html +
         "<p>Which lines and rules no input reaches, <code>./tidemark coverage SUBJECT/corpus"
         "</code> says.</p>\n";
}

}  // namespace

std::vector<ShownFinding> shown_findings(const std::vector<FiledFinding>& filed) {
  std::vector<ShownFinding> findings;
  for (const FiledFinding& one : filed) findings.push_back({one.name, one.folder, details(one)});
  return findings;
}

std::string status_page(const RunState& run, const std::vector<ShownFinding>& findings,
                        const fs::path& folder) {
  const std::string style = std::string(kStyle) + std::string(line_chart_style());
  return page_head("tidemark fuzzing", style) + "<p>" + html_text(run.now) +
         ".</p>\n<p class=\"faint\">Since " + utc_text(run.begun) + ", started " +
         grouped(run.starts) + " x; " + decimal(run.processes) +
         (run.processes == 1 ? " process; as of " : " processes; as of ") +
         utc_text(run.updated, "%Y-%m-%d %H:%M:%S") + " UTC.</p>\n" +
         section("Figures", figures(run)) + charts(run) + section("Notes", notes(run)) +
         section("Findings", findings_table(run, findings, folder)) +
         section("Never reached", never_reached(run)) +
         "<p class=\"faint\">The same as <a href=\"status.json\">JSON</a> and for "
         "<a href=\"metrics.prom\">Prometheus</a>.</p>\n</body></html>\n";
}

}  // namespace tidemark::status
