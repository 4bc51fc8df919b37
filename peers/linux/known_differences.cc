// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known_differences.h"

#include <linux/vfio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "large_pages.h"

namespace tidemark {
namespace {

constexpr LinuxVersion kVersions[] = {
    {"linux-6.1", kLinux61, make_linux_6_1, make_careful_linux_6_1},
    {"linux-6.12", kLinux612, make_linux_6_12, make_careful_linux_6_12},
};

bool is_instead_of_einval(const Divergence& d) {
  return d.signature.kind == Kind::result && d.signature.expected == -EINVAL;
}

// Or one of the two says that the arguments are wrong.
bool is_about_einval(const Divergence& d) {
  return d.signature.kind == Kind::result &&
         (d.signature.actual == -EINVAL || d.signature.expected == -EINVAL);
}

bool is_info_in_window(const Divergence& d) {
  return in_window(d) && d.is_about(Verb::info) && d.signature.kind == Kind::output;
}

// --- Marks ---

bool loses_pages(Cause cause) { return cause != Cause::odd_offset; }

template <Cause cause>
bool by(const Divergence& d) {
  if (d.lockstep && output_in_window(d)) return d.taint->any(cause);
  return d.taint && d.mismatch && about_marks(d) &&
         (cause == Cause::failed_copy || is_missing(d) == loses_pages(cause)) &&
         d.taint->explains(cause, pages_of(d));
}

// --- Queries ---

// Does the bitmap's word tell of a page that is mapped?
bool is_of_a_mapping(const Divergence& d, std::int64_t index) {
  const Executor& linux = d.lockstep->actual();
  const std::uint64_t bytes = 64 * linux.page_bytes();
  // One that is not aligned has a part of each of two.
  const std::uint64_t before = linux.bitmap_data() % 8 ? 1 : 0;
  const auto word = static_cast<std::uint64_t>(linux.bitmap_first() + index);
  const std::uint64_t first =
      d.lockstep->steps()[0].first + (word - std::min(before, word)) * bytes;
  const std::uint64_t last = first + std::min((1 + before) * bytes - 1, ~first);
  return std::ranges::any_of(d.taint->mappings(), [&](const LiveMapping& m) {
    return m.first <= last && m.last >= first;
  });
}

bool clean_words(const Divergence& d) {
  if (!d.is(Verb::query, Kind::stored_words) && !d.is(Verb::unmap, Kind::stored_words))
    return false;
  const BitmapArea& expected = d.lockstep->expected().world().bitmaps[0];
  return std::ranges::all_of(
      d.lockstep->actual().world().bitmaps[0].touched(),
      [&](std::int64_t i) { return expected.written(i) || is_of_a_mapping(d, i); });
}

bool clean_words_in_window(const Divergence& d) {
  return in_window(d) && d.signature.kind == Kind::stored_words &&
         (d.is_about(Verb::query) || d.is_about(Verb::unmap));
}

// The bitmap cannot be stored, or read for its words at odd offsets, where there
// is nothing to store.
bool clean_words_fault(const Divergence& d) {
  const auto cannot = [](const Operation& o) {
    return o.fault.kind == FaultKind::bitmap_write || o.fault.kind == FaultKind::bitmap_read ||
           o.bend.field == Field::bitmap_pointer;
  };
  const auto any = [](const Operation&) { return true; };
  const auto has_no_room = [&] {
    return std::ranges::any_of(d.lockstep->steps(), [&](const Step& s) {
      const std::uint64_t pages = s.size / d.lockstep->actual().page_bytes();
      return s.result == -EFAULT && (pages + 63) / 64 > d.program.setup.bitmap_words;
    });
  };
  return std::ranges::any_of(std::array{Verb::query, Verb::unmap}, [&](Verb verb) {
    const Signature faulted = returned(verb, -EFAULT, 0);
    return is_of(d, faulted, cannot) || (is_of(d, faulted, any) && has_no_room());
  });
}

bool other_range_rule(const Divergence& d) {
  return d.program.setup.rule != RangeRule::whole && d.is_about(Verb::query) && is_about_einval(d);
}

// Be it the operation itself or one in its window.
bool failed_unmap(const Divergence& d) {
  return d.mismatch && (in_window(d) || d.is_about(Verb::unmap)) &&
         std::ranges::any_of(d.lockstep->steps(), [&](const Step& s) {
           return s.verb == Verb::unmap && s.result == -EFAULT &&
                  (s.depth || !cannot_read_argument(d.operation()));
         });
}

bool at_the_top(const Divergence& d) { return d.taint && d.taint->at_the_top(); }

// --- Large pages ---

bool large_pages_warn(const Divergence& d) {
  return (d.says(Kind::warn, "vfio_dma_do_map") || d.says(Kind::warn, "vfio_dma_do_unmap")) &&
         (d.lockstep->actual().page_bytes() > kPageBytes || d.lockstep->steps().size() > 1);
}

bool marks_of_large_pages(const Divergence& d) {
  return has_large_marks(d) && marks_beyond_rounding(*d.lockstep).empty();
}

// What is reported too much besides may be due to odd offsets.
bool cut_by_large_pages(const Divergence& d) {
  if (!d.taint || !d.mismatch || !about_marks(d) || d.mismatch->pages.empty()) return false;
  const std::uint64_t page_bytes = d.lockstep->actual().page_bytes();
  const std::uint64_t bytes = d.mismatch->in_bitmap ? page_bytes : kPageBytes;
  std::vector<std::uint64_t> others = pages_of(d);
  const std::size_t count = others.size();
  std::erase_if(others, [&](std::uint64_t page) {
    return std::ranges::any_of(d.taint->mappings(), [&](const LiveMapping& m) {
      return has_no_bit(m, page, page + std::min(bytes - 1, ~page), page_bytes, is_of_the_state(d));
    });
  });
  return others.size() < count &&
         (others.empty() ||
          (d.mismatch->in_bitmap && d.taint->explains(Cause::odd_offset, others)));
}

// --- Groups ---

// An IOMMU has large pages only, and refuses less.
bool whole_runs(const Divergence& d) {
  return (is_of(d, returned(Verb::map, -EFAULT, -EINVAL),
                [](const Operation& o) {
                  return o.fault.kind == FaultKind::memory || o.vaddr.base != Base::fresh;
                }) &&
          (in_window(d) || d.lockstep->actual().page_bytes() > kPageBytes)) ||
         is_of(d, returned(Verb::attach, -EFAULT, -EINVAL), [](const Operation& o) {
           const std::uint64_t sizes = hardware_kind(o.hardware).pgsizes;
           return (sizes & -sizes) > kPageBytes;
         });
}

bool reaches(const HardwareKind& kind, const LiveMapping& mapping) {
  return mapping.first >= kind.aperture.first && mapping.last <= kind.aperture.last;
}

// Linux does not find the reason, and may fail for another.
bool out_of_reach(const Divergence& d) {
  if (!d.is_about(Verb::attach) || !is_instead_of_einval(d)) return false;
  for (const Operation& o : d.program.operations)
    if (o.verb == Verb::attach && o.flags & kHardware &&
        (in_window(d) ? o.when != When::now : &o == &d.operation()))
      for (const LiveMapping& mapping : d.taint->mappings())
        if (!reaches(hardware_kind(o.hardware), mapping)) return true;
  return false;
}

bool starved_detach(const Divergence& d) {
  const bool about_ranges =
      ((d.is_about(Verb::map) || d.is_about(Verb::attach)) && is_about_einval(d)) ||
      d.is(Verb::info, Kind::argument) || is_info_in_window(d);
  return about_ranges && any_operation(d, [](const Operation& o) {
           return o.verb == Verb::detach && o.fault.kind == FaultKind::allocation;
         });
}

// --- Pins ---

// What devices unpin in their callbacks is no operation, and is pinned.
bool unpin_warns(const Divergence& d) {
  return (d.says(Kind::warn, "vfio_iommu_type1_unpin_pages") || d.says(Kind::warn, "unpin")) &&
         std::ranges::any_of(d.lockstep->steps(),
                             [](const Step& s) { return s.verb == Verb::unpin; });
}

bool negative_count(const Divergence& d) {
  return d.lockstep && d.is_about(Verb::pin) && is_instead_of_einval(d) &&
         std::ranges::any_of(d.lockstep->steps(), [](const Step& s) {
           return s.verb == Verb::pin && pages_of_pin(s) < 0;
         });
}

// --- Flags and numbers that only Linux has ---

bool other_extension(const Divergence& d) {
  return is_of(d, returned(Verb::extension, 0, 0),
               [](const Operation& o) {
                 return o.number == VFIO_TYPE1_NESTING_IOMMU || o.number == VFIO_UPDATE_VADDR;
               }) &&
         std::ranges::any_of(d.lockstep->steps(), [](const Step& s) {
           return s.verb == Verb::extension && s.result == 1;
         });
}

bool has_vaddr_flag(const Operation& o) {
  return o.bend.field == Field::flags && o.bend.value & VFIO_DMA_MAP_FLAG_VADDR;
}

// While addresses are invalid, pins and rw warn. Outside of windows a program ends before.
bool vaddr_warns(const Divergence& d) {
  return (d.says(Kind::warn, "vfio_iommu_type1_pin_pages") ||
          d.says(Kind::warn, "vfio_iommu_type1_dma_rw")) &&
         std::ranges::any_of(
             d.lockstep->steps(),
             [](const Step& s) { return s.depth && s.verb == Verb::unmap && s.result == 0; }) &&
         any_operation(d, [](const Operation& o) {
           return o.when != When::now && o.verb == Verb::unmap && has_vaddr_flag(o);
         });
}

// Only such an operation itself: what Linux turns down as well has no consequences.
bool vaddr_flag(const Divergence& d) {
  if (vaddr_warns(d)) return true;
  if (!is_instead_of_einval(d) || !(d.is_about(Verb::map) || d.is_about(Verb::unmap))) return false;
  return is_of(d, returned(*d.signature.verb, *d.signature.actual, -EINVAL), has_vaddr_flag);
}

// For want of room for the gap the capabilities are not copied, and do not fault.
bool info_has_no_room(const Divergence& d) {
  return is_of(d, returned(Verb::info, 0, -EFAULT), [](const Operation& o) {
    return o.bend.field == Field::argsz && o.fault.kind == FaultKind::arg_write &&
           o.fault.index >= sizeof(vfio_iommu_type1_info) / 8;
  });
}

// If the last one in the window failed, its bytes are not those that differ.
bool shows_info_in_window(const Divergence& d) {
  const Step* last = last_with_argument(d);
  return last && last->verb == Verb::info && last->result == 0;
}

template <unsigned depth>
bool info_gaps(const Divergence& d) {
  if (in_window(d) == !depth) return false;
  return info_has_no_room(d) ||
         ((depth ? is_info_in_window(d) : d.is(Verb::info, Kind::argument)) &&
          ((depth && !shows_info_in_window(d)) ||
           same_but_for_gaps(d.lockstep->actual().world().arguments[depth],
                             d.lockstep->expected().world().arguments[depth])));
}

// Of a cap_offset that has only some of its room, nothing should be copied.
bool info_bytes(const Divergence& d) {
  return is_of(d, returned(Verb::info, -EFAULT, 0), [](const Operation& o) {
    constexpr std::size_t kAt = offsetof(vfio_iommu_type1_info, cap_offset);
    return o.bend.field == Field::argsz && o.bend.value > kAt && o.bend.value < kAt + 4 &&
           o.fault.kind == FaultKind::arg_write && o.fault.index == kAt / 8;
  });
}

bool info_leak(const Divergence& d) {
  return d.is(Kind::leak) && d.mismatch->actual.ends_with(" allocations left") &&
         d.mismatch->actual.find('\n') == std::string::npos &&
         any_operation(d, [](const Operation& o) {
           return o.verb == Verb::info && o.fault.kind == FaultKind::allocation;
         });
}

// --- The window of an unmap ---

bool window_ran(const Divergence& d) { return d.lockstep && d.lockstep->steps().size() > 1; }

bool unchecked_after_window(const Divergence& d) {
  return d.signature == returned(Verb::unmap, 0, -EINVAL) && window_ran(d);
}

// Another mapping went before the one whose devices are called, or will be asked again.
bool several_mappings(const Divergence& d) {
  if (!d.taint || !d.mismatch) return false;
  if (d.is(Kind::memory)) return d.taint->wrote_short(d.mismatch->user_page);
  return (in_window(d) || d.is(Verb::unmap, Kind::callbacks) ||
          (d.is_about(Verb::unmap) && window_ran(d))) &&
         d.taint->mappings_in_range(d.operation(), d.lockstep->steps()) > 1;
}

bool last_group_in_window(const Divergence& d) {
  return d.says(Kind::warn, "vfio_iommu_type1_detach_group") && window_ran(d);
}

constexpr KnownDifference kKnownDifferences[] = {
    // The program goes on, or what is in a window is the same but there.
    {"clean-words-are-stored", "R11", "a query stores the clean words of mappings, too", kAllLinux,
     true, clean_words},
    {"other-extensions", "D13", "nesting and VADDR updates are supported", kAllLinux, true,
     other_extension},
    {"info-gaps", "D14", "capabilities begin at multiples of 8 bytes", kLinux612, true,
     info_gaps<0>},
    {"info-gaps-in-the-window", "D14", "in a window, too", kLinux612, false, info_gaps<1>},
    {"info-bytes", "D14", "GET_INFO copies as many bytes as argsz says, up to 24", kLinux612, true,
     info_bytes},
    {"unpin-warns", "D16", "an unpin that ends at a hole warns", kAllLinux, true, unpin_warns},
    {"large-pages-warn", "D2", "with large pages only, every map and unmap warns", kAllLinux, true,
     large_pages_warn},
    {"large-pages-marks", "D1", "marks are kept in units of P", kAllLinux, true,
     marks_of_large_pages},
    {"closed-device", "D5",
     "whose group is not attached is no open device: before all other checks", kAllLinux, true,
     [](const Divergence& d) {
       return d.signature == returned(Verb::pin, -EINVAL, -EACCES) ||
              is_of(d, returned(Verb::pin, -EINVAL, -E2BIG), [](const Operation&) { return true; });
     }},
    {"whole-runs", "D8, D10",
     "a page that cannot be pinned is found before those below it meet the IOMMU", kAllLinux, true,
     whole_runs},
    // Whatever comes after these may follow from them.
    {"clean-words-in-the-window", "R11", "in a window, too", kAllLinux, false,
     clean_words_in_window},
    {"clean-words-fault", "R11, B2", "they fault, too, if they cannot be stored or read", kAllLinux,
     false, clean_words_fault},
    {"vaddr-flags", "R14, R15", "there are flags for VADDR updates", kAllLinux, false, vaddr_flag},
    {"top-of-the-address-space", "B4",
     "a mapping that ends at 2^64 is never found again; a range that does is refused", kAllLinux,
     false, at_the_top, "top-of-the-address-space"},
    {"range-rule", "R10", "there is only one range rule", kAllLinux, false, other_range_rule},
    {"failed-copy", "B1", "a query or unmap that failed has cleared and shifted marks", kAllLinux,
     false, by<Cause::failed_copy>, "lost-after-failed-copy"},
    {"failed-unmap", "B1, D7", "an unmap that failed has unmapped", kAllLinux, false, failed_unmap,
     "lost-after-failed-copy"},
    {"odd-offset", "B2",
     "a mapping at an odd offset in the bitmap is reported with bits that are not its own",
     kAllLinux, false, by<Cause::odd_offset>, "wandering-bits"},
    {"failed-write", "B3", "a write that failed has written, but not marked", kAllLinux, false,
     by<Cause::failed_write>, "unmarked-partial-write"},
    {"promotion", "B12", "what a group wrote before its first pin is forgotten", kAllLinux, false,
     by<Cause::promotion>, "forgotten-by-the-first-pin"},
    {"page-size-changed", "B5", "bitmaps do not fit a page size that changed while tracking",
     kAllLinux, false,
     [](const Divergence& d) { return d.says(Kind::foreseen, "page-size-changed"); },
     "page-size-changed"},
    {"no-page-size", "D2", "groups that have no page size in common are attached", kAllLinux, false,
     [](const Divergence& d) { return d.says(Kind::foreseen, "no-page-size"); }, "no-page-size"},
    {"slow", "-", "hardware mappings of many pages take Linux minutes: not compared", kAllLinux,
     false, [](const Divergence& d) { return d.says(Kind::foreseen, "slow"); }},
    {"stop-in-the-window", "B6", "an unmap goes on with a bitmap that is gone", kAllLinux, false,
     [](const Divergence& d) { return d.says(Kind::foreseen, "bitmap-gone"); },
     "stop-in-the-window"},
    {"mapping-gone-in-the-window", "B6", "an unmap goes on with a mapping that is gone", kAllLinux,
     false, [](const Divergence& d) { return d.says(Kind::foreseen, "mapping-gone"); },
     "mapping-gone-in-the-window"},
    {"unchecked-after-the-window", "B6, D6",
     "what changed in the window is not checked, or no error", kAllLinux, false,
     unchecked_after_window, "success-after-the-window"},
    {"several-mappings", "D6, D7",
     "mappings go one by one, before the next one's devices are called; each call starts over",
     kAllLinux, false, several_mappings},
    {"starved-detach", "D9", "for want of memory, a detach leaves the valid ranges as they were",
     kAllLinux, false, starved_detach},
    {"last-group-in-the-window", "D9", "the last group leaves while devices are registered",
     kAllLinux, false, last_group_in_window},
    {"unmap-in-the-window", "B7", "an unmap that finds pins, within another's callback, deadlocks",
     kAllLinux, false,
     [](const Divergence& d) { return d.says(Kind::deadlock, "vfio_notify_dma_unmap"); },
     "deadlock-in-the-window"},
    {"enroll-in-the-window", "B7", "a device cannot register from within a callback", kAllLinux,
     false,
     [](const Divergence& d) { return d.says(Kind::deadlock, "vfio_iommu_type1_register_device"); },
     "deadlock-in-the-window"},
    {"withdraw-in-the-window", "B7", "a device cannot leave from within a callback", kAllLinux,
     false,
     [](const Divergence& d) {
       return d.says(Kind::deadlock, "vfio_iommu_type1_unregister_device");
     },
     "deadlock-in-the-window"},
    {"stubborn-pin", "B8", "a driver that does not unpin is a BUG()", kAllLinux, false,
     [](const Divergence& d) { return d.says(Kind::bug, "vfio_dma_do_unmap"); }, "stubborn-pin"},
    {"negative-count", "B9", "a pin of a negative number of pages succeeds", kAllLinux, false,
     negative_count, "negative-count"},
    {"unaligned-pin", "D5",
     "a page that begins within a page is another one, and has pins and a name of its own",
     kAllLinux, false, [](const Divergence& d) { return d.says(Kind::foreseen, "unaligned-pin"); },
     "unaligned-pin"},
    {"negative-bit", "D5", "it may begin before its mapping, and has a bit there", kAllLinux, false,
     [](const Divergence& d) { return d.says(Kind::foreseen, "negative-bit"); }, "unaligned-pin"},
    {"cut-by-large-pages", "D3",
     "the part of a mapping that does not fill a large page has no bit: never or always dirty",
     kAllLinux, false, cut_by_large_pages, "tail-below-page-size"},
    {"out-of-reach", "D8", "the first hardware group may not reach what is mapped already",
     kAllLinux, false, out_of_reach, "out-of-reach"},
    {"info-leak", "N3", "GET_INFO that fails for want of memory leaks", kAllLinux, false, info_leak,
     "info-leak"},
};

}  // namespace

std::span<const LinuxVersion> linux_versions() { return kVersions; }

std::span<const KnownDifference> known_differences() { return kKnownDifferences; }

const KnownDifference* find_known_difference(const LinuxVersion& version,
                                             const Divergence& difference) {
  for (const KnownDifference& entry : known_differences())
    if (entry.versions & version.bit && entry.explains(difference)) return &entry;
  return nullptr;
}

}  // namespace tidemark
