// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "export_c_calls.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iterator>

#include "text.h"
#include "verbs.h"

namespace tidemark {

using std::string;

namespace {

std::uint64_t bitmap_base(const Recorded& r) {
  return BitmapArea::kBase + r.step.depth * World::kDepthStride;
}

bool is_in_bitmap_area(const Recorded& r, std::uint64_t address) {
  constexpr std::uint64_t kGuardBytes = 8 * BitmapArea::kGuard;
  return address - (bitmap_base(r) - kGuardBytes) < 8 * std::uint64_t{r.room} + 2 * kGuardBytes;
}

// What stands in the braces of a struct vfio_bitmap.
string bitmap_text(const Recorded& r, const vfio_bitmap& bitmap) {
  const auto data = reinterpret_cast<std::uintptr_t>(bitmap.data);
  string pointer = "user_bitmap()";
  if (data != bitmap_base(r)) {
    const auto offset = static_cast<std::int64_t>(data - bitmap_base(r));
    pointer = is_in_bitmap_area(r, data)
                  ? "(__u64 *)((char *)user_bitmap() + (" + decimal(offset) + "))"
                  : "(__u64 *)" + hex(data);
  }
  return "\n\t\t\t.pgsize = " + number_text(bitmap.pgsize) +
         ", .size = " + number_text(bitmap.size) + ", .data = " + pointer;
}

string range_text(std::uint64_t iova, std::uint64_t size) {
  return ".iova = " + hex(iova) + ", .size = " + hex(size);
}

string head_text(std::uint64_t argsz, const string& flags) {
  return ".argsz = " + number_text(argsz) + ", .flags = " + flags;
}

string map_text(const Recorded& r) {
  const auto map = argument_of<vfio_iommu_type1_dma_map>(r.call);
  const string flags =
      flags_text(map.flags, {{VFIO_DMA_MAP_FLAG_READ, "VFIO_DMA_MAP_FLAG_READ"},
                             {VFIO_DMA_MAP_FLAG_WRITE, "VFIO_DMA_MAP_FLAG_WRITE"}});
  return "map_dma(&(struct vfio_iommu_type1_dma_map){\n\t\t\t" + head_text(map.argsz, flags) +
         ",\n\t\t\t.vaddr = " + hex(map.vaddr) + ", " + range_text(map.iova, map.size) + "})";
}

// The structs end in data[], which is where the others begin.
template <class Head, class Tail>
Tail tail_of(const RecordedCall& call) {
  Tail tail;
  std::memcpy(&tail, call.before.data() + ArgumentArea::kGuard + sizeof(Head), sizeof(tail));
  return tail;
}

string unmap_text(const Recorded& r, const string& function) {
  const auto unmap = argument_of<vfio_iommu_type1_dma_unmap>(r.call);
  const string flags = flags_text(
      unmap.flags, {{VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, "VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP"},
                    {VFIO_DMA_UNMAP_FLAG_ALL, "VFIO_DMA_UNMAP_FLAG_ALL"}});
  return function + "(\n\t\t&(struct vfio_iommu_type1_dma_unmap){\n\t\t\t" +
         head_text(unmap.argsz, flags) + ",\n\t\t\t" + range_text(unmap.iova, unmap.size) +
         "},\n\t\t&(struct vfio_bitmap){" +
         bitmap_text(r, tail_of<vfio_iommu_type1_dma_unmap, vfio_bitmap>(r.call)) + "})";
}

string dirty_head(const Recorded& r) {
  const auto dirty = argument_of<vfio_iommu_type1_dirty_bitmap>(r.call);
  const string flags = flags_text(
      dirty.flags,
      {{VFIO_IOMMU_DIRTY_PAGES_FLAG_START, "VFIO_IOMMU_DIRTY_PAGES_FLAG_START"},
       {VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, "VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP"},
       {VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, "VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP"}});
  return "&(struct vfio_iommu_type1_dirty_bitmap){\n\t\t\t" + head_text(dirty.argsz, flags) + "}";
}

string query_text(const Recorded& r) {
  using Get = vfio_iommu_type1_dirty_bitmap_get;
  const auto get = tail_of<vfio_iommu_type1_dirty_bitmap, Get>(r.call);
  return "get_dirty(\n\t\t" + dirty_head(r) +
         ",\n\t\t&(struct vfio_iommu_type1_dirty_bitmap_get){\n\t\t\t" +
         range_text(get.iova, get.size) + ", .bitmap = {" + bitmap_text(r, get.bitmap) + "}})";
}

// What VFIO or the kernel's file layer answers before the tracker is asked.
bool is_others_command(std::uint64_t command) {
  const std::uint64_t type = command >> 8 & 0xff;
  const std::uint64_t others[] = {0, 'T', 'X', 'f', 0x94};
  return std::find(std::begin(others), std::end(others), type) != std::end(others) ||
         command == VFIO_GET_API_VERSION || command == VFIO_SET_IOMMU;
}

// Which words have to have been stored.
string words_text(const RecordedCall& call) {
  if (call.words.empty()) return "\texpect_words(NULL, 0);\n";
  string text;
  for (const WordRun& run : call.words)
    text += "\t\t\t{" + decimal(run.first) + ", " + decimal(run.last - run.first + 1) + ", " +
            hex(run.word) + "},\n";
  return "\t{\n\t\tstatic const struct words dirty[] = {\n" + text + "\t\t};\n\n" +
         "\t\texpect_words(dirty, " + decimal(call.words.size()) + ");\n\t}\n";
}

// All bytes up to the last that was written.
string info_text(const RecordedCall& call) {
  std::size_t end = 0;
  for (std::size_t i = ArgumentArea::kGuard; i < call.after.size(); ++i)
    if (call.after[i] != call.before[i]) end = i + 1 - ArgumentArea::kGuard;
  const std::size_t nr_words = std::max<std::size_t>((end + 3) / 4, 2);
  string text = "\t{\n\t\tstatic const __u32 info[] = {";
  for (std::size_t i = 0; i < nr_words; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, call.after.data() + ArgumentArea::kGuard + 4 * i, sizeof(word));
    text += (i % 4 ? " " : "\n\t\t\t") + hex(word) + ",";
  }
  return text + "\n\t\t};\n\n\t\texpect_argument(info, " + decimal(nr_words) + ");\n\t}\n";
}

Circumstances argument_fault(const Recorded& r) {
  constexpr std::uint64_t kWords = (ArgumentArea::kBytes - ArgumentArea::kGuard) / 8;
  const bool read = r.operation.fault.kind == FaultKind::arg_read;
  const std::uint64_t word = r.operation.fault.index;
  if (word > kWords || r.operation.bent(Field::argument))
    return {note_text("The fault is left out: nothing of the argument lies there."), ""};
  // Memory that can be written can be read; it matters where the call does both.
  if (read && r.operation.verb == Verb::info && r.step.result >= 0)
    return {note_text("The fault is left out: the word is written, and only reads of it fail."),
            ""};
  return {note_text("Word " + decimal(word) + " of the argument cannot be " +
                    (read ? "read." : "written.")) +
              "\tnext.argument_words = " + decimal(word) +
              ";\n\tnext.argument_access = " + (read ? "PROT_NONE" : "PROT_READ") + ";\n",
          ""};
}

Circumstances bitmap_fault(const Recorded& r) {
  const std::uint64_t word = r.operation.fault.index;
  if (r.operation.fault.kind == FaultKind::bitmap_read)
    return {
        note_text("The fault is left out: there is no memory that can be written but not read."),
        ""};
  if (r.operation.bent(Field::bitmap_pointer))
    return {note_text("The fault is left out: nothing of the bitmap lies there."), ""};
  if (r.step.result >= 0 && !r.call.words.empty() && r.call.words.back().last >= word)
    return {
        note_text("The fault is left out: it hits no word, but its page has some that are stored."),
        ""};
  return {note_text("Word " + decimal(word) +
                    " of the bitmap, and those behind it, cannot be written.") +
              "\tnext.bitmap_words = " + decimal(word) + ";\n\tnext.bitmap_access = PROT_READ;\n",
          ""};
}

Circumstances memory_fault(const Recorded& r) {
  const auto page = faulting_page(r);
  if (!page) return {note_text("The fault is left out: nothing is touched there."), ""};
  return {note_text("This page of user memory faults.") + "\tuser_page(" + hex(*page) +
              ", PROT_NONE);\n",
          "\tuser_page(" + hex(*page) + ", PROT_READ | PROT_WRITE);\n"};
}

Circumstances fault_of(const Recorded& r) {
  switch (r.operation.fault.kind) {
    case FaultKind::none:
      return {};
    case FaultKind::allocation:
      if (r.allocation_fails) return {};
      return {
          note_text("The failing allocation is left out: not one that this call is sure to make."),
          ""};
    case FaultKind::arg_read:
    case FaultKind::arg_write:
      return argument_fault(r);
    case FaultKind::bitmap_read:
    case FaultKind::bitmap_write:
      return bitmap_fault(r);
    case FaultKind::memory:
      return memory_fault(r);
    case FaultKind::iommu:
    case FaultKind::interrupt:
      return {note_text("The fault is left out: it comes across nothing."), ""};
  }
  return {};
}

}  // namespace

