// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "export_c_writer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "errno_names.h"
#include "export_c_calls.h"
#include "lockstep.h"
#include "program_text.h"
#include "text.h"
#include "verbs.h"

namespace tidemark {
namespace {

using std::string;

string left_out(const string& why) { return "\tleft_out(" + string_literal(why) + ");\n"; }
string inexact(const string& why) { return "\tinexact(" + string_literal(why) + ");\n"; }

bool is_too_long(const Recorded& r) {
  const Verb verb = r.operation.verb;
  return (verb == Verb::write || verb == Verb::read || verb == Verb::dma) &&
         r.step.size > Executor::kTransferBytes;
}

// It fails, and would not without what only a simulator can do.
bool cannot_be_made(const Recorded& r) {
  const FaultKind kind = r.operation.fault.kind;
  const bool two = r.operation.other_fault.kind != FaultKind::none;
  return (two && r.step.result < 0) || (kind == FaultKind::iommu && r.step.result == -ENOMEM) ||
         (kind == FaultKind::interrupt && r.step.result == -EINTR);
}

// What a shorter pin leaves behind that is given back. A group is pinned by those that succeed
// alone, and that changes what a hardware group reports.
bool is_as_a_shorter_pin(const Recorded& r, const CSlots::Slot& slot) {
  return r.operation.other_fault.kind == FaultKind::none && !slot.hardware;
}

string comment_of(const Recorded& r) {
  string text = print(r.operation);
  if (r.operation.when != When::now && !r.step.depth) return text + " (waits for its callback)";
  Expectation expectation;
  if (returns_result(r.operation.verb)) expectation.result = r.step.result;
  if (has_bitmap(r.operation.verb) && r.step.result == 0) {
    if (r.operation.verb == Verb::unmap) expectation.size = unmapped_bytes(r.call);
    if (r.operation.verb == Verb::query || (r.operation.flags & kWithBitmap))
      expectation.words = r.call.words;
  }
  return expectation.empty() ? text : text + " => " + print(expectation);
}

std::optional<HardwareKind> hardware_of(const Operation& attach) {
  if ((attach.flags & kHardware) == 0) return std::nullopt;
  return with(hardware_kind(attach.hardware), attach.own);
}

}  // namespace

string limit_text(std::uint64_t pages) {
  return pages >= kUnlimited ? "RLIM_INFINITY" : hex(pages * kPageBytes);
}

CSlots::CSlots(const Program& program) {
  for (const Operation& operation : program.operations)
    if (operation.verb == Verb::attach) need(operation.id % kGroups, hardware_of(operation));
  for (const Operation& operation : program.operations)
    if (operation.verb == Verb::enroll && !first(operation.id % kGroups))
      need(operation.id % kGroups, std::nullopt);
  const auto emulated =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.hardware; });
  if (emulated == slots_.end())
    slots_.insert(slots_.begin(), Slot{});
  else
    std::rotate(slots_.begin(), emulated, emulated + 1);
}

void CSlots::need(unsigned id, const std::optional<HardwareKind>& hardware) {
  for (const Slot& slot : slots_)
    if (slot.id == id && slot.hardware == hardware) return;
  slots_.push_back({id, hardware});
}

std::size_t CSlots::of_kind(const Operation& attach) const {
  const unsigned id = attach.id % kGroups;
  const auto hardware = hardware_of(attach);
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.id == id && slot.hardware == hardware;
  });
  return static_cast<std::size_t>(found - slots_.begin());
}

std::optional<std::size_t> CSlots::first(unsigned id) const {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].id == id) return i;
  return std::nullopt;
}

std::optional<std::size_t> CSlots::usable(unsigned id) const {
  if (attached_[id]) return attached_[id];
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].id == id && !slots_[i].hardware) return i;
  return std::nullopt;
}

// `call` with its circumstances and all that is expected of it.
string CWriter::checked(const Recorded& r, const string& call) {
  if (cannot_be_made(r)) return left_out("this kernel cannot be made to meet the fault");
  const Circumstances around = circumstances(r);
  const string result = result_text(r.step.result);
  if (r.allocation_fails) {
    const bool pins = r.operation.verb == Verb::pin;
    return around.before + "\tif (can_fail_allocation(" + decimal(r.operation.fault.index + 1u) +
           ")) {\n\t\texpect(" + call + ", " + result + ");\n" +
           (pins ? "\t\tinexact(\"what a pin that ran out of memory has marked is open\");\n"
                 : "") +
           "\t} else {\n\t" + left_out("this kernel cannot make allocations fail") +
           "\t}\n\tnext = usual;\n" + around.after;
  }
  return around.before + "\texpect(" + call + ", " + result + ");\n" + around.after +
         output_text(r);
}

