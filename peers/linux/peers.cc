// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Where this file is linked in, ./tidemark and fuzz targets have Linux as well, and the
// tracker as a part of it.
#include <set>

#include "factories.h"
#include "linux_comparison.h"
#include "linux_lockstep.h"
#include "linux_subject.h"
#include "linux_tree.h"
#include "tracker_kernel_lockstep.h"

namespace tidemark {
namespace {

template <std::size_t version>
std::unique_ptr<Lockstep> compare(std::string_view known) {
  return std::make_unique<LinuxLockstep>(linux_versions()[version], known);
}

std::unique_ptr<Lockstep> compare_tracker(std::string_view known) {
  return std::make_unique<TrackerKernelLockstep>(known);
}

// For as long as the process lives.
std::string_view kept(std::string text) {
  static std::set<std::string, std::less<>> texts;
  return *texts.insert(std::move(text)).first;
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

std::optional<UnderTest> find_peer(std::string_view subject, std::string& why) {
  // A library may be in a folder with a comma.
  if (!subject.starts_with("linux")) return std::nullopt;
  const std::size_t comma = subject.find(',');
  if (comma == std::string_view::npos && !subject.starts_with(kTreePrefix)) return std::nullopt;
  const LinuxVersion* version = find_linux_version(subject.substr(0, comma), why);
  if (!version) return std::nullopt;
  if (comma == std::string_view::npos)
    return UnderTest{version->name, kType1Source,
                     [version](std::string_view known) {
                       return std::make_unique<LinuxLockstep>(*version, known);
                     },
                     origin_of_tree(*version)};
  const LinuxVersion* base = find_linux_version(subject.substr(comma + 1), why);
  if (!base) return std::nullopt;
  return UnderTest{kept(version->name + "," + base->name), kType1Source,
                   [version, base](std::string_view known) {
                     return std::make_unique<LinuxComparison>(*version, *base, known);
                   },
                   origin_of_tree(*version)};
}

}  // namespace tidemark
