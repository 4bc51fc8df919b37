// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "linux_subject.h"

#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "c_subject.h"
#include "host_ledger.h"
#include "linux_kernel.h"
#include "program_bytes.h"

namespace tidemark {
namespace {

static_assert(kGroups == LINUX_GROUPS && kDevices == LINUX_DEVICES);
static_assert(kMostReserved == std::size(linux_hardware().reserved));

class Type1Subject final : public LinuxSubject {
 public:
  Type1Subject(const linux_type1& type1, const Setup& setup, World& world, bool careful);
  ~Type1Subject() override { release(); }

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    const Use use(*this);
    is_counted_ &= command != VFIO_IOMMU_UNMAP_DMA;
    return type1_.ioctl(container_, command, argument);
  }
  int attach(unsigned group, const HardwareKind* kind) override;
  void detach(unsigned group) override {
    const Use use(*this);
    is_counted_ = false;
    type1_.detach(container_, group);
    books_.domains[group].attached = false;
  }
  void enroll(unsigned device) override {
    const Use use(*this);
    type1_.enroll(container_, device);
  }
  void withdraw(unsigned device) override {
    const Use use(*this);
    if (!stopped_) type1_.withdraw(container_, device);
  }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override {
    const Use use(*this);
    is_counted_ = false;
    return type1_.pin(container_, group, iova, count, rights, reinterpret_cast<__u64*>(pfns));
  }
  void unpin(std::uint64_t iova, int count) override {
    const Use use(*this);
    is_counted_ = false;
    type1_.unpin(container_, iova, count);
  }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    const Use use(*this);
    return type1_.rw(container_, iova, data, bytes, write);
  }
  Sizes sizes() override;
  void inspect(State& state) override;
  std::optional<Discrepancy> audit(const State& shown) override;
  std::string release() override;

  const char* version() const override { return type1_.version; }
  std::uint64_t uncharged_bytes() const override {
    linux_stats stats;
    type1_.stats(container_, &stats);
    return stats.uncharged_bytes;
  }
  std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }
  linux_circumstances& circumstances() override { return *type1_.circumstances(container_); }
  int reopen(unsigned long type) override {
    const Use use(*this);
    is_counted_ = false;
    type1_.release(container_);
    return type1_.open(container_, type);
  }
  std::int64_t offers(unsigned long extension) override {
    return type1_.offers(container_, extension);
  }
  int has_domain(unsigned group) override { return type1_.has_domain(container_, group); }

  World& world() { return world_; }
  HostLedger& ledger() { return books_; }

 private:
  // While the kernel runs.
  struct Use : AllocationFaults::Call {
    explicit Use(Type1Subject& s) : Call(s.allocation_faults_, s.world_) {}
  };

  void give_processes();
  static Type1Subject& self(void* context) { return *static_cast<Type1Subject*>(context); }

  const linux_type1& type1_;
  World& world_;
  linux_world kernel_world_ = {};
  linux_container* container_ = nullptr;
  std::map<HardwareKind, linux_hardware> kinds_;  // that groups had: Linux keeps pointers to them
  AllocationFaults allocation_faults_;
  bool stopped_ = false;
  std::vector<std::string> warnings_;
  HostLedger books_;
  linux_stats counted_ = {};  // when mappings and pins were last counted
  bool is_counted_ = false;   // and nothing but maps has changed them since
};

linux_hardware hardware_of(const HardwareKind& kind) {
  linux_hardware hardware = {};
  hardware.pgsizes = kind.pgsizes;
  hardware.cache_coherent = kind.cache_coherent;
  hardware.aperture_first = kind.aperture.first;
  hardware.aperture_last = kind.aperture.last;
  hardware.nr_reserved = kind.nr_reserved;
  for (unsigned i = 0; i < kind.nr_reserved; ++i)
    hardware.reserved[i] = {kind.reserved[i].first, kind.reserved[i].last};
  return hardware;
}

// That a careful subject pins in a call. Linux does it page by page: 2 TiB take seconds, and
// for a fuzzer, whose programs have little room for bitmaps, all of it is too long.
std::uint64_t most_pages(const Setup& setup) {
  return std::uint64_t{1} << (setup.bitmap_words > kFuzzedBitmapWords ? 29 : 16);
}

Type1Subject::Type1Subject(const linux_type1& type1, const Setup& setup, World& world, bool careful)
    : type1_(type1), world_(world) {
  give_memory(*this, kernel_world_);
  give_processes();
  kernel_world_.allocation_fails = [](void* c) { return self(c).allocation_faults_.next_fails(); };
  kernel_world_.iommu_map_fails = [](void* c) { return self(c).world_.iommu_map_fails(); };
  kernel_world_.dma_unmap = [](void* c, unsigned device, __u64 iova, __u64 bytes) {
    self(c).world_.dma_unmap(device, iova, bytes);
  };
  kernel_world_.warn = [](void* c, const char* function) {
    self(c).warnings_.emplace_back(function);
  };
  kernel_world_.stop = [](void* c, const char* what, const char* function) {
    self(c).stopped_ = true;
    throw LinuxStopped{parse_signature(std::string("linux.") + what + "." + function), &self(c)};
  };
  const Use use(*this);
  container_ = type1_.create(&kernel_world_, setup.entries, static_cast<unsigned>(setup.rule),
                             static_cast<unsigned>(setup.store), careful, most_pages(setup));
  type1_.open(container_, vfio_type(setup.type));
}

