// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Files and folders, whole or not at all: on disks that are full, and whenever the
// process or the machine ends. All throw std::system_error, which names the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// What is in a file, up to `most` bytes. Cost: no more is read.
std::string read_file(const std::filesystem::path& path,
                      std::size_t most = std::numeric_limits<std::size_t>::max());
// Hands over what is in a file, piece by piece, up to its end or until `take` returns
// false. Cost: memory for one piece, however long the file is.
void read_pieces(const std::filesystem::path& path,
                 const std::function<bool(std::string_view piece)>& take);
// The same as read_file(), or nothing where there is no such file.
std::optional<std::string> read_if_there(const std::filesystem::path& path);

// The same bytes, as fuzzers have them and as files do.
inline std::string_view characters(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The end of what a file survives: of the machine costs the time of its disk.
enum class Survives { process, machine };

// Afterwards, whatever happens meanwhile, the file has either its former content (or
// is not there) or all of `content`. What is there and no file, such as a device or a
// link, is written as it is: then there may be less of it.
void write_file(const std::filesystem::path& path, std::string_view content,
                Survives survives = Survives::machine);

// A folder that is filled before it gets its name; gone if it does not get one. What
// a process that was killed leaves of these, and of write_file(), is for
// clear_unfinished().
class UnfinishedFolder {
 public:
  // In `parent`, which is there.
  explicit UnfinishedFolder(const std::filesystem::path& parent);
  ~UnfinishedFolder();
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

  void write(const std::string& name, std::string_view content);
  // Makes it `folder`, in the same parent, where no folder of that name is. Survives
  // the machine.
  void become(const std::filesystem::path& folder);
  // Moves its files to a folder that is there, in the order in which they were
  // written; each replaces what has its name.
  void move_to(const std::filesystem::path& folder);

 private:
  std::filesystem::path path_;
  std::vector<std::string> names_;
};

// Nobody else may be writing in `folder`.
void clear_unfinished(const std::filesystem::path& folder);

// For whoever wants a folder alone; goes with this process, and with the children that
// it has left. Where the file system has no locks nobody is kept out.
class FolderLock {
 public:
  // Waits while another has it, up to `seconds`.
  explicit FolderLock(const std::filesystem::path& folder,
                      double seconds = std::numeric_limits<double>::infinity());
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  bool held() const { return held_; }
  bool another_has_it() const { return another_has_it_; }

 private:
  int file_ = -1;
  bool held_ = false, another_has_it_ = false;
};

// A folder of our own for as long as this lives, where the system keeps such.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path path;
};

}  // namespace tidemark
