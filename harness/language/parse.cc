// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <algorithm>
#include <utility>

#include "expectation_text.h"
#include "program_text.h"
#include "text.h"
#include "tokens.h"
#include "vocabulary.h"

namespace tidemark {
namespace {

using namespace words;
using std::string;
using std::string_view;

bool read_quantity(Line& line, const char* what, Quantity& quantity) {
  return line.take_if(scan_quantity(line.word(), false, quantity),
                      string(what) + " such as m0.end+1p-8");
}

// "d0" or "g0" as the verb wants.
bool read_id(Line& line, const VerbFields& fields, Operation& operation) {
  string_view word = line.word();
  bool good = false;
  if (fields.device && skip(word, "d")) {
    good = digit_below(word, kDevices, operation.id);
  } else if (fields.group && skip(word, "g")) {
    good = digit_below(word, kGroups, operation.id);
    if (fields.device) operation.flags |= kHardware;
  }
  return line.take_if(good, !fields.group   ? "a device d0 to d3"
                            : fields.device ? "a device d0 to d3 or a group g0 to g3"
                                            : "a group g0 to g3");
}

// "p0".
bool scan_process(string_view word, Operation& operation) {
  return skip(word, "p") && digit_below(word, kProcesses, operation.process);
}

bool read_process(Line& line, Operation& operation) {
  return line.take_if(scan_process(line.word(), operation), "a process p0 to p3");
}

bool read_number(Line& line, Operation& operation) {
  const Verb verb = operation.verb;
  if (verb == Verb::memlock && line.word() == "unlimited") {
    operation.number = kUnlimited;
    return line.take_if(true, "");
  }
  const std::uint64_t max = counts_locked(verb)   ? kUnlimited
                            : verb == Verb::ioctl ? kMax32
                                                  : kMax64;
  return line.take_if(whole_number(line.word(), max, operation.number, operation.number_written),
                      number_up_to(max));
}

bool read_rights(Line& line, Operation& operation) {
  const std::size_t rights = find_word(kRightsNames, line.word());
  if (rights < kRightsNames.size()) operation.flags |= static_cast<std::uint16_t>(rights);
  return line.take_if(rights < kRightsNames.size(), "rights (rw, r, w or none)");
}

bool read_positional(Line& line, const VerbFields& fields, Operation& operation) {
  return (!(fields.device || fields.group) || read_id(line, fields, operation)) &&
         (!fields.process || read_process(line, operation)) &&
         (!fields.address || read_quantity(line, "an address", operation.address)) &&
         (!fields.size || read_quantity(line, "a size", operation.size)) &&
         (!fields.number || read_number(line, operation)) &&
         (!has_rights(fields) || read_rights(line, operation));
}

Taken read_flag(Line& line, const VerbFields& fields, Operation& operation) {
  for (const FlagWord& flag : kFlagWords) {
    if ((fields.flags & flag.flag) == 0 || line.word() != flag.word) continue;
    const bool first = (operation.flags & flag.flag) == 0;
    operation.flags |= flag.flag;
    return taken(line.take_if(first, "each option once"));
  }
  return Taken::no;
}

Taken read_vaddr(Line& line, const VerbFields& fields, Operation& operation, bool& seen) {
  string_view word = line.word();
  if (!fields.vaddr || !skip(word, "vaddr=")) return Taken::no;
  if (seen) return taken(line.fail("each option once"));
  seen = true;
  return taken(line.take_if(scan_quantity(word, true, operation.vaddr),
                            "a user address such as vaddr=m0 or vaddr=fresh+1"));
}

Taken read_by(Line& line, const VerbFields& fields, Operation& operation, bool& seen) {
  string_view word = line.word();
  if (!fields.by || !skip(word, "by=")) return Taken::no;
  if (seen) return taken(line.fail("each option once"));
  seen = true;
  const bool kernel = fields.kernel_thread && word == kKernelName;
  if (kernel) operation.process = kKernelThread;
  return taken(
      line.take_if(kernel || scan_process(word, operation),
                   fields.kernel_thread ? "by=p0 to by=p3 or by=kernel" : "by=p0 to by=p3"));
}

Taken read_kind(Line& line, Operation& operation, bool& seen) {
  string_view word = line.word();
  const bool hardware = skip(word, "hardware=");
  if (operation.verb != Verb::attach || (!hardware && word != "emulated")) return Taken::no;
  if (seen) return taken(line.fail("each option once"));
  seen = true;
  if (hardware) operation.flags |= kHardware;
  const bool good =
      !hardware || whole_number(word, kMaxHardware, operation.hardware, operation.hardware_written);
  return taken(line.take_if(good, "hardware= and " + number_up_to(kMaxHardware)));
}

// What its hardware has otherwise than the kind.
Taken read_own_hardware(Line& line, Operation& operation) {
  if (operation.verb != Verb::attach) return Taken::no;
  for (std::size_t i = 0; i < kOwnNames.size(); ++i) {
    string_view word = line.word();
    if (!skip(word, kOwnNames[i])) continue;
    if (says(operation.own, i)) return taken(line.fail("each option once"));
    const string expected = read_own(i, word, operation.own);
    return taken(line.take_if(expected.empty(), expected));
  }
  return Taken::no;
}

// Which of `names` that `mask` allows begins `word`; it is skipped. 0: none.
template <typename Names>
std::size_t skip_name(string_view& word, const Names& names, unsigned mask) {
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (has(mask, i) && skip(word, names[i])) return i;
  }
  return 0;
}

// `added` comes in where there is room, so that the two are in the order of the enum.
template <typename Option, typename Enum>
void put_in_order(Option added, Enum Option::*kind, Option& first, Option& other) {
  if (first.*kind == Enum::none || added.*kind < first.*kind) std::swap(added, first);
  if (added.*kind != Enum::none) other = added;
}

Taken read_bend(Line& line, const VerbFields& fields, Operation& operation) {
  string_view word = line.word();
  const std::size_t field = skip_name(word, kBendNames, fields.bends);
  if (field == 0) return Taken::no;
  Bend bend{static_cast<Field>(field)};
  if (operation.bent(bend.field)) return taken(line.fail("each option once"));
  if (operation.other_bend.field != Field::none) return taken(line.fail("at most two bent fields"));
  const std::uint64_t max = bend.field <= Field::flags ? kMax32 : kMax64;
  if (!line.take_if(whole_number(word, max, bend.value, bend.written),
                    string(kBendNames[field]) + " and " + number_up_to(max)))
    return Taken::failed;
  put_in_order(bend, &Bend::field, operation.bend, operation.other_bend);
  return Taken::yes;
}

Taken read_fault(Line& line, const VerbFields& fields, Operation& operation) {
  string_view word = line.word();
  const std::size_t kind = skip_name(word, kFaultNames, fields.faults);
  if (kind == 0) return Taken::no;
  Fault fault{static_cast<FaultKind>(kind)};
  if (operation.has_fault(fault.kind)) return taken(line.fail("each option once"));
  if (operation.other_fault.kind != FaultKind::none) return taken(line.fail("at most two faults"));
  if (!line.take_if(whole_number(word, kMax16, fault.index, fault.written),
                    string(kFaultNames[kind]) + " and " + number_up_to(kMax16)))
    return Taken::failed;
  put_in_order(fault, &Fault::kind, operation.fault, operation.other_fault);
  return Taken::yes;
}

// "an option of map (vaddr= argsz= ...)"
string options_of(Verb verb) {
  const VerbFields& fields = fields_of(verb);
  string list;
  for (const FlagWord& flag : kFlagWords) {
    if ((fields.flags & flag.flag) != 0) list += string(flag.word) + ' ';
  }
  if (verb == Verb::attach) {
    list += "emulated hardware= ";
    for (const string_view own : kOwnNames) list += string(own) + ' ';
  }
  if (fields.vaddr) list += "vaddr= ";
  if (fields.by) list += "by= ";
  for (std::size_t i = 1; i < kBendNames.size(); ++i) {
    if (has(fields.bends, i)) list += string(kBendNames[i]) + ' ';
  }
  for (std::size_t i = 1; i < kFaultNames.size(); ++i) {
    if (has(fields.faults, i)) list += string(kFaultNames[i]) + ' ';
  }
  if (list.empty()) return "the end of '" + string(name(verb)) + "' or =>";
  list.pop_back();
  return "an option of '" + string(name(verb)) + "' (" + list + ") or =>";
}

bool read_options(Line& line, const VerbFields& fields, Operation& operation) {
  bool vaddr = false;
  bool kind = false;
  bool by = false;
  if (fields.vaddr) operation.vaddr.base = Base::fresh;
  while (!line.end() && line.word() != "=>") {
    Taken result = read_flag(line, fields, operation);
    if (result == Taken::no) result = read_vaddr(line, fields, operation, vaddr);
    if (result == Taken::no) result = read_by(line, fields, operation, by);
    if (result == Taken::no) result = read_kind(line, operation, kind);
    if (result == Taken::no) result = read_own_hardware(line, operation);
    if (result == Taken::no) result = read_bend(line, fields, operation);
    if (result == Taken::no) result = read_fault(line, fields, operation);
    if (result == Taken::no) return line.fail(options_of(operation.verb));
    if (result == Taken::failed) return false;
  }
  if (operation.verb == Verb::attach && !kind) return line.fail("emulated or hardware=");
  if (operation.own != OwnHardware() && (operation.flags & kHardware) == 0)
    return line.fail_with("an emulated group has no hardware to say" + print(operation.own) +
                          " of");
  return true;
}

// "window d0:", if it is there.
bool read_window(Line& line, Operation& operation) {
  if (line.take("window")) {
    operation.when = When::next_callback;
  } else if (line.take("each-window")) {
    operation.when = When::every_callback;
  } else {
    return true;
  }
  string_view word = line.word();
  const bool good = skip(word, "d") && !word.empty() && word.back() == ':' &&
                    digit_below(word.substr(0, word.size() - 1), kDevices, operation.window_device);
  return line.take_if(good, "the window's device d0: to d3:");
}

// Its number, or kVerbs.
std::size_t verb_called(string_view word) {
  std::size_t verb = 0;
  while (verb < kVerbs && word != name(static_cast<Verb>(verb))) ++verb;
  return verb;
}

// Fails, with the verb that was most likely meant.
bool no_operation(Line& line) {
  constexpr std::size_t kMostEdits = 2, kLongestWord = 20;
  const string_view word = line.word().substr(0, kLongestWord);
  std::size_t least = std::min(kMostEdits + 1, (word.size() + 1) / 2);
  string_view meant;
  for (std::size_t verb = 0; verb < kVerbs; ++verb) {
    const string_view candidate = name(static_cast<Verb>(verb));
    const std::size_t edits = edits_between(word, candidate);
    if (edits < least) meant = candidate, least = edits;
  }
  line.fail("an operation (map, query, ...)");
  return meant.empty() ? false : line.fail_with(line.error() + "; is it " + string(meant) + "?");
}

bool read_operation(Line& line, Operation& operation) {
  if (!read_window(line, operation)) return false;
  const std::size_t verb = verb_called(line.word());
  if (verb == kVerbs) return no_operation(line);
  line.take();
  operation.verb = static_cast<Verb>(verb);
  const VerbFields& fields = fields_of(operation.verb);
  return read_positional(line, fields, operation) && read_options(line, fields, operation);
}

Taken read_setting(Line& line, Setup& setup) {
  string_view word = line.word();
  if (skip(word, "rule=")) {
    const std::size_t rule = find_word(kRuleNames, word);
    setup.rule = static_cast<RangeRule>(rule);
    return taken(line.take_if(rule < kRuleNames.size(), "rule=exact, rule=whole or rule=any"));
  }
  if (skip(word, "store=")) {
    const std::size_t store = find_word(kStoreNames, word);
    setup.store = static_cast<StoreKind>(store);
    return taken(
        line.take_if(store < kStoreNames.size(), "store=bitmap, sparse, ranges or pinned"));
  }
  if (skip(word, "entries=")) {
    return taken(line.take_if(whole_number(word, kMax32, setup.entries, setup.entries_written),
                              "entries= and " + number_up_to(kMax32)));
  }
  if (skip(word, "room=")) {
    return taken(line.take_if(
        whole_number(word, kBitmapWordsMax, setup.bitmap_words, setup.bitmap_words_written),
        "room= and " + number_up_to(kBitmapWordsMax)));
  }
  if (!skip(word, "memlock=")) return Taken::no;
  const bool unlimited = word == "unlimited";
  if (unlimited) setup.memlock_pages = kUnlimited;
  const bool good =
      unlimited || whole_number(word, kUnlimited, setup.memlock_pages, setup.memlock_written);
  return taken(line.take_if(good, "memlock=unlimited or memlock= and " + number_up_to(kUnlimited)));
}

// What stands behind "container".
bool read_setup(Line& line, Setup& setup) {
  const std::size_t type = find_word(kTypeNames, line.word());
  if (!line.take_if(type < kTypeNames.size(), "v1 or v2")) return false;
  setup.type = static_cast<ContainerType>(type);
  while (!line.end()) {
    const Taken result = read_setting(line, setup);
    if (result == Taken::failed) return false;
    if (result == Taken::no) return line.fail("rule=, entries=, memlock=, room= or store=");
  }
  return true;
}

// A program, line by line.
class Reader {
 public:
  // False if the line is wrong, and why in error().
  bool read(string_view text) {
    if (text.size() > kMaxLineBytes) {
      return fail("a line has at most " + decimal(kMaxLineBytes) + " bytes");
    }
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 && c != '\t' && c != '\r') return fail("control byte " + hex(byte));
    }
    Line line(text);
    if (line.end()) return true;
    const bool good = line.word() == "container" ? read_container(line) : read_step(line);
    started_ = true;
    return good || fail(line.error());
  }

  const string& error() const { return error_; }

  Program finish() {
    if (!expects_) program_.expectations.clear();
    return std::move(program_);
  }

 private:
  bool fail(string message) {
    error_ = std::move(message);
    return false;
  }

  bool read_container(Line& line) {
    if (started_) return line.fail_with("the container line comes first and once");
    line.take();
    return read_setup(line, program_.setup);
  }

  bool read_step(Line& line) {
    if (program_.operations.size() == kMaxTextOperations) {
      return line.fail_with("a program has at most " + decimal(kMaxTextOperations) + " operations");
    }
    Operation& operation = program_.operations.emplace_back();
    if (!read_operation(line, operation)) return false;
    Expectation& expectation = program_.expectations.emplace_back();
    if (!line.take("=>")) return true;
    expects_ = true;
    if (!read_expectation(line, operation, expectation)) return false;
    if (expectation.words) words_ += expectation.words->size();
    return words_ <= kMaxTextWords ||
           line.fail_with("a program has at most " + decimal(kMaxTextWords) + " words");
  }

  Program program_;
  std::size_t words_ = 0;
  bool started_ = false;
  bool expects_ = false;
  string error_;
};

}  // namespace

std::variant<Program, ParseError> parse(string_view text) {
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const string_view line = text.substr(0, text.find('\n'));
    if (!reader.read(line)) return ParseError{number, reader.error()};
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return reader.finish();
}

}  // namespace tidemark
