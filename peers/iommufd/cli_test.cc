// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The program behind ./tidemark iommufd, called as the wrapper calls it.
#include <gtest/gtest.h>

#include "command.h"
#include "files.h"

namespace tidemark {
namespace {

using Words = std::vector<std::string>;

const std::string kKnown = TIDEMARK_IOMMUFD_KNOWN_DIR;

class IommufdCli : public testing::Test {
 protected:
  Ended run(const Words& more) const {
    Words words = {IOMMUFD_TABLE};
    words.insert(words.end(), more.begin(), more.end());
    return Command(words).in(folder_.path).run();
  }
  std::string file(const std::string& text) const {
    write_file(folder_.path / "program", text);
    return "program";
  }

  const TemporaryFolder folder_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(IommufdCli, SaysWhatIsKnown) {
  const Ended ended = run({});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "linux-6.12, amd-v1:\n")) << ended.out;
  EXPECT_TRUE(has(ended.out, "  memory-is-missing (I1, I10)\n")) << ended.out;
}

TEST_F(IommufdCli, ShowsWhatAProgramDoes) {
  const Ended ended = run({"-v", kKnown + "/on-again.iommufd"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "on-again.iommufd\tlinux-6.12\tknown\t (on-again)\n")) << ended.out;
  EXPECT_TRUE(has(ended.out, "  write 0: written\n")) << ended.out;
  EXPECT_TRUE(has(ended.out, "expected  4K at 0x0: dirty\nactual    clean\n")) << ended.out;
}

TEST_F(IommufdCli, ReducesAProgram) {
  const Ended ended =
      run({"--reduce", file("table amd-v1\ntrack on\nmap 0 1M rw\nwrite 4K\ntrack on\nwrite 0\n")});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "\n\ntable amd-v1\ntrack on\nmap 0 4K rw\nwrite 0\ntrack on\n\n"))
      << ended.out;
}

TEST_F(IommufdCli, WhatAgreesIsSaidToAgree) {
  const Ended ended = run({file("table amd-v1\ntrack on\nmap 0 16K rw\nwrite 12K\nquery 0 16K\n")});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "program\tlinux-6.12\tagrees\t\n");
}

TEST_F(IommufdCli, BadInputIsExitCodeTwo) {
  for (const auto& [words, says] : std::initializer_list<std::pair<Words, std::string>>{
           {{"nothing"}, "nothing"},
           {{file("tible\n")}, "'program': line 1: the first line is \"table FORMAT\""},
           {{"--subject", "linux-9"}, "there is no subject 'linux-9'"},
           {{"--subject", "linux:nowhere"}, "there is no kernel tree 'nowhere'"}}) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2) << ended.out;
    EXPECT_TRUE(has(ended.err, says)) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

TEST_F(IommufdCli, AFormatThatTheTreeHasNotIsRefused) {
  const Ended ended = run({file("table vtd-ss\ntrack on\n")});
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(has(ended.err, "'program': linux-6.12 has no table vtd-ss")) << ended.err;
}

}  // namespace
}  // namespace tidemark
