// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A library to be loaded before libc: /dev/vfio/ is not the kernel's, but fake_vfio.h's. The
// files behind it are in the folder that FAKE_VFIO names; of group N the kernel says there, in
// N.type, what it says in /sys.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "fake_vfio.h"

namespace tidemark::fake {
namespace {

// By the files' numbers on their disk, which copies of a descriptor share. Nothing is freed:
// a kernel does that when the last is closed, which nobody is told here.
struct Files {
  std::mutex lock;
  std::map<ino_t, std::unique_ptr<Container>> containers;
  std::map<ino_t, std::unique_ptr<Group>> groups;
  std::map<ino_t, Group*> devices;
};
Files& files() {
  static auto* all = new Files;
  return *all;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int real_open(const std::string& path, int flags) {
  static const auto open = next<int (*)(const char*, int, ...)>("open");
  return open(path.c_str(), flags, 0600);
}

std::string folder() {
  const char* named = std::getenv("FAKE_VFIO");
  return named ? named : "/none";
}

ino_t number_of(int file) {
  struct stat status = {};
  return fstat(file, &status) ? 0 : status.st_ino;
}

// A file that only its descriptor leads to.
int open_unnamed() {
  std::string path = folder() + "/XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  unlink(path.c_str());
  return file;
}

int open_vfio(const std::string& name) {
  const std::lock_guard guard(files().lock);
  if (name == "vfio") {
    const int file = open_unnamed();
    files().containers[number_of(file)] = std::make_unique<Container>();
    return file;
  }
  const int file = real_open(folder() + "/" + name, O_RDWR | O_CREAT | O_CLOEXEC);
  auto& group = files().groups[number_of(file)];
  if (!group) group = std::make_unique<Group>(static_cast<unsigned>(std::atoi(name.c_str())));
  return file;
}

int open_any(const char* path, int flags, unsigned mode) {
  constexpr std::string_view kDevices = "/dev/vfio/", kGroups = "/sys/kernel/iommu_groups/";
  const std::string_view text = path;
  if (text.starts_with(kDevices)) return open_vfio(std::string(text.substr(kDevices.size())));
  if (text.starts_with(kGroups)) {
    const std::string_view rest = text.substr(kGroups.size());
    return real_open(folder() + "/" + std::string(rest.substr(0, rest.find('/'))) + ".type", flags);
  }
  static const auto open = next<int (*)(const char*, int, ...)>("open");
  return open(path, flags, mode);
}

long group_ioctl(Group& group, unsigned command, void* argument) {
  if (command == VFIO_GROUP_UNSET_CONTAINER)
    return group.container ? group.container->leave(group) : -EINVAL;
  if (command == VFIO_GROUP_GET_DEVICE_FD) {
    const int file = open_unnamed();
    files().devices[number_of(file)] = &group;
    return file;
  }
  if (command != VFIO_GROUP_SET_CONTAINER) return -ENOTTY;
  const auto found = files().containers.find(number_of(*static_cast<int*>(argument)));
  return found == files().containers.end() ? -EINVAL : found->second->join(group);
}

// Nothing if the file is none of VFIO's.
template <class Map>
auto* find(const Map& map, ino_t number) {
  const auto found = map.find(number);
  return found == map.end() ? nullptr : &*found->second;
}

bool vfio_ioctl(int file, unsigned command, void* argument, long& result) {
  std::unique_lock guard(files().lock);
  const ino_t number = number_of(file);
  Container* container = find(files().containers, number);
  Group *group = find(files().groups, number), *device = find(files().devices, number);
  if (group) result = group_ioctl(*group, command, argument);
  guard.unlock();
  if (container) result = container->ioctl(command, reinterpret_cast<unsigned long>(argument));
  if (device) result = device->device_ioctl(command, argument);
  return container || group || device;
}

}  // namespace
}  // namespace tidemark::fake

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = va_arg(arguments, unsigned);
  va_end(arguments);
  return tidemark::fake::open_any(path, flags, mode);
}

int ioctl(int file, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  long result = 0;
  if ((request >> 8 & 0xff) == VFIO_TYPE &&
      tidemark::fake::vfio_ioctl(file, static_cast<unsigned>(request), argument, result)) {
    if (result >= 0) return static_cast<int>(result);
    errno = static_cast<int>(-result);
    return -1;
  }
  static const auto real = tidemark::fake::next<int (*)(int, unsigned long, ...)>("ioctl");
  return real(file, request, argument);
}

}  // extern "C"
