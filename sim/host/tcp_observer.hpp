// Who wants to see what simulated TCP does: event logs, time series.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/stream.hpp"
#include "sim/tcp/connection.hpp"

#include <cstdint>
#include <string_view>

namespace dispatch::sim {

// One end of a connection, as it stands.
struct TcpView {
  std::string_view host;
  std::uint64_t id = 0;  // of the host's sockets
  net::Endpoint local;
  net::Endpoint remote;
  tcp::State state = tcp::State::closed;
  tcp::RecoveryPhase phase = tcp::RecoveryPhase::open;
  net::Error error;  // what ended it
  net::TransportInfo info;
};

// Called after each step of a connection: a segment, a timer, a call of its program. Must not touch
// the world.
class TcpObserver {
 public:
  virtual ~TcpObserver() = default;
  virtual void stepped(const TcpView& view) = 0;
};

}  // namespace dispatch::sim
