// One direction of a link, with packets of known sizes that are sent by hand.
#pragma once

#include "sim/core/simulation.hpp"
#include "sim/link/link_direction.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <string>
#include <utility>
#include <vector>

namespace dispatch::sim::test {

inline constexpr std::uint32_t kPacketBytes = 1500;
inline constexpr auto kRate = DataRate::mbit_per_second(12);  // 1 ms for a packet
inline constexpr net::Duration kSerialisation = 1ms;
inline constexpr net::Duration kDelay = 20ms;

struct Arrival {
  net::TimePoint when;
  int number;
  std::uint16_t flow = 0;
  Ecn ecn = Ecn::not_ect;
  bool corrupted = false;
  std::uint32_t size = 0;
};

// Sends numbered packets and notes when they arrive.
class Bench : public PacketSink {
 public:
  explicit Bench(const DirectionOptions& options, std::uint64_t seed = 1,
                 std::string name = "bench")
      : simulation(seed), link(simulation, std::move(name), options, *this) {}

  // `flow` is the destination port, the sequence number counts: packets of different ones are of
  // different flows.
  void send(std::uint32_t size = kPacketBytes, std::uint16_t flow = 0, Ecn ecn = Ecn::not_ect) {
    auto packet = packets.make();
    packet->source = packet->destination = kWifi;
    tcp::Segment segment;
    segment.destination_port = flow;
    segment.sequence = next_++;
    packet->transport = segment;
    packet->size = size;
    packet->ecn = ecn;
    link.send(std::move(packet));
  }
  void deliver(PacketPtr packet) override {
    const auto& segment = std::get<tcp::Segment>(packet->transport);
    arrivals.push_back({simulation.now(), static_cast<int>(segment.sequence),
                        segment.destination_port, packet->ecn, packet->corrupted, packet->size});
  }
  std::uint64_t dropped(DropReason reason) const {
    return link.counters().dropped_for(reason).packets;
  }

  PacketPool packets;
  Simulation simulation;
  LinkDirection link;
  std::vector<Arrival> arrivals;

 private:
  std::uint32_t next_ = 0;
};

}  // namespace dispatch::sim::test
