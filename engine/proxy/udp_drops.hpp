// Datagrams that were not passed on, and why.
#pragma once

#include "engine/net/counter.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::proxy {

enum class UdpDrop : std::uint8_t {
  stranger,     // to the relay, from who is not the client
  malformed,    // no header that RFC 1928 knows
  fragment,     // FRAG is not 0
  bad_target,   // nowhere to send to
  refused,      // by a rule about its target (Routes)
  unresolved,   // a name without an address
  too_many,     // wait for names already
  unreachable,  // no link could take it
  no_place,     // the links that could have as many connections as they may have
  too_large,    // for UDP, with its header
  full,         // the socket's buffer was
  over_rate,    // that its link or its client has
  spent,        // its link has used its data cap
  unasked,      // from whom the client has not sent to (UdpOptions::only_from_targets)
};
inline constexpr std::size_t kUdpDropReasons = 14;

std::string_view to_string(UdpDrop reason);

class UdpDrops {
 public:
  void add(UdpDrop reason, std::uint64_t datagrams = 1) {
    counts_[static_cast<std::size_t>(reason)] += datagrams;
  }
  std::uint64_t count(UdpDrop reason) const { return counts_[static_cast<std::size_t>(reason)]; }
  std::uint64_t total() const;
  UdpDrops& operator+=(const UdpDrops& other);

 private:
  std::array<net::Counter, kUdpDropReasons> counts_;
};

// "3 (2 fragments, 1 too large)", "0".
std::string to_string(const UdpDrops& drops);

}  // namespace dispatch::proxy
