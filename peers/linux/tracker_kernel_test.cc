// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The tracker as a module of Linux does what the tracker does: the corpus, and random
// programs, which are a test of their own (CMakeLists.txt).
#include <gtest/gtest.h>

#include <memory>
#include <variant>

#include "factories.h"
#include "linux_fixture.h"
#include "linux_kernel.h"
#include "linux_subject.h"
#include "lockstep.h"
#include "mismatch.h"
#include "parsed.h"
#include "program_text.h"
#include "registry.h"
#include "test_support.h"
#include "tracker_kernel_lockstep.h"

namespace tidemark {
namespace {

TEST(TrackerKernel, DoesAllOfTheCorpus) {
  TrackerKernelLockstep lockstep("");
  auto paths = traces_in(TIDEMARK_CORPUS_DIR "/seeds");
  for (auto& path : traces_in(TIDEMARK_CORPUS_DIR "/regressions")) paths.push_back(path);
  ASSERT_GT(paths.size(), 200u);
  for (const auto& path : paths) {
    const Program program = trace(path);
    if (const auto mismatch = lockstep.run(program))
      ADD_FAILURE() << path << ": " << print(mismatch->signature) << "\n"
                    << describe(*mismatch, program);
  }
}

// What is pinned page by page: a fuzzer's program ends there, and whoever asks is told.
TEST(TrackerKernel, EndsWherePinsTakeMinutes) {
  const Program large =
      parsed("container v2 room=8192\nattach g0 hardware=0\nmap 0p 8796093022208p rw\nstart\n");
  EXPECT_FALSE(TrackerKernelLockstep("").run(large));
  for (const std::string_view known : {std::string_view("slow"), kAllKnown}) {
    const auto found = TrackerKernelLockstep(known).run(large);
    ASSERT_TRUE(found) << known;
    EXPECT_EQ(print(found->signature), "slow");
    EXPECT_EQ(found->operation, 1u);
    EXPECT_NE(found->known, "");
  }
  const Program many = parsed(
      "container v2 room=8192\nattach g0 hardware=0\nmap 0p 60000p rw\nmap 60000p 60000p rw\n"
      "unmap 0 0 all\nattach g1 hardware=0\n");
  EXPECT_FALSE(TrackerKernelLockstep(kAllKnown).run(many)) << "each call counts anew";
}

// Whoever is killed while others hold the memory map does not wait for it, unless to give pages
// back.
class KilledInTheModule : public HandsOn {};

TEST_P(KilledInTheModule, WaitsForNothing) {
  ASSERT_EQ(subject_->attach(0, nullptr), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(0, 4 * kPageBytes), 0);
  ASSERT_EQ(pin(0, 0, 1), 1);
  now().dying = true;
  EXPECT_EQ(pin(0, kPageBytes, 1), -EINTR);
  EXPECT_EQ(subject_->attach(1, &hardware_kind(0)), -EINTR);
  EXPECT_EQ(subject_->sizes().locked_pages, 1u);
  EXPECT_EQ(unmap(0, 4 * kPageBytes), -EBUSY) << "its callbacks keep the pin";
  subject_->unpin(0, 1);
  EXPECT_EQ(unmap(0, 4 * kPageBytes), 0);
  EXPECT_EQ(subject_->sizes().locked_pages, 0u);
  EXPECT_EQ(subject_->release(), "");
}

// Beside hardware a pin is not accounted, which would have to wait as well.
TEST_P(KilledInTheModule, PinsNothing) {
  ASSERT_EQ(subject_->attach(0, &hardware_kind(0)), 0);
  subject_->enroll(0);
  ASSERT_EQ(map(0, 4 * kPageBytes), 0);
  now().dying = true;
  EXPECT_EQ(pin(0, 0, 1), -EINTR);
  EXPECT_EQ(subject_->release(), "");
}

INSTANTIATE_TEST_SUITE_P(TrackerKernel, KilledInTheModule,
                         testing::Values(LinuxVersion{
                             "tracker-kernel", 0, make_tracker_kernel, make_tracker_kernel, {}}),
                         [](const auto&) { return "tracker_kernel"; });

// It has room for one mapping, and the reference for more; the sizes say so.
std::unique_ptr<Subject> make_small(const Setup& setup, World& world) {
  Setup other = setup;
  other.entries = 1;
  return make_tracker_kernel(other, world);
}

TEST(TrackerKernel, IsSeenToDiffer) {
  Lockstep lockstep(make_small, make_reference);
  auto program = parse("attach g0 emulated\n");
  ASSERT_TRUE(std::holds_alternative<Program>(program));
  const auto mismatch = lockstep.run(std::get<Program>(program));
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(print(mismatch->signature), "lockstep.attach.size.dma-available");
}

}  // namespace
}  // namespace tidemark