string CWriter::enroll(std::size_t slot, const Enrolled& enrolled) {
  return "\tenroll(" + decimal(slot) + ", " + (enrolled.keeps ? "1" : "0") + ");\n";
}

string CWriter::attach(const Recorded& r) {
  const unsigned id = r.operation.id % kGroups;
  const auto was = slots_.attached(id);
  const std::size_t slot = was ? *was : slots_.of_kind(r.operation);
  // Nothing is called then.
  if (r.allocation_fails && (slot == 0 || enrolled_[id]))
    return left_out("the group had to be in the container before");
  string text = checked(r, "attach(" + decimal(slot) + ")");
  if (r.step.result != 0) return text;
  slots_.attach(id, slot);
  // The same device in a group of another kind.
  std::optional<Enrolled>& enrolled = enrolled_[id];
  if (!enrolled || enrolled->slot == slot) return text;
  const string moved = "\twithdraw(" + decimal(enrolled->slot) + ");\n" + enroll(slot, *enrolled);
  enrolled->slot = slot;
  return text + moved;
}

// The pages before the one at which it fails stay marked.
string CWriter::failed_pin(const Recorded& r, std::size_t slot, const string& flags) const {
  const unsigned nr_pages = r.operation.fault.index;
  const string range = hex(r.step.first) + ", " + decimal(nr_pages);
  string text = left_out("this kernel cannot be made to meet the fault");
  if (!is_as_a_shorter_pin(r, slots_.all()[slot]))
    return text + inexact("what it would have marked is not");
  if (!nr_pages) return text;
  return text + note_text("But as far as it would have come it marks the pages.") +
         "\texpect(pin(" + decimal(slot) + ", " + flags + ", " + range + "), " + decimal(nr_pages) +
         ");\n\tunpin(" + decimal(slot) + ", " + range + ");\n";
}

string CWriter::pin(const Recorded& r) {
  const auto slot = slots_.attached(r.operation.id % kGroups);
  if (!slot) return left_out("without its group a device has no file to ask through");
  if (std::none_of(enrolled_.begin(), enrolled_.end(), [](const auto& e) { return !!e; }))
    return left_out("VFIO registers each device that is opened, and so one is registered");
  const std::uint64_t rights =
      (r.operation.flags & kReadable ? 1u : 0u) | (r.operation.flags & kWritable ? 2u : 0u);
  const string flags = flags_text(rights, {{1, "TIDEMARK_EMU_READ"}, {2, "TIDEMARK_EMU_WRITE"}});
  const std::string device = "\tdevice_of(" + decimal(*slot) + ");\n";
  if (cannot_be_made(r)) return device + failed_pin(r, *slot, flags);
  // VFIO compares the number as an unsigned one, before the tracker sees it.
  if (pages_of_pin(r.step) < 0)
    return device + "\texpect(pin(" + decimal(*slot) + ", " + flags + ", " + hex(r.step.first) +
           ", " + decimal(pages_of_pin(r.step)) + "), -E2BIG);\n";
  return device + checked(r, "pin(" + decimal(*slot) + ", " + flags + ", " + hex(r.step.first) +
                                 ", " + decimal(pages_of_pin(r.step)) + ")");
}

string CWriter::dma(const Recorded& r) {
  const unsigned id = r.operation.id % kGroups;
  const bool by_group = (r.operation.flags & kHardware) != 0;
  const auto slot = by_group ? slots_.attached(id) : slots_.usable(id);
  if (!slot) return note_text("Reaches nothing.");
  return "\tdma(" + decimal(*slot) + ", " + (by_group ? "TIDEMARK_EMU_GROUP" : "0") + ", " +
         hex(r.step.first) + ", " + number_text(r.step.size) + ");\n";
}

