// A datagram socket (UDP), read and written in batches.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace dispatch::net {

// A datagram to be received: the caller owns the buffer, a receive fills in the rest.
struct DatagramIn {
  std::span<std::byte> buffer;
  std::size_t size = 0;  // bytes received into the buffer
  Endpoint from;
  bool truncated = false;  // the datagram was longer than the buffer
  // Not 0: the buffer holds several datagrams of one sender, of so many bytes each, but the last,
  // which may be shorter. Only on a socket that was opened with DatagramOptions::coalesced.
  std::size_t segment = 0;

  std::span<const std::byte> data() const { return buffer.first(size); }

  // Calls `visit` with the bytes of each datagram in the buffer.
  template <typename Visit>
  void for_each(Visit visit) const {
    auto left = data();
    if (segment == 0) return visit(left);
    while (!left.empty()) {
      const auto bytes = left.first(left.size() < segment ? left.size() : segment);
      left = left.subspan(bytes.size());
      visit(bytes);
    }
  }
};

// One datagram to be sent, or several. `to` is ignored on a connected socket.
struct DatagramOut {
  std::span<const std::byte> data;
  Endpoint to;
  std::span<const std::byte> head{};  // goes before the data, in the same datagram
  // Not 0: the data holds several datagrams of so many bytes each, but the last, which may be
  // shorter: at most kSegmentsMax, and kSegmentedBytesMax in all. There is no head then.
  std::size_t segment = 0;

  std::size_t size() const { return head.size() + data.size(); }
};

// What leaves in one piece: the kernel's UDP_MAX_SEGMENTS, and what one IP packet holds, headers
// taken off.
inline constexpr std::size_t kSegmentsMax = 64;
inline constexpr std::size_t kSegmentedBytesMax = 65'000;

// At most one receive (or one call of when_readable) and one send may be outstanding at a time.
class Datagram {
 public:
  virtual ~Datagram() = default;

  // Waits for a datagram, then takes what is there, up to batch.size(): how many slots were filled,
  // from the first. A zero-length datagram is a datagram.
  // Errors: connection_refused (connected sockets, after an ICMP port unreachable), ...
  virtual Task<Result<std::size_t>> receive(std::span<DatagramIn> batch) = 0;

  // Sends the batch in order: how many were taken, at least one. An error means that the first one
  // was not sent. Errors: network_unreachable, message_size, connection_refused (connected), ...
  // Of segments, message_size: they do not leave in one piece here, and may do so one by one.
  virtual Task<Result<std::size_t>> send(std::span<const DatagramOut> batch) = 0;

  // The same for who is no task, and does not wait. Errors: would_block as well, and
  // operation_aborted after close(). A batch is never empty.
  virtual Result<std::size_t> try_receive(std::span<DatagramIn> batch) = 0;
  virtual Result<std::size_t> try_send(std::span<const DatagramOut> batch) = 0;

  // Calls `ready` once, from the executor, never from within, when there may be something to
  // receive. After close(), or the end of the socket, the call will not come.
  virtual void when_readable(std::function<void()> ready) = 0;

  virtual Endpoint local_endpoint() const = 0;

  // Datagrams that came and found no room to wait in, since the socket was opened.
  virtual std::uint64_t dropped() const = 0;

  // Outstanding operations complete with operation_aborted.
  virtual void close() = 0;
};

using DatagramPtr = std::unique_ptr<Datagram>;

}  // namespace dispatch::net
