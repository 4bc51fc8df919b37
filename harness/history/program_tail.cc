// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "program_tail.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host_layout.h"
#include "program_file.h"
#include "program_text.h"
#include "text.h"

namespace tidemark {
namespace {

// For what stands before the operations.
constexpr std::size_t kHeadBytes = 64 * 1024;
constexpr std::size_t kMostBytes = kMaxFileBytes - kHeadBytes;
// "map 0xfffffffffffffp 0xfffffffffffffp none", and a little more.
constexpr std::size_t kMostOfMapping = 48;
// As long as it can get, for what is not known yet.
const LoggedGroups kLongest = {.hardware = true,
                               .own = {.pgsizes = 0,
                                       .aperture = AddressRange{0, ~std::uint64_t{0}},
                                       .reserved = ReservedRanges{.ranges = {}, .count = 1},
                                       .coherent = std::nullopt}};

WordRuns all_dirty(std::uint64_t pages) {
  constexpr std::uint64_t kBits = 64;
  const std::uint64_t words = pages / kBits;
  WordRuns runs;
  if (words) runs.push_back({0, words - 1, ~std::uint64_t{0}});
  if (pages % kBits) runs.push_back({words, words, (std::uint64_t{1} << pages % kBits) - 1});
  return runs;
}

Operation operation_of(const LoggedOperation& logged, const LoggedGroups& kind) {
  Operation operation;
  operation.verb = *logged.verb;
  operation.id = logged.group;
  operation.address = quantity_of(logged.first);
  operation.size = quantity_of(logged.size);
  if (*logged.verb == Verb::map) {
    operation.flags = static_cast<std::uint16_t>(((logged.rights & 1) ? kReadable : 0) |
                                                 ((logged.rights & 2) ? kWritable : 0));
    operation.vaddr = {.base = Base::fresh};
    // Where there is no hardware nobody looks at the memory.
    if (logged.result == -EFAULT && kind.hardware) operation.fault.kind = FaultKind::memory;
  }
  if (*logged.verb == Verb::query && logged.result == -EFAULT)
    operation.bend = {.field = Field::bitmap_pointer, .value = 0};
  if (*logged.verb == Verb::attach && kind.hardware) {
    operation.flags = kHardware;
    operation.own = kind.own;
  }
  return operation;
}

// Of memory behind an IOMMU, which is dirty as a whole; of other memory the log does not
// say what the devices wrote.
Expectation expectation_of(const LoggedOperation& logged, const LoggedGroups& kind) {
  Expectation expectation;
  expectation.result = logged.result;
  expectation.size = logged.unmapped;
  if (logged.words == LoggedOperation::Words::none) expectation.words.emplace();
  if (logged.words == LoggedOperation::Words::all && kind.hardware)
    expectation.words = all_dirty(logged.size / kPageBytes);
  return expectation;
}

std::string line_of(const LoggedOperation& logged, const LoggedGroups& kind) {
  std::string line = logged.text;
  if (line.empty() && logged.verb) {
    line = print(operation_of(logged, kind));
    // Most have none, and it is large: without this a long log takes a third longer.
    if (logged.result || logged.unmapped || logged.words != LoggedOperation::Words::unsaid) {
      const Expectation expectation = expectation_of(logged, kind);
      if (!expectation.empty()) line += " => " + print(expectation);
    }
  }
  if (!logged.comment.empty()) line += (line.empty() ? "# " : "    # ") + logged.comment;
  return line + '\n';
}

}  // namespace

Quantity quantity_of(std::uint64_t bytes) {
  const std::uint64_t pages = bytes / kPageBytes;
  const Written written = {pages < 10 ? Written::usual : Written::hex};
  if (bytes % kPageBytes == 0)
    return {.pages = static_cast<std::int64_t>(pages), .pages_written = written};
  return {.bytes = static_cast<std::int64_t>(bytes), .bytes_written = {Written::hex}};
}

ProgramTail::Number ProgramTail::add(LoggedOperation operation) {
  const std::size_t bytes = line_of(operation, kLongest).size();
  runs_ += operation.runs;
  lines_.push_back({std::move(operation), bytes});
  bytes_ += bytes;
  while (!fits() && lines_.size() > 1) forget_first();
  return forgotten_ + lines_.size() - 1;
}

LoggedOperation* ProgramTail::find(Number number) {
  if (number < forgotten_ || number - forgotten_ >= lines_.size()) return nullptr;
  return &lines_[number - forgotten_].operation;
}

void ProgramTail::changed(Number number) {
  Line& line = lines_[number - forgotten_];
  bytes_ -= std::exchange(line.bytes, line_of(line.operation, kLongest).size());
  bytes_ += line.bytes;
}

bool ProgramTail::fits() const {
  const std::size_t operations =
      lines_.size() + before_.count() + groups_before_.size() + enrolled_before_.size() + 1;
  return operations <= kMaxTextOperations && runs_ <= kMaxTextWords &&
         bytes_ + before_.count() * kMostOfMapping <= kMostBytes;
}

void ProgramTail::forget_first() {
  const LoggedOperation& operation = lines_.front().operation;
  if (operation.verb && operation.result.value_or(0) >= 0) switch (*operation.verb) {
      case Verb::map:
        before_.add(operation.first, operation.size, operation.rights);
        break;
      case Verb::unmap:
        if (operation.everything)
          before_.clear();
        else
          before_.unmap(operation.first, operation.size, type_);
        break;
      case Verb::attach:
        groups_before_[operation.group] = operation;
        groups_before_[operation.group].comment.clear();
        break;
      case Verb::enroll:
        enrolled_before_.insert(operation.group);
        break;
      case Verb::detach:
        groups_before_.erase(operation.group);
        if (groups_before_.empty()) before_.clear();
        break;
      case Verb::start:
      case Verb::stop:
        tracked_before_ = *operation.verb == Verb::start;
        break;
      default:
        break;
    }
  bytes_ -= lines_.front().bytes;
  runs_ -= operation.runs;
  lines_.pop_front();
  ++forgotten_;
}

std::optional<std::string> ProgramTail::text(const LoggedGroups& kind) const {
  if (!fits()) return std::nullopt;
  std::string text;
  for (const auto& [number, attach] : groups_before_) text += line_of(attach, kind);
  for (const std::uint8_t device : enrolled_before_)
    text += "enroll d" + decimal(unsigned{device}) + "\n";
  for (const auto& [first, mapping] : before_.all())
    text += line_of({.verb = Verb::map,
                     .first = first,
                     .size = mapping.last - first + 1,
                     .rights = mapping.rights},
                    kind);
  if (tracked_before_) text += line_of({.verb = Verb::start}, kind);
  for (const Line& line : lines_) text += line_of(line.operation, kind);
  return text;
}

std::string forgotten_text(const ProgramTail& tail) {
  return "the log is longer than a program may be: this one begins with the " +
         decimal(tail.mapped_before()) + " mappings that there were after " +
         decimal(tail.forgotten()) + " operations";
}

}  // namespace tidemark
