// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What all verdicts come to.
#pragma once

#include <span>
#include <string>

#include "campaign.h"

namespace tidemark::mutants {

// It lives, and no list says that it may.
bool is_survivor(const Result& result);
// It is dead, and the list says that it cannot die.
bool is_wrongly_listed(const Result& result);

// A line for each kind and for all, in Markdown, and what part of those that could have
// died did.
std::string table(std::span<const Result> results, const Effort& effort);

// Each survivor with its diff, and each that is wrongly on the list; empty if there are none.
std::string survivors(std::span<const Result> results);

// One object for each.
std::string json(std::span<const Result> results);

}  // namespace tidemark::mutants
