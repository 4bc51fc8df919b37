// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorded_container.h"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "errno_names.h"
#include "host_layout.h"
#include "program_text.h"
#include "recorded_marks.h"
#include "text.h"
#include "verbs.h"

namespace tidemark {

void RecordedContainer::add_comment(const std::string& comment, std::string_view note) {
  tail_.add({.comment = comment + " " + std::string(note)});
}

void RecordedContainer::attach(RecordedGroups::Group& group, const std::string& comment) {
  ++operations_;
  kind_unsaid_ |= !group.known;
  hardware_seen_ |= group.hardware;
  group.line = tail_.add({.verb = Verb::attach,
                          .group = group.slot,
                          .result = group.result,
                          .comment = comment,
                          .text = RecordedGroups::attach_text(group)});
}

void RecordedContainer::attach_again(const std::vector<const RecordedGroups::Group*>& changed) {
  for (const RecordedGroups::Group* group : changed) {
    LoggedOperation* made = group->line ? tail_.find(*group->line) : nullptr;
    if (!made) continue;
    made->text = RecordedGroups::attach_text(*group);
    tail_.changed(*group->line);
  }
}

void RecordedContainer::join(const RecordedLine& line, std::uint64_t group,
                             const std::string& comment) {
  if (line.result != 0)
    return add_comment(comment, "a group could not join: " + result_text(line.result));
  RecordedGroups::Group* made = groups_.add(group, line.kind);
  if (!made) return add_comment(comment, "one more group: a program has four");
  made->result = line.result;
  if (has_type_) attach(*made, comment);
}

void RecordedContainer::set_type(const RecordedLine& line, const std::string& comment) {
  const bool v1 = line.argument == VFIO_TYPE1_IOMMU;
  if (line.result != 0)
    return add_comment(comment, "VFIO_SET_IOMMU gave " + result_text(line.result));
  if (!v1 && line.argument != VFIO_TYPE1v2_IOMMU)
    add_comment(comment, "the container is of another type, " + decimal(line.argument));
  has_type_ = true;
  tail_.set_type(v1 ? ContainerType::v1 : ContainerType::v2);
  for (RecordedGroups::Group* group : groups_.all()) attach(*group, comment);
}

// Who opened the container, or gave it its groups, need not be who was recorded.
void RecordedContainer::attach_if_unsaid() {
  if (has_type_) return;
  has_type_ = attach_unsaid_ = true;
  RecordedGroups::Group* made = groups_.add(std::numeric_limits<std::uint64_t>::max(), "unknown");
  if (made) attach(*made, "inferred");
}

void RecordedContainer::leave(const RecordedLine& line, std::uint64_t group,
                              const std::string& comment) {
  if (line.result != 0)
    return add_comment(comment, "a group could not leave: " + result_text(line.result));
  const auto slot = groups_.remove(group);
  if (!slot || !has_type_) return;
  Operation detach;
  detach.verb = Verb::detach;
  detach.id = *slot;
  add_operation(detach, comment);
  std::erase(enrolled_, *slot);
  over_ = groups_.empty();
}

// What only has a place in the program, and leaves nothing behind that forgetting it would lose.
void RecordedContainer::add_operation(const Operation& operation, const std::string& comment) {
  ++operations_;
  tail_.add({.verb = operation.verb,
             .group = operation.id,
             .comment = comment,
             .text = print(operation)});
}

std::uint8_t RecordedContainer::slot_of(std::uint64_t process) {
  auto found = std::ranges::find(processes_, process);
  if (found == processes_.end() && processes_.size() < kProcesses)
    found = processes_.insert(found, process);
  return static_cast<std::uint8_t>(
      std::min<std::ptrdiff_t>(found - processes_.begin(), kProcesses - 1));
}

void RecordedContainer::executed(std::uint64_t process) {
  if (std::ranges::find(processes_, process) == processes_.end()) return;
  Operation exec;
  exec.verb = Verb::exec;
  exec.process = slot_of(process);
  add_operation(exec, "the process became another program");
}

void RecordedContainer::call(const RecordedLine& original, const std::string& comment) {
  RecordedLine line = original;
  const bool asks = line.verb == RecordedVerb::extension || line.verb == RecordedVerb::ioctl;
  if (asks && !has_type_) {
    ++before_type_;
    return;
  }
  attach_if_unsaid();
  const bool all = line.verb == RecordedVerb::unmap && line.flags & VFIO_DMA_UNMAP_FLAG_ALL;
  const bool has_range = line.readable && !all && (line.size || line.iova);
  if (has_range && (line.vaddr_is_iova || moved_.any())) line.iova = moved_.moved(line.iova);
  learn_page_bytes(line);
  const RecordedWorld world = {page_bytes_, groups_.any_hardware(), moved_.any()};
  RecordedCall made = recorded_call(line, world);
  if (made.too_odd) {
    ++too_odd_;
    return add_comment(comment, "three fields are odd, and a program has room for two");
  }
  made.operation.process = slot_of(line.process);
  const bool has_words = line.result == 0 && line.has_bitmap;
  if (has_words && (!add_marks(line) || !made.expectation.words)) {
    made.expectation.words.reset();
    ++no_words_;
  }
  add(line, made, comment);
  learn(line);
}

void RecordedContainer::add(const RecordedLine& line, const RecordedCall& call,
                            const std::string& comment) {
  ++operations_;
  LoggedOperation made = {.verb = call.operation.verb,
                          .first = line.iova,
                          .size = line.size,
                          .rights = static_cast<unsigned>(line.flags & 3),
                          .result = line.result,
                          .comment = comment};
  // Nobody's mappings are left: which is what unmapping the halves one by one does.
  const bool all = line.verb == RecordedVerb::unmap && line.flags & VFIO_DMA_UNMAP_FLAG_ALL;
  made.everything = all;
  made.text = print(call.operation) + " => " + print(call.expectation);
  if (call.expectation.words) made.runs = call.expectation.words->size();
  tail_.add(std::move(made));
}

bool RecordedContainer::add_marks(const RecordedLine& line) {
  if (!line.words || line.more) return false;
  const auto device = groups_.emulated();
  if (groups_.any_hardware() || !device) return true;
  const bool several = processes_.size() > 1;
  const auto marks = marks_before(line, live_, *device, several ? kKernelThread : std::uint8_t{0});
  if (!marks) {
    ++too_many_;
    return false;
  }
  for (const Operation& mark : *marks) {
    if (mark.verb == Verb::pin && std::ranges::find(enrolled_, *device) == enrolled_.end()) {
      Operation enroll;
      enroll.verb = Verb::enroll;
      enroll.id = *device;
      enrolled_.push_back(*device);
      add_operation(enroll, "inferred");
    }
    add_operation(mark, "inferred: the next reports it");
    ++marks_;
  }
  return true;
}

void RecordedContainer::learn(const RecordedLine& line) {
  if (!line.readable) return;
  if (line.verb == RecordedVerb::info) return learn_info(line);
  if (line.verb == RecordedVerb::extension && line.argument == VFIO_DMA_CC_IOMMU)
    return attach_again(groups_.told_coherence(line.result == 1, moved_.any()));
  if (line.verb == RecordedVerb::map) {
    if (line.result == 0) {
      live_.add(line.iova, line.size, static_cast<unsigned>(line.flags & 3));
      inference_.mapped(line.iova, line.size, live_);
    } else {
      inference_.refused(line.iova, line.size, line.result, live_);
    }
  }
  if (line.verb == RecordedVerb::unmap && line.result == 0) {
    if (line.flags & VFIO_DMA_UNMAP_FLAG_ALL)
      live_.clear();
    else
      live_.unmap(line.iova, line.size, tail_.type());
  }
}

// Who never asks GET_INFO, but names the right page size, knows it from elsewhere.
void RecordedContainer::learn_page_bytes(const RecordedLine& line) {
  const bool told = line.result == 0 && line.has_bitmap && line.pgsize != page_bytes_;
  if (!told || !groups_.any_hardware()) return;
  page_bytes_ = line.pgsize;
  attach_again(groups_.told({.pgsizes = line.pgsize}, moved_.any()));
}

void RecordedContainer::learn_info(const RecordedLine& line) {
  const RecordedInfo info = recorded_info(line);
  if (!info.pgsizes) return;
  attach_again(groups_.told(info, moved_.any()));
  hardware_seen_ |= groups_.any_hardware();
  if (groups_.any_hardware()) page_bytes_ = info.pgsizes & (0 - info.pgsizes);
  if (info.entries_left && !entries_)
    entries_ = static_cast<std::uint32_t>(*info.entries_left + live_.count());
}

Setup RecordedContainer::setup() const {
  Inference inference = inference_;
  inference.mediated = !hardware_seen_;
  Setup setup = inference.setup(tail_.type());
  if (entries_) setup.entries = *entries_;
  return setup;
}

std::vector<std::string> RecordedContainer::inferred() const {
  std::vector<std::string> said;
  if (attach_unsaid_)
    said.emplace_back("attach, v2: the record begins behind them, or another process did that");
  if (kind_unsaid_)
    said.emplace_back("emulated or hardware: by GET_INFO's ranges of addresses, not by the kernel");
  if (hardware_seen_)
    said.emplace_back("the hardware of groups: what GET_INFO says of all together");
  if (marks_)
    said.emplace_back(
        "write, pin: what the next query found, if only emulated groups are attached");
  if (setup().memlock_pages != Setup().memlock_pages)
    said.emplace_back("memlock=: the most pages that were mapped at a time");
  if (moved_.any()) said.emplace_back("addresses: those of the log are the host's, and were moved");
  return said;
}

std::vector<std::string> RecordedContainer::left_out() const {
  const std::pair<std::uint64_t, std::string_view> counts[] = {
      {before_type_, "calls before the container had a type"},
      {no_words_, "words of bitmaps that had bits before, or too many: those of so many calls"},
      {too_many_, "queries that found more than can be written in a program, page by page"},
      {too_odd_, "calls with three odd fields"}};
  std::vector<std::string> said;
  for (const auto& [count, what] : counts)
    if (count) said.push_back(std::string(what) + ": " + decimal(count));
  return said;
}

}  // namespace tidemark
