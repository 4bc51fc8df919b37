// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "divergence.h"

#include <algorithm>
#include <array>

#include "large_pages.h"
#include "program_text.h"
#include "verbs.h"

namespace tidemark {

const Operation& Difference::operation() const {
  static const Operation kNone;
  return index < program.operations.size() ? program.operations[index] : kNone;
}

bool about_marks(const Difference& d) {
  return d.is("lockstep.query.missing-dirty") || d.is("lockstep.query.extra-dirty") ||
         d.is("lockstep.unmap.missing-dirty") || d.is("lockstep.unmap.extra-dirty") ||
         d.is("lockstep.state.missing-marks") || d.is("lockstep.state.extra-marks") ||
         d.is("lockstep.pin.missing-marks") || d.is("lockstep.pin.extra-marks") ||
         d.is("migration.tracker");
}

bool is_missing(const Difference& d) {
  return d.signature.find(".missing-") != std::string::npos || d.is("migration.tracker");
}

bool in_window(const Difference& d) { return d.begins(kWindow); }

const Step* last_with_argument(const Difference& d) {
  const auto steps = d.lockstep->steps();
  const auto last = std::find_if(steps.rbegin(), steps.rend(),
                                 [](const Step& s) { return s.depth && has_argument(s.verb); });
  return last == steps.rend() ? nullptr : &*last;
}

bool output_in_window(const Difference& d) {
  return std::ranges::any_of(std::array{Verb::query, Verb::unmap}, [&](Verb verb) {
    if (d.signature != kWindow + std::string(name(verb)) + ".output") return false;
    const Step* last = last_with_argument(d);
    return !last || last->verb != verb ||
           d.lockstep->actual().world().arguments[1].bytes ==
               d.lockstep->expected().world().arguments[1].bytes;
  });
}

bool is_of_the_state(const Difference& d) {
  return d.begins("lockstep.state.") || d.is("lockstep.pin.missing-marks") ||
         d.is("lockstep.pin.extra-marks");
}

bool has_large_marks(const Difference& d) {
  return is_of_the_state(d) && d.signature.ends_with(".extra-marks") && d.lockstep &&
         d.lockstep->actual().page_bytes() > kPageBytes;
}

std::vector<std::uint64_t> pages_of(const Difference& d) {
  return has_large_marks(d) ? marks_beyond_rounding(*d.lockstep) : d.mismatch->pages;
}

bool any_operation(const Difference& d, bool (*holds)(const Operation&)) {
  return std::any_of(d.program.operations.begin(),
                     d.program.operations.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                        d.index + 1, d.program.operations.size())),
                     holds);
}

bool is_of(const Difference& d, std::string_view what, bool (*holds)(const Operation&)) {
  if (!in_window(d)) return d.signature == "lockstep." + std::string(what) && holds(d.operation());
  return d.signature == kWindow + std::string(what) &&
         std::ranges::any_of(d.program.operations, [&](const Operation& o) {
           return o.when != When::now && what.starts_with(name(o.verb)) && holds(o);
         });
}

}  // namespace tidemark
