// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark import, as it is called; what it makes of logs is for import_test.cc.
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

constexpr std::string_view kLog =
    "4242@1700000000.151002:vfio_listener_region_add_ram region_add [ram] 0x0 - 0x9ffff [0x7f4e]\n"
    "4242@1700000061.300110:vfio_region_write  (0000:3b:00.0:region0+0x1018, 0x1, 4)\n"
    "4242@1700000061.700001:vfio_get_dirty_bitmap iova=0x0 size= 0xa0000 bitmap_size=0x18 "
    "start=0x0 dirty_pages=160\n";

class CliImport : public testing::Test {
 protected:
  CliImport() { write_content(path() / "log", kLog); }
  const std::filesystem::path& path() const { return folder_.path; }
  Command command(const std::vector<std::string>& words) const {
    return tidemark_command(words).in(path());
  }

  const TemporaryFolder folder_;
};

TEST_F(CliImport, a_program_goes_to_standard_output_and_what_is_not_known_to_standard_error) {
  const Ended ended = command({"import", "log"}).run();
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.out.find("\ncontainer v2\nattach g0 hardware=0"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.err,
            "tidemark: 4 operations from 3 lines, of QEMU\n"
            "tidemark: 1 line is not known, such as\n"
            "tidemark:   '4242@1700000061.300110:vfio_region_write  (0000:3b:00.0:regi'...\n");
}

TEST_F(CliImport, what_it_makes_can_be_replayed_shown_and_exported) {
  ASSERT_EQ(command({"import", "log", "-o", "made.trace"}).run().code, 0);
  EXPECT_EQ(command({"replay", "made.trace"}).run().code, 0);
  EXPECT_EQ(command({"show", "made.trace"}).run().code, 0);
  const Ended exported = command({"export", "c", "made.trace"}).run();
  EXPECT_EQ(exported.code, 0);
  EXPECT_NE(exported.out.find("Imported from a log of QEMU."), std::string::npos);
}

TEST_F(CliImport, what_it_cannot_do_writes_nothing_and_is_exit_code_2) {
  write_content(path() / "other", "one\ntwo\n");
  write_content(path() / "bytes", std::string_view("a\0b\n", 4));
  for (const std::string file : {"other", "bytes", "none", "."}) {
    const Ended ended = command({"import", file, "-o", "made.trace"}).run();
    EXPECT_EQ(ended.code, 2) << file;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_FALSE(std::filesystem::exists(path() / "made.trace")) << file;
  }
  EXPECT_EQ(command({"import"}).run().code, 2);
}

TEST_F(CliImport, a_program_is_written_as_a_whole_or_not_at_all) {
  write_content(path() / "made.trace", "container v1\n");
  EXPECT_EQ(command({"import", "log", "-o", "made.trace"}).disk(100).run().code, 2);
  EXPECT_EQ(content(path() / "made.trace"), "container v1\n");
  EXPECT_EQ(command({"import", "log"}).output_to("/dev/full").run().code, 2);
  EXPECT_EQ(command({"import", "log", "-o", "there/is/none"}).run().code, 2);
}

}  // namespace
}  // namespace tidemark
