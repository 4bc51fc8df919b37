// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "build_info.h"
#include "program_file.h"
#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// What a process that was killed may have left behind begins so.
constexpr const char* kUnfinished = ".unfinished-";
constexpr const char* kProgram = "program.trace";
constexpr const char* kFiles[] = {"input", "report.txt", "report.html", "environment.json",
                                  "count", kProgram};

[[noreturn]] void fail(const char* what, const fs::path& path) {
  const int error = errno;
  throw std::system_error(error, std::generic_category(),
                          what + (" " + quoted_path(path.string())));
}

class File {
 public:
  File(const fs::path& path, int flags) : path_(path), file_(open(path.c_str(), flags, 0666)) {
    if (file_ < 0) fail("cannot open", path);
  }
  ~File() { close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(file_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot write", path_);
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void sync() const {
    if (fsync(file_) != 0) fail("cannot write", path_);
  }

 private:
  fs::path path_;
  int file_;
};

void sync_folder(const fs::path& folder) { File(folder, O_RDONLY | O_DIRECTORY).sync(); }

void write_new(const fs::path& path, std::string_view content) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
  file.write(content);
  file.sync();
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) fail("cannot make", to);
}

// Who files in a folder, one at a time; goes with the process. Where the file
// system has no such locks, two runs had better not share a folder.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : file_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (file_ < 0) fail("cannot open", folder);
    int result = 0;
    do result = flock(file_, LOCK_EX);
    while (result != 0 && errno == EINTR);
    held_ = result == 0;
  }
  ~FolderLock() { close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  bool held() const { return held_; }

 private:
  int file_;
  bool held_ = false;
};

std::string picture_below(const Finding& finding) {
  const std::string picture = picture_text(finding.picture, false);
  return picture.empty() ? "" : "\n" + picture;
}

std::string html_report(const Finding& finding) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
      html_text(finding.signature) +
      "</title>\n<style>body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
      "pre{background:#f5f5f5;padding:1em;overflow-x:auto}figure{margin:0;overflow-x:auto}</style>"
      "</head><body>\n<h1>" +
      html_text(finding.signature) + "</h1>\n";
  if (!finding.picture.columns.empty())
    html += "<figure>\n" + picture_svg(finding.picture) + "</figure>\n";
  html += "<h2>What happened</h2>\n<pre>" + html_text(finding.report) + "</pre>\n";
  if (finding.program)
    html += "<h2>The program</h2>\n<pre>" + html_text(trace_text(finding)) + "</pre>\n";
  return html + "<h2>Where</h2>\n<pre>" + html_text(build_info_json(finding.subject)) +
         "</pre>\n</body></html>\n";
}

// Signatures name folders: nothing else than these may be in one.
std::string safe(const std::string& signature) {
  std::string name = signature.substr(0, 200);
  for (char& c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
    if (!fine) c = '_';
  }
  if (name.empty() || name[0] == '.') name = "_" + name;
  return name;
}

// Of processes that were killed: no other may be writing there.
void clear_unfinished(const fs::path& folder) {
  std::vector<fs::path> unfinished;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().filename().string().starts_with(kUnfinished))
      unfinished.push_back(entry.path());
  for (const fs::path& path : unfinished) fs::remove_all(path, none);
}

