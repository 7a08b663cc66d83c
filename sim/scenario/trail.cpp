#include "sim/scenario/trail.hpp"

#include "sim/core/simulation.hpp"
#include "sim/link/packet.hpp"

#include <fmt/format.h>

namespace dispatch::scenario {
namespace {

std::int64_t nanoseconds(net::TimePoint time) {
  return time.time_since_epoch().count();
}

// The fields of a packet that tell it from others, as the rest of a JSON object.
struct Fields {
  std::string operator()(const sim::tcp::Segment& s) const {
    return fmt::format(
        R"("ports":"{}>{}","sequence":{},"acknowledgment":{},"window":{},"flags":"{}{}{}{}{}","payload":{})",
        s.source_port, s.destination_port, s.sequence, s.acknowledgment, s.window, s.syn ? "S" : "",
        s.ack ? "A" : "", s.fin ? "F" : "", s.rst ? "R" : "", s.psh ? "P" : "", s.payload.size());
  }
  std::string operator()(const sim::UdpDatagram& d) const {
    return fmt::format(R"("ports":"{}>{}","payload":{})", d.source_port, d.destination_port,
                       d.payload.size());
  }
  std::string operator()(const sim::IcmpUnreachable& m) const {
    return fmt::format(R"("icmp":{})", static_cast<int>(m.reason));
  }
};

}  // namespace

Trail::Trail(sim::World& world, Output output) : world_(world), output_(std::move(output)) {
  for (const char* name : {"at", "timer", "tcp-timer"}) names_[sim::EventLabel(name).value] = name;
  for (const auto& link : world_.links()) {
    for (auto* line : {&link->up(), &link->down()}) {
      const auto label = sim::hash_of(line->name());
      names_[label] = line->name() + ": a packet arrives";
      names_[sim::mix(label)] = line->name() + ": a packet is sent";
      line->add_observer(*this);
    }
  }
  world_.simulation().observe_steps([this](sim::EventLabel label) { step(label); });
}

Trail::~Trail() {
  world_.simulation().observe_steps({});
  for (const auto& link : world_.links()) {
    link->up().remove_observer(*this);
    link->down().remove_observer(*this);
  }
}

void Trail::step(sim::EventLabel label) {
  auto& simulation = world_.simulation();
  const auto found = names_.find(label.value);
  const auto name =
      found == names_.end() ? fmt::format("event {:016x}", label.value) : found->second;
  output_(fmt::format("{{\"at_ns\":{},\"event\":\"{}\",\"hash\":\"{}\"}}\n",
                      nanoseconds(simulation.now()), name, simulation.hash_text()));
}

void Trail::packet_line(std::string_view what, const sim::LinkDirection& line,
                        const sim::Packet& packet, std::string_view reason, net::TimePoint now) {
  output_(
      fmt::format("{{\"at_ns\":{},\"packet\":\"{}\",\"link\":\"{}\",{}\"from\":\"{}\",\"to\":\"{}"
                  "\",\"bytes\":{},"
                  "\"ecn\":{},{}}}\n",
                  nanoseconds(now), what, line.name(),
                  reason.empty() ? "" : fmt::format("\"reason\":\"{}\",", reason),
                  net::to_string(packet.source), net::to_string(packet.destination), packet.size,
                  static_cast<int>(packet.ecn), std::visit(Fields{}, packet.transport)));
}

}  // namespace dispatch::scenario
