// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "byte_tables.h"

#include <array>
#include <cstdlib>
#include <initializer_list>

#include "program_bytes.h"
#include "verbs.h"

namespace tidemark::codes {
namespace {

template <typename Value, typename Decode>
constexpr Codes<Value> codes(Decode decode) {
  Codes<Value> table{};
  for (int code = 0; code < 256; ++code) {
    table[static_cast<std::size_t>(code)] = static_cast<Value>(decode(code));
  }
  return table;
}

template <typename Value>
struct Share {
  Value value;
  std::size_t slots;
};

// Each value in as many slots as its share; they add up to `kSlots` or it does not compile.
template <typename Value, std::size_t kSlots = 16>
constexpr std::array<Value, kSlots> weighted(std::initializer_list<Share<Value>> shares) {
  std::array<Value, kSlots> table{};
  std::size_t slot = 0;
  for (const Share<Value>& share : shares) {
    for (std::size_t i = 0; i < share.slots; ++i) table[slot++] = share.value;
  }
  if (slot != kSlots) std::abort();
  return table;
}

// --- Verbs -------------------------------------------------------------------

constexpr auto kVerbSlots = weighted<Verb, 64>({{Verb::map, 9},
                                                {Verb::query, 9},
                                                {Verb::write, 8},
                                                {Verb::pin, 7},
                                                {Verb::unmap, 7},
                                                {Verb::unpin, 5},
                                                {Verb::start, 3},
                                                {Verb::attach, 3},
                                                {Verb::enroll, 3},
                                                {Verb::dma, 2},
                                                {Verb::read, 1},
                                                {Verb::stop, 1},
                                                {Verb::detach, 1},
                                                {Verb::withdraw, 1},
                                                {Verb::info, 1},
                                                {Verb::extension, 1},
                                                {Verb::ioctl, 1},
                                                {Verb::memlock, 1}});

// Those that came later have codes above, where before them only the low six bits counted.
constexpr Byte kFirstLaterVerb = 252;
constexpr std::array<Verb, 4> kLaterVerbs = {Verb::mlock, Verb::exit, Verb::exec, Verb::migrate};

// --- When, by whom, flags --------------------------------------------------------

constexpr Byte kFirstOther = 200, kFirstWindow = 240;
// Which process calls, where it is not the first; what only drivers may have is the next one.
constexpr auto kCallers = weighted<Byte>({{1, 8}, {kKernelThread, 4}, {2, 3}, {3, 1}});

constexpr std::uint16_t kRW = kReadable | kWritable;
constexpr auto kMapFlags =
    weighted<std::uint16_t>({{kRW, 11}, {kReadable, 2}, {kWritable, 2}, {0, 1}});
constexpr auto kPinFlags =
    weighted<std::uint16_t>({{kRW, 10}, {kReadable, 3}, {kWritable, 2}, {0, 1}});
// The last one is kWholeSpace.
constexpr auto kUnmapFlags = weighted<std::uint16_t>({{0, 6},
                                                      {kWithBitmap, 5},
                                                      {kWithBitmap | kUsedBuffer, 1},
                                                      {kUsedBuffer, 1},
                                                      {kAll | kWithBitmap, 1},
                                                      {kAll, 2}});
constexpr auto kQueryFlags = weighted<std::uint16_t>({{0, 14}, {kUsedBuffer, 2}});
constexpr auto kDmaFlags = weighted<std::uint16_t>({{0, 10}, {kHardware, 6}});
constexpr auto kEnrollFlags = weighted<std::uint16_t>({{0, 12}, {kKeep, 4}});

// --- Quantities ------------------------------------------------------------------

constexpr int table(const Slots<int>& values, int code) {
  return values[static_cast<std::size_t>(code & 15)];
}

// Pages from the first byte of a mapping; mappings have 1 to 8 pages mostly.
constexpr PageCodes kInside = codes<std::int8_t>([](int code) {
  return code < 192 ? code % 8 : code < 240 ? code - 192 : code - 256;
});
// Pages from an edge.
constexpr PageCodes kEdge = codes<std::int8_t>([](int code) {
  return code < 192 ? 0 : code < 224 ? code - 191 : code - 256;
});
// Pages from 0, so close together that mappings touch and overlap.
constexpr PageCodes kPlace =
    codes<std::int8_t>([](int code) { return code < 192 ? code % 32 : code - 192; });
// How many pages.
constexpr PageCodes kCount =
    codes<std::int8_t>([](int code) { return code < 192 ? 1 + code % 8 : code - 192; });
// How many whole pages a transfer has.
constexpr PageCodes kTransfer =
    codes<std::int8_t>([](int code) { return code < 192 ? 0 : code % 4; });

// Added to the pages. Sizes get 1 to 8 more, so the edges come out just inside.
constexpr Slots<std::int64_t> kFarAddress = {
    64,    504,      512,        4096,        32768,           65536,
    70000, 0x100000, 0x80000000, 0x200000000, 0x8000000000000, -64,
    -512,  -4096,    -32768,     -0x100000};
// Also to where a level of the tracker's summaries ends: 64 to the power of 1, 2, 3 and 4.
constexpr Slots<std::int64_t> kFarSize = {
    62,    262142, 60,      126,        510,         16777214,        504, 4094, 32766,
    65534, 70000,  0xfffff, 0x7ffffffd, 0x1fffffffd, 0x7ffffffffffff, -8};
// To where a page of 4 or 32 MiB, or of 1 or 2 TiB, ends.
constexpr std::array<std::int64_t, 4> kWholePages = {1022, 8190, 0xffffffe, 0x1ffffffe};
constexpr Slots<std::int64_t> kFarTransfer = {1, 2,  3,  4,  5,  6,  7,  8,
                                              9, 10, 12, 16, 24, 32, 48, 64};

constexpr Slots<int> kOddBytes = {-1, 1,  7,  8,  -8,  2048,  4095, -4095,
                                  4,  -4, 63, 64, 512, -2048, 16,   2};
constexpr Slots<int> kAtEnd = {-1,  -2,   -3,   -4,   -7,   -8,   -9,   -16,
                               -64, 4095, 4094, 4092, 4088, 4080, 2047, 2048};
constexpr Slots<int> kTransferEdge = {4095, 4096, 4097,  8191, 8192, 8193, 4088, 4104,
                                      2047, 2049, 12288, 4094, 4098, -1,   0,    0};

// Bytes where whole pages are meant.
constexpr ByteCodes kAligned =
    codes<std::int32_t>([](int code) { return code < 240 ? 0 : table(kOddBytes, code); });
// Bytes of a transfer's address: many just before a page's end.
constexpr ByteCodes kAnywhere = codes<std::int32_t>([](int code) {
  return code < 96    ? 0
         : code < 160 ? table(kAtEnd, code)
         : code < 192 ? code - 159
                      : (code - 192) * 64;
});
// Bytes of a transfer's size.
constexpr ByteCodes kLength = codes<std::int32_t>([](int code) {
  return code < 128 ? 1 + code % 16 : code < 192 ? (code - 128) * 64 : table(kTransferEdge, code);
});

constexpr Base Z = Base::zero, M = Base::mapping, E = Base::mapping_end, S = Base::mapping_size,
               H = Base::middle, T = Base::top;

constexpr auto kPlaces = weighted<Base>({{Z, 9}, {E, 4}, {M, 1}, {T, 1}, {H, 1}});
constexpr auto kTargets = weighted<Base>({{M, 10}, {E, 2}, {Z, 2}, {T, 1}, {H, 1}});

constexpr QuantityCodes kMapAddress = {kPlaces, &kPlace,   &kFarAddress,
                                       nullptr, &kAligned, &kAligned};
constexpr QuantityCodes kPageAddress = {kTargets, &kPlace,   &kFarAddress,
                                        nullptr,  &kAligned, &kAligned};
constexpr QuantityCodes kByteAddress = {kTargets, &kPlace,    &kFarAddress,
                                        nullptr,  &kAnywhere, &kAnywhere};
constexpr QuantityCodes kPageSize = {
    weighted<Base>({{Z, 15}, {S, 1}}), &kCount, &kFarSize, &kWholePages, &kAligned, &kAligned};
constexpr QuantityCodes kRangeSize = {
    weighted<Base>({{S, 9}, {Z, 7}}), &kCount, &kFarSize, &kWholePages, &kAligned, &kAligned};
constexpr QuantityCodes kByteSize = {
    weighted<Base>({{Z, 14}, {S, 2}}), &kTransfer, &kFarTransfer, nullptr, &kLength, &kAligned};

// --- Detail: id, vaddr or number ---------------------------------------------------

// The first is everyone's favourite, so that pins meet their groups.
constexpr auto kIds = weighted<Byte>({{0, 8}, {1, 4}, {2, 2}, {3, 2}});

constexpr Base F = Base::fresh;
constexpr Slots<Quantity> kOddVaddrs = {{{F, 0, 0, 1},
                                         {F, 0, 0, 8},
                                         {F, 0, 0, 2048},
                                         {F, 0, 0, -1},
                                         {Z, 0, 0, 0},
                                         {Z, 0, 1, 0},
                                         {T, 0, -1, 0},
                                         {T, 0, -2, 0},
                                         {T, 0, -8, 0},
                                         {T, 0, -64, 0},
                                         {H, 0, 0, 0},
                                         {H, 0, -1, 0},
                                         {M, 0, 1, 0},
                                         {M, 0, 0, 1},
                                         {E, 0, 0, 0},
                                         {E, 0, -1, 0}}};

// Where mappings meet in user memory, and so in the host: behind another one, and at the
// beginning, at the end and in the last page of a block of the host's (host_layout.h).
constexpr std::int64_t kRam = std::int64_t{1} << 32;
constexpr Slots<Quantity> kMeetingVaddrs = {{{Z, 0, kRam, 0},
                                             {Z, 0, kRam + 1, 0},
                                             {Z, 0, kRam + 4, 0},
                                             {Z, 0, kRam + 8, 0},
                                             {Z, 0, kRam + 508, 0},
                                             {Z, 0, kRam + 511, 0},
                                             {Z, 0, kRam + 0xfe00, 0},
                                             {Z, 0, kRam + 0xfff0, 0},
                                             {Z, 0, kRam + 0x107f0, 0},
                                             {E, 0, 0, 0},
                                             {E, 1, 0, 0},
                                             {E, 2, 0, 0},
                                             {E, 3, 0, 0},
                                             {E, 0, 1, 0},
                                             {M, 0, 4, 0},
                                             {M, 0, 8, 0}}};

constexpr std::uint64_t kLast = ~std::uint64_t{0};
constexpr Slots<std::uint64_t> kExtensions = {
    1, 3, 4, 9, 0, 2, 5, 6, 7, 8, 10, 11, 0x7fffffff, 0xffffffff, 0x100000001, kLast};
// The container's commands, their neighbours, the same with a size or a type bent.
constexpr Slots<std::uint64_t> kCommands = {
    0x3b71, 0x3b72, 0x3b75, 0x3b70,     0x3b65,     0x3b64,     0x3b66,     0x3b73,
    0x3b74, 0x3b76, 0,      0xffffffff, 0xc0203b71, 0x40003b75, 0x80003b72, 0x3a71};
constexpr Slots<std::uint64_t> kLimits = {0, 1,  2,  3,  4,  5,   6,   7,
                                          8, 12, 16, 32, 64, 512, 513, kUnlimited};

// --- Bends and faults ----------------------------------------------------------------

constexpr Slots<std::uint64_t> kPageSizes = {0,     4095,         4097,        8191,
                                             8193,  12288,        65535,       65537,
                                             3,     0x7fffffff,   0x100001000, 0x8000000000001000,
                                             kLast, kLast - 4095, 0x201000,    6144};
constexpr Slots<std::uint64_t> kBitmapSizes = {1,
                                               7,
                                               9,
                                               15,
                                               17,
                                               4095,
                                               4096,
                                               0x100000,
                                               0xffffff8,
                                               0x10000000,
                                               0x10000001,
                                               0x100000000,
                                               0x2000000000000000,
                                               0x8000000000000000,
                                               kLast - 7,
                                               kLast};
// Not mapped, not aligned, at the edges of what a user may name.
constexpr Slots<std::uint64_t> kPointers = {0,
                                            1,
                                            7,
                                            8,
                                            4095,
                                            4096,
                                            0x7fffffffeff8,
                                            0x7fffffffefff,
                                            0x7ffffffff000,
                                            0x7ffffffff001,
                                            0x800000000000,
                                            0xffff800000000000,
                                            0x8000000000000000,
                                            kLast - 4095,
                                            kLast - 7,
                                            kLast};

// Of bitmaps that begin within a word of the user's own, or around it, or so close to the end
// of the memory there is that they go over it (user_memory.h).
constexpr std::uint64_t kBitmap = 0x20000000, kBitmapEnd = kBitmap + 0x10040;
constexpr Slots<std::uint64_t> kBitmapPointers = {
    kBitmap + 1,    kBitmap + 2,     kBitmap + 4,      kBitmap + 7,
    kBitmap + 8,    kBitmap + 12,    kBitmap - 64,     kBitmap - 60,
    kBitmap - 65,   kBitmap - 72,    kBitmapEnd - 8,   kBitmapEnd - 9,
    kBitmapEnd - 4, kBitmapEnd - 16, kBitmapEnd - 512, kBitmapEnd - 515};

// Into what the user has: arguments, its own and a window's, bitmaps, the memory that the first
// mappings of one, two and four pages get; to the edges of all of them, and across these.
constexpr Slots<std::uint64_t> kOwnPointers = {
    0x10000,        0x10020,        0x10028,        0x10038,       0x100f8,        0x1fffffc0,
    0x20000004,     0x20000ff8,     0x40010020,     0x60000000,    0x100010800ffc, 0x100010a00ffc,
    0x100010b00000, 0x100010b00ff8, 0x100010b00ffc, 0x2ffffffffff8};

// The n-th set bit of `mask`, or, if `pairs`, the n-th pair of them, if there is one; n
// counted modulo their number. Nothing if there is none.
template <typename Kind>
Two<Kind> nth_of(unsigned mask, bool pairs, unsigned n) {
  unsigned found[16];
  unsigned count = 0;
  for (unsigned i = 0; i < 16; ++i) {
    if ((mask >> i & 1) != 0) found[count++] = i;
  }
  if (count == 0) return {};
  if (!pairs || count == 1) return {static_cast<Kind>(found[n % count]), Kind::none};
  n %= count * (count - 1) / 2;
  unsigned first = 0;
  for (; n >= count - 1 - first; ++first) n -= count - 1 - first;
  return {static_cast<Kind>(found[first]), static_cast<Kind>(found[first + 1 + n])};
}

}  // namespace

Verb verb_value(Byte code) {
  return code < kFirstLaterVerb ? kVerbSlots[code & 63] : kLaterVerbs[code - kFirstLaterVerb];
}

WhenCode when_value(Verb verb, Byte code) {
  const VerbFields& fields = fields_of(verb);
  const bool calls = fields.by || fields.process;
  if (code < kFirstWindow) {
    if (!calls || code < kFirstOther) return {};
    const Byte process = kCallers[(code - kFirstOther) & 15];
    return {When::now, 0, process == kKernelThread && !fields.kernel_thread ? Byte{1} : process};
  }
  const Byte process = calls && (code & 8) != 0 ? 1 : 0;
  return {(code & 4) != 0 ? When::every_callback : When::next_callback, static_cast<Byte>(code & 3),
          process};
}

bool is_whole_space(Verb verb, Byte code) {
  return verb == Verb::unmap && (code & 15) == kWholeSpace;
}

FlagsCode flags_value(Verb verb, Byte code) {
  const std::size_t slot = code & 15;
  switch (verb) {
    case Verb::map:
      return {static_cast<std::uint16_t>(kMapFlags[slot] | (code < 224 ? 0 : kIpcLock)), 0};
    case Verb::pin:
      return {kPinFlags[slot], 0};
    case Verb::unmap:
      return {kUnmapFlags[slot], 0};
    case Verb::query:
      return {kQueryFlags[slot], 0};
    case Verb::dma:
      return {kDmaFlags[slot], 0};
    case Verb::enroll:
      return {kEnrollFlags[slot], 0};
    case Verb::attach:
      if (slot < 8) return {};
      return {kHardware, static_cast<Byte>(slot - 8)};
    default:
      return {};
  }
}

const QuantityCodes& address_codes(Verb verb) {
  if (is_transfer(verb)) return kByteAddress;
  return verb == Verb::map ? kMapAddress : kPageAddress;
}

const QuantityCodes& size_codes(Verb verb) {
  if (is_transfer(verb)) return kByteSize;
  return has_bitmap(verb) ? kRangeSize : kPageSize;
}

const PageCodes& page_codes(const QuantityCodes& codes, Base base) {
  if (base == Base::zero) return *codes.plain_pages;
  return base == Base::mapping ? kInside : kEdge;
}

const ByteCodes& byte_codes(const QuantityCodes& codes, Base base) {
  return base == Base::zero ? *codes.plain_bytes : *codes.other_bytes;
}

std::int64_t far_value(const QuantityCodes& codes, Byte code) {
  if (code >= 240) return (*codes.far_pages)[code & 15];
  return code < kFirstFar || !codes.whole_pages ? 0 : (*codes.whole_pages)[code - kFirstFar];
}

Byte id_value(Byte code) { return kIds[code & 15]; }

Quantity vaddr_value(Byte code) {
  if (code < 208) return {Base::fresh, 0, 0, 0};
  if (code < 224) return kMeetingVaddrs[code & 15];
  if (code < 240) return {Base::mapping, static_cast<Byte>(code & 15), 0, 0};
  return kOddVaddrs[code & 15];
}

std::uint64_t number_value(Verb verb, Byte code) {
  if (verb == Verb::extension) return kExtensions[code & 15];
  if (verb == Verb::ioctl) return kCommands[code & 15];
  return code < 192 ? kLimits[code & 15] : kUnlimited;
}

Two<Field> bend_fields(Verb verb, Byte code) {
  if (code < 216) return {};
  return nth_of<Field>(fields_of(verb).bends, code >= 240, code >= 240 ? code - 240U : code - 216U);
}

std::uint64_t bend_value(Field field, Byte code) {
  switch (field) {
    case Field::none:
      return 0;
    case Field::argsz:
      return code;
    case Field::flags:
      return code >= 128 && code < 160 ? std::uint64_t{1} << (code & 31) : code;
    case Field::pgsize:
      return code < 128 ? std::uint64_t{1} << (code & 63) : kPageSizes[code & 15];
    case Field::bitmap_size:
      return code < 128 ? 8U * code : kBitmapSizes[code & 15];
    case Field::bitmap_pointer:
      if (code >= 128 && code < 192) return kBitmapPointers[code & 15];
      [[fallthrough]];
    case Field::argument:
      return code < 128 ? kPointers[code & 15] : kOwnPointers[code & 15];
  }
  return 0;
}

Two<FaultKind> fault_kinds(Verb verb, Byte code) {
  if (code < 224) return {};
  return nth_of<FaultKind>(fields_of(verb).faults, code >= 240, code & 15U);
}

std::uint16_t fault_index(Byte code) { return code < 128 ? code % 8 : code - 128; }

ContainerType type_value(Byte code) { return code < 240 ? ContainerType::v2 : ContainerType::v1; }

RangeRule rule_value(Byte code) {
  if (code < 160) return RangeRule::whole;
  return code < 208 ? RangeRule::any : RangeRule::exact;
}

std::uint32_t entries_value(Byte code) { return code < 192 ? 65535 : code & 3; }

std::uint64_t memlock_value(Byte code) { return code < 192 ? kUnlimited : code % 9; }

// Where the room ends within a word that is reported, and behind 64 of them.
std::uint32_t bitmap_words_value(Byte code) {
  constexpr std::array<std::uint32_t, 7> kSmall = {0, 1, 2, 9, 64, 65, 1023};
  if (code == 255) return kBitmapWordsMax;
  return code < 224 ? kFuzzedBitmapWords : kSmall[code % kSmall.size()];
}

StoreKind store_value(Byte code) {
  if (code < 128) return StoreKind::bitmap;
  if (code < 192) return StoreKind::sparse;
  return code < 224 ? StoreKind::ranges : StoreKind::pinned;
}

}  // namespace tidemark::codes
