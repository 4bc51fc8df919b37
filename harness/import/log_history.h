// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// From what lines of logs say, one after the other, to operations.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "inference.h"
#include "log_rules.h"
#include "logged_mappings.h"
#include "moved_addresses.h"
#include "program_tail.h"

namespace tidemark {

// What of a log is in no operation.
struct Unsaid {
  std::uint64_t no_call = 0;          // lines that stand for no call
  std::uint64_t not_mapped = 0;       // ranges that nobody tried to map
  std::uint64_t mapped_already = 0;   // they are operations, and fail
  std::uint64_t no_range = 0;         // results of nobody knows what
  std::uint64_t some_dirty = 0;       // queries: some pages, and the log does not say which
  std::uint64_t of_devices = 0;       // queries that went to devices
  std::uint64_t too_many_groups = 0;  // devices of more groups than a program has
  std::uint64_t no_size = 0;          // ranges of no bytes, or of all that there are
};

class LogHistory {
 public:
  // `place`: where in the log it is, for the comment.
  void take(const LogEvent& event, const std::string& place);
  // Nothing more comes.
  void finish();

  const ProgramTail& tail() const { return tail_; }
  const Inference& inference() const { return inference_; }
  const Unsaid& unsaid() const { return unsaid_; }
  std::uint64_t operations() const { return operations_; }
  bool wrote(LogWriter writer) const { return writers_[static_cast<std::size_t>(writer)]; }
  bool knows_type() const { return knows_type_; }
  bool knows_groups() const { return !groups_.empty(); }
  std::uint64_t started_unsaid() const { return started_unsaid_; }
  std::uint64_t stopped_unsaid() const { return stopped_unsaid_; }
  bool moved() const { return moved_.any(); }
  bool knows_rights() const { return knows_rights_; }

 private:
  // The last map or unmap, of which the result may still come.
  struct Pending {
    std::optional<ProgramTail::Number> number = {};
    std::uint64_t first = 0, size = 0, event = 0;
    std::optional<std::int64_t> result = {};
    bool inserted = false;  // into `live_`
  };
  struct Group {
    std::uint8_t number = 0;
    unsigned devices = 0;
  };

  LoggedOperation operation(Verb verb, std::string_view note = {}) const;
  ProgramTail::Number add(LoggedOperation operation);
  void add_comment(std::string_view note);

  void attach(std::uint64_t group);
  void detach(std::uint64_t group);
  void map(const LogFields& fields);
  void unmap(LogFields fields);
  void unmap_again();
  void result(Verb verb, LogFields fields);
  void settle_result();
  void set_result(Pending& pending, Verb verb, const LogFields& fields);
  void query(const LogFields& fields);
  void settle_map();
  void start_if_unsaid();
  void stop_if_unsaid();
  void track(Verb verb, const LogFields& fields);
  void set_type(std::uint64_t type);
  void not_mapped(const LogFields& fields);

  ProgramTail tail_;
  Inference inference_;
  Unsaid unsaid_;
  LoggedMappings live_;  // after all of `tail_`
  Pending map_, unmap_;
  std::map<std::uint64_t, Group> groups_;  // by their numbers in the log
  // The result of the last line, if it names no range: QEMU often says it once more, with
  // the range, which need not be the last one.
  struct Unplaced {
    Verb verb;
    LogFields fields;
    std::string comment;
  };
  std::optional<Unplaced> unplaced_;
  std::uint8_t next_group_ = 0;
  bool attached_ = false, tracking_ = false, knows_type_ = false, knows_rights_ = false;
  MovedAddresses moved_;
  std::uint64_t operations_ = 0, events_ = 0, started_unsaid_ = 0, stopped_unsaid_ = 0;
  std::array<bool, kLogWriters> writers_ = {};
  std::string comment_;  // of the line that is being taken
};

}  // namespace tidemark
