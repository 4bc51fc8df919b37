// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For subjects that are written in C, and call the world around them through structs
// of functions: those functions, whatever the structs are called.
#pragma once

#include <linux/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "check.h"
#include "hardware_kinds.h"
#include "host_ledger.h"
#include "state.h"
#include "world.h"

namespace tidemark {

static_assert(sizeof(__u64) == sizeof(std::uint64_t));

// The user's memory, which host_ledger.h has the pins of. The subject's functions get
// its `context`, a Self, which has a world() and a ledger().
template <class Self, class Functions>
void give_memory(Self& context, Functions& functions) {
  functions.context = &context;
  functions.copy_from_user = [](void* c, void* to, __u64 from, std::size_t bytes) {
    return static_cast<Self*>(c)->world().copy_from_user(to, from, bytes);
  };
  functions.copy_to_user = [](void* c, __u64 to, const void* from, std::size_t bytes) {
    return static_cast<Self*>(c)->world().copy_to_user(to, from, bytes);
  };
  functions.access_ok = [](void* c, __u64 address, __u64 bytes) {
    return static_cast<Self*>(c)->world().access_ok(address, bytes);
  };
  functions.pin = [](void* c, __u64 vaddr, __u64 pages, bool write, __u64* pfn) -> __s64 {
    Self& self = *static_cast<Self*>(c);
    std::uint64_t first = 0;
    const std::int64_t pinned = self.ledger().pin(self.world(), vaddr, pages, write, first);
    *pfn = first;
    return pinned;
  };
  functions.unpin = [](void* c, __u64 pfn, __u64 pages, bool write) {
    static_cast<Self*>(c)->ledger().unpin(pfn, pages, write);
  };
}

// Attaches a group with `call`, which returns 0 or -errno; of its hardware, if that is not
// null, the host's books are made.
template <class Call>
int attach_noted(IommuDomain& domain, const HardwareKind* kind, Call call) {
  const std::uint64_t page_bytes = domain.page_bytes;
  if (kind) domain.page_bytes = std::max(kPageBytes, kind->pgsizes & -kind->pgsizes);
  const int result = call();
  if (result) domain.page_bytes = page_bytes;
  domain.attached |= kind && !result;
  return result;
}

// Which allocation fails, for a subject that asks before each.
class AllocationFaults {
  struct Ordered {
    std::uint64_t countdown = 0;  // 1: the next one fails; 0: none does
    bool failed = false;
  };

 public:
  bool next_fails() {
    if (!now_.countdown || --now_.countdown) return false;
    now_.failed = true;
    return true;
  }

  // A call into the subject. What was ordered to fail in it is not meant for the calls in
  // its window.
  class Call {
   public:
    Call(AllocationFaults& faults, World& world)
        : faults_(faults), world_(world), outer_(faults.now_) {
      faults_.now_ = {world.fail_allocation, false};
    }
    ~Call() {
      world_.allocation_failed |= faults_.now_.failed;
      faults_.now_ = outer_;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    AllocationFaults& faults_;
    World& world_;
    const Ordered outer_;
  };

 private:
  Ordered now_;
};

// Writes down what it visits.
template <class Visitor>
Visitor visitor_into(State& state) {
  Visitor visitor = {};
  visitor.context = &state;
  visitor.mapping = [](void* s, __u64 first, __u64 last, __u64 vaddr, int prot) {
    static_cast<State*>(s)->mappings.push_back({first, last, vaddr, prot});
  };
  visitor.pin = [](void* s, __u64 iova, __u64 count) {
    static_cast<State*>(s)->pins.push_back({iova, count});
  };
  visitor.marks = [](void* s, __u64 first, __u64 last) {
    check(first % kPageBytes == 0 && last % kPageBytes == kPageBytes - 1, "visit.part-of-a-page");
    static_cast<State*>(s)->add_marks(first / kPageBytes, last / kPageBytes + 1);
  };
  return visitor;
}

}  // namespace tidemark
