// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "liar.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tidemark {
namespace {

constexpr std::uint64_t kSizeAt = 16;  // in the arguments of query and unmap
constexpr std::uint64_t kVaddrAt = 8;  // of map

class Liar final : public Subject {
 public:
  Liar(Lie lie, std::unique_ptr<Subject> honest, World& world, std::function<void()> on_unmap)
      : lie_(lie), honest_(std::move(honest)), world_(world), on_unmap_(std::move(on_unmap)) {}

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    if (runs_out_first()) return -ENOMEM;
    if (command == VFIO_IOMMU_UNMAP_DMA && on_unmap_) on_unmap_();
    const unsigned depth = depth_;
    const std::uint64_t bytes = range_bytes(depth);
    if (command == VFIO_IOMMU_UNMAP_DMA) before_unmap(depth, bytes);
    if (command == VFIO_IOMMU_MAP_DMA) vaddr_ = argument_word(depth, kVaddrAt);
    depth_ = 1;
    std::int64_t result = honest_->ioctl(command, argument);
    depth_ = depth;
    if (lie_ == Lie::refuses_info && command == VFIO_IOMMU_GET_INFO) return -EINVAL;
    if (lie_ == Lie::wrong_errno && result == -EINVAL) result = -EFAULT;
    if (command == VFIO_IOMMU_UNMAP_DMA && result == 0) after_unmap(depth, bytes);
    if (command == VFIO_IOMMU_GET_INFO && result == 0 && lie_ == Lie::wrong_info)
      ++argument_byte(depth, 40);
    if (command == VFIO_IOMMU_DIRTY_PAGES && is_query(depth)) after_query(depth, result, bytes);
    return result;
  }

