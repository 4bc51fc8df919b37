// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known.h"

#include <cstdlib>
#include <fstream>

namespace tidemark {

namespace {

template <class Matches>
bool any_known(Matches matches) {
  const char* path = std::getenv(kKnownVariable);
  if (!path) return false;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (matches(line)) return true;
  return false;
}

}  // namespace

bool is_known(const std::string& signature) {
  return any_known([&](const std::string& line) { return line == signature; });
}

bool begins_known(const std::string& part) {
  return any_known([&](const std::string& line) { return line.starts_with(part); });
}

}  // namespace tidemark
