// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where this file is linked in, ./tidemark and fuzz targets have Linux as well, and the
// tracker as a part of it.
#include "factories.h"
#include "linux_lockstep.h"
#include "linux_subject.h"

namespace tidemark {
namespace {

template <std::size_t version>
std::unique_ptr<Lockstep> compare(std::string_view known) {
  return std::make_unique<LinuxLockstep>(linux_versions()[version], known);
}

// Nothing is known to differ.
std::unique_ptr<Lockstep> compare_tracker(std::string_view) {
  return std::make_unique<Lockstep>(make_tracker_kernel, make_reference);
}

}  // namespace

std::span<const UnderTest> peers() {
  static const UnderTest kPeers[] = {
      {linux_versions()[0].name, kType1Source, compare<0>, LINUX_ORIGIN_6_1},
      {linux_versions()[1].name, kType1Source, compare<1>, LINUX_ORIGIN_6_12},
      {"tracker-kernel", "/impl/", compare_tracker},
  };
  return kPeers;
}

}  // namespace tidemark
