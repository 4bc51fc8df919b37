// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "verbs.h"

#include <array>
#include <cstddef>

namespace tidemark {
namespace {

constexpr unsigned bit(Field field) { return 1U << static_cast<unsigned>(field); }
constexpr unsigned bit(FaultKind kind) { return 1U << static_cast<unsigned>(kind); }

constexpr unsigned kRights = kReadable | kWritable;
constexpr unsigned kHeader = bit(Field::argsz) | bit(Field::flags) | bit(Field::argument);
constexpr unsigned kWithVfioBitmap =
    kHeader | bit(Field::pgsize) | bit(Field::bitmap_size) | bit(Field::bitmap_pointer);
constexpr unsigned kAllocates = bit(FaultKind::allocation);
constexpr unsigned kCall = kAllocates | bit(FaultKind::arg_read) | bit(FaultKind::arg_write);
constexpr unsigned kBitmapCall = kCall | bit(FaultKind::bitmap_read) | bit(FaultKind::bitmap_write);
constexpr unsigned kMoving = kAllocates | bit(FaultKind::memory);
constexpr unsigned kPinning = kMoving | bit(FaultKind::interrupt);
constexpr unsigned kMapping = bit(FaultKind::iommu);

constexpr VerbFields range(unsigned flags, unsigned bends, unsigned faults) {
  VerbFields fields{.address = true, .size = true};
  fields.flags = static_cast<std::uint16_t>(flags);
  fields.bends = static_cast<std::uint8_t>(bends);
  fields.faults = static_cast<std::uint16_t>(faults);
  return fields;
}

constexpr VerbFields with_device(VerbFields fields) {
  fields.device = true;
  return fields;
}

constexpr VerbFields by_process(VerbFields fields) {
  fields.by = true;
  return fields;
}

// Drivers have threads of their own.
constexpr VerbFields by_driver(VerbFields fields) {
  fields.kernel_thread = true;
  return by_process(fields);
}

constexpr VerbFields map_fields() {
  VerbFields fields = range(kRights | kIpcLock, kHeader, kCall | kPinning | kMapping);
  fields.vaddr = true;
  return by_process(fields);
}

constexpr VerbFields dma_fields() {
  VerbFields fields = with_device(range(kHardware, 0, 0));
  fields.group = true;
  return fields;
}

// In the order of Verb.
constexpr std::array<VerbFields, kVerbs> kFields = {{
    map_fields(),
    by_process(range(kWithBitmap | kAll | kUsedBuffer, kWithVfioBitmap, kBitmapCall)),  // unmap
    by_process(range(kUsedBuffer, kWithVfioBitmap, kBitmapCall)),                       // query
    by_process({.bends = kHeader, .faults = kCall}),                                    // start
    by_process({.bends = kHeader, .faults = kCall}),                                    // stop
    by_driver(with_device(range(kRights, 0, kPinning))),                                // pin
    by_driver(with_device(range(0, 0, kAllocates))),                                    // unpin
    by_driver(range(0, 0, kMoving)),                                                    // write
    by_driver(range(0, 0, kMoving)),                                                    // read
    dma_fields(),
    by_process({.group = true, .flags = kHardware, .faults = kAllocates | kMapping}),  // attach
    by_process({.group = true, .faults = kAllocates}),                                 // detach
    by_process({.device = true, .flags = kKeep, .faults = kAllocates}),                // enroll
    by_process({.device = true, .faults = kAllocates}),                                // withdraw
    by_process({.bends = kHeader, .faults = kCall}),                                   // info
    by_process({.number = true, .faults = kAllocates}),                                // extension
    by_process({.number = true, .bends = bit(Field::argument), .faults = kCall}),      // ioctl
    by_process({.number = true}),                                                      // memlock
    by_process({.number = true}),                                                      // mlock
    {.process = true},                                                                 // exit
    {.process = true},                                                                 // exec
    {},                                                                                // migrate
}};

constexpr int kNotSettingUp = 4;

// In the order of the enums.
constexpr std::array<std::string_view, kVerbs> kVerbNames = {
    "map",   "unmap",   "query",  "start",  "stop",   "pin",      "unpin", "write",
    "read",  "dma",     "attach", "detach", "enroll", "withdraw", "info",  "extension",
    "ioctl", "memlock", "mlock",  "exit",   "exec",   "migrate"};
constexpr std::array<std::string_view, kTotals> kTotalNames = {
    "page-sizes", "pinned-pages", "locked-pages", "mappings", "dma-available", "tracking"};

}  // namespace

std::string_view name(Verb verb) { return kVerbNames[static_cast<std::size_t>(verb)]; }
std::string_view name(Total total) { return kTotalNames[static_cast<std::size_t>(total)]; }

const VerbFields& fields_of(Verb verb) { return kFields[static_cast<std::size_t>(verb)]; }

bool is_transfer(Verb verb) {
  return verb == Verb::write || verb == Verb::read || verb == Verb::dma;
}

bool counts_locked(Verb verb) { return verb == Verb::memlock || verb == Verb::mlock; }

bool has_bitmap(Verb verb) { return verb == Verb::query || verb == Verb::unmap; }

bool has_argument(Verb verb) {
  return verb == Verb::map || verb == Verb::start || verb == Verb::stop || verb == Verb::info ||
         verb == Verb::ioctl || has_bitmap(verb);
}

bool has_range(Verb verb) { return fields_of(verb).size; }

bool returns_result(Verb verb) {
  switch (verb) {
    case Verb::unpin:
    case Verb::dma:
    case Verb::detach:
    case Verb::enroll:
    case Verb::withdraw:
    case Verb::memlock:
    case Verb::mlock:
    case Verb::exit:
    case Verb::exec:
    case Verb::migrate:
      return false;
    default:
      return true;
  }
}

int usual_place(const Operation& operation) {
  if (operation.when != When::now) return kNotSettingUp;
  switch (operation.verb) {
    case Verb::attach:
      return 0;
    case Verb::enroll:
      return 1;
    case Verb::map:
      return 2;
    case Verb::start:
      return 3;
    default:
      return kNotSettingUp;
  }
}

bool sets_up(const Operation& operation) { return usual_place(operation) < kNotSettingUp; }

}  // namespace tidemark
