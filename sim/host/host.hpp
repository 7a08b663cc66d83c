// A simulated host: interfaces, routes, TCP and UDP sockets, names; what the engine sees of it is
// net::Runtime.
#pragma once

#include "engine/net/runtime.hpp"
#include "sim/host/host_options.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim {

class Link;
class LinkDirection;
class NetworkInterface;
class Simulation;
class World;

// Errors are those that Linux gives (docs: the fault table). Everything that names an interface
// throws std::invalid_argument where there is none of that name.
class Host : public net::Runtime {
 public:
  // Made by World::add_host.
  Host(World& world, std::string name, HostOptions options);
  ~Host() override;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const std::string& name() const { return name_; }
  const HostOptions& options() const { return options_; }
  // For sockets made from now on.
  void set_tcp_options(const tcp::Options& options) { options_.tcp = options; }
  void set_nameservers(std::vector<net::Endpoint> servers) {
    options_.nameservers = std::move(servers);
  }

  // net::Runtime.
  net::asio::any_io_executor executor() override;
  net::Clock& clock() override;
  net::Network& network() override;
  net::Resolver& resolver() override;
  net::Interfaces& interfaces() override;
  net::Entropy& entropy() override;
  net::Log& log() override;

  // Runs `task` as a program of this host. An exception that ends it leaves Simulation::run().
  void spawn(net::Task<void> task);

  // The configuration, as `ip` changes it; programs are told (net::InterfaceWatch).
  void set_interface_up(std::string_view interface, bool up);
  void set_carrier(std::string_view interface, bool running);
  void add_address(std::string_view interface, const net::Prefix& address);
  void remove_address(std::string_view interface, const net::Address& address);
  // What a new DHCP lease does.
  void change_address(std::string_view interface, const net::Address& from, const net::Prefix& to);
  // Default routes are 0.0.0.0/0 and ::/0. Of equally long prefixes the lowest metric counts.
  void add_route(const net::Prefix& to, std::string_view interface, std::uint32_t metric = 0);
  std::uint32_t remove_route(const net::Prefix& to, std::string_view interface);  // its metric
  // The interface vanishes (a pulled USB modem), with its addresses and routes; plugging it in
  // again brings them back, under a new index.
  void unplug(std::string_view interface);
  void plug_in(std::string_view interface);

  // Faults of the whole host. Programs stand still, the kernel goes on (SIGSTOP, SIGCONT):
  void freeze();
  void thaw();
  // Connections that come are not taken: their SYNs are dropped, as where the backlog is full.
  void set_backlog_full(bool full);
  // Its programs take, or give, at most so much a second of each TCP connection; none: all.
  void set_slow_reader(std::optional<DataRate> rate);
  void set_slow_writer(std::optional<DataRate> rate);
  // The host's programs end as by SIGKILL: they run no more, and the kernel closes their sockets.
  void kill();
  // Power off and on: programs and all state of sockets are lost without a word on the wire.
  void reboot();

  // Names known without asking (/etc/hosts). localhost is.
  void add_host_name(std::string_view name, std::vector<net::Address> addresses);

  // TCP sockets of any state, listeners not counted.
  std::size_t tcp_sockets() const;
  std::size_t udp_sockets() const;
  World& world() const { return world_; }
  Simulation& simulation() const;

 private:
  friend class World;
  struct Parts;

  NetworkInterface& interface(std::string_view name);

  World& world_;
  std::string name_;
  HostOptions options_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dispatch::sim
