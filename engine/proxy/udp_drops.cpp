#include "engine/proxy/udp_drops.hpp"

#include <fmt/format.h>

#include <iterator>
#include <numeric>

namespace dispatch::proxy {

std::string_view to_string(UdpDrop reason) {
  switch (reason) {
    case UdpDrop::stranger:
      return "from a stranger";
    case UdpDrop::malformed:
      return "malformed";
    case UdpDrop::fragment:
      return "fragments";
    case UdpDrop::bad_target:
      return "with a bad target";
    case UdpDrop::refused:
      return "refused";
    case UdpDrop::unresolved:
      return "to a name without address";
    case UdpDrop::too_many:
      return "too many";
    case UdpDrop::unreachable:
      return "unreachable";
    case UdpDrop::no_place:
      return "beyond the most connections of the links";
    case UdpDrop::too_large:
      return "too large";
    case UdpDrop::full:
      return "for want of buffer";
    case UdpDrop::over_rate:
      return "beyond a rate";
    case UdpDrop::spent:
      return "for a link that has used its data cap";
    case UdpDrop::unasked:
      return "unasked";
  }
  return "";
}

std::uint64_t UdpDrops::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

UdpDrops& UdpDrops::operator+=(const UdpDrops& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  return *this;
}

std::string to_string(const UdpDrops& drops) {
  std::string text = std::to_string(drops.total());
  const char* separator = " (";
  for (std::size_t i = 0; i < kUdpDropReasons; ++i) {
    const auto reason = static_cast<UdpDrop>(i);
    if (drops.count(reason) == 0) continue;
    fmt::format_to(std::back_inserter(text), "{}{} {}", separator, drops.count(reason),
                   to_string(reason));
    separator = ", ";
  }
  if (drops.total() != 0) text += ')';
  return text;
}

}  // namespace dispatch::proxy
