// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "support.h"

#include <linux/vfio.h>

#include <cstring>
#include <variant>

#include "program_text.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kAnyAddress = std::uint64_t{1} << 21;  // never followed unless written to

std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

struct QueryArgument {
  std::uint32_t argsz, flags;
  std::uint64_t iova, size, pgsize, bitmap_size;
  std::uint64_t* data;
};

QueryArgument query_argument(std::uint32_t flags, std::uint64_t page, std::uint64_t pages,
                             std::vector<std::uint64_t>& words) {
  return {sizeof(QueryArgument), flags,       page * kPageBytes, pages * kPageBytes, kPageBytes,
          8 * words.size(),      words.data()};
}

long switch_tracking(tidemark_container* container, std::uint32_t flags) {
  vfio_iommu_type1_dirty_bitmap argument = {};
  argument.argsz = sizeof(argument);
  argument.flags = flags;
  return tidemark_container_ioctl(container, VFIO_IOMMU_DIRTY_PAGES, address_of(&argument));
}

}  // namespace

Program program_of(std::string_view text) {
  const auto result = parse(text);
  if (const auto* error = std::get_if<ParseError>(&result)) {
    ADD_FAILURE() << "line " << error->line << ": " << error->message << " in" << text;
    return {};
  }
  return std::get<Program>(result);
}

testing::AssertionResult runs(const Program& program, SubjectFactory actual,
                              SubjectFactory expected) {
  Lockstep lockstep(actual, expected);
  const auto mismatch = lockstep.run(program);
  if (!mismatch) return testing::AssertionSuccess();
  return testing::AssertionFailure() << print(mismatch->signature) << "\n"
                                     << describe(*mismatch, program) << print(program);
}

testing::AssertionResult runs(std::string_view text, SubjectFactory actual,
                              SubjectFactory expected) {
  return runs(program_of(text), actual, expected);
}

std::string signature_of(const Program& program, SubjectFactory actual, SubjectFactory expected) {
  Lockstep lockstep(actual, expected);
  const auto mismatch = lockstep.run(program);
  return mismatch ? print(mismatch->signature) : "";
}

void run_all(Executor& executor, std::string_view text, SubjectFactory make) {
  const Program program = program_of(text);
  executor.reset(program.setup, make);
  for (const Operation& operation : program.operations) executor.run(operation);
}

BareTracker::BareTracker(tidemark_range_rule rule, std::uint32_t entries) {
  machine.copy_from_user = [](void*, void* to, __u64 from, std::size_t bytes) {
    std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
    return std::size_t{0};
  };
  machine.copy_to_user = [](void*, __u64 to, const void* from, std::size_t bytes) {
    std::memcpy(reinterpret_cast<void*>(to), from, bytes);
    return std::size_t{0};
  };
  machine.access_ok = [](void*, __u64, __u64) { return true; };
  machine.pin = [](void*, __u64 vaddr, __u64 pages, bool, __u64* pfn) {
    *pfn = vaddr / kPageBytes;
    return static_cast<__s64>(pages);
  };
  machine.unpin = [](void*, __u64, __u64, bool) {};
  process.locked_limit_pages = kUnlimited;
  machine.process = &process;

  enter();
  const tidemark_config config = {VFIO_TYPE1v2_IOMMU, rule, entries, TIDEMARK_STORE_BITMAP};
  EXPECT_EQ(tidemark_container_create(&config, &container), 0);
}

BareTracker::~BareTracker() {
  enter();
  tidemark_container_destroy(container);
  EXPECT_EQ(machine.nr_allocations, 0u);
  EXPECT_EQ(machine.nr_processes, 0u);
  EXPECT_EQ(machine.locked_pages, 0u);
}

long BareTracker::map(std::uint64_t page, std::uint64_t pages, const void* memory) {
  vfio_iommu_type1_dma_map argument = {};
  argument.argsz = sizeof(argument);
  argument.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
  argument.vaddr = memory ? address_of(memory) : kAnyAddress;
  argument.iova = page * kPageBytes;
  argument.size = pages * kPageBytes;
  return tidemark_container_ioctl(container, VFIO_IOMMU_MAP_DMA, address_of(&argument));
}

long BareTracker::unmap(std::uint64_t page, std::uint64_t pages) {
  vfio_iommu_type1_dma_unmap argument = {};
  argument.argsz = sizeof(argument);
  argument.iova = page * kPageBytes;
  argument.size = pages * kPageBytes;
  return tidemark_container_ioctl(container, VFIO_IOMMU_UNMAP_DMA, address_of(&argument));
}

long BareTracker::unmap(std::uint64_t page, std::uint64_t pages,
                        std::vector<std::uint64_t>& words) {
  words.assign((pages + 63) / 64, 0);
  auto argument = query_argument(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, page, pages, words);
  return tidemark_container_ioctl(container, VFIO_IOMMU_UNMAP_DMA, address_of(&argument));
}

long BareTracker::query(std::uint64_t page, std::uint64_t pages,
                        std::vector<std::uint64_t>& words) {
  words.assign((pages + 63) / 64, 0);
  return query_into(page, pages, words);
}

long BareTracker::query_into(std::uint64_t page, std::uint64_t pages,
                             std::vector<std::uint64_t>& words) {
  auto argument = query_argument(VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, page, pages, words);
  return tidemark_container_ioctl(container, VFIO_IOMMU_DIRTY_PAGES, address_of(&argument));
}

long BareTracker::start() { return switch_tracking(container, VFIO_IOMMU_DIRTY_PAGES_FLAG_START); }

long BareTracker::stop() { return switch_tracking(container, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP); }

int BareTracker::attach(const void* id) {
  const tidemark_group_info info = {};
  return tidemark_group_attach(container, id, &info);
}

tidemark_group_info BareTracker::hardware_group(std::uint64_t pgsizes,
                                                tidemark_iova_range aperture) {
  static constexpr tidemark_iommu_ops kOps = {[](void*, __u64, __u64, __u64, int) { return 0; },
                                              [](void*, __u64, __u64) {},
                                              [](void*, __u64, __u64 pages, __u64* pfn) {
                                                *pfn = 0;
                                                return pages;
                                              }};
  tidemark_group_info info = {};
  info.flags = TIDEMARK_GROUP_HARDWARE;
  info.pgsizes = pgsizes;
  info.aperture = aperture;
  info.iommu = &kOps;
  return info;
}

int BareTracker::attach_hardware(const void* id, std::uint64_t pgsizes,
                                 tidemark_iova_range aperture) {
  const tidemark_group_info info = hardware_group(pgsizes, aperture);
  return tidemark_group_attach(container, id, &info);
}

int BareTracker::pin(const void* id, std::uint64_t page, int pages) {
  std::vector<__u64> pfns(static_cast<std::size_t>(pages));
  return tidemark_pages_pin(container, id, page * kPageBytes, pages, TIDEMARK_READ | TIDEMARK_WRITE,
                            pfns.data());
}

void BareTracker::unpin(std::uint64_t page, int pages) {
  tidemark_pages_unpin(container, page * kPageBytes, pages);
}

int BareTracker::write(std::uint64_t page, std::uint64_t value) {
  return tidemark_memory_write(container, page * kPageBytes, &value, sizeof(value));
}

tidemark_stats BareTracker::stats() {
  tidemark_stats stats;
  tidemark_container_stats(container, &stats);
  return stats;
}

}  // namespace tidemark
