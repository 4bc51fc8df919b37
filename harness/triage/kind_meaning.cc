// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kind_meaning.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "program.h"
#include "verbs.h"

namespace tidemark {
namespace {

// In the order of the enum; of one that is missing the compiler says so.
constexpr auto kMeanings = std::to_array<std::string_view>({
    "",
    "a call returned something else than it should",
    "a call handed out other bytes than it should",
    "words of the bitmap were stored, or left, that should not be",
    "devices were not asked as they should be, or did something else then",
    "a call left other bytes in its argument than it should",
    "words of the bitmap were stored outside of the range",
    "a dirty page is not reported",
    "a page is reported that is not dirty",
    "a count of the tracker's state is wrong",
    "not what the program says behind =>",
    "the reference does not do what the program says behind =>",
    "the program expects something of a callback that never came",
    "a page that may have been written is not marked",
    "a page is marked that nobody can have written",
    "the tracker has other mappings than it should",
    "the tracker has other pins than it should",
    "the user's memory is not what it should be",
    "other pages of memory are pinned than should be",
    "the IOMMU maps other pages than it should",
    "something is left after the container was released",
    "a page that was written does not get to a migration's destination",
    "a page is reported again that nobody could have written since",
    "it does not end",
    "it ended the process",
    "it took too much memory, as what does not end may",
    "a memory error; AddressSanitizer calls it so, and says below what it saw",
    "undefined behaviour; UndefinedBehaviorSanitizer says below what it saw",
    "the kernel would warn",
    "the kernel would stop: a BUG()",
    "it waits for itself",
    "it did what Linux is known to do",
    "a call did not take the container's lock",
    "a call let the container's lock go in between",
    "a call returned with the container's lock",
    "a call did something without the container's lock",
    "a call asked for too much memory",
    "a call took too many steps",
});
static_assert(kMeanings.size() == kKinds);

// What the last part of a name says of the program, but for operations.
constexpr std::pair<std::string_view, std::string_view> kParts[] = {
    {"hardware", "a group has an IOMMU: it is not emulated"},
    {"v1", "the container is of TYPE1, and not of TYPE1v2"},
    {"rule_any", "the container takes queries of any range"},
    {"rule_exact", "the container takes queries of exactly one mapping"},
    {"store_sparse", "the container keeps its marks in a sparse store"},
    {"store_ranges", "the container keeps its marks in a tree of ranges"},
    {"store_pinned", "the container looks at pins, and has a tree of ranges besides"},
    {"entries", "the container takes fewer mappings than usual"},
    {"memlock", "memory that is locked has a limit"},
    {"room", "the user has room for a small bitmap"},
    {"bent", "an argument is one that no honest user gives"},
    {"fault", "memory cannot be read or written, or is not to be had"},
    {"odd-bytes", "bytes are moved from within a page on"},
    {"mappings", "there are several mappings"},
    {"failed", "the call failed, and left the state so"},
};

// What the words for when it goes wrong mean; of those that begin "after-" the operation follows.
constexpr std::pair<std::string_view, std::string_view> kMoments[] = {
    {"after-others", "it fails only after the programs of before.trace, in one process"},
    {"closing", "an operation that ends the migration showed it"},
    {"marking", "it is after a pin, a write or a device write, which all mark pages"},
    {"unpinning", "it is after an unpin, an unmap, a detach or a pin that fails, which all unpin"},
    {"after-", "the operation leaves a wrong state, which only a later one may show"},
};

std::string_view meaning_of_moment(std::string_view word) {
  for (const auto& [moment, meaning] : kMoments)
    if (moment.ends_with('-') ? word.starts_with(moment) : word == moment) return meaning;
  return {};
}

// True, and `text` is without it, if it begins (or ends) with `piece`.
bool takes_off(std::string_view& text, std::string_view piece, bool at_its_beginning) {
  if (at_its_beginning ? !text.starts_with(piece) : !text.ends_with(piece)) return false;
  if (at_its_beginning)
    text.remove_prefix(piece.size());
  else
    text.remove_suffix(piece.size());
  return true;
}

// "window_pin_fault_bent" is the operation pin, in a window, with a fault, and bent.
struct PartOfAnOperation {
  std::string_view operation;
  bool window, bent, fault;

  explicit PartOfAnOperation(std::string_view word)
      : operation(word),
        window(takes_off(operation, "window_", true)),
        bent(takes_off(operation, "_bent", false)),
        fault(takes_off(operation, "_fault", false)) {}
};

// Of the first operation that is in a window, "window d0"; empty if none is.
std::string first_window(const Program& program) {
  for (const Operation& operation : program.operations)
    if (operation.when != When::now)
      return (operation.when == When::every_callback ? "each-window d" : "window d") +
             std::to_string(operation.window_device);
  return {};
}

}  // namespace

std::string_view meaning(Kind kind) {
  return kind == Kind::named ? "" : kMeanings[static_cast<std::size_t>(kind)];
}

bool is_part(std::string_view word) {
  if (std::ranges::any_of(kParts, [word](const auto& part) { return part.first == word; }))
    return true;
  const PartOfAnOperation part(word);
  for (std::size_t i = 0; i < kVerbs; ++i)
    if (part.operation == name(static_cast<Verb>(i))) return true;
  return part.operation == "hardware";
}

std::string meaning_of_part(std::string_view part) {
  for (const auto& [word, meaning] : kParts)
    if (part == word) return std::string(meaning);
  const auto [operation, window, bent, fault] = PartOfAnOperation(part);
  std::string text =
      "it has " +
      (operation == "hardware" ? "hardware" : "the operation " + std::string(operation));
  if (fault) text += ", with a fault";
  if (bent)
    text += fault ? " and an argument that no honest user gives"
                  : ", with an argument that no honest user gives";
  return text + (window ? ", in a window: while an unmap calls a driver" : "");
}

std::string meaning_lines(std::string_view name, const Program& program, Kind kind, Kind also,
                          std::string_view part) {
  std::string text;
  const auto add = [&text](std::string_view word, std::string_view meaning) {
    if (meaning.empty()) return;
    text.append(text.empty() ? "means     " : "          ").append(word).append(": ");
    text.append(meaning).append("\n");
  };
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    add(word, meaning_of_moment(word));
  }
  add(word(kind), meaning(kind));
  if (also != kind) add(word(also), meaning(also));
  if (!part.empty()) add(part, meaning_of_part(part));
  if (const std::string window = first_window(program); !window.empty())
    add(window, "what its driver does when an unmap asks for its pins");
  return text;
}

}  // namespace tidemark
