// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
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

// As it was typed, or else in the form that is usual there.
string print_number(std::uint64_t value, Written written, Written::As usual = Written::decimal) {
  return (written.as == Written::usual ? usual : written.as) == Written::hex ? hex(value)
                                                                             : decimal(value);
}

// With its sign, if it has one.
string print_bytes(const Quantity& quantity) {
  const auto value = static_cast<std::uint64_t>(quantity.bytes);
  switch (quantity.bytes_written.as) {
    case Written::usual:
      break;
    case Written::decimal:
      return decimal(value);
    case Written::hex:
      return hex(value);
    case Written::minus_decimal:
      return "-" + decimal(0 - value);
    case Written::minus_hex:
      return "-" + hex(0 - value);
  }
  return decimal(quantity.bytes);
}

string print_pages(const Quantity& quantity) {
  const auto value = static_cast<std::uint64_t>(quantity.pages);
  const bool minus = quantity.pages < 0;
  return (minus ? "-" : "") + print_number(minus ? 0 - value : value, quantity.pages_written) + 'p';
}

// What is 0 and was not typed is not there.
bool stands(std::int64_t value, Written written) {
  return value != 0 || written.as != Written::usual;
}

void add_part(string& text, const string& part) {
  if (!text.empty() && part[0] != '-') text += '+';
  text += part;
}

// `nothing` is how zero is written where it stands.
string print_quantity(const Quantity& quantity, const char* nothing) {
  string text = base_name(quantity);
  if (stands(quantity.pages, quantity.pages_written)) add_part(text, print_pages(quantity));
  if (stands(quantity.bytes, quantity.bytes_written)) add_part(text, print_bytes(quantity));
  return text.empty() ? nothing : text;
}

string print_limit(std::uint64_t pages, Written written) {
  const bool word = pages == kUnlimited && written.as == Written::usual;
  return word ? "unlimited" : print_number(pages, written);
}

string print_number_of(const Operation& operation) {
  if (operation.verb == Verb::memlock)
    return print_limit(operation.number, operation.number_written);
  return print_number(operation.number, operation.number_written,
                      operation.verb == Verb::ioctl ? Written::hex : Written::decimal);
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
  if (fields.number) line += ' ' + print_number_of(operation);
  if (has_rights(fields)) line += ' ' + string(kRightsNames[operation.flags & kRights]);
}

void print_options(const Operation& operation, const VerbFields& fields, string& line) {
  for (const FlagWord& flag : kFlagWords) {
    if ((operation.flags & fields.flags & flag.flag) != 0) line += ' ' + string(flag.word);
  }
  if (operation.verb == Verb::attach) {
    const bool hardware = (operation.flags & kHardware) != 0;
    line += hardware ? " hardware=" + print_number(operation.hardware, operation.hardware_written) +
                           print(operation.own)
                     : " emulated";
  }
  if (fields.vaddr && operation.vaddr != Quantity{Base::fresh, 0, 0, 0}) {
    line += " vaddr=" + print_quantity(operation.vaddr, "0p");
  }
  if (fields.by && operation.process) line += " by=" + print_process(operation.process);
  for (const Bend& bend : {operation.bend, operation.other_bend}) {
    if (!has(fields.bends, at(bend.field))) continue;
    line += ' ' + string(kBendNames[at(bend.field)]);
    const bool pointer = bend.field >= Field::bitmap_pointer;
    line += print_number(bend.value, bend.written, pointer ? Written::hex : Written::decimal);
  }
  for (const Fault& fault : {operation.fault, operation.other_fault}) {
    if (!has(fields.faults, at(fault.kind))) continue;
    line += ' ' + string(kFaultNames[at(fault.kind)]);
    line += print_number(fault.index, fault.written);
  }
}

string print_setup(const Setup& setup) {
  const Setup usual;
  string line = "container " + string(kTypeNames[at(setup.type)]);
  if (setup.rule != usual.rule) line += " rule=" + string(kRuleNames[at(setup.rule)]);
  const auto differs = [](const auto& value, const auto& other, Written written) {
    return value != other || written.as != Written::usual;
  };
  if (differs(setup.entries, usual.entries, setup.entries_written))
    line += " entries=" + print_number(setup.entries, setup.entries_written);
  if (differs(setup.memlock_pages, usual.memlock_pages, setup.memlock_written))
    line += " memlock=" + print_limit(setup.memlock_pages, setup.memlock_written);
  if (differs(setup.bitmap_words, usual.bitmap_words, setup.bitmap_words_written))
    line += " room=" + print_number(setup.bitmap_words, setup.bitmap_words_written);
  if (setup.store != usual.store) line += " store=" + string(kStoreNames[at(setup.store)]);
  return line;
}

}  // namespace

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
