// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "log_history.h"

#include <cerrno>
#include <utility>

#include "errno_names.h"
#include "host_layout.h"
#include "text.h"
#include "verbs.h"

namespace tidemark {
namespace {

// A result that names no range is of the last one that was mapped, if so many events at
// most came between them, of other threads.
constexpr std::uint64_t kMostBetween = 16;

// An empty result, or one that is no error.
bool went_well(const std::optional<std::int64_t>& result) { return result.value_or(0) >= 0; }

}  // namespace

LoggedOperation LogHistory::operation(Verb verb, std::string_view note) const {
  LoggedOperation operation = {.verb = verb, .comment = comment_};
  if (!note.empty()) operation.comment.append(" ").append(note);
  return operation;
}

ProgramTail::Number LogHistory::add(LoggedOperation operation) {
  ++operations_;
  return tail_.add(std::move(operation));
}

void LogHistory::add_comment(std::string_view note) {
  LoggedOperation comment = {.comment = comment_};
  comment.comment.append(" ").append(note);
  tail_.add(std::move(comment));
}

void LogHistory::take(const LogEvent& event, const std::string& place) {
  LogFields fields = event.fields;
  comment_ = place + (event.time.empty() ? "" : " " + event.time);
  ++events_;
  writers_[static_cast<std::size_t>(event.writer)] = true;
  const bool is_result = event.kind == LogKind::map_result || event.kind == LogKind::unmap_result;
  if (unplaced_ && is_result && fields.has_range && fields.result == unplaced_->fields.result)
    unplaced_.reset();
  settle_result();
  inference_.user_server |= event.writer == LogWriter::vfio_user;
  if (event.writer == LogWriter::dpdk && !knows_type_) tail_.set_type(ContainerType::v1);
  // DPDK maps at addresses of its process, or of the machine.
  if (event.writer == LogWriter::dpdk && fields.has_range)
    fields.first = moved_.moved(fields.first);
  switch (event.kind) {
    case LogKind::map:
      return map(fields);
    case LogKind::unmap:
      return unmap(fields);
    case LogKind::map_result:
    case LogKind::unmap_result:
      return result(event.kind == LogKind::map_result ? Verb::map : Verb::unmap, fields);
    case LogKind::query:
    case LogKind::query_failed:
      return query(fields);
    case LogKind::start:
    case LogKind::start_failed:
      return track(Verb::start, fields);
    case LogKind::stop:
    case LogKind::stop_failed:
      return track(Verb::stop, fields);
    case LogKind::attach:
      return attach(fields.number);
    case LogKind::detach:
      return detach(fields.number);
    case LogKind::mediated:
      inference_.mediated = true;
      break;
    case LogKind::container_type:
      return set_type(fields.number);
    case LogKind::device_tracking:
      inference_.device_tracking = true;
      break;
    case LogKind::migration_over:
      return stop_if_unsaid();
    case LogKind::not_mapped:
      return not_mapped(fields);
    case LogKind::unmap_again:
      return unmap_again();
    case LogKind::irrelevant:
      break;
  }
  ++unsaid_.no_call;
}

void LogHistory::finish() {
  settle_result();
  settle_map();
}

// Nobody has said what the result is of.
void LogHistory::settle_result() {
  const std::optional<Unplaced> unplaced = std::exchange(unplaced_, std::nullopt);
  if (!unplaced) return;
  const auto& [verb, fields, comment] = *unplaced;
  Pending& pending = verb == Verb::map ? map_ : unmap_;
  const bool soon = events_ - pending.event <= kMostBetween;
  if (pending.number && soon && (!pending.result || pending.result == fields.result))
    return set_result(pending, verb, fields);
  ++unsaid_.no_range;
  LoggedOperation said = {.comment = comment + " " + std::string(name(verb)) + " gave " +
                                     result_text(fields.result.value_or(0)) +
                                     "; of what, is not in the log"};
  tail_.add(std::move(said));
}

void LogHistory::attach(std::uint64_t group) {
  const auto [place, is_new] = groups_.try_emplace(group);
  ++place->second.devices;
  if (!is_new) {
    ++unsaid_.no_call;
    return;
  }
  if (next_group_ == kGroups) {
    groups_.erase(place);
    ++unsaid_.too_many_groups;
    return add_comment("one more group: a program has four");
  }
  LoggedOperation made = operation(Verb::attach);
  made.group = place->second.number = next_group_++;
  attached_ = true;
  add(std::move(made));
}

void LogHistory::detach(std::uint64_t group) {
  const auto place = groups_.find(group);
  if (place == groups_.end() || --place->second.devices) {
    ++unsaid_.no_call;
    return;
  }
  LoggedOperation made = operation(Verb::detach);
  made.group = place->second.number;
  add(std::move(made));
  groups_.erase(place);
  if (groups_.empty()) live_.clear();
}

// Without a group nothing can be mapped, and not every log says when it came.
void LogHistory::map(const LogFields& fields) {
  settle_map();
  if (!fields.size) {
    ++unsaid_.no_size;
    return add_comment("a mapping of no bytes, or of 2^64");
  }
  if (!std::exchange(attached_, true)) {
    add({.verb = Verb::attach, .group = next_group_++, .comment = "inferred"});
  }
  knows_rights_ |= fields.rights.has_value();
  const bool inserted = live_.add(fields.first, fields.size, fields.rights.value_or(3));
  const bool repeated = !inserted && !fields.result;
  if (repeated) ++unsaid_.mapped_already;
  LoggedOperation made = operation(Verb::map, repeated ? "mapped already" : "");
  made.first = fields.first, made.size = fields.size;
  made.rights = fields.rights.value_or(3);
  map_ = {.first = fields.first, .size = fields.size, .event = events_, .inserted = inserted};
  map_.number = add(std::move(made));
  if (fields.result) set_result(map_, Verb::map, fields);
}

void LogHistory::unmap(LogFields fields) {
  settle_map();
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  if (fields.whole_space) {  // as QEMU does, since no ioctl takes it at once
    fields = {.size = kHalf, .has_range = true};
    unmap(fields);
    fields.first = kHalf;
  }
  if (!fields.size) {
    ++unsaid_.no_size;
    return add_comment("an unmap of no bytes");
  }
  LoggedOperation made = operation(Verb::unmap);
  made.first = fields.first, made.size = fields.size;
  if (went_well(fields.result)) live_.unmap(fields.first, fields.size, tail_.type());
  unmap_ = {.first = fields.first, .size = fields.size, .event = events_};
  unmap_.number = add(std::move(made));
  if (fields.result) set_result(unmap_, Verb::unmap, fields);
}

void LogHistory::unmap_again() {
  const Pending last = unmap_;
  if (!last.number || last.size <= kPageBytes) {
    ++unsaid_.no_range;
    return add_comment("an unmap was repeated, a page shorter; which one, is not in the log");
  }
  LogFields fields = {.first = last.first, .size = last.size, .has_range = true};
  fields.result = -EINVAL;
  set_result(unmap_, Verb::unmap, fields);
  fields = {.first = last.first, .size = last.size - kPageBytes, .has_range = true};
  unmap(fields);
}

void LogHistory::result(Verb verb, LogFields fields) {
  if (fields.unmapped && !fields.result) fields.result = 0;
  if (!fields.has_range) {
    unplaced_ = {verb, fields, comment_};
    return;
  }
  // What is said is how much was unmapped: if nothing, any range that begins there will do.
  if (!fields.size && fields.unmapped) {
    fields.size = *fields.unmapped ? *fields.unmapped : kPageBytes;
    comment_ += " its size is not in the log";
  }
  Pending& pending = verb == Verb::map ? map_ : unmap_;
  const bool same = pending.first == fields.first && pending.size == fields.size;
  if (pending.number && same && (!pending.result || pending.result == fields.result))
    set_result(pending, verb, fields);
  else if (verb == Verb::map)
    map(fields);
  else
    unmap(fields);
}

void LogHistory::set_result(Pending& pending, Verb verb, const LogFields& fields) {
  const bool is_first = !pending.result;
  pending.result = fields.result;
  if (verb == Verb::map && is_first && !went_well(fields.result)) {
    if (std::exchange(pending.inserted, false))
      live_.unmap(pending.first, pending.size, ContainerType::v2);
    inference_.refused(pending.first, pending.size, *fields.result, live_);
  }
  LoggedOperation* made = tail_.find(*pending.number);
  if (!made) return;
  made->result = fields.result;
  if (fields.unmapped) made->unmapped = fields.unmapped;
  if (fields.rights) made->rights = *fields.rights, knows_rights_ = true;
  tail_.changed(*pending.number);
}

// Nothing has said that it went wrong.
void LogHistory::settle_map() {
  if (map_.number && map_.inserted) inference_.mapped(map_.first, map_.size, live_);
  map_.inserted = false;
}

void LogHistory::set_type(std::uint64_t type) {
  constexpr std::uint64_t kType1 = 1, kType1v2 = 3;  // VFIO's numbers
  if (type != kType1 && type != kType1v2)
    return add_comment("the container is of another type, " + decimal(type));
  ++unsaid_.no_call;
  knows_type_ = true;
  tail_.set_type(type == kType1 ? ContainerType::v1 : ContainerType::v2);
}

void LogHistory::track(Verb verb, const LogFields& fields) {
  LoggedOperation made = operation(verb);
  made.result = fields.result;
  if (went_well(fields.result)) tracking_ = verb == Verb::start;
  add(std::move(made));
}

void LogHistory::stop_if_unsaid() {
  if (!std::exchange(tracking_, false)) {
    ++unsaid_.no_call;
    return;
  }
  ++stopped_unsaid_;
  add(operation(Verb::stop, "inferred: the migration is over"));
}

void LogHistory::start_if_unsaid() {
  if (std::exchange(tracking_, true)) return;
  ++started_unsaid_;
  add({.verb = Verb::start, .comment = "inferred: before the first query"});
}

void LogHistory::query(const LogFields& fields) {
  if (!fields.has_range || !fields.size) {
    ++unsaid_.no_range;
    return add_comment("a query gave " + result_text(fields.result.value_or(0)) +
                       "; of what, is not in the log");
  }
  start_if_unsaid();
  const std::uint64_t pages = fields.size / kPageBytes;
  const std::uint64_t mapped = live_.bytes_in(fields.first, fields.size);
  std::string note;
  LoggedOperation::Words words = LoggedOperation::Words::unsaid;
  if (fields.count) {
    note = decimal(*fields.count) + " dirty";
    inference_.queried(*fields.count, mapped / kPageBytes);
    if (inference_.device_tracking)
      ++unsaid_.of_devices;
    else if (!*fields.count)
      words = LoggedOperation::Words::none;
    else if (*fields.count == pages && mapped == fields.size)
      words = LoggedOperation::Words::all;
    else
      ++unsaid_.some_dirty;
  }
  LoggedOperation made = operation(Verb::query, note);
  made.first = fields.first, made.size = fields.size;
  made.words = words;
  made.result = fields.result;
  inference_.query_faults |= fields.result == -EFAULT;
  if (fields.count) made.result = 0;
  add(std::move(made));
}

void LogHistory::not_mapped(const LogFields& fields) {
  ++unsaid_.not_mapped;
  std::string what = "not mapped: " + hex(fields.first);
  if (fields.size) what += "-" + hex(fields.first + fields.size - 1);
  add_comment(what);
}

}  // namespace tidemark
