#include "sim/host/internet.hpp"

#include "sim/host/icmp.hpp"

namespace dispatch::sim {
namespace {

// The router's own addresses, of the blocks for documentation and for benchmarks.
net::Address router_address(net::Family family) {
  return family == net::Family::v6 ? *net::parse_address("2001:db8:ffff::1")
                                   : *net::parse_address("198.18.0.1");
}

}  // namespace

Internet::Port& Internet::add_port() {
  return *ports_.emplace_back(std::make_unique<Port>(*this));
}

void Internet::forward(Port& from, PacketPtr packet) {
  if (ingress_filter_) {
    const auto source = ports_by_address_.find(packet->source);
    if (source == ports_by_address_.end() || source->second != &from) return;
  }
  if (packet->ttl <= 1) return;
  --packet->ttl;
  const auto found = ports_by_address_.find(packet->destination);
  if (found == ports_by_address_.end()) return answer_unreachable(from, *packet);
  found->second->out_->send(std::move(packet));
}

void Internet::answer_unreachable(Port& from, const Packet& packet) {
  using Unknown = World::UnknownDestination;
  if (unknown_ == Unknown::silent) return;
  const auto reason = unknown_ == Unknown::host_unreachable ? IcmpUnreachable::Reason::host
                                                            : IcmpUnreachable::Reason::network;
  auto answer = make_unreachable(packets_, packet, reason,
                                 router_address(net::family_of(packet.destination)));
  if (answer) from.out_->send(std::move(answer));
}

}  // namespace dispatch::sim
