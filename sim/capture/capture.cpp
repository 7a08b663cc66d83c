#include "sim/capture/capture.hpp"

#include "sim/capture/packet_bytes.hpp"
#include "sim/capture/pcapng.hpp"
#include "sim/core/simulation.hpp"
#include "sim/link/link.hpp"

#include <fmt/format.h>

namespace dispatch::sim {

class Capture::Tap : public PacketObserver {
 public:
  Tap(Capture& capture, Link& link, std::uint32_t number)
      : capture_(capture), link_(link), number_(number) {
    link_.up().add_observer(*this);
    link_.down().add_observer(*this);
  }
  ~Tap() override {
    link_.up().remove_observer(*this);
    link_.down().remove_observer(*this);
  }

  void offered(const LinkDirection& line, const Packet& packet, net::TimePoint) override {
    if (&line == &link_.up()) write(packet, pcapng::Direction::outbound);
  }
  void delivered(const LinkDirection& line, const Packet& packet, net::TimePoint) override {
    if (&line == &link_.down()) write(packet, pcapng::Direction::inbound);
  }

  void append_statistics(ByteVector& out) const {
    std::string reasons;
    pcapng::Statistics statistics{packets_, 0};
    for (const auto* line : {&link_.up(), &link_.down()}) {
      const auto counters = line->counters();
      for (std::size_t i = 0; i < kDropReasons; ++i) {
        const auto packets = counters.dropped[i].packets;
        if (packets == 0) continue;
        statistics.dropped += packets;
        reasons += fmt::format("{}{}: {} dropped ({})", reasons.empty() ? "" : "; ", line->name(),
                               packets, to_string(static_cast<DropReason>(i)));
      }
    }
    pcapng::append_statistics(number_, capture_.simulation_.wall_now(), statistics, reasons, out);
  }

 private:
  void write(const Packet& packet, pcapng::Direction direction) {
    ++packets_;
    auto& bytes = capture_.packet_;
    bytes.clear();
    append_packet(packet, bytes);
    capture_.block_.clear();
    pcapng::append_packet(number_, capture_.simulation_.wall_now(), direction, bytes,
                          packet.fragmented ? "sent in fragments" : "", capture_.block_);
    capture_.output_(capture_.block_);
  }

  Capture& capture_;
  Link& link_;
  std::uint32_t number_;
  std::uint64_t packets_ = 0;
};

Capture::Capture(Simulation& simulation, Output output)
    : simulation_(simulation), output_(std::move(output)) {
  pcapng::append_section("dispatch-sim", block_);
  output_(block_);
}

Capture::~Capture() = default;

void Capture::add(Link& link) {
  block_.clear();
  pcapng::append_interface(link.name(), "", block_);
  output_(block_);
  taps_.push_back(std::make_unique<Tap>(*this, link, static_cast<std::uint32_t>(taps_.size())));
}

void Capture::finish() {
  block_.clear();
  for (const auto& tap : taps_) tap->append_statistics(block_);
  taps_.clear();
  output_(block_);
}

}  // namespace dispatch::sim
