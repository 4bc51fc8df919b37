// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// D20: which calls are said to let others in.
#include "atomicity.h"

#include <gtest/gtest.h>
#include <linux/vfio.h>

#include <cerrno>
#include <ostream>
#include <string>

#include "liar.h"
#include "program_text.h"
#include "support.h"

namespace tidemark {
namespace {

constexpr LockUse kNone = {0, 0, 0}, kOnce = {1, 0, 0}, kTwice = {2, 0, 0},
                  kOnceAndOutside = {1, 0, 1}, kOutside = {0, 0, 1}, kAfterOneOfTwo = {2, 2, 0},
                  kAfterTwo = {3, 2, 0}, kTooOftenAfterTwo = {4, 2, 0}, kNotAfterOne = {0, 1, 0},
                  kOnceAndKept = {1, 0, 0, 1}, kTwiceAndKept = {2, 0, 0, 1};

struct Case {
  const char* name;
  Call call;
  Kind kind;  // none: nothing is wrong with it
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

constexpr Case kCases[] = {
    {"Once", {Verb::query, 0, 0, &kOnce}, Kind::none},
    {"Never", {Verb::query, 0, 0, &kNone}, Kind::no_lock},
    {"Twice", {Verb::query, 0, 0, &kTwice}, Kind::lets_go},
    {"NotCounted", {Verb::query, 0, 0, nullptr}, Kind::none},
    {"OnceAndAfterCallbacks", {Verb::unmap, 0, 0, &kAfterTwo}, Kind::none},
    {"NotAfterACallback", {Verb::unmap, 0, 0, &kAfterOneOfTwo}, Kind::no_lock},
    {"TooOftenAfterCallbacks", {Verb::unmap, 0, 0, &kTooOftenAfterTwo}, Kind::lets_go},
    {"WithAUseOutside", {Verb::write, 0, 0, &kOnceAndOutside}, Kind::outside_lock},
    {"WithoutGivingItBack", {Verb::query, 0, 0, &kOnceAndKept}, Kind::keeps_lock},
    {"TwiceWithoutGivingItBack", {Verb::query, 0, 0, &kTwiceAndKept}, Kind::keeps_lock},
    {"RefusedWithoutGivingItBack", {Verb::map, -EINVAL, 0, &kOnceAndKept}, Kind::keeps_lock},
    {"OfNoValue", {Verb::detach, 0, 0, &kNone}, Kind::no_lock},

    {"RefusedForItsArguments", {Verb::map, -EINVAL, 0, &kNone}, Kind::none},
    {"RefusedForItsSize", {Verb::pin, -E2BIG, 0, &kNone}, Kind::none},
    {"RefusedForItsType", {Verb::start, -EACCES, 0, &kNone}, Kind::none},
    {"RefusedForItsMemory", {Verb::unmap, -EFAULT, 0, &kNone}, Kind::none},
    {"RefusedAfterALook", {Verb::map, -EINVAL, 0, &kOnce}, Kind::none},
    {"RefusedAfterTwoLooks", {Verb::map, -EINVAL, 0, &kTwice}, Kind::lets_go},
    {"RefusedAfterACallback", {Verb::unmap, -EINVAL, 0, &kNotAfterOne}, Kind::no_lock},
    {"RefusedAfterAUseOutside", {Verb::map, -EFAULT, 0, &kOutside}, Kind::outside_lock},
    {"RefusedForWhatIsThere", {Verb::map, -EEXIST, 0, &kNone}, Kind::no_lock},
    {"RefusedForWantOfMemory", {Verb::info, -ENOMEM, 0, &kNone}, Kind::no_lock},
    {"RefusedForItsRights", {Verb::read, -EPERM, 0, &kNone}, Kind::no_lock},

    {"ExtensionThatIsConstant", {Verb::extension, 1, VFIO_UNMAP_ALL, &kNone}, Kind::none},
    {"ExtensionOfTheGroups", {Verb::extension, 1, VFIO_DMA_CC_IOMMU, &kNone}, Kind::no_lock},
    {"RawCommand", {Verb::ioctl, 0, 0, &kNone}, Kind::none},
    {"UnpinOfAPage", {Verb::unpin, 0, 1, &kNone}, Kind::no_lock},
    {"UnpinOfNoPage", {Verb::unpin, 0, 0, &kNone}, Kind::none},
    {"UnpinOfTooManyPages", {Verb::unpin, 0, 513, &kNone}, Kind::none},
};

class ACall : public testing::TestWithParam<Case> {};

TEST_P(ACall, IsJudgedByItsUseOfTheLock) {
  Atomicity atomicity;
  atomicity.reset({});
  atomicity.call_returned(GetParam().call);
  const auto breach = atomicity.take();
  EXPECT_EQ(breach ? breach->kind : Kind::none, GetParam().kind);
  EXPECT_FALSE(atomicity.take().has_value());
}

INSTANTIATE_TEST_SUITE_P(D20, ACall, testing::ValuesIn(kCases),
                         [](const auto& made) { return std::string(made.param.name); });

TEST(D20, AV1ContainerHasNoPinsToLookFor) {
  Atomicity atomicity;
  atomicity.reset({.type = ContainerType::v1});
  atomicity.call_returned({Verb::unpin, 0, 1, &kNone});
  EXPECT_FALSE(atomicity.take().has_value());
}

TEST(D20, OfSeveralBreachesTheFirstCounts) {
  Atomicity atomicity;
  atomicity.reset({});
  atomicity.call_returned({Verb::pin, 1, 0, &kTwice});
  atomicity.looked("visit", &kNone);
  EXPECT_EQ(atomicity.take()->entry, "pin");
  atomicity.looked("visit", &kNone);
  EXPECT_EQ(atomicity.take()->kind, Kind::no_lock);
  atomicity.looked("visit", &kNone);
  atomicity.reset({});
  EXPECT_FALSE(atomicity.take().has_value());
}

// The tracker counts what each call does, be it in the window of another.
class Uses final : public Watcher {
 public:
  std::string text;

