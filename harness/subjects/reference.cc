// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference as a subject, with and without the quirks of Linux.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "factories.h"
#include "linux_model.h"
#include "model.h"
#include "quirked_reference.h"
#include "subject.h"

namespace tidemark {
namespace {

reference::RangeRule rule_of(RangeRule rule) {
  switch (rule) {
    case RangeRule::exact:
      return reference::RangeRule::exact;
    case RangeRule::whole:
      return reference::RangeRule::whole;
    case RangeRule::any:
      return reference::RangeRule::any;
  }
  return {};
}

reference::Settings settings_of(const Setup& setup) {
  reference::Settings settings;
  settings.type = vfio_type(setup.type);
  settings.rule = rule_of(setup.rule);
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

template <class Base, class Model>
class ReferenceSubject : public Base, private reference::Surroundings {
 public:
  ReferenceSubject(const Setup& setup, World& world)
      : world_(world), model_(settings_of(setup), *this) {}

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    return model_.ioctl(command, argument);
  }
  int attach(unsigned group, const HardwareKind* kind) override {
    return model_.attach_group(group, kind_of(kind));
  }
  void detach(unsigned group) override { model_.detach_group(group); }
  void enroll(unsigned device) override { model_.register_device(device); }
  void withdraw(unsigned device) override { model_.unregister_device(device); }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override {
    return model_.pin_pages(group, iova, count, rights, pfns);
  }
  void unpin(std::uint64_t iova, int count) override { model_.unpin_pages(iova, count); }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    return model_.rw(iova, data, bytes, write);
  }
  Sizes sizes() override;
  void inspect(State& state) override;
  void run_out_of_memory(bool out) override { out_of_memory_ = out; }
  void learn_where_memory_ended(const State& shown) override;
  void learn_spare_marks(const State& shown, std::uint64_t first, std::uint64_t last) override {
    for (const State::Run& run : shown.marks)
      model_.mark_spare({run.first, run.end}, {first / kPageBytes, last / kPageBytes + 1});
  }
  std::string release() override { return {}; }

 protected:
  Model& model() { return model_; }

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
  int pin_error(std::uint64_t vaddr) override { return world_.pin_error(vaddr); }
  std::uint64_t failing_iommu_map() override { return world_.failing_iommu_map; }
  std::uint64_t contiguous_pages(std::uint64_t vaddr, std::uint64_t pages) override {
    return host_run(vaddr / kPageBytes, pages);
  }
  reference::Owner caller() override {
    return {world_.processes.callers_memory(), world_.processes.caller.ipc_lock};
  }
  int enter_process(std::size_t process) override;
  bool is_gone(std::size_t process) override { return world_.processes.memory(process).gone; }
  std::uint64_t locked_limit_pages(std::size_t process) override {
    return world_.processes.limit_pages(world_.processes.memory(process).task);
  }
  std::uint64_t locked_elsewhere(std::size_t process) override {
    return world_.processes.memory(process).own_pages;
  }
  std::uint64_t pfn_of(std::uint64_t vaddr) override { return World::pfn_of(vaddr); }
  void dma_unmap(unsigned device, std::uint64_t iova, std::uint64_t bytes) override {
    world_.dma_unmap(device, iova, bytes);
  }
  // At the first point: at any later one the result and the state are the same.
  bool has_memory(reference::MemoryPoint) override { return !out_of_memory_; }
  std::size_t pins_with_memory(const std::vector<reference::Page>& pages) override;

