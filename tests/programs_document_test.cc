// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// docs/programs.md says what the parser does: its programs run, and its tables hold
// what the parser's hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "errno_names.h"
#include "hardware_kinds.h"
#include "program_text.h"
#include "support.h"
#include "text.h"
#include "verbs.h"
#include "vocabulary.h"

namespace tidemark {
namespace {

using std::string;

struct Block {
  std::size_t line = 0;  // of its first line in the document
  string language, text;
};

struct Document {
  string text;                       // but for the blocks
  std::vector<Block> blocks;         // between ``` and ```
  std::vector<string> rows;          // of tables
  std::vector<string> first_cells;   // of the same
  std::vector<string> second_cells;  // of the same
};

string cell(const string& row, std::size_t number) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= number; ++i) begin = row.find('|', begin) + 1;
  const string padded = row.substr(begin, row.find('|', begin) - begin);
  return std::regex_replace(padded, std::regex("^ +| +$"), "");
}

void add_line(Document& document, const string& line) {
  document.text += line + "\n";
  if (line.starts_with("|")) {
    document.rows.push_back(line);
    document.first_cells.push_back(cell(line, 0));
    document.second_cells.push_back(cell(line, 1));
  }
}

Document document() {
  Document document;
  std::ifstream file(TIDEMARK_PROGRAMS_DOCUMENT);
  bool in_block = false;
  string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("```")) {
      in_block = !in_block;
      if (in_block) document.blocks.push_back({number + 1, line.substr(3), ""});
    } else if (in_block) {
      document.blocks.back().text += line + "\n";
    } else {
      add_line(document, line);
    }
  }
  EXPECT_FALSE(in_block);
  return document;
}

// "`map` `unmap`": the verbs that `has` is true of, in the order of Verb.
template <typename Has>
string verbs_with(Has has) {
  string list;
  for (unsigned i = 0; i < kVerbs; ++i) {
    const Verb verb = static_cast<Verb>(i);
    if (has(verb, fields_of(verb))) list += (list.empty() ? "`" : " `") + string(name(verb)) + "`";
  }
  return list;
}

// That a table has `word` in a row of its own, with these verbs beside it.
void expect_option(const Document& document, std::string_view word, const string& verbs) {
  ASSERT_NE(verbs, "") << word;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < document.rows.size(); ++i) {
    if (document.first_cells[i] != "`" + string(word) + "`") continue;
    ++rows;
    EXPECT_EQ(document.second_cells[i], verbs) << word;
  }
  EXPECT_EQ(rows, 1U) << "rows for " << word;
}

TEST(ProgramsDocument, EveryBlockIsAProgramThatDoesWhatItSays) {
  std::set<Verb> verbs;
  for (const Block& block : document().blocks) {
    if (block.language == "grammar") continue;
    EXPECT_EQ(block.language, "") << "docs/programs.md:" << block.line;
    const Program program = program_of(block.text);
    EXPECT_TRUE(runs(program)) << "docs/programs.md:" << block.line;
    for (const Operation& operation : program.operations) verbs.insert(operation.verb);
  }
  EXPECT_EQ(verbs.size(), kVerbs) << "some verb has no example";
}

TEST(ProgramsDocument, TheSetupThatNeedNotBeSaidIsTheUsualOne) {
  std::size_t seen = 0;
  for (const Block& block : document().blocks) {
    if (!block.text.starts_with("container")) continue;
    EXPECT_EQ(program_of(block.text), Program{});
    ++seen;
  }
  EXPECT_EQ(seen, 1U);
}

// "pin DEVICE ADDRESS SIZE RIGHTS"
string synopsis(Verb verb) {
  const VerbFields& fields = fields_of(verb);
  string line = "`" + string(name(verb));
  if (fields.device) line += fields.group ? " DEVICE-OR-GROUP" : " DEVICE";
  if (fields.group && !fields.device) line += " GROUP";
  if (fields.process) line += " PROCESS";
  if (fields.address) line += " ADDRESS";
  if (fields.size) line += " SIZE";
  if (fields.number) line += " NUMBER";
  if (words::has_rights(fields)) line += " RIGHTS";
  return line + "`";
}

TEST(ProgramsDocument, EveryOperationHasARowWithItsArguments) {
  const Document text = document();
  for (unsigned i = 0; i < kVerbs; ++i) {
    const string line = synopsis(static_cast<Verb>(i));
    EXPECT_EQ(std::count(text.first_cells.begin(), text.first_cells.end(), line), 1) << line;
  }
}

