// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A program that is linked with this has, in the tracker's place, one that is
// wrong in the way that the environment names, to see what the program makes of
// it. The linker puts it there: all other code is the same as ever.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "../liar.h"
#include "factories.h"

// The mangled name of make_tracker(), which tests/CMakeLists.txt gives to --wrap.
#define MAKE_TRACKER "_ZN8tidemark12make_trackerERKNS_5SetupERNS_5WorldE"

namespace tidemark {

std::unique_ptr<Subject> honest_tracker(const Setup& setup,
                                        World& world) __asm__("__real_" MAKE_TRACKER);
std::unique_ptr<Subject> lying_tracker(const Setup& setup,
                                       World& world) __asm__("__wrap_" MAKE_TRACKER);

namespace {

// "hangs", or "fuzzer:hangs" if only the fuzz target shall.
std::string_view wanted_lie() {
  const char* variable = std::getenv("TIDEMARK_LIE");
  const std::string_view lie = variable ? variable : "", only = "fuzzer:";
  if (!lie.starts_with(only)) return lie;
  const bool fuzzes =
      std::string_view(program_invocation_short_name).find("fuzzer") != std::string_view::npos;
  return fuzzes ? lie.substr(only.size()) : "";
}

[[noreturn]] void hang() {
  for (;;) pause();
}

[[noreturn]] void spin() {
  for (;;) asm volatile("");  // or else it need not be a loop
}

[[noreturn]] void eat_memory() {
  constexpr std::size_t kBytes = std::size_t{64} << 20, kTimes = 20;
  // All at once: page by page, a busy machine takes longer than a program may run.
  for (std::size_t i = 0; i < kTimes; ++i)
    mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
         0);
  hang();  // whoever watches looks once a second
}

void free_twice() {
  static char* volatile freed = new char[8];
  delete[] freed;
  delete[] freed;
}

void leak_memory() {
  for (int i = 0; i < 100; ++i) {
    char* volatile leaked = new char[100];
    leaked[0] = 1;
  }
}

// What no comparison sees coming; only on v1, so that there are other programs. With "unmap:"
// before it, not at once but there.
void misbehave(std::string_view lie) {
  if (lie == "dies") std::abort();
  if (lie == "traps") raise(SIGTRAP);
  if (lie == "exits") std::exit(0);
  if (lie == "frees-twice") free_twice();
  if (lie == "vanishes") _exit(0);
  if (lie == "is-killed") raise(SIGKILL);
  if (lie == "hangs") hang();
  if (lie == "spins") spin();
  if (lie == "eats-memory") eat_memory();
  if (lie == "leaks-memory") leak_memory();
}

// Dies on v2 if what ran before it in this process was v1.
void remember(ContainerType type) {
  static bool was_v1 = false;
  if (was_v1 && type == ContainerType::v2) std::abort();
  was_v1 = type == ContainerType::v1;
}

}  // namespace

std::unique_ptr<Subject> lying_tracker(const Setup& setup, World& world) {
  static constexpr std::string_view kInUnmap = "unmap:";
  const std::string_view lie = wanted_lie();
  if (lie.starts_with(kInUnmap) && setup.type == ContainerType::v1)
    return make_liar(Lie::none, honest_tracker(setup, world), world,
                     [lie] { misbehave(lie.substr(kInUnmap.size())); });
  if (setup.type == ContainerType::v1) misbehave(lie);
  if (lie == "remembers") remember(setup.type);
  const Lie kind = lie == "loses-a-page"      ? Lie::loses_a_page
                   : lie == "loses-far-pages" ? Lie::loses_far_pages
                   : lie == "wrong-errno"     ? Lie::wrong_errno
                   : lie == "leaks"           ? Lie::leaks
                                              : Lie::none;
  auto honest = honest_tracker(setup, world);
  return kind == Lie::none ? std::move(honest) : make_liar(kind, std::move(honest), world);
}

}  // namespace tidemark
