// Connections whose handshake is over: bytes pass both ways until both directions have ended.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/admission.hpp"
#include "engine/proxy/connection.hpp"
#include "engine/proxy/connection_table.hpp"

#include <cstddef>
#include <cstdint>
#include <list>

namespace dispatch::proxy {

// What has passed of a connection before its relay, and is counted already.
struct PassedBytes {
  net::ByteCounter::Passed sent;  // to the target
  net::ByteCounter::Passed received;
};

// What the relay of a connection takes over.
struct Established {
  net::StreamPtr stream;  // of the client
  Peer peer;
  Target target;
  Dialed dialed;
  Admission::Place place;  // the client's until the end
  PassedBytes passed{};
};

// Owns the relayed connections. None of them is a task: an idle one is no more than its state.
class Relays {
 public:
  // Both outlive this.
  Relays(net::Runtime& runtime, ConnectionTable& table);
  ~Relays();

  // Passes the end of one side on as a half-close, and the other direction goes on. When a
  // direction fails both sides are reset, so that each learns that it did not get everything.
  // `sent` bytes have already gone to the target, beside those that are counted.
  void take(Established established, std::size_t sent);

  // Ends when there is none. Errors: operation_aborted.
  net::Task<net::Status> idle();

  // Those that come later too.
  void reset_all();

 private:
  class Relay;

  net::Runtime& runtime_;
  ConnectionTable& table_;
  std::list<Relay> relays_;
  bool resets_ = false;
  net::Condition emptied_;
};

}  // namespace dispatch::proxy
