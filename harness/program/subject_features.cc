// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "subject_features.h"

#include <linux/vfio.h>

#include <algorithm>
#include <array>
#include <utility>

#include "verbs.h"

namespace tidemark {
namespace {

constexpr std::array<std::string_view, kFeatures> kNames = {"hardware groups",
                                                            "pins",
                                                            "rw",
                                                            "devices",
                                                            "GET_INFO",
                                                            "several processes",
                                                            "locked limits",
                                                            "allocation faults",
                                                            "range rules",
                                                            "version 1",
                                                            "state",
                                                            "leftovers"};

// What an operation needs because of what it does: without it, it goes.
Features needed_by_verb(const Operation& operation) {
  Features needs;
  switch (operation.verb) {
    case Verb::pin:
    case Verb::unpin:
      needs.add(Feature::pins);
      break;
    case Verb::dma:
      needs.add(operation.flags & kHardware ? Feature::hardware_groups : Feature::pins);
      break;
    case Verb::write:
    case Verb::read:
      needs.add(Feature::rw);
      break;
    case Verb::enroll:
    case Verb::withdraw:
      needs.add(Feature::devices);
      break;
    case Verb::info:
      needs.add(Feature::get_info);
      break;
    case Verb::ioctl:
      if (static_cast<unsigned>(operation.number) == VFIO_IOMMU_GET_INFO)
        needs.add(Feature::get_info);
      break;
    case Verb::exit:
    case Verb::exec:
      needs.add(Feature::processes);
      break;
    case Verb::memlock:
    case Verb::mlock:
      needs.add(Feature::locked_limits);
      break;
    default:
      break;
  }
  if (operation.when != When::now) needs.add(Feature::devices);
  return needs;
}

bool is_about_a_process(const Operation& operation) { return fields_of(operation.verb).process; }

// What subjects alone know; callbacks and warnings are seen from outside.
bool is_about_what_is_shown(const Expectation& expectation) {
  return expectation.marks || expectation.pins || expectation.totals != Expectation().totals;
}

// And because of how it does it: that can be left out of it.
Features needed_by_details(const Operation& operation) {
  Features needs;
  if (operation.verb == Verb::attach && operation.flags & kHardware)
    needs.add(Feature::hardware_groups);
  if (operation.has_fault(FaultKind::iommu)) needs.add(Feature::hardware_groups);
  if (operation.has_fault(FaultKind::allocation)) needs.add(Feature::allocation_faults);
  if (operation.process && !is_about_a_process(operation)) needs.add(Feature::processes);
  if (operation.flags & kIpcLock) needs.add(Feature::locked_limits);
  return needs;
}

Features needed_by(const Setup& setup) {
  Features needs;
  if (setup.type == ContainerType::v1) needs.add(Feature::version_1);
  if (setup.rule != RangeRule::whole) needs.add(Feature::range_rules);
  if (setup.memlock_pages != kUnlimited) needs.add(Feature::locked_limits);
  return needs;
}

void fit(Setup& setup, Features has) {
  const Setup usual;
  if (!has.has(Feature::version_1)) setup.type = usual.type;
  if (!has.has(Feature::range_rules)) setup.rule = usual.rule;
  if (!has.has(Feature::locked_limits)) setup.memlock_pages = usual.memlock_pages;
}

// The first fault stays the first, if it stays.
void leave_out(Operation& operation, FaultKind kind) {
  if (operation.other_fault.kind == kind) operation.other_fault = {};
  if (operation.fault.kind == kind) operation.fault = std::exchange(operation.other_fault, {});
}

void fit(Operation& operation, Features has) {
  if (!has.has(Feature::hardware_groups)) {
    leave_out(operation, FaultKind::iommu);
    if (operation.verb == Verb::attach) {
      operation.flags &= ~kHardware;
      operation.hardware = 0;
      operation.own = {};
    }
  }
  if (!has.has(Feature::allocation_faults)) leave_out(operation, FaultKind::allocation);
  if (!has.has(Feature::processes) && !is_about_a_process(operation)) operation.process = 0;
  if (!has.has(Feature::locked_limits)) operation.flags &= ~kIpcLock;
}

}  // namespace

std::string_view name(Feature feature) { return kNames[static_cast<std::size_t>(feature)]; }

std::string names(Features features) {
  std::string text;
  for (unsigned i = 0; i < kFeatures; ++i)
    if (const auto feature = static_cast<Feature>(i); features.has(feature))
      text += (text.empty() ? "" : ", ") + std::string(name(feature));
  return text;
}

Features needed_by(const Program& program) {
  Features needs = needed_by(program.setup);
  for (const Operation& operation : program.operations)
    needs = needs | needed_by_verb(operation) | needed_by_details(operation);
  if (std::ranges::any_of(program.expectations, is_about_what_is_shown)) needs.add(Feature::state);
  return needs;
}

Program fitted(const Program& program, Features has) {
  if ((needed_by(program) - has).empty()) return program;
  Program result;
  result.setup = program.setup;
  fit(result.setup, has);
  for (Operation operation : program.operations) {
    if (!(needed_by_verb(operation) - has).empty()) continue;
    fit(operation, has);
    result.operations.push_back(operation);
  }
  return result;
}

}  // namespace tidemark
