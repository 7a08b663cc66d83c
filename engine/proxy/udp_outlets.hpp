// By which links, and through which sockets, the datagrams of an association leave.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/network.hpp"
#include "engine/proxy/udp_flow.hpp"

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::proxy {

// One socket for each link and family: all that leave by a link have the same address and port,
// whatever their target (RFC 4787: endpoint-independent mapping).
class UdpOutlets {
 public:
  // `readable` is called with an outlet that may have something to receive: once, and again after
  // watch().
  UdpOutlets(net::Network& network, link::LinkSet& links, bool one_link,
             std::function<void(UdpOutlet&)> readable)
      : network_(network), links_(links), one_link_(one_link), readable_(std::move(readable)) {}

  struct Choice {
    link::Link* link;
    // One of these holds the link's place for the flow, as long as this exists.
    std::optional<link::Turn> turn{};  // none: the link that has been chosen before
    std::optional<link::LinkDial> place{};

    void give_back() {
      if (turn) turn->give_back();
    }
  };

  // A link that has one of `families` and is not one of `tried`: as the policy has it, or, with one
  // link for all, the one that was chosen first. None: no such link, or none that is not full.
  std::optional<Choice> choose(link::Families families, std::span<link::Link* const> tried,
                               net::TimePoint now);
  // This one. None: it is full.
  std::optional<Choice> choose(link::Link& link);
  // Whether a link of one of `families` is full that could else be chosen.
  bool is_full(link::Families families) const;

  // The link's socket, opened where there is none. It must have the family. Of a link through a
  // proxy: without a socket (UdpUpstream::is_open), until it is connected. Errors:
  // Network::open_datagram's.
  net::Result<UdpOutlet*> open(link::Link& link, net::Family family);

  // Opens the socket towards the proxy's relay. Errors: Network::open_datagram's.
  net::Status connect(UdpOutlet& outlet, const net::Endpoint& relay);

  // Null: it is closed.
  UdpOutlet* find(const UdpUpstream& upstream);

  // Until then, no further flow of this association is put on the link.
  void avoid(link::Link& link, net::TimePoint until) { avoided_[&link] = until; }
  bool avoids(link::Link& link, net::TimePoint now) const {
    const auto found = avoided_.find(&link);
    return found != avoided_.end() && now < found->second;
  }

  void watch(UdpOutlet& outlet);

  // Closes those that no flow is on.
  void close_unused();
  std::size_t size() const { return outlets_.size(); }

 private:
  net::Network& network_;
  link::LinkSet& links_;
  bool one_link_;
  std::function<void(UdpOutlet&)> readable_;
  link::Link* fixed_ = nullptr;  // with one link for all
  std::list<UdpOutlet> outlets_;
  std::map<const link::Link*, net::TimePoint> avoided_;
};

// What an association asks its kernel to hold: a hundred full datagrams, which is Linux's default,
// pass in a millisecond.
inline constexpr std::size_t kUdpKernelBuffer = 1 << 20;

}  // namespace dispatch::proxy
