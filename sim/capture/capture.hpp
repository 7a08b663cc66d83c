// A capture of packets, as tcpdump on the interfaces of simulated hosts would take it.
#pragma once

#include "sim/capture/byte_writer.hpp"
#include "sim/link/packet_observer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dispatch::sim {

class Link;
class Simulation;

// What a host sends is seen as it leaves the host, whatever becomes of it; what it receives, as it
// arrives. Drops are no packets of the capture: the statistics at its end count them, by reason.
class Capture {
 public:
  // Takes the bytes of a pcapng file, in order.
  using Output = std::function<void(std::span<const std::byte>)>;

  Capture(Simulation& simulation, Output output);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // The host's end of `link`, which outlives this, under the link's name. All of them come before
  // the first event.
  void add(Link& link);

  // Writes the statistics: nothing is captured from now on.
  void finish();

 private:
  class Tap;

  Simulation& simulation_;
  Output output_;
  ByteVector packet_;  // the present one
  ByteVector block_;
  std::vector<std::unique_ptr<Tap>> taps_;
};

}  // namespace dispatch::sim
