// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A finding as an HTML page: to be looked at, and to go with a bug report.
#pragma once

#include <string>

#include "finding.h"

namespace tidemark {

// One file that needs nothing from outside, for any width, in light and dark. The rule that
// was broken is a link that leads somewhere where the folder of findings is the checkout's.
std::string finding_page(const Finding& finding);

}  // namespace tidemark
