// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known_differences.h"

#include <algorithm>
#include <cerrno>

namespace tidemark {
namespace {

using reference::Quirk;

// Where such a mapping lies in the tree, and what is below it, decides what is found.
bool at_the_top(const Divergence& d) { return d.at_the_top; }

bool is_about_einval(const Divergence& d) {
  return d.signature.kind == Kind::result &&
         (d.signature.actual == -EINVAL || d.signature.expected == -EINVAL);
}

// The ranges are shown by GET_INFO, and asked by MAP and attach. Whether it was for a
// range that memory was short is not known.
bool starved_detach(const Divergence& d) {
  const bool about_ranges =
      ((d.is_about(Verb::map) || d.is_about(Verb::attach)) && is_about_einval(d)) ||
      d.is(Verb::info, Kind::argument) ||
      (d.in_window() && d.is_about(Verb::info) && d.signature.kind == Kind::output);
  return about_ranges && d.any_operation([](const Operation& o) {
    return o.verb == Verb::detach && o.has_fault(FaultKind::allocation);
  });
}

// At the end of the address space what an IOMMU pins is accounted, pinned before or not.
bool accounted_twice(const Divergence& d) {
  const bool limited = d.signature.kind == Kind::result && d.signature.actual == -ENOMEM;
  const bool counted = d.signature.kind == Kind::size && d.signature.total == Total::locked_pages;
  return d.at_the_top && (limited || counted);
}

bool info_leak(const Divergence& d) {
  return d.is(Kind::leak) && d.mismatch->actual.starts_with("allocations left: ") &&
         d.mismatch->actual.find('\n') == std::string::npos &&
         d.any_operation([](const Operation& o) {
           return o.verb == Verb::info && o.has_fault(FaultKind::allocation);
         });
}

constexpr KnownDifference kKnownDifferences[] = {
    {"clean-words-are-stored", "R11", "a query or unmap stores the clean words of mappings, too",
     kAllLinux, Quirk::clean_words},
    {"nesting", "D13", "nesting is supported", kAllLinux, Quirk::nesting},
    {"other-extensions", "D13", "VADDR updates are supported", kAllLinux, Quirk::other_extensions},
    {"info-gaps", "D14", "capabilities begin at multiples of 8 bytes", kLinux612, Quirk::info_gaps},
    {"info-bytes", "D14", "GET_INFO copies as many bytes as argsz says, up to 24", kLinux612,
     Quirk::info_bytes},
    {"unpin-warns", "D16", "an unpin that ends at a hole warns", kAllLinux, Quirk::unpin_warns},
    {"large-pages-warn", "D2", "with large pages only, every map and unmap warns", kAllLinux,
     Quirk::large_pages_warn},
    {"large-pages-marks", "D1", "marks are kept in units of P", kAllLinux,
     Quirk::large_pages_marks},
    {"closed-device", "D5",
     "whose group is not attached is no open device: before all other checks", kAllLinux,
     Quirk::closed_device},
    {"whole-runs", "D8, D10",
     "a page that cannot be pinned is found before those below it meet the IOMMU", kAllLinux,
     Quirk::whole_runs},
    {"shared-domains", "D8",
     "groups of one kind share an IOMMU domain, and the newest domain is told first", kAllLinux,
     Quirk::shared_domains},
    {"vaddr-flags", "R14, R15", "there are flags for VADDR updates", kAllLinux, Quirk::vaddr_flags,
     [](const Divergence& d) { return d.says(Kind::foreseen, "vaddr-moved"); }},
    {"overflow", "R12, R15, D5", "a range that passes 2^64 is -EOVERFLOW, before other errors",
     kNewerLinux, Quirk::overflow},
    {"range-rule", "R10", "there is only one range rule", kAllLinux, Quirk::range_rule},
    {"several-mappings", "D6, D7",
     "mappings go one by one, before the next one's devices are called; each call starts over",
     kAllLinux, Quirk::several_mappings},
    {"top-of-the-address-space", "B4",
     "a mapping that ends at 2^64 is never found again; a range that does is refused", kAllLinux,
     Quirk::top, at_the_top, "top-of-the-address-space"},
    {"failed-copy", "B1", "a query or unmap that failed has cleared and shifted marks", kAllLinux,
     Quirk::failed_copy, nullptr, "lost-after-failed-copy"},
    {"failed-unmap", "B1, D7", "an unmap that failed has unmapped", kAllLinux, Quirk::failed_unmap,
     nullptr, "lost-after-failed-copy"},
    {"odd-offset", "B2",
     "a mapping at an odd offset in the bitmap is reported with bits that are not its own",
     kAllLinux, Quirk::odd_offset, nullptr, "wandering-bits"},
    {"failed-write", "B3", "a write that failed has written, but not marked", kAllLinux,
     Quirk::failed_write, nullptr, "unmarked-partial-write"},
    {"past-the-end", "D12", "a transfer that comes to 2^64 goes on at 0", kNewerLinux,
     Quirk::transfer_wraps, nullptr, "past-the-end"},
    {"promotion", "B12", "what a group wrote before its first pin is forgotten", kAllLinux,
     Quirk::promotion, nullptr, "forgotten-by-the-first-pin"},
    {"unchecked-after-the-window", "B6, D6",
     "what changed in the window is not checked, or no error", kAllLinux, Quirk::unchecked_window,
     nullptr, "success-after-the-window"},
    {"negative-count", "B9", "a pin of a negative number of pages succeeds", kAllLinux,
     Quirk::negative_count, nullptr, "negative-count"},
    {"unaligned-pin", "D5",
     "a page that begins within a page is another one, and has pins and a name of its own",
     kAllLinux, Quirk::unaligned_pin, nullptr, "unaligned-pin"},
    {"cut-by-large-pages", "D3",
     "the part of a mapping that does not fill a large page has no bit: never or always dirty",
     kAllLinux, Quirk::cut_by_large_pages, nullptr, "tail-below-page-size"},
    {"out-of-reach", "D8", "the first hardware group may not reach what is mapped already",
     kAllLinux, Quirk::out_of_reach, nullptr, "out-of-reach"},
    {"attach-by-another-process", "D8",
     "an attach pins the memory of whoever attaches, and counts against that limit, too", kAllLinux,
     Quirk::callers_memory, nullptr, "attach-by-another-process"},
    {"no-page-size", "D2", "groups that have no page size in common are attached", kAllLinux,
     Quirk::no_page_size,
     [](const Divergence& d) { return d.says(Kind::foreseen, "no-page-size"); }, "no-page-size"},
    // What no model can go on after.
    {"negative-bit",
     "D5",
     "it may begin before its mapping, and has a bit there",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "negative-bit"); },
     "unaligned-pin"},
    {"pin-across-mappings",
     "D5",
     "it may lie in two mappings, and is that one's which is higher up in the tree",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "pin-across-mappings"); },
     "unaligned-pin"},
    {"page-size-changed",
     "B5",
     "bitmaps do not fit a page size that changed while tracking",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "page-size-changed"); },
     "page-size-changed"},
    {"two-gib-pages",
     "D1",
     "START shifts an int by 31 or more where the smallest page has 2 GiB or more",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "two-gib-pages"); }},
    {"accounted-twice",
     "D11",
     "pinned pages that the IOMMU pins, too, are accounted again in a run that ends at 2^64",
     kNewerLinux,
     {},
     accounted_twice,
     "accounted-twice"},
    {"slow",
     "-",
     "hardware mappings of many pages take Linux minutes: not compared in a fuzzer",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "slow"); }},
    {"stop-in-the-window",
     "B6",
     "an unmap goes on with a bitmap that is gone",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "bitmap-gone"); },
     "stop-in-the-window"},
    {"mapping-gone-in-the-window",
     "B6",
     "an unmap goes on with a mapping that is gone",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::foreseen, "mapping-gone"); },
     "mapping-gone-in-the-window"},
    {"starved-detach",
     "D9",
     "for want of memory, a detach leaves the valid ranges as they were",
     kAllLinux,
     {},
     starved_detach},
    {"last-group-in-the-window",
     "D9",
     "the last group leaves while devices are registered",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::warn, "vfio_iommu_type1_detach_group"); }},
    {"unmap-in-the-window",
     "B7",
     "an unmap that finds pins, within another's callback, deadlocks",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::deadlock, "vfio_notify_dma_unmap"); },
     "deadlock-in-the-window"},
    {"enroll-in-the-window",
     "B7",
     "a device cannot register from within a callback",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::deadlock, "vfio_iommu_type1_register_device"); },
     "deadlock-in-the-window"},
    {"withdraw-in-the-window",
     "B7",
     "a device cannot leave from within a callback",
     kAllLinux,
     {},
     [](const Divergence& d) {
       return d.says(Kind::deadlock, "vfio_iommu_type1_unregister_device");
     },
     "deadlock-in-the-window"},
    {"stubborn-pin",
     "B8",
     "a driver that does not unpin is a BUG()",
     kAllLinux,
     {},
     [](const Divergence& d) { return d.says(Kind::bug, "vfio_dma_do_unmap"); },
     "stubborn-pin"},
    {"info-leak",
     "N3",
     "GET_INFO that fails for want of memory leaks",
     kAllLinux,
     {},
     info_leak,
     "info-leak"},
};

}  // namespace

