// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A user, its devices and their drivers around one subject: turns operations
// into calls, real ioctl structs and all, and keeps what came out of them.
//
// What a machine believes (live mappings, held pins) follows from results
// alone: two machines that see the same results do the same.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "migration.h"
#include "operation.h"
#include "subject.h"

namespace tidemark {

// What came out of one operation, be it called by the program or in a window.
struct Step {
  Verb verb = Verb::start;
  std::uint8_t depth = 0;          // 1 in the window of an unmap
  bool allocation_failed = false;  // the fault that was ordered came true
  std::int64_t result = 0;         // value or -errno; 0 where there is none
  std::uint64_t first = 0;         // range after resolving, bytes
  std::uint64_t size = 0;
  std::uint64_t digest = 0;  // of what was read; in windows, of all output
  bool operator==(const Step&) const = default;
};

class Machine final : public UnmapListener {
 public:
  Machine() = default;
  ~Machine() {
    if (subject_) release();
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // rw moves at most so much at once.
  static constexpr std::uint64_t kTransferBytes = 3 * kPageBytes;

  // A new container in a new world. The previous one is gone already or is
  // released now. Reuses allocations.
  void reset(const Setup& setup, SubjectFactory make);

  // Runs one operation and what it sets off. `hints[i]`, where given, says that
  // the i-th step ran out of memory elsewhere, and must here (subjects that
  // cannot be made to fail). The result is valid until the next call.
  std::span<const Step> run(const Operation& operation, std::span<const Step> hints = {});

  // The queries with which a migration ends: one for each live mapping of which
  // a page was ever written.
  std::vector<Operation> closing_queries() const;
  // Runs one; where it is refused, the mappings count as dirty.
  std::span<const Step> close(const Operation& query);
  // The iova (if it is mapped, else the user address) of a lost page.
  std::optional<std::uint64_t> lost_page() const;

  // Withdraws all devices and releases the subject; what it left behind.
  std::string release();

  Subject& subject() { return *subject_; }
  const World& world() const { return world_; }
  const Migration& migration() const { return migration_; }
  std::span<const LiveMapping> mappings() const { return mappings_; }
  std::uint64_t page_bytes() const { return page_bytes_; }
  // Of the last query or unmap: bitmap words that its range needs; 0 if none.
  std::uint64_t bitmap_words() const { return bitmap_words_; }
  // Of the last operation: a digest of the callbacks that it made, in their order.
  std::uint64_t callbacks() const { return callbacks_; }

  std::uint64_t resolve(const Quantity& quantity) const;
  // The same for a user address: a mapping base is where its memory is.
  std::uint64_t resolve_vaddr(const Quantity& quantity) const;

 private:
  struct Script {
    Operation operation;
    bool every = false;
  };
  struct Device {
    bool enrolled = false;
    bool keeps = false;
    bool called = false;  // its callback runs
    std::vector<Script> scripts;
  };
  enum class GroupState : std::uint8_t { absent, emulated, hardware, hardware_pinned };
  // A page that drivers hold.
  struct Held {
    std::uint64_t iova = 0, vaddr = 0;
    std::uint32_t pins = 0;                       // as the subject counts them
    std::array<std::uint16_t, kDevices> by = {};  // as each driver does
    bool writable = false;
  };

  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) override;

  std::int64_t execute(const Operation& operation, Step& step);
  std::int64_t do_map(const Operation& operation, const Step& step);
  std::int64_t do_unmap(const Operation& operation, const Step& step);
  std::int64_t do_dirty(const Operation& operation, const Step& step, std::uint32_t flags);
  std::int64_t do_info(const Operation& operation);
  std::int64_t do_pin(const Operation& operation, Step& step);
  std::int64_t do_unpin(const Operation& operation, const Step& step);
  std::int64_t do_rw(bool write, Step& step);
  std::int64_t do_dma(const Operation& operation, const Step& step);
  std::int64_t do_attach(const Operation& operation);
  std::int64_t do_detach(const Operation& operation);
  std::int64_t do_enroll(const Operation& operation);
  std::int64_t do_withdraw(const Operation& operation);

  std::uint64_t place_argument(const Operation& operation, const void* argument, std::size_t bytes);
  std::uint64_t bitmap_address() const;
  void arm(const Operation& operation, std::uint64_t first);
  void disarm();
  // The index-th newest; null if there is none at all.
  const LiveMapping* newest(unsigned index) const;
  const LiveMapping* mapping_at(std::uint64_t iova) const;
  void forget_mappings(std::uint64_t first, std::uint64_t last);
  void learn_page_bytes();
  Held* held(std::uint64_t iova);
  void dma_write(std::uint64_t vaddr, std::uint64_t bytes);
  void unpin_page(std::uint64_t iova, unsigned device);
  void fill(std::uint8_t* data, std::size_t bytes);
  std::uint64_t output_digest(Verb verb) const;

  World world_;
  std::unique_ptr<Subject> subject_;
  Migration migration_;
  std::vector<LiveMapping> mappings_;  // oldest first
  std::array<Device, kDevices> devices_;
  std::array<GroupState, kGroups> groups_ = {};
  std::vector<Held> held_;  // by iova
  std::vector<Step> steps_;
  std::span<const Step> hints_;
  std::uint64_t page_bytes_ = kPageBytes;  // P, as GET_INFO says it
  std::uint64_t next_vaddr_ = kRamFirst;
  std::uint64_t bitmap_words_ = 0;
  std::uint64_t callbacks_ = 0;
  std::uint64_t written_ = 0;  // transfers made; the bytes that they write follow from it
  unsigned depth_ = 0;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kTransferBytes);
};

}  // namespace tidemark
