// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "export_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "check.h"
#include "factories.h"
#include "subject.h"
#include "verbs.h"

namespace tidemark {
namespace {

// Where the recording subject of this thread writes.
struct Tape {
  std::vector<RecordedCall> calls;  // in the order in which they began
  std::size_t words = 0, total = 0;
  bool full = false;
};
thread_local Tape* tape = nullptr;

// The reference, with every call written down.
class RecordingSubject final : public Subject {
 public:
  RecordingSubject(const Setup& setup, World& world)
      : world_(world), reference_(make_reference(setup, world)) {}

  std::int64_t ioctl(unsigned command, std::uint64_t argument) override {
    if (world_.asks_aside) return reference_->ioctl(command, argument);
    // One that is made while another runs is made in its window.
    const unsigned depth = std::min(running_, World::kDepths - 1);
    const std::size_t index = begin();
    if (index < tape->calls.size()) {
      tape->calls[index].argument = argument;
      tape->calls[index].before = world_.arguments[depth].bytes;
    }
    ++running_;
    const std::int64_t result = reference_->ioctl(command, argument);
    --running_;
    if (index < tape->calls.size()) keep_output(tape->calls[index], depth);
    return result;
  }
  int pin(unsigned group, std::uint64_t iova, int count, int rights, std::uint64_t* pfns) override {
    begin();
    return reference_->pin(group, iova, count, rights, pfns);
  }
  int rw(std::uint64_t iova, void* data, std::size_t bytes, bool write) override {
    begin();
    return reference_->rw(iova, data, bytes, write);
  }
  int attach(unsigned group, const HardwareKind* kind) override {
    return reference_->attach(group, kind);
  }
  void detach(unsigned group) override { reference_->detach(group); }
  void enroll(unsigned device) override { reference_->enroll(device); }
  void withdraw(unsigned device) override { reference_->withdraw(device); }
  void unpin(std::uint64_t iova, int count) override { reference_->unpin(iova, count); }
  Sizes sizes() override { return reference_->sizes(); }
  void inspect(State& state) override { reference_->inspect(state); }
  void run_out_of_memory(bool out) override { reference_->run_out_of_memory(out); }
  std::string release() override { return reference_->release(); }

 private:
  std::size_t begin() {
    if (++tape->total > kMaxRecordedCalls) tape->full = true;
    if (tape->full) return kMaxRecordedCalls;
    tape->calls.emplace_back().fault = world_.fault;
    return tape->calls.size() - 1;
  }

  void keep_output(RecordedCall& call, unsigned depth) {
    call.after = world_.arguments[depth].bytes;
    const BitmapArea& bitmap = world_.bitmaps[depth];
    std::vector<std::int64_t> stored(bitmap.touched().begin(), bitmap.touched().end());
    std::sort(stored.begin(), stored.end());
    for (const std::int64_t index : stored) {
      if (index < 0) continue;
      const auto at = static_cast<std::uint64_t>(index);
      add_words(call.words, {at, at, bitmap.word(index)});
    }
    tape->words += call.words.size();
    if (tape->words > kMaxRecordedWords) tape->full = true;
  }

  World& world_;
  std::unique_ptr<Subject> reference_;
  unsigned running_ = 0;
};

std::unique_ptr<Subject> make_recording(const Setup& setup, World& world) {
  return std::make_unique<RecordingSubject>(setup, world);
}

// Attaching returns something, too, but the tape has no entry for it.
bool makes_call(Verb verb) { return returns_result(verb) && verb != Verb::attach; }

bool usually_allocates(Verb verb) {
  return verb == Verb::map || verb == Verb::start || verb == Verb::pin || verb == Verb::attach ||
         verb == Verb::info;
}

std::span<const Step> run(Executor& executor, const Operation& operation, bool allocation_fails) {
  const Step failed = {.allocation_failed = true};
  return executor.run(operation, std::span(&failed, allocation_fails ? 1 : 0));
}

// Does operation `index` succeed, if its own allocation does not fail?
bool succeeds(const Program& program, const std::vector<bool>& fails, std::size_t index) {
  Executor executor;
  executor.reset(program.setup, make_reference);
  std::int64_t result = 0;
  for (std::size_t i = 0; i <= index; ++i)
    result = run(executor, program.operations[i], fails[i])[0].result;
  return result >= 0;
}

std::vector<bool> failing_allocations(const Program& program) {
  constexpr unsigned kTries = 64;  // each is a run
  std::vector<bool> fails(program.operations.size());
  unsigned tries = 0;
  for (std::size_t i = 0; i < fails.size(); ++i) {
    const Operation& operation = program.operations[i];
    if (operation.when != When::now || operation.fault.kind != FaultKind::allocation) continue;
    const bool told = i < program.expectations.size() && program.expectations[i].result;
    fails[i] = told ? *program.expectations[i].result == -ENOMEM
                    : usually_allocates(operation.verb) && ++tries <= kTries &&
                          succeeds(program, fails, i);
  }
  return fails;
}

class Recorder {
 public:
  explicit Recorder(const Program& program) : program_(program) {}

