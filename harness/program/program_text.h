// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Programs as text, one line an operation. Blank lines and what follows a '#'
// are skipped. The first line may be the container's:
//
//   container v2 rule=whole entries=65535 memlock=unlimited
//   map 0p 4p rw                    # address, size, rights: rw r w none
//   map m0.end+1p 2p rw vaddr=m1    # fresh user memory unless vaddr is given
//   attach g1 hardware=2            # or: attach g0 emulated
//   enroll d0 keep
//   pin d0 m0+1p 1p rw
//   window d0: stop                 # inside the next unmap callback of d0
//   each-window d0: unpin d0 m0 1p  # inside each of them
//   write m0+2p-1 2                 # plain numbers are bytes
//   dma g1 m0+3p 8
//   query m0 m0.size used-buffer fault=bitmap-write+3 => 0 words 0:0x5 3:0xff
//   query 0p 64p pgsize=65536 => -EINVAL
//   unmap m0 m0.size bitmap => 0 size=0x4000
//   unmap 0 0 all
//   memlock unlimited
//   extension 1
//   ioctl 0x3b71 arg=0x10
//
// A quantity is a base (mN, mN.end, mN.size with N from 0, the newest, to 15;
// 2^63; 2^64; for vaddr also fresh), then pages (+1p), then bytes (-1); each
// part may be missing. One field of an ioctl's argument can be bent: argsz=,
// flags=, pgsize=, bitmap_size=, bitmap= (the pointer), arg= (the argument
// itself). One fault: fail-alloc=N, fault=arg-read+N, arg-write, bitmap-read,
// bitmap-write, memory. What must come out stands behind "=>": result, size=,
// words (index:word ... as stored; alone: nothing is stored).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "program.h"

namespace tidemark {

// Limits of parse(). A line within the others prints to far less than
// kMaxLineBytes, so that what was accepted once is accepted again.
inline constexpr std::size_t kMaxTextOperations = std::size_t{1} << 17;
inline constexpr std::size_t kMaxLineBytes = 64 * 1024;
inline constexpr std::size_t kMaxLineWords = 1024;                  // index:word pairs
inline constexpr std::size_t kMaxTextWords = std::size_t{1} << 20;  // of the whole program

// "map", "unmap", ...
std::string_view name(Verb verb);

// One line without its end. Fields that the verb does not have are not printed.
std::string print(const Operation& operation);
// What stands behind "=> "; empty for an empty one.
std::string print(const Expectation& expectation);
// The setup's line, then one for each operation, each with its expectation.
std::string print(const Program& program);

struct ParseError {
  std::size_t line = 0;  // from 1
  std::string message;   // "expected a size, found 'foo'"; printable ASCII
  bool operator==(const ParseError&) const = default;
};

// For what decode() or parse() gave, parse(print(p)) == p. Any bytes may be
// given; linear in their number, and stops at the first error.
std::variant<Program, ParseError> parse(std::string_view text);

}  // namespace tidemark
