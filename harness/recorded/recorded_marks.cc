// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded_marks.h"

#include <algorithm>
#include <bit>

#include "host_layout.h"
#include "program_tail.h"

namespace tidemark {
namespace {

constexpr unsigned kBits = 64;
constexpr std::size_t kMostMarks = 4096;                        // operations for one query
constexpr std::uint64_t kMostWritten = std::uint64_t{1} << 20;  // bytes: docs/programs.md
constexpr std::uint64_t kMostPinned = 512 * kPageBytes;

void add_run(std::vector<DirtyRun>& runs, std::uint64_t first, std::uint64_t last) {
  if (!runs.empty() && runs.back().last + 1 == first)
    runs.back().last = last;
  else
    runs.push_back({first, last});
}

void add_bits(std::vector<DirtyRun>& runs, std::uint64_t number, std::uint64_t word) {
  while (word) {
    const auto first = static_cast<unsigned>(std::countr_zero(word));
    const auto count = static_cast<unsigned>(std::countr_one(word >> first));
    add_run(runs, number * kBits + first, number * kBits + first + count - 1);
    word &= first + count == kBits ? 0 : ~std::uint64_t{0} << (first + count);
  }
}

// The operations for one piece of memory that is dirty as a whole.
class Marks {
 public:
  Marks(std::uint8_t device, std::uint8_t caller) : device_(device), caller_(caller) {}

  void add(std::uint64_t first, std::uint64_t last, unsigned rights) {
    constexpr unsigned kBoth = 3;
    const std::uint64_t most = rights == kBoth ? kMostWritten : kMostPinned;
    for (std::uint64_t left = last - first + 1; left && operations.size() <= kMostMarks;) {
      const std::uint64_t bytes = std::min(left, most);
      if (rights == kBoth) {
        put(Verb::write, first, bytes, 0, caller_);
      } else {
        put(Verb::pin, first, bytes, rights, 0);
        put(Verb::unpin, first, bytes, 0, 0);
      }
      first += bytes, left -= bytes;
    }
  }

  std::vector<Operation> operations;

 private:
  void put(Verb verb, std::uint64_t first, std::uint64_t bytes, unsigned rights,
           std::uint8_t caller) {
    Operation& operation = operations.emplace_back();
    operation.verb = verb;
    operation.address = quantity_of(first);
    operation.size = quantity_of(bytes);
    if (verb == Verb::pin || verb == Verb::unpin) operation.id = device_;
    operation.process = caller;
    operation.flags =
        static_cast<std::uint16_t>((rights & 1 ? kReadable : 0) | (rights & 2 ? kWritable : 0));
  }

  std::uint8_t device_, caller_;
};

}  // namespace

std::vector<DirtyRun> dirty_runs(const WordRuns& words) {
  std::vector<DirtyRun> runs;
  for (const WordRun& run : words)
    if (run.word == ~std::uint64_t{0})
      add_run(runs, run.first * kBits, run.last * kBits + kBits - 1);
    else
      for (std::uint64_t number = run.first; number <= run.last; ++number)
        add_bits(runs, number, run.word);
  return runs;
}

std::optional<std::vector<Operation>> marks_before(const RecordedLine& line,
                                                   const LoggedMappings& live, std::uint8_t device,
                                                   std::uint8_t caller) {
  Marks marks(device, caller);
  for (const DirtyRun& run : dirty_runs(*line.words)) {
    const std::uint64_t first = line.iova + run.first * line.pgsize;
    const std::uint64_t last = line.iova + run.last * line.pgsize + (line.pgsize - 1);
    for (const LoggedMappings::Part& part : live.parts_in(first, last))
      marks.add(part.first, part.last, part.rights);
    if (marks.operations.size() > kMostMarks) return std::nullopt;
  }
  return std::move(marks.operations);
}

}  // namespace tidemark
