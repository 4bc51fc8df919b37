// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Files that are whole or not there, whatever becomes of the disk and the process.
#include "files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <random>
#include <system_error>

#include "subprocess.h"
#include "temporary_folder.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// What `call` throws: "cannot read 'x': No such file or directory"; "" if nothing.
std::string error_of(const std::function<void()>& call) {
  try {
    call();
    return {};
  } catch (const std::system_error& error) {
    return error.what();
  }
}

TEST(Files, ReadsWhatWasWritten) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "x";
  std::string bytes;
  for (int i = 0; i < 256 * 1024; ++i) bytes += static_cast<char>(i);
  for (const Survives survives : {Survives::process, Survives::machine}) {
    for (const std::string& content : {bytes, std::string(), std::string("short")}) {
      write_file(path, content, survives);
      EXPECT_EQ(read_file(path), content);
      EXPECT_EQ(read_if_there(path), content);
    }
  }
  EXPECT_EQ(entries_in(folder.path), 1u);
  write_file(path, bytes);
  EXPECT_EQ(read_file(path, 70'000), bytes.substr(0, 70'000));
  EXPECT_EQ(read_file("/dev/zero", 100), std::string(100, '\0'));
}

TEST(Files, WhatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  const std::string nul("/dev/null\0x", 11);
  EXPECT_EQ(error_of([] { read_file("no\nsuch"); }),
            "cannot read 'no\\x0asuch': No such file or directory");
  EXPECT_EQ(error_of([&] { read_file(nul); }),
            "cannot read '/dev/null\\x00x': No such file or directory");
  EXPECT_EQ(error_of([] { read_file("/tmp"); }), "cannot read '/tmp': Is a directory");
  write_content(folder.path / "x", "");
  for (const char* name : {"none", "none/x", "x/below-a-file"})
    EXPECT_EQ(read_if_there(folder.path / name), std::nullopt) << name;
  EXPECT_EQ(error_of([] { read_if_there("/tmp"); }), "cannot read '/tmp': Is a directory");
}

TEST(Files, WhatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.path.string();
  EXPECT_EQ(error_of([&] { write_file(path, ""); }), "cannot write '" + path + "': Is a directory");
  EXPECT_EQ(error_of([&] { write_file(path + "/none/x", ""); }),
            "cannot write '" + path + "/none/x': No such file or directory");
  EXPECT_EQ(error_of([&] { write_file(path + std::string("/x\0y", 4), ""); }),
            "cannot write '" + path + "/x\\x00y': No such file or directory");
  EXPECT_EQ(entries_in(folder.path), 0u);
}

TEST(Files, WhoMayReadAFileStays) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "x";
  write_file(path, "mine");
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  write_file(path, "still mine");
  EXPECT_EQ(static_cast<int>(fs::status(path).permissions()), 0600);
}

// As good as a full disk: files may not grow. In a child.
Ending with_a_full_disk(rlim_t bytes, const std::function<void()>& what) {
  return run_apart(
      [&] {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit limit = {bytes, bytes};
        setrlimit(RLIMIT_FSIZE, &limit);
        try {
          what();
        } catch (const std::system_error& error) {
          std::fprintf(stderr, "%s\n", error.what());
          _exit(error.code() == std::errc::file_too_large ? 3 : 4);
        }
      },
      60);
}

TEST(Files, AFullDiskLeavesTheFileAsItWas) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "x";
  write_file(path, "as it was");
  for (const rlim_t bytes : {0u, 5u, 99u})
    for (const Survives survives : {Survives::process, Survives::machine})
      for (const char* name : {"x", "new"}) {
        const Ending ending = with_a_full_disk(
            bytes, [&] { write_file(folder.path / name, std::string(100, 'a'), survives); });
        EXPECT_EQ(ending.code, 3);
        EXPECT_EQ(ending.said,
                  "cannot write '" + (folder.path / name).string() + "': File too large\n");
      }
  EXPECT_EQ(read_file(path), "as it was");
  EXPECT_EQ(entries_in(folder.path), 1u) << "what was not finished would be in the way";
}

