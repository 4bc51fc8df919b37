// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What this program was built from, and with what.
#pragma once

namespace tidemark {

struct BuildInfo {
  const char *commit, *compiler, *options;
};
extern const BuildInfo kBuildInfo;

}  // namespace tidemark
