// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Who has a run's folder.
#pragma once

#include <filesystem>
#include <memory>

#include "files.h"

namespace tidemark::session {

// The lock of a run's folder, which its user has called `named`. Null if another run has it, which
// standard error tells: two at once would take each other's inputs for leftovers. Waits a moment,
// as children of a run that was just killed may live that long.
std::unique_ptr<FolderLock> lock_for_run(const std::filesystem::path& folder,
                                         const std::filesystem::path& named);

}  // namespace tidemark::session
