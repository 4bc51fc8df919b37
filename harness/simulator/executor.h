// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A user, its devices and their drivers around one subject: turns operations
// into calls, real ioctl structs and all, and keeps what came out of them.
//
// What an executor believes (live mappings, held pins) follows from results
// alone: two executors that see the same results do the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "live_mapping.h"
#include "program.h"
#include "subject.h"
#include "watcher.h"

namespace tidemark {

// What came out of one operation, be it called by the program or in a window.
struct Step {
  Verb verb = Verb::start;
  std::uint8_t depth = 0;          // 1 in the window of an unmap
  bool allocation_failed = false;  // the fault that was ordered came true, and the call failed
  bool went_without = false;       // it came true, be it that the call succeeded
  std::int64_t result = 0;         // value or -errno; 0 where there is none
  std::uint64_t first = 0;         // range after resolving, bytes
  std::uint64_t size = 0;
  std::uint64_t argument = 0;     // of an ioctl: the user address of the struct that it got
  std::uint64_t digest = 0;       // of what was read; in windows, of all other output, too
  std::uint64_t clean_words = 0;  // in windows: a digest of the words stored without a bit
  bool operator==(const Step&) const = default;
};

// How many pages a pin or unpin names, from -1 to 1000: what lies beyond is refused as these.
int pages_of_pin(const Step& step);

enum class GroupState : std::uint8_t { absent, emulated, hardware, hardware_pinned };

// A struct vfio_bitmap.
struct BitmapArgument {
  std::uint64_t pgsize, size, data;
};
// What UNMAP_DMA and DIRTY_PAGES get: the UAPI's structs with what follows them in data[],
// which C++ cannot say.
struct RangeArgument {
  std::uint32_t argsz, flags;
  std::uint64_t iova, size;
  BitmapArgument bitmap;
};

class Executor final : public UnmapListener {
 public:
  Executor() = default;
  ~Executor() { release(); }
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // What is to move more at once is not done, and is -E2BIG: nobody has such a buffer.
  static constexpr std::uint64_t kTransferBytes = 256 * kPageBytes;

  // From now on the watcher is told what happens. It stays for good.
  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }

  // A new container in a new world. The previous one is gone already or is
  // released now. Reuses allocations.
  void reset(const Setup& setup, const SubjectFactory& make);

  // Runs one operation and what it sets off. `hints[i]`, where given, says that
  // the i-th step ran out of memory elsewhere, and must here (subjects that
  // cannot be made to fail). The result is valid until the next call.
  std::span<const Step> run(const Operation& operation, std::span<const Step> hints = {});

  // The same for a query of whose bitmap, which may be too large, the area holds the
  // words from `first_word` on.
  std::span<const Step> run_from(const Operation& query, std::uint64_t first_word);

  // A page of user memory, of those written since the last call, that differs.
  std::optional<std::uint64_t> differing_page(Executor& other) {
    return GuestMemory::differing_page(world_.memory, other.world_.memory);
  }

  // What was left behind where the last migration came from, as release() says it.
  const std::string& left_at_source() const { return left_at_source_; }

  // Withdraws all devices and releases the subject, if there is one; what it left behind.
  std::string release();

  Subject& subject() { return *subject_; }
  const World& world() const { return world_; }
  const Setup& setup() const { return setup_; }
  const LiveMappings& mappings() const { return mappings_; }
  std::span<const GroupState, kGroups> groups() const { return groups_; }
  // Does a driver hold the page, of this number?
  bool holds(std::uint64_t page) const { return held_.contains(page * kPageBytes); }
  // How many pages drivers hold: all, and those in [first, last], bytes.
  std::size_t held_pages() const { return held_.size(); }
  std::size_t held_pages(std::uint64_t first, std::uint64_t last) const {
    return static_cast<std::size_t>(
        std::distance(held_.lower_bound(first), held_.upper_bound(last)));
  }
  // P, as GET_INFO said it when a hardware group last came or went.
  std::uint64_t page_bytes() const { return page_bytes_; }
  // Of the last query or unmap: bitmap words that its range needs; 0 if none.
  std::uint64_t bitmap_words() const { return bitmap_words_; }
  // The user address of that bitmap, which need not be the area's.
  std::uint64_t bitmap_data() const { return bitmap_data_; }
  // The word of the bitmap that is the area's first; not 0 in run_from(), and if the
  // program says where the bitmap is.
  std::int64_t bitmap_first() const {
    return -(static_cast<std::int64_t>(bitmap_data_ - bitmap_address()) >> 3);
  }
  // That the last operation made, in their order.
  std::span<const CallbackMade> callbacks() const { return callbacks_; }
  // More of them than any subject has reason for in an operation are not remembered.
  static constexpr std::size_t kMostCallbacks = std::size_t{1} << 22;
  // That the subject gave while the last operation ran; those of run_from() stay with it.
  std::span<const std::string> warnings() const { return warnings_; }
  // How many operations a program may run in windows: an unmap of all has up to 65,535, each
  // of which may map another page. What comes after that waits.
  static constexpr std::uint64_t kMostInWindows = 65536;
  // How many had to wait that would have run.
  std::uint64_t left_out_in_windows() const { return left_out_in_windows_; }
  // Which operations wait for a window and have not been in any, ascending, from 0.
  std::vector<std::size_t> waiting() const;

