// A network address translator between a host's link and the internet (RFC 3022: addresses and
// ports), as access routers have it. A function of packets and time.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/time.hpp"
#include "sim/core/random.hpp"
#include "sim/link/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace dispatch::sim {

// Whose packets may come in through a mapping (RFC 4787 5): anybody's, those of an address that was
// sent to, or those of an endpoint that was sent to.
enum class NatFiltering : std::uint8_t { any, address, endpoint };

struct NatOptions {
  net::Address external{};  // IPv4, and nobody else's
  NatFiltering filtering = NatFiltering::endpoint;
  // Without a packet for so long a flow is forgotten: UDP that nobody has answered, and UDP that
  // was answered (Linux: nf_conntrack_udp_timeout, ..._stream; RFC 4787 4.3 asks for 2 min).
  net::Duration udp_unanswered = std::chrono::seconds(30);
  net::Duration udp = std::chrono::minutes(2);
  // TCP that both sides have opened, and TCP that is opening or closing (RFC 5382 5).
  net::Duration tcp = std::chrono::hours(2) + std::chrono::minutes(4);
  net::Duration tcp_transitory = std::chrono::minutes(4);
  std::size_t flows_most = 65536;  // beyond this, packets of new flows are dropped
  bool keep_ports = true;  // a mapping has its socket's own port where that is free; else by chance
  // TCP in the middle of a connection that is not known any more is forwarded under a mapping of
  // its own (Linux: nf_conntrack_tcp_loose), and not dropped.
  bool forwards_unknown = false;
};

// Mapping is endpoint-independent (RFC 4787 4.1): all that a socket sends comes from one external
// port. A flow lives by packets of either direction. IPv6 passes as it is. No hairpinning.
class Nat {
 public:
  Nat(const NatOptions& options, Random& random) : options_(options), random_(random) {}

  // From the inside to the internet: translates the packet. False: drop it.
  bool translate_out(Packet& packet, net::TimePoint now);
  // From the internet. False: nobody inside has asked for it.
  bool translate_in(Packet& packet, net::TimePoint now);

  // Forgets every mapping; new ones have the external address `external`, and ports by chance.
  void rebind(const net::Address& external);

  const net::Address& external() const { return options_.external; }
  // Flows that are known, those included whose time has run out without anybody noticing.
  std::size_t flows() const { return flows_.size(); }

 private:
  enum class Protocol : std::uint8_t { tcp, udp };
  struct Key {
    Protocol protocol;
    net::Endpoint endpoint;

    friend bool operator==(const Key&, const Key&) = default;
    friend bool operator<(const Key& a, const Key& b) {
      return a.protocol != b.protocol ? a.protocol < b.protocol : a.endpoint < b.endpoint;
    }
  };
  // The socket inside, and whom it speaks to.
  using FlowKey = std::pair<Key, net::Endpoint>;
  struct Flow {
    net::TimePoint until{};
    bool answered = false;
    bool closing_out = false;  // has had a FIN, or a RST
    bool closing_in = false;
  };
  struct Mapping {
    std::uint16_t port = 0;
    std::size_t flows = 0;
  };

  bool translate_error_in(Packet& packet, IcmpUnreachable& message, net::TimePoint now);
  bool translate_error_out(Packet& packet, IcmpUnreachable& message);
  Flow* find(const FlowKey& key, net::TimePoint now);
  // Null: there is no room for another one.
  Flow* add(const FlowKey& key, net::TimePoint now);
  using Flows = std::map<FlowKey, Flow>;
  Flows::iterator forget(Flows::iterator flow);
  void forget_expired(net::TimePoint now);
  std::optional<std::uint16_t> free_port(const Key& inner);
  bool passes_filter(const Key& inner, const net::Endpoint& remote, net::TimePoint now);
  void keep(Flow& flow, const Packet& packet, bool outward, net::TimePoint now) const;

  NatOptions options_;
  Random& random_;
  bool by_chance_ = false;  // ports, whatever the options say: after a rebinding
  Flows flows_;
  std::map<Key, Mapping> mappings_;                                    // by the socket inside
  std::map<std::pair<Protocol, std::uint16_t>, net::Endpoint> inner_;  // by the external port
};

}  // namespace dispatch::sim
