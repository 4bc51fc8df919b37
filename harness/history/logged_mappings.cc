// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "logged_mappings.h"

#include <algorithm>
#include <iterator>

namespace tidemark {

LoggedMappings::Place LoggedMappings::from(std::uint64_t address) const {
  auto place = mappings_.upper_bound(address);
  if (place != mappings_.begin() && std::prev(place)->second.last >= address) --place;
  return place;
}

bool LoggedMappings::add(std::uint64_t first, std::uint64_t size, unsigned rights) {
  const std::uint64_t last = first + size - 1;
  if (!size || last < first) return false;
  const auto place = from(first);
  if (place != mappings_.end() && place->first <= last) return false;
  mappings_.emplace_hint(place, first, Mapping{last, rights});
  bytes_ += size;
  return true;
}

void LoggedMappings::unmap(std::uint64_t first, std::uint64_t size, ContainerType type) {
  const std::uint64_t last = first + size - 1;
  if (!size || last < first) return;
  auto place = from(first);
  const auto cuts = [&](Place mapping) { return mapping->first < first; };
  if (place != mappings_.end() && cuts(place) && place->first <= last) return;
  if (type == ContainerType::v2) {
    const auto end = from(last);
    if (end != mappings_.end() && end->first <= last && end->second.last > last) return;
  }
  while (place != mappings_.end() && place->first <= last) {
    bytes_ -= place->second.last - place->first + 1;
    place = mappings_.erase(place);
  }
}

std::uint64_t LoggedMappings::bytes_in(std::uint64_t first, std::uint64_t size) const {
  const std::uint64_t last = first + size - 1;
  std::uint64_t bytes = 0;
  if (!size || last < first) return 0;
  for (auto place = from(first); place != mappings_.end() && place->first <= last; ++place)
    bytes += std::min(place->second.last, last) - std::max(place->first, first) + 1;
  return bytes;
}

std::vector<LoggedMappings::Part> LoggedMappings::parts_in(std::uint64_t first,
                                                           std::uint64_t last) const {
  std::vector<Part> parts;
  for (auto place = from(first); place != mappings_.end() && place->first <= last; ++place)
    parts.push_back(
        {std::max(place->first, first), std::min(place->second.last, last), place->second.rights});
  return parts;
}

}  // namespace tidemark
