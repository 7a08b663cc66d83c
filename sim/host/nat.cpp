#include "sim/host/nat.hpp"

#include <iterator>

namespace dispatch::sim {
namespace {

constexpr std::uint64_t kFirstPort = 1024;  // well-known ports are nobody's (RFC 4787 4.2.2)
constexpr std::uint64_t kPorts = 65536 - kFirstPort;

struct Ports {
  std::uint16_t& source;
  std::uint16_t& destination;
};

// Of a segment or a datagram.
std::optional<Ports> ports_of(Packet& packet) {
  if (auto* segment = std::get_if<tcp::Segment>(&packet.transport)) {
    return Ports{segment->source_port, segment->destination_port};
  }
  if (auto* datagram = std::get_if<UdpDatagram>(&packet.transport)) {
    return Ports{datagram->source_port, datagram->destination_port};
  }
  return std::nullopt;
}

// Whether it can begin a flow.
bool opens(const Packet& packet) {
  const auto* segment = std::get_if<tcp::Segment>(&packet.transport);
  return segment == nullptr || (segment->syn && !segment->ack);
}

}  // namespace

Nat::Flow* Nat::find(const FlowKey& key, net::TimePoint now) {
  const auto found = flows_.find(key);
  if (found == flows_.end()) return nullptr;
  if (found->second.until > now) return &found->second;
  forget(found);
  return nullptr;
}

Nat::Flows::iterator Nat::forget(Flows::iterator flow) {
  const auto mapping = mappings_.find(flow->first.first);
  if (--mapping->second.flows == 0) {
    inner_.erase({mapping->first.protocol, mapping->second.port});
    mappings_.erase(mapping);
  }
  return flows_.erase(flow);
}

void Nat::forget_expired(net::TimePoint now) {
  for (auto flow = flows_.begin(); flow != flows_.end();) {
    flow = flow->second.until <= now ? forget(flow) : std::next(flow);
  }
}

std::optional<std::uint16_t> Nat::free_port(const Key& inner) {
  const auto is_free = [&](std::uint64_t port) {
    return !inner_.contains({inner.protocol, static_cast<std::uint16_t>(port)});
  };
  const auto own = inner.endpoint.port;
  if (options_.keep_ports && !by_chance_ && is_free(own)) return own;
  const auto first = random_.below(kPorts);
  for (std::uint64_t i = 0; i < kPorts; ++i) {
    const auto port = kFirstPort + (first + i) % kPorts;
    if (is_free(port)) return static_cast<std::uint16_t>(port);
  }
  return std::nullopt;
}

Nat::Flow* Nat::add(const FlowKey& key, net::TimePoint now) {
  if (flows_.size() >= options_.flows_most) forget_expired(now);
  if (flows_.size() >= options_.flows_most) return nullptr;
  auto mapping = mappings_.find(key.first);
  if (mapping == mappings_.end()) {
    const auto port = free_port(key.first);
    if (!port) return nullptr;
    mapping = mappings_.emplace(key.first, Mapping{*port, 0}).first;
    inner_.emplace(std::pair(key.first.protocol, *port), key.first.endpoint);
  }
  ++mapping->second.flows;
  return &flows_[key];
}

void Nat::keep(Flow& flow, const Packet& packet, bool outward, net::TimePoint now) const {
  const auto* segment = std::get_if<tcp::Segment>(&packet.transport);
  if (!outward) flow.answered = true;
  if (segment == nullptr) {
    flow.until = now + (flow.answered ? options_.udp : options_.udp_unanswered);
    return;
  }
  if (segment->fin || segment->rst) (outward ? flow.closing_out : flow.closing_in) = true;
  if (segment->rst) flow.closing_out = flow.closing_in = true;
  if (outward && segment->syn) flow = Flow{};  // the same ports again
  const bool transitory = !flow.answered || (flow.closing_out && flow.closing_in);
  flow.until = now + (transitory ? options_.tcp_transitory : options_.tcp);
}

bool Nat::translate_out(Packet& packet, net::TimePoint now) {
  if (packet.source.is_v6()) return true;
  if (auto* message = std::get_if<IcmpUnreachable>(&packet.transport)) {
    return translate_error_out(packet, *message);
  }
  const auto ports = ports_of(packet);
  const auto protocol =
      std::holds_alternative<UdpDatagram>(packet.transport) ? Protocol::udp : Protocol::tcp;
  const FlowKey key{{protocol, {packet.source, ports->source}},
                    {packet.destination, ports->destination}};
  auto* flow = find(key, now);
  if (flow == nullptr) {
    if (!opens(packet) && !options_.forwards_unknown) return false;
    flow = add(key, now);
    if (flow == nullptr) return false;
    // In its middle, a connection has been answered before.
    flow->answered = !opens(packet);
  }
  keep(*flow, packet, true, now);
  packet.source = options_.external;
  ports->source = mappings_.at(key.first).port;
  return true;
}

bool Nat::passes_filter(const Key& inner, const net::Endpoint& remote, net::TimePoint now) {
  if (options_.filtering == NatFiltering::endpoint) return find({inner, remote}, now) != nullptr;
  for (auto flow = flows_.lower_bound({inner, net::Endpoint{}});
       flow != flows_.end() && flow->first.first == inner; ++flow) {
    if (flow->second.until <= now) continue;
    if (options_.filtering == NatFiltering::any) return true;
    if (flow->first.second.address == remote.address) return true;
  }
  return false;
}

bool Nat::translate_in(Packet& packet, net::TimePoint now) {
  if (packet.destination.is_v6()) return true;
  if (packet.destination != options_.external) return false;
  if (auto* message = std::get_if<IcmpUnreachable>(&packet.transport)) {
    return translate_error_in(packet, *message, now);
  }
  const auto ports = ports_of(packet);
  const auto protocol =
      std::holds_alternative<UdpDatagram>(packet.transport) ? Protocol::udp : Protocol::tcp;
  const auto found = inner_.find({protocol, ports->destination});
  if (found == inner_.end()) return false;
  const Key inner{protocol, found->second};
  const net::Endpoint remote{packet.source, ports->source};
  if (!passes_filter(inner, remote, now)) return false;
  auto* flow = find({inner, remote}, now);
  if (flow == nullptr) flow = add({inner, remote}, now);
  if (flow == nullptr) return false;
  keep(*flow, packet, false, now);
  packet.destination = inner.endpoint.address;
  ports->destination = inner.endpoint.port;
  return true;
}

// What it quotes is a packet that went out: its source is translated back. An error keeps nothing
// alive (RFC 5508 4.2).
bool Nat::translate_error_in(Packet& packet, IcmpUnreachable& message, net::TimePoint now) {
  const auto protocol =
      message.protocol == IcmpUnreachable::Protocol::udp ? Protocol::udp : Protocol::tcp;
  const auto found = inner_.find({protocol, message.source.port});
  if (found == inner_.end()) return false;
  const Key inner{protocol, found->second};
  if (find({inner, message.destination}, now) == nullptr) return false;
  packet.destination = inner.endpoint.address;
  message.source = inner.endpoint;
  return true;
}

// What it quotes came in.
bool Nat::translate_error_out(Packet& packet, IcmpUnreachable& message) {
  const auto protocol =
      message.protocol == IcmpUnreachable::Protocol::udp ? Protocol::udp : Protocol::tcp;
  const auto found = mappings_.find({protocol, message.destination});
  if (found == mappings_.end()) return false;
  packet.source = options_.external;
  message.destination = {options_.external, found->second.port};
  return true;
}

void Nat::rebind(const net::Address& external) {
  flows_.clear();
  mappings_.clear();
  inner_.clear();
  options_.external = external;
  by_chance_ = true;
}

}  // namespace dispatch::sim