TEST(ProgramsDocument, EveryOptionHasARowWithItsOperations) {
  const Document text = document();
  for (const words::FlagWord& flag : words::kFlagWords) {
    expect_option(text, flag.word, verbs_with([&](Verb, const VerbFields& fields) {
                    return (fields.flags & flag.flag) != 0;
                  }));
  }
  expect_option(text, "vaddr=", verbs_with([](Verb, const VerbFields& f) { return f.vaddr; }));
  expect_option(text, "by=", verbs_with([](Verb, const VerbFields& f) { return f.by; }));
  EXPECT_NE(
      text.text.find("only of " +
                     verbs_with([](Verb, const VerbFields& f) { return f.kernel_thread; }) + " |"),
      string::npos);
  std::vector<std::string_view> of_attach(kOwnNames.begin(), kOwnNames.end());
  of_attach.insert(of_attach.end(), {"emulated", "hardware="});
  for (const std::string_view word : of_attach) {
    expect_option(text, word,
                  verbs_with([](Verb verb, const VerbFields&) { return verb == Verb::attach; }));
  }
}

TEST(ProgramsDocument, EveryBentFieldAndEveryFaultHasARowWithItsOperations) {
  const Document text = document();
  for (std::size_t i = 1; i < words::kBendNames.size(); ++i) {
    expect_option(text, words::kBendNames[i], verbs_with([i](Verb, const VerbFields& fields) {
                    return words::has(fields.bends, i);
                  }));
  }
  for (std::size_t i = 1; i < words::kFaultNames.size(); ++i) {
    expect_option(text, words::kFaultNames[i], verbs_with([i](Verb, const VerbFields& fields) {
                    return words::has(fields.faults, i);
                  }));
  }
}

string range_text(const HardwareKind::Range& range) {
  return "`" + hex(range.first) + "`-`" + hex(range.last) + "`";
}

TEST(ProgramsDocument, EveryKindOfHardwareHasItsRow) {
  const Document text = document();
  for (unsigned i = 0; i < kHardwareKinds; ++i) {
    const HardwareKind& kind = hardware_kind(i);
    string row = "| `hardware=" + decimal(i) + "` | `" + hex(kind.pgsizes) + "` | " +
                 (kind.cache_coherent ? "yes" : "no") + " | " + range_text(kind.aperture) + " |";
    for (unsigned r = 0; r < kind.nr_reserved; ++r) row += " " + range_text(kind.reserved[r]);
    EXPECT_EQ(std::count(text.rows.begin(), text.rows.end(), row + " |"), 1) << row;
  }
}

TEST(ProgramsDocument, EveryOtherWordIsInIt) {
  const Document text = document();
  std::vector<string> expected;
  for (const auto& error : kErrorNames) expected.push_back("`-" + string(error.name) + "`");
  for (const auto name : words::kRuleNames) expected.push_back("`" + string(name) + "`");
  for (const auto name : words::kTypeNames) expected.push_back("`" + string(name) + "`");
  for (std::size_t i = 0; i < kTotals; ++i)
    expected.push_back("`" + string(name(static_cast<Total>(i))) + "=`");
  for (const auto name : words::kInfoNames) expected.push_back("`" + string(name) + "=`");
  for (const auto name : words::kCapabilityNames)
    if (!name.empty()) expected.push_back("`" + string(name) + "`");
  for (const char* const word : {"rule=", "entries=", "memlock=", "unlimited", "fresh", "size=",
                                 "marks=", "pins=", "callbacks=", "warnings=", "capabilities=",
                                 "iova_ranges=", "words", "window d0:", "each-window d0:", "=>"}) {
    expected.push_back("`" + string(word) + "`");
  }
  for (const string& word : expected) EXPECT_NE(text.text.find(word), string::npos) << word;
}

std::vector<std::string_view> totals() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kTotals; ++i) names.push_back(name(static_cast<Total>(i)));
  return names;
}

// In quotes.
TEST(ProgramsDocument, TheGrammarHasTheParsersWords) {
  string grammar;
  for (const Block& block : document().blocks) {
    if (block.language == "grammar") grammar += block.text;
  }
  for (const auto& names :
       {std::vector<std::string_view>(words::kRightsNames.begin(), words::kRightsNames.end()),
        {words::kRuleNames.begin(), words::kRuleNames.end()},
        {words::kTypeNames.begin(), words::kTypeNames.end()},
        {words::kInfoNames.begin(), words::kInfoNames.end()},
        {words::kCapabilityNames.begin() + 1, words::kCapabilityNames.end()},
        totals(),
        {"container", "window",     "each-window", "rule=",         "entries=",
         "memlock=",  "unlimited",  "=>",          "size=",         "marks=",
         "pins=",     "callbacks=", "warnings=",   "capabilities=", "iova_ranges=",
         "words",     "2^63",       "2^64",        ".end",          ".size"}}) {
    for (const std::string_view word : names) {
      EXPECT_NE(grammar.find("\"" + string(word) + "\""), string::npos) << word;
    }
  }
}

}  // namespace
}  // namespace tidemark
