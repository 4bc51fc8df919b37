// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The tracker as a module of Linux does what the tracker does: the corpus, and random
// programs, which are a test of their own (CMakeLists.txt).
#include <gtest/gtest.h>

#include <memory>
#include <variant>

#include "factories.h"
#include "linux_kernel.h"
#include "linux_subject.h"
#include "lockstep.h"
#include "mismatch.h"
#include "program_text.h"
#include "test_support.h"

namespace tidemark {
namespace {

TEST(TrackerKernel, DoesAllOfTheCorpus) {
  Lockstep lockstep(make_tracker_kernel, make_reference);
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
