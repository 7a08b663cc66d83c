// What a link is like.
#pragma once

#include "engine/net/time.hpp"
#include "sim/link/units.hpp"

#include <cstdint>
#include <optional>

namespace dispatch::sim {

// The bound of a drop-tail queue: the packet that would pass either bound is dropped. The packet
// that is being sent is no longer in the queue.
struct QueueLimit {
  std::optional<std::uint32_t> packets = 1000;  // Linux: txqueuelen
  std::optional<ByteSize> bytes;

  static QueueLimit of(ByteSize size) { return {std::nullopt, size}; }
  static QueueLimit of_packets(std::uint32_t count) { return {count, std::nullopt}; }
};

// What is added to the propagation delay, packet by packet.
struct Jitter {
  enum class Shape : std::uint8_t { none, uniform, normal };

  Shape shape = Shape::none;
  net::Duration amount{};  // uniform: within +- amount; normal: the standard deviation
  bool reorders = false;   // whether a packet may overtake an earlier one
};

// One direction. Packets are sizes of IP packets: headers of IP and above count, those of the
// medium do not.
struct DirectionOptions {
  DataRate rate = DataRate::unlimited();
  net::Duration delay{};  // propagation, one way
  Jitter jitter;
  double loss = 0;  // probability that a packet is lost on the way, after it took its time to send
  QueueLimit queue;
};

struct LinkOptions {
  DirectionOptions up;    // from the host
  DirectionOptions down;  // to the host
  std::uint32_t mtu = 1500;

  static LinkOptions symmetric(const DirectionOptions& both, std::uint32_t mtu = 1500) {
    return {both, both, mtu};
  }
};

}  // namespace dispatch::sim
