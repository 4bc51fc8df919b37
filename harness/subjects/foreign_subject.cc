// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "foreign_subject.h"

#include <array>
#include <cerrno>
#include <iterator>

#include "c_subject.h"
#include "check.h"
#include "host_ledger.h"

namespace tidemark {
namespace {

static_assert(kGroups == TIDEMARK_SUBJECT_MOST_GROUPS);
static_assert(kDevices == TIDEMARK_SUBJECT_MOST_DEVICES);
static_assert(kMostReserved == std::size(tidemark_subject_hardware().reserved));

// What a library does not have is not called: no program that is fitted to it gets there,
// but one that is being reduced may, and then differs from the reference.
class ForeignSubject final : public Subject {
 public:
  ForeignSubject(const Library& library, const Setup& setup, World& world);
  ~ForeignSubject() override { release(); }

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    const Use use(*this);
    return library_.functions.ioctl(container_, command, argument);
  }
  int attach(unsigned group, const HardwareKind* kind) override;
  void detach(unsigned group) override {
    const Use use(*this);
    library_.functions.detach(container_, group);
    ledger_.domains[group].attached = false;
    check(ledger_.domains[group].ranges().empty(), "domain.left-mapped");
  }
  void enroll(unsigned device) override {
    const Use use(*this);
    if (has(Feature::devices)) library_.functions.enroll(container_, device);
  }
  void withdraw(unsigned device) override {
    const Use use(*this);
    if (has(Feature::devices)) library_.functions.withdraw(container_, device);
  }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override {
    const Use use(*this);
    if (!has(Feature::pins)) return -ENOSYS;
    return library_.functions.pin(container_, group, iova, count, rights,
                                  reinterpret_cast<__u64*>(pfns));
  }
  void unpin(std::uint64_t iova, int count) override {
    const Use use(*this);
    if (has(Feature::pins)) library_.functions.unpin(container_, iova, count);
  }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    const Use use(*this);
    if (!has(Feature::rw)) return -ENOSYS;
    return library_.functions.rw(container_, iova, data, bytes, write);
  }
  bool shows_state() const override { return has(Feature::state); }
  Sizes sizes() override;
  void inspect(State& state) override;
  std::optional<Discrepancy> audit(const State& shown) override { return ledger_.audit(shown); }
  std::string release() override;

  World& world() { return world_; }
  HostLedger& ledger() { return ledger_; }

 private:
  // While the library runs.
  struct Use : AllocationFaults::Call {
    explicit Use(ForeignSubject& s) : Call(s.allocation_faults_, s.world_) {}
  };

  static ForeignSubject& self(void* context) { return *static_cast<ForeignSubject*>(context); }
  bool has(Feature feature) const { return library_.features.has(feature); }
  void give_host();
  void give_processes();

  const Library& library_;
  World& world_;
  tidemark_subject_world functions_ = {};
  void* container_ = nullptr;
  HostLedger ledger_;
  AllocationFaults allocation_faults_;
  std::string left_;
};

ForeignSubject::ForeignSubject(const Library& library, const Setup& setup, World& world)
    : library_(library), world_(world) {
  functions_.bytes = sizeof(functions_);
  give_memory(*this, functions_);
  give_host();
  give_processes();
  functions_.left = [](void* c, const char* what, __u64 count) {
    if (count) self(c).left_ += std::string(what) + " left: " + std::to_string(count) + "\n";
  };
  const tidemark_subject_config config = {
      .type = vfio_type(setup.type),
      .dma_entry_limit = setup.entries,
      .range_rule = static_cast<__u32>(setup.rule),
  };
  const Use use(*this);
  container_ = library_.functions.create(&functions_, &config);
  check(container_ != nullptr, "container.create");
}

