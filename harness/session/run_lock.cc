// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run_lock.h"

#include <fmt/core.h>

#include <cstdio>

#include "text.h"

namespace tidemark::session {

namespace fs = std::filesystem;

namespace {
constexpr double kLockSeconds = 2;
}

std::unique_ptr<FolderLock> lock_for_run(const fs::path& folder, const fs::path& named) {
  auto alone = std::make_unique<FolderLock>(folder, kLockSeconds);
  if (!alone->another_has_it()) return alone;
  fmt::print(stderr, "tidemark: another run is using {}; give this one its own with --work\n",
             quoted_path(named.string()));
  return nullptr;
}

}  // namespace tidemark::session
