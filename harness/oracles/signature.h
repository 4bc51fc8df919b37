// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a failing program's run has in common with those of the same bug: its signature,
// a value. Printed and parsed here alone.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "program.h"

namespace tidemark {

// Who can see that something is wrong.
enum class Oracle : std::uint8_t {
  result,     // return codes
  bytes,      // of the argument and of the bitmap
  callbacks,  // which devices are asked for which ranges, and what they do then
  state,      // sizes after each operation, whole states at intervals
  atomicity,  // what each call does with the container's lock
  precision,  // pages that nobody could have written are not reported again
  cost,       // memory that calls ask for, and steps that they take
  migration,  // the memory that a migration would have copied
  leak,       // what is left after release
  sanitizer,  // memory errors and undefined behaviour; also whatever else ends a process
  hang,       // no end
};
inline constexpr std::array<std::string_view, 11> kOracleNames = {
    "result", "bytes",     "callbacks", "state",     "atomicity", "precision",
    "cost",   "migration", "leak",      "sanitizer", "hang"};
std::string_view name(Oracle oracle);

// In what the subject is wrong.
enum class Kind : std::uint8_t {
  none,  // in nothing
  // What an operation did.
  result,  // it returned `actual` instead of `expected`
  output,
  stored_words,
  callbacks,
  argument,
  outside,  // it stored words that do not belong to the range
  missing_dirty,
  extra_dirty,
  size,                   // of the state, in `total`
  tracker_expectation,    // not what the program itself expects,
  reference_expectation,  // nor does the reference
  no_window,              // the program expects something of a window that never comes
  // The state that it left.
  missing_marks,
  extra_marks,
  mappings,
  pins,
  memory,
  pinned_memory,
  iommu,
  // What came of all of them.
  leak,
  lost_page,
  reported_again,  // a page that nobody could have written since it was reported
  // What ended the process; `what` a sanitizer calls it ("abort" or "exit" where it died of
  // that), and the function that did it, if it is known.
  hang,
  died,
  out_of_memory,
  address,
  undefined,
  // What a kernel says of itself, which `what` names, in which function.
  warn,
  bug,
  deadlock,
  foreseen,
  // How a call, or a look into the container, which `what` names, was not atomic.
  no_lock,       // it took the lock too seldom,
  lets_go,       // too often,
  keeps_lock,    // did not give it back,
  outside_lock,  // or did without it what wants it
  // Of what a call, which `what` names, cost too much.
  too_much_memory,
  too_many_steps,
  // Whatever has only a name, `what`: a check that failed, a difference that is known.
  named,
};
inline constexpr std::size_t kKinds = 38;  // but for the last, which has no word
// "result", "stored-words", ...
std::string_view word(Kind kind);

// Where in a bitmap of more than a word; beyond its last page in any.
enum class Place : std::uint8_t { none, first, last, word_edge, tail, inside, beyond };
inline constexpr std::size_t kPlaces = 7;

// When it is that an operation is wrong.
enum class Moment : std::uint8_t {
  call,
  window,  // it ran in the window of an unmap
  after,   // nothing is wrong with it but the state that it left
  // The same of one of several that do the same to marks; which of them is chance, and `verb`
  // empty.
  marking,    // pin, write, dma
  unpinning,  // unpin, unmap, detach
};

// A value without addresses, indices or counts. Fields that do not go with the kind stay
// at their defaults.
struct Signature {
  Kind kind = Kind::none;
  std::optional<Verb> verb = {};  // none: whole states that differ, or no operation
  Moment moment = Moment::call;
  bool closing = false;  // one of the operations that end a migration showed it
  // Of results: 0 for success of any kind, else -errno. Without `actual` it is any that is
  // not as expected. With Moment::after, what an operation that failed returned.
  std::optional<std::int64_t> actual = {};
  std::int64_t expected = 0;
  std::optional<Total> total = {};  // with Kind::size; none: any
  Place place = Place::none;
  std::string what = {}, function = {};

  auto operator<=>(const Signature&) const = default;
  bool operator==(const Signature&) const = default;
  explicit operator bool() const { return kind != Kind::none; }

  Oracle oracle() const;
  // Whole states differ, and which operation is to blame is not said.
  bool is_of_states() const;
};

// "lockstep.query.missing-dirty", "lockstep.unmap.window.pin.result.EBUSY-instead-of-success",
// "lockstep.after-query-EINVAL.missing-dirty.word-edge", "migration.lost-page",
// "AddressSanitizer.SEGV.mapping_find", "hang"; empty for none. On one line, as long as
// `what` and `function` are.
std::string print(const Signature& signature);
// parse_signature(print(s)) == s, unless s is named like one of another kind; and the other
// way round for any text: one that no other kind has is a name.
Signature parse_signature(std::string_view text);

// Of calls that returned another result than they should: -errno, or what succeeded.
Signature returned(Verb verb, std::int64_t actual, std::int64_t expected);
// What has only a name.
Signature named(std::string_view what);

}  // namespace tidemark
