// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Two Linuxes in lockstep, version against version: what the one does and the other does not.
#pragma once

#include <optional>
#include <string_view>

#include "known_differences.h"
#include "linux_subject.h"
#include "lockstep.h"
#include "registry.h"

namespace tidemark {

// Whether either is right is not asked: a program's expectations count for nothing, and neither
// does a page that both lose. Where both stop in the same way a program ends: that is known.
class LinuxComparison final : public Lockstep {
 public:
  // `base` is the one that the other is compared with. Both outlive this.
  // If `known` is kAllKnown, that both stop is a mismatch, too.
  LinuxComparison(const LinuxVersion& version, const LinuxVersion& base, std::string_view known)
      : Lockstep(version.make_careful, base.make_careful),
        version_(version),
        base_(base),
        all_known_(known == kAllKnown) {}

  ~LinuxComparison() override;

  void begin(const Setup& setup) override;
  std::optional<Mismatch> step(const Operation& operation, const Expectation* expectation) override;
  std::optional<Mismatch> end() override;

 protected:
  bool tolerates(const Mismatch& found) override;
  bool is_precise() const override { return false; }

 private:
  void let_go();
  std::optional<Mismatch> by_name(std::optional<Mismatch> found) const;
  std::optional<Mismatch> stopped(const Operation& operation, const LinuxStopped& stopped);

  bool base_has_it(const Mismatch& found);
  std::optional<Mismatch> both_stop(const Signature& how) const;

  const LinuxVersion &version_, &base_;
  const bool all_known_;
  std::size_t index_ = 0;  // of the operation that runs
  bool over_ = false;
};

}  // namespace tidemark
