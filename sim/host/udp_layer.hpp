// The UDP sockets of a simulated host.
#pragma once

#include "engine/net/network.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"
#include "sim/host/udp_socket.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace dispatch::sim {

class UdpLayer {
 public:
  UdpLayer(Kernel& kernel, IpLayer& ip);

  // Errors: EADDRINUSE, EADDRNOTAVAIL, ENODEV, EPERM; ENETUNREACH where it is to be connected.
  net::Result<net::DatagramPtr> open(const net::DatagramOptions& options);

  // What this host sends to a group by `out`, for its own members there.
  void loop_back(NetworkInterface& out, const Packet& packet);

  // From the network. Answers with ICMP where nobody listens.
  void receive(const NetworkInterface& from, const Packet& packet);
  void unreachable(const IcmpUnreachable& message);

  void notify_all();
  // Programs are gone: their sockets are closed, the tasks that wait destroyed.
  void kill();

  std::size_t sockets() const { return sockets_.size(); }
  Kernel& kernel() { return kernel_; }
  IpLayer& ip() { return ip_; }
  void remove(UdpSocket& socket);

 private:
  UdpSocket* find(const NetworkInterface& from, const net::Endpoint& to,
                  const net::Endpoint& source) const;
  bool taken(const net::Endpoint& local, const std::string& device, bool shared) const;
  void deliver_to_group(const NetworkInterface& from, const Packet& packet);
  // Each with the interface where it is joined, of which the network has been told.
  net::Result<std::vector<net::Membership>> join(const net::DatagramOptions& options,
                                                 net::Family family);
  net::Result<std::uint16_t> free_port(const net::Address& local, const std::string& device);

  Kernel& kernel_;
  IpLayer& ip_;
  Random& ports_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<UdpSocket>> sockets_;  // in the order of their making
  // Only looked up, never walked: its order is the library's.
  std::unordered_map<std::uint16_t, std::vector<UdpSocket*>> by_port_;
};

}  // namespace dispatch::sim
