// The internet: an ideal router with a link to every host.
#pragma once

#include "engine/net/address.hpp"
#include "sim/host/captive_portal.hpp"
#include "sim/host/nat.hpp"
#include "sim/host/world.hpp"
#include "sim/link/link_direction.hpp"
#include "sim/link/packet.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dispatch::sim {

// Forwards in no time what a link brings to the link that has claimed the destination.
class Internet {
 public:
  Internet(const Simulation& simulation, PacketPool& packets)
      : simulation_(simulation), packets_(packets) {}

  // One link's end.
  class Port : public PacketSink {
   public:
    Port(Internet& internet, std::string link) : internet_(internet), link_(std::move(link)) {}
    void deliver(PacketPtr packet) override;
    void connect_to(LinkDirection& out) { out_ = &out; }
    // What passes between this port and the host behind it; 0: any size. `silent`: nobody is told
    // of what does not pass.
    void set_mtu(std::uint32_t mtu, bool silent) {
      mtu_ = mtu;
      silent_ = silent;
    }

    // Everything that passes this port is translated; null: nothing.
    void set_nat(std::unique_ptr<Nat> nat) { nat_ = std::move(nat); }
    Nat* nat() const { return nat_.get(); }
    // Before that, a captive portal takes names and web pages to itself; null: no more.
    void set_portal(std::unique_ptr<CaptivePortal> portal);
    // A router there forwards nothing to or from the host, and says so.
    void set_refusal(std::optional<IcmpUnreachable::Reason> refusal) { refusal_ = refusal; }

   private:
    friend class Internet;
    // Towards the host.
    void send(PacketPtr packet);

    Internet& internet_;
    std::string link_;
    LinkDirection* out_ = nullptr;
    std::uint32_t mtu_ = 0;
    bool silent_ = false;
    std::optional<IcmpUnreachable::Reason> refusal_;
    std::unique_ptr<Nat> nat_;
    std::unique_ptr<CaptivePortal> portal_;
  };

  // `link` is the name of the link that ends here.
  Port& add_port(std::string link);
  Port& port_of(std::string_view link) const;
  // Packets to `address` go to `port` from now on.
  void claim(const net::Address& address, Port& port) { ports_by_address_[address] = &port; }

  // What others send to `group` goes to `port` too from now on, but for groups of the link alone.
  void join(const net::Address& group, Port& port);

  void set_unknown_destination(World::UnknownDestination what) { unknown_ = what; }
  void set_ingress_filter(bool on) { ingress_filter_ = on; }

 private:
  void forward(Port& from, PacketPtr packet);
  void forward_to_group(Port& from, PacketPtr packet);
  void answer_unknown(Port& from, const Packet& packet);
  void answer_unreachable(Port& from, const Packet& packet, IcmpUnreachable::Reason reason);
  // False: the packet is larger than what passes `port`, and its sender has been told if anybody
  // is.
  bool passes(const Port& port, Port& from, Packet& packet);

  const Simulation& simulation_;
  PacketPool& packets_;
  std::vector<std::unique_ptr<Port>> ports_;
  // Only looked up, never walked: its order is the library's.
  std::unordered_map<net::Address, Port*> ports_by_address_;
  std::map<net::Address, std::vector<Port*>> members_;  // in the order in which they joined
  World::UnknownDestination unknown_ = World::UnknownDestination::host_unreachable;
  bool ingress_filter_ = true;
};

}  // namespace dispatch::sim
