// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The groups of a recorded container: which they are in its program, and of which kind.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "program_tail.h"
#include "recorded_calls.h"

namespace tidemark {

class RecordedGroups {
 public:
  struct Group {
    std::uint8_t slot = 0;                 // in the program
    bool hardware = false, known = false;  // if not, emulated until GET_INFO says otherwise
    RecordedInfo info = {};                // what was told of its hardware, if something was
    std::optional<bool> coherent = {};
    std::uint8_t kind = 0;  // of numbered hardware, and what it has otherwise
    OwnHardware own = {};
    std::optional<std::int64_t> result = {};  // of its attach
    std::optional<ProgramTail::Number> line = {};
  };

  // Nothing if all slots are taken. `kind` as in the log.
  Group* add(std::uint64_t number, std::string_view kind);
  // Which slot it had, if it was there.
  std::optional<std::uint8_t> remove(std::uint64_t number);
  // Ascending by their numbers in the log.
  std::vector<Group*> all();
  bool empty() const { return groups_.empty(); }
  bool any_hardware() const;
  // The slot of a group whose device may pin without anything being promoted by it.
  std::optional<std::uint8_t> emulated() const;

  // What the user was told of them all: it is taken to be so of each that is new. Returns those
  // that are others now.
  std::vector<const Group*> told(const RecordedInfo& info, bool moved);
  // What CHECK_EXTENSION of VFIO_DMA_CC_IOMMU gave, likewise.
  std::vector<const Group*> told_coherence(bool all_coherent, bool moved);

  // The line of its attach, without comment.
  static std::string attach_text(const Group& group);

 private:
  static void describe(Group& group, bool moved);

  std::map<std::uint64_t, Group> groups_;  // by their numbers in the log
};

}  // namespace tidemark
