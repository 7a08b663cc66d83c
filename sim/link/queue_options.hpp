// What waits to be sent, and what is dropped when it gets too much.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/units.hpp"

#include <cstdint>
#include <optional>
#include <variant>

namespace dispatch::sim {

// The bound of a queue, and alone a drop-tail queue: the packet that would pass either bound is
// dropped. The packet that is being sent is no longer in the queue.
struct QueueLimit {
  std::optional<std::uint32_t> packets = 1000;  // Linux: txqueuelen
  std::optional<ByteSize> bytes = std::nullopt;

  static QueueLimit of(ByteSize size) { return {std::nullopt, size}; }
  static QueueLimit of_packets(std::uint32_t count) { return {count, std::nullopt}; }
  friend bool operator==(const QueueLimit&, const QueueLimit&) = default;
};

// Keeps the time in the queue short by dropping at its head (RFC 8289). Defaults of Linux.
struct Codel {
  net::Duration target = std::chrono::milliseconds(5);
  net::Duration interval = std::chrono::milliseconds(100);
  QueueLimit limit = QueueLimit::of_packets(1000);
  bool ecn = false;  // marks what has ECT in place of dropping it

  friend bool operator==(const Codel&, const Codel&) = default;
};

// A CoDel queue for each flow, served in turn, those that send little before all others (RFC 8290).
// Defaults of Linux.
struct FqCodel {
  net::Duration target = std::chrono::milliseconds(5);
  net::Duration interval = std::chrono::milliseconds(100);
  QueueLimit limit = QueueLimit::of_packets(10240);  // of all flows together
  bool ecn = true;
  std::uint32_t flows = 1024;    // queues: flows that share one by chance share its delay
  std::uint32_t quantum = 1514;  // bytes that a flow may send in its turn

  friend bool operator==(const FqCodel&, const FqCodel&) = default;
};

// Drops at random, the likelier the longer the queue has been in the mean (Floyd and Jacobson 1993;
// Linux: red). Between min and max the probability grows from 0 to `probability`; from max on
// everything is dropped.
struct Red {
  ByteSize min;
  ByteSize max;    // above min
  ByteSize limit;  // at least max
  double probability = 0.02;
  bool ecn = false;  // marks what has ECT in place of dropping it

  friend bool operator==(const Red&, const Red&) = default;
};

using QueueModel = std::variant<QueueLimit, Codel, FqCodel, Red>;

}  // namespace dispatch::sim
