// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fake_vfio.h"

#include <linux/vfio.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host_layout.h"

namespace tidemark::fake {
namespace {

// The kernel's copies, which meet no page that is not there with a signal.
std::size_t not_copied(ssize_t copied, std::size_t bytes) {
  return bytes - static_cast<std::size_t>(std::max<ssize_t>(copied, 0));
}

std::size_t copy_from_user(void*, void* to, __u64 from, std::size_t bytes) {
  const iovec here = {to, bytes}, there = {reinterpret_cast<void*>(from), bytes};
  return not_copied(process_vm_readv(getpid(), &here, 1, &there, 1, 0), bytes);
}

std::size_t copy_to_user(void*, __u64 to, const void* from, std::size_t bytes) {
  const iovec here = {const_cast<void*>(from), bytes}, there = {reinterpret_cast<void*>(to), bytes};
  return not_copied(process_vm_writev(getpid(), &here, 1, &there, 1, 0), bytes);
}

bool access_ok(void*, __u64 address, __u64 bytes) {
  constexpr __u64 kUserEnd = (__u64{1} << 47) - kPageBytes;
  return address <= kUserEnd && bytes <= kUserEnd - address;
}

// Looked at are the first page and the last: tests have mappings of many.
__s64 pin_memory(void*, __u64 vaddr, __u64 pages, bool, __u64* pfn) {
  char byte = 0;
  for (const __u64 page : {__u64{0}, pages - 1})
    if (copy_from_user(nullptr, &byte, vaddr + page * kPageBytes, 1)) return -EFAULT;
  *pfn = vaddr / kPageBytes;
  return static_cast<__s64>(pages);
}

constexpr tidemark_iommu_ops kIommu = {
    [](void* domain, __u64 iova, __u64 pfn, __u64 pages, int) {
      return static_cast<Domain*>(domain)->map(iova, pfn, pages);
    },
    [](void* domain, __u64 iova, __u64 pages) { static_cast<Domain*>(domain)->unmap(iova, pages); },
    [](void* domain, __u64 iova, __u64 pages, __u64* pfn) {
      std::uint64_t found = 0;
      const std::uint64_t count = static_cast<Domain*>(domain)->lookup(iova, pages, found);
      *pfn = found;
      return static_cast<__u64>(count);
    }};

}  // namespace

int Domain::map(std::uint64_t iova, std::uint64_t pfn, std::uint64_t pages) {
  const std::uint64_t least = std::max(page_bytes_, kPageBytes);
  if ((iova | pfn * kPageBytes | pages * kPageBytes) % least) return -EINVAL;
  for (std::uint64_t i = 0; i < pages; ++i) pfns_[iova / kPageBytes + i] = pfn + i;
  return 0;
}

void Domain::unmap(std::uint64_t iova, std::uint64_t pages) {
  const std::uint64_t first = iova / kPageBytes;
  pfns_.erase(pfns_.lower_bound(first), pfns_.upper_bound(first + (pages - 1)));
}

std::uint64_t Domain::lookup(std::uint64_t iova, std::uint64_t pages, std::uint64_t& pfn) const {
  const std::uint64_t first = iova / kPageBytes;
  pfn = pfns_.at(first);
  std::uint64_t count = 1;
  while (count < pages && pfns_.at(first + count) == pfn + count) ++count;
  return count;
}

Container::Container() {
  machine_.copy_from_user = copy_from_user;
  machine_.copy_to_user = copy_to_user;
  machine_.access_ok = access_ok;
  machine_.pin = pin_memory;
  machine_.unpin = [](void*, __u64, __u64, bool) {};
  process_.locked_limit_pages = ~__u64{0} >> 12;
  machine_.process = &process_;
}

Container::~Container() {
  while (!groups_.empty()) leave(*groups_.back());
}

tidemark_container* Container::enter() {
  os_current = &machine_;
  return tracker_;
}

long Container::set_type(unsigned long type) {
  if (tracker_ || groups_.empty()) return -EINVAL;
  const tidemark_config config = {static_cast<__u32>(type), TIDEMARK_RANGE_WHOLE, 65535,
                                  TIDEMARK_STORE_BITMAP};
  os_current = &machine_;
  if (const int error = tidemark_container_create(&config, &tracker_)) return error;
  for (Group* group : groups_)
    if (const int error = group->attach()) return error;
  return 0;
}

long Container::ioctl(unsigned command, unsigned long argument) {
  if (command == VFIO_GET_API_VERSION) return VFIO_API_VERSION;
  if (command == VFIO_SET_IOMMU) return set_type(argument);
  if (command == VFIO_CHECK_EXTENSION) return tidemark_container_ioctl(enter(), command, argument);
  return enter() ? tidemark_container_ioctl(tracker_, command, argument) : -EINVAL;
}

int Container::join(Group& group) {
  if (group.container) return -EINVAL;
  group.container = this;
  if (const int error = tracker_ ? group.attach() : 0) {
    group.container = nullptr;
    return error;
  }
  groups_.push_back(&group);
  return 0;
}

int Container::leave(Group& group) {
  if (group.container != this) return -EINVAL;
  if (enter()) group.detach();
  group.container = nullptr;
  std::erase(groups_, &group);
  if (tracker_ && groups_.empty()) {
    tidemark_container_destroy(tracker_);
    tracker_ = nullptr;
  }
  return 0;
}

Group::Group(unsigned number) {
  constexpr unsigned kFirstHardware = 40, kSameKind = 10;
  if (number < kFirstHardware) return;
  hardware_ = hardware_kind((number - kFirstHardware) % kSameKind);
  for (unsigned i = 0; i < hardware_->nr_reserved; ++i)
    reserved_.push_back({hardware_->reserved[i].first, hardware_->reserved[i].last});
}

int Group::attach() {
  tidemark_group_info info = {};
  if (hardware_) {
    domain_.emplace(*hardware_);
    info.flags =
        TIDEMARK_GROUP_HARDWARE | (hardware_->cache_coherent ? TIDEMARK_GROUP_CACHE_COHERENT : 0);
    info.pgsizes = hardware_->pgsizes;
    info.aperture = {hardware_->aperture.first, hardware_->aperture.last};
    info.nr_reserved = static_cast<__u32>(reserved_.size());
    info.reserved = reserved_.data();
    info.iommu = &kIommu;
    info.domain = &*domain_;
  }
  return tidemark_group_attach(container->enter(), this, &info);
}

void Group::detach() {
  withdraw();
  tidemark_container* tracker = container->enter();
  for (const std::uint64_t page : std::exchange(held_, {}))
    tidemark_pages_unpin(tracker, page * kPageBytes, 1);
  tidemark_group_detach(tracker, this);
}

}  // namespace tidemark::fake
