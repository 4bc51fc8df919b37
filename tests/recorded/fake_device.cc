// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The device of a group, by the ioctls that docs/emulated-device.md has.
#include <linux/vfio.h>

#include <cerrno>
#include <vector>

#include "fake_vfio.h"
#include "host_layout.h"

namespace tidemark::fake {
namespace {

struct Pages {
  __u32 argsz, flags;
  __u64 iova;
  __s32 count;
  __u32 reserved;
};
struct Transfer {
  __u32 argsz, flags;
  __u64 iova, size, data;
};
struct Callback {
  __u32 argsz, flags;
};
constexpr __u32 kWrite = 1 << 1, kKeep = 1 << 3;
constexpr int kMostPages = 512;

enum Command : unsigned {
  kPin = _IO(VFIO_TYPE, VFIO_BASE + 128),
  kUnpin = _IO(VFIO_TYPE, VFIO_BASE + 129),
  kTransfer = _IO(VFIO_TYPE, VFIO_BASE + 130),
  kDma = _IO(VFIO_TYPE, VFIO_BASE + 131),
  kEnroll = _IO(VFIO_TYPE, VFIO_BASE + 132),
  kWithdraw = _IO(VFIO_TYPE, VFIO_BASE + 133),
};

}  // namespace

long Group::device_ioctl(unsigned command, void* argument) {
  if (!container || !container->enter()) return -EINVAL;
  switch (command) {
    case kPin:
      return pin(argument);
    case kUnpin:
      return unpin(argument);
    case kTransfer:
      return transfer(argument);
    case kDma:
      return 0;  // of what hardware writes nobody is told
    case kEnroll:
      return enroll(argument), 0;
    case kWithdraw:
      return withdraw(), 0;
    default:
      return -ENOTTY;
  }
}

long Group::pin(const void* argument) {
  const auto& pages = *static_cast<const Pages*>(argument);
  if (pages.count < 0 || pages.count > kMostPages) return -E2BIG;
  std::vector<__u64> pfns(kMostPages);
  const int pinned = tidemark_pages_pin(container->enter(), this, pages.iova, pages.count,
                                        static_cast<int>(pages.flags), pfns.data());
  for (int i = 0; i < pinned; ++i)
    held_.insert(pages.iova / kPageBytes + static_cast<std::uint64_t>(i));
  return pinned;
}

long Group::unpin(const void* argument) {
  const auto& pages = *static_cast<const Pages*>(argument);
  if (pages.count < 1 || pages.count > kMostPages) return 0;
  tidemark_pages_unpin(container->enter(), pages.iova, pages.count);
  for (int i = 0; i < pages.count; ++i) {
    const auto held = held_.find(pages.iova / kPageBytes + static_cast<std::uint64_t>(i));
    if (held != held_.end()) held_.erase(held);
  }
  return 0;
}

long Group::transfer(const void* argument) {
  const auto& rw = *static_cast<const Transfer*>(argument);
  auto* data = reinterpret_cast<void*>(rw.data);
  return rw.flags & kWrite ? tidemark_memory_write(container->enter(), rw.iova, data, rw.size)
                           : tidemark_memory_read(container->enter(), rw.iova, data, rw.size);
}

void Group::enroll(const void* argument) {
  keeps_ = static_cast<const Callback*>(argument)->flags & kKeep;
  if (!enrolled_) tidemark_device_register(container->enter(), &device_.callback);
  enrolled_ = true;
}

void Group::withdraw() {
  if (enrolled_) tidemark_device_unregister(container->enter(), &device_.callback);
  enrolled_ = false;
}

void Group::unmapped(tidemark_device* device, __u64 iova, __u64 bytes) {
  Group& group = *reinterpret_cast<Device*>(device)->group;
  if (group.keeps_) return;
  tidemark_container* tracker = group.container->enter();
  const auto first = group.held_.lower_bound(iova / kPageBytes);
  const auto end = group.held_.upper_bound((iova + (bytes - 1)) / kPageBytes);
  for (auto page = first; page != end; ++page) tidemark_pages_unpin(tracker, *page * kPageBytes, 1);
  group.held_.erase(first, end);
}

}  // namespace tidemark::fake
