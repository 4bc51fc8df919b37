// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_name.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "program_text.h"
#include "verbs.h"

namespace tidemark {

Signature without_chance(const Mismatch& mismatch, const Program& program) {
  Signature result = mismatch.signature;
  if (!mismatch.known.empty()) return result;
  if (!mismatch.closing.empty()) {
    result.closing = true;
    return result;
  }
  if (result.is_of_states() && mismatch.operation < program.operations.size()) {
    result.verb = program.operations[mismatch.operation].verb;
    result.moment = Moment::after;
    return result;
  }
  result.moment = Moment::call;
  result.actual.reset();
  // Of the errors that should have come any will do: the plainest program is to be found.
  if (result.kind == Kind::result && result.expected) result.expected = -EINVAL;
  result.total = std::nullopt;
  if (result.kind == Kind::outside) result.kind = Kind::extra_dirty;
  return result;
}

namespace {

constexpr std::string_view kAfterOthers = "after-others.";

// What a reduced program has that not every one needs before it can do anything.
std::set<std::string> doings(const Program& program) {
  std::set<std::string> words;
  bool set_up = false;  // by now
  std::size_t mappings = 0;
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    mappings += operation.verb == Verb::map;
    if (is_transfer(operation.verb) && operation.address.bytes) words.insert("odd-bytes");
    const bool fault = operation.fault.kind != FaultKind::none;
    const bool bent = operation.bend.field != Field::none;
    if (i + 1 == program.operations.size()) {
      if (fault) words.insert("fault");
      if (bent) words.insert("bent");
      break;
    }
    set_up |= !sets_up(operation) || operation.verb == Verb::start;
    const bool hardware = operation.verb == Verb::attach && operation.flags & kHardware;
    const bool usual = sets_up(operation) && (!set_up || operation.verb == Verb::start);
    if (usual && !hardware && !fault && !bent) continue;
    words.insert((operation.when == When::now ? "" : "window_") +
                 std::string(hardware ? "hardware" : name(operation.verb)) +
                 (fault ? "_fault" : "") + (bent ? "_bent" : ""));
  }
  if (mappings > 1) words.insert("mappings");
  const Setup usual;
  if (program.setup.type != usual.type) words.insert("v1");
  if (program.setup.rule != usual.rule)
    words.insert(program.setup.rule == RangeRule::any ? "rule_any" : "rule_exact");
  if (program.setup.entries != usual.entries) words.insert("entries");
  if (program.setup.memlock_pages != usual.memlock_pages) words.insert("memlock");
  if (program.setup.bitmap_words != usual.bitmap_words) words.insert("room");
  if (program.setup.store != usual.store) words.insert("store_sparse");
  return words;
}

// Of these the one that says most: what the world is like, then what is done in it, in
// alphabetical order, then that there are several mappings.
std::string main_doing(std::set<std::string> words) {
  for (const char* world : {"hardware", "v1", "rule_exact", "rule_any", "store_sparse", "entries",
                            "memlock", "room", "bent", "fault"})
    if (words.contains(world)) return world;
  if (words.size() > 1) words.erase("mappings");
  return words.empty() ? "" : *words.begin();
}

}  // namespace

std::string part_of_name(const Signature& signature, const Program& program) {
  // All that makes an argument wrong, or right, is chance where that is not seen, and so is what
  // made the pages dirty that lie behind a range; what a program expects is its own.
  const bool says_all =
      signature.kind == Kind::result || signature.place == Place::beyond ||
      (Kind::tracker_expectation <= signature.kind && signature.kind <= Kind::no_window);
  return says_all ? "" : main_doing(doings(program));
}

std::string name_of(const Signature& signature, const Program& program) {
  const std::string part = part_of_name(signature, program);
  return print(signature) + (part.empty() ? "" : "." + part);
}

std::string name_after_others(const Signature& signature, const Program& program) {
  return std::string(kAfterOthers) + name_of(signature, program);
}

// Other words that a name may have come behind the signature.
Kind limit_met_in(std::string_view name) {
  if (name.starts_with(kAfterOthers)) name.remove_prefix(kAfterOthers.size());
  const Kind kind = parse_signature(name.substr(0, name.find('.'))).kind;
  return kind == Kind::hang || kind == Kind::out_of_memory ? kind : Kind::none;
}

bool is_shown_by_query(const Signature& signature) {
  return signature.verb == Verb::query && signature.moment == Moment::call &&
         (signature.kind == Kind::missing_dirty || signature.kind == Kind::extra_dirty);
}

Naming naming_of(Lockstep& lockstep, const Program& program, const Mismatch& mismatch) {
  if (!mismatch.known.empty()) return {print(mismatch.signature)};
  Program failing = program;
  const auto up_to = [&failing](const Mismatch& found) {
    failing.operations.resize(std::min(found.operation + 1, failing.operations.size()));
  };
  std::optional<Mismatch> cause;
  if (!lockstep.takes_long_to_inspect()) {
    lockstep.compare_every_state(true);
    cause = lockstep.run(program);
    lockstep.compare_every_state(false);
  }
  if (!cause || !cause->signature.is_of_states()) {
    Signature signature = mismatch.signature;
    signature.place = mismatch.where;
    up_to(mismatch);
    return {name_of(signature, failing), std::nullopt, part_of_name(signature, failing)};
  }
  // Which errno the operation returned is chance; where in a mapping it went wrong says nothing
  // of a mark that was never made.
  Signature signature = without_chance(*cause, program);
  if (is_shown_by_query(mismatch.signature)) {
    if (signature.kind == Kind::missing_marks) signature.kind = Kind::missing_dirty;
    if (signature.kind == Kind::extra_marks) signature.kind = Kind::extra_dirty;
  }
  up_to(*cause);
  if (cause->operation >= mismatch.operation) cause.reset();
  return {name_of(signature, failing), std::move(cause), part_of_name(signature, failing)};
}

std::string cause_line(const std::optional<Mismatch>& cause, const Program& program) {
  if (!cause) return {};
  return "cause     step " + std::to_string(cause->operation + 1) + ": " +
         print(program.operations[cause->operation]) + " (" +
         std::string(word(cause->signature.kind)) + ")\n";
}

}  // namespace tidemark
