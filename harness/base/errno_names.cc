// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "errno_names.h"

namespace tidemark {

std::string result_text(std::int64_t result) {
  for (const ErrorName& error : kErrorNames)
    if (result == -error.number) return "-" + std::string(error.name);
  return std::to_string(result);
}

int errno_called(std::string_view name) {
  for (const ErrorName& error : kErrorNames)
    if (name == error.name) return error.number;
  return 0;
}

}  // namespace tidemark
