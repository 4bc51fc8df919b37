// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What this program was built from, and with what.
#pragma once

#include <string>

namespace tidemark {

// A JSON object, one line for each of: subject, as registry.h names it, and where
// it is from, if it is not from here; commit, compiler, options.
std::string build_info_json(const std::string& subject);

}  // namespace tidemark
