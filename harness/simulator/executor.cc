// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "executor.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tidemark {

void Executor::reset(const Setup& setup, const SubjectFactory& make) {
  release();
  world_.reset(setup, this);
  mappings_.clear();
  for (Device& device : devices_) {
    device.enrolled = device.keeps = device.called = false;
    device.scripts.clear();
  }
  groups_ = {};
  held_.clear();
  fresh_.reset();
  page_bytes_ = kPageBytes;
  asks_page_bytes_ = false;
  written_ = 0;
  given_ = 0;
  ran_in_windows_ = left_out_in_windows_ = 0;
  depth_ = 0;
  setup_ = setup;
  make_ = make;
  standing_.clear();
  bitmap_data_ = BitmapArea::kBase;
  make_subject();
}

void Executor::make_subject() {
  subject_ = make_(setup_, world_);
  for (Watcher* watcher : watchers_) watcher->subject_made();
}

std::string Executor::release() {
  if (!subject_) return {};
  for (unsigned i = 0; i < kDevices; ++i)
    if (devices_[i].enrolled) subject_->withdraw(i);
  std::string left = subject_->release();
  subject_.reset();
  return left;
}

const LiveMapping* Executor::newest(unsigned index) const {
  if (mappings_.empty()) return nullptr;
  return &mappings_.newest(index < mappings_.size() ? index : index % mappings_.size());
}

std::uint64_t Executor::resolve(const Quantity& quantity) const {
  const LiveMapping* mapping = newest(quantity.index);
  std::uint64_t base = 0;
  switch (quantity.base) {
    case Base::mapping:
      if (mapping) base = mapping->first;
      break;
    case Base::mapping_end:
      if (mapping) base = mapping->last + 1;
      break;
    case Base::mapping_size:
      if (mapping) base = mapping->last - mapping->first + 1;
      break;
    case Base::middle:
      base = std::uint64_t{1} << 63;
      break;
    case Base::fresh:
    case Base::zero:
    case Base::top:
      break;
  }
  return base + static_cast<std::uint64_t>(quantity.pages) * kPageBytes +
         static_cast<std::uint64_t>(quantity.bytes);
}

std::uint64_t Executor::resolve_vaddr(const Quantity& quantity, std::uint64_t bytes) const {
  if (quantity.base == Base::fresh) return resolve(quantity) + fresh_.next(bytes, page_bytes_);
  const LiveMapping* mapping = newest(quantity.index);
  const bool by_mapping =
      mapping && (quantity.base == Base::mapping || quantity.base == Base::mapping_end);
  return resolve(quantity) + (by_mapping ? mapping->vaddr - mapping->first : 0);
}

std::span<const Step> Executor::run(const Operation& operation, std::span<const Step> hints) {
  carry_out(operation, hints);
  warnings_ = subject_->take_warnings();
  return steps_;
}

void Executor::carry_out(const Operation& operation, std::span<const Step> hints) {
  steps_.clear();
  hints_ = hints;
  bitmap_words_ = 0;
  callbacks_.clear();
  const std::size_t number = given_++;
  if (operation.when != When::now) {
    devices_[operation.window_device % kDevices].scripts.push_back({operation, number});
    steps_.push_back({.verb = operation.verb});
    return;
  }
  execute(operation);
}

std::vector<std::size_t> Executor::waiting() const {
  std::vector<std::size_t> numbers;
  for (const Device& device : devices_)
    for (const Script& script : device.scripts)
      if (!script.has_run) numbers.push_back(script.number);
  std::ranges::sort(numbers);
  return numbers;
}

std::span<const Step> Executor::run_from(const Operation& query, std::uint64_t first_word) {
  Operation placed = query;
  if (first_word) placed.bend = {Field::bitmap_pointer, BitmapArea::kBase - 8 * first_word};
  carry_out(placed, {});
  --given_;  // it is none of the program's
  return steps_;
}

// The first of the bytes that `operation`, which resolved to `step`, cannot touch.
std::uint64_t Executor::faulting_address(const Operation& operation, const Fault& fault,
                                         const Step& step) const {
  const std::uint64_t index = fault.index;
  switch (fault.kind) {
    case FaultKind::none:
    case FaultKind::allocation:
    case FaultKind::iommu:
      return 0;
    case FaultKind::arg_read:
    case FaultKind::arg_write:
      return argument_address() + 8 * index;
    case FaultKind::bitmap_read:
    case FaultKind::bitmap_write:
      return operation.bent(Field::bitmap_pointer).value_or(bitmap_address()) + 8 * index;
    case FaultKind::memory:
    case FaultKind::interrupt:
      break;
  }
  const bool bytewise = operation.verb == Verb::write || operation.verb == Verb::read;
  const std::uint64_t offset = bytewise ? 8 * index : kPageBytes * index;
  if (operation.verb == Verb::map) return resolve_vaddr(operation.vaddr, step.size) + offset;
  const LiveMapping* mapping = mappings_.at(step.first + offset);
  return mapping ? mapping->vaddr + (step.first + offset - mapping->first) : 0;
}

