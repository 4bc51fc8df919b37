// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Findings as a SARIF log (2.1.0), which services that show the results of checks read.
#pragma once

#include <span>

#include "finding.h"
#include "finding_now.h"
#include "json_output.h"

namespace tidemark::cli {

// A result each: its rule is the contract's, or else how it ended; it is in the tracker's
// source where a stack leads there, and at the step of its program that goes wrong.
// Its name is its fingerprint. `now` says of each whether it is still there: what is gone has
// passed, as services understand it.
session::Json sarif_of(std::span<const FiledFinding> findings, std::span<const Now> now);

}  // namespace tidemark::cli
