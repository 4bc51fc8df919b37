// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "atomicity.h"

#include <linux/vfio.h>

#include <cerrno>
#include <utility>

#include "program_text.h"

namespace tidemark {
namespace {

constexpr std::int64_t kMostPinPages = 512;

// Errors that arguments alone can give, before there is a need to look at anything.
bool may_be_of_arguments(std::int64_t result) {
  return result == -EINVAL || result == -EFAULT || result == -EACCES || result == -E2BIG;
}

}  // namespace

void Atomicity::reset(const Setup& setup) {
  v1_ = setup.type == ContainerType::v1;
  breach_.reset();
}

bool Atomicity::may_do_without(const Call& call) const {
  switch (call.verb) {
    case Verb::extension:
      return call.number != VFIO_DMA_CC_IOMMU;
    case Verb::unpin:
      return v1_ || call.number <= 0 || call.number > kMostPinPages;  // D16
    case Verb::ioctl:
      return true;  // with an argument of zeros, which nothing accepts
    default:
      return may_be_of_arguments(call.result);
  }
}

void Atomicity::call_returned(const Call& call) {
  if (!call.lock) return;
  const bool refused = !call.lock->takes && !call.lock->callbacks && may_do_without(call);
  judge(name(call.verb), *call.lock, refused ? 0 : 1 + call.lock->callbacks);
}

void Atomicity::looked(std::string_view entry, const LockUse* use) {
  if (use) judge(entry, *use, 1);
}

void Atomicity::judge(std::string_view entry, const LockUse& use, unsigned due) {
  if (breach_ || (use.takes == due && !use.unlocked && !use.kept)) return;
  Kind kind = Kind::outside_lock;
  if (use.kept)
    kind = Kind::keeps_lock;
  else if (use.takes != due)
    kind = use.takes < due ? Kind::no_lock : Kind::lets_go;
  breach_ = {entry, kind, use, due};
}

std::optional<Atomicity::Breach> Atomicity::take() { return std::exchange(breach_, std::nullopt); }

}  // namespace tidemark
