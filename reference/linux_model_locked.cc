// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Whose memory Linux locks, and on whose account.
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "linux_model.h"

namespace tidemark::reference {

// That of the mapping which `part` is of.
std::uint64_t& LinuxModel::locked_of(const Mapping& part) {
  return std::prev(locked_of_.upper_bound(part.first))->second;
}

// D11: what begins within a page is pinned beside it, and accounted by itself.
std::uint64_t LinuxModel::pinned_pages(const Mapping& mapping) const {
  const auto unaligned =
      std::count_if(unaligned_.begin(), unaligned_.end(),
                    [&](const UnalignedPin& pin) { return pin.mapping == mapping.first; });
  return Model::pinned_pages(mapping) + static_cast<std::uint64_t>(unaligned);
}

int LinuxModel::account(const Mapping& mapping, std::uint64_t pages) {
  const int error = Model::account(mapping, pages);
  if (!error) locked_of(mapping) += pages;
  return error;
}

// Nothing of it reaches a process that is gone.
void LinuxModel::give_back(const Mapping& mapping, std::uint64_t pages) {
  const std::size_t process = mapping.owner.process;
  if (surroundings_.is_gone(process)) return;
  if (pages > locked_anywhere(process)) warn(Quirk::unaligned_pin, "__account_locked_vm");
  locked_of(mapping) -= pages;
  Model::give_back(mapping, pages);
}

// D9: in one sum. If there are more pins than pages, it is subject to the limit, and that
// it fails is not noticed.
void LinuxModel::account_pins_only(const Mapping& mapping) {
  const std::uint64_t pages = mapping.end - mapping.first, pinned = pinned_pages(mapping);
  if (pinned <= pages) return give_back(mapping, pages - pinned);
  if (!surroundings_.is_gone(mapping.owner.process)) account(mapping, pinned - pages);
}

// D8: the caller's count is compared with the caller's limit, before the owner's is with the
// owner's.
int LinuxModel::account_run(const Mapping& run, std::uint64_t pages) {
  const Owner caller = {surroundings_.caller().process, run.owner.unlimited};
  const bool refused = caller != run.owner && exceeds_limit(caller, pages);
  if (differs(Quirk::callers_memory, refused) && refused) return -ENOMEM;
  return account(run, pages);
}

// D8: an attach pins the memory of whoever attaches.
bool LinuxModel::is_out_of_memorys_reach(const Mapping& mapping, const GroupKind* joining) {
  const bool gone = Model::is_out_of_memorys_reach(mapping, joining);
  return gone && !differs(Quirk::callers_memory, true);
}

// R14: who renews the user address of a mapping gets it, with what is accounted for it.
int LinuxModel::change_owner(Mapping& mapping) {
  const Owner next = surroundings_.caller();
  if (next.process == mapping.owner.process) return 0;
  const std::uint64_t pages = locked_of(mapping);
  const bool takes = static_cast<std::int64_t>(pages) > 0;
  if (takes && exceeds_limit(next, pages)) return -ENOMEM;
  locked_[next.process] += pages;
  if (!surroundings_.is_gone(mapping.owner.process)) locked_[mapping.owner.process] -= pages;
  mapping.owner = next;
  return 0;
}

std::uint64_t LinuxModel::release() {
  unpin_all();
  remove_mappings(kAllPages);
  std::uint64_t left = 0;
  for (const auto& [process, pages] : locked_) {
    if (!surroundings_.is_gone(process)) left += pages;
  }
  return left;
}

}  // namespace tidemark::reference
