// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "signature.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "errno_names.h"
#include "program_text.h"
#include "scan.h"

namespace tidemark {
namespace {

// In the order of the enums; of one that is missing the compiler says so.
constexpr auto kKindWords = std::to_array<std::string_view>({
    "",
    "result",
    "output",
    "stored-words",
    "callbacks",
    "argument",
    "outside",
    "missing-dirty",
    "extra-dirty",
    "size",
    "expectation.tracker",
    "expectation.reference",
    "expectation.no-window",
    "missing-marks",
    "extra-marks",
    "mappings",
    "pins",
    "memory",
    "pinned-memory",
    "iommu",
    "lockstep.release.leak",
    "migration.lost-page",
    "precision.reported-again",
    "hang",
    "died",
    "out-of-memory",
    "AddressSanitizer",
    "UndefinedBehaviorSanitizer",
    "warn",
    "bug",
    "deadlock",
    "foreseen",
    "no-lock",
    "lets-go",
    "keeps-lock",
    "outside-lock",
    "too-much-memory",
    "too-many-steps",
});
constexpr auto kPlaceWords =
    std::to_array<std::string_view>({"", "first", "last", "word-edge", "tail", "inside", "beyond"});
static_assert(kKindWords.size() == kKinds && kPlaceWords.size() == kPlaces);
static_assert(kKinds == static_cast<std::size_t>(Kind::named));
constexpr std::string_view kAtomicity = "atomicity.", kCost = "cost.";
constexpr std::string_view kInstead = "-instead-of-";

bool is_between(Kind kind, Kind first, Kind last) { return first <= kind && kind <= last; }
bool is_of_lockstep(Kind kind) { return is_between(kind, Kind::result, Kind::iommu); }
bool is_of_sanitizer(Kind kind) { return is_between(kind, Kind::address, Kind::undefined); }
bool is_of_kernel(Kind kind) { return is_between(kind, Kind::warn, Kind::foreseen); }
bool is_of_locks(Kind kind) { return is_between(kind, Kind::no_lock, Kind::outside_lock); }
bool is_of_cost(Kind kind) { return is_between(kind, Kind::too_much_memory, Kind::too_many_steps); }
bool is_whole(Kind kind) { return is_between(kind, Kind::leak, Kind::out_of_memory); }

// "success", "EINVAL".
std::string result_word(std::int64_t result) {
  return result >= 0 ? "success" : result_text(result).substr(1);
}

std::string operation_part(const Signature& s) {
  if (s.moment == Moment::marking) return "marking.";
  if (s.moment == Moment::unpinning) return "unpinning.";
  if (!s.verb) return "state.";
  const std::string verb(name(*s.verb));
  if (s.moment == Moment::window) return "unmap.window." + verb + ".";
  if (s.moment == Moment::call) return verb + ".";
  return "after-" + verb + (s.actual ? result_text(*s.actual) : "") + ".";
}

std::string kind_part(const Signature& s) {
  if (s.kind == Kind::result && !s.actual) return "not-" + result_word(s.expected);
  std::string text(word(s.kind));
  if (s.kind == Kind::result)
    text += "." + result_word(*s.actual) + std::string(kInstead) + result_word(s.expected);
  if (s.total) text += "." + std::string(name(*s.total));
  return text;
}

// What is left of a text that is taken apart from its beginning.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_(text) {}

  bool empty() const { return text_.empty(); }
  bool take(std::string_view part) { return skip(text_, part); }
  // Up to the next `end`, which goes as well, or all.
  std::string_view take_until(std::string_view end) {
    const auto at = text_.find(end);
    const std::string_view part = text_.substr(0, at);
    text_.remove_prefix(at == std::string_view::npos ? text_.size() : at + end.size());
    return part;
  }
  std::string take_all() { return std::string(take_until("\n")); }

