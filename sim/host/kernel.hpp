// What the parts of a host share.
#pragma once

#include "engine/net/clock.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/host_options.hpp"
#include "sim/link/packet.hpp"
#include "sim/link/units.hpp"

#include <optional>
#include <string>

namespace dispatch::sim {

class TcpObserver;

struct Kernel {
  Simulation& simulation;
  net::Clock& clock;  // its programs'
  PacketPool& packets;
  const std::string& host_name;
  const HostOptions& options;
  // Its programs stand still: nobody is told that an operation could go on.
  bool frozen = false;
  // Its listening sockets take no connection, as where the backlog is full: SYNs are dropped.
  bool backlog_full = false;
  // At most so much a second its programs take from each TCP connection, and give to it.
  std::optional<DataRate> read_rate{};
  std::optional<DataRate> write_rate{};

  // Hears of every step of its TCP connections; null: nobody does.
  TcpObserver* tcp_observer = nullptr;

  net::TimePoint now() const { return simulation.now(); }
  // The host's own stream of that name: "host/client/ports".
  Random& random(std::string_view name) const {
    return simulation.random("host/" + host_name + "/" + std::string(name));
  }
};

}  // namespace dispatch::sim
