// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux's type1 driver, executable: the contract, but for a set of quirks. What Linux
// is known to do otherwise can so be told from what nobody knows of: to the last bit.
//
// Where Linux's memory is overwritten, or its locks wait for each other, there is
// nothing to model: see peers/linux/README.md for what is left out.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "linux_bitmap.h"
#include "model.h"
#include "quirks.h"

namespace tidemark::reference {

class LinuxModel final : public Model {
 public:
  LinuxModel(const Settings& settings, Surroundings& surroundings)
      : Model(settings, surroundings) {}

  // Before all calls: which quirks it has; none, until told. To `seen`, which outlives it,
  // those are added, be they its own or not, that calls come upon: they may make a
  // difference there, and no others do.
  void behave_as(Quirks quirks, Quirks& seen) {
    quirks_ = quirks;
    seen_ = &seen;
  }
  // The functions of Linux's that have warned since the last call, in order.
  std::vector<std::string_view> take_warnings() { return std::exchange(warnings_, {}); }

  // Pins of what begins within a page, in the order in which Linux shows them: by mapping.
  struct UnalignedPin {
    std::uint64_t iova = 0;  // bytes; may lie in the page before the mapping's first
    Page mapping = 0;        // its first page
    unsigned count = 0;
  };
  const std::vector<UnalignedPin>& unaligned_pins() const { return unaligned_; }
  // All is given back. Pages that stay accounted to processes that there are still.
  std::uint64_t release();

  // Linux has not come back from a call by now: the first reason. What is asked of it
  // afterwards means nothing.
  Stop stop() const { return stop_; }

  int attach_group(unsigned group, const GroupKind& kind) override;
  void detach_group(unsigned group) override;
  void register_device(unsigned device) override;
  void unregister_device(unsigned device) override;
  int pin_pages(unsigned group, std::uint64_t iova, int count, int rights,
                std::uint64_t* pfns) override;
  void unpin_pages(std::uint64_t iova, int count) override;
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override;
  const PageSet& marks() const override;

 private:
  // Is there this quirk? It is seen, if it makes a difference.
  bool differs(Quirk quirk, bool difference) {
    if (difference) seen_->add(quirk);
    return quirks_.has(quirk);
  }
  void warn(Quirk quirk, std::string_view function) {
    if (differs(quirk, true)) warnings_.push_back(function);
  }

  // Dirty pages (linux_model_dirty.cc).
  int start_tracking() override;
  void stop_tracking() override;
  int query(PageRange range, std::uint64_t bitmap_address) override;
  bool range_rule_allows(PageRange range) override;
  bool store_dirty(PageRange range, std::uint64_t bitmap_address) override;
  void mark(PageRange range) override;
  void mark_pinned(PageRange pinned, const std::vector<Page>& newly_pinned) override;
  void mark_all_mapped() override;
  void add_bitmap(const Mapping& mapping);
  bool report(const Mapping& mapping, Page base, std::uint64_t bitmap_address);
  void clean_mapping(const Mapping& mapping);
  void mark_pins(const Mapping& mapping);
  std::uint64_t bits_of(const Mapping& mapping) const;

  // Pins and rw (linux_model_pins.cc).
  int check_pin(unsigned group, int count) override;
  void promote(Group& group) override;
  bool passes_the_end(std::uint64_t iova, int count);
  bool goes_on_at_zero() override { return differs(Quirk::transfer_wraps, true); }
  int transfer(const Mapping& mapping, std::uint64_t iova, unsigned char* data, std::size_t bytes,
               bool write) override;
  struct PinRun {
    std::vector<std::uint64_t> pinned, newly_pinned;  // iovas
    std::vector<Page> pages;                          // of newly_pinned
    std::map<std::size_t, std::uint64_t> added;       // how many of them, by process
  };
  int pin_negative(unsigned group);
  int pin_unaligned(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns);
  int pin_one(std::uint64_t iova, int rights, std::uint64_t& pfn, PinRun& run);
  int unpin_unaligned(std::uint64_t iova, int count);
  const Mapping* mapping_touched(std::uint64_t iova) const;
  UnalignedPin* find_unaligned(std::uint64_t iova);
  bool has_pins(const Mapping& mapping) const;

  // Locked memory (linux_model_locked.cc).
  std::uint64_t pinned_pages(const Mapping& mapping) const override;
  int account(const Mapping& mapping, std::uint64_t pages) override;
  void give_back(const Mapping& mapping, std::uint64_t pages) override;
  void account_pins_only(const Mapping& mapping) override;
  int account_run(const Mapping& run, std::uint64_t pages) override;
  bool is_out_of_memorys_reach(const Mapping& mapping, const GroupKind* joining) override;
  int change_owner(Mapping& mapping);
  std::uint64_t& locked_of(const Mapping& part);

  // The ioctls, mappings and groups (linux_model_ioctl.cc).
  int check_extension(std::uint64_t number) override;
  std::size_t info_bytes(std::uint32_t argsz) override;
  std::vector<unsigned char> info_capabilities() override;
  int check_numbers(std::uint64_t first, std::uint64_t bytes) override;
  int check_numbers(const Unmap& unmap) override;
  int map_dma(std::uint64_t argument) override;
  int check_first(const vfio_iommu_type1_dma_map& map);
  int unmap_dma(std::uint64_t argument) override;
  int unmap(const Unmap& unmap, vfio_iommu_type1_dma_unmap& header,
            std::uint64_t argument) override;
  int unmap_one_by_one(const Unmap& unmap, std::uint64_t& bytes);
  int make_valid(const vfio_iommu_type1_dma_map& map);
  int make_invalid(vfio_iommu_type1_dma_unmap& header);
  const Mapping* first_to_unmap(const Unmap& unmap) const;
  void call_back(const Mapping& mapping);
  void stop_with(Stop stop) {
    if (stop_ == Stop::none) stop_ = stop;
  }
  int insert_mapping(const Mapping& mapping) override;
  void remove_mappings(PageRange range) override;
  bool overlaps_mapping(PageRange range) override;
  bool shares_page_size(const GroupKind& joining) override;
  bool reaches_mappings(const GroupKind& joining, const std::vector<ByteRange>& ranges) override;
  int meet_iommus(const Mapping& run, Page mapping_end, const GroupKind* joining) override;
  std::vector<const GroupKind*> iommus_asked(const GroupKind* joining) override;
  void keep_domains();
  bool has_large_pages() const { return smallest_page() > std::uint64_t{1} << kPageShift; }

  Quirks quirks_, nobody_asks_;
  Quirks* seen_ = &nobody_asks_;
  std::vector<std::string_view> warnings_;
  std::vector<GroupKind> domains_;       // of attached groups, the newest first
  std::map<Page, LinuxBitmap> bitmaps_;  // by the mapping's first page, while tracking is on
  unsigned shift_ = 0;                   // pages that a bit stands for, as a power of two
  mutable PageSet shown_marks_;
  std::vector<UnalignedPin> unaligned_;  // by mapping, then by iova
  // By the mapping's first page: what it believes to be accounted for it.
  std::map<Page, std::uint64_t> locked_of_;
  std::set<Page> invalid_;   // first pages of mappings without a valid user address
  bool calls_back_ = false;  // devices' callbacks run, with a lock held
  Stop stop_ = Stop::none;
};

}  // namespace tidemark::reference
