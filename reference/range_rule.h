// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#pragma once

namespace tidemark::reference {

// Which ranges a dirty query may name (R10).
enum class RangeRule {
  exact,  // one mapping
  whole,  // what cuts no mapping
  any,    // whatever is aligned to P
};

}  // namespace tidemark::reference