  std::uint64_t resolve(const Quantity& quantity) const;
  // The same for a user address: a mapping base is where its memory is, and fresh
  // memory is `bytes` long.
  std::uint64_t resolve_vaddr(const Quantity& quantity, std::uint64_t bytes = 0) const;

 private:
  // An operation that waits for the window of a device.
  struct Script {
    Operation operation;
    std::size_t number = 0;  // which of the program's it is
    bool has_run = false;    // and waits for the next window of all
  };
  struct Device {
    bool enrolled = false;
    bool keeps = false;
    bool called = false;  // its callback runs
    std::vector<Script> scripts;
  };
  // A page that drivers hold.
  struct Held {
    std::uint64_t vaddr = 0;
    std::uint32_t pins = 0;                       // as the subject counts them
    std::array<std::uint16_t, kDevices> by = {};  // as each driver does
    bool writable = false;
  };

  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) override;

  void carry_out(const Operation& operation, std::span<const Step> hints);
  void execute(const Operation& operation);
  void run_window(Device& device);
  std::int64_t dispatch(const Operation& operation, Step& step);
  std::int64_t call(unsigned command, std::uint64_t argument);
  std::int64_t user_call(Verb verb, unsigned command, std::uint64_t argument, Step& step);
  std::int64_t do_map(const Operation& operation, Step& step);
  std::int64_t do_unmap(const Operation& operation, Step& step);
  std::int64_t do_dirty(const Operation& operation, Step& step, std::uint32_t flags);
  std::int64_t do_info(const Operation& operation, Step& step);
  std::int64_t do_ioctl(const Operation& operation, Step& step);
  std::int64_t do_pin(const Operation& operation, Step& step);
  std::int64_t do_unpin(const Operation& operation, const Step& step);
  std::int64_t do_rw(bool write, Step& step);
  std::int64_t do_dma(const Operation& operation, const Step& step);
  std::int64_t do_attach(const Operation& operation);
  std::int64_t do_detach(const Operation& operation);
  std::int64_t do_enroll(const Operation& operation);
  std::int64_t do_withdraw(const Operation& operation);
  void make_subject();
  void switch_over();

  BitmapArgument place_bitmap(const Operation& operation, std::uint64_t size);
  std::int64_t returned(Verb verb, std::int64_t result = 0, std::int64_t number = 0);
  void answered(const Answer& answer);
  void dropped(const LiveMapping& mapping);
  void learn_mapped(const vfio_iommu_type1_dma_map& map);
  void learn_unmapped(const RangeArgument& given, std::uint64_t argument, std::uint64_t page_bytes);
  void learn_dirty(const RangeArgument& given);
  std::uint64_t place_argument(const Operation& operation, const void* argument, std::size_t bytes);
  std::uint64_t argument_address() const;
  std::uint64_t bitmap_address() const;
  std::uint64_t faulting_address(const Operation& operation, const Fault& fault,
                                 const Step& step) const;
  void arm(const Operation& operation, const Fault& fault, UserFault& user, const Step& step);
  void disarm();
  // The index-th newest; null if there is none at all.
  const LiveMapping* newest(unsigned index) const;
  void forget_mappings(std::uint64_t first, std::uint64_t last);
  void ask_page_bytes();
  void dma_write(std::uint64_t vaddr, std::uint64_t bytes);
  void unpin_page(std::uint64_t iova, unsigned device);
  void fill(std::uint8_t* data, std::size_t bytes);
  void digest_output(const Operation& operation, Step& step) const;

  World world_;
  Setup setup_;
  std::unique_ptr<Subject> subject_;
  std::vector<Watcher*> watchers_;
  SubjectFactory make_;
  std::string left_at_source_;
  // Those that made the groups attached and the devices enrolled that are, in their order.
  std::vector<Operation> standing_;
  LiveMappings mappings_;
  std::array<Device, kDevices> devices_;
  std::array<GroupState, kGroups> groups_ = {};
  std::map<std::uint64_t, Held> held_;  // by IOVA of a page of 4 KiB
  std::vector<Step> steps_;
  std::span<const Step> hints_;
  std::uint64_t page_bytes_ = kPageBytes;
  bool asks_page_bytes_ = false;  // after the operation, which may have changed it
  FreshMemory fresh_;
  std::uint64_t bitmap_words_ = 0;
  std::uint64_t bitmap_data_ = BitmapArea::kBase;
  std::vector<CallbackMade> callbacks_;
  std::vector<std::string> warnings_;
  std::uint64_t ran_in_windows_ = 0, left_out_in_windows_ = 0;
  std::size_t given_ = 0;      // operations, to run at once or in a window
  std::uint64_t written_ = 0;  // transfers made; the bytes that they write follow from it
  unsigned depth_ = 0;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kPageBytes);  // or longer
};

}  // namespace tidemark
