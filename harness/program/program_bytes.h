// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as the fuzzer's bytes: records of 16 bytes, so that a line of a
// hexdump is an operation. The first record is the Setup, each further one an
// operation.
//
// Every byte string is a program. Records past the last of kMaxOperations are
// ignored; a last partial record is read as if padded with zeros, so that no
// byte is without effect.
//
// Operation record            (codes go through tables: common values have most codes)
//    0      verb              below 252: low 6 bits
//    1      flags             low 4 bits; attach: emulated, or which hardware; map: from 224 on
//                             with ipc-lock
//    2      when, by whom     below 240: now, from 200 on by another process than the first;
//                             else low 2 bits: device, bit 2: every callback, bit 3: by p1
//    3- 6   address           base (low 4 bits) and index (high 4), pages, far pages, bytes;
//                             attach: of its hardware page sizes, aperture, reserved
//                             ranges, coherence, where these are not the kind's
//    7-10   size              the same
//   11      detail            the verb's id, vaddr or number
//   12,13   bend              field, value; or two fields, and the second's value is
//                             that of the code with its halves exchanged
//   14,15   fault             kind, index; likewise
// Setup record: type, rule, entries, memlock, room for a bitmap; then which operations
// are there kRepetitions times (below 252: none; the first; how many); the rest is ignored.
//
// A byte touches one field of one operation, with three exceptions: byte 0 says
// how the rest of its record is read; one flags code of unmap ("all") hides
// address and size, which have to be 0 there for the call to succeed; and those of
// attach that are emulated hide what is said of hardware.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "program.h"
#include "verbs.h"

namespace tidemark {

inline constexpr std::size_t kRecordBytes = 16;
inline constexpr std::size_t kMaxOperations = 64;
// More often than a counter of 8 bits can count, or a program has records.
inline constexpr std::size_t kRepetitions = 300;
inline constexpr std::size_t kMaxRepeated = 4;  // operations, that follow each other
inline constexpr std::size_t kMaxProgramBytes = (1 + kMaxOperations) * kRecordBytes;
// Of a fuzzer's programs: 524,288 pages. With room for all there may be, a query of 2^31
// dirty pages takes a second, and a few such programs are most of what a fuzzer does.
inline constexpr std::uint32_t kFuzzedBitmapWords = 8192;

// Total; see above. Expectations are left empty. Allocates once.
Program decode(std::span<const std::uint8_t> bytes);
Operation decode_operation(std::span<const std::uint8_t, kRecordBytes> record);

// The program as a fuzzer may have it: with no more than that room.
Program fuzzable(Program program);

// What keeps a program from having a byte form.
struct Unencodable {
  std::size_t operation = 0;  // index; kSetup for the setup
  const char* field = "";     // "address", "entries", ...; "operations": there are too many
  static constexpr std::size_t kSetup = ~std::size_t{0};
};

// The canonical bytes: decode() of them gives the same setup and operations
// (expectations have no byte form and are dropped), and each field has the
// lowest code that stands for its value ("all" of an unmap of 0, 0: the one that
// hides them). Nothing, and the reason in `why` if
// given, when some value has no code, which can only be so for programs that
// did not come from decode(). Less than a microsecond an operation.
std::optional<std::vector<std::uint8_t>> encode(const Program& program, Unencodable* why = nullptr);
// Null, and `record` written; or the field that has no code, and `record` is unspecified.
const char* encode_operation(const Operation& operation,
                             std::span<std::uint8_t, kRecordBytes> record);

}  // namespace tidemark
