// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference as a subject.
#include <cerrno>

#include "factories.h"
#include "model.h"
#include "subject.h"

namespace tidemark {
namespace {

reference::Settings settings_of(const Setup& setup) {
  reference::Settings settings;
  settings.type = setup.type == ContainerType::v1 ? reference::ContainerType::type1
                                                  : reference::ContainerType::type1v2;
  settings.rule = static_cast<reference::RangeRule>(setup.rule);
  settings.dma_entry_limit = setup.entries;
  return settings;
}

reference::GroupKind kind_of(const HardwareKind* kind) {
  reference::GroupKind result;
  if (!kind) return result;
  result.hardware = true;
  result.cache_coherent = kind->cache_coherent;
  result.pgsizes = kind->pgsizes;
  result.aperture = {kind->aperture.first, kind->aperture.last};
  for (unsigned i = 0; i < kind->nr_reserved; ++i)
    result.reserved.push_back({kind->reserved[i].first, kind->reserved[i].last});
  return result;
}

// Errors that are found before any memory is asked for.
bool precedes_allocation(std::int64_t result) {
  return result == -EEXIST || result == -ENOSPC || result == -EACCES || result == -E2BIG ||
         result == -ENOTTY;
}

class ReferenceSubject final : public Subject, private reference::Surroundings {
 public:
  ReferenceSubject(const Setup& setup, World& world);

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override;
  int attach(unsigned group, const HardwareKind* kind) override;
  void detach(unsigned group) override { model_.detach_group(group); }
  void enroll(unsigned device) override { model_.register_device(device); }
  void withdraw(unsigned device) override { model_.unregister_device(device); }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override;
  void unpin(std::uint64_t iova, int count) override { model_.unpin_pages(iova, count); }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    return model_.rw(iova, data, bytes, write);
  }
  Sizes sizes() override;
  void inspect(State& state) override;
  void run_out_of_memory(bool out) override { out_of_memory_ = out; }
  std::string release() override { return {}; }

  bool accept_marks(std::uint64_t first, std::uint64_t end, const State& shown) override;

 private:
  bool copy_from_user(void* to, std::uint64_t from, std::size_t bytes) override {
    return !world_.copy_from_user(to, from, bytes);
  }
  bool copy_to_user(std::uint64_t to, const void* from, std::size_t bytes) override {
    return !world_.copy_to_user(to, from, bytes);
  }
  bool access_ok(std::uint64_t address, std::uint64_t bytes) override {
    return world_.access_ok(address, bytes);
  }
  std::uint64_t pinnable_pages(std::uint64_t vaddr, std::uint64_t pages) override {
    return world_.pinnable_pages(vaddr, pages);
  }
  std::uint64_t contiguous_pages(std::uint64_t vaddr, std::uint64_t pages) override {
    return host_run(vaddr / kPageBytes, pages);
  }
  int enter_process() override { return 0; }
  std::uint64_t locked_limit_pages() override { return world_.memlock_pages; }
  std::uint64_t pfn_of(std::uint64_t vaddr) override { return World::pfn_of(vaddr); }
  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) override {
    world_.dma_unmap(device, iova, bytes);
  }

  // `call` on a model, or what it returns when memory runs out in it.
  template <class Call>
  std::int64_t run(Call call);

  World& world_;
  reference::Model model_;
  bool out_of_memory_ = false;
};

ReferenceSubject::ReferenceSubject(const Setup& setup, World& world)
    : world_(world), model_(settings_of(setup), *this) {}

template <class Call>
std::int64_t ReferenceSubject::run(Call call) {
  if (!out_of_memory_) return call(model_);
  out_of_memory_ = false;
  // It fails with nothing changed, unless it fails for another reason first.
  reference::Model probe = model_;
  const std::int64_t result = call(probe);
  return precedes_allocation(result) ? result : -ENOMEM;
}

std::int64_t ReferenceSubject::ioctl(unsigned command, std::uint64_t argument) {
  return run([&](reference::Model& model) { return model.ioctl(command, argument); });
}

int ReferenceSubject::attach(unsigned group, const HardwareKind* kind) {
  return static_cast<int>(
      run([&](reference::Model& model) { return model.attach_group(group, kind_of(kind)); }));
}

int ReferenceSubject::pin(unsigned group, std::uint64_t iova, int count, int rights,
                          std::uint64_t* pfns) {
  return static_cast<int>(run(
      [&](reference::Model& model) { return model.pin_pages(group, iova, count, rights, pfns); }));
}

Sizes ReferenceSubject::sizes() {
  return {model_.page_sizes(),      model_.pinned_page_count(), model_.locked_pages(),
          model_.mappings().size(), model_.dma_available(),     model_.tracking()};
}

void ReferenceSubject::inspect(State& state) {
  state.clear();
  for (const auto& [first, mapping] : model_.mappings())
    state.mappings.push_back(
        {first * kPageBytes, mapping.end * kPageBytes - 1, mapping.vaddr, mapping.rights});
  for (const auto& [range, count] : model_.pins())
    for (auto page = range.lower(); page < range.upper(); ++page)
      state.pins.push_back({page * kPageBytes, count});
  for (const auto& range : model_.marks()) state.add_marks(range.lower(), range.upper());
}

bool ReferenceSubject::accept_marks(std::uint64_t first, std::uint64_t end, const State& shown) {
  reference::PageSet marks;
  for (const State::Run& run : shown.marks) reference::add(marks, {run.first, run.end});
  return model_.accept_marks(first, end, marks);
}

}  // namespace

std::unique_ptr<Subject> make_reference(const Setup& setup, World& world) {
  return std::make_unique<ReferenceSubject>(setup, world);
}

}  // namespace tidemark
