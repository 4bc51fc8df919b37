// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Linux's own type1 driver as a subject: the real vfio_iommu_type1.c of a kernel
// version, unmodified, over stand-ins for the rest of the kernel.
//
// It has only Linux's range rule (RangeRule::whole), whatever the setup says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mismatch.h"
#include "subject.h"

struct linux_circumstances;  // kernel/linux_kernel.h
struct linux_type1;

namespace tidemark {

// Thrown out of any call when the kernel would not go on: it dies of a BUG_ON(),
// or waits for ever. The subject takes no more calls but withdraw() and release().
struct LinuxStopped {
  Signature signature;  // "linux.bug.vfio_dma_do_unmap", "linux.deadlock.FUNCTION", ...
  const Subject* who = nullptr;
};
// What Linux says of itself, in which of its functions.
Signature said_by_linux(Kind kind, std::string_view function);

class LinuxSubject : public Subject {
 public:
  // "6.1"
  virtual const char* version() const = 0;
  // Allocated without being charged to the user's memory cgroup.
  virtual std::uint64_t uncharged_bytes() const = 0;

  // For tests, of what the setup cannot say. What is otherwise from now on:
  virtual linux_circumstances& circumstances() = 0;
  // Releases the container and opens one of another type (VFIO_*_IOMMU); 0 or -errno,
  // after which there is none.
  virtual int reopen(unsigned long type) = 0;
  // What CHECK_EXTENSION says before there is a container.
  virtual std::int64_t offers(unsigned long extension) = 0;
  // 0 if the group has an IOMMU, else -errno; kGroups: asked for none.
  virtual int has_domain(unsigned group) = 0;
};

// The subject is a LinuxSubject.
std::unique_ptr<Subject> make_linux_6_1(const Setup& setup, World& world);
std::unique_ptr<Subject> make_linux_6_12(const Setup& setup, World& world);

// Of any version, which outlives the subjects; if `careful`, as below.
SubjectFactory linux_factory(const linux_type1& type1, bool careful);

// The tracker as a module of 6.12: the kernel's OS file and the glue to VFIO, over the
// same stand-ins. Calls that would take minutes are LinuxStopped, as below.
std::unique_ptr<Subject> make_tracker_kernel(const Setup& setup, World& world);

// The same as the first two, but memory errors that Linux is known for, and calls that would take
// minutes, are LinuxStopped ("linux.foreseen.WHAT") before they happen.
std::unique_ptr<Subject> make_careful_linux_6_1(const Setup& setup, World& world);
std::unique_ptr<Subject> make_careful_linux_6_12(const Setup& setup, World& world);

}  // namespace tidemark
