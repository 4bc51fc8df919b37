// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "export_c.h"

#include <linux/vfio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "export_c_calls.h"
#include "export_c_driver_parts.h"
#include "export_c_parts.h"
#include "export_c_writer.h"
#include "export_record.h"
#include "host_layout.h"
#include "lockstep.h"
#include "program_text.h"
#include "text.h"
#include "vocabulary.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kPageMask = kPageBytes - 1;
constexpr std::uint64_t kHugePageBytes = std::uint64_t{1} << 21;

bool has_windows(const std::vector<Recorded>& all) {
  return std::any_of(all.begin(), all.end(), [](const Recorded& r) { return !r.windows.empty(); });
}

bool has_hardware(const CSlots& slots) {
  return std::any_of(slots.all().begin(), slots.all().end(),
                     [](const CSlots::Slot& slot) { return slot.hardware.has_value(); });
}

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // first, last

void add_memory(Ranges& ranges, std::uint64_t first, std::uint64_t bytes) {
  if (!bytes) return;
  std::uint64_t last = first + (bytes - 1);
  if (last < first) last = ~std::uint64_t{0};
  first = std::max(first & ~kPageMask, kRamFirst);
  last = std::min(last | kPageMask, kRamLast);
  if (first <= last) ranges.emplace_back(first, last);
}

void collect_memory(Ranges& ranges, const Recorded& recorded) {
  const Operation& operation = recorded.operation;
  if (operation.verb == Verb::map && recorded.step.size) {
    const auto map = argument_of<vfio_iommu_type1_dma_map>(recorded.call);
    add_memory(ranges, map.vaddr, map.size);
  }
  if (const auto data = operation.bent(Field::bitmap_pointer))
    add_memory(ranges, *data, 8 * bitmap_words(recorded));
  if (const auto page = faulting_page(recorded)) add_memory(ranges, *page, kPageBytes);
  for (const Recorded::Window& window : recorded.windows)
    for (const Recorded& inside : window.operations) collect_memory(ranges, inside);
}

std::uint64_t most_bitmap_words(const std::vector<Recorded>& all) {
  std::uint64_t most = kLeastBitmapWords;
  for (const Recorded& recorded : all) {
    // What is refused has no bitmap: looking at 256 MiB of it would take a minute.
    if (recorded.step.result != -EINVAL) most = std::max(most, bitmap_words(recorded));
    for (const Recorded::Window& window : recorded.windows)
      most = std::max(most, most_bitmap_words(window.operations));
  }
  return most;
}

// All user memory that is named, joined where it touches.
Ranges user_memory(const std::vector<Recorded>& all) {
  Ranges ranges, joined;
  for (const Recorded& recorded : all) collect_memory(ranges, recorded);
  std::sort(ranges.begin(), ranges.end());
  for (const auto& [first, last] : ranges) {
    if (!joined.empty() && first <= joined.back().second + 1)
      joined.back().second = std::max(joined.back().second, last);
    else
      joined.emplace_back(first, last);
  }
  return joined;
}

// Of the largest piece that follows itself in the host, and has its place there, at most 2 MiB.
std::uint64_t host_piece_bytes(std::uint64_t address) {
  std::uint64_t pages = kHugePageBytes / kPageBytes;
  for (; pages > 1; pages /= 2) {
    const std::uint64_t first = address / kPageBytes & ~(pages - 1);
    if (host_run(first, pages) == pages && host_page_of(first) % pages == 0) break;
  }
  return pages * kPageBytes;
}

// The same memory by the size of its pieces, and extended to whole ones.
std::map<std::uint64_t, Ranges> host_memory(const std::vector<Recorded>& all) {
  std::map<std::uint64_t, Ranges> by_piece;
  for (const auto& [first, last] : user_memory(all)) {
    for (std::uint64_t at = first; at <= last;) {
      const std::uint64_t piece = host_piece_bytes(at), begin = at & ~(piece - 1);
      Ranges& ranges = by_piece[piece];
      if (ranges.empty() || begin > ranges.back().second + 1) ranges.emplace_back(begin, begin);
      ranges.back().second = begin + piece - 1;
      at = begin + piece;
    }
  }
  return by_piece;
}

std::string memory_text(const std::vector<Recorded>& all, bool hardware) {
  std::string text;
  const auto add = [&text](const char* function, std::uint64_t first, std::uint64_t last,
                           const std::string& more = "") {
    text += std::string("\t") + function + "(" + hex(first) + ", " + hex(last - first + 1) + more +
            ");\n";
  };
  if (!hardware)
    for (const auto& [first, last] : user_memory(all)) add("user_memory", first, last);
  else
    for (const auto& [piece, ranges] : host_memory(all))
      for (const auto& [first, last] : ranges) {
        if (piece == kHugePageBytes)
          add("contiguous_memory", first, last);
        else
          add("memory_in_pieces", first, last, ", " + hex(piece));
      }
  return text;
}

// Those of the list go by their number.
std::string kind_text(const HardwareKind& kind) {
  std::string text = "hardware";
  for (unsigned i = 0; i < kHardwareKinds; ++i)
    if (hardware_kind(i) == kind) text += "=" + decimal(i);
  text += ", page sizes " + hex(kind.pgsizes) + ", addresses " + hex(kind.aperture.first) + "-" +
          hex(kind.aperture.last);
  for (unsigned i = 0; i < kind.nr_reserved; ++i)
    text += " but " + hex(kind.reserved[i].first) + "-" + hex(kind.reserved[i].last);
  return text + (kind.cache_coherent ? ", cache coherent" : ", not cache coherent");
}

