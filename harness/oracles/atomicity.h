// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// An oracle for what only threads would see, without a thread: each call takes the
// container's lock once, once more after each callback that it makes, and does
// nothing without it, and gives it back (D20). Then no other call can come in between (R17).
//
// It takes a subject that counts (Subject::lock_use), and is silent on others.
#pragma once

#include <optional>
#include <string_view>

#include "mismatch.h"
#include "program.h"
#include "subject.h"
#include "watcher.h"

namespace tidemark {

class Atomicity final : public Watcher {
 public:
  // What a call did that was not alone.
  struct Breach {
    std::string_view entry;  // a verb, or what looked into the container
    Kind kind;               // no_lock, lets_go, keeps_lock or outside_lock
    LockUse use;
    unsigned due;  // how often it should have taken it
  };

  // The container is a new one.
  void reset(const Setup& setup);

  void call_returned(const Call& call) override;
  // The same for a look into the container, which is no call of a program's.
  void looked(std::string_view entry, const LockUse* use);

  // The first breach since it was last asked.
  std::optional<Breach> take();

 private:
  bool may_do_without(const Call& call) const;
  void judge(std::string_view entry, const LockUse& use, unsigned due);

  bool v1_ = false;
  std::optional<Breach> breach_;
};

}  // namespace tidemark