void Type1Subject::give_processes() {
  kernel_world_.caller = [](void* c) -> linux_caller {
    const Processes& now = self(c).world_.processes;
    if (now.is_kernel_thread()) return {true, false, 0, 0};
    return {false, now.caller.ipc_lock, now.task_of(now.caller.process), now.callers_memory()};
  };
  kernel_world_.memlock_pages = [](void* c, __u64 task) -> __u64 {
    return self(c).world_.processes.limit_pages(task);
  };
  kernel_world_.memory_gone = [](void* c, __u64 memory) {
    return self(c).world_.processes.memory(memory).gone;
  };
  kernel_world_.own_pages = [](void* c, __u64 memory) -> __u64 {
    return self(c).world_.processes.memory(memory).own_pages;
  };
}

int Type1Subject::attach(unsigned group, const HardwareKind* kind) {
  const linux_hardware* hardware = nullptr;
  if (kind) hardware = &kinds_.try_emplace(*kind, hardware_of(*kind)).first->second;
  const Use use(*this);
  const int result = type1_.attach(container_, group, hardware);
  books_.domains[group].attached |= kind && !result;
  return result;
}

Sizes Type1Subject::sizes() {
  constexpr std::uint64_t kMany = 1024;
  linux_stats stats;
  type1_.stats(container_, &stats);
  // Linux does not count its mappings. Where there are many, what maps have added is taken
  // from how many may still come, until states are compared.
  if (is_counted_ && counted_.nr_mappings > kMany) {
    stats.nr_mappings = counted_.nr_mappings + (counted_.dma_available - stats.dma_available);
    stats.pinned_pages = counted_.pinned_pages;
  } else {
    type1_.count(container_, &stats);
    counted_ = stats;
    is_counted_ = true;
  }
  std::array<std::uint64_t, kProcesses> locked_by = {};
  for (unsigned i = 0; i < kProcesses; ++i)
    locked_by[i] = type1_.locked_pages(container_, world_.processes.memory_of(i));
  return with_locked({.page_sizes = stats.pgsizes,
                      .pinned_pages = stats.pinned_pages,
                      .mappings = stats.nr_mappings,
                      .dma_available = stats.dma_available,
                      .tracking = stats.tracking},
                     locked_by);
}

void Type1Subject::inspect(State& state) {
  state.clear();
  is_counted_ = false;
  auto visitor = visitor_into<linux_visitor>(state);
  type1_.visit(container_, &visitor);
}

// The IOMMUs are the kernel's: their books are made when somebody asks.
std::optional<Discrepancy> Type1Subject::audit(const State& shown) {
  for (unsigned group = 0; group < kGroups; ++group) {
    IommuDomain& domain = books_.domains[group];
    const bool attached = domain.attached;
    domain = {};
    domain.attached = attached;
    type1_.visit_iommu(container_, group, &domain,
                       [](void* d, __u64 iova, __u64 pfn, __u64 pages, int rights) {
                         static_cast<IommuDomain*>(d)->map({iova, pfn, pages, rights});
                       });
  }
  return books_.audit(shown);
}

std::string Type1Subject::release() {
  if (!container_) return {};
  std::string left;
  if (!stopped_) {
    const Use use(*this);
    const linux_leaks leaks = type1_.release(container_);
    const auto report = [&left](const char* what, std::uint64_t count) {
      if (count) left += std::string(what) + " left: " + std::to_string(count) + "\n";
    };
    report("allocations", leaks.allocations);
    report("process references", leaks.references);
    report("locked pages", leaks.locked_pages);
    for (IommuDomain& domain : books_.domains) domain = {};
    left += books_.left();
    for (const std::string& function : take_warnings()) left += "a warning in " + function + "\n";
  }
  type1_.destroy(container_);
  container_ = nullptr;
  return left;
}

}  // namespace

Signature said_by_linux(Kind kind, std::string_view function) {
  return {.kind = kind, .what = "linux", .function = std::string(function)};
}

SubjectFactory linux_factory(const linux_type1& type1, bool careful) {
  return [&type1, careful](const Setup& setup, World& world) {
    return std::make_unique<Type1Subject>(type1, setup, world, careful);
  };
}

std::unique_ptr<Subject> make_linux_6_1(const Setup& setup, World& world) {
  return std::make_unique<Type1Subject>(linux_6_1, setup, world, false);
}

std::unique_ptr<Subject> make_linux_6_12(const Setup& setup, World& world) {
  return std::make_unique<Type1Subject>(linux_6_12, setup, world, false);
}

std::unique_ptr<Subject> make_careful_linux_6_1(const Setup& setup, World& world) {
  return std::make_unique<Type1Subject>(linux_6_1, setup, world, true);
}

std::unique_ptr<Subject> make_careful_linux_6_12(const Setup& setup, World& world) {
  return std::make_unique<Type1Subject>(linux_6_12, setup, world, true);
}

std::unique_ptr<Subject> make_tracker_kernel(const Setup& setup, World& world) {
  return std::make_unique<Type1Subject>(tracker_kernel, setup, world, true);
}

}  // namespace tidemark
