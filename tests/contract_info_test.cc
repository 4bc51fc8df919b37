// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a container says of itself, to the byte: D13, D14, N2.
#include <linux/vfio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "factories.h"
#include "support.h"

namespace tidemark {
namespace {

constexpr std::uint32_t kFlags = 3;  // PGSIZES and CAPS
constexpr std::uint8_t kGuard = 0xa5;

// The argument of a GET_INFO as its user sees it afterwards.
class Info {
 public:
  Info(std::string_view before, std::string_view info, SubjectFactory make) {
    Executor executor;
    run_all(executor, before, make);
    result = executor.run(program_of(info).operations.at(0))[0].result;
    const auto& all = executor.world().arguments[0].bytes;
    std::copy_n(all.begin() + ArgumentArea::kGuard, bytes.size(), bytes.begin());
    for (std::size_t i = 0; i < ArgumentArea::kGuard; ++i) EXPECT_EQ(all[i], kGuard);
  }

  std::uint16_t u16(std::size_t at) const { return get<std::uint16_t>(at); }
  std::uint32_t u32(std::size_t at) const { return get<std::uint32_t>(at); }
  std::uint64_t u64(std::size_t at) const { return get<std::uint64_t>(at); }

  // Bytes from `at` on were not written.
  void expect_untouched_from(std::size_t at) const {
    for (; at < bytes.size(); ++at) EXPECT_EQ(bytes[at], kGuard) << "byte " << at;
  }

  std::int64_t result = 0;
  std::array<std::uint8_t, ArgumentArea::kBytes - ArgumentArea::kGuard> bytes;

