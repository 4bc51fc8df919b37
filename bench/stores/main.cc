// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// ./tidemark bench stores: what the dirty stores cost, side by side.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "console.h"
#include "guest.h"
#include "marks.h"

namespace tidemark::bench {
namespace {

constexpr const char* kStoreNames[] = {"bitmap", "sparse", "ranges", "pinned"};
constexpr int kStores = std::size(kStoreNames);
constexpr const char* kOrderNames[] = {"in order", "random", "alternating", "dense"};
static_assert(std::size(kOrderNames) == BENCH_ORDERS);

// Sizes of guests, in pages. The largest is what one mapping may have, and whole words.
struct Size {
  const char* name;
  std::uint64_t pages;
};
constexpr Size kSizes[] = {{"4 GiB", 1ull << 20},
                           {"64 GiB", 1ull << 24},
                           {"1 TiB", 1ull << 28},
                           {"8 TiB", (1ull << 31) - 64}};
// How much is dirty: one page in so many; 0: none.
struct Share {
  const char* name;
  std::uint64_t one_in;
  std::uint64_t most_pages;  // of a guest, as pages are made dirty one by one
};
constexpr Share kShares[] = {{"clean", 0, ~0ull},
                             {"0.001 %", 100000, ~0ull},
                             {"0.2 %", 500, 1ull << 28},
                             {"50 %", 2, 1ull << 24},
                             {"all", 1, ~0ull}};

// Of the processor, so that a busy machine changes little.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

template <class Work>
double seconds_of(Work work) {
  const double begin = now();
  work();
  return now() - begin;
}

// Marks in a store that had the same marks before, and was cleared, as in all rounds of a
// migration but the first; `fresh`: as in the first.
void mark(benchmark::State& state, int kind, bench_order order, std::uint64_t pages, bool fresh) {
  constexpr std::uint64_t kMarks = 1 << 20;
  const std::uint64_t count = order == DENSE ? kMarks / 512 : kMarks;
  const auto make = [&] {
    return std::unique_ptr<bench_store, void (*)(bench_store*)>(bench_store_make(kind, pages),
                                                                bench_store_free);
  };
  auto store = make();
  if (!store) return state.SkipWithError("no memory");
  if (!fresh) bench_store_mark(store.get(), order, count);
  for (auto _ : state) {
    if (fresh) {
      store.reset();
      store = make();
    } else {
      bench_store_clear(store.get());
    }
    state.SetIterationTime(seconds_of([&] { bench_store_mark(store.get(), order, count); }));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}

void query(benchmark::State& state, tidemark_store kind, const Share& share, std::uint64_t pages) {
  Guest guest(kind, pages);
  guest.start();
  guest.query();  // so that the bitmap is there
  for (auto _ : state) {
    if (share.one_in) guest.dirty(share.one_in);
    state.SetIterationTime(seconds_of([&] { guest.query(); }));
  }
  state.counters["bytes"] = static_cast<double>(guest.mark_bytes());
}

// Of a guest in which so many pages are pinned, and nothing else is dirty.
void query_pins(benchmark::State& state, tidemark_store kind, std::uint64_t pins,
                std::uint64_t pages) {
  Guest guest(kind, pages);
  guest.pin(pins);
  guest.start();
  guest.query();
  for (auto _ : state) state.SetIterationTime(seconds_of([&] { guest.query(); }));
}

void start(benchmark::State& state, tidemark_store kind, std::uint64_t pages) {
  Guest guest(kind, pages);
  for (auto _ : state) {
    state.SetIterationTime(seconds_of([&] { guest.start(); }));
    guest.stop();
  }
}

// With one page in 100,000 dirty.
void stop(benchmark::State& state, tidemark_store kind, std::uint64_t pages) {
  Guest guest(kind, pages);
  for (auto _ : state) {
    guest.start();
    guest.dirty(100000);
    state.SetIterationTime(seconds_of([&] { guest.stop(); }));
  }
}

// What a query that copies everything cannot be faster than.
void copy(benchmark::State& state, std::uint64_t pages) {
  std::vector<char> from(pages / 8, 1), to(pages / 8);
  for (auto _ : state)
    state.SetIterationTime(seconds_of([&] { std::memcpy(to.data(), from.data(), to.size()); }));
}

class Notes final : public Console {
 public:
  std::map<std::string, double> seconds, bytes;  // seconds in the benchmark's unit; the least

 private:
  void note(const Run& run) override {
    const std::string name = run.run_name.function_name;
    if (run.run_type != Run::RT_Iteration) return;
    if (auto [at, is_new] = seconds.emplace(name, run.GetAdjustedRealTime()); !is_new)
      at->second = std::min(at->second, run.GetAdjustedRealTime());
    if (const auto found = run.counters.find("bytes"); found != run.counters.end())
      bytes[name] = found->second;
  }
};

std::string with_store(const std::string& name, const char* store) { return name + "/" + store; }

// Of each store, one behind the other: of a name with this behind it.
using Figures = std::array<std::optional<double>, kStores>;
Figures figures(const std::map<std::string, double>& of, const std::string& name) {
  Figures found;
  for (int kind = 0; kind < kStores; ++kind)
    if (const auto at = of.find(with_store(name, kStoreNames[kind])); at != of.end())
      found[kind] = at->second;
  return found;
}

void print_heading(const char* unit, bool ratios) {
  fmt::print("\n{:<40}", unit);
  for (const char* store : kStoreNames) fmt::print(" {:>12}", store);
  for (int kind = 1; ratios && kind < kStores; ++kind)
    fmt::print(" {:>16}", fmt::format("bitmap / {}", kStoreNames[kind]));
  fmt::print("\n");
}

// The figures, each divided by `unit`; and how many times as large the bitmap's is as others'.
void print_row(const std::string& name, const Figures& of, double unit, bool ratios) {
  if (!of[0] || !of[1]) return;
  fmt::print("{:<40}", name);
  for (const auto& figure : of)
    fmt::print(" {:>12}", figure ? fmt::format("{:.2f}", *figure / unit) : "");
  for (int kind = 1; ratios && kind < kStores; ++kind)
    fmt::print(" {:>16}",
               of[kind] && *of[kind] > 0 ? fmt::format("{:.2f}", *of[0] / *of[kind]) : "");
  fmt::print("\n");
}

void print_ratios(const Notes& notes) {
  print_heading("us, the least", true);
  const std::string suffix = "/bitmap";
  for (const auto& [name, seconds] : notes.seconds) {
    if (!name.ends_with(suffix)) continue;
    const std::string of = name.substr(0, name.size() - suffix.size());
    print_row(of, figures(notes.seconds, of), 1, true);
  }
}

// Of a query of all pages, to memcpy() of as many bytes.
void print_limits(const Notes& notes) {
  print_heading("query of all dirty / memcpy", false);
  for (const Size& size : kSizes) {
    const auto limit = notes.seconds.find(std::string("memcpy/") + size.name);
    if (limit == notes.seconds.end()) continue;
    print_row(size.name, figures(notes.seconds, std::string("query/all/") + size.name),
              limit->second, false);
  }
}

void print_memory(const Notes& notes) {
  print_heading("KiB of marks", true);
  for (const Size& size : kSizes)
    for (const Share& share : kShares)
      print_row(std::string(share.name) + "/" + size.name,
                figures(notes.bytes, std::string("query/") + share.name + "/" + size.name), 1024,
                true);
}

template <class Work>
void add(const std::string& name, int iterations, Work work) {
  benchmark::RegisterBenchmark(name.c_str(), work)
      ->UseManualTime()
      ->Iterations(iterations)
      ->Repetitions(2)
      ->ReportAggregatesOnly(false)
      ->Unit(benchmark::kMicrosecond);
}

void add_marks(int kind, const Size& size) {
  for (int order = 0; order < BENCH_ORDERS; ++order)
    for (const bool fresh : {false, true})
      add(std::string(fresh ? "first marks " : "marks ") + kOrderNames[order] + "/" + size.name +
              "/" + kStoreNames[kind],
          fresh ? 2 : 5, [=](benchmark::State& state) {
            mark(state, kind, static_cast<bench_order>(order), size.pages, fresh);
          });
}

// Store beside store, so that a machine that becomes busy does so for both.
void add_all() {
  for (const Size& size : kSizes) {
    const std::uint64_t pages = size.pages;
    for (int kind = 0; kind < kStores; ++kind)
      if (pages <= 1ull << 28) add_marks(kind, size);
    for (const Share& share : kShares)
      for (int kind = 0; kind < kStores && pages <= share.most_pages; ++kind)
        add(std::string("query/") + share.name + "/" + size.name + "/" + kStoreNames[kind], 2,
            [=](benchmark::State& state) {
              query(state, static_cast<tidemark_store>(kind), share, pages);
            });
    for (const std::uint64_t pins : {512, 100000})
      for (int kind = 0; kind < kStores; ++kind)
        add("query, " + std::to_string(pins) + " pins/" + size.name + "/" + kStoreNames[kind], 5,
            [=](benchmark::State& state) {
              query_pins(state, static_cast<tidemark_store>(kind), pins, pages);
            });
    add(std::string("memcpy/") + size.name, 5,
        [=](benchmark::State& state) { copy(state, pages); });
    for (int kind = 0; kind < kStores; ++kind) {
      const auto store = static_cast<tidemark_store>(kind);
      add(std::string("START/") + size.name + "/" + kStoreNames[kind], 5,
          [=](benchmark::State& state) { start(state, store, pages); });
      add(std::string("STOP/") + size.name + "/" + kStoreNames[kind], 2,
          [=](benchmark::State& state) { stop(state, store, pages); });
    }
  }
}

}  // namespace
}  // namespace tidemark::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  tidemark::bench::add_all();
  tidemark::bench::Notes notes;
  benchmark::RunSpecifiedBenchmarks(&notes);
  tidemark::bench::print_ratios(notes);
  tidemark::bench::print_limits(notes);
  tidemark::bench::print_memory(notes);
  return notes.failed ? 1 : 0;
}
