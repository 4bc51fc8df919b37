// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The contract (docs/contract.md), executable: what a container holds, as sets
// of pages, and what each entry does to them. Slow and plain on purpose. The
// model knows nothing of the tracker, and the build keeps it so.
//
// What is virtual is what Linux does otherwise (linux_model.h).
//
// Not thread-safe; the caller runs one entry at a time.
#pragma once

#include <linux/vfio.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "page_set.h"
#include "range_rule.h"

namespace tidemark::reference {

struct Settings {
  std::uint32_t type = VFIO_TYPE1v2_IOMMU;  // or VFIO_TYPE1_IOMMU
  RangeRule rule = RangeRule::whole;
  std::uint32_t dma_entry_limit = 65535;
};

// Bytes [first, last], both inside, so that a range may end at 2^64 - 1.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const ByteRange&) const = default;
};

// What a group says of itself when it joins. An emulated group (hardware ==
// false) has none of the rest.
struct GroupKind {
  bool hardware = false;
  bool cache_coherent = false;  // VFIO_DMA_CC_IOMMU
  std::uint64_t pgsizes = 0;    // bit n: pages of 2^n bytes
  ByteRange aperture = {0, ~std::uint64_t{0}};
  std::vector<ByteRange> reserved;  // sorted, disjoint
  bool operator==(const GroupKind&) const = default;
};

inline constexpr int kRead = 1;   // as IOMMU_READ
inline constexpr int kWrite = 2;  // as IOMMU_WRITE

// The points at which an entry can run out of memory (D19), but for M2, the pins.
enum class MemoryPoint {
  start_marks,  // M1: of a mapping
  group,        // M3
  ranges,       // M4
  mapping,      // M5
  map_marks,    // M6
  chain,        // M7
};

// A process, by number. It is gone when it has exited, and also when it executes another
// program, which makes it another process here.
struct Owner {
  std::size_t process = 0;
  bool unlimited = false;  // it had CAP_IPC_LOCK, and no limit counts
  bool operator==(const Owner&) const = default;
};

// What lies around the container: processes, the devices, and memory.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // True if all `bytes` could be copied; on false the first ones may have been.
  virtual bool copy_from_user(void* to, std::uint64_t from, std::size_t bytes) = 0;
  virtual bool copy_to_user(std::uint64_t to, const void* from, std::size_t bytes) = 0;
  // Is [address, address + bytes) inside the part of the address space that a
  // user may name at all (mapped or not)?
  virtual bool access_ok(std::uint64_t address, std::uint64_t bytes) = 0;
  // How many of the `pages` 4 KiB pages from `vaddr` on follow each other in host
  // memory, at least 1.
  virtual std::uint64_t contiguous_pages(std::uint64_t vaddr, std::uint64_t pages) = 0;
  // How many of those could be pinned before the first that cannot. The pin of that
  // one would fail with pin_error().
  virtual std::uint64_t pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) = 0;
  // -EFAULT, or -EINTR if a signal interrupts it.
  virtual int pin_error(std::uint64_t vaddr) = 0;
  // Of the maps that the entry asks of IOMMUs, counted from 0 in their order: which one
  // has no memory. kNone: none.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  virtual std::uint64_t failing_iommu_map() = 0;
  // Who calls. Not asked of a thread of the kernel, which makes no mapping.
  virtual Owner caller() = 0;
  // Can rw reach the memory of the process? 0; -EPERM if it is gone, -EFAULT if another
  // process is the current one, and no thread of the kernel.
  virtual int enter_process(std::size_t process) = 0;
  virtual bool is_gone(std::size_t process) = 0;
  // Its RLIMIT_MEMLOCK in pages, at this moment; and how many pages it has locked, not
  // counting those of this container.
  virtual std::uint64_t locked_limit_pages(std::size_t process) = 0;
  virtual std::uint64_t locked_elsewhere(std::size_t process) = 0;
  // Host page number of the page at `vaddr`.
  virtual std::uint64_t pfn_of(std::uint64_t vaddr) = 0;
  // Runs device `device`'s unmap callback, which may enter the model again.
  virtual void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) = 0;
  // An entry has come to `point`, for START once for each mapping: is there memory? If
  // not, it fails there. Points are asked about in the order of the contract, and only
  // if they are come to.
  virtual bool has_memory(MemoryPoint point) = 0;
  // M2: the pages at which a pin comes to its point if there is memory at those before,
  // ascending. At how many of them there is, up to the first at which there is none.
  virtual std::size_t pins_with_memory(const std::vector<Page>& pages) = 0;
};

