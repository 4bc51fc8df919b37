// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The pages around a divergence, as a strip for each thing that matters: what is
// mapped and pinned, what the subject says is dirty, what the reference says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
    bool of_cause = false;   // in the range of the step that brought it about
  };
  std::uint64_t first = 0;       // iova of the first column, bytes
  std::uint64_t page_bytes = 0;  // of a column
  std::vector<Column> columns;   // at most 64
  std::string dirty_is;          // what the dirty strips show: "reported dirty", "marked"
  // Of the mapping in which it differs, as many lie outside of the picture, and on each side.
  std::uint64_t pages_before = 0, pages_behind = 0;
  std::string subject;  // beside the reference: "tracker"
};

struct IovaRange {
  std::uint64_t first, last;  // bytes
};

// Right after `lockstep` stopped at `mismatch`; `cause` is the range of the step that brought it
// about, if there is one. Without columns if there is nothing to draw.
Picture draw(Lockstep& lockstep, const Mismatch& mismatch, std::string_view subject,
             const std::optional<IovaRange>& cause = {});

// Lines for a terminal, readable without colour; empty without columns.
std::string picture_text(const Picture& picture, bool colour);

// An <svg> element that needs nothing from outside, of as many columns as are allowed, with what
// differs in their middle; empty without columns.
std::string picture_svg(const Picture& picture, std::size_t most_columns);

}  // namespace tidemark
