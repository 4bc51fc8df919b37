// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <charconv>

#include "errno_names.h"
#include "program_text.h"
#include "text.h"
#include "vocabulary.h"

namespace tidemark {

using std::string;
using std::string_view;

namespace {

using namespace words;

string base_name(const Quantity& quantity) {
  string mapping = "m" + decimal(unsigned{quantity.index});
  switch (quantity.base) {
    case Base::zero:
      return "";
    case Base::mapping:
      return mapping;
    case Base::mapping_end:
      return mapping + ".end";
    case Base::mapping_size:
      return mapping + ".size";
    case Base::middle:
      return "2^63";
    case Base::top:
      return "2^64";
    case Base::fresh:
      return "fresh";
  }
  return "";
}

// With its sign.
string print_bytes(const Quantity& quantity) {
  const auto value = static_cast<std::uint64_t>(quantity.bytes);
  if (quantity.written == Quantity::Written::decimal) return decimal(quantity.bytes);
  const bool minus = quantity.written == Quantity::Written::minus_hex && quantity.bytes < 0;
  return minus ? "-" + hex(0 - value) : hex(value);
}

// `nothing` is how zero is written where it stands.
string print_quantity(const Quantity& quantity, const char* nothing) {
  string text = base_name(quantity);
  if (quantity.pages != 0) {
    if (quantity.pages > 0 && !text.empty()) text += '+';
    text += decimal(quantity.pages) + 'p';
  }
  if (quantity.bytes != 0) {
    const string bytes = print_bytes(quantity);
    if (bytes[0] != '-' && !text.empty()) text += '+';
    text += bytes;
  }
  return text.empty() ? nothing : text;
}

string print_number(Verb verb, std::uint64_t number) {
  if (verb == Verb::memlock && number == kUnlimited) return "unlimited";
  return verb == Verb::ioctl ? hex(number) : decimal(number);
}

string print_process(std::uint8_t process) {
  return process == kKernelThread ? string(kKernelName) : "p" + decimal(unsigned{process});
}

void print_positional(const Operation& operation, const VerbFields& fields, string& line) {
  const bool all = (operation.flags & kAll) != 0;
  if (fields.device || fields.group) {
    const bool group = fields.group && (!fields.device || (operation.flags & kHardware) != 0);
    line += (group ? " g" : " d") + decimal(unsigned{operation.id});
  }
  if (fields.process) line += ' ' + print_process(operation.process);
  if (fields.address) line += ' ' + print_quantity(operation.address, all ? "0" : "0p");
  if (fields.size) {
    const bool bytes = all || is_transfer(operation.verb);
    line += ' ' + print_quantity(operation.size, bytes ? "0" : "0p");
  }
  if (fields.number) line += ' ' + print_number(operation.verb, operation.number);
  if (has_rights(fields)) line += ' ' + string(kRightsNames[operation.flags & kRights]);
}

void print_options(const Operation& operation, const VerbFields& fields, string& line) {
  for (const FlagWord& flag : kFlagWords) {
    if ((operation.flags & fields.flags & flag.flag) != 0) line += ' ' + string(flag.word);
  }
  if (operation.verb == Verb::attach) {
    const bool hardware = (operation.flags & kHardware) != 0;
    line += hardware ? " hardware=" + decimal(unsigned{operation.hardware}) + print(operation.own)
                     : " emulated";
  }
  if (fields.vaddr && operation.vaddr != Quantity{Base::fresh, 0, 0, 0}) {
    line += " vaddr=" + print_quantity(operation.vaddr, "0p");
  }
  if (fields.by && operation.process) line += " by=" + print_process(operation.process);
  for (const Bend& bend : {operation.bend, operation.other_bend}) {
    if (!has(fields.bends, at(bend.field))) continue;
    line += ' ' + string(kBendNames[at(bend.field)]);
    line += bend.field >= Field::bitmap_pointer ? hex(bend.value) : decimal(bend.value);
  }
  for (const Fault& fault : {operation.fault, operation.other_fault}) {
    if (!has(fields.faults, at(fault.kind))) continue;
    line += ' ' + string(kFaultNames[at(fault.kind)]) + decimal(unsigned{fault.index});
  }
}

string print_result(std::int64_t result) {
  for (const ErrorName& error : kErrorNames) {
    if (result == -error.number) return "-" + string(error.name);
  }
  return decimal(result);
}

// "0x1000-0x2fff,0x5000-0x5fff"; "none" for none.
string print_pairs(const Expectation::Pairs& pairs, char between) {
  string text;
  for (const auto& [first, second] : pairs)
    text += ',' + hex(first) + between + (between == '-' ? hex(second) : decimal(second));
  return text.empty() ? "none" : text.substr(1);
}

string print_callbacks(const std::vector<CallbackMade>& callbacks) {
  string text;
  for (const CallbackMade& made : callbacks) text += ',' + print(made);
  return text.empty() ? "none" : text.substr(1);
}

string print_state(const Expectation& expectation) {
  string line;
  for (std::size_t i = 0; i < kTotals; ++i) {
    if (!expectation.totals[i]) continue;
    const bool sizes = i == at(Total::page_sizes);
    line += ' ' + string(kTotalNames[i]) + '=';
    line += sizes ? hex(*expectation.totals[i]) : decimal(*expectation.totals[i]);
  }
  if (expectation.marks) line += " marks=" + print_pairs(*expectation.marks, '-');
  if (expectation.pins) line += " pins=" + print_pairs(*expectation.pins, ':');
  if (expectation.callbacks) line += " callbacks=" + print_callbacks(*expectation.callbacks);
  return line;
}

string print_setup(const Setup& setup) {
  const Setup usual;
  string line = "container " + string(kTypeNames[at(setup.type)]);
  if (setup.rule != usual.rule) line += " rule=" + string(kRuleNames[at(setup.rule)]);
  if (setup.entries != usual.entries) line += " entries=" + decimal(setup.entries);
  if (setup.memlock_pages != usual.memlock_pages) {
    line += " memlock=" + decimal(setup.memlock_pages);
  }
  if (setup.bitmap_words != usual.bitmap_words) line += " room=" + decimal(setup.bitmap_words);
  return line;
}

}  // namespace

string_view name(Verb verb) { return kVerbNames[at(verb)]; }

string_view name(Total total) { return kTotalNames[at(total)]; }

string print(const Operation& operation) {
  const VerbFields& fields = fields_of(operation.verb);
  string line;
  if (operation.when != When::now) {
    line = operation.when == When::next_callback ? "window d" : "each-window d";
    line += decimal(unsigned{operation.window_device}) + ": ";
  }
  line += name(operation.verb);
  print_positional(operation, fields, line);
  print_options(operation, fields, line);
  return line;
}

string print(const CallbackMade& made) {
  return "d" + decimal(made.device) + ':' + hex(made.first) + '-' + hex(made.last);
}

string print(const WordRun& run) {
  return decimal(run.first) + (run.last == run.first ? "" : '-' + decimal(run.last)) + ':' +
         hex(run.word);
}

string print(const Expectation& expectation) {
  string line;
  if (expectation.result) line += ' ' + print_result(*expectation.result);
  if (expectation.size) line += " size=" + hex(*expectation.size);
  line += print_state(expectation);
  if (expectation.words) {
    line += " words";
    for (const WordRun& run : *expectation.words) line += ' ' + print(run);
  }
  return line.empty() ? line : line.substr(1);
}

string print(const Program& program) {
  string text = print_setup(program.setup) + '\n';
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    text += print(program.operations[i]);
    if (i < program.expectations.size() && !program.expectations[i].empty()) {
      text += " => " + print(program.expectations[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace tidemark
