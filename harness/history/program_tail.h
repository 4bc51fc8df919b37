// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The last operations of a log, as many as a program may have, and what was mapped before
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "logged_mappings.h"
#include "own_hardware.h"
#include "program.h"

namespace tidemark {

// An operation of the log's, or only a comment.
struct LoggedOperation {
  enum class Words : std::uint8_t { unsaid, none, all };  // of the bitmap, that were stored

  std::optional<Verb> verb = {};
  std::uint8_t group = 0;
  std::uint64_t first = 0, size = 0;  // bytes
  unsigned rights = 3;                // bit 0: read, bit 1: write
  std::optional<std::int64_t> result = {};
  std::optional<std::uint64_t> unmapped = {};  // bytes
  Words words = Words::unsaid;
  std::string comment = {};
  // The line, where all of it is known; else it is made of what is above.
  std::string text = {};
  std::size_t runs = 0;     // of words that it expects
  bool everything = false;  // an unmap of all that is mapped
};

// In pages where it is whole pages: hexadecimal, so that they are the log's digits but for
// three zeros.
Quantity quantity_of(std::uint64_t bytes);

// What all groups of a program are.
struct LoggedGroups {
  bool hardware = false;
  OwnHardware own = {};  // if it is hardware
};

class ProgramTail {
 public:
  using Number = std::uint64_t;  // of an operation, from 0 on

  // Earlier operations are forgotten if there is no more room.
  Number add(LoggedOperation operation);
  // The operation, if it is not forgotten. Whoever changes it says so.
  LoggedOperation* find(Number number);
  void changed(Number number);

  void set_type(ContainerType type) { type_ = type; }
  ContainerType type() const { return type_; }

  // All lines behind the one of the container. Nothing if what was mapped before them takes
  // more room than a program has.
  std::optional<std::string> text(const LoggedGroups& kind) const;
  std::size_t forgotten() const { return forgotten_; }
  std::size_t mapped_before() const { return before_.count(); }

 private:
  struct Line {
    LoggedOperation operation;
    std::size_t bytes = 0;
  };
  bool fits() const;
  void forget_first();

  ContainerType type_ = ContainerType::v2;
  std::deque<Line> lines_;
  std::size_t bytes_ = 0, runs_ = 0;  // of `lines_`
  std::size_t forgotten_ = 0;
  // As it was before them.
  LoggedMappings before_;
  std::map<std::uint8_t, LoggedOperation> groups_before_;  // how they were attached
  std::set<std::uint8_t> enrolled_before_;                 // devices
  bool tracked_before_ = false;
};

// That a program begins in the middle of a log, and with what.
std::string forgotten_text(const ProgramTail& tail);

}  // namespace tidemark
