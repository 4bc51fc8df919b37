// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The library that AFL++ changes programs with, loaded as afl-fuzz loads it.
#include "afl_mutator.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "program_bytes.h"

namespace tidemark {
namespace {

using Bytes = std::vector<std::uint8_t>;

class AflMutator : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(library_, nullptr) << dlerror(); }
  void TearDown() override { dlclose(library_); }

  template <typename Function>
  Function* find(Function*, const char* name) const {
    void* const symbol = dlsym(library_, name);
    EXPECT_NE(symbol, nullptr) << name;
    return reinterpret_cast<Function*>(symbol);
  }

  void* const library_ = dlopen(TIDEMARK_AFL_MUTATOR, RTLD_NOW | RTLD_LOCAL);
};
#define FIND(function) find(static_cast<decltype(&(function))>(nullptr), #function)

// A mutator, by the names in the library.
#define MUTATOR(name, seed)                           \
  const auto init_##name = FIND(afl_custom_init);     \
  const auto deinit_##name = FIND(afl_custom_deinit); \
  ASSERT_TRUE(init_##name&& deinit_##name);           \
  const std::unique_ptr<void, void (*)(void*)> name(init_##name(nullptr, seed), deinit_##name)

Bytes program_of(std::size_t operations) {
  Bytes bytes((1 + operations) * kRecordBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(i / kRecordBytes);
  return bytes;
}

TEST_F(AflMutator, GivesProgramsWithinTheLimit) {
  const auto fuzz = FIND(afl_custom_fuzz);
  ASSERT_TRUE(fuzz);
  MUTATOR(mutator, 1);
  constexpr std::size_t kLarge = 1 << 20;
  Bytes input = program_of(3);
  for (const std::size_t most : {kLarge, kMaxProgramBytes, 5 * kRecordBytes}) {
    for (int round = 0; round < 2000; ++round) {
      std::uint8_t* out = nullptr;
      const std::size_t size =
          fuzz(mutator.get(), input.data(), std::min(input.size(), most), &out, nullptr, 0, most);
      ASSERT_NE(out, nullptr);
      ASSERT_LE(size, std::min(most, kMaxProgramBytes));
      ASSERT_EQ(size % kRecordBytes, 0u);
      ASSERT_GE(decode({out, size}).operations.size(), 1u);
      input.assign(out, out + size);
    }
  }
}

// Too little for a program is what it was.
TEST_F(AflMutator, LeavesAloneWhatIsTooSmall) {
  const auto fuzz = FIND(afl_custom_fuzz);
  ASSERT_TRUE(fuzz);
  MUTATOR(mutator, 1);
  Bytes input(40, 7);
  std::uint8_t* out = nullptr;
  const std::size_t size =
      fuzz(mutator.get(), input.data(), input.size(), &out, nullptr, 0, kRecordBytes);
  EXPECT_EQ(Bytes(out, out + size), Bytes(kRecordBytes, 7));
}

TEST_F(AflMutator, DoesTheSameEveryTime) {
  const auto fuzz = FIND(afl_custom_fuzz);
  ASSERT_TRUE(fuzz);
  std::vector<Bytes> all;
  for (const unsigned seed : {7u, 7u, 8u}) {
    MUTATOR(mutator, seed);
    Bytes bytes = program_of(3);
    for (int round = 0; round < 100; ++round) {
      std::uint8_t* out = nullptr;
      const std::size_t size =
          fuzz(mutator.get(), bytes.data(), bytes.size(), &out, nullptr, 0, kMaxProgramBytes);
      bytes.assign(out, out + size);
    }
    all.push_back(bytes);
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_NE(all[0], all[2]);
}

// Or afl-fuzz makes tens of thousands of the first.
TEST_F(AflMutator, GivesEachInputItsTurnSoon) {
  const auto count = FIND(afl_custom_fuzz_count);
  ASSERT_TRUE(count);
  MUTATOR(mutator, 1);
  for (const std::size_t operations : {std::size_t{1}, kMaxOperations}) {
    const Bytes input = program_of(operations);
    const std::uint32_t programs = count(mutator.get(), input.data(), input.size());
    EXPECT_GE(programs, 1u) << "with none, it would be left out";
    EXPECT_LE(programs, 256u);
  }
}

TEST_F(AflMutator, DescribesItsWorkInAFileName) {
  const auto describe = FIND(afl_custom_describe);
  ASSERT_TRUE(describe);
  EXPECT_STREQ(describe(nullptr, 64), "operations");
  EXPECT_STREQ(describe(nullptr, 9), "");
}

struct Trimmed {
  Bytes bytes;
  std::int32_t tried = 0, most = 0;
};

// As afl-fuzz does it.
Trimmed trim(void* data, decltype(&afl_custom_init_trim) init, decltype(&afl_custom_trim) next,
             decltype(&afl_custom_post_trim) judge, const Bytes& bytes,
             const std::function<bool(const Bytes&)>& is_same) {
  Trimmed trimmed = {.bytes = bytes, .tried = 0, .most = init(data, bytes.data(), bytes.size())};
  for (std::int32_t step = 0; step < trimmed.most; ++trimmed.tried) {
    std::uint8_t* out = nullptr;
    const std::size_t size = next(data, &out);
    const Bytes candidate(out, out + size);
    EXPECT_LT(size, trimmed.bytes.size());
    const bool same = is_same(candidate);
    if (same) trimmed.bytes = candidate;
    const std::int32_t after = judge(data, same);
    EXPECT_GT(after, step);
    step = after;
  }
  EXPECT_LE(trimmed.tried, trimmed.most);
  return trimmed;
}

TEST_F(AflMutator, TrimsToTheOperationsThatAreNeeded) {
  const auto init = FIND(afl_custom_init_trim);
  const auto next = FIND(afl_custom_trim);
  const auto judge = FIND(afl_custom_post_trim);
  ASSERT_TRUE(init && next && judge);
  MUTATOR(mutator, 1);
  for (std::size_t operations = 0; operations <= kMaxOperations; ++operations) {
    const Bytes bytes = program_of(operations);
    const auto has = [](const Bytes& candidate, std::size_t number) {
      return std::ranges::find(candidate, static_cast<std::uint8_t>(number)) != candidate.end();
    };
    const std::size_t middle = (operations + 1) / 2;
    const auto is_same = [&](const Bytes& candidate) {
      return has(candidate, 0) && has(candidate, middle) && has(candidate, operations);
    };
    const Trimmed some = trim(mutator.get(), init, next, judge, bytes, is_same);
    EXPECT_TRUE(is_same(some.bytes));
    EXPECT_LE(some.bytes.size(), 3 * kRecordBytes) << operations;
    EXPECT_LE(static_cast<std::size_t>(some.most), 3 * operations);

    const auto never = [](const Bytes&) { return false; };
    EXPECT_EQ(trim(mutator.get(), init, next, judge, bytes, never).bytes, bytes);
    const auto always = [](const Bytes&) { return true; };
    EXPECT_LE(trim(mutator.get(), init, next, judge, bytes, always).bytes.size(), 2 * kRecordBytes);
  }
}

// A part of a record at the end is an operation, too, and nothing grows.
TEST_F(AflMutator, TrimsAPartOfAnOperation) {
  const auto init = FIND(afl_custom_init_trim);
  const auto next = FIND(afl_custom_trim);
  const auto judge = FIND(afl_custom_post_trim);
  ASSERT_TRUE(init && next && judge);
  MUTATOR(mutator, 1);
  Bytes bytes = program_of(3);
  bytes.resize(bytes.size() - 5);
  const auto needs_the_first = [](const Bytes& candidate) {
    return candidate.size() > kRecordBytes && candidate[kRecordBytes] == 1;
  };
  const Trimmed trimmed = trim(mutator.get(), init, next, judge, bytes, needs_the_first);
  EXPECT_EQ(trimmed.bytes, program_of(1));
}

}  // namespace
}  // namespace tidemark
