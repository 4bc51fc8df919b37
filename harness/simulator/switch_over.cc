// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The end of a migration: what was its source is given up, and all goes on at the
// destination, which has the same memory, for that is what a migration is.
#include "executor.h"

namespace tidemark {
namespace {

Quantity at(std::uint64_t value) {
  Quantity quantity;
  quantity.bytes = static_cast<std::int64_t>(value);
  return quantity;
}

Operation map_of(const LiveMapping& mapping) {
  Operation map;
  map.verb = Verb::map;
  map.flags = static_cast<std::uint16_t>((mapping.readable ? kReadable : 0) |
                                         (mapping.writable ? kWritable : 0));
  map.address = at(mapping.first);
  map.size = at(mapping.last - mapping.first + 1);
  map.vaddr = at(mapping.vaddr);
  return map;
}

// As it is in any other program.
Operation plain(Operation operation, bool keeps) {
  operation.when = When::now;
  operation.window_device = operation.process = 0;
  operation.fault = operation.other_fault = {};
  operation.flags = static_cast<std::uint16_t>(operation.verb == Verb::enroll ? (keeps ? kKeep : 0)
                                                                              : operation.flags);
  return operation;
}

}  // namespace

// A new container of new processes, in which groups, devices and mappings come in the order in
// which they came to the source. Devices pin anew, and so does whoever tracks start anew.
void Executor::switch_over() {
  std::vector<Operation> operations;
  for (const Operation& operation : standing_)
    operations.push_back(plain(operation, devices_[operation.id % kDevices].keeps));
  for (const auto& [age, mapping] : mappings_.by_age()) operations.push_back(map_of(mapping));
  for (Watcher* watcher : watchers_) watcher->tracking_switched(false);

  left_at_source_ = release();
  for (Device& device : devices_) device.enrolled = false;
  standing_.clear();
  mappings_.clear();
  held_.clear();
  groups_ = {};
  page_bytes_ = kPageBytes;
  world_.processes.reset(setup_.memlock_pages);
  disarm();  // what the migration does is no call that a program can disturb
  make_subject();
  for (const Operation& operation : operations) execute(operation);
}

}  // namespace tidemark
