// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The two subjects that are always there: the production tracker of impl/, and the
// reference model, which is what every other is judged by.
#pragma once

#include <memory>

#include "subject.h"

namespace tidemark {

std::unique_ptr<Subject> make_tracker(const Setup& setup, World& world);
std::unique_ptr<Subject> make_reference(const Setup& setup, World& world);

}  // namespace tidemark
