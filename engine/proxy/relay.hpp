// Connections whose handshake is over: bytes pass both ways until both directions have ended.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/proxy/admission.hpp"
#include "engine/proxy/connection.hpp"
#include "engine/proxy/connection_table.hpp"
#include "engine/proxy/octets.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>

namespace dispatch::proxy {

class FirstFlight;

// What the relay of a connection takes over. Whoever destroys it includes first_flight.hpp.
struct Established {
  net::StreamPtr stream;  // of the client
  Peer peer;
  Target target;
  Dialed dialed;
  Admission::Place place;               // the client's until the end
  std::unique_ptr<FirstFlight> flight;  // null: no other link can help it
};

// Owns the relayed connections. None of them is a task: an idle one is no more than its state.
class Relays {
 public:
  // Both outlive this. `failed` hears of an exception that ends a connection.
  Relays(net::Runtime& runtime, ConnectionTable& table,
         std::function<void(std::exception_ptr)> failed);
  ~Relays();

  // Says `early` to the target, until `deadline` at the latest. Then passes the end of one side on
  // as a half-close, and the other direction goes on. When a direction fails both sides are reset,
  // so that each learns that it did not get everything; but in its first flight a connection is
  // moved to another link, where that is possible, if its target fails, or the link.
  net::Task<void> begin(Established established, Bytes early, net::TimePoint deadline);

  // Ends when there is none. Errors: operation_aborted.
  net::Task<net::Status> idle();

  // Those that come later too.
  void reset_all();

 private:
  class Relay;
  class Flights;

  void take(Established established, std::size_t sent);
  net::Task<void> move(Established established, net::Error why);

  net::Runtime& runtime_;
  ConnectionTable& table_;
  std::unique_ptr<Flights> flights_;
  std::list<Relay> relays_;
  bool resets_ = false;
  net::Condition emptied_;
  net::TaskGroup moving_;  // to another link
};

}  // namespace dispatch::proxy
