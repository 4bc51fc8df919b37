// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Inputs of which a fuzzing process has seen, in a child, that they take long: for whoever watches,
// to be looked into while it goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace tidemark {

// Names the folder for them in the environment of a fuzzing process; without, none is handed over.
inline constexpr const char* kHandedOverVariable = "TIDEMARK_HANDED_OVER";

// By a name of its bytes: the same input once. Throws std::system_error if it cannot be written.
void hand_over(std::span<const std::uint8_t> input);

// Moves all that are there to `folder`, as inputs that took too long, and says where they are.
// Cost: that of looking into the folder, if there is none. Throws std::system_error.
std::vector<std::filesystem::path> take_handed_over(const std::filesystem::path& from,
                                                    const std::filesystem::path& folder);

// Before the digest in the name of what took too long, as libFuzzer has it.
inline constexpr const char* kLongPrefix = "timeout-";
// What an input that took too long is called.
std::string name_of_long(std::span<const std::uint8_t> input);

}  // namespace tidemark
