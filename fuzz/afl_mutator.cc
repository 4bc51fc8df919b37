// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The mutator of programs as AFL++ wants it: it never calls libFuzzer's of a target.
#include "afl_mutator.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "mutator.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

// Before another takes its turn. Left to itself afl-fuzz makes up to 30,000, and as many more of
// its own, and so spends minutes on one of hundreds of seeds.
constexpr std::uint32_t kProgramsOfAnInput = 64;

// Takes operations away, as many as half of them at once, then half of that, down to one; what
// turned out not to be needed stays away.
class Trimmer {
 public:
  // Returns how many steps it takes at most.
  std::int32_t begin(const std::uint8_t* buffer, std::size_t size) {
    kept_.assign(buffer, buffer + size);
    at_ = 0;
    step_ = most_ = 0;
    count_ = operations() / 2;
    // As many for each count as there are places for it, which doubles; and one for a rest.
    for (std::size_t count = count_; count > 0; count /= 2)
      most_ += static_cast<std::int32_t>(operations() / count + 1);
    return most_;
  }

  Bytes& candidate() {
    const std::size_t from = (1 + at_) * tidemark::kRecordBytes;
    const std::size_t to = std::min(from + count_ * tidemark::kRecordBytes, kept_.size());
    candidate_.assign(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(from));
    candidate_.insert(candidate_.end(), kept_.begin() + static_cast<std::ptrdiff_t>(to),
                      kept_.end());
    return candidate_;
  }

  // Returns the next step, or begin()'s number when there is none.
  std::int32_t judge(bool same) {
    ++step_;
    if (same)
      kept_ = candidate_;
    else
      at_ += count_;
    // One that is alone is not tried.
    if (at_ >= operations() || operations() < 2) {
      at_ = 0;
      count_ = operations() < 2 ? 0 : std::min(count_ / 2, operations() / 2);
    }
    return count_ == 0 ? most_ : step_;
  }

 private:
  // The last may be a part of one.
  std::size_t operations() const {
    const std::size_t records =
        (kept_.size() + tidemark::kRecordBytes - 1) / tidemark::kRecordBytes;
    return records - std::min<std::size_t>(records, 1);
  }

  Bytes kept_, candidate_;
  std::size_t at_ = 0, count_ = 0;  // which operations are away, the first and how many
  std::int32_t step_ = 0, most_ = 0;
};

struct State {
  explicit State(unsigned seed) : mutator(seed), choices(seed) {}

  tidemark::Mutator mutator;
  std::mt19937 choices;
  Bytes program;
  Trimmer trimmer;
};

State& state_of(void* data) { return *static_cast<State*>(data); }

}  // namespace

void* afl_custom_init(void*, unsigned seed) { return std::make_unique<State>(seed).release(); }

void afl_custom_deinit(void* data) { std::unique_ptr<State>(&state_of(data)).reset(); }

std::size_t afl_custom_fuzz(void* data, std::uint8_t* buffer, std::size_t size, std::uint8_t** out,
                            const std::uint8_t*, std::size_t, std::size_t most) {
  State& state = state_of(data);
  most = std::min(most, tidemark::kMaxProgramBytes);
  state.program.assign(buffer, buffer + std::min(size, most));
  if (most >= 2 * tidemark::kRecordBytes)
    state.mutator.vary(state.program, most, static_cast<unsigned>(state.choices()));
  *out = state.program.data();
  return state.program.size();
}

std::uint32_t afl_custom_fuzz_count(void*, const std::uint8_t*, std::size_t) {
  return kProgramsOfAnInput;
}

const char* afl_custom_describe(void*, std::size_t most) { return most < 10 ? "" : "operations"; }

std::int32_t afl_custom_init_trim(void* data, const std::uint8_t* buffer, std::size_t size) {
  return state_of(data).trimmer.begin(buffer, size);
}

std::size_t afl_custom_trim(void* data, std::uint8_t** out) {
  Bytes& candidate = state_of(data).trimmer.candidate();
  *out = candidate.data();
  return candidate.size();
}

std::int32_t afl_custom_post_trim(void* data, std::uint8_t success) {
  return state_of(data).trimmer.judge(success != 0);
}
