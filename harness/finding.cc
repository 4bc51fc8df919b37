// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "build_info.h"
#include "operation_text.h"
#include "picture.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// What a process that was killed may have left behind begins so.
constexpr const char* kUnfinished = ".unfinished-";

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), what + (" '" + path.string() + "'"));
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

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string html_report(const Finding& finding) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
      escaped(finding.signature) +
      "</title>\n<style>body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
      "pre{background:#f5f5f5;padding:1em;overflow-x:auto}figure{margin:0;overflow-x:auto}</style>"
      "</head><body>\n<h1>" +
      escaped(finding.signature) + "</h1>\n";
  if (!finding.picture.empty()) html += "<figure>\n" + finding.picture + "</figure>\n";
  html += "<h2>What happened</h2>\n<pre>" + escaped(finding.report) + "</pre>\n";
  if (finding.program)
    html += "<h2>The program</h2>\n<pre>" + escaped(trace_text(finding)) + "</pre>\n";
  return html + "<h2>Where</h2>\n<pre>" + escaped(build_info_json()) + "</pre>\n</body></html>\n";
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
  write_new(unfinished, content);
  rename_or_fail(unfinished, path);
  sync_folder(path.parent_path().empty() ? "." : path.parent_path());
}

std::string trace_text(const Finding& finding) {
  return "# " + finding.signature + "\n# ./tidemark replay program.trace\n" +
         print(*finding.program);
}

Finding make_finding(Lockstep& lockstep, const Diagnosis& diagnosis,
                     std::span<const std::uint8_t> input) {
  Finding finding;
  finding.signature = diagnosis.signature;
  finding.input.assign(input.begin(), input.end());
  finding.program = diagnosis.program;
  finding.report = describe(diagnosis.mismatch, diagnosis.program);
  if (const auto mismatch = lockstep.run(diagnosis.program)) {
    const Picture picture = draw(lockstep, *mismatch);
    finding.report += "\n" + picture_text(picture, false);
    finding.picture = picture.columns.empty() ? "" : picture_svg(picture);
  }
  return finding;
}

FindingStore::FindingStore(fs::path folder) : folder_(std::move(folder)) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none))
    if (entry.path().filename().string().starts_with(kUnfinished))
      fs::remove_all(entry.path(), none);
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
  write_new(to / "input", input);
  if (finding.program) write_new(to / "program.trace", trace_text(finding));
  write_new(
      to / "report.txt",
      finding.signature + "\n\n" + finding.report + "\nreplay  ./tidemark replay " +
          (folder_of(finding.signature) / (finding.program ? "program.trace" : "input")).string() +
          "\n");
  write_new(to / "report.html", html_report(finding));
  write_new(to / "environment.json", build_info_json());
  write_new(to / "count", std::to_string(count) + "\n");
  sync_folder(to);
}

FindingStore::Filed FindingStore::file(const Finding& finding) {
  fs::create_directories(folder_);
  Filed filed{folder_of(finding.signature), false, 1};
  const fs::path unfinished =
      folder_ / (kUnfinished + safe(finding.signature) + std::to_string(getpid()));
  const bool known = fs::exists(filed.folder / "report.txt");
  if (known) {
    filed.count = count(finding.signature) + 1;
    const std::size_t lines = lines_in(read_all(filed.folder / "program.trace"));
    const bool shorter = finding.program && (lines == 0 || lines_in(trace_text(finding)) < lines);
    if (!shorter) {
      write_file(filed.folder / "count", std::to_string(filed.count) + "\n");
      return filed;
    }
  }
  fs::create_directory(unfinished);
  write_files(unfinished, finding, filed.count);
  if (known) {
    for (const auto& entry : fs::directory_iterator(unfinished))
      rename_or_fail(entry.path(), filed.folder / entry.path().filename());
    fs::remove(unfinished);
  } else {
    rename_or_fail(unfinished, filed.folder);
    filed.is_new = true;
  }
  sync_folder(folder_);
  return filed;
}

}  // namespace tidemark
