// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The plainest form of a program that a judge sees from outside alone, as one that ends its
// process: diagnosis.h does that for what differs, and knows more of it.
#pragma once

#include "program.h"
#include "reducer.h"

namespace tidemark {

// As reduce(), and then what normal_form.h has, as long as the judge gives the same signature: no
// window, no fault, a query for an unmap, set-up first. Small again after each step of that. `runs`
// and `until` are for all of it together.
Reduction reduce_to_plain_form(const Program& program, const Judge& judge,
                               const ReductionLimits& limits);

}  // namespace tidemark
