// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The production tracker as a subject: the one place where C++ meets C.
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <deque>

#include "c_subject.h"
#include "check.h"
#include "factories.h"
#include "host_ledger.h"
#include "os_machine.h"
#include "subject.h"
#include "tidemark.h"

namespace tidemark {
namespace {

class TrackerSubject;

constexpr int kGarbage = 0xa5;  // in what a caller need not set

struct Device {
  tidemark_device device = {};  // first, so that the callback's pointer is ours
  TrackerSubject* subject = nullptr;
  unsigned number = 0;
};

// The IOMMU of a group, as the tracker's pointer to it.
struct Iommu {
  IommuDomain* domain = nullptr;
  World* world = nullptr;
};

class TrackerSubject final : public Subject {
 public:
  TrackerSubject(const Setup& setup, World& world);
  ~TrackerSubject() override { release(); }

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    const Use use(*this);
    return tidemark_container_ioctl(container_, command, argument);
  }
  int attach(unsigned group, const HardwareKind* kind) override;
  void detach(unsigned group) override;
  void enroll(unsigned device) override {
    // What a driver leaves in the fields that are not its own is anything.
    tidemark_device& fresh = devices_[device].device;
    const auto callback = fresh.dma_unmap;
    std::memset(&fresh, kGarbage, sizeof(fresh));
    fresh.dma_unmap = callback;
    const Use use(*this);
    tidemark_device_register(container_, &fresh);
  }
  void withdraw(unsigned device) override {
    const Use use(*this);
    tidemark_device_unregister(container_, &devices_[device].device);
  }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override;
  void unpin(std::uint64_t iova, int count) override {
    const Use use(*this);
    tidemark_pages_unpin(container_, iova, count);
  }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    const Use use(*this);
    return write ? tidemark_memory_write(container_, iova, data, bytes)
                 : tidemark_memory_read(container_, iova, data, bytes);
  }
  Sizes sizes() override;
  void inspect(State& state) override;
  std::optional<Discrepancy> audit(const State& shown) override { return ledger_.audit(shown); }
  const LockUse* lock_use() override { return &lock_use_; }
  const CallCost* cost() override { return &cost_; }
  std::string release() override;

  World& world() { return world_; }
  HostLedger& ledger() { return ledger_; }

 private:
  // While the tracker runs: what the world says goes in, what it saw comes out.
  struct Use {
    explicit Use(TrackerSubject& s)
        : subject(s),
          outer(s.machine_.fail_allocation),
          outer_process(s.machine_.process),
          outer_callbacks(s.callbacks_) {
      os_current = &s.machine_;
      os_call_begin(&call);
      s.callbacks_ = 0;
      s.follow_processes();
      s.machine_.fail_allocation = s.world_.fail_allocation;
    }
    ~Use() {
      subject.world_.allocation_failed |= subject.machine_.allocation_failed;
      subject.machine_.allocation_failed = false;
      subject.machine_.fail_allocation = outer;
      subject.machine_.process = outer_process;
      os_call_end(&call);
      check(!subject.machine_.nr_entered, "process.not-left");
      subject.lock_use_ = {static_cast<unsigned>(call.nr_takes), subject.callbacks_,
                           static_cast<unsigned>(call.nr_outside),
                           static_cast<unsigned>(call.nr_kept)};
      subject.cost_ = {call.nr_bytes, call.nr_steps};
      subject.callbacks_ = outer_callbacks;
    }
    TrackerSubject& subject;
    // Of the call in whose window this one runs.
    std::uint64_t outer;
    os_process* outer_process;
    unsigned outer_callbacks;
    os_call call;
  };

  const void* group_id(unsigned group) const { return &ledger_.domains[group]; }
  void give_devices();
  void follow_processes();

  World& world_;
  os_machine machine_ = {};
  std::deque<os_process> processes_;  // by memory
  // Of each process, as far as is known here.
  std::array<std::size_t, kProcesses> memories_ = {0, 1, 2, 3};
  tidemark_container* container_ = nullptr;
  std::array<Device, kDevices> devices_;
  HostLedger ledger_;
  std::array<Iommu, kGroups> iommus_;
  unsigned groups_ = 0;     // a bit for each that is attached
  unsigned callbacks_ = 0;  // of the call that runs, so far
  LockUse lock_use_;        // of the one that returned last
  CallCost cost_;           // of the same
};

void TrackerSubject::give_devices() {
  for (unsigned i = 0; i < kDevices; ++i) {
    devices_[i].subject = this;
    devices_[i].number = i;
    devices_[i].device.dma_unmap = [](tidemark_device* device, __u64 iova, __u64 bytes) {
      auto* d = reinterpret_cast<Device*>(device);
      ++d->subject->callbacks_;
      d->subject->world_.dma_unmap(d->number, iova, bytes);
    };
  }
}

// What the world has made of the processes since the last call.
void TrackerSubject::follow_processes() {
  const Processes& now = world_.processes;
  for (unsigned i = 0; i < kProcesses; ++i) {
    const std::size_t memory = now.memory_of(i);
    if (memory >= processes_.size()) processes_.resize(memory + 1);
    if (memory != memories_[i]) processes_[memories_[i]].gone = true;
    memories_[i] = memory;
    os_process& process = processes_[memory];
    process.ipc_lock = now.caller.ipc_lock;
    process.locked_limit_pages = now.limit_pages(now.task_of(i));
    process.own_locked_pages = now.memory(memory).own_pages;
  }
  machine_.process = now.is_kernel_thread() ? nullptr : &processes_[now.callers_memory()];
}

