// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// One operation of a program, as a value. Its other two views, the fuzzer's
// bytes and the printed text, are in program_bytes.h and, of another room,
// program_text.h.
//
// Addresses and sizes are symbolic ("3 pages into the newest mapping"), so that
// an operation keeps its meaning when the ones before it are edited; the
// executor (executor.h) turns them into numbers when it runs the operation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host_layout.h"
#include "own_hardware.h"

namespace tidemark {

// How a number stands in a text, so that it comes back as it was typed. Of two values it
// is the numbers that count, and not this.
struct Written {
  // The last two have a sign where 2^64 - it is meant.
  enum As : std::uint8_t { usual, decimal, hex, minus_decimal, minus_hex } as = usual;
  bool operator==(const Written&) const { return true; }
};

enum class Verb : std::uint8_t {
  map,        // VFIO_IOMMU_MAP_DMA of `address`, `size`, at user address `vaddr`
  unmap,      // VFIO_IOMMU_UNMAP_DMA of `address`, `size`
  query,      // VFIO_IOMMU_DIRTY_PAGES with GET_BITMAP over `address`, `size`
  start,      // VFIO_IOMMU_DIRTY_PAGES with START
  stop,       // VFIO_IOMMU_DIRTY_PAGES with STOP
  pin,        // device `id` pins the pages that `address`, `size` cover
  unpin,      // device `id` unpins them
  write,      // a driver writes `size` bytes at `address` through rw
  read,       // a driver reads them
  dma,        // the hardware behind device or group `id` writes memory; nobody is told
  attach,     // group `id` joins the container
  detach,     // group `id` leaves it
  enroll,     // device `id` registers its unmap callback
  withdraw,   // device `id` unregisters
  info,       // VFIO_IOMMU_GET_INFO
  extension,  // VFIO_CHECK_EXTENSION of number `number`
  ioctl,      // the raw command `number`
  memlock,    // the locked-memory limit of the process becomes `number` pages
  mlock,      // it has `number` pages locked by itself, and no others
  exit,       // `process` ends; its number is a new one's
  exec,       // `process` gets other memory
  migrate,    // the migration ends, and all goes on at its destination
};
inline constexpr unsigned kVerbs = 22;

// What a number is counted from.
enum class Base : std::uint8_t {
  zero,
  mapping,       // first byte of the index-th newest live mapping
  mapping_end,   // one past its last byte
  mapping_size,  // its size
  middle,        // 2^63
  top,           // 2^64, that is 0 with everything before it at the top
  fresh,         // a user address that no mapping has been given yet (vaddr only)
};

// base + pages * 4096 + bytes, modulo 2^64. `index` is used by the mapping
// bases alone and counts modulo the number of live mappings; without any, the
// base is 0.
struct Quantity {
  Base base = Base::zero;
  std::uint8_t index = 0;  // 0..15
  std::int64_t pages = 0;
  std::int64_t bytes = 0;
  Written pages_written = {}, bytes_written = {};
  bool operator==(const Quantity&) const = default;
};

// One field of the ioctl's argument replaced by another value.
enum class Field : std::uint8_t {
  none,
  argsz,
  flags,
  pgsize,          // of struct vfio_bitmap, in bytes
  bitmap_size,     // of struct vfio_bitmap, in bytes
  bitmap_pointer,  // value is a user address
  argument,        // the ioctl's argument pointer itself
};
struct Bend {
  Field field = Field::none;
  std::uint64_t value = 0;
  Written written = {};
  bool operator==(const Bend&) const = default;
};

// What goes wrong while the operation runs (and not in callbacks that it calls).
enum class FaultKind : std::uint8_t {
  none,
  allocation,    // allocation number `index` of the operation fails (0 is the first)
  arg_read,      // the 8 bytes at word `index` of the argument cannot be read
  arg_write,     // ... cannot be written
  bitmap_read,   // word `index` of the user's bitmap cannot be read
  bitmap_write,  // ... cannot be written
  memory,        // guest memory: rw faults at byte 8 * index of the transfer; pin
                 // and map cannot pin page `index` of their range
  iommu,         // IOMMUs are told to map runs of pages: they cannot for the index-th time
  interrupt,     // a fatal signal comes while page `index` of the range is pinned
};
struct Fault {
  FaultKind kind = FaultKind::none;
  std::uint16_t index = 0;
  Written written = {};
  bool operator==(const Fault&) const = default;
};

// When the operation runs.
enum class When : std::uint8_t {
  now,
  next_callback,   // inside the next unmap callback of device `window_device`
  every_callback,  // inside each of its callbacks from now on
};

enum Flag : std::uint16_t {
  kReadable = 1 << 0,    // map: VFIO_DMA_MAP_FLAG_READ; pin: IOMMU_READ
  kWritable = 1 << 1,    // map: VFIO_DMA_MAP_FLAG_WRITE; pin: IOMMU_WRITE
  kWithBitmap = 1 << 2,  // unmap: GET_DIRTY_BITMAP
  kAll = 1 << 3,         // unmap: ALL
  kUsedBuffer = 1 << 4,  // query, unmap: the user's bitmap is not zeroed
  kHardware = 1 << 5,    // attach: a hardware group; dma: by group, not by device
  kKeep = 1 << 6,        // enroll: the device's callback does not unpin
  kIpcLock = 1 << 7,     // map: the process has CAP_IPC_LOCK
};

inline constexpr unsigned kGroups = 4;
inline constexpr unsigned kDevices = 4;
inline constexpr unsigned kProcesses = 4;
inline constexpr std::uint8_t kKernelThread = kProcesses;  // one that has no memory of its own

struct Operation {
  Verb verb = Verb::start;
  When when = When::now;
  std::uint8_t window_device = 0;  // 0..kDevices-1
  std::uint8_t id = 0;             // group (attach, detach, dma by group) or device
  std::uint8_t hardware = 0;       // attach: which of kHardwareKinds (hardware_kinds.h)
  std::uint8_t process = 0;        // who calls, or kKernelThread; exit, exec: whose it is
  std::uint16_t flags = 0;         // of Flag
  Quantity address;
  Quantity size;
  Quantity vaddr;            // map
  std::uint64_t number = 0;  // extension, ioctl, memlock, mlock
  Written hardware_written = {}, number_written = {};
  // Two at most of each: of different fields, of different kinds, in the order of the enums.
  Bend bend, other_bend;
  Fault fault, other_fault;
  OwnHardware own;  // attach: what its hardware has otherwise than that kind
  bool operator==(const Operation&) const = default;

