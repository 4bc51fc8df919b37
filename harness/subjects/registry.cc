// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "registry.h"

#include <cstdlib>

#include "check.h"
#include "factories.h"

namespace tidemark {

UnderTest UnderTest::counting(std::string_view known_differences) const {
  UnderTest result = *this;
  result.known = known_differences;
  return result;
}

std::unique_ptr<Lockstep> UnderTest::lockstep(const LeftOut& left_out) const {
  auto result = make(known);
  result->leave_out(left_out);
  return result;
}

std::string UnderTest::finding_name(const std::string& name) const {
  return subject == kTracker ? name : std::string(subject) + "." + name;
}

std::string subject_option(std::string_view subject) {
  return subject == kTracker ? "" : " --subject " + std::string(subject);
}

UnderTest the_tracker() {
  return {kTracker, "/impl/", [](std::string_view) {
            return std::make_unique<Lockstep>(make_tracker, make_reference);
          }};
}

std::optional<UnderTest> find_under_test(std::string_view subject) {
  if (subject == kTracker) return the_tracker();
  for (const UnderTest& peer : peers())
    if (peer.subject == subject) return peer;
  return std::nullopt;
}

UnderTest under_test_by_environment() {
  const char* subject = std::getenv(kSubjectVariable);
  const auto found = find_under_test(subject ? subject : kTracker);
  check(found.has_value(), "no-such-subject");
  return found->counting(std::getenv(kWithKnownVariable) ? kAllKnown : "");
}

}  // namespace tidemark
