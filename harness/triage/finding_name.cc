// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "finding_name.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "endless.h"
#include "program_text.h"
#include "verbs.h"
#include "vocabulary.h"

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
constexpr std::string_view kFailed = "failed", kUnpinning = "unpinning", kOddBytes = "odd-bytes";
// The strongest first: where a store is to blame, it is so with a group of any kind.
constexpr const char* kWorlds[] = {"store_sparse", "store_ranges", "store_pinned", "hardware",
                                   "v1",           "rule_exact",   "rule_any",     "entries",
                                   "memlock",      "room",         "bent",         "fault"};

// What a reduced program has that not every one needs before it can do anything.
std::set<std::string> doings(const Program& program) {
  std::set<std::string> words;
  bool set_up = false;  // by now
  std::size_t mappings = 0;
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    mappings += operation.verb == Verb::map;
    if (is_transfer(operation.verb) && operation.address.bytes)
      words.insert(std::string(kOddBytes));
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
    // Whether a device has to be there first is the simulator's matter.
    if (operation.verb == Verb::enroll && !fault && !bent) continue;
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
  if (program.setup.store != usual.store)
    words.insert("store_" +
                 std::string(words::kStoreNames[static_cast<std::size_t>(program.setup.store)]));
  return words;
}

// Of these the one that says most: what the world is like, then what is done in it, in
// alphabetical order, then that there are several mappings.
std::string main_doing(std::set<std::string> words) {
  for (const char* world : kWorlds)
    if (words.contains(world)) return world;
  if (words.size() > 1) words.erase("mappings");
  return words.empty() ? "" : *words.begin();
}

bool is_of_world(std::string_view word) { return std::ranges::count(kWorlds, word) > 0; }

// Is all that makes an argument wrong, or right, chance where that is not seen? So is what made
// the pages dirty that lie behind a range; what a program expects is its own; and a sanitizer
// names the function.
bool says_all(const Signature& signature) {
  return signature.kind == Kind::result || signature.place == Place::beyond ||
         (Kind::tracker_expectation <= signature.kind && signature.kind <= Kind::no_window) ||
         ((signature.kind == Kind::address || signature.kind == Kind::undefined) &&
          !signature.function.empty());
}

// Is what was done before chance, and what the world is like not? A query that reports other pages
// than are marked does so whoever marked them; without pins there is no callback.
bool says_all_in_this_world(const Signature& signature) {
  return is_shown_by_query(signature) || signature.kind == Kind::callbacks;
}

bool unpins(std::string_view verb) {
  return verb == name(Verb::unpin) || verb == name(Verb::unmap) || verb == name(Verb::detach);
}

bool is_of_unpinning(const Signature& signature, std::string_view part) {
  return part == name(Verb::pin) && signature.verb && unpins(name(*signature.verb));
}

// The detach of a group that may have written anything marks it all.
bool is_of_marking(const Signature& signature) {
  const bool missing =
      signature.kind == Kind::missing_marks || signature.kind == Kind::missing_dirty;
  return signature.verb == Verb::pin || signature.verb == Verb::write ||
         signature.verb == Verb::dma || (signature.verb == Verb::detach && missing);
}

// If something else than the operation itself is unusual, then that is what it is about.
Signature without_one_of_many(Signature signature, std::string_view part) {
  if (part.empty() || part == kFailed || part == kOddBytes) return signature;
  if (signature.kind == Kind::too_much_memory && unpins(signature.what))
    signature.what = kUnpinning;
  if (signature.moment != Moment::after || !signature.verb) return signature;
  if (is_of_unpinning(signature, part))
    signature.moment = Moment::unpinning;
  else if (is_of_marking(signature))
    signature.moment = Moment::marking;
  else
    return signature;
  signature.verb.reset();
  return signature;
}

std::string named_with(const Signature& signature, std::string_view part) {
  return print(without_one_of_many(signature, part)).append(part.empty() ? "" : ".").append(part);
}

}  // namespace

std::string part_of_name(const Signature& signature, const Program& program) {
  if (says_all(signature)) return {};
  std::string part = main_doing(doings(program));
  return !says_all_in_this_world(signature) || is_of_world(part) ? part : "";
}

std::string name_of(const Signature& signature, const Program& program) {
  return named_with(signature, part_of_name(signature, program));
}

std::string name_after_others(const Signature& signature, const Program& program) {
  return std::string(kAfterOthers) + name_of(signature, program);
}

// Other words that a name may have come behind the signature.
Kind limit_met_in(std::string_view name) {
  if (name.starts_with(kAfterOthers)) name.remove_prefix(kAfterOthers.size());
  const Kind kind = parse_signature(name.substr(0, name.find('.'))).kind;
  return has_no_end(kind) ? kind : Kind::none;
}

bool is_shown_by_query(const Signature& signature) {
  return signature.verb == Verb::query && signature.moment == Moment::call &&
         (signature.kind == Kind::missing_dirty || signature.kind == Kind::extra_dirty);
}

Naming naming_of(Lockstep& lockstep, const Program& program, const Mismatch& mismatch,
                 bool watches_states) {
  if (!mismatch.known.empty()) return {print(mismatch.signature)};
  Program failing = program;
  const auto up_to = [&failing](const Mismatch& found) {
    failing.operations.resize(std::min(found.operation + 1, failing.operations.size()));
  };
  std::optional<Mismatch> cause;
  if (watches_states && !lockstep.takes_long_to_inspect()) {
    lockstep.compare_every_state(true);
    cause = lockstep.run(program);
    lockstep.compare_every_state(false);
  }
  const bool of_states = cause && cause->signature.is_of_states();
  const Mismatch& seen = of_states ? *cause : mismatch;
  // What a call that fails leaves has nothing to do with why it fails.
  const bool left = seen.operation < program.operations.size() && seen.closing.empty() &&
                    (of_states || seen.signature.kind == Kind::size);
  const bool failed =
      left && (!cause || cause->operation == seen.operation) && lockstep.steps()[0].result < 0;
  const auto part_of = [&](Signature& signature) {
    std::string part = part_of_name(signature, failing);
    // A pin that fails unpins what it has pinned, and the marks stay (R9).
    if (failed && signature.verb == Verb::pin && signature.kind == Kind::missing_marks) {
      signature.verb = Verb::unpin;
      return is_of_world(part) ? part : std::string(name(Verb::pin));
    }
    return failed && !is_of_unpinning(signature, part) ? std::string(kFailed) : part;
  };
  up_to(seen);
  if (!of_states) {
    Signature signature = mismatch.signature;
    signature.place = mismatch.where;
    std::string part = part_of(signature);
    return {named_with(signature, part), std::nullopt, std::move(part)};
  }
  // Which errno the operation returned is chance; where in a mapping it went wrong says nothing
  // of a mark that was never made.
  Signature signature = without_chance(*cause, program);
  std::string part = part_of(signature);
  if (is_shown_by_query(mismatch.signature)) {
    if (signature.kind == Kind::missing_marks) signature.kind = Kind::missing_dirty;
    if (signature.kind == Kind::extra_marks) signature.kind = Kind::extra_dirty;
  }
  if (cause->operation >= mismatch.operation) cause.reset();
  return {named_with(signature, part), std::move(cause), std::move(part)};
}

std::string cause_line(const std::optional<Mismatch>& cause, const Program& program) {
  if (!cause) return {};
  return "cause     step " + std::to_string(cause->operation + 1) + ": " +
         print(program.operations[cause->operation]) + " (" +
         std::string(word(cause->signature.kind)) + ")\n";
}

}  // namespace tidemark
