// How a name server treats those who ask it.
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::sim {

enum class DnsFault : std::uint8_t {
  none,
  servfail,   // "server failure" to every question
  nxdomain,   // no name exists
  refused,    // the server does not answer such as you
  silent,     // receives and says nothing
  truncated,  // over UDP an empty answer that says to ask over TCP (TC, RFC 7766); there it answers
  truncated_without_tcp,  // the same, and its TCP port refuses
  only_a,                 // IPv6 addresses are not told: no data
  only_aaaa,              // nor IPv4 addresses
};

struct DnsBehaviour {
  DnsFault fault = DnsFault::none;
  std::optional<net::Duration> delay{};  // before each answer; none: the server's own

  friend bool operator==(const DnsBehaviour&, const DnsBehaviour&) = default;
};

// As scenarios call it: "answer", "SERVFAIL", "NXDOMAIN", "refused", ...
std::string_view to_string(DnsFault fault);

}  // namespace dispatch::sim
