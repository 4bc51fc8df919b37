// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What GET_INFO put into the user's memory, as it can be expected.
#pragma once

#include <cstdint>

#include "program.h"
#include "world.h"

namespace tidemark {

// Adds the fields of the struct at `argument` (a user address) and those of the capabilities
// that are chained there, whatever the bytes are; of a chain without end its beginning.
// Fields of a capability that is not there stay empty.
void add_info_reply(const World& world, std::uint64_t argument, Expectation& reply);

}  // namespace tidemark
