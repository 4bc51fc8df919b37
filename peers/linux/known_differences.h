// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where Linux is known to differ from the contract, each with its reason. What
// is not on this list is a finding: in Linux, in the contract, or here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "divergence.h"
#include "linux_subject.h"
#include "quirks.h"

namespace tidemark {

inline constexpr const char* kType1Source = "/vfio_iommu_type1.c";
inline constexpr unsigned kLinux61 = 1, kLinux612 = 2, kAllLinux = kLinux61 | kLinux612;
inline constexpr unsigned kNewerLinux = 4;  // of neither, but of trees

using Explains = bool (*)(const Divergence& difference);

struct KnownDifference {
  const char* name;    // of the file in known_differences/ that shows it
  const char* rule;    // of the contract; or what it is about
  const char* reason;  // what Linux does
  unsigned versions;
  // The reference does the same: the program goes on, and nothing else is passed over.
  std::optional<reference::Quirk> quirk;
  // What the reference cannot do, or not all of it: the program ends with such a
  // difference, explained.
  Explains explains = nullptr;
  // A defect of Linux: its page in docs/linux-findings/. Null: only another choice.
  const char* page = nullptr;
};
std::span<const KnownDifference> known_differences();
// Null if there is none of that name.
const KnownDifference* known_difference_named(std::string_view name);

struct LinuxVersion {
  std::string name;             // of the subject: "linux-6.1", "linux:/home/me/linux"
  unsigned bit = 0;             // of KnownDifference::versions; 0: a tree, which was asked
  SubjectFactory make;          // dies where Linux does
  SubjectFactory make_careful;  // stops before
  std::vector<const KnownDifference*> known;  // the differences that it has

  bool has(const KnownDifference& entry) const;
};
// Those of Debian's packages.
std::span<const LinuxVersion> linux_versions();

// Those of the version.
reference::Quirks quirks_of(const LinuxVersion& version);

// The first entry that explains it; null if none does.
const KnownDifference* find_known_difference(const LinuxVersion& version,
                                             const Divergence& difference);

}  // namespace tidemark
