#include "sim/host/internet.hpp"

#include "sim/core/simulation.hpp"
#include "sim/host/icmp.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace dispatch::sim {
namespace {

// The router's own addresses, of the blocks for documentation and for benchmarks.
net::Address router_address(net::Family family) {
  return family == net::Family::v6 ? *net::parse_address("2001:db8:ffff::1")
                                   : *net::parse_address("198.18.0.1");
}

}  // namespace

Internet::Port& Internet::add_port(std::string link) {
  return *ports_.emplace_back(std::make_unique<Port>(*this, std::move(link)));
}

Internet::Port& Internet::port_of(std::string_view link) const {
  for (const auto& port : ports_) {
    if (port->link_ == link) return *port;
  }
  throw std::invalid_argument("no link is called " + std::string(link));
}

void Internet::Port::deliver(PacketPtr packet) {
  const auto now = internet_.simulation_.now();
  if (portal_) {
    auto verdict = portal_->hijack_out(*packet, internet_.packets_);
    if (verdict.answer) out_->send(std::move(verdict.answer));
    if (!verdict.goes_on) return;
  }
  if (nat_ && !nat_->translate_out(*packet, now)) return;
  internet_.forward(*this, std::move(packet));
}

void Internet::Port::send(PacketPtr packet) {
  if (nat_ && !nat_->translate_in(*packet, internet_.simulation_.now())) return;
  if (portal_) portal_->disguise_in(*packet);
  out_->send(std::move(packet));
}

void Internet::Port::set_portal(std::unique_ptr<CaptivePortal> portal) {
  portal_ = std::move(portal);
}

void Internet::forward(Port& from, PacketPtr packet) {
  if (ingress_filter_) {
    const auto source = ports_by_address_.find(packet->source);
    if (source == ports_by_address_.end() || source->second != &from) return;
  }
  if (packet->ttl <= 1) return;
  --packet->ttl;
  if (packet->destination.is_multicast()) return forward_to_group(from, std::move(packet));
  if (packet->destination == net::Address(net::AddressV4::broadcast())) return;
  const auto found = ports_by_address_.find(packet->destination);
  if (from.refusal_) return answer_unreachable(from, *packet, *from.refusal_);
  if (found == ports_by_address_.end()) return answer_unknown(from, *packet);
  if (const auto& refusal = found->second->refusal_) {
    return answer_unreachable(from, *packet, *refusal);
  }
  if (!passes(from, from, *packet) || !passes(*found->second, from, *packet)) return;
  found->second->send(std::move(packet));
}

void Internet::join(const net::Address& group, Port& port) {
  auto& members = members_[group];
  if (std::ranges::find(members, &port) == members.end()) members.push_back(&port);
}

void Internet::forward_to_group(Port& from, PacketPtr packet) {
  // 224.0.0.0/24 (RFC 5771 4) and ff02::/16 (RFC 4291 2.7) stay on their link.
  static const net::Prefix kLocal{net::AddressV4({224, 0, 0, 0}), 24};
  const auto& group = packet->destination;
  if (group.is_v6() ? group.to_v6().is_multicast_link_local() : kLocal.contains(group)) return;
  const auto found = members_.find(group);
  if (found == members_.end()) return;
  for (auto* member : found->second) {
    if (member != &from) member->send(packet->copy());
  }
}

bool Internet::passes(const Port& port, Port& from, Packet& packet) {
  if (port.mtu_ == 0 || packet.size <= port.mtu_) return true;
  // The sender's own fragments may be cut again where there is IPv4: they have no DF (RFC 791).
  if (packet.fragmented && packet.source.is_v4()) {
    packet.measure(port.mtu_);
    return true;
  }
  if (port.silent_) return false;
  auto answer = make_unreachable(packets_, packet, IcmpUnreachable::Reason::too_big,
                                 router_address(net::family_of(packet.destination)), port.mtu_);
  if (answer) from.send(std::move(answer));
  return false;
}

void Internet::answer_unknown(Port& from, const Packet& packet) {
  using Unknown = World::UnknownDestination;
  if (unknown_ == Unknown::silent) return;
  answer_unreachable(from, packet,
                     unknown_ == Unknown::host_unreachable ? IcmpUnreachable::Reason::host
                                                           : IcmpUnreachable::Reason::network);
}

void Internet::answer_unreachable(Port& from, const Packet& packet,
                                  IcmpUnreachable::Reason reason) {
  auto answer = make_unreachable(packets_, packet, reason,
                                 router_address(net::family_of(packet.destination)));
  if (answer) from.send(std::move(answer));
}

}  // namespace dispatch::sim
