// A datagram socket (UDP), read and written in batches.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace dispatch::net {

// One datagram to be received: the caller owns the buffer, receive() fills in the rest.
struct DatagramIn {
  std::span<std::byte> buffer;
  std::size_t size = 0;  // bytes received into the buffer
  Endpoint from;
  bool truncated = false;  // the datagram was longer than the buffer
};

// One datagram to be sent. `to` is ignored on a connected socket.
struct DatagramOut {
  std::span<const std::byte> data;
  Endpoint to;
};

// At most one receive and one send may be outstanding at a time.
class Datagram {
 public:
  virtual ~Datagram() = default;

  // Waits for a datagram, then takes what is there, up to batch.size(): how many slots were filled,
  // from the first. A zero-length datagram is a datagram.
  // Errors: connection_refused (connected sockets, after an ICMP port unreachable), ...
  virtual Task<Result<std::size_t>> receive(std::span<DatagramIn> batch) = 0;

  // Sends the batch in order: how many were taken, at least one. An error means that the first one
  // was not sent. Errors: network_unreachable, message_size, connection_refused (connected), ...
  virtual Task<Result<std::size_t>> send(std::span<const DatagramOut> batch) = 0;

  virtual Endpoint local_endpoint() const = 0;

  // Outstanding operations complete with operation_aborted.
  virtual void close() = 0;
};

using DatagramPtr = std::unique_ptr<Datagram>;

}  // namespace dispatch::net