  void call_returned(const Call& call) override {
    const LockUse& use = *call.lock;
    text += std::string(name(call.verb)) + " " + std::to_string(use.takes) + "-" +
            std::to_string(use.callbacks) + "-" + std::to_string(use.unlocked) + "\n";
  }
};

TEST(D20, TheTrackerCountsForEachCall) {
  Uses uses;
  Executor executor;
  executor.watch(uses);
  run_all(executor, R"(
    attach g0 hardware=0
    enroll d0
    enroll d1
    map 0p 2p rw
    pin d0 0p 1p rw
    window d0: extension 4
    window d0: extension 1
    window d0: withdraw d1
    unmap 0p 2p
    unpin d0 0p 0p
    detach g0
)",
          make_tracker);
  EXPECT_EQ(uses.text,
            "attach 1-0-0\ninfo 1-0-0\nenroll 1-0-0\nenroll 1-0-0\nmap 1-0-0\npin 1-0-0\n"
            "unpin 1-0-0\nextension 1-0-0\nextension 0-0-0\nwithdraw 1-0-0\nunmap 3-2-0\n"
            "unpin 0-0-0\ndetach 1-0-0\ninfo 1-0-0\n");
}

TEST(D20, AMismatchSaysWhichCallAndHow) {
  Lockstep lockstep(lying<Lie::lets_the_lock_go>, make_reference);
  const Program program = program_of("extension 1\nmap 0p 1p rw");
  const auto mismatch = lockstep.run(program);
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(print(mismatch->signature), "atomicity.stats.lets-go");
  EXPECT_EQ(mismatch->operation, 0u);
  EXPECT_EQ(mismatch->expected, "stats takes the lock once and does nothing without it");
  EXPECT_EQ(mismatch->actual, "takes it twice");
}

}  // namespace
}  // namespace tidemark