// Sets up what goes wrong; where a copy or a pin fails, in `user`.
void Executor::arm(const Operation& operation, const Fault& fault, UserFault& user,
                   const Step& step) {
  const FaultKind kind = fault.kind;
  if (kind == FaultKind::none) return;
  if (kind == FaultKind::allocation) {
    // At which page such a pin ran out (D19), and what is marked for want of memory (D23),
    // is learnt from its marks, after the whole operation only: too late for the bitmap
    // of an unmap around it.
    if (depth_ == 0 || (operation.verb != Verb::pin && setup().store == StoreKind::bitmap))
      world_.fail_allocation = std::uint64_t{fault.index} + 1;
    return;
  }
  if (kind == FaultKind::iommu) {
    world_.failing_iommu_map = fault.index;
    return;
  }
  const std::uint64_t first = faulting_address(operation, fault, step);
  if (kind == FaultKind::interrupt) {
    user = {first, first, false, false, true};
    return;
  }
  user = {first, first + 7, kind != FaultKind::arg_write && kind != FaultKind::bitmap_write,
          kind != FaultKind::arg_read && kind != FaultKind::bitmap_read};
}

void Executor::disarm() {
  world_.fault = world_.other_fault = {};
  world_.fail_allocation = 0;
  world_.allocation_failed = false;
  world_.failing_iommu_map = World::kNoMap;
  world_.iommu_maps = 0;
}

std::int64_t Executor::dispatch(const Operation& operation, Step& step) {
  switch (operation.verb) {
    case Verb::map:
      return do_map(operation, step);
    case Verb::unmap:
      return do_unmap(operation, step);
    case Verb::query:
      return do_dirty(operation, step, VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP);
    case Verb::start:
      return do_dirty(operation, step, VFIO_IOMMU_DIRTY_PAGES_FLAG_START);
    case Verb::stop:
      return do_dirty(operation, step, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
    case Verb::pin:
      return do_pin(operation, step);
    case Verb::unpin:
      return do_unpin(operation, step);
    case Verb::write:
      return do_rw(true, step);
    case Verb::read:
      return do_rw(false, step);
    case Verb::dma:
      return do_dma(operation, step);
    case Verb::attach:
      return do_attach(operation);
    case Verb::detach:
      return do_detach(operation);
    case Verb::enroll:
      return do_enroll(operation);
    case Verb::withdraw:
      return do_withdraw(operation);
    case Verb::info:
      return do_info(operation, step);
    case Verb::extension:
      return returned(operation.verb, call(VFIO_CHECK_EXTENSION, operation.number),
                      static_cast<std::int64_t>(operation.number));
    case Verb::ioctl:
      return do_ioctl(operation, step);
    case Verb::memlock:
      world_.processes.set_limit(operation.process, operation.number);
      return 0;
    case Verb::mlock:
      world_.processes.set_own_pages(operation.process, operation.number);
      return 0;
    case Verb::exit:
      world_.processes.exit(operation.process);
      return 0;
    case Verb::exec:
      world_.processes.exec(operation.process);
      return 0;
    case Verb::migrate:
      if (!depth_) switch_over();
      return 0;
  }
  return 0;
}

// The subject has returned from a call.
std::int64_t Executor::returned(Verb verb, std::int64_t result, std::int64_t number) {
  if (watchers_.empty()) return result;
  const Call call = {verb, result, number, subject_->lock_use(), subject_->cost()};
  for (Watcher* watcher : watchers_) watcher->call_returned(call);
  return result;
}

void Executor::execute(const Operation& operation) {
  const std::size_t index = steps_.size();
  steps_.emplace_back();  // its place; more may come before it is filled
  Step step;
  step.verb = operation.verb;
  step.depth = static_cast<std::uint8_t>(depth_);
  step.first = resolve(operation.address);
  step.size = resolve(operation.size);

  for (Watcher* watcher : watchers_) watcher->operation_runs(operation, step);
  arm(operation, operation.fault, world_.fault, step);
  arm(operation, operation.other_fault, world_.other_fault, step);
  subject_->run_out_of_memory(index < hints_.size() && hints_[index].allocation_failed);
  const Caller caller = {operation.process, (operation.flags & kIpcLock) != 0};
  const Caller around = std::exchange(world_.processes.caller, caller);
  const std::int64_t result = dispatch(operation, step);
  world_.processes.caller = around;
  Step& done = steps_[index];
  done = step;
  done.result = result;
  // One that it survived needs no explanation, but for the marks.
  done.went_without = world_.allocation_failed;
  done.allocation_failed = world_.allocation_failed && result == -ENOMEM;
  if (depth_) digest_output(operation, done);
  disarm();
  for (Watcher* watcher : watchers_) watcher->operation_runs(operation, done);
  if (std::exchange(asks_page_bytes_, false)) ask_page_bytes();
}

}  // namespace tidemark
