// Addresses, routes and packets of a simulated host.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/network.hpp"
#include "sim/host/kernel.hpp"
#include "sim/host/network_interface.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim {

// Where packets to a destination leave, and with which source address.
struct Path {
  NetworkInterface* interface = nullptr;
  net::Address source;
};

class IpLayer {
 public:
  // Who takes the packets that are for this host.
  using Receiver = std::function<void(NetworkInterface&, PacketPtr)>;

  IpLayer(Kernel& kernel, Receiver receiver);

  // The way to `destination`, as Linux finds it. Errors: ENETUNREACH; EADDRNOTAVAIL (the source is
  // not ours); ENODEV; EPERM (device binding); EAFNOSUPPORT (its family is not the destination's);
  // EINVAL (a loopback source, and a destination elsewhere).
  net::Result<Path> find_path(const net::Address& destination, const net::Egress& egress) const;

  // The same for a socket that has its source already, whether or not that is still ours. IPv4: an
  // address that is gone has no way (ENETUNREACH); IPv6: what is sent still leaves by the route to
  // its destination, and answers find nobody. (Both measured.)
  net::Result<Path> find_path_of_socket(const net::Address& destination,
                                        const net::Egress& egress) const;

  // Where what is sent to a group leaves, or where it is joined: by `interface` (empty: the group's
  // scope, the egress's device, else where the routes lead). Errors: ENODEV, ENETUNREACH.
  net::Result<Path> find_group_path(const net::Address& group, const std::string& interface,
                                    const net::Egress& egress) const;

  // Whether there is one of that name, and plugged in.
  bool has_interface(std::string_view name) const;
  // Whether a socket may be bound to that device. Errors: ENODEV, EPERM.
  net::Status check_device(const std::string& device) const;
  // Whether an address is this host's.
  bool owns(const net::Address& address) const;

  // From an interface: drops what is not for us (a host is no router), and what has been corrupted.
  void receive(NetworkInterface& from, PacketPtr packet);
  // Packets that came with a wrong checksum.
  std::uint64_t checksum_errors() const { return checksum_errors_; }
  // What passes on the way to `destination`: the interface's MTU, or less where the path has said
  // so within the last kPathMtuLife (RFC 1191, RFC 8201).
  std::uint32_t mtu_to(const net::Address& destination, const NetworkInterface& interface) const;
  void learn_mtu(const net::Address& destination, std::uint32_t mtu);
  // Sends what `packet` says by `interface`.
  void send(NetworkInterface& interface, PacketPtr packet);

  // Configuration. What names an interface throws std::invalid_argument where there is none.
  NetworkInterface& add_interface(std::string_view name, std::uint32_t mtu, bool loopback);
  NetworkInterface& interface(std::string_view name) const;
  void set_up(NetworkInterface& interface, bool up);
  void set_carrier(NetworkInterface& interface, bool carrier);
  void set_plugged(NetworkInterface& interface, bool plugged);
  // Adds a route to its prefix. The last IPv4 address takes the IPv4 routes by this interface with
  // it; the next one brings them back, as a DHCP client does. IPv6 routes stay, as on Linux.
  void add_address(NetworkInterface& interface, const net::Prefix& address);
  void remove_address(NetworkInterface& interface, const net::Address& address);
  void add_route(const net::Prefix& to, NetworkInterface& interface, std::uint32_t metric);
  std::uint32_t remove_route(const net::Prefix& to, NetworkInterface& interface);  // its metric

  // Where they lead to.
  std::vector<net::Prefix> routes_by(const NetworkInterface& interface) const;

  // In the order of their making; the unplugged are there too.
  const std::vector<std::unique_ptr<NetworkInterface>>& interfaces() const { return interfaces_; }

  // Changes whenever a path may have changed.
  std::uint64_t generation() const { return generation_; }
  // Changes whenever an interface or an address has changed.
  std::uint64_t interface_generation() const { return interface_generation_; }
  // Hears of every change of an interface or an address, after it.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  struct Route {
    net::Prefix to;
    NetworkInterface* interface;
    std::uint32_t metric;
  };

  NetworkInterface* find_interface(std::string_view name) const;
  NetworkInterface* owner_of(const net::Address& address) const;
  // The best usable route, by `only` if that is given.
  const Route* find_route(const net::Address& destination, const NetworkInterface* only) const;
  net::Result<Path> path_by_device(const net::Address& destination,
                                   const net::Egress& egress) const;
  // The source of an IPv6 packet by an interface that has no address of its own (RFC 6724 4: those
  // of the other interfaces are candidates too, at last ::1, which nobody answers).
  net::Address foreign_source_v6(const net::Address& destination) const;
  net::Result<Path> path_from(const net::Address& destination, const net::Address& source) const;
  void changed();

  Kernel& kernel_;
  Receiver receiver_;
  std::vector<std::unique_ptr<NetworkInterface>> interfaces_;
  std::vector<Route> routes_;
  struct PathMtu {
    std::uint32_t mtu = 0;
    net::TimePoint until{};
  };
  std::map<net::Address, PathMtu> path_mtus_;
  std::uint64_t checksum_errors_ = 0;
  std::uint32_t next_index_ = 1;
  std::uint64_t generation_ = 0;
  std::uint64_t interface_generation_ = 0;
  std::function<void()> changed_;
};

}  // namespace dispatch::sim
