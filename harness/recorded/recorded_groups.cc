// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded_groups.h"

#include <algorithm>
#include <optional>

#include "hardware_kinds.h"
#include "program_text.h"

namespace tidemark {
namespace {

AddressRange reach_of(const RecordedInfo& info) {
  return {info.ranges.front().first, info.ranges.back().last};
}

// What lies between the valid ranges. A program has room for two gaps.
ReservedRanges gaps_of(const RecordedInfo& info) {
  ReservedRanges reserved;
  for (std::size_t i = 1; i < info.ranges.size() && reserved.count < kMostReserved; ++i) {
    const AddressRange gap = {info.ranges[i - 1].last + 1, info.ranges[i].first - 1};
    if (gap.first <= gap.last) reserved.ranges[reserved.count++] = gap;
  }
  return reserved;
}

bool has_gaps_of(const HardwareKind& kind, const RecordedInfo& info) {
  return gaps_of(info) == ReservedRanges{kind.reserved, kind.nr_reserved};
}

bool fits(const RecordedInfo& info, const HardwareKind& kind) {
  return info.ranges.empty() || (reach_of(info) == kind.aperture && has_gaps_of(kind, info));
}

// The first of numbered hardware that is like it, at least in its pages.
std::uint8_t kind_of(const RecordedInfo& info) {
  std::optional<std::uint8_t> alike;
  for (std::uint8_t number = 0; number < kHardwareKinds; ++number) {
    const HardwareKind& kind = hardware_kind(number);
    if (kind.pgsizes != info.pgsizes) continue;
    if (fits(info, kind)) return number;
    if (!alike) alike = number;
  }
  return alike.value_or(0);
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

// Of moved addresses the hardware can have any.
void RecordedGroups::describe(Group& group, bool moved) {
  RecordedInfo info = group.info;
  if (moved) info.ranges.clear();
  group.kind = kind_of(info);
  group.own = {};
  const HardwareKind& kind = hardware_kind(group.kind);
  const bool usable = info.pgsizes && (info.pgsizes & (0 - info.pgsizes)) <= kLargestPage;
  if (usable && info.pgsizes != kind.pgsizes) group.own.pgsizes = info.pgsizes;
  if (!fits(info, kind)) {
    if (reach_of(info) != kind.aperture) group.own.aperture = reach_of(info);
    if (!has_gaps_of(kind, info)) group.own.reserved = gaps_of(info);
  }
  if (group.coherent && *group.coherent != kind.cache_coherent) group.own.coherent = group.coherent;
}

std::vector<const RecordedGroups::Group*> RecordedGroups::told(const RecordedInfo& info,
                                                               bool moved) {
  std::vector<const Group*> changed;
  for (auto& [number, group] : groups_) {
    if (!group.known && info.has_capabilities) {
      group.known = true;
      group.hardware = !info.ranges.empty();
    }
    if (!group.hardware || group.info.has_capabilities) continue;
    group.info = info;
    describe(group, moved);
    changed.push_back(&group);
  }
  return changed;
}

std::vector<const RecordedGroups::Group*> RecordedGroups::told_coherence(bool all_coherent,
                                                                         bool moved) {
  std::vector<const Group*> changed;
  for (auto& [number, group] : groups_) {
    if (!group.hardware || group.coherent) continue;
    group.coherent = all_coherent;
    describe(group, moved);
    changed.push_back(&group);
  }
  return changed;
}

std::string RecordedGroups::attach_text(const Group& group) {
  Operation attach;
  attach.verb = Verb::attach;
  attach.id = group.slot;
  if (group.hardware) {
    attach.flags = kHardware;
    attach.hardware = group.kind;
    attach.own = group.own;
  }
  const std::string text = print(attach);
  Expectation expectation;
  expectation.result = group.result;
  return group.result ? text + " => " + print(expectation) : text;
}

}  // namespace tidemark
