// The settings of a simulated host's kernel.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/time.hpp"
#include "sim/link/units.hpp"
#include "sim/tcp/connection.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::sim {

struct HostOptions {
  tcp::Options tcp;  // mss is computed from the interface's MTU
  std::vector<net::Endpoint> nameservers;

  // A socket that is bound to a source address goes out by the interface that has it, and by no
  // other: what a multi-homed Linux host gets from `ip rule add from ADDRESS` with an unreachable
  // default. Without, the main table decides whatever the source.
  bool source_routing = true;
  bool device_binding = true;  // SO_BINDTODEVICE is permitted

  std::uint16_t ephemeral_first = 32768;  // ip_local_port_range
  std::uint16_t ephemeral_last = 60999;
  ByteSize udp_receive_buffer = ByteSize::bytes(212992);  // rmem_default
  net::Duration loopback_delay = std::chrono::microseconds(5);
};

}  // namespace dispatch::sim
