// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "broken_rule.h"

#include "isolation.h"

namespace tidemark {
namespace {

constexpr Rule kLostPage = {"N1", "a page that may have been written is reported"};
constexpr Rule kCheckedAgain = {"B6", "an unmap checks again, after each callback, what is there"};
constexpr Rule kBytes = {"N2", "only what is meant for the user reaches its memory"};
constexpr Rule kNothingLeft = {"N3", "nothing is left after release, nor of a call that fails"};
constexpr Rule kNoOthers = {"R8", "a query reports the dirty pages of its range and no others"};
constexpr Rule kPins = {"R3", "which pages are pinned, how often, and so dirty"};
constexpr Rule kMappings = {"R15", "a map adds one mapping, or fails without a trace"};
constexpr Rule kCallbacks = {"D6", "an unmap asks devices for the pins in its range"};
constexpr Rule kMemory = {"D21", "how much memory a call may ask for"};
constexpr Rule kSteps = {"D22", "how many steps a call may take"};
constexpr Rule kInfo = {"D14", "what GET_INFO says"};

std::optional<Rule> rule_of_result(Verb verb) {
  switch (verb) {
    case Verb::map:
      return Rule{"D10", "what a map checks, in which order"};
    case Verb::unmap:
      return Rule{"D18", "what an unmap checks, in which order"};
    case Verb::query:
    case Verb::start:
    case Verb::stop:
      return Rule{"R12", "what DIRTY_PAGES checks, in which order"};
    case Verb::pin:
      return Rule{"D5", "what a pin checks, in which order"};
    case Verb::unpin:
      return Rule{"D16", "what an unpin does"};
    case Verb::write:
    case Verb::read:
      return Rule{"D12", "what rw checks, in which order"};
    case Verb::attach:
      return Rule{"D8", "what an attach checks, in which order"};
    case Verb::detach:
      return Rule{"D9", "what a detach does"};
    case Verb::extension:
      return Rule{"D13", "which extensions there are"};
    case Verb::info:
      return kInfo;
    default:
      return std::nullopt;
  }
}

std::optional<Rule> rule_of_size(Total total) {
  switch (total) {
    case Total::page_sizes:
      return Rule{"D2", "which page sizes are supported"};
    case Total::pinned_pages:
      return kPins;
    case Total::locked_pages:
      return Rule{"D11", "which pages are accounted, and against whose limit"};
    case Total::mappings:
    case Total::dma_available:
      return kMappings;
    case Total::tracking:
      return Rule{"R1", "when tracking is on"};
  }
  return std::nullopt;
}

// Those that D22 has a bound for; of an unmap only where it has no callbacks, and so D6 comes
// first.
std::optional<Rule> rule_of_end(Verb verb) {
  switch (verb) {
    case Verb::unmap:
      return Rule{"D6", "an unmap asks devices in eleven passes at most, and then ends"};
    case Verb::map:
    case Verb::query:
    case Verb::pin:
    case Verb::unpin:
    case Verb::write:
    case Verb::read:
      return kSteps;
    default:
      return std::nullopt;
  }
}

// D21 has a bound for each call, and most may ask for none.
std::optional<Rule> rule_of_memory(Verb verb) {
  return rule_of_result(verb) ? std::optional(kMemory) : std::nullopt;
}

}  // namespace

std::optional<Rule> broken_rule(const Signature& signature) {
  switch (signature.kind) {
    case Kind::missing_dirty:
    case Kind::missing_marks:
    case Kind::lost_page:
      return kLostPage;
    case Kind::extra_dirty:
    case Kind::extra_marks:
    case Kind::reported_again:
      return kNoOthers;
    case Kind::stored_words:
      return Rule{"R11", "which words of a bitmap are stored, and what they say"};
    case Kind::address:
      if (is_leak(signature)) return kNothingLeft;
      return signature.verb == Verb::unmap && signature.what == "heap-use-after-free"
                 ? kCheckedAgain
                 : kBytes;
    case Kind::outside:
    case Kind::memory:
      return kBytes;
    case Kind::output:
    case Kind::argument:
      return signature.verb == Verb::info ? kInfo : kBytes;
    case Kind::result:
      return signature.verb ? rule_of_result(*signature.verb) : std::nullopt;
    case Kind::size:
      return signature.total ? rule_of_size(*signature.total) : std::nullopt;
    case Kind::callbacks:
      return kCallbacks;
    case Kind::mappings:
      return kMappings;
    case Kind::pins:
      return kPins;
    case Kind::pinned_memory:
    case Kind::leak:
      return kNothingLeft;
    case Kind::iommu:
      return Rule{"D8", "what IOMMUs map"};
    case Kind::no_lock:
    case Kind::lets_go:
    case Kind::keeps_lock:
    case Kind::outside_lock:
      return Rule{"D20", "an entry takes the lock once, and does all under it"};
    case Kind::too_much_memory:
      return kMemory;
    case Kind::too_many_steps:
      return kSteps;
    case Kind::out_of_memory:
      return signature.verb ? rule_of_memory(*signature.verb) : std::nullopt;
    case Kind::hang:
      return signature.verb ? rule_of_end(*signature.verb) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string rule_line(const Signature& signature) {
  const auto rule = broken_rule(signature);
  if (!rule) return {};
  std::string anchor(rule->id);
  anchor[0] = static_cast<char>(anchor[0] - 'A' + 'a');
  return "rule      " + std::string(rule->id) + ", " + std::string(rule->says) +
         ": docs/contract.md#" + anchor + "\n";
}

}  // namespace tidemark