void ForeignSubject::give_host() {
  functions_.allocation_fails = [](void* c) { return self(c).allocation_faults_.next_fails(); };
  functions_.iommu_map = [](void* c, unsigned group, __u64 iova, __u64 pfn, __u64 pages,
                            int rights) {
    ForeignSubject& s = self(c);
    if (group >= kGroups) return -EINVAL;
    return s.ledger_.domains[group].map_for_subject({iova, pfn, pages, rights}, s.world_);
  };
  functions_.iommu_unmap = [](void* c, unsigned group, __u64 iova, __u64 pages) {
    check(group < kGroups, "domain.no-such-group");
    self(c).ledger_.domains[group].unmap(iova, pages);
  };
  functions_.iommu_lookup = [](void* c, unsigned group, __u64 iova, __u64 pages,
                               __u64* pfn) -> __u64 {
    check(group < kGroups, "domain.no-such-group");
    std::uint64_t first = 0;
    const std::uint64_t run = self(c).ledger_.domains[group].lookup(iova, pages, first);
    *pfn = first;
    return run;
  };
  functions_.dma_unmap = [](void* c, unsigned device, __u64 iova, __u64 bytes) {
    check(device < kDevices, "callback.no-such-device");
    self(c).world_.dma_unmap(device, iova, bytes);
  };
}

void ForeignSubject::give_processes() {
  functions_.caller = [](void* c, tidemark_subject_caller* caller) {
    const Processes& now = self(c).world_.processes;
    *caller = {.kernel_thread = now.is_kernel_thread(),
               .ipc_lock = now.caller.ipc_lock,
               .task = 0,
               .memory = 0};
    if (caller->kernel_thread) return;
    caller->task = now.task_of(now.caller.process);
    caller->memory = now.callers_memory();
  };
  functions_.memory_gone = [](void* c, __u64 memory) {
    return self(c).world_.processes.memory(memory).gone;
  };
  functions_.limit_pages = [](void* c, __u64 task) -> __u64 {
    return self(c).world_.processes.limit_pages(task);
  };
  functions_.own_pages = [](void* c, __u64 memory) -> __u64 {
    return self(c).world_.processes.memory(memory).own_pages;
  };
}

tidemark_subject_hardware hardware_of(const HardwareKind& kind) {
  tidemark_subject_hardware hardware = {};
  hardware.pgsizes = kind.pgsizes;
  hardware.cache_coherent = kind.cache_coherent;
  hardware.aperture_first = kind.aperture.first;
  hardware.aperture_last = kind.aperture.last;
  hardware.nr_reserved = kind.nr_reserved;
  for (unsigned i = 0; i < kind.nr_reserved; ++i) {
    hardware.reserved[i].first = kind.reserved[i].first;
    hardware.reserved[i].last = kind.reserved[i].last;
  }
  return hardware;
}

int ForeignSubject::attach(unsigned group, const HardwareKind* kind) {
  if (kind && !has(Feature::hardware_groups)) return -ENOSYS;
  const tidemark_subject_hardware hardware =
      kind ? hardware_of(*kind) : tidemark_subject_hardware();
  const Use use(*this);
  return attach_noted(ledger_.domains[group], kind, [&] {
    return library_.functions.attach(container_, group, kind ? &hardware : nullptr);
  });
}

Sizes ForeignSubject::sizes() {
  if (!shows_state()) return {};
  tidemark_subject_sizes sizes = {};
  library_.functions.sizes(container_, &sizes);
  std::array<std::uint64_t, kProcesses> locked_by = {};
  for (unsigned i = 0; i < kProcesses; ++i)
    locked_by[i] = library_.functions.locked_pages(container_, world_.processes.memory_of(i));
  return with_locked({.page_sizes = sizes.pgsizes,
                      .pinned_pages = sizes.pinned_pages,
                      .mappings = sizes.mappings,
                      .dma_available = sizes.dma_avail,
                      .tracking = sizes.tracking},
                     locked_by);
}

void ForeignSubject::inspect(State& state) {
  state.clear();
  if (!shows_state()) return;
  const auto visitor = visitor_into<tidemark_subject_visitor>(state);
  library_.functions.visit(container_, &visitor);
}

std::string ForeignSubject::release() {
  if (!container_) return {};
  const Use use(*this);
  library_.functions.release(container_);
  container_ = nullptr;
  return left_ + ledger_.left();
}

}  // namespace

std::unique_ptr<Subject> make_foreign(const Library& library, const Setup& setup, World& world) {
  return std::make_unique<ForeignSubject>(library, setup, world);
}

}  // namespace tidemark
