// What a simulated host is made of.
#pragma once

#include "engine/net/entropy.hpp"
#include "engine/net/log.hpp"
#include "engine/net/network.hpp"
#include "sim/core/sim_clock.hpp"
#include "sim/host/host.hpp"
#include "sim/host/interface_list.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"
#include "sim/host/local_socket.hpp"
#include "sim/host/stub_resolver.hpp"
#include "sim/host/tcp_layer.hpp"
#include "sim/host/udp_layer.hpp"
#include "sim/link/link_direction.hpp"

#include <string>

namespace dispatch::sim {

class HostNetwork : public net::Network {
 public:
  HostNetwork(Kernel& kernel, TcpLayer& tcp, UdpLayer& udp)
      : kernel_(kernel), tcp_(tcp), udp_(udp), local_(kernel.simulation.executor(), kernel.clock) {}

  net::Task<net::Result<net::StreamPtr>> connect(const net::Endpoint& remote,
                                                 const net::Egress& egress,
                                                 net::TimePoint deadline) override {
    return tcp_.connect(remote, egress, deadline);
  }
  net::Result<net::ListenerPtr> listen(const net::Endpoint& local,
                                       const net::ListenOptions& options) override {
    return tcp_.listen(local, options);
  }
  net::Result<net::ListenerPtr> listen_local(const std::string& path,
                                             const net::LocalListenOptions& options) override {
    return local_.listen(path, options);
  }
  net::Result<net::StreamPtr> connect_local(const std::string& path) override {
    return local_.connect(path);
  }
  net::Result<net::DatagramPtr> open_datagram(const net::DatagramOptions& options) override {
    return udp_.open(options);
  }
  bool can_bind_to_device() const override { return kernel_.options.device_binding; }

 private:
  Kernel& kernel_;
  TcpLayer& tcp_;
  UdpLayer& udp_;
  LocalSockets local_;
};

class HostEntropy : public net::Entropy {
 public:
  explicit HostEntropy(Random& random) : random_(random) {}
  void fill(std::span<std::byte> bytes) override { random_.fill(bytes); }

 private:
  Random& random_;
};

// To the simulation's sink.
class HostLog : public net::Log {
 public:
  explicit HostLog(Kernel& kernel) : kernel_(kernel) {}
  bool wants(net::LogLevel) const override {
    return static_cast<bool>(kernel_.simulation.log_sink());
  }
  void write(net::LogLevel level, std::string_view line) override {
    const auto& sink = kernel_.simulation.log_sink();
    if (sink) sink(kernel_.now(), kernel_.host_name, level, line);
  }

 private:
  Kernel& kernel_;
};

struct Host::Parts {
  Parts(Simulation& simulation, PacketPool& packets, Host& host);

  void receive(NetworkInterface& from, const Packet& packet);

  SimClock clock;
  Kernel kernel;
  IpLayer ip;
  NetworkInterface& loopback;
  LinkDirection loopback_link;
  TcpLayer tcp;
  UdpLayer udp;
  HostNetwork network;
  InterfaceList interfaces;
  StubResolver resolver;
  HostEntropy entropy;
  HostLog log;
};

}  // namespace dispatch::sim