std::uint64_t bitmap_words(const Recorded& r) {
  const Operation& operation = r.operation;
  if (!has_bitmap(operation.verb)) return 0;
  std::uint64_t words = r.step.size / kPageBytes / 64 + 1;
  const auto data = operation.bent(Field::bitmap_pointer);
  if (data && is_in_bitmap_area(r, *data) && *data > bitmap_base(r))
    words += (*data - bitmap_base(r)) / 8 + 1;
  return std::min<std::uint64_t>(words, kBitmapWordsMax);
}

string note_text(const string& text) { return "\t/* " + text + " */\n"; }

string number_text(std::uint64_t number) { return number < 4096 ? decimal(number) : hex(number); }

string flags_text(std::uint64_t flags,
                  std::initializer_list<std::pair<std::uint64_t, const char*>> names) {
  string text;
  for (const auto& [bit, name] : names) {
    if (!(flags & bit)) continue;
    text += (text.empty() ? "" : " | ") + string(name);
    flags &= ~bit;
  }
  if (flags || text.empty()) text += (text.empty() ? "" : " | ") + number_text(flags);
  return text;
}

std::uint64_t unmapped_bytes(const RecordedCall& call) {
  std::uint64_t size = 0;
  const std::size_t offset = ArgumentArea::kGuard + offsetof(vfio_iommu_type1_dma_unmap, size);
  std::memcpy(&size, call.after.data() + offset, sizeof(size));
  return size;
}

