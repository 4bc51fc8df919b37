// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Makes a program as small as can be, as long as something holds of it.
#pragma once

#include <functional>

#include "program.h"

namespace tidemark::iommufd {

// `holds` of it, and of what comes out; is asked some hundred times. Operations go by halves and
// one by one, then values become plain.
Program reduced(Program program, const std::function<bool(const Program&)>& holds);

}  // namespace tidemark::iommufd
