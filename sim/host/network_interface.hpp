// A network interface of a simulated host.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/interfaces.hpp"
#include "sim/link/link_direction.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::sim {

class IpLayer;

class NetworkInterface : public PacketSink {
 public:
  NetworkInterface(IpLayer& ip, std::string name, std::uint32_t index, std::uint32_t mtu,
                   bool loopback)
      : ip_(ip), name_(std::move(name)), index_(index), mtu_(mtu), loopback_(loopback) {}

  const std::string& name() const { return name_; }
  std::uint32_t index() const { return index_; }
  std::uint32_t mtu() const { return mtu_; }
  bool loopback() const { return loopback_; }
  bool plugged() const { return plugged_; }
  // Administratively up, and there: routes by it count. A lost carrier does not change that (Linux,
  // without ignore_routes_with_linkdown).
  bool usable() const { return plugged_ && up_; }

  // Those that it has now. Set down, an interface keeps its IPv4 addresses and loses its IPv6
  // addresses (Linux, without keep_addr_on_down); set up, it has them again.
  bool has(const net::Address& address) const;
  std::vector<net::Prefix> addresses() const;
  // RFC 6724, as far as one interface goes: an address of the destination's own prefix, else of its
  // scope, else none but a link-local one.
  std::optional<net::Address> source_for(const net::Address& destination) const;

  net::Interface describe() const;

  // Where packets leave. Null: nowhere.
  void connect_to(LinkDirection* out) { out_ = out; }
  // Who shall hear of addresses that are added: the network, which sends their packets here.
  void on_claim(std::function<void(const net::Address&)> claim) { claim_ = std::move(claim); }
  // Who shall hear of groups that are joined (IGMP, MLD). They are never left: what nobody hears
  // is dropped here.
  void on_join(std::function<void(const net::Address&)> join) { join_ = std::move(join); }
  void join(const net::Address& group) const {
    if (join_) join_(group);
  }
  // Drops the packet where the interface cannot send.
  void send(PacketPtr packet);
  // From the link.
  void deliver(PacketPtr packet) override;

 private:
  friend class IpLayer;

  IpLayer& ip_;
  std::string name_;
  std::uint32_t index_;
  std::uint32_t mtu_;
  bool loopback_;
  bool up_ = true;
  bool carrier_ = true;
  bool plugged_ = true;
  std::vector<net::Prefix> configured_;  // whether up or not
  LinkDirection* out_ = nullptr;
  std::function<void(const net::Address&)> claim_;
  std::function<void(const net::Address&)> join_;
};

}  // namespace dispatch::sim
