// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The drivers' side: groups and devices, pins, rw, what devices write, and what
// happens in unmap callbacks.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "digest.h"
#include "executor.h"

namespace tidemark {
namespace {

std::uint64_t page_around(std::uint64_t iova) { return iova / kPageBytes * kPageBytes; }

}  // namespace

int pages_of_pin(const Step& step) {
  const auto pages = static_cast<std::int64_t>(step.size) / 4096;
  return static_cast<int>(std::clamp<std::int64_t>(pages, -1, 1000));
}

std::int64_t Executor::do_pin(const Operation& operation, Step& step) {
  const std::uint64_t iova = step.first;
  const int count = pages_of_pin(step);
  const unsigned device = operation.id % kDevices;
  const int rights = (operation.flags & kReadable ? 1 : 0) | (operation.flags & kWritable ? 2 : 0);
  // Full of old numbers, and longer than any pin.
  constexpr std::uint64_t kOld = 0xa5a5a5a5a5a5;
  std::array<std::uint64_t, 512 + 8> pfns;
  pfns.fill(kOld);
  const std::int64_t result =
      returned(Verb::pin, subject_->pin(device, iova, count, rights, pfns.data()));
  // Behind those that it was asked for, nobody stores (D5).
  for (auto i = static_cast<std::size_t>(count < 0 || count > 512 ? 0 : count); i < pfns.size();
       ++i)
    if (pfns[i] != kOld) step.digest = mix(step.digest, i);
  if (result <= 0) return result;

  const std::uint64_t first = page_around(iova);
  if (groups_[device] == GroupState::hardware) groups_[device] = GroupState::hardware_pinned;
  for (int i = 0; i < result; ++i) {
    step.digest = mix(step.digest, pfns[static_cast<std::size_t>(i)]);
    const std::uint64_t page = first + static_cast<std::uint64_t>(i) * kPageBytes;
    Held& entry = held_.try_emplace(page, Held{World::vaddr_of(pfns[static_cast<std::size_t>(i)])})
                      .first->second;
    ++entry.pins;
    ++entry.by[device];
    entry.writable |= (rights & 2) != 0;
  }
  return result;
}

// One unpin of one page reached the subject.
void Executor::unpin_page(std::uint64_t iova, unsigned device) {
  const auto at = held_.find(iova);
  if (at == held_.end()) return;
  Held& page = at->second;
  if (page.by[device]) --page.by[device];
  if (--page.pins == 0) held_.erase(at);
}

std::int64_t Executor::do_unpin(const Operation& operation, const Step& step) {
  const std::uint64_t iova = step.first;
  const int count = pages_of_pin(step);
  subject_->unpin(iova, count);
  returned(Verb::unpin, 0, count);
  if (count > 512) return 0;
  const std::uint64_t first = page_around(iova);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t page = first + static_cast<std::uint64_t>(i) * kPageBytes;
    if (page < first || !mappings_.at(page)) break;
    unpin_page(page, operation.id % kDevices);
  }
  return 0;
}

// Bytes other than those of the transfers before, so that a stale copy shows.
void Executor::fill(std::uint8_t* data, std::size_t bytes) {
  std::memset(data, static_cast<int>(++written_ * 37 % 255 + 1), bytes);
}

std::int64_t Executor::do_rw(bool write, Step& step) {
  const std::uint64_t iova = step.first;
  if (step.size > kTransferBytes) return -E2BIG;
  const auto bytes = static_cast<std::size_t>(step.size);
  if (bytes > buffer_.size()) buffer_.resize(bytes);
  if (write) {
    fill(buffer_.data(), bytes);
    return returned(Verb::write, subject_->rw(iova, buffer_.data(), bytes, true));
  }
  std::memset(buffer_.data(), 0, bytes);
  const std::int64_t result =
      returned(Verb::read, subject_->rw(iova, buffer_.data(), bytes, false));
  if (result == 0) step.digest = digest_of(buffer_.data(), bytes);
  return result;
}

void Executor::dma_write(std::uint64_t vaddr, std::uint64_t bytes) {
  std::array<std::uint8_t, 64> data;
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, data.size()));
  fill(data.data(), part);
  world_.memory.write(vaddr, data.data(), part);
}

// Writes the first bytes of each page of the range that the device may write:
// one that it pinned, or, before its group has pinned anything, any mapped one.
std::int64_t Executor::do_dma(const Operation& operation, const Step& step) {
  const bool by_group = operation.flags & kHardware;
  const unsigned id = operation.id % kGroups;
  const std::uint64_t first = step.first;
  const std::uint64_t bytes = step.size;
  if (bytes > kTransferBytes) return -E2BIG;
  if (!bytes || (by_group && groups_[id] != GroupState::hardware)) return 0;

  const std::uint64_t last = std::max(first, first + bytes - 1);
  for (std::uint64_t at = first; at >= first && at <= last; at = (at | (kPageBytes - 1)) + 1) {
    const std::uint64_t part = std::min(last, at | (kPageBytes - 1)) - at + 1;
    const LiveMapping* mapping = by_group ? mappings_.at(at) : nullptr;
    const auto page = by_group ? held_.end() : held_.find(page_around(at));
    if (mapping && mapping->writable)
      dma_write(mapping->vaddr + (at - mapping->first), part);
    else if (page != held_.end() && page->second.by[id] && page->second.writable)
      dma_write(page->second.vaddr + at % kPageBytes, part);
    if ((at | (kPageBytes - 1)) == ~std::uint64_t{0}) break;
  }
  return 0;
}

