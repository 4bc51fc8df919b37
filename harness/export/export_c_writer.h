// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The steps of a C reproducer, one function each; see export_c.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "export_record.h"
#include "program.h"

namespace tidemark {

// The groups that a program needs, each with its device: one for each number and
// kind. The first is emulated, even if the program has no such group.
class CSlots {
 public:
  struct Slot {
    std::optional<unsigned> id;            // of group and device; none: the program's has none
    std::optional<HardwareKind> hardware;  // none: it is emulated
  };

  explicit CSlots(const Program& program);
  const std::vector<Slot>& all() const { return slots_; }

  // What the program did so far.
  void attach(unsigned id, std::size_t slot) { attached_[id] = slot; }
  void detach(unsigned id) { attached_[id].reset(); }
  std::optional<std::size_t> attached(unsigned id) const { return attached_[id]; }
  std::size_t of_kind(const Operation& attach) const;
  // Whose device can be opened now; attached or not.
  std::optional<std::size_t> usable(unsigned id) const;
  std::optional<std::size_t> first(unsigned id) const;

 private:
  void need(unsigned id, const std::optional<HardwareKind>& hardware);

  std::vector<Slot> slots_;
  std::array<std::optional<std::size_t>, kGroups> attached_;
};

class CWriter {
 public:
  explicit CWriter(CSlots& slots) : slots_(slots) {}

  // Steps come in their order; `number` counts from 1.
  std::string step(std::size_t number, const Recorded& recorded);

 private:
  // A device's callback, and by which of its slots.
  struct Enrolled {
    std::size_t slot = 0;
    bool keeps = false;
  };

  static std::string enroll(std::size_t slot, const Enrolled& enrolled);
  std::string begin(const Recorded& recorded) const;
  std::string call_of(const Recorded& recorded);
  std::string one(const Recorded& recorded);
  std::string with_windows(const Recorded& recorded);
  std::string driver(const Recorded& recorded);
  std::string attach(const Recorded& recorded);
  std::string pin(const Recorded& recorded);
  std::string failed_pin(const Recorded& recorded, std::size_t slot,
                         const std::string& flags) const;
  std::string dma(const Recorded& recorded);
  std::string checked(const Recorded& recorded, const std::string& call);

  CSlots& slots_;
  std::array<std::optional<Enrolled>, kDevices> enrolled_;
  std::size_t number_ = 0;
  std::optional<unsigned> window_;  // the device in whose callback this is
};

// A limit on locked memory, in bytes.
std::string limit_text(std::uint64_t pages);

}  // namespace tidemark
