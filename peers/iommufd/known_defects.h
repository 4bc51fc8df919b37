// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What is known of Linux's iommufd: which quirk each defect is, and whom it is found in.
#pragma once

#include <span>

#include "lockstep.h"

namespace tidemark::iommufd {

struct KnownDefect {
  const char* name;  // of its program, known/NAME.iommufd, too
  Quirk quirk;
  const char* rule;  // of docs/iommufd-contract.md
  const char* reason;
};

// In the order in which trees are asked for them: one may only show where those before it are
// known.
std::span<const KnownDefect> known_defects();
const KnownDefect& known_defect(Quirk quirk);

// The program that shows it. Throws what read_file() and parse() throw.
Program program_of(const KnownDefect& defect);

// Which quirks a format of the tree has: each that its program does not agree without, and agrees
// with. Runs two programs a quirk.
Quirks quirks_of(const KernelTree& tree, std::size_t format);

}  // namespace tidemark::iommufd
