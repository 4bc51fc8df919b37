// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What was recorded of one container, as a program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference.h"
#include "logged_mappings.h"
#include "moved_addresses.h"
#include "program_tail.h"
#include "recorded_calls.h"
#include "recorded_groups.h"
#include "recorded_line.h"

namespace tidemark {

class RecordedContainer {
 public:
  // `comment` is where in the log a line is, and its time. A container has no type before
  // set_type(), and then all groups that have joined are attached.
  void join(const RecordedLine& line, std::uint64_t group, const std::string& comment);
  void leave(const RecordedLine& line, std::uint64_t group, const std::string& comment);
  void set_type(const RecordedLine& line, const std::string& comment);
  // Of map, unmap, dirty, info, extension and ioctl.
  void call(const RecordedLine& line, const std::string& comment);
  // The process has become another program.
  void executed(std::uint64_t process);

  // Its last group has left: what has its name from now on is another.
  bool is_over() const { return over_; }
  std::uint64_t operations() const { return operations_; }
  const ProgramTail& tail() const { return tail_; }
  Setup setup() const;
  // The lines behind the one of the container; nothing if there is not room for all mappings.
  std::optional<std::string> text() const { return tail_.text({}); }
  // A line each: what was inferred, and what of it is in no operation.
  std::vector<std::string> inferred() const;
  std::vector<std::string> left_out() const;

 private:
  void add(const RecordedLine& line, const RecordedCall& call, const std::string& comment);
  void add_operation(const Operation& operation, const std::string& comment);
  void add_comment(const std::string& comment, std::string_view note);
  void attach(RecordedGroups::Group& group, const std::string& comment);
  void attach_again(const std::vector<const RecordedGroups::Group*>& changed);
  void attach_if_unsaid();
  void learn(const RecordedLine& line);
  void learn_page_bytes(const RecordedLine& line);
  void learn_info(const RecordedLine& line);
  // Returns whether what was reported can be expected.
  bool add_marks(const RecordedLine& line);
  std::uint8_t slot_of(std::uint64_t process);

  ProgramTail tail_;
  Inference inference_;
  LoggedMappings live_;
  MovedAddresses moved_;
  RecordedGroups groups_;
  std::vector<std::uint64_t> processes_;  // by their numbers in the program
  std::vector<std::uint8_t> enrolled_;    // devices
  std::optional<std::uint32_t> entries_;
  std::uint64_t page_bytes_ = kPageBytes;
  bool has_type_ = false, over_ = false;
  bool attach_unsaid_ = false, kind_unsaid_ = false, hardware_seen_ = false;
  std::uint64_t operations_ = 0, marks_ = 0;
  // What of the log is in no operation.
  std::uint64_t before_type_ = 0, no_words_ = 0, too_odd_ = 0, too_many_ = 0;
};

}  // namespace tidemark
