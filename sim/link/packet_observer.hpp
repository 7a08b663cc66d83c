// Who wants to see the packets of a link: captures, traces.
#pragma once

#include "engine/net/time.hpp"

#include <cstdint>
#include <string_view>

namespace dispatch::sim {

class LinkDirection;
struct Packet;

enum class DropReason : std::uint8_t {
  queue_full,  // drop-tail
  loss,        // by chance, on the way
  blackhole,   // the link swallows everything
  link_down,
  queue_early,  // by CoDel or RED, to keep the queue short
};
inline constexpr std::size_t kDropReasons = 5;

// "queue-full", "loss", "blackhole", "link-down", "queue-early".
std::string_view to_string(DropReason reason);

// Called as things happen. Must not touch the world.
class PacketObserver {
 public:
  virtual ~PacketObserver() = default;
  // Handed to the link, whatever becomes of it.
  virtual void offered(const LinkDirection&, const Packet&, net::TimePoint) {}
  virtual void enqueued(const LinkDirection&, const Packet&, net::TimePoint) {}
  virtual void delivered(const LinkDirection&, const Packet&, net::TimePoint) {}
  virtual void dropped(const LinkDirection&, const Packet&, DropReason, net::TimePoint) {}
};

}  // namespace dispatch::sim
