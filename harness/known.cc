// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known.h"

#include <cstdlib>
#include <fstream>

namespace tidemark {

bool is_known(const std::string& signature) {
  const char* path = std::getenv(kKnownVariable);
  if (!path) return false;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line == signature) return true;
  return false;
}

}  // namespace tidemark