std::string slots_text(const CSlots& slots) {
  std::string text =
      "\n/* One for each GROUP DEVICE of the command line. */\n"
      "struct slot {\n"
      "\tconst char *kind;\n"
      "\tint hardware;\n"
      "\tint group, device;\t\t/* files; -1: not open */\n"
      "\tint joined, attached;\t\t/* in the kernel; as the program has it */\n"
      "\tint enrolled, keeps;\n"
      "\tint pinned;\t\t\t/* at some time since it was opened */\n"
      "\tconst char *device_name;\n"
      "};\n"
      "static struct slot slots[] = {\n";
  for (const CSlots::Slot& slot : slots.all()) {
    const std::string id = slot.id ? " (g" + decimal(*slot.id) + ", d" + decimal(*slot.id) + ")"
                                   : " (only because a container needs a group)";
    text += "\t{" + string_literal((slot.hardware ? kind_text(*slot.hardware) : "emulated") + id) +
            ", " + (slot.hardware ? "1" : "0") + ", -1, -1, 0, 0, 0, 0, 0, NULL},\n";
  }
  return text + "};\n";
}

std::string title(const ExportOrigin& origin, const Program& program, const CSlots& slots,
                  bool windows) {
  std::string pairs;
  for (std::size_t i = 0; i < slots.all().size(); ++i) pairs += " GROUP DEVICE";
  std::string text = "/*\n * Reproducer, made from " + comment_text(origin.name) +
                     " by\n"
                     " * ./tidemark export c\n *\n";
  for (const std::string& comment : origin.comments) text += " *   " + comment_text(comment) + "\n";
  if (!origin.comments.empty()) text += " *\n";
  text +=
      " * Does on a real kernel what each step says, and checks what comes out against the\n"
      " * reference. cc -std=c11 -pthread -o repro FILE.c, then, as root:\n"
      " *   ./repro" +
      pairs +
      "\n"
      " * GROUP is a number below /dev/vfio, DEVICE the name of a device in it; without\n"
      " * them it says which kinds are needed. Exit code: 0 all as expected, 1 the first\n"
      " * difference, 2 it cannot run, or differs after a step that could not be done exactly.\n"
      " *\n"
      " * Not as in the program: what a device writes, and that a transfer reads the same\n"
      " * bytes back, is not compared; a fault reaches to the end of its page or buffer.\n";
  if (windows)
    text += " * Callbacks are held while this process does what the program does inside them.\n";
  if (has_hardware(slots))
    text += " * A hardware group pins all mapped memory: there must be enough.\n";
  if (program.setup.rule != RangeRule::whole)
    text += " * The range rule is not Linux's, which has only one: needs the module tidemark.\n";
  return text + " */";
}

// Parameters of the module that have to be other than they usually are.
std::string parameters_text(const Setup& setup) {
  std::string text = "\nstatic const struct parameter parameters[] = {\n";
  if (setup.rule != RangeRule::whole)
    text +=
        "\t{\"range_rule\", \"" + std::string(words::kRuleNames[words::at(setup.rule)]) + "\"},\n";
  if (setup.entries != Setup{}.entries)
    text += "\t{\"dma_entry_limit\", \"" + decimal(setup.entries) + "\"},\n";
  if (setup.store != Setup{}.store)
    text += "\t{\"store\", \"" + std::string(words::kStoreNames[words::at(setup.store)]) + "\"},\n";
  return text + "\t{NULL, NULL},\n};\n";
}

std::string main_text(const Program& program, const std::vector<Recorded>& all, bool hardware) {
  const Setup& setup = program.setup;
  std::string text = "\nint main(int argc, char **argv)\n{\n";
  text += std::string("\tset_up(argc, argv, ") +
          (setup.type == ContainerType::v1 ? "VFIO_TYPE1_IOMMU" : "VFIO_TYPE1v2_IOMMU") + ");\n";
  const bool limits = setup.memlock_pages != kUnlimited ||
                      std::any_of(program.operations.begin(), program.operations.end(),
                                  [](const Operation& o) { return o.verb == Verb::memlock; });
  if (limits) text += "\tlimit_locked_memory(" + limit_text(setup.memlock_pages) + ");\n";
  text += memory_text(all, hardware);
  for (std::size_t i = 1; i <= all.size(); ++i) text += "\tstep_" + decimal(i) + "();\n";
  return text + "\tprintf(\"all " + decimal(all.size()) +
         " steps as expected\\n\");\n"
         "\treturn 0;\n}\n";
}

}  // namespace

std::optional<std::string> export_c(const Program& program, const ExportOrigin& origin) {
  const auto all = record(program);
  if (!all) return std::nullopt;
  CSlots slots(program);
  const bool windows = has_windows(*all);
  std::string text = title(origin, program, slots, windows);
  text += c_parts::kIncludes;
  text += "\n/* --- The emulated device's ioctls: docs/emulated-device.md --- */\n";
  text += c_parts::kDevice;
  text += c_parts::kVerdicts;
  // With the words behind it that a stray write would hit.
  const std::uint64_t words =
      std::min<std::uint64_t>(most_bitmap_words(*all), program.setup.bitmap_words) +
      BitmapArea::kGuard;
  text +=
      "\n/* Of 64 bits, in the largest bitmap that there is room for. */\nenum { BITMAP_WORDS = " +
      decimal(words) + " };\n";
  text += c_parts::kMemory;
  if (has_hardware(slots)) text += c_parts::kHostMemory;
  text += c_parts::kContainer;
  text += slots_text(slots);
  text += parameters_text(program.setup);
  text += c_parts::kGroups;
  if (windows) text += c_parts::kWindows;
  text += "\n/* --- The program --- */\n";
  CWriter writer(slots);
  for (std::size_t i = 0; i < all->size(); ++i) text += writer.step(i + 1, (*all)[i]);
  return text + main_text(program, *all, has_hardware(slots));
}

}  // namespace tidemark
