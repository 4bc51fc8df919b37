// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What tests with several threads share: threads that begin at once, a driver of a
// device with a lock of its own, and a guest whose memory they look at.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "support.h"

namespace tidemark {

// Seconds that all threads of this process ran, or wanted to and had no core.
inline double seconds_wanted() {
  double nanoseconds = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "schedstat");
    double ran = 0, waited = 0;
    if (file >> ran >> waited) nanoseconds += ran + waited;
  }
  return nanoseconds / 1e9;
}

// Ends the program with a message if nobody does anything for 20 s, or if somebody does for
// 60 s of a processor: a deadlock shows as a failure, not as silence, and a busy machine is
// none.
class Watchdog {
 public:
  Watchdog() : thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    done_.notify_all();
    thread_.join();
  }

 private:
  static constexpr int kIdleSeconds = 20;
  static constexpr std::clock_t kMostTicks = 60 * CLOCKS_PER_SEC;

  void watch() {
    std::unique_lock lock(mutex_);
    const std::clock_t began = std::clock();
    double wanted = seconds_wanted();
    for (int idle = 0; idle < kIdleSeconds && std::clock() - began < kMostTicks; ++idle) {
      if (done_.wait_for(lock, std::chrono::seconds(1), [this] { return stop_; })) return;
      const double now = seconds_wanted();
      if (now - wanted > 0.05) idle = 0;  // more than we need to look
      wanted = now;
    }
    std::fprintf(stderr, "deadlock: %s does not get done\n",
                 testing::UnitTest::GetInstance()->current_test_info()->name());
    std::_Exit(1);
  }

  std::mutex mutex_;
  std::condition_variable done_;
  bool stop_ = false;
  std::thread thread_;
};

// What a thread does that has let the lock go: now and then for as long as it takes a
// thread that waits for the lock to wake up, else it gets it back before that.
inline void let_others_in(void* /*context*/) {
  static thread_local unsigned times = 0;
  if (++times % 8 == 0)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  else
    std::this_thread::yield();
}

// Runs body(0) ... body(count - 1) at once, each as a thread of the tracker's. Whenever
// one lets the lock go, others get their turn: if a call lets it go too early, they come in.
inline void at_once(BareTracker& tracker, unsigned count,
                    const std::function<void(unsigned)>& body) {
  tracker.machine.unlocked = let_others_in;
  std::latch start(count);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      tracker.enter();
      start.arrive_and_wait();
      body(i);
    });
  for (std::thread& thread : threads) thread.join();
}

// A driver with a lock of its own, which its callback takes: it pins, and gives
// its pins back when it is told to.
class Driver {
 public:
  explicit Driver(BareTracker& tracker) : tracker_(tracker) {
    shell_.device.dma_unmap = [](tidemark_device* device, __u64 iova, __u64 bytes) {
      reinterpret_cast<Shell*>(device)->driver->unmapped(iova / kPageBytes, bytes / kPageBytes);
    };
    EXPECT_EQ(tracker_.attach(this), 0);
    enroll();
  }
  ~Driver() {
    if (enrolled_) withdraw();
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void enroll() {
    tidemark_device_register(tracker_.container, &shell_.device);
    enrolled_ = true;
  }
  void withdraw() {
    tidemark_device_unregister(tracker_.container, &shell_.device);
    enrolled_ = false;
  }

  int pin(std::uint64_t page) {
    const std::lock_guard lock(mutex_);
    const int result = tracker_.pin(this, page, 1);
    if (result == 1) pinned_.insert(page);
    return result;
  }
  void unpin(std::uint64_t page) {
    const std::lock_guard lock(mutex_);
    const auto found = pinned_.find(page);
    if (found == pinned_.end()) return;
    pinned_.erase(found);
    tracker_.unpin(page, 1);
  }
  void unpin_all() { unmapped(0, ~std::uint64_t{0}); }

  // Called in the callback, before it lets go.
  std::function<void()> in_callback = [] {};

 private:
  struct Shell {
    tidemark_device device = {};  // first, so that the callback's pointer is ours
    Driver* driver = nullptr;
  };

  void unmapped(std::uint64_t first, std::uint64_t pages) {
    in_callback();
    const std::lock_guard lock(mutex_);
    for (auto page = pinned_.lower_bound(first); page != pinned_.end() && *page - first < pages;) {
      tracker_.unpin(*page, 1);
      page = pinned_.erase(page);
    }
  }

  BareTracker& tracker_;
  Shell shell_ = {{}, this};
  bool enrolled_ = false;
  std::mutex mutex_;
  std::multiset<std::uint64_t> pinned_;
};

// Memory of a guest of which each page's first word is watched.
struct Guest {
  static constexpr std::size_t kPages = 130, kPageWords = kPageBytes / 8;
  alignas(kPageBytes) std::array<std::atomic<std::uint64_t>, kPages* kPageWords> words = {};

  std::atomic<std::uint64_t>& page(std::uint64_t number) { return words[number * kPageWords]; }
  // Null if the user address is none of the guest's.
  std::atomic<std::uint64_t>* words_at(std::uint64_t address) {
    const std::uint64_t offset = address - reinterpret_cast<std::uintptr_t>(words.data());
    return offset < words.size() * sizeof(words[0]) ? &words[offset / sizeof(words[0])] : nullptr;
  }
};

// The tracker's copies of whole words to and from the guest are atomic, as other threads
// look on.
inline void copy_words_atomically(BareTracker& tracker, Guest& guest) {
  tracker.machine.context = &guest;
  tracker.machine.copy_to_user = [](void* context, __u64 to, const void* from, std::size_t bytes) {
    std::atomic<std::uint64_t>* words = static_cast<Guest*>(context)->words_at(to);
    if (!words) std::memcpy(reinterpret_cast<void*>(to), from, bytes);
    for (std::uint64_t word; words && bytes; bytes -= sizeof(word), ++words) {
      std::memcpy(&word, from, sizeof(word));
      from = static_cast<const char*>(from) + sizeof(word);
      *words = word;
    }
    return std::size_t{0};
  };
  tracker.machine.copy_from_user = [](void* context, void* to, __u64 from, std::size_t bytes) {
    std::atomic<std::uint64_t>* words = static_cast<Guest*>(context)->words_at(from);
    if (!words) std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
    for (; words && bytes; bytes -= sizeof(std::uint64_t), ++words) {
      const std::uint64_t word = *words;
      std::memcpy(to, &word, sizeof(word));
      to = static_cast<char*>(to) + sizeof(word);
    }
    return std::size_t{0};
  };
}

}  // namespace tidemark
