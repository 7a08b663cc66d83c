// Everything that the event hash is made of, as lines of JSON: to find where two runs part.
#pragma once

#include "sim/core/event.hpp"
#include "sim/host/world.hpp"
#include "sim/link/packet_observer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace dispatch::scenario {

// A line for each event of the simulation's queue, with the hash before it, and one for each packet
// that a link is handed, delivers or drops. It only looks.
class Trail : private sim::PacketObserver {
 public:
  using Output = std::function<void(std::string_view line)>;

  // Watches all links of `world`, which outlives this.
  Trail(sim::World& world, Output output);
  ~Trail() override;
  Trail(const Trail&) = delete;
  Trail& operator=(const Trail&) = delete;

 private:
  void offered(const sim::LinkDirection& line, const sim::Packet& packet,
               net::TimePoint now) override {
    packet_line("offered", line, packet, {}, now);
  }
  void delivered(const sim::LinkDirection& line, const sim::Packet& packet,
                 net::TimePoint now) override {
    packet_line("delivered", line, packet, {}, now);
  }
  void dropped(const sim::LinkDirection& line, const sim::Packet& packet, sim::DropReason reason,
               net::TimePoint now) override {
    packet_line("dropped", line, packet, to_string(reason), now);
  }
  void packet_line(std::string_view what, const sim::LinkDirection& line, const sim::Packet& packet,
                   std::string_view reason, net::TimePoint now);
  void step(sim::EventLabel label);

  sim::World& world_;
  Output output_;
  std::map<std::uint64_t, std::string> names_;  // of labels
};

}  // namespace dispatch::scenario
