// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <system_error>
#include <utility>

#include "text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnfinished = ".unfinished-";

[[noreturn]] void fail_at(const char* what, const fs::path& path) {
  const int error = errno;
  throw std::system_error(error, std::generic_category(),
                          what + (" " + quoted_path(path.string())));
}

int open_file(const fs::path& path, int flags) {
  return open(path.c_str(), flags | O_CLOEXEC, 0666);
}

// A path with a NUL would silently name another file.
void check_name(const fs::path& path, const char* doing) {
  errno = ENOENT;
  if (path.native().find('\0') != std::string::npos) fail_at(doing, path);
}

class File {
 public:
  // `doing` is what fails, and `named` what its user calls it, if not so.
  File(const fs::path& path, int flags, const char* doing, const fs::path& named = {})
      : named_(named.empty() ? path : named), doing_(doing), file_(open_file(path, flags)) {
    if (file_ < 0) fail();
  }
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // False at the end.
  bool read(std::string& content, std::size_t most) const {
    char chunk[64 * 1024];
    const ssize_t got = ::read(file_, chunk, std::min(sizeof(chunk), most));
    if (got < 0 && errno == EINTR) return true;
    if (got < 0) fail();
    content.append(chunk, static_cast<std::size_t>(got));
    return got > 0;
  }
  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(file_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void take_rights_of(const fs::path& other) const {
    struct stat there = {};
    if (stat(other.c_str(), &there) == 0 && fchmod(file_, there.st_mode & 07777) != 0) fail();
  }
  void sync() const {
    // A terminal or a pipe has no disk.
    if (fsync(file_) != 0 && errno != EINVAL && errno != EROFS) fail();
  }
  // Some file systems say only now that they are full.
  void finish(Survives survives) {
    if (survives == Survives::machine) sync();
    if (close(std::exchange(file_, -1)) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const { fail_at(doing_, named_); }

  const fs::path named_;
  const char* const doing_;
  int file_;
};

void sync_folder(const fs::path& folder) {
  File(folder, O_RDONLY | O_DIRECTORY, "cannot open").sync();
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) fail_at("cannot make", to);
}

fs::path folder_of(const fs::path& path) {
  return path.parent_path().empty() ? "." : path.parent_path();
}

// A name that nothing has. Others may look for one in the same folder, but not in
// this process, and what a process of the same number has left is passed over.
fs::path unfinished_in(const fs::path& folder) {
  static std::atomic<unsigned> number = 0;
  for (;;) {
    const fs::path path = folder / (kUnfinished + decimal(getpid()) + "-" + decimal(++number));
    if (!fs::exists(fs::symlink_status(path))) return path;
  }
}

void write_beside(const fs::path& unfinished, const fs::path& path, std::string_view content,
                  Survives survives) {
  File file(unfinished, O_WRONLY | O_CREAT | O_EXCL, "cannot write", path);
  file.take_rights_of(path);
  file.write(content);
  file.finish(survives);
  rename_or_fail(unfinished, path);
}

}  // namespace

std::string read_file(const fs::path& path, std::size_t most) {
  check_name(path, "cannot read");
  const File file(path, O_RDONLY, "cannot read");
  std::string content;
  while (content.size() < most && file.read(content, most - content.size())) {
  }
  return content;
}

void read_pieces(const fs::path& path, const std::function<bool(std::string_view piece)>& take) {
  constexpr std::size_t kMostOfPiece = 64 * 1024;
  check_name(path, "cannot read");
  const File file(path, O_RDONLY, "cannot read");
  std::string piece;
  while (file.read(piece, kMostOfPiece) && take(piece)) piece.clear();
}

std::optional<std::string> read_if_there(const fs::path& path) {
  try {
    return read_file(path);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory ||
        error.code() == std::errc::not_a_directory)
      return std::nullopt;
    throw;
  }
}

void write_file(const fs::path& path, std::string_view content, Survives survives) {
  check_name(path, "cannot write");
  const fs::file_status there = fs::symlink_status(path);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    File file(path, O_WRONLY | O_CREAT | O_TRUNC, "cannot write");
    file.write(content);
    file.finish(survives);
    return;
  }
  const fs::path unfinished = unfinished_in(folder_of(path));
  try {
    write_beside(unfinished, path, content, survives);
  } catch (const std::system_error&) {
    unlink(unfinished.c_str());  // on a full disk it would be in the way
    throw;
  }
  if (survives == Survives::machine) sync_folder(folder_of(path));
}

UnfinishedFolder::UnfinishedFolder(const fs::path& parent) : path_(unfinished_in(parent)) {
  fs::create_directory(path_);
}

UnfinishedFolder::~UnfinishedFolder() {
  std::error_code none;
  fs::remove_all(path_, none);
}

void UnfinishedFolder::write(const std::string& name, std::string_view content) {
  File file(path_ / name, O_WRONLY | O_CREAT | O_EXCL, "cannot write");
  file.write(content);
  file.finish(Survives::machine);
  names_.push_back(name);
}

void UnfinishedFolder::become(const fs::path& folder) {
  sync_folder(path_);
  rename_or_fail(path_, folder);
  sync_folder(folder_of(folder));
}

void UnfinishedFolder::move_to(const fs::path& folder) {
  for (const std::string& name : names_) rename_or_fail(path_ / name, folder / name);
  sync_folder(folder);
}

void clear_unfinished(const fs::path& folder) {
  std::vector<fs::path> unfinished;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().filename().string().starts_with(kUnfinished))
      unfinished.push_back(entry.path());
  for (const fs::path& path : unfinished) fs::remove_all(path, none);
}

FolderLock::FolderLock(const fs::path& folder, double seconds)
    : file_(open_file(folder, O_RDONLY | O_DIRECTORY)) {
  if (file_ < 0) fail_at("cannot open", folder);
  const bool forever = std::isinf(seconds);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (flock(file_, forever ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    another_has_it_ = errno == EWOULDBLOCK && std::chrono::steady_clock::now() >= end;
    if (another_has_it_ || (errno != EWOULDBLOCK && errno != EINTR)) return;
    usleep(20'000);
  }
  held_ = true;
}

FolderLock::~FolderLock() { close(file_); }

TemporaryFolder::TemporaryFolder()
    : path([] {
        std::string name = (fs::temp_directory_path() / "tidemark-XXXXXX").string();
        if (!mkdtemp(name.data())) fail_at("cannot make", name);
        return name;
      }()) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code none;
  fs::remove_all(path, none);
}

}  // namespace tidemark
