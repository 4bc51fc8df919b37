// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a log does not say, guessed from what it does.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "program.h"
#include "program_tail.h"

namespace tidemark {

// Up to where all went well, and from where on it did not.
class Bound {
 public:
  void good(std::uint64_t value) { most_good_ = std::max(most_good_, value); }
  void bad(std::uint64_t value) { least_bad_ = std::min(least_bad_, value); }
  // Is there one limit that explains both?
  bool explains() const { return least_bad_ != kNone && most_good_ < least_bad_; }
  std::uint64_t most_good() const { return most_good_; }
  std::uint64_t least_bad() const { return least_bad_; }

 private:
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t most_good_ = 0, least_bad_ = kNone;
};

class Inference {
 public:
  // A mapping, and how many there were before it.
  void mapped(std::uint64_t first, std::uint64_t size, const LoggedMappings& with_it);
  void refused(std::uint64_t first, std::uint64_t size, std::int64_t result,
               const LoggedMappings& without_it);
  // A query of a range that has so many mapped pages.
  void queried(std::uint64_t dirty_pages, std::uint64_t mapped_pages);

  bool mediated = false;         // the log says so
  bool user_server = false;      // libvfio-user, behind which there is no IOMMU
  bool device_tracking = false;  // queries went to devices
  bool query_faults = false;     // one had EFAULT

  LoggedGroups group_kind() const;
  Setup setup(ContainerType type) const;
  // What was guessed of these two, a line each.
  std::vector<std::string> words() const;

 private:
  // Memory behind an IOMMU is dirty as a whole; where once it was not, a page was lost.
  bool emulated() const { return mediated || user_server || fewer_dirty_ > all_dirty_; }
  bool reserved_msi() const { return refused_at_msi_ && !mapped_at_msi_ && !refused_elsewhere_; }
  std::optional<unsigned> address_bits() const;

  // Queries of what was mapped that found not all of it dirty, and all.
  std::uint64_t fewer_dirty_ = 0, all_dirty_ = 0;
  bool mapped_at_msi_ = false, refused_at_msi_ = false, refused_elsewhere_ = false;
  bool unpinnable_ = false;
  Bound last_byte_, bytes_, count_;
};

}  // namespace tidemark