  std::optional<std::vector<Recorded>> run_all() {
    const std::vector<bool> fails = failing_allocations(program_);
    tape = &tape_;
    executor_.reset(program_.setup, make_recording);
    for (unsigned i = 0; i < kDevices; ++i) executor_.run(marker(i));
    std::vector<Recorded> all;
    for (std::size_t i = 0; i < fails.size() && !tape_.full; ++i) {
      const auto steps = run(executor_, program_.operations[i], fails[i]);
      if (tape_.full) break;
      all.push_back(entry(program_.operations[i], steps));
      all.back().allocation_fails = fails[i];
    }
    executor_.release();
    tape = nullptr;
    if (tape_.full) return std::nullopt;
    return all;
  }

 private:
  // Does nothing in each of a device's callbacks, but shows among the steps
  // whose callback this was.
  static Operation marker(unsigned device) {
    Operation operation;
    operation.verb = Verb::dma;
    operation.when = When::every_callback;
    operation.window_device = static_cast<std::uint8_t>(device);
    operation.address.bytes = device;
    return operation;
  }

  Recorded single(const Operation& operation, const Step& step) {
    Recorded recorded;
    recorded.operation = operation;
    recorded.step = step;
    recorded.room = program_.setup.bitmap_words;
    if (operation.when == When::now || step.depth) {
      if (makes_call(step.verb)) recorded.call = std::move(tape_.calls.at(next_call_++));
    }
    return recorded;
  }

  // The executor says what ran in windows, but not in whose. That follows from the
  // markers, and from what waits for each device's callback.
  Recorded entry(const Operation& operation, std::span<const Step> steps) {
    Recorded recorded = single(operation, steps[0]);
    if (operation.when != When::now)
      scripts_[operation.window_device % kDevices].push_back(operation);
    else if (operation.verb == Verb::migrate)
      return pass_over_calls(steps), recorded;
    for (std::size_t i = 1; i < steps.size();) {
      check(steps[i].verb == Verb::dma && steps[i].first < kDevices, "export.marker");
      Recorded::Window window;
      window.device = static_cast<unsigned>(steps[i++].first);
      std::vector<Operation> scripts;
      scripts.swap(scripts_[window.device]);
      for (const Operation& script : scripts) {
        if (script.when == When::every_callback) scripts_[window.device].push_back(script);
        check(i < steps.size() && steps[i].verb == script.verb, "export.window");
        window.operations.push_back(single(script, steps[i++]));
      }
      if (!window.operations.empty()) recorded.windows.push_back(std::move(window));
    }
    return recorded;
  }

  // That set up the destination.
  void pass_over_calls(std::span<const Step> steps) {
    next_call_ += static_cast<std::size_t>(
        std::ranges::count_if(steps, [](const Step& step) { return makes_call(step.verb); }));
  }

  const Program& program_;
  Tape tape_;
  Executor executor_;
  std::array<std::vector<Operation>, kDevices> scripts_;
  std::size_t next_call_ = 0;
};

}  // namespace

std::optional<std::vector<Recorded>> record(const Program& program) {
  if (program.operations.size() > kMaxRecordedOperations) return std::nullopt;
  return Recorder(program).run_all();
}

}  // namespace tidemark
