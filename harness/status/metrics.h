// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// How a run is going, in Prometheus' text format (version 0.0.4).
#pragma once

#include <string>

#include "run_state.h"

namespace tidemark::status {

// All metrics are named tidemark_..., in base units: seconds, bytes.
std::string metrics_text(const RunState& run);

}  // namespace tidemark::status