std::optional<std::uint64_t> faulting_page(const Recorded& r) {
  if (r.operation.fault.kind != FaultKind::memory) return std::nullopt;
  const std::uint64_t page = r.call.fault.first & ~(kPageBytes - 1);
  if (page < kRamFirst || page > kRamLast) return std::nullopt;
  // Pages are pinned whole. A transfer may miss the bytes that fault, but not the page.
  const bool whole = r.operation.verb == Verb::map || r.operation.verb == Verb::pin;
  return whole || r.step.result == -EFAULT ? std::optional(page) : std::nullopt;
}

string user_call(const Recorded& r) {
  const std::uint64_t number = r.operation.number;
  switch (r.operation.verb) {
    case Verb::map:
      return map_text(r);
    case Verb::unmap:
      return unmap_text(r, r.windows.empty() ? "unmap_dma" : "begin_unmap");
    case Verb::query:
      return query_text(r);
    case Verb::start:
    case Verb::stop:
      return "dirty_pages(" + dirty_head(r) + ")";
    case Verb::info:
      return "get_info(&(struct vfio_iommu_type1_info){.argsz = " +
             number_text(argument_of<vfio_iommu_type1_info>(r.call).argsz) + "})";
    case Verb::extension:
      return "call(container, VFIO_CHECK_EXTENSION, " + number_text(number) + ")";
    case Verb::ioctl:
      return is_others_command(number) ? "" : "raw_command(" + hex(number) + ")";
    default:
      return "";
  }
}

// What has to be found in memory after a call.
string output_text(const Recorded& r) {
  const bool bent = r.operation.bent(Field::argument).has_value();
  string text;
  if (r.step.result == 0 && r.operation.verb == Verb::info && !bent) text += info_text(r.call);
  if (!has_bitmap(r.operation.verb)) return text;
  if (r.step.result == 0 && r.operation.verb == Verb::unmap && !bent)
    text +=
        "\texpect_number(\"bytes unmapped\", unmapped(), " + hex(unmapped_bytes(r.call)) + ");\n";
  // What a failed copy stored before it failed is open.
  if (!r.operation.bent(Field::bitmap_pointer) && r.step.result != -EFAULT)
    text += words_text(r.call);
  return text;
}

// What makes the next call unusual.
Circumstances circumstances(const Recorded& r) {
  Circumstances fault = fault_of(r);
  if (has_bitmap(r.operation.verb) && (r.operation.flags & kUsedBuffer))
    fault.before += note_text("The bitmap still has old bits.") + "\tnext.old_bits = 0xa5;\n";
  if (r.operation.bent(Field::argument))
    fault.before += "\tnext.bent = 1;\n\tnext.argument = " + hex(r.call.argument) + ";\n";
  return fault;
}

}  // namespace tidemark
