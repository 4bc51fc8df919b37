// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What any tracker under test offers: a container in a world. The production
// tracker and the reference each are one, and so can be any other.
#pragma once

#include <linux/vfio.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardware_kinds.h"
#include "state.h"
#include "world.h"

namespace tidemark {

// What a call did with the container's lock.
struct LockUse {
  unsigned takes = 0;      // how often it took it
  unsigned callbacks = 0;  // that it made
  unsigned unlocked = 0;   // what it did without the lock and should have done with it (D20)
  unsigned kept = 0;       // locks that it had not given back when it returned
};

// What a call cost, be it that it failed.
struct CallCost {
  std::uint64_t bytes = 0;  // of memory that it asked for, all together
  std::uint64_t steps = 0;  // nodes of trees that it looked at, and words with a bit in them
};

class Subject {
 public:
  virtual ~Subject() = default;

  virtual std::int64_t ioctl(unsigned command, std::uint64_t argument) = 0;
  // `kind` is null for an emulated group, else it need not outlive the call.
  virtual int attach(unsigned group, const HardwareKind* kind) = 0;
  virtual void detach(unsigned group) = 0;
  virtual void enroll(unsigned device) = 0;    // not enrolled now
  virtual void withdraw(unsigned device) = 0;  // enrolled, no callback of it running
  // The number of pages, or -errno. At most 512 pfns are stored.
  virtual int pin(unsigned group, std::uint64_t iova, int count, int rights,
                  std::uint64_t* pfns) = 0;
  virtual void unpin(std::uint64_t iova, int count) = 0;
  virtual int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) = 0;

  virtual Sizes sizes() = 0;
  virtual void inspect(State& state) = 0;
  // If not, sizes() and inspect() say nothing, and nobody is to compare them.
  virtual bool shows_state() const { return true; }

  // Does what the host has pinned, and what its IOMMUs map, follow from the state
  // that the subject has just shown? For subjects that have a host.
  virtual std::optional<Discrepancy> audit(const State& /*shown*/) { return std::nullopt; }

  // Of the call that returned last, without those in its callbacks; sizes() and
  // inspect() are calls, too. Null for subjects that do not count; valid until the next call.
  virtual const LockUse* lock_use() { return nullptr; }

  // The same of what it cost.
  virtual const CallCost* cost() { return nullptr; }

  // The functions in which what a kernel calls a WARN came true since the last call, in
  // order. None of a subject that ends on the first.
  virtual std::vector<std::string> take_warnings() { return {}; }

  // Said before each operation: another subject ran out of memory in it. This one has to,
  // if by the contract it comes to a point where that can happen (D19); or it does not.
  // For subjects that cannot be made to run out themselves.
  virtual void run_out_of_memory(bool /*out*/) {}

  // Said before a pin in which another subject ran out of memory: what that shows after
  // it. At which page memory ran out is open (D19), and the marks tell.
  virtual void learn_where_memory_ended(const State& /*shown*/) {}

  // Said after an operation on bytes [first, last] in which another subject went without
  // memory: what that shows after it. In the mappings of that range it may have marked more
  // pages (D23), and then this one has to.
  virtual void learn_spare_marks(const State& /*shown*/, std::uint64_t /*first*/,
                                 std::uint64_t /*last*/) {}

  // Everything given back; what was not, in words, one line each.
  virtual std::string release() = 0;
};

// The type as VFIO numbers it, which all subjects go by.
inline std::uint32_t vfio_type(ContainerType type) {
  return type == ContainerType::v1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU;
}

// All devices are withdrawn before release(); the world outlives the subject.
using SubjectFactory = std::function<std::unique_ptr<Subject>(const Setup&, World&)>;

}  // namespace tidemark
