// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The production tracker as a subject: the one place where C++ meets C.
#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>

#include "check.h"
#include "os_machine.h"
#include "subject.h"
#include "tidemark.h"

namespace tidemark {
namespace {

// What the hardware behind a group can reach. Checks that the tracker keeps
// its books: nothing mapped twice, nothing unmapped that was not mapped.
class Domain {
 public:
  std::uint64_t page_bytes = kPageBytes;  // the smallest that it can map

  int map(std::uint64_t iova, std::uint64_t pfn, std::uint64_t pages) {
    const std::uint64_t bytes = pages * kPageBytes;
    if ((iova | pfn * kPageBytes | bytes) & (page_bytes - 1)) return -EINVAL;
    check(find(iova, pages) == ranges_.end(), "domain.mapped-twice");
    ranges_.push_back({iova, pfn, pages});
    return 0;
  }

  // May take several neighbouring ranges at once.
  void unmap(std::uint64_t iova, std::uint64_t pages) {
    while (pages) {
      const auto range = find(iova, 1);
      check(range != ranges_.end() && range->iova == iova && range->pages <= pages,
            "domain.unmap-of-unmapped");
      iova += range->pages * kPageBytes;
      pages -= range->pages;
      *range = ranges_.back();
      ranges_.pop_back();
    }
  }

  std::uint64_t lookup(std::uint64_t iova, std::uint64_t pages, __u64* pfn) {
    const auto range = find(iova, 1);
    check(range != ranges_.end(), "domain.lookup-of-unmapped");
    const std::uint64_t offset = (iova - range->iova) / kPageBytes;
    *pfn = range->pfn + offset;
    return std::min(pages, range->pages - offset);
  }

  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    std::uint64_t iova, pfn, pages;
  };
  std::vector<Range>::iterator find(std::uint64_t iova, std::uint64_t pages) {
    const std::uint64_t last = iova + (pages * kPageBytes - 1);
    return std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& range) {
      return range.iova <= last && iova <= range.iova + (range.pages * kPageBytes - 1);
    });
  }
  std::vector<Range> ranges_;
};

class TrackerSubject;

struct Device {
  tidemark_device device = {};  // first, so that the callback's pointer is ours
  TrackerSubject* subject = nullptr;
  unsigned number = 0;
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
    const Use use(*this);
    tidemark_device_register(container_, &devices_[device].device);
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
  std::string release() override;

 private:
  // While the tracker runs: what the world says goes in, what it saw comes out.
  struct Use {
    explicit Use(TrackerSubject& s) : subject(s), outer(s.machine_.fail_allocation) {
      os_current = &s.machine_;
      s.machine_.locked_limit_pages = s.world_.memlock_pages;
      s.machine_.fail_allocation = s.world_.fail_allocation;
    }
    ~Use() {
      subject.world_.allocation_failed |= subject.machine_.allocation_failed;
      subject.machine_.allocation_failed = false;
      subject.machine_.fail_allocation = outer;
    }
    TrackerSubject& subject;
    std::uint64_t outer;  // of the call in whose window this one runs
  };

  static TrackerSubject& self(void* context) { return *static_cast<TrackerSubject*>(context); }
  const void* group_id(unsigned group) const { return &domains_[group]; }

  World& world_;
  os_machine machine_ = {};
  tidemark_container* container_ = nullptr;
  std::array<Device, kDevices> devices_;
  std::array<Domain, kGroups> domains_;
  // Pages pinned by the tracker: how many, and the sum of their numbers.
  std::uint64_t pinned_ = 0;
  std::uint64_t pinned_sum_ = 0;

  void count_pins(std::uint64_t pfn, std::uint64_t pages, bool pinned) {
    const std::uint64_t sum = pages * pfn + pages * (pages - 1) / 2;
    pinned_ += pinned ? pages : 0 - pages;
    pinned_sum_ += pinned ? sum : 0 - sum;
  }
};

TrackerSubject::TrackerSubject(const Setup& setup, World& world) : world_(world) {
  machine_.context = this;
  machine_.copy_from_user = [](void* c, void* to, __u64 from, std::size_t bytes) {
    return self(c).world_.copy_from_user(to, from, bytes);
  };
  machine_.copy_to_user = [](void* c, __u64 to, const void* from, std::size_t bytes) {
    return self(c).world_.copy_to_user(to, from, bytes);
  };
  machine_.access_ok = [](void* c, __u64 address, __u64 bytes) {
    return self(c).world_.access_ok(address, bytes);
  };
  machine_.pin = [](void* c, __u64 vaddr, __u64 pages, bool, __u64* pfn) -> __s64 {
    const std::uint64_t pinned = self(c).world_.pinnable_pages(vaddr, pages);
    if (!pinned) return -EFAULT;
    *pfn = World::pfn_of(vaddr);
    self(c).count_pins(*pfn, pinned, true);
    return static_cast<__s64>(pinned);
  };
  machine_.unpin = [](void* c, __u64 pfn, __u64 pages) { self(c).count_pins(pfn, pages, false); };

  for (unsigned i = 0; i < kDevices; ++i) {
    devices_[i].subject = this;
    devices_[i].number = i;
    devices_[i].device.dma_unmap = [](tidemark_device* device, __u64 iova, __u64 bytes) {
      auto* d = reinterpret_cast<Device*>(device);
      d->subject->world_.dma_unmap(d->number, iova, bytes);
    };
  }

  tidemark_config config = {};
  config.type = setup.type == ContainerType::v1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU;
  config.range_rule = static_cast<tidemark_range_rule>(setup.rule);
  config.dma_entry_limit = setup.entries;
  const Use use(*this);
  check(tidemark_container_create(&config, &container_) == 0, "container.create");
}