  int attach(unsigned group, const HardwareKind* kind) override {
    return runs_out_first() ? -ENOMEM : honest_->attach(group, kind);
  }
  void detach(unsigned group) override { honest_->detach(group); }
  void enroll(unsigned device) override { honest_->enroll(device); }
  void withdraw(unsigned device) override { honest_->withdraw(device); }

  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override {
    if (lie_ == Lie::refuses_in_windows && depth_) return -EBUSY;
    if (runs_out_first()) return -ENOMEM;
    const int result = honest_->pin(group, iova, count, rights, pfns);
    if (lie_ == Lie::wrong_pfn && result > 0) ++pfns[0];
    if (lie_ == Lie::one_pfn_too_many && count >= 0 && count < 512) pfns[count] = 0;
    return result;
  }
  void unpin(std::uint64_t iova, int count) override { honest_->unpin(iova, count); }

  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    auto* first = static_cast<std::uint8_t*>(data);
    if (write && lie_ == Lie::writes_other_bytes) ++*first;
    int result = honest_->rw(iova, data, bytes, write);
    if (!write && lie_ == Lie::reads_other_bytes) ++*first;
    if (!write && lie_ == Lie::refuses_reads) result = -EPERM;
    return result;
  }

  Sizes sizes() override {
    Sizes sizes = honest_->sizes();
    if (lie_ == Lie::wrong_page_sizes) sizes.page_sizes |= std::uint64_t{1} << 63;
    if (lie_ == Lie::wrong_pinned_pages) ++sizes.pinned_pages;
    if (lie_ == Lie::wrong_locked_pages) ++sizes.locked_pages;
    if (lie_ == Lie::other_process_pays) std::ranges::reverse(sizes.locked_by);
    if (lie_ == Lie::wrong_mappings) ++sizes.mappings;
    if (lie_ == Lie::wrong_dma_available) --sizes.dma_available;
    if (lie_ == Lie::wrong_tracking) sizes.tracking = !sizes.tracking;
    return sizes;
  }

  void inspect(State& state) override {
    honest_->inspect(state);
    if (lie_ == Lie::moves_a_mapping && !state.mappings.empty()) ++state.mappings[0].vaddr;
    if (lie_ == Lie::counts_a_pin_twice && !state.pins.empty()) ++state.pins[0].count;
    if (lie_ == Lie::hides_a_pin && !state.pins.empty()) state.pins.pop_back();
    if (lie_ == Lie::hides_marks) state.marks.clear();
    if (lie_ == Lie::shows_more_marks && !state.marks.empty()) ++state.marks.back().end;
  }

  void run_out_of_memory(bool out) override { honest_->run_out_of_memory(out); }
  std::optional<Discrepancy> audit(const State& shown) override {
    State other = shown;
    if (lie_ == Lie::has_other_rights && !other.mappings.empty()) other.mappings[0].rights ^= 2;
    return honest_->audit(other);
  }
  void learn_where_memory_ended(const State& shown) override {
    honest_->learn_where_memory_ended(shown);
  }
  const LockUse* lock_use() override {
    const LockUse* honest = honest_->lock_use();
    if (!honest) return nullptr;
    lock_use_ = *honest;
    // It may have answered before the honest one was asked, who counted another call then.
    if (lie_ == Lie::needs_memory_first) lock_use_ = {1 + honest->callbacks, honest->callbacks, 0};
    if (lie_ == Lie::takes_no_lock) lock_use_.takes = 0;
    if (lie_ == Lie::lets_the_lock_go) ++lock_use_.takes;
    if (lie_ == Lie::keeps_the_lock) ++lock_use_.kept;
    if (lie_ == Lie::works_without_the_lock) ++lock_use_.unlocked;
    return &lock_use_;
  }
  std::string release() override {
    return honest_->release() + (lie_ == Lie::leaks ? "pages left: 1\n" : "");
  }

 private:
  bool runs_out_first() {
    if (lie_ != Lie::needs_memory_first || world_.fail_allocation != 1) return false;
    return world_.allocation_failed = true;
  }
  std::uint8_t& argument_byte(unsigned depth, std::int64_t at) {
    return world_.arguments[depth].bytes[static_cast<std::size_t>(at + kGuard)];
  }
  std::uint64_t argument_word(unsigned depth, std::int64_t at) {
    std::uint64_t word;
    std::memcpy(&word, &argument_byte(depth, at), sizeof(word));
    return word;
  }
  bool is_query(unsigned depth) {
    return argument_byte(depth, 4) == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
  }
  std::uint64_t range_bytes(unsigned depth) { return argument_word(depth, kSizeAt); }

  void store(unsigned depth, std::int64_t index, std::uint64_t word) {
    world_.bitmaps[depth].write(8 * index, reinterpret_cast<const std::uint8_t*>(&word), 8);
  }

  void lose_a_page(unsigned depth) {
    BitmapArea& bitmap = world_.bitmaps[depth];
    if (bitmap.touched().empty()) return;
    const std::int64_t index = bitmap.touched().front();
    store(depth, index, bitmap.word(index) & (bitmap.word(index) - 1));
  }

  void lose_far_pages(unsigned depth) {
    constexpr std::int64_t kFar = 75;
    for (const std::int64_t index : world_.bitmaps[depth].touched())
      if (index >= kFar) return store(depth, index, 0);
  }

  void before_unmap(unsigned depth, std::uint64_t bytes) {
    if (lie_ == Lie::calls_back_for_less && depth == 0)
      world_.dma_unmap(0, argument_word(depth, 8), bytes - kPageBytes);
  }

  void after_unmap(unsigned depth, std::uint64_t bytes) {
    if (lie_ == Lie::calls_back_twice && depth == 0)
      world_.dma_unmap(0, argument_word(depth, 8), bytes);
    if (lie_ == Lie::wrong_unmapped_size) ++argument_byte(depth, kSizeAt + 3);
  }

  void after_query(unsigned depth, std::int64_t result, std::uint64_t bytes) {
    const auto words = static_cast<std::int64_t>((bytes / kPageBytes + 63) / 64);
    if (result < 0) {
      if (lie_ == Lie::stores_when_rejected) store(depth, 0, 1);
      if (lie_ == Lie::writes_its_inputs_when_rejected) ++argument_byte(depth, kSizeAt);
      return;
    }
    const std::uint8_t byte = 0;
    switch (lie_) {
      case Lie::loses_a_page:
        lose_a_page(depth);
        break;
      case Lie::loses_far_pages:
        lose_far_pages(depth);
        break;
      case Lie::loses_a_page_in_windows:
        if (depth) lose_a_page(depth);
        break;
      case Lie::adds_a_page:
        store(depth, 0, world_.bitmaps[depth].word(0) | 0x10);
        break;
      case Lie::stores_a_clean_word:
        store(depth, 2, 0);
        break;
      case Lie::writes_after_the_bitmap:
        world_.bitmaps[depth].write(8 * words, &byte, 1);
        break;
      case Lie::writes_before_the_bitmap:
        world_.bitmaps[depth].write(-1, &byte, 1);
        break;
      case Lie::writes_its_inputs:
        ++argument_byte(depth, kSizeAt);
        break;
      case Lie::writes_before_the_argument:
        ++argument_byte(depth, -1);
        break;
      case Lie::writes_after_the_argument:
        ++argument_byte(depth, 48);
        break;
      case Lie::corrupts_memory:
        world_.memory.write(vaddr_ + 9 * kPageBytes, &lie_, 1);
        break;
      default:
        break;
    }
  }

  static constexpr auto kGuard = static_cast<std::int64_t>(ArgumentArea::kGuard);

  Lie lie_;
  std::unique_ptr<Subject> honest_;
  World& world_;
  std::function<void()> on_unmap_;
  std::uint64_t vaddr_ = kRamFirst;  // of the newest mapping
  LockUse lock_use_;
  unsigned depth_ = 0;  // 1 inside of an ioctl, where the windows are
};

}  // namespace

std::unique_ptr<Subject> make_liar(Lie lie, std::unique_ptr<Subject> honest, World& world,
                                   std::function<void()> on_unmap) {
  return std::make_unique<Liar>(lie, std::move(honest), world, std::move(on_unmap));
}

}  // namespace tidemark
