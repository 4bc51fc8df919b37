// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Signatures as values and as text: all that can be made survives being printed and
// parsed, and all that the project's files speak of is one.
#include "mismatch.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <regex>
#include <set>

#include "parsed.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

constexpr std::int64_t kResults[] = {0, -EINVAL, -EFAULT, -ENOMEM, -75};

template <class Enum>
std::vector<Enum> all(std::size_t count) {
  std::vector<Enum> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<Enum>(i));
  return values;
}
const std::vector<Verb> kAllVerbs = all<Verb>(kVerbs);

bool is_of_operation(Kind kind) { return Kind::result <= kind && kind <= Kind::extra_marks; }
bool is_of_states(Kind kind) { return Kind::missing_marks <= kind && kind <= Kind::iommu; }

// What goes with the kind, of one operation.
void add_of_operation(std::vector<Signature>& signatures, Signature s) {
  if (s.kind == Kind::result) {
    for (const std::int64_t expected : kResults) {
      s.expected = expected;
      signatures.push_back(s);  // whatever it returned
      for (const std::int64_t actual : kResults)
        signatures.push_back(s), signatures.back().actual = actual;
    }
  } else if (s.kind == Kind::size) {
    for (const Total field : all<Total>(kTotals))
      signatures.push_back(s), signatures.back().total = field;
  } else {
    signatures.push_back(s);
  }
}

void add_of_states(std::vector<Signature>& signatures, Signature s) {
  signatures.push_back(s);
  s.moment = Moment::after;
  for (const Verb verb : kAllVerbs) {
    s.verb = verb;
    signatures.push_back(s);
    for (const std::int64_t result : {-EINVAL, -75})
      signatures.push_back(s), signatures.back().actual = result;
  }
}

std::vector<Signature> of_lockstep() {
  std::vector<Signature> signatures;
  for (const Kind kind : all<Kind>(kKinds)) {
    if (is_of_operation(kind))
      for (const Verb verb : kAllVerbs)
        for (const Moment moment : {Moment::call, Moment::window})
          add_of_operation(signatures, {.kind = kind, .verb = verb, .moment = moment});
    if (is_of_states(kind)) add_of_states(signatures, {.kind = kind});
  }
  const std::vector<Signature> plain = signatures;
  for (const Signature& one : plain) {
    for (std::size_t place = 1; place < kPlaces; ++place)
      signatures.push_back(one), signatures.back().place = static_cast<Place>(place);
    signatures.push_back(one), signatures.back().closing = true;
  }
  return signatures;
}

std::vector<Signature> of_all_kinds() {
  std::vector<Signature> signatures = of_lockstep();
  for (const Kind kind : {Kind::none, Kind::leak, Kind::lost_page, Kind::reported_again, Kind::hang,
                          Kind::died, Kind::out_of_memory})
    signatures.push_back({.kind = kind});
  for (const Kind kind : {Kind::address, Kind::undefined})
    for (const char* function : {"", "mapping_find", "tidemark::print(int, ...)", "f.cold.1"})
      signatures.push_back({.kind = kind, .what = "heap-use-after-free", .function = function});
  for (const Kind kind : {Kind::warn, Kind::bug, Kind::deadlock, Kind::foreseen})
    signatures.push_back({.kind = kind, .what = "linux", .function = "vfio_dma_do_unmap"});
  for (const Kind kind : {Kind::no_lock, Kind::lets_go, Kind::keeps_lock, Kind::outside_lock,
                          Kind::too_much_memory, Kind::too_many_steps})
    for (const char* entry : {"unmap", "visit"})
      signatures.push_back({.kind = kind, .what = entry});
  for (const char* what : {"odd-offset", "lock.wrong", "lockstep.verdict-changes", "closing",
                           "WARN_ON(a.b > 1) in f", "lockstep.map.window.pins", "hang.over"})
    signatures.push_back(named(what));
  return signatures;
}

TEST(ASignature, OfAnyKindIsWhatItsTextSays) {
  std::set<Kind> kinds;
  std::set<std::string> texts;
  for (const Signature& s : of_all_kinds()) {
    const std::string text = print(s);
    EXPECT_EQ(parse_signature(text), s) << text;
    EXPECT_TRUE(texts.insert(text).second) << text << " is the text of two";
    kinds.insert(s.kind);
  }
  EXPECT_EQ(kinds.size(), kKinds + 1) << "and Kind::named";
}

