// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// N3: whichever allocation of whichever operation fails, the state is as before
// it (but for the marks of R9), and the program goes on as the reference does.
#include <random>
#include <set>
#include <string>
#include <vector>

#include "program_bytes.h"
#include "program_text.h"
#include "support.h"

namespace tidemark {
namespace {

constexpr const char* kPrograms[] = {
    R"(
    attach g0 emulated
    attach g1 hardware=0
    enroll d0
    map 0p 4p rw
    map 8p 70p rw
    pin d0 0p 3p rw
    start
    write 9p 8
    pin d0 2p 2p rw
    pin d1 8p 4p rw
    query 0p 80p
    map 100p 4097p rw
    query 0p 5000p
    attach g2 hardware=1
    attach g3 emulated
    info
    unmap 8p 70p bitmap
    detach g1
    detach g2
    stop
    start
    unmap 0 0 all
)",
    R"(
    container v2 rule=any memlock=40
    start
    attach g2 hardware=7
    map 16p 16p rw
    map 512p 16p rw
    attach g0 hardware=6
    enroll d2
    enroll d0
    pin d2 20p 8p rw
    window d2: pin d2 512p 2p r
    window d0: map 32p 4p rw
    unmap 16p 16p bitmap
    query 512p 4p
    pin d0 514p 4p r
    detach g2
    map 1p 1p rw
    stop
    start
)",
    R"(
    container v1
    attach g0 emulated
    attach g1 hardware=5
    map 0p 4p rw
    map 4p 4p rw
    attach g2 hardware=0
    info
    unmap 0p 1p
)"};

State state_of(Lockstep& lockstep) {
  State state;
  lockstep.actual().subject().inspect(state);
  return state;
}

class Failures {
 public:
  // Runs the program once for each allocation of each of its operations.
  void run(const Program& program) {
    for (std::size_t i = 0; i < program.operations.size(); ++i) {
      if (program.operations[i].when != When::now) continue;
      for (std::uint16_t index = 0; index < kMost; ++index)
        if (!fails(program, i, index)) break;
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  std::uint64_t fired() const { return fired_; }
  const std::set<Verb>& verbs() const { return verbs_; }  // of what ran out of memory

 private:
  static constexpr std::uint16_t kMost = 600;

  // Does operation `at` make an allocation `index`? It fails in this run.
  bool fails(const Program& program, std::size_t at, std::uint16_t index) {
    Program faulty = program;
    faulty.expectations.clear();
    faulty.operations[at].fault = {FaultKind::allocation, index};
    bool fired = false;
    lockstep_.begin(faulty.setup);
    std::optional<Mismatch> mismatch;
    for (std::size_t i = 0; i < faulty.operations.size() && !mismatch; ++i) {
      const State before = i == at ? state_of(lockstep_) : State{};
      mismatch = lockstep_.step(faulty.operations[i], nullptr);
      if (i != at || mismatch) continue;
      fired = lockstep_.steps()[0].allocation_failed;
      if (fired) expect_unchanged(before, faulty, at);
    }
    if (!mismatch) mismatch = lockstep_.end();
    if (mismatch)
      ADD_FAILURE() << print(mismatch->signature) << "\n"
                    << describe(*mismatch, faulty) << print(faulty);
    fired_ += fired;
    // With other flags, or another argument, a query is a START.
    const Operation& failed = faulty.operations[at];
    if (fired && failed.bend.field == Field::none) verbs_.insert(failed.verb);
    return fired && !mismatch;
  }

  void expect_unchanged(State before, const Program& program, std::size_t at) {
    const State after = state_of(lockstep_);
    if (program.operations[at].verb == Verb::pin) before.marks = after.marks;  // R9
    EXPECT_TRUE(before == after) << print(program.operations[at]) << " in\n" << print(program);
  }

  Lockstep lockstep_{make_tracker, make_reference};
  std::uint64_t fired_ = 0;
  std::set<Verb> verbs_;
};

// All that need memory, and so can run out of it.
const std::set<Verb> kAllocate = {Verb::map, Verb::start, Verb::pin, Verb::attach, Verb::info};

TEST(N3, AFailedAllocationChangesNothing) {
  Failures failures;
  for (const char* text : kPrograms) failures.run(program_of(text));
  EXPECT_GT(failures.fired(), 50u);
  EXPECT_EQ(failures.verbs(), kAllocate);
}

TEST(N3, AFailedAllocationChangesNothingInRandomPrograms) {
  Failures failures;
  std::mt19937 random(17);
  for (int i = 0; i < 400 && !testing::Test::HasFailure(); ++i) {
    std::vector<std::uint8_t> bytes(kRecordBytes * 25);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    Program program = decode(bytes);
    // Each operation fails in a run of its own: with hundreds that takes the square of them.
    if (program.operations.size() > kMaxOperations) continue;
    // Random programs rarely attach and map: begin as most do.
    Program begin =
        program_of("attach g0 emulated\nenroll d0\nmap 0p 4p rw\nstart\nmap 16p 70p rw");
    for (const Operation& operation : program.operations) begin.operations.push_back(operation);
    begin.setup = program.setup;
    failures.run(begin);
  }
  EXPECT_GT(failures.fired(), 2000u);
  EXPECT_EQ(failures.verbs(), kAllocate);
}

}  // namespace
}  // namespace tidemark
