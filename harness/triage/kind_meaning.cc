// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kind_meaning.h"

#include <array>
#include <cstddef>

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
    "it took too much memory",
    "a memory error, as AddressSanitizer calls it",
    "undefined behaviour, as UndefinedBehaviorSanitizer calls it",
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

}  // namespace

std::string_view meaning(Kind kind) {
  return kind == Kind::named ? "" : kMeanings[static_cast<std::size_t>(kind)];
}

std::string meaning_lines(Kind kind, Kind also) {
  std::string text;
  for (const Kind one : {kind, also == kind ? Kind::none : also}) {
    if (meaning(one).empty()) continue;
    text.append(text.empty() ? "means     " : "          ").append(word(one)).append(": ");
    text.append(meaning(one)).append("\n");
  }
  return text;
}

}  // namespace tidemark
