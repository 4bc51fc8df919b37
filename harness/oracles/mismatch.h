// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is wrong with a program's run: a signature, and what is to be seen of it besides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "program.h"
#include "signature.h"

namespace tidemark {

// The first difference between what a program should do and what it did.
struct Mismatch {
  static constexpr std::size_t kMaxPages = 16;
  Signature signature;        // `place` is left to whoever gives it a name
  std::size_t operation = 0;  // index; the number of operations if it came after the last
  std::string expected, actual;
  std::vector<std::uint64_t> pages;  // iovas, in bytes, of the pages that differ; at most kMaxPages
  std::uint64_t page_bytes = kPageBytes;  // of each
  // Of a bitmap in which pages are missing: those that it has and should not have. As many.
  std::vector<std::uint64_t> also_reported;
  bool in_bitmap = false;  // they differ in what the user's bitmap says of them
  // The address of the page of the user's memory that differs, if one does; else 0.
  std::uint64_t user_page = 0;
  Place where = Place::none;  // of the first page, in the bitmap
  // Of the operations that end a migration, those up to the one that showed it, if
  // one of them did.
  std::vector<Operation> closing;
  // Why the subject is known to differ in this; the signature then says it all. Empty:
  // it is not known to.
  std::string known;
};

// "step 3 of 7: query 0p 1p", "step 7 of 7, after the last", "step 0 of 7, before the first":
// `step` is counted from 1, and may be one more than there are.
std::string step_text(std::size_t step, const Program& program);

// Several lines: step, operation, expected, actual, the pages that differ.
std::string describe(const Mismatch& mismatch, const Program& program);

}  // namespace tidemark