struct Mapping {
  Page first = 0;  // page number of its first byte
  Page end = 0;    // one past its last page
  std::uint64_t vaddr = 0;
  int rights = 0;  // kRead, kWrite
  Owner owner = {};
};

struct Group {
  GroupKind kind;
  bool pinned_scope = false;  // R5: false only for hardware that has pinned nothing yet
};

class Model {
 public:
  Model(const Settings& settings, Surroundings& surroundings);
  virtual ~Model() = default;

  // VFIO_CHECK_EXTENSION, VFIO_IOMMU_GET_INFO, _MAP_DMA, _UNMAP_DMA, _DIRTY_PAGES;
  // any other number -ENOTTY. Returns what the ioctl would: >= 0 or -errno.
  std::int64_t ioctl(unsigned command, std::uint64_t argument);

  virtual int attach_group(unsigned group, const GroupKind& kind);
  virtual void detach_group(unsigned group);
  virtual void register_device(unsigned device);
  virtual void unregister_device(unsigned device);

  // R3, R5, R9, B9. Returns the number of pages pinned (== count) or -errno;
  // on success pfns[0..count) hold the host pages.
  virtual int pin_pages(unsigned group, std::uint64_t iova, int count, int rights,
                        std::uint64_t* pfns);
  virtual void unpin_pages(std::uint64_t iova, int count);
  // R4. 0 or -errno; on failure the bytes before the failing part are done.
  virtual int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write);

  // D23: marks those of `pages` that lie in a mapping with a page in `range`, if tracking is
  // on. Nobody need have written them, but there was no memory to say which.
  void mark_spare(PageRange pages, PageRange range);

  // The state, for comparison.
  bool tracking() const { return tracking_; }
  std::uint64_t page_sizes() const;  // of GET_INFO
  std::uint32_t dma_available() const;
  std::uint64_t locked_pages(std::size_t process) const;                 // R16
  std::size_t pinned_page_count() const;                                 // distinct pages
  const std::map<Page, Mapping>& mappings() const { return mappings_; }  // by first page
  const PinCounts& pins() const { return pins_; }
  // 4 KiB pages marked; R5's are not in it.
  virtual const PageSet& marks() const { return marks_; }
  bool hardware_mapped() const;  // are mappings also in a hardware domain?

 protected:
  struct AttachedGroup {
    unsigned number = 0;
    Group group;
  };
  // A device's unmap callback. Serials only grow, so a device that leaves and
  // comes back is a new registration (D6).
  struct Registration {
    unsigned device = 0;
    std::uint64_t serial = 0;
  };
  // What UNMAP_DMA was asked for, decoded.
  struct Unmap {
    std::uint64_t iova = 0;  // bytes, as `size`
    std::uint64_t size = 0;
    bool all = false;
    bool with_bitmap = false;
    std::uint64_t bitmap_pgsize = 0;   // bytes
    std::uint64_t bitmap_address = 0;  // user address
    PageRange range = {};              // the pages of [iova, iova + size), or all pages
  };

  // The ioctls (model_ioctl.cc).
  virtual int check_extension(std::uint64_t number);
  int get_info(std::uint64_t argument);
  virtual std::size_t info_bytes(std::uint32_t argsz);
  virtual std::vector<unsigned char> info_capabilities();
  virtual int map_dma(std::uint64_t argument);
  virtual int unmap_dma(std::uint64_t argument);
  virtual int unmap(const Unmap& unmap, vfio_iommu_type1_dma_unmap& header, std::uint64_t argument);
  int read_unmap_bitmap(std::uint64_t argument, std::uint32_t argsz, Unmap& unmap);
  int dirty_pages(std::uint64_t argument);
  int get_bitmap(std::uint64_t argument, std::uint32_t argsz);
  bool bitmap_fits(std::uint64_t address, std::uint64_t bitmap_bytes, std::uint64_t pgsize,
                   std::uint64_t range_bytes);

  // Mappings (model_mappings.cc).
  static bool lies_in_one(const Mapping& mapping, const std::vector<ByteRange>& ranges);
  int check_map(const Mapping& mapping);
  int lock_and_map(const Mapping& mapping, const GroupKind* joining);
  int lock_run(const Mapping& run, Page mapping_end, const GroupKind* joining);
  void unlock(const Mapping& mapping);
  virtual int account_run(const Mapping& run, std::uint64_t pages);
  virtual bool is_out_of_memorys_reach(const Mapping& mapping, const GroupKind* joining);
  int map_locked(const Mapping& mapping, const GroupKind& joining);
  virtual std::vector<const GroupKind*> iommus_asked(const GroupKind* joining);
  int iommus_map(const Mapping& run, const GroupKind* joining);
  virtual int meet_iommus(const Mapping& run, Page mapping_end, const GroupKind* joining);
  int check_trackable(const Mapping& mapping) const;
  virtual int insert_mapping(const Mapping& mapping);
  virtual int check_numbers(std::uint64_t first, std::uint64_t bytes);
  virtual int check_numbers(const Unmap& unmap);
  int check_unmap(const Unmap& unmap) const;
  int take_back_pins(const Unmap& unmap);
  const Mapping* next_pinned_mapping(PageRange range) const;
  int notify_pinned_mappings(const Unmap& unmap);
  void notify(const Mapping& mapping);
  virtual void remove_mappings(PageRange range);
  PageRange unmapped_by(const Unmap& unmap) const;
  std::uint64_t bytes_mapped_in(PageRange range) const;

  // Locked memory (model.cc).
  std::uint64_t unpinned_pages(PageRange range) const;
  virtual std::uint64_t pinned_pages(const Mapping& mapping) const;
  std::uint64_t locked_anywhere(std::size_t process) const;
  bool exceeds_limit(const Owner& owner, std::uint64_t more);
  int check_new_pin(const Mapping& mapping, std::uint64_t vaddr, bool is_accounted,
                    std::map<std::size_t, std::uint64_t>& added);
  virtual int account(const Mapping& mapping, std::uint64_t pages);
  virtual void give_back(const Mapping& mapping, std::uint64_t pages);
  virtual void account_pins_only(const Mapping& mapping);
  void unpin_all();

  // Dirty pages (model_dirty.cc).
  virtual int start_tracking();
  virtual void stop_tracking();
  virtual int query(PageRange range, std::uint64_t bitmap_address);
  virtual bool range_rule_allows(PageRange range);
  virtual bool store_dirty(PageRange range, std::uint64_t bitmap_address);
  PageRange next_dirty_run(PageRange window) const;
  void clean(PageRange range);
  virtual void mark(PageRange range);
  virtual void mark_pinned(PageRange pinned, const std::vector<Page>& newly_pinned);
  virtual void mark_all_mapped();

  // Lookups and small facts (model.cc).
  std::uint64_t smallest_page() const;  // P, bytes
  bool aligned(std::uint64_t bytes) const { return (bytes & (smallest_page() - 1)) == 0; }
  const Mapping* mapping_at(Page page) const;
  virtual bool overlaps_mapping(PageRange range);
  bool cuts_mapping(PageRange range) const;
  PageRange mapped_prefix(PageRange range) const;
  AttachedGroup* find_group(unsigned number);
  bool someone_writes_unseen() const;
  std::uint64_t joint_page_sizes() const;
  virtual bool shares_page_size(const GroupKind& joining);
  std::vector<ByteRange> ranges_with(const GroupKind* joining) const;
  virtual bool reaches_mappings(const GroupKind& joining, const std::vector<ByteRange>& ranges);
  int check_existing_mappings(const GroupKind& joining, const std::vector<ByteRange>& ranges);
  virtual int check_pin(unsigned group, int count);
  int pin_prefix(PageRange range, int rights, std::uint64_t* pfns, PageRange& done,
                 std::vector<Page>& newly_pinned);
  virtual void promote(Group& group);
  // D12: what a transfer does that comes to the end of the address space.
  virtual bool goes_on_at_zero() { return false; }
  virtual int transfer(const Mapping& mapping, std::uint64_t iova, unsigned char* data,
                       std::size_t bytes, bool write);
  const Registration* newest_before(std::uint64_t serial) const;

  Settings settings_;
  Surroundings& surroundings_;
  bool tracking_ = false;
  std::map<Page, Mapping> mappings_;
  PinCounts pins_;                               // mapped pages only
  std::size_t pinned_pages_ = 0;                 // distinct pages in pins_
  std::map<std::size_t, std::uint64_t> locked_;  // R16: accounted pages, by process
  // Mapped pages only; empty while tracking is off. While it is on, every pinned
  // page is marked: that is how R3 is kept.
  PageSet marks_;
  std::uint64_t iommu_maps_ = 0;             // that IOMMUs could do, in the entry that runs
  std::vector<AttachedGroup> groups_;        // in the order they were attached
  std::vector<Registration> registrations_;  // oldest first
  std::uint64_t next_serial_ = 0;
  bool has_range_list_ = false;    // D9: since the first hardware group
  std::vector<ByteRange> ranges_;  // where a mapping may lie, if has_range_list_
};

}  // namespace tidemark::reference