  World& world_;
  Model model_;
  bool out_of_memory_ = false;
  reference::PageSet starved_marks_;  // that another subject had after a pin ran out in it
};

// A process is its memory here.
template <class Base, class Model>
int ReferenceSubject<Base, Model>::enter_process(std::size_t process) {
  const Processes& now = world_.processes;
  if (now.memory(process).gone) return -EPERM;
  return now.is_kernel_thread() || process == now.callers_memory() ? 0 : -EFAULT;
}

template <class Base, class Model>
Sizes ReferenceSubject<Base, Model>::sizes() {
  std::array<std::uint64_t, kProcesses> locked_by = {};
  for (unsigned i = 0; i < kProcesses; ++i)
    locked_by[i] = model_.locked_pages(world_.processes.memory_of(i));
  return with_locked({.page_sizes = model_.page_sizes(),
                      .pinned_pages = model_.pinned_page_count(),
                      .mappings = model_.mappings().size(),
                      .dma_available = model_.dma_available(),
                      .tracking = model_.tracking()},
                     locked_by);
}

template <class Base, class Model>
void ReferenceSubject<Base, Model>::inspect(State& state) {
  state.clear();
  for (const auto& [first, mapping] : model_.mappings())
    state.mappings.push_back(
        {first * kPageBytes, mapping.end * kPageBytes - 1, mapping.vaddr, mapping.rights});
  for (const auto& [range, count] : model_.pins())
    for (auto page = range.lower(); page < range.upper(); ++page)
      state.pins.push_back({page * kPageBytes, count});
  for (const auto& range : model_.marks()) state.add_marks(range.lower(), range.upper());
}

template <class Base, class Model>
void ReferenceSubject<Base, Model>::learn_where_memory_ended(const State& shown) {
  starved_marks_.clear();
  for (const State::Run& run : shown.marks) reference::add(starved_marks_, {run.first, run.end});
}

// The one place where several answers are right (D19): a pin may run out at any of
// `pages`, and leaves those before it marked. So it was the first that is not marked; or,
// where marks are older, one before that, and the state is the same.
template <class Base, class Model>
std::size_t ReferenceSubject<Base, Model>::pins_with_memory(
    const std::vector<reference::Page>& pages) {
  if (!out_of_memory_ || pages.empty()) return pages.size();
  std::size_t count = 0;
  while (count + 1 < pages.size() && reference::contains(starved_marks_, pages[count])) ++count;
  return count;
}

class LinuxModelSubject final : public ReferenceSubject<QuirkedReference, reference::LinuxModel> {
 public:
  using ReferenceSubject::ReferenceSubject;

  void behave_as(reference::Quirks quirks, reference::Quirks& seen) override {
    model().behave_as(quirks, seen);
  }
  reference::Stop stop() override { return model().stop(); }
  std::vector<std::string> take_warnings() override {
    const auto functions = model().take_warnings();
    return {functions.begin(), functions.end()};
  }
  void inspect(State& state) override;
  std::string release() override;
};

std::string LinuxModelSubject::release() {
  const std::uint64_t pages = model().release();
  std::string left = pages ? "locked pages left: " + std::to_string(pages) + "\n" : "";
  for (const std::string_view function : take_warnings())
    left += "a warning in " + std::string(function) + "\n";
  return left;
}

// Pins are shown mapping by mapping, and one may begin before its mapping.
void LinuxModelSubject::inspect(State& state) {
  ReferenceSubject::inspect(state);
  const auto& unaligned = model().unaligned_pins();
  if (unaligned.empty()) return;
  std::vector<State::Pin> pins;
  for (const State::Mapping& mapping : state.mappings) {
    const auto first = static_cast<std::ptrdiff_t>(pins.size());
    for (const State::Pin& pin : state.pins)
      if (pin.iova >= mapping.first && pin.iova <= mapping.last) pins.push_back(pin);
    for (const auto& pin : unaligned)
      if (pin.mapping * kPageBytes == mapping.first) pins.push_back({pin.iova, pin.count});
    std::sort(pins.begin() + first, pins.end(),
              [](const State::Pin& a, const State::Pin& b) { return a.iova < b.iova; });
  }
  state.pins = std::move(pins);
}

}  // namespace

std::unique_ptr<Subject> make_reference(const Setup& setup, World& world) {
  return std::make_unique<ReferenceSubject<Subject, reference::Model>>(setup, world);
}

std::unique_ptr<Subject> make_quirked_reference(const Setup& setup, World& world) {
  return std::make_unique<LinuxModelSubject>(setup, world);
}

}  // namespace tidemark
