// A reliable byte stream: a TCP connection, or anything that behaves like one.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/keep_alive.hpp"
#include "engine/net/pace.hpp"
#include "engine/net/time.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace dispatch::net {

// What the transport knows of itself (Linux: TCP_INFO).
struct TransportInfo {
  Duration smoothed_rtt{};
  Duration rtt_deviation{};
  Duration minimum_rtt{};            // of the last minutes; zero: not known
  Duration since_last_ack{};         // since the peer was heard of
  std::uint64_t bytes_acked = 0;     // of ours, by the peer
  std::uint64_t bytes_received = 0;  // in order, from the peer
  std::uint64_t bytes_unacked = 0;  // written and not acknowledged: in flight or waiting to be sent
  std::uint32_t retransmits = 0;    // segments, since the connection began
  std::uint32_t congestion_window = 0;     // segments
  std::uint32_t slow_start_threshold = 0;  // segments; 0: none yet
  std::uint32_t segments_unacked = 0;      // sent and not acknowledged
  std::uint64_t delivery_rate = 0;         // bytes per second, the newest estimate
};

// How one direction of a relay ended.
struct RelayEnd {
  enum class Side : std::uint8_t { none, source, sink };

  Side failed =
      Side::none;  // none: the source came to its end and every byte was handed to the sink
  Error error;     // of the side that failed
};

// How both directions ended.
struct DuplexEnd {
  RelayEnd sent;      // from the stream that was asked
  RelayEnd received;  // to it
};

// Hears how a relay both ways goes: from the executor that the relay was given, never from within
// relay_both_ways() or abort().
class RelayObserver {
 public:
  virtual ~RelayObserver() = default;

  // One direction came to its end, which has been passed on; the other one goes on.
  virtual void half_ended() = 0;

  // The stream that was not asked has failed, or been aborted. True: the other one is left as it
  // is, to be used again once both directions have ended; what has been read of it and not been
  // written is lost, for the meter's witness has seen it.
  virtual bool keeps_asked_stream() { return false; }

  // Both have ended. The streams, the counters and this may be destroyed from here on, and in here.
  virtual void ended(const DuplexEnd& end) = 0;
};

// At most one read and one write (or one relay in their place) may be outstanding at a time.
// Destroying a stream closes it; its operations must have ended or been cancelled by then.
class Stream {
 public:
  virtual ~Stream() = default;

  // Waits until there is something, until `deadline` at the latest, then reads at least one byte:
  // the number of bytes, or 0 at the peer's end of stream. What is there is read at any time.
  // `buffer` must not be empty.
  // Errors: connection_reset, timed_out (of the deadline, after which the stream is as good as
  // before; or of the connection), operation_aborted, ...
  virtual Task<Result<std::size_t>> read_some(std::span<std::byte> buffer, TimePoint deadline) = 0;
  Task<Result<std::size_t>> read_some(std::span<std::byte> buffer) {
    return read_some(buffer, kNever);
  }

  // Waits until there is room, until `deadline` at the latest, then hands over at least one byte:
  // the number of bytes taken. Success means that they are queued, not that they arrived.
  // Errors: connection_reset, broken_pipe (written after shutdown_write or abort), timed_out, ...
  virtual Task<Result<std::size_t>> write_some(std::span<const std::byte> data,
                                               TimePoint deadline) = 0;
  Task<Result<std::size_t>> write_some(std::span<const std::byte> data) {
    return write_some(data, kNever);
  }

  // The same for bytes that nobody looks at: reads and forgets up to `most` (Linux: MSG_TRUNC), and
  // writes up to `most`, of whatever value. The defaults read into a buffer, and write zeros; a
  // simulated stream only counts.
  virtual Task<Result<std::size_t>> discard_some(std::size_t most);
  virtual Task<Result<std::size_t>> write_blank(std::size_t most);

  // Moves bytes from this stream to `sink` until this stream ends, a side fails, or the operation
  // is cancelled, with back-pressure; `meter` counts them as the sink takes them, may hold them
  // back, and may look at the first ones. Does not shut `sink` down: the caller decides. The
  // default copies through a buffer; a world overrides it where it can do better between two of its
  // own streams (splice, buffer hand-over).
  virtual Task<RelayEnd> relay_to(Stream& sink, Meter meter);

  // Relays both ways between this stream and `other` until both directions have ended. The end of
  // one side is passed on as a half-close, and the other direction goes on; when a direction fails,
  // both streams are aborted, so that each side learns that it did not get everything, unless
  // `observer` keeps this one. Both streams, what the meters refer to and `observer` live until the
  // observer hears of the end; it is called from `executor` (the runtime's). Who wants to stop the
  // relay aborts both streams and releases both paces. This is no task, because a proxy has many
  // idle connections, and a task is larger than all that an idle relay needs.
  virtual void relay_both_ways(Stream& other, Meter sent, Meter received,
                               asio::any_io_executor executor, RelayObserver& observer);

  // Half-close: what was written is delivered, then end of stream (FIN). Reading goes on.
  virtual Status shutdown_write() = 0;

  // Ends both directions at once and tells the peer so (RST); unsent data is dropped. Outstanding
  // operations complete with operation_aborted.
  virtual void abort() = 0;

  // From now on a silent peer is asked whether it is still there; where it is not, operations end
  // with timed_out, and the peer is reset. A transport whose peers do not vanish ignores it.
  virtual void keep_alive(const KeepAlive&) {}

  // Whether a short segment is sent at once although an earlier short one is not acknowledged yet
  // (Linux: TCP_NODELAY). Connections begin with it on; off, it waits (RFC 896), as for programs
  // that never heard of the option. A transport without segments ignores it.
  virtual void no_delay(bool) {}

  // How long written bytes may stay unacknowledged, or the peer's window closed, before operations
  // end with timed_out (RFC 5482; Linux: TCP_USER_TIMEOUT, in milliseconds); with keep_alive() also
  // how long the peer may be silent. Zero: as the host has it, which is about 15 minutes. A
  // transport whose peers do not vanish ignores it.
  virtual void user_timeout(Duration) {}

  virtual Endpoint local_endpoint() const = 0;
  virtual Endpoint remote_endpoint() const = 0;

  // Empty where the transport cannot tell.
  virtual std::optional<TransportInfo> transport_info() const { return std::nullopt; }
};

using StreamPtr = std::unique_ptr<Stream>;

// Writes all of `data`, or fails: with timed_out where the peer has not taken it at `deadline`. How
// much of it has been taken is then unknown.
Task<Status> write_all(Stream& stream, std::span<const std::byte> data,
                       TimePoint deadline = kNever);

// Fills `buffer`: its size, or fewer bytes where the peer ended the stream before.
Task<Result<std::size_t>> read_full(Stream& stream, std::span<std::byte> buffer);

}  // namespace dispatch::net
