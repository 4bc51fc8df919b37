// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A file of its own, so that the linker leaves it out where there are peers.
#include "registry.h"

namespace tidemark {

std::span<const UnderTest> peers() { return {}; }
std::optional<UnderTest> find_peer(std::string_view, std::string&) { return std::nullopt; }

}  // namespace tidemark