// Whatever a child prints.
TEST(ASignature, ComesOfAnyText) {
  for (const std::string text : {"lockstep",
                                 "lockstep.",
                                 "lockstep.pin",
                                 "lockstep.pin.",
                                 "lockstep.pin.result",
                                 "lockstep.pin.result.EINVAL",
                                 "lockstep.pin.result.EINVAL-instead-of-",
                                 "lockstep.pin.not-",
                                 "lockstep.pin.result.EINVAL-instead-of-EWHAT",
                                 "lockstep.pin.not-0",
                                 "lockstep.state.result",
                                 "lockstep.after-.pins",
                                 "lockstep.after-pin-.pins",
                                 "lockstep.after-pin-EWHAT.pins",
                                 "lockstep.state.pins.nowhere",
                                 "lockstep.state.pins.first.last",
                                 "AddressSanitizer",
                                 "AddressSanitizer.",
                                 "linux.warn",
                                 "atomicity.query",
                                 "atomicity..lets-go",
                                 "atomicity.query.lets-go.twice",
                                 "atomicity.query.too-many-steps",
                                 "cost.query",
                                 "cost..too-many-steps",
                                 "cost.query.lets-go",
                                 "cost.query.keeps-lock",
                                 "linux.warn.",
                                 ".",
                                 "..",
                                 "closing.hang",
                                 "lockstep.pin.pins.x",
                                 "lockstep.pin.pins.",
                                 "hang.",
                                 "\xff.\n"})
    EXPECT_EQ(parse_signature(text), named(text)) << text;
  EXPECT_FALSE(parse_signature(""));
}

// Folders of findings, lists of what is known and tests hold these names.
TEST(ASignature, IsPrintedAsEver) {
  const std::pair<Signature, const char*> kNames[] = {
      {{.kind = Kind::missing_dirty, .verb = Verb::query, .place = Place::word_edge},
       "lockstep.query.missing-dirty.word-edge"},
      {{.kind = Kind::outside, .verb = Verb::unmap, .place = Place::beyond},
       "lockstep.unmap.outside.beyond"},
      {{.kind = Kind::extra_dirty, .verb = Verb::detach, .moment = Moment::after},
       "lockstep.after-detach.extra-dirty"},
      {{.kind = Kind::missing_marks,
        .verb = Verb::query,
        .moment = Moment::after,
        .actual = -EINVAL},
       "lockstep.after-query-EINVAL.missing-marks"},
      {{.kind = Kind::output, .verb = Verb::info, .moment = Moment::window},
       "lockstep.unmap.window.info.output"},
      {returned(Verb::pin, 4, -EPERM), "lockstep.pin.result.success-instead-of-EPERM"},
      {{.kind = Kind::result, .verb = Verb::pin, .expected = -EPERM}, "lockstep.pin.not-EPERM"},
      {returned(Verb::map, -71, 0), "lockstep.map.result.71-instead-of-success"},
      {{.kind = Kind::size, .verb = Verb::map, .total = Total::dma_available},
       "lockstep.map.size.dma-available"},
      {{.kind = Kind::size, .verb = Verb::map}, "lockstep.map.size"},
      {{.kind = Kind::iommu}, "lockstep.state.iommu"},
      {{.kind = Kind::missing_dirty, .verb = Verb::query, .closing = true},
       "closing.lockstep.query.missing-dirty"},
      {{.kind = Kind::leak}, "lockstep.release.leak"},
      {{.kind = Kind::lost_page}, "migration.lost-page"},
      {{.kind = Kind::reported_again}, "precision.reported-again"},
      {{.kind = Kind::out_of_memory}, "out-of-memory"},
      {{.kind = Kind::undefined, .what = "shift-exponent", .function = "report_word"},
       "UndefinedBehaviorSanitizer.shift-exponent.report_word"},
      {{.kind = Kind::bug, .what = "linux", .function = "vfio_dma_do_unmap"},
       "linux.bug.vfio_dma_do_unmap"},
  };
  for (const auto& [signature, text] : kNames) EXPECT_EQ(print(signature), text);
}

