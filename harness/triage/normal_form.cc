// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "normal_form.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "shrink.h"
#include "verbs.h"

namespace tidemark {
namespace {

Program copy_of(const Program& program) { return {program.setup, program.operations, {}}; }

}  // namespace

std::optional<Program> with_one_moved_up(const Program& program, std::size_t index) {
  if (!index || index >= program.operations.size() ||
      usual_place(program.operations[index]) >= usual_place(program.operations[index - 1]))
    return std::nullopt;
  Program result = copy_of(program);
  std::swap(result.operations[index], result.operations[index - 1]);
  return result;
}

std::optional<Program> without_last_twist(const Program& program) {
  if (program.operations.empty()) return std::nullopt;
  Program result = copy_of(program);
  Operation& last = result.operations.back();
  last.fault = last.other_fault = {};
  last.bend = last.other_bend = {};
  if (result.operations == program.operations) return std::nullopt;
  return result;
}

std::optional<Program> without_windows(const Program& program) {
  const auto in_window = [](const Operation& o) { return o.when != When::now; };
  Program result;
  result.setup = program.setup;
  std::ranges::copy_if(program.operations, std::back_inserter(result.operations),
                       std::not_fn(in_window));
  if (result.operations.empty() || result.operations.size() == program.operations.size())
    return std::nullopt;
  for (Operation operation : program.operations) {
    if (!in_window(operation)) continue;
    operation.when = When::now;
    operation.window_device = 0;
    result.operations.insert(result.operations.end() - 1, operation);
  }
  return result;
}

std::optional<Program> with_query_for_switch(const Program& program) {
  if (program.operations.empty()) return std::nullopt;
  const Verb last = program.operations.back().verb;
  if (last != Verb::start && last != Verb::stop) return std::nullopt;
  Program result = copy_of(program);
  result.operations.back() = Operation();
  result.operations.back().verb = Verb::query;
  return result;
}

std::optional<Program> with_bitmap_for_query_in_window(const Program& program) {
  if (program.operations.empty() || program.operations.back().verb != Verb::unmap)
    return std::nullopt;
  Program result = copy_of(program);
  const auto last = std::ranges::find_if(
      result.operations.rbegin(), result.operations.rend(),
      [](const Operation& o) { return o.when != When::now && o.verb == Verb::query; });
  if (last == result.operations.rend()) return std::nullopt;
  result.operations.erase(std::next(last).base());
  result.operations.back().flags |= kWithBitmap;
  return result;
}

std::optional<Program> with_query_for_unmap(const Program& program) {
  if (program.operations.empty()) return std::nullopt;
  const Operation& unmap = program.operations.back();
  if (unmap.verb != Verb::unmap || !(unmap.flags & kWithBitmap)) return std::nullopt;
  Program result = copy_of(program);
  Operation& query = result.operations.back();
  query = Operation();
  query.verb = Verb::query;
  query.address = unmap.address;
  query.size = unmap.size;
  return result;
}

std::optional<Program> with_writes_instead(const Program& program,
                                           std::span<const std::uint64_t> pages) {
  const auto makes_dirty = [](const Operation& o) {
    return o.verb == Verb::attach || o.verb == Verb::enroll || o.verb == Verb::pin ||
           o.verb == Verb::unpin || o.verb == Verb::dma || o.verb == Verb::write;
  };
  if (program.operations.empty() || makes_dirty(program.operations.back())) return std::nullopt;
  Program result = copy_of(program);
  const std::size_t gone = std::erase_if(result.operations, makes_dirty);
  if (gone < pages.size()) return std::nullopt;
  for (const std::uint64_t page : pages) {
    Operation write;
    write.verb = Verb::write;
    write.address = plain_quantity(page);
    write.size = plain_quantity(1);
    result.operations.insert(result.operations.end() - 1, write);
  }
  if (result.operations == program.operations) return std::nullopt;
  return result;
}

std::optional<Program> with_whole_pages(const Program& program) {
  Program result = copy_of(program);
  for (Operation& operation : result.operations) {
    if (!is_transfer(operation.verb) || !operation.address.bytes) continue;
    const std::uint64_t end = static_cast<std::uint64_t>(operation.address.bytes) +
                              static_cast<std::uint64_t>(operation.size.bytes) +
                              static_cast<std::uint64_t>(operation.size.pages) * kPageBytes;
    if (static_cast<std::int64_t>(end) < 0) return std::nullopt;
    operation.address.bytes = 0;
    operation.address.bytes_written = {};
    operation.size = {};
    operation.size.pages = static_cast<std::int64_t>(end / kPageBytes + (end % kPageBytes != 0));
  }
  if (result.operations == program.operations) return std::nullopt;
  return result;
}

Program with_query(const Program& program, const LiveMapping& mapping) {
  Program result = copy_of(program);
  Operation query;
  query.verb = Verb::query;
  query.address = plain_quantity(mapping.first);
  query.size = plain_quantity(mapping.last - mapping.first + 1);
  result.operations.push_back(query);
  return result;
}

}  // namespace tidemark
