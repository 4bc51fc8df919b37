// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a run says of what it names once nobody fuzzes any more.
#include "naming.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "liar.h"
#include "parsed.h"
#include "program_bytes.h"
#include "temporary_folder.h"
#include "text.h"

namespace tidemark::session {
namespace {

class Naming : public testing::Test {
 protected:
  static UnderTest lying_subject() {
    UnderTest tested = the_tracker();
    tested.make = [](std::string_view) {
      return std::make_unique<Lockstep>(lying<Lie::loses_a_page>, make_reference);
    };
    return tested;
  }
  // A fuzzing process has ended on it.
  void add(const std::string& name, const std::string& program) {
    const auto bytes = encode(fuzzable(parsed(program))).value();
    write_content(folder_.path / name, characters(bytes));
    found_.add(folder_.path / name, "what it said\n", false);
  }
  std::string said() {
    name_what_waits(found_, 100, out_);
    std::rewind(out_);
    std::string text(10000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), out_));
    return text;
  }
  ~Naming() override { std::fclose(out_); }

  const TemporaryFolder folder_;
  Found found_{lying_subject(),
               folder_.path / "findings",
               folder_.path / "reported",
               folder_.path / "deadly",
               5,
               false,
               std::nullopt};
  std::FILE* const out_ = std::tmpfile();
};

TEST_F(Naming, SaysWhatIsTheSameAsWhatIsFound) {
  add("crash-1", "map 0p 1p rw\nstart\nwrite 0p 1\nquery 0p 1p\n");
  add("crash-2", "map 0p 4p rw\nstart\nwrite 2p 1\nquery 0p 4p\n");
  const std::string text = said();
  // With what failed otherwise while the first was made small.
  EXPECT_NE(text.find("of what was to be named, "), std::string::npos) << text;
  EXPECT_NE(text.find(" the same as lockstep.query.missing-dirty.write\n"), std::string::npos)
      << text;
  EXPECT_GE(found_.times().at("lockstep.query.missing-dirty.write"), 2u);
}

TEST_F(Naming, SaysNothingWhereNothingWaits) { EXPECT_EQ(said(), ""); }

}  // namespace
}  // namespace tidemark::session
