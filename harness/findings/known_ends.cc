// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known_ends.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <utility>

#include "digest.h"
#include "files.h"
#include "finding.h"
#include "processor_limit.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace tidemark {
namespace {

namespace fs = std::filesystem;

// Others count there as well. What it was before.
std::uint64_t count(std::uint64_t& counter, std::uint64_t more = 1) {
  return std::atomic_ref(counter).fetch_add(more, std::memory_order_relaxed);
}
std::uint64_t counted(std::uint64_t& counter) {
  return std::atomic_ref(counter).load(std::memory_order_relaxed);
}

std::uint64_t shape_of(const Program& program) {
  std::uint64_t digest = mix(1, static_cast<std::uint64_t>(program.setup.type));
  for (const Operation& operation : program.operations)
    digest = mix(digest, static_cast<std::uint64_t>(operation.verb));
  return digest ? digest : 1;
}

// In whatever order.
bool has_all_verbs_of(const Program& program, const Program& reduced) {
  return program.setup.type == reduced.setup.type &&
         std::ranges::all_of(reduced.operations, [&program](const Operation& one) {
           return std::ranges::any_of(program.operations, [&one](const Operation& other) {
             return other.verb == one.verb;
           });
         });
}

// For as long as the process lives. Null if there is none.
EndsTally* map_tally(const fs::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  struct stat about = {};
  void* memory = MAP_FAILED;
  if (fstat(file, &about) == 0 && about.st_size == static_cast<off_t>(sizeof(EndsTally)))
    memory = mmap(nullptr, sizeof(EndsTally), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<EndsTally*>(memory);
}

// What an engine has put there would take the child for the process that it drives, and keep
// the input as a finding.
void forget_the_engine() {
  for (const int number : {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGXFSZ})
    signal(number, SIG_DFL);
  constexpr auto kEnd = [] { std::_Exit(1); };
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(kEnd);
  std::atexit(kEnd);  // before those that were told earlier
}

[[noreturn]] void be_the_child(const std::function<void()>& run, unsigned milliseconds,
                               unsigned processor) {
  forget_the_engine();
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (const int file : {STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, file);
  // One that hangs most often does so at work, and a busy machine makes no other slow.
  const itimerval limit = {{}, {milliseconds / 1000, milliseconds % 1000 * 1000}};
  setitimer(ITIMER_REAL, &limit, nullptr);
  const ProcessorLimit own_limit(processor);
  run();
  std::_Exit(0);
}

// Until one was tried, it may be one that hangs.
std::uint64_t cost_of_end(EndTally& of) {
  const bool is_long = counted(of.tried) == 0 ||
                       counted(of.end_ns) >= static_cast<std::uint64_t>(KnownEnds::kLong.count());
  return static_cast<std::uint64_t>((is_long ? KnownEnds::kLongEnd : KnownEnds::kEnd).count());
}

}  // namespace

fs::path tally_of(const fs::path& deadly) { return deadly.string() + "-tally"; }

std::chrono::nanoseconds KnownEnds::steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

KnownEnds::KnownEnds(fs::path file, Clock now, std::chrono::milliseconds careful)
    : file_(std::move(file)),
      now_(std::move(now)),
      careful_(careful),
      careful_until_(now_() + careful_),
      last_(now_()) {
  if (file_.empty()) return;
  if (EndsTally* const mapped = map_tally(tally_of(file_))) tally_ = mapped;
}

bool KnownEnds::leaves_out(const Program& program, const std::function<ChildEnd()>& ends) {
  found_another_ = false;
  if (file_.empty()) return false;
  pass_time();
  if (calls_++ % kLookEvery == 0) look_again();
  const auto end = std::ranges::find_if(
      ends_, [&program](const End& one) { return is_like(program, one.reduced); });
  if (end == ends_.end()) return takes_long_in_a_child(program, ends);
  EndTally& of = *end->tally;
  const std::uint64_t like = count(of.like) + 1, tried = counted(of.tried);
  if (like % kRunAnyway == 0 && may_end_the_process(of)) return false;
  const std::uint64_t ended = counted(of.ended), tried_ns = counted(of.tried_ns);
  const bool is_sure = ended == tried;
  if (is_sure && tried >= kSure && like % kTriedOfSure != 0) return true;
  // Tries that cost more than they save.
  if (!is_sure && tried_ns >= (ended + 1) * cost_of_end(of)) return false;
  if (!may_cost(tried_ns, counted(of.end_ns), is_sure ? kTries : kTriesInDoubt)) return true;
  return tries(of, ends);
}

// As a guess that mostly was right.
bool KnownEnds::End::leaves_out_alike() {
  constexpr std::uint64_t kEnough = 4;
  if (alike_tried < kEnough || 2 * alike_long < alike_tried) return false;
  return ++alike % kTriedOfSure != 0;
}

// What dies at once may do so in the process, which keeps it as ever.
bool KnownEnds::takes_long_in_a_child(const Program& program,
                                      const std::function<ChildEnd()>& ends) {
  if (last_ >= careful_until_) return false;
  std::vector<End*> alike;
  for (End& end : ends_)
    if (has_all_verbs_of(program, end.reduced)) alike.push_back(&end);
  for (End* end : alike)
    if (end->leaves_out_alike()) return true;
  const bool took_long = ends() == ChildEnd::took_long;
  for (End* end : alike) {
    ++end->alike_tried;
    end->alike_long += took_long;
  }
  if (!took_long) return false;
  const auto now = now_();
  careful_until_ = now + careful_;
  found_another_ = now >= next_worth_it_;
  if (!found_another_) return true;
  next_worth_it_ = now + worth_it_again_;
  worth_it_again_ *= 2;
  return true;
}

bool KnownEnds::tries(EndTally& of, const std::function<ChildEnd()>& ends) {
  const auto begun = now_();
  const bool ended = ends() != ChildEnd::none;
  const auto took = static_cast<std::uint64_t>((now_() - begun).count());
  if (ended) std::atomic_ref(of.end_ns).store(took, std::memory_order_relaxed);
  count(of.ended, ended);
  count(of.tried);
  count(of.tried_ns, took);
  return ended;
}

// Whoever is called again has lived.
void KnownEnds::pass_time() {
  const auto now = now_();
  count(tally_->fuzzed_ns, static_cast<std::uint64_t>((now - last_).count()));
  last_ = now;
  if (may_end_of_) count(may_end_of_->ran_ns, -would_cost_ns_);
  may_end_of_ = nullptr;
}

bool KnownEnds::may_cost(std::uint64_t so_far_ns, std::uint64_t more_ns,
                         std::uint64_t hundredths) const {
  return so_far_ns + more_ns <= counted(tally_->fuzzed_ns) / 100 * hundredths / ends_.size();
}

// To be paid before: afterwards there is nobody to count.
bool KnownEnds::may_end_the_process(EndTally& of) {
  const std::uint64_t cost = cost_of_end(of);
  if (!may_cost(counted(of.ran_ns), cost, kRuns)) return false;
  count(of.ran_ns, cost);
  may_end_of_ = &of;
  would_cost_ns_ = cost;
  return true;
}

// The longest first: what has most in common with a program says most about it.
void KnownEnds::look_again() {
  std::error_code error;
  const auto written = fs::last_write_time(file_, error);
  if (error || written == written_) return;
  written_ = written;
  const auto text = read_if_there(file_);
  const auto programs = text ? programs_of(*text) : std::nullopt;
  if (!programs) return;
  ends_.clear();
  for (const Program& program : *programs)
    ends_.push_back({.reduced = program, .tally = &tally_for(program)});
  std::ranges::sort(ends_, std::greater(),
                    [](const End& end) { return end.reduced.operations.size(); });
}

// If there are too many, those that come late share the last.
EndTally& KnownEnds::tally_for(const Program& reduced) {
  const std::uint64_t shape = shape_of(reduced);
  for (EndTally& of : tally_->ends) {
    std::uint64_t found = 0;
    if (std::atomic_ref(of.shape).compare_exchange_strong(found, shape) || found == shape)
      return of;
  }
  return tally_->ends[EndsTally::kEnds - 1];
}

fs::path deadly_by_environment() {
  const char* path = std::getenv(kDeadlyVariable);
  return path ? path : "";
}

std::chrono::milliseconds careful_by_environment() {
  const char* const text = std::getenv(kCarefulVariable);
  return std::chrono::milliseconds(text ? std::strtol(text, nullptr, 10) : 0);
}

bool is_like(const Program& program, const Program& reduced) {
  if (program.setup.type != reduced.setup.type) return false;
  auto next = reduced.operations.begin();
  for (const Operation& operation : program.operations)
    if (next != reduced.operations.end() && operation.verb == next->verb) ++next;
  return next == reduced.operations.end();
}

ChildEnd end_of_child(const std::function<void()>& run, unsigned milliseconds, unsigned processor) {
  const pid_t child = fork();
  if (child < 0) return ChildEnd::none;
  if (child == 0) be_the_child(run, milliseconds, processor);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return ChildEnd::none;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ChildEnd::none;
  const int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return signal_number == SIGALRM || signal_number == kTookLongSignal ? ChildEnd::took_long
                                                                      : ChildEnd::died;
}

}  // namespace tidemark
