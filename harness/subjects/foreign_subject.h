// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A tracker of a shared library as a subject.
#pragma once

#include <tidemark/subject.h>

#include <memory>
#include <string>

#include "subject.h"
#include "subject_features.h"

namespace tidemark {

// One that is loaded, and was found to have all that it says that it has.
struct Library {
  std::string path;  // absolute, without links
  tidemark_subject functions = {};
  Features features;
};

// The library outlives it.
std::unique_ptr<Subject> make_foreign(const Library& library, const Setup& setup, World& world);

}  // namespace tidemark
