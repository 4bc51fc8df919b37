// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An oracle that knows nothing of the contract's wording: a live migration. It
// plays the hypervisor beside a running program. When tracking starts it copies
// all memory; whatever a query or an unmap reports it copies again; at the end
// the copy must equal the memory, byte by byte, or a page was lost (N1).
//
// It trusts only what its user sees: bitmaps, return codes, its own mappings.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "executor.h"
#include "guest_memory.h"
#include "watcher.h"

namespace tidemark {

class Migration final : public Watcher {
 public:
  // Of the memory of `source`, which has it among its watchers, and outlives it.
  explicit Migration(const Executor& source) : source_(source) {}

  // The source is a new one.
  void reset();

  // Everything is copied once.
  void tracking_switched(bool on) override;
  // Cost: of each mapping that was asked for, the bytes of its bitmap, or all pages that were
  // ever written if these are fewer.
  void answered(const Answer& answer) override;
  void answer_written(std::uint64_t user_page) override;
  // A careful user takes all of it for dirty.
  void mapping_dropped(const LiveMapping& mapping) override;

  // With what it ends (stop_and_copy.cc): a query for each live mapping of which a
  // page was ever written, and for what cannot be asked at this P, attach and detach,
  // so that P is 4096, and queries after that.
  std::vector<Operation> closing_operations() const;
  // Which word of the query's bitmap has to be the area's first (Executor::run_from).
  std::uint64_t first_word_asked(const Operation& query) const;
  // A closing query was refused: what it asked for counts as dirty.
  void refused(const Step& query);
  // After the last query: the iova (if it is mapped, else the user address) of a page
  // in which source and destination differ.
  std::optional<std::uint64_t> lost_page() const;

 private:
  const GuestMemory& memory() const { return source_.world().memory; }
  void copy(std::uint64_t page);
  // Calls `visit(iova, page)` for what of the mapped [first, last] was ever written.
  template <class Visit>
  void each_written(std::uint64_t first, std::uint64_t last, Visit visit) const {
    source_.mappings().each_in(first, last, [&](const LiveMapping& mapping) {
      mapping.each_written(memory(), [&](std::uint64_t page) {
        const std::uint64_t iova = mapping.iova_of(page);
        if (iova >= first && iova <= last) visit(iova, page);
      });
    });
  }
  struct Part {
    std::uint64_t first, last;  // bytes, inclusive
  };
  std::uint8_t bits_at(const Answer& answer, std::uint64_t byte) const;
  // Of the mapping's `part`, what was ever written and has its bit.
  void copy_what_was_written(const Answer& answer, const LiveMapping& mapping, Part part);
  void copy_where_bits_are(const Answer& answer, const LiveMapping& mapping, Part part);
  bool can_ask(const LiveMapping& mapping) const;
  void ask(const LiveMapping& mapping, std::uint64_t page_bytes,
           std::vector<Operation>& operations) const;
  void shrink_pages(std::vector<Operation>& operations) const;

  const Executor& source_;
  bool running_ = false;
  GuestMemory destination_;
};

}  // namespace tidemark
