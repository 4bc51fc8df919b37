// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What marks and queries cost as containers grow (B11).
#include <benchmark/benchmark.h>

#include "executor.h"
#include "factories.h"

namespace tidemark::bench {
namespace {

Operation operation_on(Verb verb, std::int64_t page, std::int64_t pages, std::int32_t bytes = 0) {
  Operation operation;
  operation.verb = verb;
  operation.flags = kReadable | kWritable;
  operation.address.pages = page;
  operation.size.pages = pages;
  operation.size.bytes = bytes;
  operation.vaddr.base = Base::fresh;
  return operation;
}

// `mappings` mappings of `pages` pages, each followed by a hole of one page.
void fill(Executor& executor, std::int64_t mappings, std::int64_t pages) {
  executor.reset({}, make_tracker);
  executor.run(operation_on(Verb::attach, 0, 0));
  for (std::int64_t i = 0; i < mappings; ++i)
    executor.run(operation_on(Verb::map, i * (pages + 1), pages));
  executor.run(operation_on(Verb::start, 0, 0));
}

// The driver's write and mark, without the executor's own bookkeeping.
void mark(benchmark::State& state) {
  const std::int64_t mappings = state.range(0);
  Executor executor;
  fill(executor, mappings, 1);
  std::uint64_t next = 0, byte = 1;
  for (auto _ : state) {
    next = (next * 5 + 3) % static_cast<std::uint64_t>(mappings);
    executor.subject().rw(next * 2 * kPageBytes, &byte, 1, true);
  }
}

// One page dirty in the last mapping, asked for alone.
void query_last_mapping(benchmark::State& state) {
  const std::int64_t mappings = state.range(0);
  Executor executor;
  fill(executor, mappings, 1);
  const Operation query = operation_on(Verb::query, (mappings - 1) * 2, 1);
  for (auto _ : state) benchmark::DoNotOptimize(executor.run(query).data());
}

// One mapping of `range(0)` pages with 64 dirty ones, asked for as a whole.
void query_sparse(benchmark::State& state) {
  const std::int64_t pages = state.range(0);
  Executor executor;
  fill(executor, 1, pages);
  const Operation query = operation_on(Verb::query, 0, pages);
  std::uint8_t byte = 1;
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < 64; ++i)
      executor.subject().rw(i * 100 * kPageBytes, &byte, 1, true);
    benchmark::DoNotOptimize(executor.run(query).data());
  }
}

BENCHMARK(mark)->Arg(1)->Arg(256)->Arg(65535);
BENCHMARK(query_last_mapping)->Arg(1)->Arg(256)->Arg(65535);
BENCHMARK(query_sparse)->Arg(1 << 13)->Arg(1 << 20)->Arg(std::int64_t{1} << 30);

}  // namespace
}  // namespace tidemark::bench
