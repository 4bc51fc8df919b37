// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <algorithm>
#include <bit>

#include "program.h"

namespace tidemark::iommufd {
namespace {

// Where in a record: verb, flags, the run's shift (0: one run), 1 unused, 2 for `at`, 2 for
// `missing`; then 8 each of iova, bytes and page size, 8 of the offset in the run.
constexpr std::uint8_t kReadOnly = 1, kOff = 2, kNoClear = 4;
constexpr unsigned kLeastShift = 12, kMostShift = 40;
constexpr std::uint64_t kMostAt = 2 * kPage;
constexpr std::size_t kAt = 4, kMissing = 6, kNumbers = 8;

std::uint64_t number_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

void put(std::vector<std::uint8_t>& bytes, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

Operation decode_record(std::span<const std::uint8_t> record) {
  Operation operation;
  operation.verb = static_cast<Verb>(record[0] % kVerbs);
  operation.writable = !(record[1] & kReadOnly);
  operation.on = !(record[1] & kOff);
  operation.no_clear = record[1] & kNoClear;
  if (const unsigned shift = record[2] % (kMostShift + 1); shift >= kLeastShift)
    operation.run_bytes = std::uint64_t{1} << shift;
  operation.at = number_at(record, kAt, 2);
  operation.missing = static_cast<std::int16_t>(number_at(record, kMissing, 2));
  operation.iova = number_at(record, kNumbers, 8);
  operation.bytes = number_at(record, kNumbers + 8, 8);
  operation.page_bytes = number_at(record, kNumbers + 16, 8);
  operation.run_offset = number_at(record, kNumbers + 24, 8);
  return in_range(operation);
}

void encode_record(const Operation& operation, std::vector<std::uint8_t>& bytes) {
  bytes.push_back(static_cast<std::uint8_t>(operation.verb));
  bytes.push_back(static_cast<std::uint8_t>((operation.writable ? 0 : kReadOnly) |
                                            (operation.on ? 0 : kOff) |
                                            (operation.no_clear ? kNoClear : 0)));
  bytes.push_back(operation.run_bytes
                      ? static_cast<std::uint8_t>(std::countr_zero(operation.run_bytes))
                      : std::uint8_t{0});
  bytes.push_back(0);
  put(bytes, operation.at, 2);
  put(bytes, static_cast<std::uint16_t>(operation.missing), 2);
  put(bytes, operation.iova, 8);
  put(bytes, operation.bytes, 8);
  put(bytes, operation.page_bytes, 8);
  put(bytes, operation.run_offset, 8);
}

}  // namespace

Operation in_range(Operation operation) {
  const Operation plain;
  const Verb verb = operation.verb;
  if (verb != Verb::map) {
    operation.writable = plain.writable;
    operation.run_bytes = 0;
  }
  operation.run_offset =
      operation.run_bytes ? operation.run_offset & (operation.run_bytes - 1) & ~(kPage - 1) : 0;
  if (verb != Verb::track) operation.on = plain.on;
  if (verb == Verb::track) operation.iova = 0;
  if (verb == Verb::track || verb == Verb::write) operation.bytes = 0;
  if (verb == Verb::query) {
    operation.at %= kMostAt;
    operation.missing = std::max(operation.missing, -1);
  } else {
    operation.page_bytes = plain.page_bytes;
    operation.at = plain.at;
    operation.no_clear = plain.no_clear;
    operation.missing = plain.missing;
  }
  return operation;
}

Program decode(std::span<const std::uint8_t> bytes) {
  Program program;
  if (bytes.empty()) return program;
  program.format = bytes[0] % std::size(kFormats);
  bytes = bytes.subspan(1);
  while (bytes.size() >= kRecordBytes && program.operations.size() < kMostOperations) {
    program.operations.push_back(decode_record(bytes.first(kRecordBytes)));
    bytes = bytes.subspan(kRecordBytes);
  }
  return program;
}

std::vector<std::uint8_t> encode(const Program& program) {
  std::vector<std::uint8_t> bytes = {static_cast<std::uint8_t>(program.format)};
  for (const Operation& operation : program.operations) encode_record(operation, bytes);
  return bytes;
}

}  // namespace tidemark::iommufd