TEST(Files, AFullDeviceIsReportedAndStaysADevice) {
  EXPECT_EQ(error_of([] { write_file("/dev/full", "x"); }),
            "cannot write '/dev/full': No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  EXPECT_EQ(error_of([] { write_file("/dev/null", "x"); }), "");
}

TEST(Files, ALinkStaysALink) {
  const TemporaryFolder folder;
  fs::create_symlink("x", folder.path / "link");
  for (const char* content : {"new", "again"}) {
    write_file(folder.path / "link", content);
    EXPECT_EQ(read_file(folder.path / "x"), content);
    EXPECT_TRUE(fs::is_symlink(folder.path / "link"));
  }
}

TEST(Files, AreWholeWheneverTheirWriterIsKilled) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "x";
  const std::string contents[] = {std::string(100'000, 'a'), std::string(300'000, 'b')};
  write_file(path, contents[0]);
  std::mt19937 random(3);
  for (int i = 0; i < 40; ++i) {
    Child writer(
        [&] {
          for (unsigned n = 0;; ++n) write_file(path, contents[n % 2], Survives::process);
        },
        Heard::errors);
    usleep(std::uniform_int_distribution<useconds_t>(1, 20'000)(random));
    writer.kill(SIGKILL);
    EXPECT_EQ(writer.wait(), -1);
    const std::string now = read_file(path);
    EXPECT_TRUE(now == contents[0] || now == contents[1]) << now.size() << " bytes";
  }
  clear_unfinished(folder.path);
  EXPECT_EQ(entries_in(folder.path), 1u);
}

TEST(Files, AFolderAppearsWithAllThatIsInIt) {
  const TemporaryFolder folder;
  {
    UnfinishedFolder unfinished(folder.path);
    unfinished.write("x", "1");
    unfinished.write("y", "2");
    EXPECT_FALSE(fs::exists(folder.path / "name"));
    unfinished.become(folder.path / "name");
  }
  EXPECT_EQ(read_file(folder.path / "name/x") + read_file(folder.path / "name/y"), "12");
  EXPECT_EQ(entries_in(folder.path), 1u);
  EXPECT_EQ(entries_in(folder.path / "name"), 2u);
}

TEST(Files, AFolderReplacesWhatHasTheNamesOfItsFiles) {
  const TemporaryFolder folder;
  write_content(folder.path / "name/x", "former");
  write_content(folder.path / "name/notes", "mine");
  UnfinishedFolder unfinished(folder.path);
  unfinished.write("x", "1");
  unfinished.write("y", "2");
  unfinished.move_to(folder.path / "name");
  EXPECT_EQ(read_file(folder.path / "name/x") + read_file(folder.path / "name/y"), "12");
  EXPECT_EQ(read_file(folder.path / "name/notes"), "mine");
}

TEST(Files, AFolderThatIsNotFinishedIsGone) {
  const TemporaryFolder folder;
  { UnfinishedFolder(folder.path).write("x", "1"); }
  EXPECT_EQ(entries_in(folder.path), 0u);
  const Ending ending = with_a_full_disk(10, [&] {
    UnfinishedFolder unfinished(folder.path);
    unfinished.write("x", "1");
    unfinished.write("y", std::string(100, 'a'));
  });
  EXPECT_EQ(ending.code, 3) << ending.said;
  EXPECT_EQ(entries_in(folder.path), 0u);
}

TEST(Files, AFolderIsForOneAtATime) {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path);
    EXPECT_TRUE(lock.held());
    const FolderLock other(folder.path, 0.1);
    EXPECT_FALSE(other.held());
    EXPECT_TRUE(other.another_has_it());
  }
  const FolderLock lock(folder.path, 0);
  EXPECT_TRUE(lock.held());
  EXPECT_FALSE(lock.another_has_it());
}

TEST(Files, ALockGoesWithItsProcess) {
  const TemporaryFolder folder;
  Child other(
      [&] {
        const FolderLock lock(folder.path);
        std::fputs("held\n", stderr);
        for (;;) pause();
      },
      Heard::errors);
  std::string said;
  while (said != "held\n" && other.read_output(said)) {
  }
  EXPECT_FALSE(FolderLock(folder.path, 0).held());
  other.kill(SIGKILL);
  EXPECT_TRUE(FolderLock(folder.path).held());
}

TEST(Files, ATemporaryFolderIsGoneWithAllThatIsInIt) {
  fs::path path;
  {
    const TemporaryFolder folder;
    path = folder.path;
    write_content(path / "deep/x", "1");
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace tidemark