TEST(ASignature, SaysWhoCanSeeIt) {
  const auto oracle = [](const char* text) { return name(parse_signature(text).oracle()); };
  EXPECT_EQ(oracle("lockstep.pin.result.EINVAL-instead-of-success"), "result");
  EXPECT_EQ(oracle("lockstep.unmap.window.pin.result.EINVAL-instead-of-success"), "result");
  EXPECT_EQ(oracle("lockstep.unmap.window.query.output"), "bytes");
  EXPECT_EQ(oracle("lockstep.query.missing-dirty"), "bytes");
  EXPECT_EQ(oracle("lockstep.pin.missing-marks"), "bytes");
  EXPECT_EQ(oracle("lockstep.unmap.callbacks"), "callbacks");
  EXPECT_EQ(oracle("lockstep.attach.size.mappings"), "state");
  EXPECT_EQ(oracle("lockstep.state.memory"), "state");
  EXPECT_EQ(oracle("migration.lost-page"), "migration");
  EXPECT_EQ(oracle("precision.reported-again"), "precision");
  EXPECT_EQ(oracle("lockstep.release.leak"), "leak");
  EXPECT_EQ(oracle("AddressSanitizer.SEGV"), "sanitizer");
  EXPECT_EQ(oracle("died"), "sanitizer");
  EXPECT_EQ(oracle("hang"), "hang");
}

// "lockstep.query.missing-dirty.mappings-write": a signature, then what a name has
// behind it (finding_name.h).
bool is_a_name(std::string text) {
  if (parse_signature(text).kind != Kind::named) return true;
  text.resize(text.rfind('.'));
  return parse_signature(text).kind != Kind::named;
}

std::vector<std::filesystem::path> texts_of_the_project() {
  const std::filesystem::path root = std::filesystem::path(TIDEMARK_CORPUS_DIR).parent_path();
  std::vector<std::filesystem::path> files = {root / "README.md", root / "DESIGN.md"};
  for (const char* folder : {"corpus", "docs", "peers/linux"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto ending = entry.path().extension();
      if (ending == ".md" || ending == ".trace" || ending == ".patch")
        files.push_back(entry.path());
    }
  return files;
}

TEST(ASignature, IsWhatTheProjectsTextsSpeakOf) {
  static const std::regex spoken(
      "\\b(lockstep|migration|AddressSanitizer|UndefinedBehaviorSanitizer|"
      "linux\\.(warn|bug|deadlock|foreseen))\\.(?!(h|cc)\\b)[A-Za-z0-9_.-]*[A-Za-z0-9_]");
  std::size_t count = 0;
  for (const auto& path : texts_of_the_project()) {
    const std::string text = content(path);
    for (std::sregex_iterator it(text.begin(), text.end(), spoken), end; it != end; ++it, ++count)
      EXPECT_TRUE(is_a_name(it->str())) << path << ": " << it->str();
  }
  EXPECT_GT(count, 5u);
}

TEST(AMismatch, IsDescribedWithItsStep) {
  Mismatch mismatch;
  mismatch.operation = 1;
  mismatch.expected = "0";
  mismatch.actual = "-EINVAL";
  mismatch.pages = {0x1000, 0x5000};
  const Program program = parsed("container v2\nstart\nquery 0p 1p\n");
  EXPECT_EQ(describe(mismatch, program),
            "step 2 of 2: query 0p 1p\nexpected  0\nactual    -EINVAL\niova      0x1000 0x5000\n");
  mismatch.also_reported.assign(Mismatch::kMaxPages, 0x2000);
  EXPECT_TRUE(describe(mismatch, program)
                  .starts_with("step 2 of 2: query 0p 1p\nexpected  0\nactual    -EINVAL\n"
                               "iova      0x1000 0x5000\n"
                               "also      reported, and not dirty: 0x2000 0x2000 "))
      << describe(mismatch, program);
  EXPECT_TRUE(describe(mismatch, program).ends_with(" 0x2000 ...\n"));
  mismatch.pages = {0x1000, 0x2000, 0x5000, 0x6000, 0x7000};
  EXPECT_NE(describe(mismatch, program).find("iova      0x1000 0x2000 0x5000-0x7fff (3 pages)\n"),
            std::string::npos)
      << describe(mismatch, program);
  mismatch.page_bytes = 0x1000 / 4;
  mismatch.pages = {0x1000, 0x1400, 0x1800, 0x2800};
  EXPECT_NE(describe(mismatch, program).find("iova      0x1000-0x1bff (3 pages) 0x2800\n"),
            std::string::npos)
      << describe(mismatch, program);
  mismatch.operation = 2;
  mismatch.known = "B2: because";
  mismatch.pages.clear();
  mismatch.also_reported.clear();
  EXPECT_EQ(describe(mismatch, program),
            "step 2 of 2, after the last\nexpected  0\nactual    -EINVAL\nknown     B2: because\n");
}

}  // namespace
}  // namespace tidemark