int TrackerSubject::attach(unsigned group, const HardwareKind* kind) {
  static constexpr tidemark_iommu_ops kOps = {
      [](void* domain, __u64 iova, __u64 pfn, __u64 pages, int) {
        return static_cast<Domain*>(domain)->map(iova, pfn, pages);
      },
      [](void* domain, __u64 iova, __u64 pages) {
        static_cast<Domain*>(domain)->unmap(iova, pages);
      },
      [](void* domain, __u64 iova, __u64 pages, __u64* pfn) -> __u64 {
        return static_cast<Domain*>(domain)->lookup(iova, pages, pfn);
      }};
  std::array<tidemark_iova_range, 2> reserved = {};
  tidemark_group_info info = {};
  if (kind) {
    for (unsigned i = 0; i < kind->nr_reserved; ++i)
      reserved[i] = {kind->reserved[i].first, kind->reserved[i].last};
    info.flags = TIDEMARK_GROUP_HARDWARE;
    if (kind->cache_coherent) info.flags |= TIDEMARK_GROUP_CACHE_COHERENT;
    info.pgsizes = kind->pgsizes;
    info.aperture = {kind->aperture.first, kind->aperture.last};
    info.nr_reserved = kind->nr_reserved;
    info.reserved = reserved.data();
    info.iommu = &kOps;
    info.domain = &domains_[group];
  }
  const std::uint64_t page_bytes = domains_[group].page_bytes;
  if (kind) domains_[group].page_bytes = std::max(kPageBytes, kind->pgsizes & -kind->pgsizes);
  const Use use(*this);
  const int result = tidemark_group_attach(container_, group_id(group), &info);
  if (result) domains_[group].page_bytes = page_bytes;
  return result;
}

void TrackerSubject::detach(unsigned group) {
  const Use use(*this);
  tidemark_group_detach(container_, group_id(group));
  check(domains_[group].empty(), "domain.left-mapped");
}

int TrackerSubject::pin(unsigned group, std::uint64_t iova, int count, int rights,
                        std::uint64_t* pfns) {
  static_assert(sizeof(__u64) == sizeof(std::uint64_t));
  const Use use(*this);
  return tidemark_pages_pin(container_, group_id(group), iova, count, rights,
                            reinterpret_cast<__u64*>(pfns));
}

Sizes TrackerSubject::sizes() {
  tidemark_stats stats;
  tidemark_container_stats(container_, &stats);
  check(stats.locked_pages == machine_.locked_pages, "locked-pages.own-count");
  return {stats.pgsizes,     stats.pinned_pages, stats.locked_pages,
          stats.nr_mappings, stats.dma_avail,    stats.tracking != 0};
}

void TrackerSubject::inspect(State& state) {
  state.clear();
  tidemark_visitor visitor = {};
  visitor.context = &state;
  visitor.mapping = [](void* s, __u64 first, __u64 last, __u64 vaddr, int prot) {
    static_cast<State*>(s)->mappings.push_back({first, last, vaddr, prot});
  };
  visitor.pin = [](void* s, __u64 iova, __u64 count) {
    static_cast<State*>(s)->pins.push_back({iova, count});
  };
  visitor.marks = [](void* s, __u64 first, __u64 last) {
    static_cast<State*>(s)->add_marks(first / kPageBytes, last / kPageBytes + 1);
  };
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
    if (count) left += std::to_string(count) + " " + what + " left\n";
  };
  report("allocations", machine_.nr_allocations);
  report("process references", machine_.nr_processes);
  report("locked pages", machine_.locked_pages);
  report("pinned pages", pinned_);
  for (const Domain& domain : domains_) report("domain with mappings", !domain.empty());
  if (!pinned_ && pinned_sum_) left += "other pages were unpinned than were pinned\n";
  return left;
}

}  // namespace

std::unique_ptr<Subject> make_tracker(const Setup& setup, World& world) {
  return std::make_unique<TrackerSubject>(setup, world);
}

}  // namespace tidemark
