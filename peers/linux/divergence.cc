// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "divergence.h"

#include <algorithm>

#include "large_pages.h"
#include "verbs.h"

namespace tidemark {

const Operation& Divergence::operation() const {
  static const Operation kNone;
  return index < program.operations.size() ? program.operations[index] : kNone;
}

bool Divergence::is(Verb verb, Kind kind) const {
  return signature.kind == kind && signature.verb == verb && signature.moment == Moment::call;
}

bool about_marks(const Divergence& d) {
  switch (d.signature.kind) {
    case Kind::missing_marks:
    case Kind::extra_marks:
    case Kind::lost_page:
      return true;
    case Kind::missing_dirty:
    case Kind::extra_dirty:
      return d.is_about(Verb::query) || d.is_about(Verb::unmap);
    default:
      return false;
  }
}

bool is_missing(const Divergence& d) {
  const Kind kind = d.signature.kind;
  return kind == Kind::missing_dirty || kind == Kind::missing_marks || kind == Kind::lost_page;
}

bool in_window(const Divergence& d) { return d.signature.moment == Moment::window; }

const Step* last_with_argument(const Divergence& d) {
  const auto steps = d.lockstep->steps();
  const auto last = std::find_if(steps.rbegin(), steps.rend(),
                                 [](const Step& s) { return s.depth && has_argument(s.verb); });
  return last == steps.rend() ? nullptr : &*last;
}

bool output_in_window(const Divergence& d) {
  if (!in_window(d) || d.signature.kind != Kind::output) return false;
  if (!d.is_about(Verb::query) && !d.is_about(Verb::unmap)) return false;
  const Step* last = last_with_argument(d);
  return !last || last->verb != d.signature.verb ||
         d.lockstep->actual().world().arguments[1].bytes ==
             d.lockstep->expected().world().arguments[1].bytes;
}

bool is_of_the_state(const Divergence& d) {
  return d.signature.is_of_states() || d.is(Verb::pin, Kind::missing_marks) ||
         d.is(Verb::pin, Kind::extra_marks);
}

bool has_large_marks(const Divergence& d) {
  return is_of_the_state(d) && d.signature.kind == Kind::extra_marks && d.lockstep &&
         d.lockstep->actual().page_bytes() > kPageBytes;
}

std::vector<std::uint64_t> pages_of(const Divergence& d) {
  return has_large_marks(d) ? marks_beyond_rounding(*d.lockstep) : d.mismatch->pages;
}

bool any_operation(const Divergence& d, bool (*holds)(const Operation&)) {
  return std::any_of(d.program.operations.begin(),
                     d.program.operations.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                        d.index + 1, d.program.operations.size())),
                     holds);
}

bool is_of(const Divergence& d, const Signature& returned, bool (*holds)(const Operation&)) {
  Signature what = d.signature;
  what.moment = Moment::call;
  if (what != returned) return false;
  if (!in_window(d)) return holds(d.operation());
  return std::ranges::any_of(d.program.operations, [&](const Operation& o) {
    return o.when != When::now && o.verb == returned.verb && holds(o);
  });
}

}  // namespace tidemark
