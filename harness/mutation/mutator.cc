// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mutator.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tidemark {
namespace {

constexpr std::size_t kSeen = 256;       // programs to splice from
constexpr std::size_t kMostEdits = 5;    // at once
constexpr std::size_t kMostSpliced = 8;  // operations
constexpr std::size_t kVerbCodes = 64;   // byte 0, low six bits
constexpr std::size_t kLaterCodes = 4;   // of byte 0, the highest: other verbs
constexpr std::size_t kRepeatsOneIn = 8192;
constexpr std::size_t kSimpleBytes = 12;  // of a record; the others bend and fault

}  // namespace

// Most fields of most operations are usual: all zero, that is.
Mutator::Record Mutator::random_record() {
  Record record = {};
  do record[0] = static_cast<std::uint8_t>(below(kVerbCodes));
  while (!(verbs_ >> record[0] & 1));
  if (below(48) == 0) record[0] = static_cast<std::uint8_t>(256 - 1 - below(kLaterCodes));
  for (std::size_t i = 1; i < kSimpleBytes; ++i)
    if (below(2)) record[i] = byte();
  if (below(4)) record[2] = 0;  // by the first process, and in no window
  if (below(8) == 0)
    for (std::size_t i = kSimpleBytes; i < kRecordBytes; ++i) record[i] = byte();
  return record;
}

std::size_t Mutator::place_in(const Records& operations) {
  const std::size_t a = below(operations.size() + 1), b = below(operations.size() + 1);
  return std::max(a, b);
}

void Mutator::remember(const Records& operations) {
  if (operations.empty()) return;
  if (seen_.size() < kSeen) {
    seen_.push_back(operations);
  } else {
    seen_[below(kSeen)] = operations;
  }
}

void Mutator::insert(Records& operations) {
  const auto at = operations.begin() + static_cast<std::ptrdiff_t>(place_in(operations));
  operations.insert(at, random_record());
}

void Mutator::erase(Records& operations) {
  if (operations.size() < 2) return;
  const std::size_t first = below(operations.size());
  const std::size_t count = below(4) ? 1 : 1 + below(operations.size() - first);
  const auto begin = operations.begin() + static_cast<std::ptrdiff_t>(first);
  operations.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
}

void Mutator::copy(Records& operations) {
  if (operations.empty()) return;
  const Record record = operations[below(operations.size())];
  operations.insert(operations.begin() + static_cast<std::ptrdiff_t>(place_in(operations)), record);
}

void Mutator::splice(Records& operations) {
  if (seen_.empty()) return;
  const Records& other = seen_[below(seen_.size())];
  const std::size_t first = below(other.size());
  const std::size_t count = 1 + below(std::min(other.size() - first, kMostSpliced));
  const auto begin = other.begin() + static_cast<std::ptrdiff_t>(first);
  operations.insert(operations.begin() + static_cast<std::ptrdiff_t>(place_in(operations)), begin,
                    begin + static_cast<std::ptrdiff_t>(count));
}

void Mutator::swap(Records& operations) {
  if (operations.size() < 2) return;
  const std::size_t at = below(operations.size() - 1);
  std::swap(operations[at], operations[at + 1]);
}

void Mutator::tweak(Records& operations) {
  if (operations.empty()) return;
  std::uint8_t& field = operations[below(operations.size())][below(kRecordBytes)];
  switch (below(4)) {
    case 0:
      field = 0;
      break;
    case 1:
      field = static_cast<std::uint8_t>(field + 1);
      break;
    case 2:
      field = static_cast<std::uint8_t>(field - 1);
      break;
    default:
      field = byte();
  }
}

void Mutator::edit(Records& operations) {
  switch (below(10)) {
    case 0:
    case 1:
    case 2:
      return insert(operations);
    case 3:
    case 4:
      return tweak(operations);
    case 5:
      return erase(operations);
    case 6:
      return copy(operations);
    case 7:
      return swap(operations);
    default:
      return splice(operations);
  }
}

void Mutator::mutate(std::vector<std::uint8_t>& bytes, std::size_t max_bytes) {
  bytes.resize(
      std::max(kRecordBytes, (bytes.size() + kRecordBytes - 1) / kRecordBytes * kRecordBytes));
  Records records(bytes.size() / kRecordBytes);
  std::memcpy(records.data(), bytes.data(), bytes.size());
  Record setup = records.front();
  records.erase(records.begin());
  remember(records);

  // Without some kinds of operations others get further.
  verbs_ = below(2) ? ~std::uint64_t{0} : random_() | random_();
  for (std::size_t edits = 1 + below(kMostEdits); edits--;) edit(records);
  if (below(16) == 0) setup[below(5)] = byte();
  if (below(4) == 0) setup[8] = byte();  // the store: each program is for all
  // A few of hundreds of operations are enough, as they take as long as many others.
  if (below(kRepeatsOneIn) == 0)
    for (std::size_t i = 5; i < 8; ++i) setup[i] = i == 5 ? 255 : byte();
  else if (below(32))
    setup[5] = 0;
  if (records.empty()) records.push_back(random_record());
  records.resize(std::min(records.size(), max_bytes / kRecordBytes - 1));

  bytes.resize((1 + records.size()) * kRecordBytes);
  std::memcpy(bytes.data(), setup.data(), kRecordBytes);
  std::memcpy(bytes.data() + kRecordBytes, records.data(), records.size() * kRecordBytes);
}

void Mutator::vary(std::vector<std::uint8_t>& bytes, std::size_t max_bytes, unsigned choice) {
  if (choice % 8 <= 2) bytes.clear();
  const unsigned rounds = 1 + choice / 8 % (bytes.empty() ? 16 : 4);
  for (unsigned i = 0; i < rounds; ++i) mutate(bytes, max_bytes);
}

}  // namespace tidemark
