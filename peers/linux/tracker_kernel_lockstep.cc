// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tracker_kernel_lockstep.h"

#include "factories.h"
#include "linux_lockstep.h"
#include "linux_subject.h"

namespace tidemark {
namespace {

constexpr const char* kSlow = "slow";

}  // namespace

TrackerKernelLockstep::TrackerKernelLockstep(std::string_view known)
    : Lockstep(make_tracker_kernel, make_reference), known_(known) {}

void TrackerKernelLockstep::begin(const Setup& setup) {
  index_ = 0;
  over_ = false;
  Lockstep::begin(setup);
}

std::optional<Mismatch> TrackerKernelLockstep::step(const Operation& operation,
                                                    const Expectation* expectation) {
  auto found = unless_it_stops([&] { return Lockstep::step(operation, expectation); });
  ++index_;
  return found;
}

std::optional<Mismatch> TrackerKernelLockstep::end() {
  return unless_it_stops([this] { return Lockstep::end(); });
}

// Of what a kernel can stop at, only this is known of the tracker.
template <class Call>
std::optional<Mismatch> TrackerKernelLockstep::unless_it_stops(Call call) {
  if (over_) return std::nullopt;
  try {
    return call();
  } catch (const LinuxStopped& stopped) {
    over_ = true;
    Mismatch found = mismatch_of(stopped, index_);
    if (!(stopped.signature == said_by_linux(Kind::foreseen, kSlow))) return found;
    if (known_ != kAllKnown && known_ != kSlow) return std::nullopt;
    return explained(std::move(found), *known_difference_named(kSlow));
  }
}

}  // namespace tidemark
