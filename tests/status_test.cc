// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a long run remembers, and how it shows that.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "json_text.h"
#include "line_chart.h"
#include "metrics.h"
#include "status_page.h"
#include "temporary_folder.h"
#include "unix_time.h"

namespace tidemark::status {
namespace {

namespace fs = std::filesystem;

RunState some_run() {
  RunState run;
  run.begun = 1'000'000'000;
  run.updated = 1'000'100'000;
  run.starts = 2;
  run.now = "Fuzzing <b>";
  SubjectState& subject = run.subjects["evil\"<script>\n"];
  subject.seconds = 100;
  subject.programs = 12'345;
  subject.memory_bytes = 3 << 20;
  subject.deaths["signal 9 (<i>)"] = 4;
  subject.crashes["hang"] = {5, 3};
  subject.results = {"map 0", "map -EINVAL", "window query 0"};
  run.results = {"map 0", "map -EEXIST", "map -EINVAL", "map -ENOMEM", "window query 0", "pin <0"};
  for (int i = 0; i < 3; ++i)
    subject.series.push_back({run.begun + i * 100, i * 10.0, static_cast<std::uint64_t>(i * 1000)});
  run.findings["lost<a>"] = {"tracker", run.begun, run.updated, 7, "abc"};
  run.findings["second"] = {"tracker", run.begun, run.updated, 1, "abc"};
  run.notes["stalled"] = {"nothing & nobody", run.begun};
  return run;
}

TEST(RunState, ComesBackFromItsText) {
  const std::string text = to_json(some_run());
  EXPECT_TRUE(is_json(text));
  const auto again = read_run_state(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(*again), text);
  EXPECT_EQ(again->findings.at("lost<a>").count, 7u);
  EXPECT_EQ(again->subjects.begin()->second.crashes.at("hang").passed_over, 3u);
  for (const char* other : {"", "[]", "{}", "{\"version\":2}", "{\"version\":1,\"begun\":\"x\"}"})
    EXPECT_FALSE(read_run_state(other)) << other;
}

// Weeks in a few hundred points, of which the first and the last stay.
TEST(RunState, TheSeriesStaysShort) {
  RunState run;
  SubjectState& subject = run.subjects["tracker"];
  for (int i = 0; i < 100'000; ++i) {
    subject.seconds = 20.0 * i;
    subject.programs += 5;
    add_point(run, "tracker", subject);
  }
  EXPECT_LE(subject.series.size(), 240u);
  EXPECT_GE(subject.series.size(), 100u);
  EXPECT_EQ(subject.series.front().seconds, 0);
  EXPECT_GE(subject.series.back().seconds, subject.seconds - subject.point_seconds);
  for (std::size_t i = 1; i < subject.series.size(); ++i)
    EXPECT_LE(subject.series[i].seconds - subject.series[i - 1].seconds, 2 * subject.point_seconds);
}

TEST(StatusPage, NamesAreTextAndNothingComesFromElsewhere) {
  const TemporaryFolder folder;
  const fs::path found = folder.path / "my findings" / "lost";
  write_content(found / "report.html", "x<figure>\n<svg></svg></figure>y");
  const std::vector<FiledFinding> filed = {{.name = "lost<a>",
                                            .folder = found,
                                            .subject = "tracker",
                                            .report = "lost\n\nreplay  ./tidemark replay 'a<b'\n",
                                            .program = "map 0p 1p rw # <\n",
                                            .count = 7}};
  const std::string page = status_page(some_run(), shown_findings(filed), folder.path / "work");
  for (const char* forbidden : {"<b>", "<script", "<i>)", "<a>", "a<b", " src=", "url(", "@import"})
    EXPECT_EQ(page.find(forbidden), std::string::npos) << forbidden;
  std::string rest = page;
  const std::string space = "http://www.w3.org/2000/svg";  // a name, that nobody looks up
  for (auto at = rest.find(space); at != std::string::npos; at = rest.find(space))
    rest.erase(at, space.size());
  EXPECT_EQ(rest.find("//"), std::string::npos) << rest;
  EXPECT_NE(page.find("<a href=\"../my%20findings/lost/report.html\">lost&lt;a&gt;</a>"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("<figure>\n<svg></svg></figure>"), std::string::npos) << page;
  EXPECT_NE(page.find("./tidemark replay &#39;a&lt;b&#39;"), std::string::npos) << page;
  EXPECT_NE(page.find("nothing &amp; nobody"), std::string::npos) << page;
  EXPECT_NE(page.find("signal 9 (&lt;i&gt;), 4 x"), std::string::npos) << page;
}

TEST(StatusPage, HasARowForEachAndCharts) {
  const std::string page = status_page(some_run(), {}, "/");
  const auto count = [&page](const std::string& what) {
    const std::regex pattern(what);
    return std::distance(std::sregex_iterator(page.begin(), page.end(), pattern), {});
  };
  EXPECT_EQ(count("<td data-label=\"finding\">"), 2);
  EXPECT_EQ(count("<td data-label=\"subject\">"), 1);
  EXPECT_EQ(count("<svg class=\"chart\""), 4);
  EXPECT_EQ(count("<tr"), count("</tr>"));
  EXPECT_EQ(count("class=\"line\""), 4);
  EXPECT_NE(status_page(RunState(), {}, "/").find("nothing found"), std::string::npos);
}

TEST(StatusPage, SaysWhichResultsNeverCame) {
  RunState run = some_run();
  const auto has = [&run](const std::string& part) {
    const std::string page = status_page(run, {}, "/");
    EXPECT_NE(page.find(part), std::string::npos) << part << " in\n" << page;
  };
  has(": when its last turn began, its inputs came to 3 of 6 results that there may be; never to");
  has("<ul><li>map: -EEXIST -ENOMEM</li>\n<li>pin: &lt;0</li></ul>");
  run.subjects.begin()->second.results.insert(run.results.begin(), run.results.end());
  has(": its inputs came to all of the 6 results that there may be</p>");
  run.subjects.begin()->second.results.clear();
  has(": no input was looked at yet");
  run.results.clear();  // nobody has said what there may be
  EXPECT_EQ(status_page(run, {}, "/").find("was looked at"), std::string::npos);
}

TEST(LineChart, StaysInsideItsFrame) {
  for (const std::vector<Line::At>& points :
       {std::vector<Line::At>{}, {{5, 0}}, {{5, 7}, {5, 7}}, {{0, 1e9}, {10'000'000, 3}}}) {
    const std::string svg = line_chart("a <title>", {{points}});
    EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
    EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
    EXPECT_NE(svg.find("a &lt;title&gt;"), std::string::npos) << svg;
    const std::regex place("[ML]([-0-9.]+) ([-0-9.]+)");
    for (std::sregex_iterator it(svg.begin(), svg.end(), place), end; it != end; ++it) {
      EXPECT_GE(std::stod((*it)[1]), 0) << svg;
      EXPECT_LE(std::stod((*it)[1]), 360) << svg;
      EXPECT_GE(std::stod((*it)[2]), 0) << svg;
      EXPECT_LE(std::stod((*it)[2]), 190) << svg;
    }
  }
}

// As of a run that has just begun: a time that comes twice would be written over itself.
TEST(LineChart, HasEachTimeOnce) {
  EXPECT_EQ(line_chart("none", {}).find(":00"), std::string::npos);
  for (const std::int64_t span : {0, 1, 2, 1000}) {
    const std::string svg = line_chart("some", {{{{100, 1}, {100 + span, 2}}}});
    std::set<std::string> times;
    const std::regex time(">(\\d\\d:\\d\\d:\\d\\d)<");
    for (std::sregex_iterator it(svg.begin(), svg.end(), time), end; it != end; ++it)
      EXPECT_TRUE(times.insert((*it)[1]).second) << svg;
    EXPECT_GE(times.size(), 2u) << svg;
  }
}

// Each line is a comment for a metric, or a sample of the last that had both.
TEST(Metrics, AreAsPrometheusWantsThem) {
  const std::string text = metrics_text(some_run());
  std::istringstream lines(text);
  const std::regex comment("# (HELP|TYPE) (tidemark_[a-z_]+) (\\S.*)"),
      sample("(tidemark_[a-z_]+)(\\{([a-z]+=\"([^\"\\\\]|\\\\[\\\\\"n])*\",?)+\\})? [0-9.e+-]+");
  std::string help, type;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    std::smatch part;
    if (std::regex_match(line, part, comment)) {
      if (part[1] == "HELP") {
        EXPECT_TRUE(seen.insert(part[2]).second) << line << " comes twice";
      }
      (part[1] == "HELP" ? help : type) = part[2];
      if (part[1] == "TYPE") {
        EXPECT_EQ(part[3] == "counter", line.find("_total ") != std::string::npos) << line;
      }
    } else {
      ASSERT_TRUE(std::regex_match(line, part, sample)) << line;
      EXPECT_EQ(part[1], help) << line;
      EXPECT_EQ(part[1], type) << line;
    }
  }
  EXPECT_NE(text.find("tidemark_programs_total{subject=\"evil\\\"<script>\\n\"} 12345\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("tidemark_process_memory_bytes{subject=\"evil\\\"<script>\\n\"} 3145728\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("tidemark_findings 2\n"), std::string::npos) << text;
}

TEST(UnixTime, IsReadable) {
  EXPECT_EQ(utc_text(1'000'000'000), "2001-09-09 01:46");
  EXPECT_EQ(span_text(-1), "0 s");
  EXPECT_EQ(span_text(90), "90 s");
  EXPECT_EQ(span_text(600), "10 min");
  EXPECT_EQ(span_text(9000), "2.5 h");
  EXPECT_EQ(span_text(864000), "10.0 days");
}

}  // namespace
}  // namespace tidemark::status
