// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "dedup.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace tidemark {
namespace {

constexpr std::uint64_t kNamedAtOnce = 50, kProgramsPerRun = 8;

// Read again only when it has become another: it is asked for at every program
// that fails.
class KnownFile {
 public:
  const std::vector<std::string>& signatures() {
    const char* path = std::getenv(kKnownVariable);
    struct stat now = {};
    if (!path || stat(path, &now) != 0) {
      signatures_.clear();
      read_ = {};
    } else if (!same(now, read_)) {
      read_ = now;
      signatures_.clear();
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);) signatures_.push_back(line);
    }
    return signatures_;
  }

 private:
  static bool same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
  }

  struct stat read_ = {};
  std::vector<std::string> signatures_;
};

const std::vector<std::string>& known_signatures() {
  static KnownFile file;
  return file.signatures();
}

}  // namespace

bool is_known(const std::string& signature) {
  return std::ranges::count(known_signatures(), signature) > 0;
}

bool Lookalikes::worth_naming(const std::string& part) {
  const Spent& spent = spent_[part];
  return spent.times < kNamedAtOnce || spent.runs <= programs_ / kProgramsPerRun / spent_.size();
}

void Lookalikes::named(const std::string& part, std::size_t runs) {
  Spent& spent = spent_[part];
  ++spent.times;
  spent.runs += runs;
}

}  // namespace tidemark
