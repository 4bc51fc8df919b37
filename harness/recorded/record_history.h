// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The recorder's log, line by line, and the program of one of its containers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "imported_log.h"
#include "recorded_container.h"
#include "recorded_line.h"

namespace tidemark {

class RecordHistory {
 public:
  // False if it is no line of such a log. `place`: where it is, for the comment.
  bool take(std::string_view text, const std::string& place);

  bool has_lines() const { return lines_ > 0; }
  // The program of container `number`, from 1 in the order of the log; 0: of that with the most
  // operations. Or why there is none.
  std::variant<ImportedLog, std::string> program(std::size_t number) const;

 private:
  struct Process {
    bool begun = false;
    std::uint64_t lines = 0, end = 0;  // numbers are below `end`
    std::uint64_t missing() const { return end - lines; }
  };
  struct Container {
    RecordedContainer calls;
    std::uint64_t thread = 0, end_ns = 0;  // of the call that ended last
    std::uint64_t at_once = 0;             // calls that began before that
  };

  void begin(const RecordBegins& begins);
  void call(const RecordedLine& line, const std::string& comment);
  void count(const RecordedLine& line);
  std::size_t named(std::string_view name);
  void note_order(Container& container, const RecordedLine& line);
  std::uint64_t missing() const;
  std::string head(const Container& container, std::size_t number) const;
  std::size_t with_most() const;

  std::vector<Container> containers_;  // those with a call
  std::map<std::string, std::size_t, std::less<>> names_, groups_;
  std::map<std::uint64_t, Process> processes_;
  std::uint64_t lines_ = 0, missing_ = 0;
  std::optional<std::uint64_t> other_version_;
};

}  // namespace tidemark
