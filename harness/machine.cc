// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "machine.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tidemark {

void Machine::reset(const Setup& setup, SubjectFactory make) {
  if (subject_) release();
  world_.reset(setup, this);
  migration_.reset();
  mappings_.clear();
  for (Device& device : devices_) {
    device.enrolled = device.keeps = device.called = false;
    device.scripts.clear();
  }
  groups_ = {};
  held_.clear();
  next_vaddr_ = kRamFirst;
  page_bytes_ = kPageBytes;
  written_ = 0;
  depth_ = 0;
  subject_ = make(setup, world_);
}

std::string Machine::release() {
  for (unsigned i = 0; i < kDevices; ++i)
    if (devices_[i].enrolled) subject_->withdraw(i);
  std::string left = subject_->release();
  subject_.reset();
  return left;
}

const LiveMapping* Machine::newest(unsigned index) const {
  if (mappings_.empty()) return nullptr;
  return &mappings_[mappings_.size() - 1 - index % mappings_.size()];
}

std::uint64_t Machine::resolve(const Quantity& quantity) const {
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
      base = next_vaddr_;
      break;
    case Base::zero:
    case Base::top:
      break;
  }
  return base + static_cast<std::uint64_t>(quantity.pages) * kPageBytes +
         static_cast<std::uint64_t>(std::int64_t{quantity.bytes});
}

std::uint64_t Machine::resolve_vaddr(const Quantity& quantity) const {
  const LiveMapping* mapping = newest(quantity.index);
  const bool by_mapping =
      mapping && (quantity.base == Base::mapping || quantity.base == Base::mapping_end);
  return resolve(quantity) + (by_mapping ? mapping->vaddr - mapping->first : 0);
}

const LiveMapping* Machine::mapping_at(std::uint64_t iova) const {
  for (const LiveMapping& mapping : mappings_)
    if (iova >= mapping.first && iova <= mapping.last) return &mapping;
  return nullptr;
}

void Machine::learn_page_bytes() {
  const std::uint64_t sizes = subject_->sizes().page_sizes;
  page_bytes_ = sizes & (0 - sizes);
}

std::span<const Step> Machine::run(const Operation& operation, std::span<const Step> hints) {
  steps_.clear();
  hints_ = hints;
  bitmap_words_ = 0;
  callbacks_ = 0;
  if (operation.when != When::now) {
    devices_[operation.window_device % kDevices].scripts.push_back(
        {operation, operation.when == When::every_callback});
    steps_.push_back({.verb = operation.verb});
    return steps_;
  }
  execute(operation, steps_.emplace_back());
  return steps_;
}

// `slot` is the last of steps_, which may grow meanwhile.
std::int64_t Machine::execute(const Operation& operation, Step& slot) {
  const std::size_t index = steps_.size() - 1;
  Step step;
  step.verb = operation.verb;
  step.depth = static_cast<std::uint8_t>(depth_);
  step.first = resolve(operation.address);
  step.size = resolve(operation.size);
  slot = step;

  arm(operation, step.first);
  if (index < hints_.size() && hints_[index].allocation_failed) subject_->run_out_of_memory();
  switch (operation.verb) {
    case Verb::map:
      step.result = do_map(operation, step);
      break;
    case Verb::unmap:
      step.result = do_unmap(operation, step);
      break;
    case Verb::query:
      step.result = do_dirty(operation, step, 4);
      break;
    case Verb::start:
      step.result = do_dirty(operation, step, 1);
      break;
    case Verb::stop:
      step.result = do_dirty(operation, step, 2);
      break;
    case Verb::pin:
      step.result = do_pin(operation, step);
      break;
    case Verb::unpin:
      step.result = do_unpin(operation, step);
      break;
    case Verb::write:
      step.result = do_rw(true, step);
      break;
    case Verb::read:
      step.result = do_rw(false, step);
      break;
    case Verb::dma:
      step.result = do_dma(operation, step);
      break;
    case Verb::attach:
      step.result = do_attach(operation);
      break;
    case Verb::detach:
      step.result = do_detach(operation);
      break;
    case Verb::enroll:
      step.result = do_enroll(operation);
      break;
    case Verb::withdraw:
      step.result = do_withdraw(operation);
      break;
    case Verb::info:
      step.result = do_info(operation);
      break;
    case Verb::extension: {
      step.result = subject_->ioctl(VFIO_CHECK_EXTENSION, operation.number);
      break;
    }
    case Verb::ioctl: {
      static constexpr std::array<std::uint8_t, 64> kZeros = {};
      const std::uint64_t argument = place_argument(operation, kZeros.data(), kZeros.size());
      step.result = subject_->ioctl(static_cast<unsigned>(operation.number), argument);
      break;
    }
    case Verb::memlock:
      world_.memlock_pages = operation.number;
      break;
  }
  // One that it survived needs no explanation.
  step.allocation_failed = world_.allocation_failed && step.result == -ENOMEM;
  if (depth_ && step.result >= 0) step.digest ^= output_digest(operation.verb);
  disarm();
  steps_[index] = step;
  return step.result;
}

}  // namespace tidemark
