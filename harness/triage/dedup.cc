// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "dedup.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <vector>

namespace tidemark {
namespace {

constexpr std::uint64_t kNamedAtOnce = 50, kProgramsPerRun = 8;

// Read again only when it has become another: it is asked for at every program
// that fails.
class KnownFile {
 public:
  const std::vector<std::string>& names() {
    const char* path = std::getenv(kReportedVariable);
    struct stat now = {};
    if (!path || stat(path, &now) != 0) {
      names_.clear();
      read_ = {};
    } else if (!same(now, read_)) {
      read_ = now;
      names_.clear();
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);) names_.push_back(line);
    }
    return names_;
  }

 private:
  static bool same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
  }

  struct stat read_ = {};
  std::vector<std::string> names_;
};

const std::vector<std::string>& known_names() {
  static KnownFile file;
  return file.names();
}

std::set<std::string>& noted() {
  static std::set<std::string> names;
  return names;
}

}  // namespace

bool is_reported(const std::string& name) {
  return noted().contains(name) || std::ranges::count(known_names(), name) > 0;
}

void note_reported(const std::string& name) { noted().insert(name); }

bool Lookalikes::worth_naming(const Signature& seen_as) {
  const Spent& spent = spent_.try_emplace(seen_as, Spent{programs_}).first->second;
  const std::uint64_t programs = programs_ - spent.since;
  return spent.times < kNamedAtOnce || spent.runs <= programs / kProgramsPerRun / spent_.size();
}

void Lookalikes::named(const Signature& seen_as, std::size_t runs) {
  Spent& spent = spent_[seen_as];
  ++spent.times;
  spent.runs += runs;
}

}  // namespace tidemark
