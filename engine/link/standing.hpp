// How a link fares.
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::link {

// In the order of preference: a link is chosen among the best ones that there are. Where none is
// up, the others are tried all the same: who knows less than a connection that stands?
enum class Health : std::uint8_t {
  up,
  recovering,  // was down, and works again as far as is known
  suspect,     // something went wrong that may be its fault
  down,        // does not work
};

// "up"
std::string_view to_string(Health health);

struct Standing {
  Health health = Health::up;
  std::string reason{};  // one line for people; empty: nothing has been seen that speaks against it
  net::TimePoint since{};  // when `health` became what it is

  friend bool operator==(const Standing&, const Standing&) = default;
};

}  // namespace dispatch::link
