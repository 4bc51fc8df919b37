// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The pages around a divergence, as a strip for each thing that matters: what is
// mapped and pinned, what the subject says is dirty, what the reference says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lockstep.h"

namespace tidemark {

struct Picture {
  struct Column {            // a page
    char mapping = '.';      // 'A' for the lowest mapping, 'B', ...; '.' if unmapped
    unsigned pins = 0;       // as the reference counts them
    bool subject = false;    // dirty
    bool reference = false;  // dirty
    bool in_range = false;   // of the operation that diverged
  };
  std::uint64_t first = 0;       // iova of the first column, bytes
  std::uint64_t page_bytes = 0;  // of a column
  std::vector<Column> columns;   // at most 64
  std::string dirty_is;          // what the dirty strips show: "reported dirty", "marked"
  std::string subject;           // beside the reference: "tracker"
};

// Right after `lockstep` stopped at `mismatch`. Without columns if there is
// nothing to draw.
Picture draw(Lockstep& lockstep, const Mismatch& mismatch, std::string_view subject);

// Lines for a terminal, readable without colour; empty without columns.
std::string picture_text(const Picture& picture, bool colour);

// An <svg> element that needs nothing from outside; empty without columns.
std::string picture_svg(const Picture& picture);

}  // namespace tidemark
