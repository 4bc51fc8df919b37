// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs from files.
#include "program_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "parsed.h"
#include "program_bytes.h"
#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

using Bytes = std::vector<std::uint8_t>;

class ProgramFile : public testing::Test {
 protected:
  ProgramFile() { std::filesystem::create_directories(folder_); }
  ~ProgramFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) {
    const std::string path = (folder_ / name).string();
    std::FILE* file = std::fopen(path.c_str(), "wb");
    EXPECT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
    std::fclose(file);
    return path;
  }

  std::string error(const std::string& path, Form form = Form::automatic) {
    const auto result = load_program(path, form);
    const auto* message = std::get_if<std::string>(&result);
    return message == nullptr ? "loaded" : *message;
  }

  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                        ("tidemark-operation-test-" + std::to_string(getpid()));
};

TEST_F(ProgramFile, TextAndBytesAreToldApart) {
  const Program program = parsed("attach g0 emulated\nmap 0p 4p rw\nstart");
  const auto bytes = encode(program);
  ASSERT_TRUE(bytes.has_value());
  const std::string binary = write("p.bin", std::string(bytes->begin(), bytes->end()));
  const std::string text = write("p.txt", print(program) + "# pages \xe2\x82\xac\n");
  EXPECT_EQ(std::get<LoadedProgram>(load_program(binary)).program, program);
  EXPECT_EQ(std::get<LoadedProgram>(load_program(text)).program, program);
  EXPECT_EQ(std::get<LoadedProgram>(load_program(write("empty", ""))).program, Program{});
  EXPECT_EQ(std::get<LoadedProgram>(load_program(write("a", "start"), Form::bytes)).program,
            decode(Bytes{'s', 't', 'a', 'r', 't'}));
}

TEST_F(ProgramFile, IsWhatItsNameSays) {
  const std::string text = "start\n";
  const std::string bytes(32, '\0');
  const std::string refused = write("x.trace", bytes);
  EXPECT_EQ(error(refused), quoted_path(refused) +
                                ": byte 0x0 in line 1 is no text; the name of a file with a "
                                "fuzzer's bytes ends in .bin, or in nothing");
  EXPECT_EQ(std::get<LoadedProgram>(load_program(write("x.bin", text))).program,
            decode(Bytes(text.begin(), text.end())));
  EXPECT_EQ(error(write("x", bytes)), "loaded");
}

TEST_F(ProgramFile, TextThatIsSpoiltIsNotTakenAsBytes) {
  std::string wide = "\xff\xfe";
  for (const char c : std::string("attach g0 emulated\nstart\n")) wide += {c, '\0'};
  for (const std::string& content :
       {std::string("start # caf\xe9\nstop\n"), std::string("start\nstop # \0\n", 14), wide}) {
    const std::string path = write("x", content);
    EXPECT_NE(error(path).find(" is no text; if these are a fuzzer's bytes, give the file a name"),
              std::string::npos)
        << error(path);
    EXPECT_EQ(error(write("x.bin", content)), "loaded");
  }
}

TEST_F(ProgramFile, ShortBytesAreAProgram) {
  for (std::size_t size = 1; size < 40; ++size)
    EXPECT_EQ(error(write("x", std::string(size, '\0'))), "loaded") << size;
}

TEST_F(ProgramFile, WhatIsCutIsSaid) {
  const auto note = [&](std::size_t bytes) {
    return std::get<LoadedProgram>(load_program(write("x", std::string(bytes, '\xff')))).note;
  };
  EXPECT_EQ(note(kMaxProgramBytes), "");
  EXPECT_NE(note(kMaxProgramBytes + 1).find(": only the first 1040 of its 1041 bytes are the "),
            std::string::npos);
}

TEST_F(ProgramFile, LooksLikeText) {
  const auto text = [](const std::string& s) { return looks_like_text(Bytes(s.begin(), s.end())); };
  EXPECT_TRUE(text("a\tb\r\n"));
  EXPECT_TRUE(text("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const std::string& bad :
       {std::string(1, '\0'), std::string("\x7f"), std::string("\x1b"), std::string("\xc3"),
        std::string("\xc0\x80"), std::string("\xe0\x80\x80"), std::string("\xed\xa0\x80"),
        std::string("\xf4\x90\x80\x80"), std::string("\xf0\x9f\x98"), std::string("\xff")}) {
    EXPECT_FALSE(text("ok" + bad)) << quote(bad);
  }
}

TEST_F(ProgramFile, ErrorsNameTheFileSafely) {
  const std::string path = write("a'\n.txt", "start\nfoo\n");
  const std::string quoted = quoted_path(path);
  EXPECT_EQ(error(path), quoted + ":2: expected an operation (map, query, ...), found 'foo'");
  EXPECT_EQ(error(path).find('\n'), std::string::npos);
  EXPECT_EQ(error("/none\x1b"), "'/none\\x1b': No such file or directory");
  EXPECT_EQ(error("/tmp"), "'/tmp': Is a directory");
  EXPECT_EQ(error(std::string("/dev/null\0x", 11)), "'/dev/null\\x00x': No such file or directory");
}

// Root may read everything, and is nobody here for so long.
TEST_F(ProgramFile, WhatMayNotBeReadIsNamed) {
  const std::string path = write("secret", "start\n");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  const uid_t user = geteuid();
  if (user == 0) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  EXPECT_EQ(error(path), quoted_path(path) + ": Permission denied");
  ASSERT_EQ(seteuid(user), 0);
}

TEST_F(ProgramFile, ALargeFileIsRefused) {
  const std::string limit(kMaxFileBytes, '\n');
  EXPECT_EQ(error(write("limit", limit)), "loaded");
  const std::string path = write("large", limit + "\n");
  EXPECT_EQ(error(path), quoted_path(path) + ": larger than 4194304 bytes, which no program is");
  EXPECT_EQ(error("/dev/zero"), "'/dev/zero': larger than 4194304 bytes, which no program is");
}

}  // namespace
}  // namespace tidemark
