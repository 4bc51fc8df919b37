// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where this file is linked in, ./tidemark and fuzz targets have Linux as well.
#include "linux_lockstep.h"

namespace tidemark {
namespace {

template <std::size_t version>
std::unique_ptr<Lockstep> compare(std::string_view known) {
  return std::make_unique<LinuxLockstep>(linux_versions()[version], known);
}

}  // namespace

std::span<const UnderTest> peers() {
  static const UnderTest kPeers[] = {
      {linux_versions()[0].name, kType1Source, compare<0>, LINUX_ORIGIN_6_1},
      {linux_versions()[1].name, kType1Source, compare<1>, LINUX_ORIGIN_6_12},
  };
  return kPeers;
}

}  // namespace tidemark
