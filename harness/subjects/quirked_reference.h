// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The reference with quirks of Linux (reference/quirks.h), for those who compare Linux
// with what it is known to do.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "quirks.h"
#include "subject.h"

namespace tidemark {

class QuirkedReference : public Subject {
 public:
  // Before all calls. Without, it has no quirk, and is the reference. To `seen`, which
  // outlives it, those are added that may make a difference in a call, or would if they
  // were there.
  virtual void behave_as(reference::Quirks quirks, reference::Quirks& seen) = 0;
  // From one of the calls so far, Linux does not come back.
  virtual reference::Stop stop() = 0;
};

// The subject is a QuirkedReference.
std::unique_ptr<Subject> make_quirked_reference(const Setup& setup, World& world);

}  // namespace tidemark