 private:
  template <class Number>
  Number get(std::size_t at) const {
    Number number;
    std::memcpy(&number, &bytes[at], sizeof(number));
    return number;
  }
};

// The same for the tracker and for the reference.
class D14 : public testing::TestWithParam<decltype(&make_tracker)> {
 protected:
  Info info(std::string_view before, std::string_view info) { return {before, info, GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(Both, D14, testing::Values(make_tracker, make_reference),
                         [](const auto& made) {
                           return std::string(made.param == make_tracker ? "Tracker" : "Reference");
                         });

TEST_P(D14, WithoutHardwareThereAreTwoCapabilities) {
  const Info i = info("container v2 entries=10\nmap 0p 1p rw\nmap 4p 1p rw", "info argsz=68");
  ASSERT_EQ(i.result, 0);
  EXPECT_EQ(i.u32(0), 68u);
  EXPECT_EQ(i.u32(4), kFlags);
  EXPECT_EQ(i.u64(8), ~std::uint64_t{4095});
  EXPECT_EQ(i.u32(16), 24u);
  // Bytes 20 to 23 are the struct's padding: not written.
  EXPECT_EQ(i.u32(20), 0u);
  EXPECT_EQ(i.u16(24), 2);  // MIGRATION
  EXPECT_EQ(i.u16(26), 1);
  EXPECT_EQ(i.u32(28), 56u);
  EXPECT_EQ(i.u64(32), 0u);  // flags and padding
  EXPECT_EQ(i.u64(40), 4096u);
  EXPECT_EQ(i.u64(48), std::uint64_t{1} << 28);
  EXPECT_EQ(i.u16(56), 3);  // DMA_AVAIL
  EXPECT_EQ(i.u16(58), 1);
  EXPECT_EQ(i.u32(60), 0u);
  EXPECT_EQ(i.u32(64), 8u);
  i.expect_untouched_from(68);
}

TEST_P(D14, WithHardwareTheRangesAreTheThird) {
  const Info i = info("attach g0 hardware=7", "info");
  ASSERT_EQ(i.result, 0);
  EXPECT_EQ(i.u64(8), 0x214000u);
  EXPECT_EQ(i.u64(40), 0x4000u);
  EXPECT_EQ(i.u32(60), 68u);
  EXPECT_EQ(i.u32(64), 65535u);
  EXPECT_EQ(i.u16(68), 1);  // IOVA_RANGE
  EXPECT_EQ(i.u16(70), 1);
  EXPECT_EQ(i.u32(72), 0u);
  EXPECT_EQ(i.u32(76), 3u);
  EXPECT_EQ(i.u32(80), 0u);
  // Unaligned on purpose: no padding between capabilities.
  EXPECT_EQ(i.u64(84), 0x10000u);
  EXPECT_EQ(i.u64(92), 0xfffffu);
  EXPECT_EQ(i.u64(100), 0x200000u);
  EXPECT_EQ(i.u64(108), 0xfedfffffu);
  EXPECT_EQ(i.u64(116), 0xfef00000u);
  EXPECT_EQ(i.u64(124), (std::uint64_t{1} << 48) - 1);
  i.expect_untouched_from(132);
}

TEST_P(D14, TooSmallAnArgszGetsTheSizeThatIsNeeded) {
  const Info i = info("", "info argsz=67");
  ASSERT_EQ(i.result, 0);
  EXPECT_EQ(i.u32(0), 68u);
  EXPECT_EQ(i.u32(4), kFlags);
  EXPECT_EQ(i.u32(16), 0u);
  i.expect_untouched_from(24);
}

TEST_P(D14, CapOffsetIsWrittenOnlyWhereItFits) {
  const Info fits = info("", "info argsz=20");
  EXPECT_EQ(fits.result, 0);
  EXPECT_EQ(fits.u32(0), 68u);
  const Info not_quite = info("", "info argsz=19");
  EXPECT_EQ(not_quite.result, 0);
  EXPECT_EQ(not_quite.u64(8), ~std::uint64_t{4095});
  EXPECT_EQ(info("", "info argsz=16").result, 0);
  EXPECT_EQ(info("", "info argsz=15").result, -EINVAL);
  EXPECT_EQ(info("", "info argsz=0").result, -EINVAL);
}

// A word that cannot be written shows which are.
TEST_P(D14, CopiesThatFail) {
  EXPECT_EQ(info("", "info argsz=15 fault=arg-read+0").result, -EFAULT);
  EXPECT_EQ(info("", "info fault=arg-read+1").result, -EFAULT);
  EXPECT_EQ(info("", "info fault=arg-read+2").result, 0);
  EXPECT_EQ(info("", "info argsz=19 fault=arg-write+2").result, 0);
  EXPECT_EQ(info("", "info argsz=20 fault=arg-write+2").result, -EFAULT);
  EXPECT_EQ(info("", "info argsz=67 fault=arg-write+3").result, 0);
  EXPECT_EQ(info("", "info argsz=68 fault=arg-write+3").result, -EFAULT);
  EXPECT_EQ(info("", "info argsz=68 fault=arg-write+9").result, 0);
  // The chain comes first: the struct is as it was.
  const Info chain = info("", "info argsz=68 fault=arg-write+4");
  EXPECT_EQ(chain.result, -EFAULT);
  EXPECT_EQ(chain.u64(8), 0u);
}

TEST_P(D14, AfterTheLastHardwareGroupAllAddressesAreOneRange) {
  const Info i = info("attach g1 emulated\nattach g0 hardware=7\ndetach g0", "info");
  ASSERT_EQ(i.result, 0);
  EXPECT_EQ(i.u32(76), 1u);
  EXPECT_EQ(i.u64(84), 0u);
  EXPECT_EQ(i.u64(92), ~std::uint64_t{0});
  i.expect_untouched_from(100);
}

TEST_P(D14, PageSizesBelow4096AreNotShown) {
  const Info i = info("attach g0 hardware=6", "info");
  EXPECT_EQ(i.u64(8), 0x11000u);
  EXPECT_EQ(i.u64(40), 4096u);
}

// Nothing but what D14 names leaves the kernel, whatever lay in its memory.
TEST(N2, InfoIsTheSameEachTime) {
  std::vector<Info> infos;
  for (int i = 0; i < 3; ++i) infos.emplace_back("attach g0 hardware=7", "info", make_tracker);
  EXPECT_EQ(infos[0].bytes, infos[1].bytes);
  EXPECT_EQ(infos[0].bytes, infos[2].bytes);
}

// The struct's padding is the user's: 20 bytes are written, or 16.
TEST(N2, InfoWritesNoMoreOfTheStructThanD14Says) {
  for (const std::uint32_t argsz : {16u, 19u, 20u, 24u, 67u}) {
    BareTracker tracker;
    std::array<std::uint8_t, 128> buffer;
    buffer.fill(kGuard);
    std::memcpy(buffer.data(), &argsz, sizeof(argsz));
    const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
    ASSERT_EQ(tidemark_container_ioctl(tracker.container, VFIO_IOMMU_GET_INFO, address), 0);
    for (std::size_t at = argsz < 20 ? 16 : 20; at < buffer.size(); ++at)
      EXPECT_EQ(buffer[at], kGuard) << "byte " << at << " of " << argsz;
  }
}

TEST(D13, Extensions) {
  EXPECT_TRUE(runs(R"(
    extension 0 => 0
    extension 1 => 1
    extension 2 => 0
    extension 3 => 1
    extension 4 => 1
    extension 5 => 0
    extension 6 => 0
    extension 7 => 0
    extension 8 => 0
    extension 9 => 1
    extension 10 => 0
    extension 18446744073709551615 => 0
  )"));
  EXPECT_TRUE(runs("container v1\nextension 1 => 1\nextension 3 => 1"));
}

TEST(D13, CacheCoherentMeansAllHardwareGroups) {
  EXPECT_TRUE(runs(R"(
    attach g2 emulated
    extension 4 => 1
    attach g0 hardware=0
    extension 4 => 1
    attach g1 hardware=1
    extension 4 => 0
    detach g1
    extension 4 => 1
  )"));
}

TEST(Interface, OtherCommandsAreEnotty) {
  EXPECT_TRUE(runs(R"(
    ioctl 0x3b66 => -ENOTTY
    ioctl 0 => -ENOTTY
    ioctl 0x3b70 arg=0x10 => -EFAULT
    ioctl 0x3b6f => -ENOTTY
    ioctl 0x3b73 => -ENOTTY
  )"));
}

}  // namespace
}  // namespace tidemark
