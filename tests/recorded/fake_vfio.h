// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A kernel's VFIO for one process: containers that the tracker serves, groups and devices.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "hardware_kinds.h"
#include "os_machine.h"
#include "tidemark.h"

namespace tidemark::fake {

class Group;

// The IOMMU of a group: what is mapped, in runs.
class Domain {
 public:
  explicit Domain(const HardwareKind& kind) : page_bytes_(kind.pgsizes & (0 - kind.pgsizes)) {}

  int map(std::uint64_t iova, std::uint64_t pfn, std::uint64_t pages);
  void unmap(std::uint64_t iova, std::uint64_t pages);
  std::uint64_t lookup(std::uint64_t iova, std::uint64_t pages, std::uint64_t& pfn) const;

 private:
  std::uint64_t page_bytes_;
  std::map<std::uint64_t, std::uint64_t> pfns_;  // by the page's number
};

// What /dev/vfio/vfio gives. All return 0, or what the ioctl does, or -errno.
class Container {
 public:
  Container();
  ~Container();

  long ioctl(unsigned command, unsigned long argument);
  int join(Group& group);
  int leave(Group& group);
  // For the calls of impl/tidemark.h. Nothing before SET_IOMMU.
  tidemark_container* enter();

 private:
  long set_type(unsigned long type);

  os_process process_ = {};
  os_machine machine_ = {};
  tidemark_container* tracker_ = nullptr;
  std::vector<Group*> groups_;
};

// One of /dev/vfio/NUMBER, with its one device, as docs/emulated-device.md has it. Those from 40
// on have hardware of the kinds of programs: 42 and 52 are of kind 2.
class Group {
 public:
  explicit Group(unsigned number);

  int attach();
  void detach();
  long device_ioctl(unsigned command, void* argument);

  Container* container = nullptr;

 private:
  static void unmapped(tidemark_device* device, __u64 iova, __u64 bytes);
  long pin(const void* argument);
  long unpin(const void* argument);
  long transfer(const void* argument);
  void enroll(const void* argument);
  void withdraw();

  struct Device {
    tidemark_device callback;  // the first, so that its address is this
    Group* group;
  } device_ = {{unmapped, nullptr, 0, 0, nullptr}, this};
  std::optional<HardwareKind> hardware_;
  std::vector<tidemark_iova_range> reserved_;
  std::optional<Domain> domain_;
  std::multiset<std::uint64_t> held_;  // pages that the device has pinned
  bool enrolled_ = false, keeps_ = false;
};

}  // namespace tidemark::fake
