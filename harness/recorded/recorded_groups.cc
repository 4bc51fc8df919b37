// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded_groups.h"

#include <algorithm>
#include <utility>

#include "hardware_kinds.h"
#include "program_text.h"

namespace tidemark {
namespace {

// Hardware of kind 0, but for what GET_INFO says. A program has room for two gaps.
OwnHardware hardware_of(const RecordedInfo& info, bool moved) {
  const HardwareKind& usual = hardware_kind(0);
  OwnHardware own;
  const bool usable = info.pgsizes && (info.pgsizes & (0 - info.pgsizes)) <= kLargestPage;
  if (usable && info.pgsizes != usual.pgsizes) own.pgsizes = info.pgsizes;
  if (moved || info.ranges.empty()) return own;
  const AddressRange all = {info.ranges.front().first, info.ranges.back().last};
  if (all != usual.aperture) own.aperture = all;
  ReservedRanges reserved;
  for (std::size_t i = 1; i < info.ranges.size() && reserved.count < kMostReserved; ++i) {
    const AddressRange gap = {info.ranges[i - 1].last + 1, info.ranges[i].first - 1};
    if (gap.first <= gap.last) reserved.ranges[reserved.count++] = gap;
  }
  if (reserved.count) own.reserved = reserved;
  return own;
}

}  // namespace

RecordedGroups::Group* RecordedGroups::add(std::uint64_t number, std::string_view kind) {
  Group group;
  const auto taken = [&](const auto& other) { return other.second.slot == group.slot; };
  while (std::ranges::any_of(groups_, taken)) ++group.slot;
  if (group.slot == kGroups || groups_.contains(number)) return nullptr;
  group.known = kind != "unknown";
  group.hardware = kind == "hardware";
  return &groups_.emplace(number, group).first->second;
}

std::optional<std::uint8_t> RecordedGroups::remove(std::uint64_t number) {
  const auto found = groups_.find(number);
  if (found == groups_.end()) return std::nullopt;
  const std::uint8_t slot = found->second.slot;
  groups_.erase(found);
  return slot;
}

std::vector<RecordedGroups::Group*> RecordedGroups::all() {
  std::vector<Group*> groups;
  for (auto& [number, group] : groups_) groups.push_back(&group);
  return groups;
}

bool RecordedGroups::any_hardware() const {
  return std::ranges::any_of(groups_, [](const auto& group) { return group.second.hardware; });
}

std::optional<std::uint8_t> RecordedGroups::emulated() const {
  for (const auto& [number, group] : groups_)
    if (!group.hardware) return group.slot;
  return std::nullopt;
}

std::vector<const RecordedGroups::Group*> RecordedGroups::told(const RecordedInfo& info,
                                                               bool moved) {
  std::vector<const Group*> changed;
  for (auto& [number, group] : groups_) {
    const Group before = group;
    if (!group.known && info.has_capabilities) {
      group.known = true;
      group.hardware = !info.ranges.empty();
    }
    if (group.hardware && !group.described) {
      const std::optional<bool> coherent = group.own.coherent;
      group.own = hardware_of(info, moved);
      group.own.coherent = coherent;
      group.described = info.has_capabilities;
    }
    if (before.hardware != group.hardware || before.own != group.own) changed.push_back(&group);
  }
  return changed;
}

std::vector<const RecordedGroups::Group*> RecordedGroups::told_coherence(bool all_coherent) {
  std::vector<const Group*> changed;
  for (auto& [number, group] : groups_) {
    if (!group.hardware || std::exchange(group.coherence_known, true) || all_coherent) continue;
    group.own.coherent = false;
    changed.push_back(&group);
  }
  return changed;
}

std::string RecordedGroups::attach_text(const Group& group) {
  Operation attach;
  attach.verb = Verb::attach;
  attach.id = group.slot;
  if (group.hardware) attach.flags = kHardware, attach.own = group.own;
  const std::string text = print(attach);
  Expectation expectation;
  expectation.result = group.result;
  return group.result ? text + " => " + print(expectation) : text;
}

}  // namespace tidemark