bool LinuxVersion::has(const KnownDifference& entry) const {
  return std::ranges::find(known, &entry) != known.end();
}

std::span<const LinuxVersion> linux_versions() {
  const auto of = [](unsigned bit) {
    std::vector<const KnownDifference*> known;
    for (const KnownDifference& entry : kKnownDifferences)
      if (entry.versions & bit) known.push_back(&entry);
    return known;
  };
  // Made when it is first asked for, which may be before main().
  static const LinuxVersion kVersions[] = {
      {"linux-6.1", kLinux61, make_linux_6_1, make_careful_linux_6_1, of(kLinux61)},
      {"linux-6.12", kLinux612, make_linux_6_12, make_careful_linux_6_12, of(kLinux612)},
  };
  return kVersions;
}

std::span<const KnownDifference> known_differences() { return kKnownDifferences; }

reference::Quirks quirks_of(const LinuxVersion& version) {
  reference::Quirks quirks;
  for (const KnownDifference* entry : version.known)
    if (entry->quirk) quirks.add(*entry->quirk);
  return quirks;
}

const KnownDifference* known_difference_named(std::string_view name) {
  const auto found = std::ranges::find(known_differences(), name, &KnownDifference::name);
  return found == known_differences().end() ? nullptr : &*found;
}

const KnownDifference* find_known_difference(const LinuxVersion& version,
                                             const Divergence& difference) {
  for (const KnownDifference* entry : version.known)
    if (entry->explains && entry->explains(difference)) return entry;
  return nullptr;
}

}  // namespace tidemark
