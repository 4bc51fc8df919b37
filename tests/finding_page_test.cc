// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "broken_rule.h"
#include "files.h"
#include "kind_meaning.h"
#include "parsed.h"
#include "report_lines.h"

namespace tidemark {
namespace {

Signature of(Kind kind) { return {.kind = kind, .verb = Verb::query}; }

TEST(BrokenRule, IsInTheContract) {
  std::vector<Signature> signatures;
  for (std::size_t i = 1; i <= kKinds; ++i) signatures.push_back(of(static_cast<Kind>(i)));
  for (unsigned i = 0; i < kVerbs; ++i)
    signatures.push_back({.kind = Kind::result, .verb = static_cast<Verb>(i)});
  for (std::size_t i = 0; i < kTotals; ++i)
    signatures.push_back({.kind = Kind::size, .total = static_cast<Total>(i)});
  const std::string contract = read_file(TIDEMARK_DOCUMENTS "/contract.md");
  std::set<std::string> rules;
  for (const Signature& signature : signatures) {
    const std::string line = rule_line(signature);
    if (line.empty()) continue;
    const std::string anchor = line.substr(line.find('#') + 1, line.size() - line.find('#') - 2);
    EXPECT_NE(contract.find("<a id=\"" + anchor + "\"></a>"), std::string::npos) << line;
    rules.insert(anchor);
  }
  EXPECT_GT(rules.size(), 20u);
}

TEST(BrokenRule, OfALostPageIsTheFirst) {
  for (const Kind kind : {Kind::missing_dirty, Kind::missing_marks, Kind::lost_page})
    EXPECT_EQ(broken_rule(of(kind))->id, "N1");
  EXPECT_EQ(broken_rule(of(Kind::extra_dirty))->id, "R8");
  EXPECT_EQ(broken_rule(of(Kind::hang))->id, "D22");
  EXPECT_EQ(broken_rule({.kind = Kind::hang, .verb = Verb::unmap})->id, "D6");
  EXPECT_FALSE(broken_rule({.kind = Kind::hang})) << "of no operation";
  EXPECT_EQ(broken_rule(of(Kind::out_of_memory))->id, "D21");
  EXPECT_FALSE(broken_rule({.kind = Kind::out_of_memory, .verb = Verb::dma})) << "no call";
  EXPECT_FALSE(broken_rule(of(Kind::died)));
  EXPECT_EQ(rule_line(of(Kind::leak)),
            "rule      N3, nothing is left after release, nor of a call that fails: "
            "docs/contract.md#n3\n");
}

TEST(KindMeaning, IsInTheDocument) {
  const std::string document = read_file(TIDEMARK_DOCUMENTS "/findings.md");
  for (std::size_t i = 1; i < kKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    const std::string row =
        "\n| `" + std::string(word(kind)) + "` | " + std::string(meaning(kind)) + " |\n";
    EXPECT_FALSE(meaning(kind).empty()) << word(kind);
    EXPECT_NE(document.find(row), std::string::npos) << row;
  }
}

TEST(KindMeaning, IsSaidOnceOfEachKind) {
  const std::string lost = "means     missing-dirty: a dirty page is not reported\n";
  EXPECT_EQ(meaning_lines("", {}, Kind::missing_dirty, Kind::none, ""), lost);
  EXPECT_EQ(meaning_lines("", {}, Kind::missing_dirty, Kind::missing_dirty, ""), lost);
  EXPECT_EQ(meaning_lines("", {}, Kind::missing_dirty, Kind::missing_marks, ""),
            lost + "          missing-marks: a page that may have been written is not marked\n");
  EXPECT_EQ(meaning_lines("", {}, Kind::named, Kind::none, ""), "");
}

TEST(KindMeaning, IsSaidOfTheNamesWordsForWhen) {
  const auto lines = [](std::string_view name) {
    return meaning_lines(name, {}, Kind::pins, Kind::none, "");
  };
  const std::string pins = "pins: the tracker has other pins than it should\n";
  EXPECT_EQ(lines("lockstep.pin.pins"), "means     " + pins);
  EXPECT_EQ(lines("after-others.lockstep.unmap.window.pin.pins"),
            "means     after-others: it fails only after the programs of before.trace, in one "
            "process\n          " +
                pins);
  EXPECT_TRUE(
      lines("lockstep.after-query.pins").starts_with("means     after-query: the operation "))
      << lines("lockstep.after-query.pins");
  const Program program = parsed("container v2\nwindow d1: unmap 0p 1p\nunmap 0p 2p\n");
  EXPECT_EQ(meaning_lines("lockstep.unmap.pins", program, Kind::pins, Kind::none, ""),
            "means     " + pins +
                "          window d1: what its driver does when an unmap asks for its pins\n");
  for (const char* word : {"marking", "unpinning", "closing"})
    EXPECT_NE(lines("lockstep." + std::string(word) + ".pins").find(std::string(word) + ": "),
              std::string::npos);
}

TEST(KindMeaning, IsSaidOfTheNamesLastPart) {
  EXPECT_EQ(meaning_lines("", {}, Kind::missing_dirty, Kind::none, "rule_any"),
            "means     missing-dirty: a dirty page is not reported\n"
            "          rule_any: the container takes queries of any range\n");
  EXPECT_EQ(meaning_of_part("pin"), "it has the operation pin");
  EXPECT_EQ(meaning_of_part("window_hardware_fault_bent"),
            "it has hardware, with a fault and an argument that no honest user gives, in a window: "
            "while an unmap calls a driver");
}

TEST(ReportLines, WhatBlamesTheSameIsProbablyOneBug) {
  const auto blaming = [](const std::string& cause, const std::string& rule) {
    return "cause     step 3: " + cause + " (missing-marks)\nrule      " + rule + ", and so on\n";
  };
  const std::string pin = blaming("window d0: pin d0 0p 1p rw", "N1");
  EXPECT_EQ(blamed_in("lockstep.after-pin.missing-marks", pin), "pin, N1");
  EXPECT_EQ(blamed_in("lockstep.pin.not-EINVAL", "rule      N1, and so on\n"), "");
  EXPECT_EQ(probably_one_bug({{"a", pin},
                              {"b", blaming("pin d0 4p 2p", "N1")},
                              {"c", blaming("pin d0 4p 2p", "R3")},
                              {"d", blaming("query 0p 1p", "N1")},
                              {"e", ""}}),
            "probably one bug (pin, N1): a, b\n");
}

// What has no cause that shows later was done by the step that shows it.
TEST(ReportLines, WhatTheSameStepDidIsProbablyOneBug) {
  const std::string query = "step 3 of 3: query 0p 2p\nexpected  0\nrule      R3, and so on\n";
  const std::string window = "step 2 of 4: window d0: query 1p\nrule      R3, and so on\n";
  EXPECT_EQ(blamed_in("lockstep.query.not-EINVAL", query), "query, R3");
  EXPECT_EQ(blamed_in("lockstep.query.window.result", window), "query, R3");
  EXPECT_EQ(blamed_in("lockstep.after-pin.pins", query), "") << "another step did";
  EXPECT_EQ(blamed_in("migration.lost-page", query), "") << "it was lost before";
  EXPECT_EQ(blamed_in("lockstep.release.leak", "step 2 of 2, after the last\nrule      R3, a\n"),
            "");
  EXPECT_EQ(probably_one_bug({{"lockstep.query.not-EINVAL", query},
                              {"lockstep.query.window.result", window},
                              {"migration.lost-page", query}}),
            "probably one bug (query, R3): lockstep.query.not-EINVAL, "
            "lockstep.query.window.result\n");
}

TEST(ReportLines, WhatGoesWrongInOneStoreAloneIsProbablyOneBug) {
  const std::string query = "lockstep.after-query.missing-dirty.store_sparse",
                    marking = "lockstep.marking.missing-dirty.store_sparse";
  EXPECT_EQ(probably_one_bug({{query, ""},
                              {marking, ""},
                              {"lockstep.after-query.extra-dirty.store_sparse", ""},
                              {"lockstep.after-query.missing-dirty.hardware", ""}}),
            "probably one bug (the store sparse, missing-dirty): " + query + ", " + marking + "\n");
}

TEST(ReportLines, WhatEndsTheProcessAlikeIsProbablyOneBug) {
  for (const char* part : {"", ".pin", ".v1", ".window_pin", ".map_fault_bent"})
    EXPECT_EQ(blamed_in("AddressSanitizer.leak" + std::string(part), ""), "") << "no function";
  EXPECT_EQ(probably_one_bug({{"AddressSanitizer.heap-use-after-free.unmap_pass", ""},
                              {"AddressSanitizer.SEGV.unmap_pass", ""},
                              {"AddressSanitizer.SEGV.page_changed", ""},
                              {"UndefinedBehaviorSanitizer.null-pointer-use.unmap_pass", ""},
                              {"hang.pin", ""},
                              {"out-of-memory.pin", ""},
                              {"out-of-memory.write", ""}}),
            "probably one bug (a memory error in unmap_pass): "
            "AddressSanitizer.SEGV.unmap_pass, AddressSanitizer.heap-use-after-free.unmap_pass\n"
            "probably one bug (it has no end, pin): hang.pin, out-of-memory.pin\n");
  const std::string unmap = "step 5 of 5: unmap 0 0 all\nrule      D6, and so on\n";
  EXPECT_EQ(probably_one_bug({{"hang.unmap_pass", unmap},
                              {"hang.take_pins_back", unmap},
                              {"hang.report_run", "step 2 of 2: query 0p 1p\nrule      D21, a\n"}}),
            "probably one bug (it has no end, unmap, D6): hang.take_pins_back, hang.unmap_pass\n");
}

Finding finding() {
  Finding finding;
  finding.name = "lockstep.query.missing-dirty";
  finding.report = rule_line(of(Kind::missing_dirty)) + "and so on\n";
  finding.picture.page_bytes = 4096;
  finding.picture.dirty_is = "reported dirty";
  finding.picture.subject = "tracker";
  finding.picture.columns.resize(64, {.mapping = 'A', .in_range = true});
  finding.picture.columns[9].reference = true;
  return finding;
}

TEST(FindingPage, LinksTheRule) {
  EXPECT_NE(finding_page(finding(), "findings/x")
                .find("<a href=\"../../docs/contract.md#n1\">docs/contract.md#n1</a>\nand so on\n"),
            std::string::npos);
}

// As wide as what is drawn, so that nothing is cut off.
TEST(FindingPage, ShowsAllOfThePicture) {
  const std::string page = finding_page(finding(), "findings/x");
  std::size_t pictures = 0;
  for (std::size_t from = 0; (from = page.find("<svg", from)) != std::string::npos; ++pictures) {
    const std::string svg = page.substr(from, page.find("</svg>", from) - from);
    const int width = std::stoi(svg.substr(svg.find("width=\"") + 7));
    std::size_t at = 0;
    for (std::size_t found = 0; (found = svg.find(" x=\"", at)) != std::string::npos;) {
      at = found + 4;
      EXPECT_LE(std::stoi(svg.substr(at)) + 14, width);
    }
    for (const char* part :
         {">reported dirty, by one side alone<", "prefers-color-scheme:dark", "viewBox=\"0 0 "})
      EXPECT_NE(svg.find(part), std::string::npos) << part;
    from += 1;
  }
  EXPECT_EQ(pictures, 2u);
  EXPECT_NE(page.find(">0x8000<"), std::string::npos);
  for (std::size_t at = 0; (at = page.find("http", at)) != std::string::npos; ++at)
    EXPECT_EQ(page.compare(at, 26, "http://www.w3.org/2000/svg"), 0) << "from outside";
}

long cells(const std::string& svg, const std::string& how) {
  long count = 0;
  for (std::size_t at = 0; (at = svg.find("<rect class=\"" + how + "\"", at)) != std::string::npos;
       ++at)
    ++count;
  return count;
}

// A telephone's: what differs is in the middle of what is left, wherever it was.
TEST(FindingPage, OfAFewColumnsShowsThoseThatDiffer) {
  for (const std::size_t at : {0u, 9u, 40u, 63u}) {
    Picture picture = finding().picture;
    picture.columns[9].reference = false;
    picture.columns[at].reference = true;
    const std::string svg = picture_svg(picture, 16);
    EXPECT_LE(std::stoi(svg.substr(svg.find("width=\"") + 7)), 358) << at;
    EXPECT_EQ(cells(svg, "p"), 16 * 4 - 2 + 1) << at;  // two of them differ, one is the legend's
    EXPECT_EQ(cells(svg, "w"), 1 + 1) << at;
    EXPECT_EQ(cells(svg, "m"), 1 + 1) << at;
    const std::size_t before = at < 8 ? 0 : std::min<std::size_t>(at - 8, 48);
    if (before) {
      EXPECT_NE(svg.find(">" + std::to_string(before) + (before == 1 ? " page" : " pages") +
                         " more of this mapping to the left<"),
                std::string::npos)
          << at;
    }
    EXPECT_EQ(svg.find("to the left") == std::string::npos, before == 0) << at;
    EXPECT_EQ(svg.find("to the right") == std::string::npos, before == 48) << at;
  }
}

TEST(FindingPage, HasALegendOfWhatItShows) {
  Picture picture = finding().picture;
  const std::string few = picture_svg(picture, 64);
  for (const char* part : {">not mapped<", ">pins of the page<", ">reported dirty<", "cause"})
    EXPECT_EQ(few.find(part), std::string::npos) << part;
  picture.columns[0].mapping = '.';
  picture.columns[1].pins = 1;
  picture.columns[2].subject = picture.columns[2].reference = true;
  picture.columns[3].of_cause = true;
  const std::string all = picture_svg(picture, 64);
  for (const char* part : {">not mapped<", ">pins of the page<", ">reported dirty<", ">cause<",
                           ">the range of the step that is the cause<"})
    EXPECT_NE(all.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace tidemark
