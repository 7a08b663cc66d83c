// The flows of a UDP association: the targets that a client exchanges datagrams with.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/datagram.hpp"
#include "engine/net/time.hpp"
#include "engine/proxy/octets.hpp"
#include "engine/proxy/socks5_udp.hpp"
#include "engine/proxy/udp_gate.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

struct UdpUpstream;

// A socket through which an association's datagrams leave by one link.
struct UdpOutlet {
  link::Link* link;
  net::Family family;
  net::Egress egress;       // the link's when the socket was opened
  net::DatagramPtr socket;  // null: the link's proxy has no relay yet
  std::size_t flows = 0;
  std::shared_ptr<UdpUpstream> upstream{};  // null: the link leads through no proxy
  std::shared_ptr<UdpGate> gate = std::make_shared<UdpGate>();
};

// Stays on its link for as long as it lives, unless the link cannot send. Counts as one of the
// link's connections.
struct UdpFlow {
  UdpFlow(const net::Endpoint& to, bool from_client) : target(to), header(to), asked(from_client) {}

  // Its link must have a place for it, until the flow has one of its own: see LinkSet.
  void put_on(UdpOutlet& its) {
    if (outlet != nullptr) --outlet->flows;
    outlet = &its;
    ++its.flows;
    if (!use || &use->link() != its.link) use.emplace(*its.link);
  }

  bool is_named() const { return !name_header.empty(); }
  // Before its datagrams on their way to an upstream proxy's relay.
  std::span<const std::byte> upstream_header() const {
    return is_named() ? std::span<const std::byte>(name_header) : header.bytes();
  }
  // What the client calls it, as in the header of a datagram.
  std::span<const std::byte> destination() const {
    return upstream_header().subspan(socks5::UdpHeader::kFixedSize);
  }

  net::Endpoint target;         // of a name, who answers for it: port 0 until somebody has
  socks5::UdpHeader header;     // of the target's datagrams on their way to the client
  Bytes name_header{};          // of a name that an upstream proxy looks up; else empty
  bool asked;                   // the client has sent to it
  link::Link* fixed = nullptr;  // the only way, where a rule says so (Routes)
  UdpOutlet* outlet = nullptr;
  std::optional<link::LinkUse> use;
  net::TimePoint used{};
  std::vector<std::string> names;         // by which the client calls the target
  std::list<UdpFlow>::iterator position;  // in the table

  // Of the batch that is being sent: its datagrams there, chained.
  static constexpr std::int32_t kNone = -1;
  std::int32_t first = kNone;
  std::int32_t last = kNone;
};

// Finds flows by their target, and the one that has been silent for longest. Those that the client
// has sent to and those that came to it unasked are held apart, so that nobody outside can push out
// what the client uses.
class UdpFlowTable {
  using List = std::list<UdpFlow>;

 public:
  // `destination`: as in the header of an address (UdpHeader::destination). Null: none.
  UdpFlow* find(std::span<const std::byte> destination);

  // There must be none to this target.
  UdpFlow& add(const net::Endpoint& target, bool asked, net::TimePoint now);

  // To a name that the proxy of its link looks up.
  UdpFlow& add_named(std::span<const std::byte> destination, net::TimePoint now);

  // Who answers for a name shows when he does. The flow by `outlet` to a name with this port that
  // was used last and that nobody has answered for; null: none.
  UdpFlow* unanswered(const UdpOutlet& outlet, std::uint16_t port);
  void answered(UdpFlow& named, const net::Endpoint& by);
  // The flow for whose name `destination`, an address, answers. Null: none.
  UdpFlow* find_answered(std::span<const std::byte> destination);

  // It is used now; by the client where `asked`.
  void touch(UdpFlow& flow, bool asked, net::TimePoint now) {
    flow.used = now;
    auto& from = asked_if(flow.asked);
    flow.asked = flow.asked || asked;
    auto& to = asked_if(flow.asked);
    if (&to.back() != &flow) to.splice(to.end(), from, flow.position);
  }

  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [destination, flow] : by_target_) visit(*flow);
  }

  // Whether the client has sent to this address, or to a name that it answers for, at any port.
  bool knows_address(std::span<const std::byte> destination) const;

  // The one that was used before all others of its kind; null where there is none.
  UdpFlow* oldest(bool asked) {
    auto& list = asked_if(asked);
    return list.empty() ? nullptr : &list.front();
  }
  void erase(UdpFlow& flow);  // and takes it off its outlet

  std::size_t size(bool asked) const { return asked ? asked_.size() : unasked_.size(); }
  std::size_t size() const { return by_target_.size(); }

 private:
  using Index = std::map<std::string_view, UdpFlow*>;

  List& asked_if(bool asked) { return asked ? asked_ : unasked_; }
  UdpFlow& insert(UdpFlow flow, net::TimePoint now);
  static bool has_asked(const Index& index, std::string_view address);

  // In the order of their last use.
  List asked_;
  List unasked_;
  // The keys are in the flows' headers. A tree, since clients choose the keys: no choice of theirs
  // makes a look-up slow.
  Index by_target_;
  Index by_answer_;  // named flows, by the addresses that have answered
  std::size_t unanswered_ = 0;
};

}  // namespace dispatch::proxy