// A folder that is filled before it gets its name; gone if it does not.
class Unfinished {
 public:
  Unfinished(const fs::path& parent, const std::string& signature)
      : folder_(parent / (kUnfinished + safe(signature) + std::to_string(getpid()))) {
    fs::create_directory(folder_);
  }
  ~Unfinished() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

void write_file(const fs::path& path, std::string_view content) {
  const fs::path unfinished =
      path.parent_path() / (kUnfinished + path.filename().string() + std::to_string(getpid()));
  try {
    write_new(unfinished, content);
    rename_or_fail(unfinished, path);
  } catch (const std::system_error&) {
    unlink(unfinished.c_str());  // on a full disk it would be in the way
    throw;
  }
  sync_folder(path.parent_path().empty() ? "." : path.parent_path());
}

std::string trace_text(const Finding& finding) {
  return "# " + finding.signature + "\n# ./tidemark replay" + subject_option(finding.subject) +
         " program.trace\n" + print(*finding.program);
}

Finding make_finding(const UnderTest& tested, Lockstep& lockstep, const Diagnosis& diagnosis,
                     std::span<const std::uint8_t> input) {
  Finding finding;
  finding.subject = tested.subject;
  finding.signature = tested.finding_name(diagnosis.signature);
  finding.input.assign(input.begin(), input.end());
  finding.program = diagnosis.program;
  finding.report = describe(diagnosis.mismatch, diagnosis.program);
  if (const auto mismatch = lockstep.run(diagnosis.program))
    finding.picture = draw(lockstep, *mismatch, tested.subject);
  return finding;
}

fs::path FindingStore::folder_of(const std::string& signature) const {
  return folder_ / safe(signature);
}

std::vector<std::string> FindingStore::known() const {
  std::vector<std::string> signatures;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(none) && name[0] != '.' && fs::exists(entry.path() / "report.txt"))
      signatures.push_back(name);
  }
  std::ranges::sort(signatures);
  return signatures;
}

std::size_t FindingStore::count(const std::string& signature) const {
  return std::strtoull(read_all(folder_of(signature) / "count").c_str(), nullptr, 10);
}

void FindingStore::write_files(const fs::path& to, const Finding& finding, std::size_t count) {
  const std::string_view input(reinterpret_cast<const char*>(finding.input.data()),
                               finding.input.size());
  const char* file = finding.program ? kProgram : "input";
  write_new(to / "input", input);
  write_new(to / "report.txt",
            finding.signature + "\n\n" + finding.report + picture_below(finding) +
                "\nreplay  ./tidemark replay" + subject_option(finding.subject) + " " +
                shell_word((folder_of(finding.signature) / file).string()) + "\n");
  write_new(to / "report.html", html_report(finding));
  write_new(to / "environment.json", build_info_json(finding.subject));
  write_new(to / "count", std::to_string(count) + "\n");
  if (finding.program) write_new(to / kProgram, trace_text(finding));
  sync_folder(to);
}

// The folder appears with all that is in it, or not at all.
void FindingStore::add(const Finding& finding, const fs::path& folder) {
  const Unfinished unfinished(folder_, finding.signature);
  write_files(unfinished.folder(), finding, 1);
  rename_or_fail(unfinished.folder(), folder);
  sync_folder(folder_);
}

// The program last: it says which of two is the shorter one, so that what was
// cut off here is done by the next that is found.
void FindingStore::replace(const Finding& finding, const fs::path& folder, std::size_t count) {
  const Unfinished unfinished(folder_, finding.signature);
  write_files(unfinished.folder(), finding, count);
  for (const char* name : kFiles)
    if (fs::exists(unfinished.folder() / name))
      rename_or_fail(unfinished.folder() / name, folder / name);
  sync_folder(folder);
}

void FindingStore::remove(const fs::path& folder) {
  for (const char* name : kFiles) fs::remove(folder / name);
  if (fs::is_empty(folder)) fs::remove(folder);
}

FindingStore::Filed FindingStore::file(const Finding& finding) {
  fs::create_directories(folder_);
  const FolderLock lock(folder_);
  const fs::path folder = folder_of(finding.signature);
  if (lock.held()) {  // or else it may be another's, who is still at it
    clear_unfinished(folder_);
    clear_unfinished(folder);
  }
  if (!fs::exists(folder)) {
    add(finding, folder);
    return {folder, true, 1};
  }
  const std::size_t times = count(finding.signature) + 1;
  const std::size_t lines = lines_in(read_all(folder / kProgram));
  const bool shorter = finding.program && (lines == 0 || lines_in(trace_text(finding)) < lines);
  // Somebody may have cleared the folder by hand.
  if (shorter || !fs::exists(folder / "report.txt"))
    replace(finding, folder, times);
  else
    write_file(folder / "count", std::to_string(times) + "\n");
  return {folder, false, times};
}

}  // namespace tidemark
