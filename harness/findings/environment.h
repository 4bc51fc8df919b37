// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a finding was found in, and with.
#pragma once

#include <string>

namespace tidemark {

// A JSON object, a line for each of: subject, as registry.h names it, and where it
// is from, if it is not from here; commit, compiler, options. Valid whatever bytes
// they have: what is no UTF-8 becomes U+FFFD.
std::string environment_json(const std::string& subject);

// The subject in such a text; the tracker if it is none, or says none.
std::string subject_in_json(const std::string& text);

}  // namespace tidemark
