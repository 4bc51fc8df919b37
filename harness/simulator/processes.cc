// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "processes.h"

namespace tidemark {

void Processes::reset(std::uint64_t limit_pages) {
  usual_limit_ = limit_pages;
  caller = {};
  memories_.clear();
  limits_.assign(kProcesses, limit_pages);
  for (unsigned i = 0; i < kProcesses; ++i) renew(i, i);
}

void Processes::renew(unsigned process, std::size_t task) {
  now_[process] = memories_.size();
  memories_.push_back({.task = task});
}

void Processes::exit(unsigned process) {
  memories_[now_[process]].gone = true;
  limits_.push_back(usual_limit_);
  renew(process, limits_.size() - 1);
}

void Processes::exec(unsigned process) {
  memories_[now_[process]].gone = true;
  renew(process, task_of(process));
}

}  // namespace tidemark