 private:
  std::string_view text_;
};

template <class Enum, class Words>
std::optional<Enum> find(const Words& words, std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end() || word.empty()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

// Of the first `count` values, the one with this name.
template <class Enum>
std::optional<Enum> named_as(std::string_view word, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (word == name(static_cast<Enum>(i))) return static_cast<Enum>(i);
  return std::nullopt;
}

std::optional<std::int64_t> result_of(std::string_view word) {
  if (word == "success") return 0;
  if (const int error = errno_called(word)) return -error;
  std::int64_t number = 0;
  const auto end = std::from_chars(word.data(), word.data() + word.size(), number);
  if (end.ec != std::errc() || end.ptr != word.data() + word.size() || number <= 0)
    return std::nullopt;
  return -number;
}

bool take_after(Rest& rest, Signature& s) {
  Rest word(rest.take_until("."));
  s.verb = named_as<Verb>(word.take_until("-"), kVerbs);
  s.moment = Moment::after;
  if (!word.empty()) s.actual = result_of(word.take_all());
  return s.verb.has_value();
}

bool take_operation(Rest& rest, Signature& s) {
  if (rest.take("state.")) return true;
  for (const auto& [word, moment] :
       {std::pair("marking.", Moment::marking), std::pair("unpinning.", Moment::unpinning)}) {
    if (!rest.take(word)) continue;
    s.moment = moment;
    return true;
  }
  if (rest.take("after-")) return take_after(rest, s);
  if (rest.take("unmap.window.")) s.moment = Moment::window;
  s.verb = named_as<Verb>(rest.take_until("."), kVerbs);
  return s.verb.has_value();
}

bool take_result(Rest& rest, Signature& s) {
  s.kind = Kind::result;
  if (!rest.take("not-")) {
    Rest word(rest.take_until("."));
    s.actual = result_of(word.take_until(kInstead));
    const auto expected = result_of(word.take_all());
    s.expected = expected.value_or(0);
    return s.actual && expected;
  }
  const auto expected = result_of(rest.take_until("."));
  s.expected = expected.value_or(0);
  return expected.has_value();
}

bool take_kind(Rest& rest, Signature& s) {
  const bool of_states = !s.verb || s.moment == Moment::after;
  if (!of_states && (rest.take("result.") || Rest(rest).take("not-"))) return take_result(rest, s);
  std::string word(rest.take_until("."));
  if (word == "expectation") word += "." + std::string(rest.take_until("."));
  const auto kind = find<Kind>(kKindWords, word);
  if (!kind || !is_of_lockstep(*kind) || kind == Kind::result) return false;
  s.kind = *kind;
  if (s.kind != Kind::size) return true;
  Rest field = rest;
  if (const auto found = named_as<Total>(field.take_until("."), kTotals)) {
    s.total = found;
    rest = field;
  }
  return true;
}

bool take_place(Rest& rest, Signature& s) {
  if (rest.empty()) return true;
  const auto place = find<Place>(kPlaceWords, rest.take_until("."));
  s.place = place.value_or(Place::none);
  return place && rest.empty();
}

std::optional<Signature> lockstep_signature(std::string_view text) {
  Rest rest(text);
  Signature s;
  s.closing = rest.take("closing.");
  const bool taken = rest.take("lockstep.") && take_operation(rest, s) && take_kind(rest, s) &&
                     take_place(rest, s);
  return taken ? std::optional(s) : std::nullopt;
}

std::optional<Signature> sanitizer_signature(std::string_view text) {
  Rest rest(text);
  Signature s;
  s.kind = find<Kind>(kKindWords, rest.take_until(".")).value_or(Kind::none);
  s.what = rest.take_until(".");
  s.function = rest.take_all();
  const bool may_have_what = is_of_sanitizer(s.kind) || s.kind == Kind::died;
  return may_have_what && !s.what.empty() ? std::optional(s) : std::nullopt;
}

std::optional<Signature> kernel_signature(std::string_view text) {
  Rest rest(text);
  Signature s;
  s.what = rest.take_until(".");
  s.kind = find<Kind>(kKindWords, rest.take_until(".")).value_or(Kind::none);
  s.function = rest.take_all();
  return is_of_kernel(s.kind) && !s.function.empty() ? std::optional(s) : std::nullopt;
}

// Of atomicity or of costs.
std::optional<Signature> entry_signature(std::string_view text) {
  Rest rest(text);
  Signature s;
  const bool of_locks = rest.take(kAtomicity);
  if (!of_locks && !rest.take(kCost)) return std::nullopt;
  s.what = rest.take_until(".");
  s.kind = find<Kind>(kKindWords, rest.take_all()).value_or(Kind::none);
  const bool fits = of_locks ? is_of_locks(s.kind) : is_of_cost(s.kind);
  return fits && !s.what.empty() ? std::optional(s) : std::nullopt;
}

}  // namespace

std::string_view name(Oracle oracle) { return kOracleNames[static_cast<std::size_t>(oracle)]; }

std::string_view word(Kind kind) {
  return kind == Kind::named ? "" : kKindWords[static_cast<std::size_t>(kind)];
}

bool Signature::is_of_states() const { return is_of_lockstep(kind) && !verb; }

Oracle Signature::oracle() const {
  if (kind == Kind::hang) return Oracle::hang;
  if (kind == Kind::lost_page) return Oracle::migration;
  if (kind == Kind::reported_again) return Oracle::precision;
  if (kind == Kind::leak) return Oracle::leak;
  if (is_of_locks(kind)) return Oracle::atomicity;
  if (is_of_cost(kind)) return Oracle::cost;
  if (!is_of_lockstep(kind)) return Oracle::sanitizer;
  if (kind == Kind::result) return Oracle::result;
  if (kind == Kind::callbacks) return Oracle::callbacks;
  const bool of_state = kind == Kind::size || !verb || moment == Moment::after;
  return of_state ? Oracle::state : Oracle::bytes;
}

std::string print(const Signature& s) {
  const std::string function = s.function.empty() ? "" : "." + s.function;
  std::string kind(word(s.kind));
  if (s.kind == Kind::named) return s.what;
  if (is_of_sanitizer(s.kind) || (s.kind == Kind::died && !s.what.empty()))
    return kind + "." + s.what + function;
  if (is_of_kernel(s.kind)) return s.what + "." + kind + function;
  if (is_of_locks(s.kind)) return std::string(kAtomicity) + s.what + "." + kind;
  if (is_of_cost(s.kind)) return std::string(kCost) + s.what + "." + kind;
  if (!is_of_lockstep(s.kind)) return kind;
  const std::string_view place = kPlaceWords[static_cast<std::size_t>(s.place)];
  return (s.closing ? "closing.lockstep." : "lockstep.") + operation_part(s) + kind_part(s) +
         (place.empty() ? "" : "." + std::string(place));
}

Signature parse_signature(std::string_view text) {
  for (const auto parse :
       {lockstep_signature, sanitizer_signature, kernel_signature, entry_signature}) {
    const auto found = parse(text);
    if (found && print(*found) == text) return *found;
  }
  const auto kind = find<Kind>(kKindWords, text);
  if (kind && is_whole(*kind)) return {.kind = *kind};
  return text.empty() ? Signature() : named(text);
}

Signature returned(Verb verb, std::int64_t actual, std::int64_t expected) {
  Signature result = {.kind = Kind::result, .verb = verb};
  result.actual = std::min<std::int64_t>(actual, 0);
  result.expected = std::min<std::int64_t>(expected, 0);
  return result;
}

Signature named(std::string_view what) { return {.kind = Kind::named, .what = std::string(what)}; }

}  // namespace tidemark