tidemark_range_rule rule_of(RangeRule rule) {
  switch (rule) {
    case RangeRule::exact:
      return TIDEMARK_RANGE_EXACT;
    case RangeRule::whole:
      return TIDEMARK_RANGE_WHOLE;
    case RangeRule::any:
      return TIDEMARK_RANGE_ANY;
  }
  return {};
}

tidemark_store store_of(StoreKind store) {
  switch (store) {
    case StoreKind::bitmap:
      return TIDEMARK_STORE_BITMAP;
    case StoreKind::sparse:
      return TIDEMARK_STORE_SPARSE;
    case StoreKind::ranges:
      return TIDEMARK_STORE_RANGES;
    case StoreKind::pinned:
      return TIDEMARK_STORE_PINNED;
  }
  return {};
}

TrackerSubject::TrackerSubject(const Setup& setup, World& world) : world_(world) {
  give_memory(*this, machine_);
  give_devices();
  tidemark_config config = {};
  config.type = vfio_type(setup.type);
  config.range_rule = rule_of(setup.rule);
  config.dma_entry_limit = setup.entries;
  config.store = store_of(setup.store);
  const Use use(*this);
  check(tidemark_container_create(&config, &container_) == 0, "container.create");
}

// What the tracker calls.
constexpr tidemark_iommu_ops kIommuOps = {
    [](void* iommu, __u64 iova, __u64 pfn, __u64 pages, int prot) {
      const Iommu& i = *static_cast<Iommu*>(iommu);
      return i.domain->map_for_subject({iova, pfn, pages, prot}, *i.world);
    },
    [](void* iommu, __u64 iova, __u64 pages) {
      static_cast<Iommu*>(iommu)->domain->unmap(iova, pages);
    },
    [](void* iommu, __u64 iova, __u64 pages, __u64* pfn) -> __u64 {
      std::uint64_t first = 0;
      const std::uint64_t run = static_cast<Iommu*>(iommu)->domain->lookup(iova, pages, first);
      *pfn = first;
      return run;
    }};

int TrackerSubject::attach(unsigned group, const HardwareKind* kind) {
  IommuDomain& domain = ledger_.domains[group];
  std::array<tidemark_iova_range, kMostReserved> reserved = {};
  tidemark_group_info info;
  // Of an emulated group only the flags count.
  std::memset(&info, kind ? 0 : kGarbage, sizeof(info));
  info.flags = 0;
  if (kind) {
    for (unsigned i = 0; i < kind->nr_reserved; ++i)
      reserved[i] = {kind->reserved[i].first, kind->reserved[i].last};
    info.flags = TIDEMARK_GROUP_HARDWARE;
    if (kind->cache_coherent) info.flags |= TIDEMARK_GROUP_CACHE_COHERENT;
    info.pgsizes = kind->pgsizes;
    info.aperture = {kind->aperture.first, kind->aperture.last};
    info.nr_reserved = kind->nr_reserved;
    info.reserved = reserved.data();
    info.iommu = &kIommuOps;
    iommus_[group] = {&domain, &world_};
    info.domain = &iommus_[group];
  }
  const Use use(*this);
  const int result = attach_noted(
      domain, kind, [&] { return tidemark_group_attach(container_, group_id(group), &info); });
  if (!result) groups_ |= 1u << group;
  return result;
}

void TrackerSubject::detach(unsigned group) {
  const Use use(*this);
  tidemark_group_detach(container_, group_id(group));
  ledger_.domains[group].attached = false;
  groups_ &= ~(1u << group);
  check(ledger_.domains[group].ranges().empty(), "domain.left-mapped");
}

int TrackerSubject::pin(unsigned group, std::uint64_t iova, int count, int rights,
                        std::uint64_t* pfns) {
  const Use use(*this);
  return tidemark_pages_pin(container_, group_id(group), iova, count, rights,
                            reinterpret_cast<__u64*>(pfns));
}

Sizes TrackerSubject::sizes() {
  tidemark_stats stats;
  std::memset(&stats, kGarbage, sizeof(stats));
  const Use use(*this);
  tidemark_container_stats(container_, &stats);
  check(stats.nr_groups == static_cast<unsigned>(std::popcount(groups_)), "groups.own-count");
  check(stats.locked_pages == machine_.locked_pages, "locked-pages.own-count");
  std::array<std::uint64_t, kProcesses> locked_by = {};
  for (unsigned i = 0; i < kProcesses; ++i) locked_by[i] = processes_[memories_[i]].locked_pages;
  return with_locked({.page_sizes = stats.pgsizes,
                      .pinned_pages = stats.pinned_pages,
                      .mappings = stats.nr_mappings,
                      .dma_available = stats.dma_avail,
                      .tracking = stats.tracking != 0},
                     locked_by);
}

void TrackerSubject::inspect(State& state) {
  state.clear();
  auto visitor = visitor_into<tidemark_visitor>(state);
  const Use use(*this);
  tidemark_container_visit(container_, &visitor);
}

std::string TrackerSubject::release() {
  if (!container_) return {};
  const Use use(*this);
  tidemark_container_destroy(container_);
  container_ = nullptr;

  std::string left;
  const auto report = [&left](const char* what, std::uint64_t count) {
    if (count) left += std::string(what) + " left: " + std::to_string(count) + "\n";
  };
  report("allocations", machine_.nr_allocations);
  report("process references", machine_.nr_processes);
  report("locked pages", machine_.locked_pages);
  left += ledger_.left();
  return left;
}

}  // namespace

std::unique_ptr<Subject> make_tracker(const Setup& setup, World& world) {
  return std::make_unique<TrackerSubject>(setup, world);
}

}  // namespace tidemark
