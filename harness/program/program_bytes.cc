// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "program_bytes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "byte_tables.h"
#include "hardware_codes.h"

namespace tidemark {
namespace {

using namespace codes;

// The lowest code for which `decode` gives `value`, or -1.
template <typename Decode, typename Value>
int code_of(Decode decode, const Value& value) {
  for (unsigned code = 0; code < 256; ++code) {
    if (decode(static_cast<Byte>(code)) == value) return static_cast<int>(code);
  }
  return -1;
}

bool has_index(Base base) {
  return base == Base::mapping || base == Base::mapping_end || base == Base::mapping_size;
}

Quantity decode_quantity(const Byte* bytes, const QuantityCodes& codes) {
  Quantity quantity;
  quantity.base = codes.bases[bytes[0] & 15];
  if (has_index(quantity.base)) quantity.index = bytes[0] >> 4;
  quantity.pages = page_codes(codes, quantity.base)[bytes[1]] + far_value(codes, bytes[2]);
  quantity.bytes = byte_codes(codes, quantity.base)[bytes[3]];
  return quantity;
}

bool encode_pages(std::int64_t pages, const PageCodes& near, const QuantityCodes& codes,
                  Byte* bytes) {
  for (unsigned far = kFirstFar - 1; far < 256; ++far) {
    const std::int64_t offset = far_value(codes, static_cast<Byte>(far));
    // Subtracting `offset` must not overflow; no code reaches that far.
    if (pages < offset - 128 || pages > offset + 127) continue;
    const int code = code_of([&](Byte c) { return std::int64_t{near[c]}; }, pages - offset);
    if (code < 0) continue;
    bytes[1] = static_cast<Byte>(code);
    bytes[2] = far < kFirstFar ? 0 : static_cast<Byte>(far);
    return true;
  }
  return false;
}

bool encode_quantity(const Quantity& quantity, const QuantityCodes& codes, Byte* bytes) {
  const auto base = std::find(codes.bases.begin(), codes.bases.end(), quantity.base);
  if (base == codes.bases.end()) return false;
  if (quantity.index > (has_index(quantity.base) ? 15 : 0)) return false;
  bytes[0] = static_cast<Byte>((base - codes.bases.begin()) | (quantity.index << 4));
  const ByteCodes& near = byte_codes(codes, quantity.base);
  const int code = code_of([&](Byte c) { return near[c]; }, quantity.bytes);
  bytes[3] = static_cast<Byte>(code);
  return code >= 0 && encode_pages(quantity.pages, page_codes(codes, quantity.base), codes, bytes);
}

// Behind the repetitions, as it came later.
constexpr std::size_t kStoreByte = 8;

Setup decode_setup(const Byte* bytes) {
  return {type_value(bytes[0]),    rule_value(bytes[1]),         entries_value(bytes[2]),
          memlock_value(bytes[3]), bitmap_words_value(bytes[4]), store_value(bytes[kStoreByte])};
}

// Stores the code for `value` and says whether there is one.
template <typename Decode, typename Value>
bool put(Byte& byte, Decode decode, const Value& value) {
  const int code = code_of(decode, value);
  byte = static_cast<Byte>(code);
  return code >= 0;
}

const char* encode_setup(const Setup& setup, Byte* bytes) {
  if (!put(bytes[0], type_value, setup.type)) return "type";
  if (!put(bytes[1], rule_value, setup.rule)) return "rule";
  if (!put(bytes[2], entries_value, setup.entries)) return "entries";
  if (!put(bytes[3], memlock_value, setup.memlock_pages)) return "memlock";
  if (!put(bytes[4], bitmap_words_value, setup.bitmap_words)) return "room";
  if (!put(bytes[kStoreByte], store_value, setup.store)) return "store";
  return nullptr;
}

// --- Repetitions ---------------------------------------------------------------------------

constexpr Byte kRepeats = 252;

// Operations of a program that are there kRepetitions times, one time behind the other.
struct Repeated {
  std::size_t first, count;
};

std::optional<Repeated> decode_repeated(const Byte* bytes, std::size_t operations) {
  if (bytes[0] < kRepeats || !operations) return std::nullopt;
  const std::size_t first = bytes[1] % operations;
  return Repeated{first, std::min(1 + bytes[2] % kMaxRepeated, operations - first)};
}

void encode_repeated(const Repeated& repeated, Byte* bytes) {
  bytes[0] = kRepeats;
  bytes[1] = static_cast<Byte>(repeated.first);
  bytes[2] = static_cast<Byte>(repeated.count - 1);
}

auto iterator_at(auto& operations, std::size_t index) {
  return operations.begin() + static_cast<std::ptrdiff_t>(index);
}

void repeat(std::vector<Operation>& operations, const Repeated& repeated) {
  const auto first = iterator_at(operations, repeated.first);
  const std::vector<Operation> block(first,
                                     iterator_at(operations, repeated.first + repeated.count));
  const std::vector<Operation> rest(iterator_at(operations, repeated.first + repeated.count),
                                    operations.end());
  operations.resize(repeated.first);
  operations.reserve(repeated.first + kRepetitions * block.size() + rest.size());
  for (std::size_t i = 0; i < kRepetitions; ++i)
    operations.insert(operations.end(), block.begin(), block.end());
  operations.insert(operations.end(), rest.begin(), rest.end());
}

bool is_repeated(const std::vector<Operation>& operations, const Repeated& repeated) {
  const std::size_t end = repeated.first + kRepetitions * repeated.count;
  return end <= operations.size() &&
         std::equal(iterator_at(operations, repeated.first + repeated.count),
                    iterator_at(operations, end), iterator_at(operations, repeated.first));
}

// What has to be there once only, so that the operations have records enough.
std::optional<Repeated> find_repeated(const std::vector<Operation>& operations) {
  if (operations.size() <= kMaxOperations) return std::nullopt;
  for (std::size_t count = 1; count <= kMaxRepeated; ++count) {
    const std::size_t spared = (kRepetitions - 1) * count;
    if (operations.size() < spared + count || operations.size() - spared > kMaxOperations) continue;
    for (std::size_t first = 0; first + count + spared <= operations.size(); ++first)
      if (is_repeated(operations, {first, count})) return Repeated{first, count};
  }
  return std::nullopt;
}

// --- Operations --------------------------------------------------------------------------

void decode_detail(Byte code, const VerbFields& fields, Operation& operation) {
  if (fields.device || fields.group) operation.id = id_value(code);
  if (fields.vaddr) operation.vaddr = vaddr_value(code);
  if (fields.number) operation.number = number_value(operation.verb, code);
}

bool encode_detail(const Operation& operation, const VerbFields& fields, Byte& byte) {
  const Verb verb = operation.verb;
  if (fields.device || fields.group) {
    return put(byte, id_value, operation.id);
  }
  if (fields.vaddr) return put(byte, vaddr_value, operation.vaddr);
  if (!fields.number) return true;
  return put(
      byte, [verb](Byte c) { return number_value(verb, c); }, operation.number);
}

void decode_bends(const Byte* bytes, Operation& operation) {
  const Two<Field> fields = bend_fields(operation.verb, bytes[0]);
  operation.bend = {fields.first, bend_value(fields.first, bytes[1])};
  operation.other_bend = {fields.second, bend_value(fields.second, code_of_second(bytes[1]))};
}

bool encode_bends(const Operation& operation, Byte* bytes) {
  const Two<Field> fields = {operation.bend.field, operation.other_bend.field};
  const auto values = [&](Byte c) {
    return std::pair(bend_value(fields.first, c), bend_value(fields.second, code_of_second(c)));
  };
  return put(
             bytes[0], [&](Byte c) { return bend_fields(operation.verb, c); }, fields) &&
         put(bytes[1], values, std::pair(operation.bend.value, operation.other_bend.value));
}

std::uint16_t index_of(FaultKind kind, Byte code) {
  return kind == FaultKind::none ? std::uint16_t{0} : fault_index(code);
}

void decode_faults(const Byte* bytes, Operation& operation) {
  const Two<FaultKind> kinds = fault_kinds(operation.verb, bytes[0]);
  operation.fault = {kinds.first, index_of(kinds.first, bytes[1])};
  operation.other_fault = {kinds.second, index_of(kinds.second, code_of_second(bytes[1]))};
}

bool encode_faults(const Operation& operation, Byte* bytes) {
  const Two<FaultKind> kinds = {operation.fault.kind, operation.other_fault.kind};
  const auto indices = [&](Byte c) {
    return std::pair(index_of(kinds.first, c), index_of(kinds.second, code_of_second(c)));
  };
  return put(
             bytes[0], [&](Byte c) { return fault_kinds(operation.verb, c); }, kinds) &&
         put(bytes[1], indices, std::pair(operation.fault.index, operation.other_fault.index));
}

OwnHardware decode_own(const Byte* bytes) {
  return {pgsizes_value(bytes[0]), aperture_value(bytes[1]), reserved_value(bytes[2]),
          coherent_value(bytes[3])};
}

bool encode_own(const OwnHardware& own, Byte* bytes) {
  return put(bytes[0], pgsizes_value, own.pgsizes) && put(bytes[1], aperture_value, own.aperture) &&
         put(bytes[2], reserved_value, own.reserved) && put(bytes[3], coherent_value, own.coherent);
}

// Null, or the name of the field that has no code. `r` is all zeros before.
const char* encode_fields(const Operation& operation, Byte* r) {
  const Verb verb = operation.verb;
  const VerbFields& fields = fields_of(verb);
  const FlagsCode kind = {operation.flags, operation.hardware};
  if (!put(r[0], verb_value, verb)) return "verb";
  if (!put(
          r[1], [verb](Byte c) { return flags_value(verb, c); }, kind))
    return "flags";
  const WhenCode moment = {operation.when, operation.window_device, operation.process};
  if (!put(
          r[2], [verb](Byte c) { return when_value(verb, c); }, moment))
    return operation.process ? "by" : "when";
  if (operation.flags == kAll && operation.address == Quantity{} && operation.size == Quantity{}) {
    r[1] = kWholeSpace;
  } else {
    if (fields.address && !encode_quantity(operation.address, address_codes(verb), r + 3)) {
      return "address";
    }
    if (fields.size && !encode_quantity(operation.size, size_codes(verb), r + 7)) return "size";
  }
  if (verb == Verb::attach && !encode_own(operation.own, r + 3)) return "hardware";
  if (!encode_detail(operation, fields, r[11])) return "id, vaddr or number";
  if (!encode_bends(operation, r + 12)) return "bend";
  if (!encode_faults(operation, r + 14)) return "fault";
  return nullptr;
}

}  // namespace

Operation decode_operation(std::span<const std::uint8_t, kRecordBytes> record) {
  const Byte* r = record.data();
  Operation operation;
  operation.verb = verb_value(r[0]);
  const VerbFields& fields = fields_of(operation.verb);
  const FlagsCode kind = flags_value(operation.verb, r[1]);
  operation.flags = kind.flags;
  operation.hardware = kind.hardware;
  const WhenCode moment = when_value(operation.verb, r[2]);
  operation.when = moment.when;
  operation.window_device = moment.device;
  operation.process = moment.process;
  const bool ranged = !is_whole_space(operation.verb, r[1]);
  if (fields.address && ranged) {
    operation.address = decode_quantity(r + 3, address_codes(operation.verb));
  }
  if (fields.size && ranged) operation.size = decode_quantity(r + 7, size_codes(operation.verb));
  if (operation.verb == Verb::attach && (operation.flags & kHardware) != 0)
    operation.own = decode_own(r + 3);
  decode_detail(r[11], fields, operation);
  decode_bends(r + 12, operation);
  decode_faults(r + 14, operation);
  return operation;
}

Program fuzzable(Program program) {
  program.setup.bitmap_words = std::min(program.setup.bitmap_words, kFuzzedBitmapWords);
  return program;
}

Program decode(std::span<const std::uint8_t> bytes) {
  bytes = bytes.first(std::min(bytes.size(), kMaxProgramBytes));
  Program program;
  program.setup = decode_setup(std::array<Byte, kRecordBytes>{}.data());  // if there is no byte
  program.operations.reserve(bytes.size() / kRecordBytes);
  std::array<Byte, kRecordBytes> setup{};
  for (std::size_t at = 0; at < bytes.size(); at += kRecordBytes) {
    std::array<Byte, kRecordBytes> record{};
    const std::size_t length = std::min(kRecordBytes, bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, record.begin());
    if (at == 0) {
      setup = record;
      program.setup = decode_setup(setup.data());
    } else {
      program.operations.push_back(decode_operation(record));
    }
  }
  if (const auto repeated = decode_repeated(setup.data() + 5, program.operations.size()))
    repeat(program.operations, *repeated);
  return program;
}

const char* encode_operation(const Operation& operation,
                             std::span<std::uint8_t, kRecordBytes> record) {
  std::fill(record.begin(), record.end(), Byte{0});
  if (const char* field = encode_fields(operation, record.data())) return field;
  // What is left are values in fields that the verb does not have.
  return decode_operation(record) == operation ? nullptr : "a field that the verb does not have";
}

std::optional<std::vector<std::uint8_t>> encode(const Program& program, Unencodable* why) {
  Unencodable reason;
  const auto repeated = find_repeated(program.operations);
  const std::size_t spared = repeated ? (kRepetitions - 1) * repeated->count : 0;
  const std::size_t count = program.operations.size() - spared;
  std::vector<Byte> bytes((1 + std::min(count, kMaxOperations)) * kRecordBytes);
  reason = {Unencodable::kSetup, encode_setup(program.setup, bytes.data())};
  if (reason.field == nullptr && count > kMaxOperations) reason = {kMaxOperations, "operations"};
  if (repeated) encode_repeated(*repeated, bytes.data() + 5);
  for (std::size_t i = 0; reason.field == nullptr && i < count; ++i) {
    std::span<Byte, kRecordBytes> record(bytes.data() + (1 + i) * kRecordBytes, kRecordBytes);
    const bool behind = repeated && i >= repeated->first + repeated->count;
    reason = {i, encode_operation(program.operations[behind ? i + spared : i], record)};
  }
  if (reason.field == nullptr) return bytes;
  if (why != nullptr) *why = reason;
  return std::nullopt;
}

}  // namespace tidemark