  // What the field is instead, if it is bent.
  std::optional<std::uint64_t> bent(Field field) const {
    if (bend.field == field) return bend.value;
    return other_bend.field == field ? std::optional(other_bend.value) : std::nullopt;
  }
  bool has_fault(FaultKind kind) const { return fault.kind == kind || other_fault.kind == kind; }
};

enum class ContainerType : std::uint8_t { v1, v2 };
enum class RangeRule : std::uint8_t { exact, whole, any };
// Where the tracker keeps its marks. What others do does not depend on it.
enum class StoreKind : std::uint8_t { bitmap, sparse, ranges, pinned };
inline constexpr std::size_t kStores = 4;

inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0} >> 12;

// Of 64 bits, in the bitmap of the largest range that VFIO reports: 2^31 - 1 pages.
inline constexpr std::uint32_t kBitmapWordsMax = 1 << 25;

// The world that a program starts in: a new container, no group, no device.
struct Setup {
  ContainerType type = ContainerType::v2;
  RangeRule rule = RangeRule::whole;
  std::uint32_t entries = 65535;                 // dma_entry_limit
  std::uint64_t memlock_pages = kUnlimited;      // locked-memory limit of each process
  std::uint32_t bitmap_words = kBitmapWordsMax;  // that the user has room for; more is -EFAULT
  StoreKind store = StoreKind::bitmap;
  Written entries_written = {}, memlock_written = {}, bitmap_words_written = {};
  bool operator==(const Setup&) const = default;
};

// How much there is of everything in a container.
enum class Total : std::uint8_t {
  page_sizes,    // bit n: 2^n bytes
  pinned_pages,  // that have a pin
  locked_pages,  // that processes pay for
  mappings,
  dma_available,  // mappings that may still come
  tracking,       // 0 or 1
};
inline constexpr std::size_t kTotals = 6;

// A number that GET_INFO puts into its struct or one of its capabilities.
enum class InfoField : std::uint8_t {
  argsz,
  flags,
  iova_pgsizes,
  cap_offset,
  migration_flags,
  pgsize_bitmap,
  max_dirty_bitmap_size,
  dma_avail,
};
inline constexpr std::size_t kInfoFields = 8;

// What a kernel's WARN said: in which functions, in order, or, without these, how often.
struct Warnings {
  std::uint64_t count = 0;
  std::vector<std::string> functions;
  bool operator==(const Warnings&) const = default;
};

// A device was asked to give back what it holds in [first, last], bytes.
struct CallbackMade {
  unsigned device = 0;
  std::uint64_t first = 0, last = 0;
  bool operator==(const CallbackMade&) const = default;
};

// Words [first, last] of a bitmap, all equal.
struct WordRun {
  std::uint64_t first = 0, last = 0;  // from 0
  std::uint64_t word = 0;
  bool operator==(const WordRun&) const = default;
};
using WordRuns = std::vector<WordRun>;  // those that follow each other and are equal, joined
inline void add_words(WordRuns& runs, const WordRun& next) {
  const bool joins = !runs.empty() && next.first && runs.back().last == next.first - 1 &&
                     runs.back().word == next.word;
  if (joins)
    runs.back().last = next.last;
  else
    runs.push_back(next);
}

// What a line of a text program says must come out; checked on every subject.
struct Expectation {
  using Pairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  std::optional<std::int64_t> result;  // value or -errno
  std::optional<std::uint64_t> size;   // unmap's size field, bytes
  // The state after it, not to be had in windows.
  std::array<std::optional<std::uint64_t>, kTotals> totals;
  std::optional<Pairs> marks;  // first and last byte of each run of marked pages, ascending
  std::optional<Pairs> pins;   // address and count of each page that is pinned, ascending
  std::optional<std::vector<CallbackMade>> callbacks;  // that it made, in their order
  std::optional<Warnings> warnings;                    // that came while it ran
  // What GET_INFO says.
  std::array<std::optional<std::uint64_t>, kInfoFields> info;
  std::optional<Pairs> capabilities;  // id and offset of each, as they are chained
  std::optional<Pairs> iova_ranges;   // first and last byte of each, in their order
  std::optional<WordRuns> words;      // that were stored, in their order
  // What stood there, and is printed.
  struct Typed {
    std::string text;
    bool operator==(const Typed&) const { return true; }
  } typed;
  bool operator==(const Expectation&) const = default;
  bool empty() const { return *this == Expectation(); }
  bool is_of_state() const {
    return marks || pins || callbacks || warnings || totals != Expectation().totals;
  }
  bool is_of_info() const { return capabilities || iova_ranges || info != Expectation().info; }
};

struct Program {
  Setup setup;
  std::vector<Operation> operations;
  std::vector<Expectation> expectations;  // empty, or one for each operation
  bool operator==(const Program&) const = default;
};

}  // namespace tidemark