std::int64_t Executor::do_attach(const Operation& operation) {
  const unsigned group = operation.id % kGroups;
  const bool hardware = operation.flags & kHardware;
  const HardwareKind kind = with(hardware_kind(operation.hardware), operation.own);
  const std::int64_t result =
      returned(Verb::attach, subject_->attach(group, hardware ? &kind : nullptr));
  if (result == 0) standing_.push_back(operation);
  asks_page_bytes_ |= result == 0 && hardware;
  if (result == 0) groups_[group] = hardware ? GroupState::hardware : GroupState::emulated;
  return result;
}

std::int64_t Executor::do_detach(const Operation& operation) {
  const unsigned group = operation.id % kGroups;
  const bool attached = groups_[group] != GroupState::absent;
  asks_page_bytes_ |= attached && groups_[group] != GroupState::emulated;
  groups_[group] = GroupState::absent;
  std::erase_if(standing_, [group](const Operation& o) {
    return o.verb == Verb::attach && o.id % kGroups == group;
  });
  const bool last = std::all_of(groups_.begin(), groups_.end(),
                                [](GroupState state) { return state == GroupState::absent; });
  subject_->detach(group);
  returned(Verb::detach);
  if (attached && last) {
    for (const auto& [age, mapping] : mappings_.by_age()) dropped(mapping);
    mappings_.clear();
    held_.clear();
  }
  return 0;
}

std::int64_t Executor::do_enroll(const Operation& operation) {
  const unsigned number = operation.id % kDevices;
  Device& device = devices_[number];
  device.keeps = operation.flags & kKeep;
  if (device.enrolled) return 0;
  subject_->enroll(number);
  device.enrolled = true;
  standing_.push_back(operation);
  return returned(Verb::enroll);
}

// A driver may not leave from inside its own callback.
std::int64_t Executor::do_withdraw(const Operation& operation) {
  const unsigned number = operation.id % kDevices;
  Device& device = devices_[number];
  if (!device.enrolled || device.called) return 0;
  subject_->withdraw(number);
  device.enrolled = false;
  std::erase_if(standing_, [number](const Operation& o) {
    return o.verb == Verb::enroll && o.id % kDevices == number;
  });
  return returned(Verb::withdraw);
}

void Executor::run_window(Device& device) {
  depth_ = 1;
  std::vector<Script> scripts;
  scripts.swap(device.scripts);
  for (Script& script : scripts) {
    if (ran_in_windows_ == kMostInWindows) {
      ++left_out_in_windows_;
      device.scripts.push_back(script);
      continue;
    }
    ++ran_in_windows_;
    script.has_run = true;
    if (script.operation.when == When::every_callback) device.scripts.push_back(script);
    const std::size_t index = steps_.size();
    execute(script.operation);
    const Step& step = steps_[index];
    const WindowRun run = {script.number, step.result,       world_,
                           step.argument, world_.bitmaps[1], bitmap_first()};
    for (Watcher* watcher : watchers_) watcher->window_ran(run);
  }
  depth_ = 0;
}

void Executor::dma_unmap(unsigned number, std::uint64_t iova, std::uint64_t bytes) {
  // A subject that never stops calling does not end, and takes no memory for that.
  if (callbacks_.size() < kMostCallbacks) callbacks_.push_back({number, iova, iova + bytes - 1});
  Device& device = devices_[number];
  // What was ordered for the unmap is not meant for what happens in its window.
  const UserFault fault = world_.fault, other_fault = world_.other_fault;
  const std::uint64_t words = bitmap_words_, data = bitmap_data_;
  const bool answers_user = std::exchange(world_.answers_user, false);
  std::vector<World::Answered> answers = std::exchange(world_.answers, {});
  disarm();
  const bool outermost = depth_ == 0, called = device.called;
  device.called = true;

  const std::uint64_t last = iova + bytes - 1;
  auto at = held_.lower_bound(iova);
  while (at != held_.end() && at->first <= last && !device.keeps) {
    const auto [page, held] = *at;
    if (!held.by[number]) {
      ++at;
      continue;
    }
    // The last thing that a device does before it lets go is to write.
    if (held.writable) dma_write(held.vaddr + 8 * number, 8);
    subject_->unpin(page, 1);
    returned(Verb::unpin, 0, 1);
    unpin_page(page, number);
    at = held_.lower_bound(page);  // there may be more pins of it
  }

  if (outermost) run_window(device);
  device.called = called;
  world_.fault = fault;
  world_.other_fault = other_fault;
  world_.answers_user = answers_user;
  world_.answers = std::move(answers);
  bitmap_words_ = words;
  bitmap_data_ = data;
}

}  // namespace tidemark
