// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What ./tidemark replay says of a program, asked in a process of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "outcome.h"

namespace tidemark::session {

// This program itself, to be asked.
inline constexpr const char* kThisProgram = "/proc/self/exe";

struct Replayed {
  std::optional<tidemark::Outcome> verdict;  // nothing: it was not run
  std::string text;  // how it fails, or why it was not run; empty if it agrees
};

// `program` is one like this, `file` what its user would name. What takes longer than `seconds`,
// without the time in which others had the cores, hangs. Meanwhile, about each second,
// `each_second` is called. Throws std::system_error if there can be no child.
Replayed replayed(const std::filesystem::path& program, const std::string& subject,
                  const std::filesystem::path& file, unsigned seconds,
                  const std::function<void()>& each_second = {});

}  // namespace tidemark::session
