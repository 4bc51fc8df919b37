// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A recorded call as an operation of a program, with what came out of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "program.h"
#include "recorded_line.h"

namespace tidemark {

// What a call means depends on, of the container that it was made on.
struct RecordedWorld {
  std::uint64_t page_bytes = kPageBytes;  // P
  bool hardware = false;                  // a hardware group is attached
  bool moved = false;                     // addresses are not those of the log
};

struct RecordedCall {
  Operation operation;
  Expectation expectation;
  // Three fields are other than they should be, and a program has room for two.
  bool too_odd = false;
};

// Of map, unmap, dirty, info, extension and ioctl, with addresses as they are in the line.
RecordedCall recorded_call(const RecordedLine& line, const RecordedWorld& world);

// What GET_INFO says of a container's hardware.
struct RecordedInfo {
  std::uint64_t pgsizes = 0;
  bool has_capabilities = false;  // the chain was copied: what is not in it is not there
  std::optional<std::uint64_t> entries_left = {};
  std::vector<AddressRange> ranges = {};  // that are valid; none without hardware
};
RecordedInfo recorded_info(const RecordedLine& line);

}  // namespace tidemark
