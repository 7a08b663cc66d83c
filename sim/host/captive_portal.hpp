// A captive portal: who has not signed in is shown the portal whatever he asks for, as in hotels.
#pragma once

#include "engine/net/address.hpp"
#include "sim/link/packet.hpp"

#include <cstdint>
#include <map>
#include <tuple>

namespace dispatch::sim {

struct CaptivePortalOptions {
  // Of the host that is the portal: it serves names (UDP and TCP 53) and pages (80), and knows
  // that each name is its own.
  net::Address v4;
  net::Address v6;
  // What becomes of all else, HTTPS before all: a RST for TCP, else nothing at all.
  bool refuses_others = true;
};

// At the end of a host's link. Questions to any name server and connections to port 80 anywhere go
// to the portal, and its answers look as if they came from there; what is for the portal itself
// passes.
class CaptivePortal {
 public:
  explicit CaptivePortal(const CaptivePortalOptions& options) : options_(options) {}

  struct Verdict {
    bool goes_on = true;
    PacketPtr answer{};  // to the host, if any
  };
  // From the host: changes the destination, or ends the packet's way.
  Verdict hijack_out(Packet& packet, PacketPool& packets);
  // To the host: what the portal says has the source that the host spoke to.
  void disguise_in(Packet& packet) const;

 private:
  const net::Address& portal_for(const net::Address& address) const {
    return address.is_v6() ? options_.v6 : options_.v4;
  }

  // Protocol (by its index in Transport), the host's endpoint, the portal's port.
  using Flow = std::tuple<std::size_t, net::Endpoint, std::uint16_t>;

  CaptivePortalOptions options_;
  std::map<Flow, net::Address> meant_;  // whom the host speaks to
};

}  // namespace dispatch::sim