string CWriter::driver(const Recorded& r) {
  const unsigned id = r.operation.id % kGroups;
  const auto usable = slots_.usable(id);
  if (is_too_long(r)) return note_text("Longer than any buffer, so nothing is called.");
  switch (r.operation.verb) {
    case Verb::attach:
      return attach(r);
    case Verb::detach: {
      const auto slot = slots_.attached(id);
      slots_.detach(id);
      return slot ? "\tdetach(" + decimal(*slot) + ");\n" : note_text("It is not attached.");
    }
    case Verb::enroll: {
      const std::size_t slot = usable ? *usable : slots_.first(id).value_or(0);
      enrolled_[id] =
          Enrolled{enrolled_[id] ? enrolled_[id]->slot : slot, (r.operation.flags & kKeep) != 0};
      return enroll(enrolled_[id]->slot, *enrolled_[id]);
    }
    case Verb::withdraw: {
      if (window_ == id) return note_text("Not from inside its own callback.");
      const auto enrolled = std::exchange(enrolled_[id], std::nullopt);
      if (!enrolled) return note_text("It is not enrolled.");
      return "\twithdraw(" + decimal(enrolled->slot) + ");\n";
    }
    case Verb::pin:
      return pin(r);
    case Verb::unpin:
      return "\tunpin(" + decimal(usable.value_or(0)) + ", " + hex(r.step.first) + ", " +
             decimal(pages_of_pin(r.step)) + ");\n";
    case Verb::dma:
      return dma(r);
    case Verb::memlock:
      if (r.operation.process) return left_out("it is another process's");
      return "\tlimit_locked_memory(" + limit_text(r.operation.number) + ");\n";
    case Verb::mlock:
    case Verb::exit:
    case Verb::exec:
      return inexact("this process goes on alone, and locks nothing by itself");
    case Verb::migrate:
      return inexact("there is no other host to go on at");
    default: {
      const char* flags = r.operation.verb == Verb::write ? "TIDEMARK_EMU_WRITE" : "0";
      return "\tdevice_of(0);\n" +
             checked(r, string("transfer(") + flags + ", " + hex(r.step.first) + ", " +
                            number_text(r.step.size) + ")");
    }
  }
}

string CWriter::begin(const Recorded& r) const {
  return "\tbegin(" + decimal(number_) + ", " + string_literal(print(r.operation)) + ");\n";
}

// In a process that is none of several, and lets no kernel thread call.
string CWriter::one(const Recorded& r) {
  string before;
  if (r.operation.process && fields_of(r.operation.verb).by && r.operation.verb != Verb::memlock)
    before = inexact("this process calls, not another one");
  if (r.operation.flags & kIpcLock) before += inexact("it maps with the capabilities that it has");
  return before + call_of(r);
}

string CWriter::call_of(const Recorded& r) {
  switch (r.operation.verb) {
    case Verb::map:
    case Verb::unmap:
    case Verb::query:
    case Verb::start:
    case Verb::stop:
    case Verb::info:
    case Verb::extension:
    case Verb::ioctl: {
      const string call = user_call(r);
      return call.empty() ? left_out("others than the tracker answer this command")
                          : checked(r, call);
    }
    default:
      return driver(r);
  }
}

// An unmap that waits while its callbacks' operations run.
string CWriter::with_windows(const Recorded& r) {
  std::array<std::size_t, kDevices> nr_windows = {};
  for (const Recorded::Window& window : r.windows) ++nr_windows[window.device];
  string text;
  for (unsigned i = 0; i < kDevices; ++i) {
    if (!nr_windows[i]) continue;
    const auto slot = slots_.usable(i);
    if (!slot || r.allocation_fails || cannot_be_made(r))
      return inexact("left out: its callbacks cannot be held here");
    text += "\thold(" + decimal(*slot) + ", " + decimal(nr_windows[i]) + ");\n";
  }
  const Circumstances around = circumstances(r);
  text += around.before + "\t" + user_call(r) + ";\n";
  for (const Recorded::Window& window : r.windows) {
    const string slot = decimal(slots_.usable(window.device).value_or(0));
    text += "\n\tenter_callback(" + slot + ");\n";
    window_ = window.device;
    for (const Recorded& inside : window.operations)
      text += note_text(comment_text(comment_of(inside))) + begin(inside) + one(inside);
    window_.reset();
    text += "\tleave_callback(" + slot + ");\n";
  }
  return text + "\n" + begin(r) + "\texpect(end_unmap(), " + result_text(r.step.result) + ");\n" +
         around.after + output_text(r);
}

string CWriter::step(std::size_t number, const Recorded& r) {
  number_ = number;
  string text = "\n/* " + decimal(number) + ": " + comment_text(comment_of(r)) +
                " */\nstatic void step_" + decimal(number) + "(void)\n{\n" + begin(r);
  if (r.operation.when == When::now) text += r.windows.empty() ? one(r) : with_windows(r);
  return text + "}\n";
}

}  // namespace tidemark
