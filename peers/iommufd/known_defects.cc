// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known_defects.h"

#include <algorithm>

#include "files.h"

namespace tidemark::iommufd {
namespace {

constexpr KnownDefect kKnownDefects[] = {
    {"last-item", Quirk::last_item, "I1",
     "of an entry of several items the last is not reported, and its mark goes"},
    {"memory-is-missing", Quirk::missing_memory, "I1, I10",
     "where the bitmap's memory cannot be pinned nothing is stored, marks go, and 0 is returned"},
    {"gap", Quirk::gap, "I9", "behind a gap nothing is looked at, and 0 is returned"},
    {"tracking-is-off", Quirk::off_is_silent, "I8",
     "a query with tracking off returns 0 and says nothing"},
    {"tracking-was-on", Quirk::off_is_walked, "I8",
     "a query with tracking off returns 0, and what was marked before"},
    {"odd-page-size", Quirk::odd_page, "I5, I7",
     "a page size that is no power of two is taken for its lowest bit: writes behind the bitmap"},
    {"no-bytes", Quirk::no_bytes, "I5, I7",
     "a range of 0 bytes at 0 is taken to be the whole address space: writes without a bitmap"},
    {"ends-in-an-entry", Quirk::beyond_the_end, "I5",
     "where a range ends within an entry, bits are written behind the bitmap"},
    {"begins-in-an-entry", Quirk::begins_before, "I1",
     "where a range begins within an entry, the entry is not reported"},
    {"goes-on-shifted", Quirk::shifted, "I1, I2",
     "where a range begins within an entry, what follows is taken to be shifted"},
    {"slides", Quirk::slid, "I2",
     "an entry that begins before the range is reported as if it began there"},
    {"part-clears-all", Quirk::cut_entry, "I1, I6",
     "a query of a part of an entry takes the mark of all of it"},
    {"on-again", Quirk::on_again, "I1, I12", "putting tracking on when it is on takes all marks"},
    {"top-of-the-address-space", Quirk::wraps, "I14",
     "a mapping that ends at 2^64 is walked for ever"},
};

}  // namespace

std::span<const KnownDefect> known_defects() { return kKnownDefects; }

const KnownDefect& known_defect(Quirk quirk) {
  return *std::ranges::find(kKnownDefects, quirk, &KnownDefect::quirk);
}

Program program_of(const KnownDefect& defect) {
  return parse(read_file(std::string(TIDEMARK_IOMMUFD_KNOWN_DIR "/") + defect.name + ".iommufd"));
}

Quirks quirks_of(const KernelTree& tree, std::size_t format) {
  Quirks found;
  for (const KnownDefect& defect : kKnownDefects) {
    Program program = program_of(defect);
    program.format = format;
    const Quirks with = found | Quirks(defect.quirk);
    if (Lockstep(tree, found).run(program).difference &&
        !Lockstep(tree, with).run(program).difference)
      found = with;
  }
  return found;
}

}  // namespace tidemark::iommufd
